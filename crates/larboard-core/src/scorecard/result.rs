//! What came of a rule for an entity, as an entity of `_rule_result` (facts/catalog.md 1.10): its identifier and what it
//! shows. Whether the rule was passed is the caller's to know.

use indexmap::IndexMap;
use serde_json::{Map, json};

use super::Rule;
use crate::blueprint::Stamps;
use crate::blueprint::system::RULE_RESULT;
use crate::entity::{Entity, RelationValue};
use crate::time::Timestamp;

/// The properties that the server writes.
pub const BUILT_IN: [&str; 3] = ["result", "entity", "result_last_change"];

/// Where the identifiers of all results of a rule begin. No prefix begins with another.
pub fn prefix(rule: &str) -> String {
    // The colon ends the rule's part, so one in it is spelled differently.
    let mut prefix = rule.replace('=', "==").replace(':', "=c");
    prefix.push(':');
    prefix
}

/// The identifiers of the rule's entity and of the measured entity; `None` if this is no result's identifier.
pub fn split(identifier: &str) -> Option<(String, &str)> {
    let (spelled, entity) = identifier.split_once(':')?;
    let (mut rule, mut signs) = (String::with_capacity(spelled.len()), spelled.chars());
    while let Some(sign) = signs.next() {
        rule.push(match sign {
            '=' => match signs.next()? {
                '=' => '=',
                'c' => ':',
                _ => return None,
            },
            sign => sign,
        });
    }
    Some((rule, entity))
}

/// The result of `rule`, which the entity `of` stands for, for the entity `measured`. It belongs to whom that belongs, and
/// is as new as the newer of the two. `changed` is when it last changed, if that is known.
pub fn entity(
    of: &Entity,
    rule: &Rule,
    measured: &Entity,
    passed: bool,
    changed: Option<Timestamp>,
) -> Entity {
    let title = measured.title.as_deref().unwrap_or(&measured.identifier);
    let (one, other) = (&of.stamps, &measured.stamps);
    let created = if one.created_at > other.created_at {
        one
    } else {
        other
    };
    let updated = if one.updated_at > other.updated_at {
        one
    } else {
        other
    };
    let mut properties = Map::new();
    let result = if passed { "Passed" } else { "Not passed" };
    properties.insert("result".to_owned(), json!(result));
    properties.insert("entity".to_owned(), json!(measured.identifier));
    if let Some(changed) = changed {
        properties.insert("result_last_change".to_owned(), json!(changed.to_string()));
    }
    let rule_relation = RelationValue::One(of.identifier.clone());
    Entity {
        identifier: prefix(&of.identifier) + &measured.identifier,
        blueprint: RULE_RESULT.to_owned(),
        title: Some(format!("{title}: {}", rule.title)),
        icon: None,
        team: measured.team.clone(),
        properties,
        relations: IndexMap::from([("rule".to_owned(), rule_relation)]),
        stamps: Stamps {
            created_at: created.created_at,
            created_by: created.created_by.clone(),
            updated_at: updated.updated_at,
            updated_by: updated.updated_by.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_identifier_says_which_rule_and_which_entity(rule in "[a-c:=.]{1,6}", entity in "[a-c:=.]{1,6}") {
            let identifier = prefix(&rule) + &entity;
            prop_assert_eq!(split(&identifier), Some((rule, entity.as_str())));
        }

        #[test]
        fn no_prefix_begins_with_another(one in "[a-c:=.]{1,6}", other in "[a-c:=.]{1,6}") {
            prop_assert!(one == other || !prefix(&one).starts_with(&prefix(&other)));
        }
    }

    #[test]
    fn what_is_no_identifier_of_a_result_is_not_taken_for_one() {
        for text in ["", "a", "=:b", "=x:b"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
