//! What an entity was last known to reach: whether it passed each rule, and when that last changed. Levels are not in it,
//! because they follow from the rules. Scorecards are told by their ids, which stay when they are renamed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Whether an entity passes each rule of each scorecard that does not leave it out, by the scorecard's id and the rule's
/// identifier.
pub type Outcomes = BTreeMap<String, BTreeMap<String, bool>>;

/// What an entity was last known to reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Remembered(BTreeMap<String, BTreeMap<String, Known>>);

/// What is known of a rule. Written as short as it can be, as there may be millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
enum Known {
    /// Whether it was passed, from when on is not known.
    Always(bool),
    /// The same, and since when, in milliseconds since 1970.
    Since(bool, i64),
}

impl Known {
    const fn passed(self) -> bool {
        match self {
            Self::Always(passed) | Self::Since(passed, _) => passed,
        }
    }
}

impl Remembered {
    /// What was never known before.
    pub fn first(outcomes: &Outcomes) -> Self {
        Self::default().renewed(outcomes, None, None)
    }

    /// Reads what [`Remembered::to_text`] wrote.
    ///
    /// # Errors
    /// If it is something else.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As it is stored.
    ///
    /// # Errors
    /// Never, as far as JSON goes.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Whether these outcomes are what is known already.
    pub fn agrees(&self, outcomes: &Outcomes) -> bool {
        let same = |known: &BTreeMap<String, Known>, rules: &BTreeMap<String, bool>| {
            known.len() == rules.len()
                && known
                    .iter()
                    .zip(rules)
                    .all(|((one, known), (other, passed))| {
                        one == other && known.passed() == *passed
                    })
        };
        self.0.len() == outcomes.len()
            && self
                .0
                .iter()
                .zip(outcomes)
                .all(|((one, known), (other, rules))| one == other && same(known, rules))
    }

    /// The outcomes at `now`, by the same scorecards as before: a rule whose outcome is another than before, or that did not
    /// count before because the scorecard left the entity out, has changed now.
    #[must_use]
    pub fn changed(&self, outcomes: &Outcomes, now: Timestamp) -> Self {
        self.renewed(outcomes, Some(now), Some(now))
    }

    /// The outcomes at `now`, by scorecards that are others than before: a rule that was not there before has no instant.
    #[must_use]
    pub fn redefined(&self, outcomes: &Outcomes, now: Timestamp) -> Self {
        self.renewed(outcomes, Some(now), None)
    }

    /// The outcomes, with the instants at which those that are others than before turned, and those that are new appeared.
    fn renewed(
        &self,
        outcomes: &Outcomes,
        turned: Option<Timestamp>,
        appeared: Option<Timestamp>,
    ) -> Self {
        let next = |card: &str, rule: &str, passed: bool| {
            let before = self.0.get(card).and_then(|rules| rules.get(rule));
            let since = match before {
                Some(before) if before.passed() == passed => return *before,
                Some(_) => turned,
                None => appeared,
            };
            since.map_or(Known::Always(passed), |since| {
                Known::Since(passed, since.as_millis())
            })
        };
        let rules_of = |card: &str, rules: &BTreeMap<String, bool>| {
            let rules = rules.iter();
            rules
                .map(|(rule, passed)| (rule.clone(), next(card, rule, *passed)))
                .collect()
        };
        let cards = outcomes.iter();
        Self(
            cards
                .map(|(card, rules)| (card.clone(), rules_of(card, rules)))
                .collect(),
        )
    }

    /// Whether a rule of a scorecard was passed; `None` if the scorecard left the entity out, or had no such rule.
    pub fn outcome(&self, scorecard: &str, rule: &str) -> Option<bool> {
        Some(self.0.get(scorecard)?.get(rule)?.passed())
    }

    /// Whether the scorecard measured the entity.
    pub fn measured(&self, scorecard: &str) -> bool {
        self.0.contains_key(scorecard)
    }

    /// When the outcome of a rule last changed, if it still is `passed` and that is known.
    pub fn last_change(&self, scorecard: &str, rule: &str, passed: bool) -> Option<Timestamp> {
        match self.0.get(scorecard)?.get(rule)? {
            Known::Since(known, at) if *known == passed => Some(Timestamp::from_millis(*at)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(cards: &[(&str, &[(&str, bool)])]) -> Outcomes {
        let rules = |rules: &[(&str, bool)]| {
            let rules = rules.iter();
            rules
                .map(|(rule, passed)| ((*rule).to_owned(), *passed))
                .collect()
        };
        let cards = cards.iter();
        cards
            .map(|(card, of)| ((*card).to_owned(), rules(of)))
            .collect()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn an_outcome_has_an_instant_once_it_was_seen_to_change() {
        let before = outcomes(&[("s", &[("a", true), ("b", false)])]);
        let known = Remembered::first(&before);
        assert!(known.agrees(&before));
        assert!(known.measured("s") && !known.measured("t"));
        for (card, rule, outcome) in [
            ("s", "a", Some(true)),
            ("s", "b", Some(false)),
            ("s", "c", None),
            ("t", "a", None),
        ] {
            assert_eq!(known.outcome(card, rule), outcome, "{card} {rule}");
        }
        assert_eq!(known.last_change("s", "a", true), None);
        let after = outcomes(&[("s", &[("a", false), ("b", false)])]);
        assert!(!known.agrees(&after));
        let known = known.changed(&after, at(5));
        assert_eq!(known.last_change("s", "a", false), Some(at(5)));
        assert_eq!(known.last_change("s", "b", false), None);
        // Of another outcome than the one that is known, it is not known when it came.
        assert_eq!(known.last_change("s", "a", true), None);
        let again = known.changed(&after, at(9));
        assert_eq!(again, known);
    }

    #[test]
    fn an_entity_that_a_scorecard_measures_anew_has_changed() {
        let none = outcomes(&[]);
        let some = outcomes(&[("s", &[("a", true)])]);
        let known = Remembered::first(&none).changed(&some, at(5));
        assert_eq!(known.last_change("s", "a", true), Some(at(5)));
        let left_out = known.changed(&none, at(6));
        assert!(left_out.agrees(&none) && !left_out.measured("s"));
    }

    #[test]
    fn other_scorecards_keep_what_is_known_of_rules_that_stay() {
        let before = outcomes(&[("s", &[("a", true), ("gone", true)]), ("t", &[("a", true)])]);
        let turned = outcomes(&[
            ("s", &[("a", false), ("gone", true)]),
            ("t", &[("a", true)]),
        ]);
        let known = Remembered::first(&before).changed(&turned, at(5));
        let after = outcomes(&[("s", &[("a", false), ("new", true)])]);
        let next = known.redefined(&after, at(7));
        assert!(next.agrees(&after));
        assert_eq!(next.last_change("s", "a", false), Some(at(5)));
        assert_eq!(next.last_change("s", "new", true), None);
        let next = next.redefined(&outcomes(&[("s", &[("a", true)])]), at(8));
        assert_eq!(next.last_change("s", "a", true), Some(at(8)));
    }

    #[test]
    fn what_is_stored_is_short_and_is_read_back() {
        let before = outcomes(&[("s", &[("a", true), ("b", false)])]);
        let after = outcomes(&[("s", &[("a", true), ("b", true)])]);
        let known = Remembered::first(&before).changed(&after, at(5));
        let text = known.to_text().unwrap();
        assert_eq!(text, r#"{"s":{"a":true,"b":[true,5]}}"#);
        assert_eq!(Remembered::parse(&text).unwrap(), known);
        assert!(Remembered::parse("[]").is_err());
    }
}
