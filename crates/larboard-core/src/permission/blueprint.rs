//! Who may do what with the entities of a blueprint (facts/catalog.md 5.1 and facts/addenda.md, Corrections 6 and 7).
//!
//! What somebody set is kept as it was set; what nobody set has the default. Policies are kept but grant nothing yet, so
//! that someone who would be let in by one alone is refused.

use serde_json::{Map, Value, json};

use super::{Asker, check_lists, names};
use crate::blueprint::rename::{Renamed, Renaming};
use crate::entity::Entity;
use crate::refusal::{Code, Refusal};
use crate::violation::{Violations, join};

const LISTS: [&str; 3] = ["users", "roles", "teams"];
const BLOCKS: [&str; 4] = ["read", "register", "update", "unregister"];
const GROUPS: [&str; 2] = ["updateProperties", "updateRelations"];

/// The permissions of one blueprint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlueprintPermissions {
    /// What was set, by block.
    set: Map<String, Value>,
}

impl BlueprintPermissions {
    /// Reads what was stored.
    ///
    /// # Errors
    /// `internal_error` if it is not what was stored.
    pub fn from_stored(text: &str) -> Result<Self, Refusal> {
        let set = serde_json::from_str(text).map_err(|_| Refusal::internal())?;
        Ok(Self { set })
    }

    /// What is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&self.set).unwrap_or_default()
    }

    /// The permissions as the API shows them, of the blueprint `identifier`.
    pub fn render(&self, identifier: &str) -> Value {
        let mut entities = Map::new();
        for key in BLOCKS {
            entities.insert(key.to_owned(), self.block(key, identifier));
        }
        for key in GROUPS {
            if let Some(group) = self.set.get(key) {
                entities.insert(key.to_owned(), group.clone());
            }
        }
        json!({ "entities": entities })
    }

    /// The permissions after a PATCH: a supplied block replaces that block.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body; `not_supported` for a restriction of reading, which is not
    /// enforced yet.
    pub fn patch(&self, body: &Value) -> Result<Self, Refusal> {
        let mut violations = Violations::new();
        let empty = Map::new();
        let Some(body) = body.as_object() else {
            return Err(Refusal::invalid_request(
                "The body must be {\"entities\": {…}}.",
            ));
        };
        violations.only(body, "", &["entities"]);
        violations.require(body, "", &["entities"]);
        let entities = violations.object(body, "", "entities").unwrap_or(&empty);
        violations.only(entities, "entities", &[&BLOCKS[..], &GROUPS[..]].concat());
        let mut after = self.clone();
        for key in BLOCKS {
            if let Some(block) = violations.object(entities, "entities", key) {
                let path = join("entities", key);
                let block = normalized(block, &path, true, &mut violations);
                after.set.insert(key.to_owned(), block);
            }
        }
        for key in GROUPS {
            let Some(group) = violations.object(entities, "entities", key) else {
                continue;
            };
            let path = join("entities", key);
            let slot = after.set.entry(key).or_insert_with(|| json!({}));
            for name in group.keys() {
                if let Some(block) = violations.object(group, &path, name) {
                    slot[name] = normalized(block, &join(&path, name), false, &mut violations);
                }
            }
        }
        violations.into_result(Code::InvalidRequest)?;
        after.check_reading()?;
        Ok(after)
    }

    fn check_reading(&self) -> Result<(), Refusal> {
        let Some(read) = self.set.get("read") else {
            return Ok(());
        };
        let everyone = read["roles"]
            .as_array()
            .is_some_and(|roles| roles.iter().any(|role| role == "Member"));
        if everyone {
            return Ok(());
        }
        Err(Refusal::new(
            Code::NotSupported,
            "entities.read.roles must name \"Member\": this version does not keep members from reading entities.",
        ))
    }

    fn block(&self, key: &str, identifier: &str) -> Value {
        if let Some(block) = self.set.get(key) {
            return block.clone();
        }
        let mut roles = vec!["Admin".to_owned(), format!("{identifier}-moderator")];
        if key == "read" {
            roles.push("Member".to_owned());
        }
        json!({ "users": [], "roles": roles, "teams": [], "ownedByTeam": false })
    }

    /// Whether there is anything at all that the asker may do to some entity.
    ///
    /// # Errors
    /// `missing_permissions`.
    pub fn check_any(&self, asker: &Asker<'_>, blueprint: &str) -> Result<(), Refusal> {
        let blocks = BLOCKS.into_iter().filter(|key| *key != "read");
        let groups = GROUPS
            .into_iter()
            .filter_map(|key| self.set.get(key)?.as_object());
        let any = blocks
            .map(|key| self.block(key, blueprint))
            .any(|block| may(&block, asker))
            || groups.flat_map(Map::values).any(|block| may(block, asker));
        if any {
            return Ok(());
        }
        Err(refused("change entities", blueprint))
    }

    /// Whether the asker may make this entity.
    ///
    /// # Errors
    /// `missing_permissions` that says what is lacking.
    pub fn check_register(&self, asker: &Asker<'_>, entity: &Entity) -> Result<(), Refusal> {
        let blueprint = &entity.blueprint;
        if !grants(&self.block("register", blueprint), asker, &entity.team) {
            return Err(refused("make entities", blueprint));
        }
        if grants(&self.block("update", blueprint), asker, &entity.team) {
            return Ok(());
        }
        let set = |group: &str, name: &str| self.set.get(group).and_then(|group| group.get(name));
        let properties = entity
            .properties
            .keys()
            .map(|name| ("updateProperties", name));
        let relations = entity
            .relations
            .keys()
            .map(|name| ("updateRelations", name));
        for (group, name) in properties.chain(relations) {
            if let Some(block) = set(group, name)
                && !grants(block, asker, &entity.team)
            {
                return Err(refused(&format!("set {name:?}"), blueprint));
            }
        }
        Ok(())
    }

    /// Whether the asker may change an entity in this way.
    ///
    /// # Errors
    /// `missing_permissions` that says what is lacking.
    pub fn check_update(
        &self,
        asker: &Asker<'_>,
        before: &Entity,
        after: &Entity,
    ) -> Result<(), Refusal> {
        let blueprint = &before.blueprint;
        if grants(&self.block("update", blueprint), asker, &before.team) {
            return Ok(());
        }
        let changed = changed(before, after);
        if changed.is_empty() {
            return Err(refused("change entities", blueprint));
        }
        for (group, name) in changed {
            let block = self.set.get(group).and_then(|group| group.get(&name));
            if !block.is_some_and(|block| grants(block, asker, &before.team)) {
                return Err(refused(&format!("change {name:?}"), blueprint));
            }
        }
        Ok(())
    }

    /// Whether the asker may delete an entity.
    ///
    /// # Errors
    /// `missing_permissions`.
    pub fn check_unregister(&self, asker: &Asker<'_>, entity: &Entity) -> Result<(), Refusal> {
        if grants(
            &self.block("unregister", &entity.blueprint),
            asker,
            &entity.team,
        ) {
            return Ok(());
        }
        Err(refused("delete entities", &entity.blueprint))
    }

    /// These permissions after a property or relation was renamed.
    #[must_use]
    pub fn renamed(mut self, renaming: &Renaming) -> Self {
        let group = match renaming.kind {
            Renamed::Relation => "updateRelations",
            _ => "updateProperties",
        };
        if let Some(Value::Object(blocks)) = self.set.get_mut(group) {
            *blocks = std::mem::take(blocks)
                .into_iter()
                .map(|(name, block)| {
                    if name == renaming.from {
                        (renaming.to.clone(), block)
                    } else {
                        (name, block)
                    }
                })
                .collect();
        }
        self
    }
}

