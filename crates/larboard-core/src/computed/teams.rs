//! The teams that own an entity: its own, or inherited along relations (facts/catalog.md 1.8). Pure; what is related is
//! looked up by the caller.

use super::mirror::Lookup;
use crate::blueprint::system::TEAM;
use crate::entity::{Entity, RelationValue};
use std::borrow::Cow;

/// The teams that own an entity. What is written in it does not count where its blueprint says that teams are inherited.
///
/// # Errors
/// If a look-up fails.
pub fn teams<'e, L: Lookup>(
    lookup: &mut L,
    entity: &'e Entity,
) -> Result<Cow<'e, [String]>, L::Error> {
    Ok(match lookup.team_path(&entity.blueprint)? {
        None => Cow::Borrowed(&entity.team),
        Some(path) => Cow::Owned(inherited(lookup, entity, &path)?),
    })
}

/// The teams at the end of a path of single relations: none where it breaks off, or ends at what inherits itself. A path to
/// a team names that team.
fn inherited<L: Lookup>(
    lookup: &mut L,
    entity: &Entity,
    path: &[String],
) -> Result<Vec<String>, L::Error> {
    let Some((step, rest)) = path.split_first() else {
        return Ok(if entity.blueprint == TEAM {
            vec![entity.identifier.clone()]
        } else if lookup.team_path(&entity.blueprint)?.is_some() {
            Vec::new()
        } else {
            entity.team.clone()
        });
    };
    let Some(RelationValue::One(identifier)) = entity.relations.get(step) else {
        return Ok(Vec::new());
    };
    let Some(target) = lookup.target(&entity.blueprint, step)? else {
        return Ok(Vec::new());
    };
    match lookup.entity(&target, identifier)? {
        Some(next) => inherited(lookup, &next, rest),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::Stamps;
    use crate::time::Timestamp;
    use serde_json::Value;
    use std::convert::Infallible;
    use std::sync::Arc;

    /// A part is in a service, a service in a system or another service, and a system has a team.
    struct Catalog(Vec<Entity>);

    impl Lookup for Catalog {
        type Error = Infallible;

        fn target(&mut self, _: &str, relation: &str) -> Result<Option<String>, Infallible> {
            Ok(match relation {
                "service" => Some("service".into()),
                "system" => Some("system".into()),
                "owner" => Some(TEAM.into()),
                _ => None,
            })
        }

        fn entity(&mut self, blueprint: &str, id: &str) -> Result<Option<Arc<Entity>>, Infallible> {
            let found = self
                .0
                .iter()
                .find(|entity| entity.blueprint == blueprint && entity.identifier == id);
            Ok(found.cloned().map(Arc::new))
        }

        fn team_path(&mut self, blueprint: &str) -> Result<Option<Vec<String>>, Infallible> {
            let path: &[&str] = match blueprint {
                "part" => &["service", "system"],
                "screw" => &["service", "owner"],
                "service" => &["service"],
                "tool" => &["nowhere"],
                _ => return Ok(None),
            };
            Ok(Some(path.iter().map(|&step| step.to_owned()).collect()))
        }

        fn value(&mut self, _: &Entity, _: &str) -> Result<Value, Infallible> {
            Ok(Value::Null)
        }
    }

    fn entity(blueprint: &str, id: &str, team: &[&str], relations: &[(&str, &str)]) -> Entity {
        let one = |(name, to): &(&str, &str)| {
            let to = RelationValue::One((*to).to_owned());
            ((*name).to_owned(), to)
        };
        Entity {
            identifier: id.into(),
            blueprint: blueprint.into(),
            title: None,
            icon: None,
            team: team.iter().map(|&team| team.to_owned()).collect(),
            properties: serde_json::Map::new(),
            relations: relations.iter().map(one).collect(),
            stamps: Stamps::new(Timestamp::from_millis(0), "me"),
        }
    }

    #[test]
    fn teams_come_from_the_end_of_the_path_and_nowhere_else() {
        let mut catalog = Catalog(vec![
            entity("system", "s", &["red", "blue"], &[]),
            entity(
                "service",
                "a",
                &["old"],
                &[("system", "s"), ("owner", "green")],
            ),
            entity("service", "b", &["old"], &[("system", "gone")]),
            entity(TEAM, "green", &["red"], &[]),
        ]);
        let (at_a, at_b) = ([("service", "a")], [("service", "b")]);
        for (asked, expected) in [
            (entity("system", "t", &["red"], &[]), &["red"][..]),
            (entity("part", "p", &["own"], &at_a), &["red", "blue"]),
            (entity("part", "p", &["own"], &at_b), &[]),
            (entity("part", "p", &["own"], &[]), &[]),
            (entity("screw", "c", &[], &at_a), &["green"]),
            (entity("service", "c", &[], &at_a), &[]),
            (entity("tool", "t", &["own"], &[("nowhere", "a")]), &[]),
        ] {
            let found = teams(&mut catalog, &asked).unwrap_or_default().into_owned();
            assert_eq!(found, expected, "{asked:?}");
        }
        let mut list = entity("part", "p", &[], &[]);
        let several = RelationValue::Many(vec!["a".into()]);
        list.relations.insert("service".into(), several);
        assert_eq!(teams(&mut catalog, &list), Ok(Cow::Owned(Vec::new())));
    }
}
