//! Where the paths of mirrors lead over relations, as far as a write of the blueprint must look: no mirror may stand on
//! itself (facts/catalog.md 1.5). A path that leads nowhere yet is no fault, because clients add relations later.

use std::collections::HashMap;

use super::Blueprint;
use crate::refusal::{Code, Refusal};
use crate::violation::Violations;

/// Blueprints by identifier.
pub type Known = HashMap<String, Blueprint>;

/// A mirror, by its blueprint and name.
type Mirror<'a> = (&'a str, &'a str);

impl Blueprint {
    /// Whether the relations or mirrors differ from those before, so that paths lead elsewhere.
    pub fn leads_elsewhere(&self, before: &Self) -> bool {
        self.relations != before.relations || self.mirrors() != before.mirrors()
    }

    /// Refuses a blueprint that makes a mirror stand on itself, its own or one of the others. `known` holds every blueprint as it is after the write, this one included.
    ///
    /// # Errors
    /// `invalid_request` with every fault.
    pub fn check_mirrors(&self, known: &Known) -> Result<(), Refusal> {
        let mut violations = Violations::new();
        let others = known
            .values()
            .filter(|other| other.identifier != self.identifier);
        for holder in std::iter::once(self).chain(others) {
            for name in holder.mirrors().keys() {
                let Some(through) = cycle((holder.identifier(), name), self.identifier(), known)
                else {
                    continue;
                };
                let place = if holder.identifier == self.identifier {
                    format!("mirrorProperties.{name}.path")
                } else {
                    format!(
                        "mirrorProperties.{name}.path of the blueprint {:?}",
                        holder.identifier
                    )
                };
                violations.push_at(place, "cycle", sentence(holder, name, &through));
            }
        }
        violations.into_result(Code::InvalidRequest)
    }
}

/// The mirrors that lie between a mirror and itself; `None` if it does not come back, or not by way of `touched`: a
/// fault of other blueprints is not blamed on a write that has no part in it.
fn cycle<'a>(start: Mirror<'a>, touched: &str, known: &'a Known) -> Option<Vec<Mirror<'a>>> {
    let mut between = Vec::new();
    let mut is_touched = false;
    let mut at = start;
    loop {
        let (next, passed) = follow(at, touched, known)?;
        is_touched |= passed;
        if next == start {
            return is_touched.then_some(between);
        }
        // Around a cycle that the start only leads to: its own mirrors are found by themselves.
        if between.contains(&next) {
            return None;
        }
        between.push(next);
        at = next;
    }
}

/// The mirror that a mirror ends at, if it ends at one, and whether the walk there starts at or passes `touched`.
fn follow<'a>(mirror: Mirror<'a>, touched: &str, known: &'a Known) -> Option<(Mirror<'a>, bool)> {
    let mut at = known.get(mirror.0)?;
    let mut passed = at.identifier == touched;
    let path = at.mirrors().get(mirror.1)?.get("path")?.as_str()?;
    let (steps, last) = path.rsplit_once('.')?;
    for step in steps.split('.') {
        let target = match step {
            "$team" => "_team",
            _ => at.relations.get(step)?.target.as_str(),
        };
        at = known.get(target)?;
        passed |= at.identifier == touched;
    }
    let (name, _) = at.mirrors().get_key_value(last)?;
    Some(((at.identifier(), name), passed))
}