/// What differs between two states of an entity, as the group and name of the permission it needs.
fn changed(before: &Entity, after: &Entity) -> Vec<(&'static str, String)> {
    let mut changed = Vec::new();
    let metas = [
        ("$title", before.title != after.title),
        ("$identifier", before.identifier != after.identifier),
        ("$icon", before.icon != after.icon),
        ("$team", before.team != after.team),
    ];
    for (name, differs) in metas {
        if differs {
            changed.push(("updateProperties", name.to_owned()));
        }
    }
    let names = before.properties.keys().chain(after.properties.keys());
    for name in names {
        let differs = before.properties.get(name) != after.properties.get(name);
        let entry = ("updateProperties", name.clone());
        if differs && !changed.contains(&entry) {
            changed.push(entry);
        }
    }
    let names = before.relations.keys().chain(after.relations.keys());
    for name in names {
        let differs = before.relations.get(name) != after.relations.get(name);
        let entry = ("updateRelations", name.clone());
        if differs && !changed.contains(&entry) {
            changed.push(entry);
        }
    }
    changed
}

/// Whether a block lets the asker do it to some entity.
fn may(block: &Value, asker: &Asker<'_>) -> bool {
    grants(block, asker, asker.teams)
}

/// Whether a block lets the asker do it to an entity that these teams own.
fn grants(block: &Value, asker: &Asker<'_>, owners: &[String]) -> bool {
    let owned = block["ownedByTeam"] == Value::Bool(true)
        && asker.teams.iter().any(|team| owners.contains(team));
    owned || names(block, asker)
}

fn refused(what: &str, blueprint: &str) -> Refusal {
    Refusal::missing_permissions(format!(
        "You may not {what} of {blueprint:?}: you need the role Admin, or a permission of that blueprint. Ask an administrator."
    ))
}

/// A block with all of its lists and the flag, as every client expects them.
fn normalized(
    block: &Map<String, Value>,
    path: &str,
    may_have_policy: bool,
    violations: &mut Violations,
) -> Value {
    let mut known = LISTS.to_vec();
    known.push("ownedByTeam");
    if may_have_policy {
        known.push("policy");
    }
    violations.only(block, path, &known);
    let block: Map<String, Value> = block
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    check_lists(&block, path, &LISTS, violations);
    violations.boolean(&block, path, "ownedByTeam");
    violations.object(&block, path, "policy");
    let mut whole = json!({ "users": [], "roles": [], "teams": [], "ownedByTeam": false });
    if let Some(whole) = whole.as_object_mut() {
        whole.extend(block);
    }
    whole
}

#[cfg(test)]
mod tests;
