//! What an entity reaches by a scorecard (facts/catalog.md 4.4): it starts at the first level and climbs one as long as it
//! passes every rule of that level and of those below. A level without rules is passed.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Level, Rule, Scorecard};
use crate::search::{Filter, Subject};
use crate::time::Timestamp;

/// A scorecard at one instant, to be held against many entities.
pub struct Evaluator {
    scorecard: Arc<Scorecard>,
    filter: Option<Filter>,
    rules: Vec<Filter>,
}

/// What an entity reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The level it is at.
    pub level: &'a Level,
    /// The place of that level, 0 for the first.
    pub place: usize,
    /// Each rule, and whether it passes it.
    pub rules: Vec<(&'a Rule, bool)>,
}

impl Scorecard {
    /// Readies the scorecard for evaluation at `now`, which presets such as `lastMonth` are counted from.
    pub fn at(self: &Arc<Self>, now: Timestamp) -> Evaluator {
        Evaluator {
            scorecard: self.clone(),
            filter: self.filter.as_ref().map(|filter| filter.resolve(now)),
            rules: self
                .rules
                .iter()
                .map(|rule| rule.query.resolve(now))
                .collect(),
        }
    }

    /// What an entity reaches that passes the rules so, in their order.
    pub fn standing(&self, passes: impl Iterator<Item = bool>) -> Option<Standing<'_>> {
        let rules: Vec<(&Rule, bool)> = self.rules.iter().zip(passes).collect();
        let blocked = rules
            .iter()
            .filter(|(_, passed)| !passed)
            .map(|(rule, _)| rule.level)
            .min()
            .unwrap_or(self.levels.len());
        // No rule belongs to the first level, so something is always below what blocks.
        let place = blocked.saturating_sub(1);
        Some(Standing {
            level: self.levels.get(place)?,
            place,
            rules,
        })
    }
}

impl Evaluator {
    /// The scorecard.
    pub fn scorecard(&self) -> &Scorecard {
        &self.scorecard
    }

    /// Every filter of it, to see what they ask of an entity.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        self.filter.iter().chain(&self.rules)
    }

    /// Whether `subject` passes the rule at this place; `None` if the scorecard's filter leaves it out.
    pub fn outcome(&self, place: usize, subject: &dyn Subject) -> Option<bool> {
        if let Some(filter) = &self.filter
            && !filter.matches(subject)
        {
            return None;
        }
        Some(self.rules.get(place)?.matches(subject))
    }

    /// What `subject` reaches; `None` if the scorecard's filter leaves it out.
    pub fn evaluate(&self, subject: &dyn Subject) -> Option<Standing<'_>> {
        if let Some(filter) = &self.filter
            && !filter.matches(subject)
        {
            return None;
        }
        let passes = self.rules.iter().map(|filter| filter.matches(subject));
        self.scorecard.standing(passes)
    }
}

impl Standing<'_> {
    /// As entities show it under the scorecard's identifier.
    pub fn render(&self, scorecard: &Scorecard) -> Value {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|(rule, passed)| {
                json!({
                    "identifier": rule.identifier,
                    "status": status(*passed),
                    "level": scorecard.levels.get(rule.level).map(|level| &level.title),
                })
            })
            .collect();
        let mut shown = Map::new();
        shown.insert("level".into(), self.level.title.as_str().into());
        shown.insert("rules".into(), rules.into());
        shown.into()
    }
}

/// How the outcome of a rule is spelled.
pub const fn status(passed: bool) -> &'static str {
    if passed { "SUCCESS" } else { "FAILURE" }
}