fn sentence(holder: &Blueprint, name: &str, through: &[Mirror<'_>]) -> String {
    let path = &holder.mirrors()[name]["path"];
    let over: Vec<String> = through
        .iter()
        .map(|(blueprint, mirror)| format!("the mirror {mirror:?} of {blueprint:?}"))
        .collect();
    let over = if over.is_empty() {
        String::new()
    } else {
        format!(" over {}", over.join(" and "))
    };
    format!("{path} leads{over} back to the mirror itself; end the path at another property")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn blueprint(identifier: &str, parts: Value) -> Blueprint {
        let mut body =
            json!({"identifier": identifier, "title": "T", "schema": {"properties": {}}});
        for (key, value) in parts.as_object().unwrap() {
            body[key] = value.clone();
        }
        Blueprint::create(body).unwrap()
    }

    fn checked(all: &[Blueprint]) -> Result<(), String> {
        let known: Known = all
            .iter()
            .map(|one| (one.identifier.clone(), one.clone()))
            .collect();
        all[0]
            .check_mirrors(&known)
            .map_err(|refusal| refusal.message)
    }

    #[test]
    fn a_mirror_that_leads_back_to_itself_is_refused_with_its_way() {
        let own = blueprint(
            "x",
            json!({"relations": {"r": {"target": "x"}}, "mirrorProperties": {"m": {"path": "r.m"}}}),
        );
        let message = checked(&[own]).unwrap_err();
        assert_eq!(
            message,
            "mirrorProperties.m.path: \"r.m\" leads back to the mirror itself; end the path at another property"
        );
        let a = blueprint(
            "a",
            json!({"relations": {"b": {"target": "b"}}, "mirrorProperties": {"m": {"path": "b.n"}}}),
        );
        let b = blueprint(
            "b",
            json!({"relations": {"a": {"target": "a"}}, "mirrorProperties": {"n": {"path": "a.m"}}}),
        );
        let message = checked(&[a, b]).unwrap_err();
        assert!(
            message.contains("\"b.n\" leads over the mirror \"n\" of \"b\" back"),
            "{message}"
        );
        assert!(
            message.contains("mirrorProperties.n.path of the blueprint \"b\""),
            "{message}"
        );
    }

    #[test]
    fn a_cycle_of_others_is_not_blamed_on_a_blueprint_without_part_in_it() {
        let x = blueprint(
            "x",
            json!({"relations": {"own": {"target": "own"}}, "mirrorProperties": {"m": {"path": "own.m"}}}),
        );
        let own = blueprint(
            "own",
            json!({"relations": {"r": {"target": "own"}}, "mirrorProperties": {"m": {"path": "r.m"}}}),
        );
        assert_eq!(checked(&[x.clone(), own.clone()]), Ok(()));
        assert!(checked(&[own, x]).is_err());
        // It has a part if a relation of its own closes the way.
        let b = blueprint("b", json!({"relations": {"back": {"target": "a"}}}));
        let a = blueprint(
            "a",
            json!({"relations": {"b": {"target": "b"}}, "mirrorProperties": {"m": {"path": "b.back.m"}}}),
        );
        assert!(checked(&[b, a]).is_err());
    }

    #[test]
    fn a_mirror_may_lead_back_by_way_of_teams() {
        let x = blueprint("x", json!({"mirrorProperties": {"m": {"path": "$team.n"}}}));
        let team = blueprint(
            "_team",
            json!({"relations": {"of": {"target": "x"}}, "mirrorProperties": {"n": {"path": "of.m"}}}),
        );
        assert!(checked(&[x, team]).is_err());
    }

    #[test]
    fn a_path_that_leads_on_or_nowhere_is_no_fault() {
        for path in [
            "r.t",
            "r.$title",
            "nowhere.m",
            "r.nowhere.m",
            "$team.m",
            "r.r",
        ] {
            let own = blueprint(
                "x",
                json!({"schema": {"properties": {"t": {"type": "string"}}}, "relations": {"r": {"target": "x"}}, "mirrorProperties": {"m": {"path": path}}}),
            );
            assert_eq!(checked(&[own]), Ok(()), "{path}");
        }
        let chain = blueprint(
            "x",
            json!({"relations": {"r": {"target": "x"}}, "mirrorProperties": {"m": {"path": "r.n"}, "n": {"path": "r.$title"}}}),
        );
        assert_eq!(checked(&[chain]), Ok(()));
    }

    #[test]
    fn paths_lead_elsewhere_after_a_change_of_relations_or_mirrors_only() {
        let before = blueprint("x", json!({}));
        for parts in [
            json!({"description": "d"}),
            json!({"ownership": {"type": "Direct"}}),
        ] {
            assert!(!blueprint("x", parts).leads_elsewhere(&before));
        }
        for parts in [
            json!({"relations": {"r": {"target": "x"}}}),
            json!({"mirrorProperties": {"m": {"path": "r.p"}}}),
        ] {
            assert!(
                blueprint("x", parts.clone()).leads_elsewhere(&before),
                "{parts}"
            );
        }
    }
}
