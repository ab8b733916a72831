//! The value of a mirror property: a walk over relations to a property at the end (facts/catalog.md 1.5). Pure; what is
//! related is looked up by the caller.

use super::teams::teams;
use crate::blueprint::system::TEAM;
use crate::entity::Entity;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The catalog as a walk sees it.
pub trait Lookup {
    /// Why a look-up failed.
    type Error;

    /// The blueprint a relation leads to; `None` if there is no such relation.
    ///
    /// # Errors
    /// If it cannot be looked up.
    fn target(&mut self, blueprint: &str, relation: &str) -> Result<Option<String>, Self::Error>;

    /// An entity, which for `_team` may be named by its title.
    ///
    /// # Errors
    /// If it cannot be looked up.
    fn entity(
        &mut self,
        blueprint: &str,
        identifier: &str,
    ) -> Result<Option<Arc<Entity>>, Self::Error>;

    /// The relations along which entities of the blueprint inherit their teams; `None` if teams are their own.
    ///
    /// # Errors
    /// If they cannot be looked up.
    fn team_path(&mut self, blueprint: &str) -> Result<Option<Vec<String>>, Self::Error>;

    /// The value at the end of a path: a property, computed ones too, a meta-property or a relation; `Null` if there is
    /// none.
    ///
    /// # Errors
    /// If it cannot be worked out.
    fn value(&mut self, entity: &Entity, name: &str) -> Result<Value, Self::Error>;
}

/// The relations of a mirror's path and the name at its end; `None` if it is no path.
pub fn split_path(path: &str) -> Option<(Vec<String>, String)> {
    let (relations, last) = path.rsplit_once('.')?;
    Some((
        relations.split('.').map(str::to_owned).collect(),
        last.to_owned(),
    ))
}

/// The value of a mirror with this path: one value through single relations; through a list relation, or `$team`, the list
/// of the values there are. `Null` if there is none.
///
/// # Errors
/// If a look-up fails.
pub fn mirrored<L: Lookup>(
    lookup: &mut L,
    entity: &Entity,
    path: &[String],
    last: &str,
) -> Result<Value, L::Error> {
    let Some((step, rest)) = path.split_first() else {
        return lookup.value(entity, last);
    };
    let (target, identifiers, many) = if step == "$team" {
        (TEAM.to_owned(), teams(lookup, entity)?, true)
    } else {
        let Some(target) = lookup.target(&entity.blueprint, step)? else {
            return Ok(Value::Null);
        };
        let Some(value) = entity.relations.get(step) else {
            return Ok(Value::Null);
        };
        (
            target,
            Cow::Borrowed(value.targets()),
            matches!(value, crate::entity::RelationValue::Many(_)),
        )
    };
    let mut values = Vec::new();
    for identifier in identifiers.iter() {
        if let Some(related) = lookup.entity(&target, identifier)? {
            let value = mirrored(lookup, &related, rest, last)?;
            if !value.is_null() {
                values.push(value);
            }
        }
    }
    Ok(match (many, values.is_empty()) {
        (_, true) => Value::Null,
        (true, false) => Value::Array(values),
        (false, false) => values.swap_remove(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::Stamps;
    use crate::entity::RelationValue;
    use crate::time::Timestamp;
    use serde_json::json;
    use std::convert::Infallible;

    struct Sketch;

    fn entity(blueprint: &str, identifier: &str) -> Entity {
        Entity {
            identifier: identifier.into(),
            blueprint: blueprint.into(),
            title: None,
            icon: None,
            team: vec![],
            properties: serde_json::Map::new(),
            relations: indexmap::IndexMap::new(),
            stamps: Stamps::new(Timestamp::from_millis(0), "me"),
        }
    }

    impl Lookup for Sketch {
        type Error = Infallible;

        fn target(&mut self, _: &str, relation: &str) -> Result<Option<String>, Infallible> {
            Ok(match relation {
                "domain" | "domains" => Some("domain".into()),
                "lead" => Some("person".into()),
                _ => None,
            })
        }

        fn entity(
            &mut self,
            blueprint: &str,
            identifier: &str,
        ) -> Result<Option<Arc<Entity>>, Infallible> {
            if identifier == "gone" {
                return Ok(None);
            }
            let mut found = entity(blueprint, identifier);
            if blueprint == "domain" && identifier == "a" {
                found.team = vec!["blue".into(), "gone".into()];
            }
            if blueprint == "domain" && identifier != "bare" {
                found.relations.insert(
                    "lead".into(),
                    RelationValue::One(format!("{identifier}-lead")),
                );
            }
            Ok(Some(Arc::new(found)))
        }

        fn team_path(&mut self, blueprint: &str) -> Result<Option<Vec<String>>, Infallible> {
            Ok((blueprint == "heir").then(|| vec!["domain".to_owned()]))
        }

        fn value(&mut self, entity: &Entity, name: &str) -> Result<Value, Infallible> {
            Ok(if name == "$identifier" {
                entity.identifier.as_str().into()
            } else {
                Value::Null
            })
        }
    }

    #[test]
    fn a_path_is_followed_to_its_end() {
        let mut start = entity("service", "s");
        start.team = vec!["red".into(), "gone".into()];
        let one = |id: &str| RelationValue::One(id.into());
        start.relations.insert("domain".into(), one("a"));
        start.relations.insert(
            "domains".into(),
            RelationValue::Many(vec!["a".into(), "gone".into(), "bare".into(), "b".into()]),
        );
        for (path, expected) in [
            ("domain.$identifier", json!("a")),
            ("domain.lead.$identifier", json!("a-lead")),
            ("domains.$identifier", json!(["a", "bare", "b"])),
            ("domains.lead.$identifier", json!(["a-lead", "b-lead"])),
            ("domain.nothing", json!(null)),
            ("domains.nothing", json!(null)),
            ("nowhere.$identifier", json!(null)),
            ("lead.$identifier", json!(null)),
            ("$team.$identifier", json!(["red"])),
        ] {
            let (relations, last) = split_path(path).expect("a path");
            assert_eq!(
                mirrored(&mut Sketch, &start, &relations, &last),
                Ok(expected),
                "{path}"
            );
        }
        assert_eq!(split_path("alone"), None);
        // Inherited teams are a step like written ones, and these do not count where others are inherited.
        start.blueprint = "heir".into();
        let step = ["$team".to_owned()];
        assert_eq!(
            mirrored(&mut Sketch, &start, &step, "$identifier"),
            Ok(json!(["blue"]))
        );
    }
}
