//! The model: what the catalog should hold after each change, and a plain reading of each rule over it.

mod reading;

use super::dice::Dice;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
struct Thing {
    title: Option<String>,
    /// The teams that are written in it.
    team: Vec<String>,
    properties: Map<String, Value>,
    relations: BTreeMap<String, Vec<String>>,
}

pub type Key = (String, String);

/// What the catalog should hold.
#[derive(Debug, Default)]
pub struct Model {
    things: BTreeMap<Key, Thing>,
    /// Whether the blueprint has lost its property `tags` for now.
    without_tags: bool,
    /// Along what services inherit their teams; `None` if these are their own.
    heirs_along: Option<Vec<&'static str>>,
}

/// A request, and what it should do.
pub struct Change {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
    effect: Effect,
}

enum Effect {
    Put(Key, Thing),
    Merge(Key, Map<String, Value>, Option<Vec<String>>),
    Own(Option<Vec<&'static str>>),
    Rename(Key, String, Thing),
    Delete(Key),
    Drop(&'static str),
    Restore,
    Nothing,
}

const IDS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
/// Teams with their titles, and one that is not there.
pub const TEAMS: [(&str, &str); 3] = [("red", "Reds"), ("blue", "Blues"), ("ghost", "ghost")];
const NAMES: [&str; 5] = ["x", "xy", "y", "Zed", ""];

pub fn mirrors() -> Value {
    json!({"area": {"path": "domain.name"}, "needed": {"path": "needs.tier"}, "fellows": {"path": "domain.total"},
        "owners": {"path": "domain.$team"}, "bosses": {"path": "$team.$title"}})
}

pub fn calculations() -> Value {
    json!({"worth": {"calculation": ".properties.tier * 10", "type": "number"},
        "mark": {"calculation": "if .properties.area == null then null else .properties.area + .identifier end", "type": "string"}})
}

pub fn aggregations() -> Value {
    let above =
        json!({"combinator": "and", "rules": [{"property": "tier", "operator": ">", "value": 0}]});
    json!({
        "count": {"title": "Count", "target": "service", "calculationSpec": {"calculationBy": "entities", "func": "count"}},
        "total": {"title": "Total", "target": "service", "query": above, "pathFilter": [{"path": ["domain"], "fromBlueprint": "service"}],
            "calculationSpec": {"calculationBy": "property", "func": "sum", "property": "worth"}},
        "red": {"title": "Red", "target": "service", "query": {"combinator": "and", "rules": [{"property": "$team", "operator": "=", "value": "red"}]},
            "calculationSpec": {"calculationBy": "entities", "func": "count"}},
        "highest": {"title": "Highest", "target": "service", "calculationSpec": {"calculationBy": "property", "func": "max", "property": "tier"}},
    })
}

fn target_of(blueprint: &str, relation: &str) -> Option<&'static str> {
    match (blueprint, relation) {
        ("service", "domain") | ("domain", "parent") => Some("domain"),
        ("service", "needs") => Some("service"),
        (_, "$team") => Some("_team"),
        _ => None,
    }
}

impl Model {
    pub fn ids(&self, blueprint: &str) -> Vec<String> {
        self.things
            .keys()
            .filter(|key| key.0 == blueprint)
            .map(|key| key.1.clone())
            .collect()
    }

    fn any_properties(&self, dice: &mut Dice, blueprint: &str) -> Map<String, Value> {
        let mut properties = Map::new();
        if dice.below(3) > 0 {
            properties.insert("name".into(), dice.one(&NAMES).into());
        }
        if blueprint == "service" {
            if dice.below(3) > 0 {
                properties.insert("tier".into(), dice.below(4).into());
            }
            if !self.without_tags && dice.below(2) > 0 {
                let tags: Vec<&str> = (0..dice.below(3)).map(|_| dice.one(&NAMES)).collect();
                properties.insert("tags".into(), tags.into());
            }
        }
        properties
    }

    /// Teams as a body names them, by identifier or by title, and as they are kept; `None` where they are inherited.
    fn any_teams(&self, dice: &mut Dice, blueprint: &str) -> Option<(Vec<&str>, Vec<String>)> {
        if blueprint == "service" && self.heirs_along.is_some() {
            return None;
        }
        let teams = TEAMS.iter().filter(|_| dice.below(3) == 0);
        let teams: Vec<(&str, &str)> = teams.copied().collect();
        let named = teams.iter().map(|(id, title)| dice.one(&[*id, *title]));
        let named = named.collect();
        let kept = teams.iter().map(|(id, _)| (*id).to_owned()).collect();
        Some((named, kept))
    }

    fn any_ownership(&self, dice: &mut Dice) -> Change {
        let path = dice.one(&[
            None,
            Some(vec!["domain"]),
            Some(vec!["domain"]),
            Some(vec!["domain", "parent"]),
        ]);
        Change {
            method: "PATCH",
            path: "/v1/blueprints/service".into(),
            body: Some(json!({"ownership": ownership(path.as_ref())})),
            effect: Effect::Own(path),
        }
    }

    fn any_thing(&self, dice: &mut Dice, blueprint: &str) -> (Thing, Value) {
        let mut thing = Thing {
            properties: self.any_properties(dice, blueprint),
            ..Thing::default()
        };
        let mut body = json!({"properties": thing.properties, "relations": {}});
        if dice.below(2) > 0 {
            thing.title = Some(dice.one(&NAMES).to_owned());
            body["title"] = thing.title.clone().into();
        }
        if let Some((named, kept)) = self.any_teams(dice, blueprint) {
            body["team"] = named.into();
            thing.team = kept;
        }
        let domains = self.ids("domain");
        let single = if blueprint == "service" {
            "domain"
        } else {
            "parent"
        };
        if !domains.is_empty() && dice.below(3) > 0 {
            let id = dice.one(&domains);
            body["relations"][single] = id.as_str().into();
            thing.relations.insert(single.into(), vec![id]);
        }
        if blueprint == "service" {
            let services = self.ids("service");
            let mut ids: Vec<String> = Vec::new();
            for _ in 0..dice.below(3) {
                if !services.is_empty() {
                    let id = dice.one(&services);
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
            }
            body["relations"]["needs"] = ids.clone().into();
            thing.relations.insert("needs".into(), ids);
        }
        (thing, body)
    }

    pub fn any_change(&self, dice: &mut Dice) -> Change {
        let blueprint = dice.one(&["service", "service", "domain"]);
        let base = format!("/v1/blueprints/{blueprint}/entities");
        let ids = self.ids(blueprint);
        let kind = if ids.is_empty() { 0 } else { dice.below(14) };
        match kind {
            5..=7 => {
                let id = dice.one(&ids);
                let properties = self.any_properties(dice, blueprint);
                let mut body = json!({"properties": properties});
                let teams = self
                    .any_teams(dice, blueprint)
                    .filter(|_| dice.below(2) == 0);
                if let Some((named, _)) = &teams {
                    body["team"] = json!(named);
                }
                let teams = teams.map(|(_, kept)| kept);
                let effect = Effect::Merge((blueprint.into(), id.clone()), properties, teams);
                Change {
                    method: "PATCH",
                    path: format!("{base}/{id}"),
                    body: Some(body),
                    effect,
                }
            }
            8 | 9 => {
                let id = dice.one(&ids);
                Change {
                    method: "DELETE",
                    path: format!("{base}/{id}"),
                    body: None,
                    effect: Effect::Delete((blueprint.into(), id)),
                }
            }
            10 => {
                let (id, to) = (dice.one(&ids), dice.one(&IDS).to_owned());
                if ids.contains(&to) {
                    return Change {
                        method: "GET",
                        path: base,
                        body: None,
                        effect: Effect::Nothing,
                    };
                }
                let properties = self.any_properties(dice, blueprint);
                let body = json!({"identifier": to, "properties": properties});
                let thing = Thing {
                    properties,
                    ..Thing::default()
                };
                let effect = Effect::Rename((blueprint.into(), id.clone()), to, thing);
                Change {
                    method: "PUT",
                    path: format!("{base}/{id}"),
                    body: Some(body),
                    effect,
                }
            }
            12 => self.any_ownership(dice),
            11 if dice.below(3) == 0 => {
                // Without the property its values are gone; another change brings it back, empty.
                let (title, relations) = (
                    "Service",
                    json!({"domain": {"target": "domain"}, "needs": {"target": "service", "many": true}}),
                );
                let properties = json!({"tier": {"type": "number"}, "name": {"type": "string"}});
                let body = json!({"identifier": "service", "title": title, "schema": {"properties": properties}, "relations": relations, "mirrorProperties": mirrors(), "calculationProperties": calculations(), "ownership": ownership(self.heirs_along.as_ref())});
                Change {
                    method: "PUT",
                    path: "/v1/blueprints/service".into(),
                    body: Some(body),
                    effect: Effect::Drop("tags"),
                }
            }
            11 => {
                let body = json!({"schema": {"properties": {"tags": {"type": "array", "items": {"type": "string"}}}}});
                Change {
                    method: "PATCH",
                    path: "/v1/blueprints/service".into(),
                    body: Some(body),
                    effect: Effect::Restore,
                }
            }
            _ => {
                let id = dice.one(&IDS);
                let (thing, mut body) = self.any_thing(dice, blueprint);
                body["identifier"] = id.into();
                let effect = Effect::Put((blueprint.into(), id.into()), thing);
                Change {
                    method: "POST",
                    path: format!("{base}?upsert=true"),
                    body: Some(body),
                    effect,
                }
            }
        }
    }

    pub fn apply(&mut self, change: &Change) {
        match &change.effect {
            Effect::Put(key, thing) => {
                self.things.insert(key.clone(), thing.clone());
            }
            Effect::Own(path) => self.heirs_along.clone_from(path),
            Effect::Merge(key, properties, teams) => {
                let thing = self.things.get_mut(key).expect("what is merged into");
                thing.properties.extend(properties.clone());
                if let Some(teams) = teams {
                    thing.team.clone_from(teams);
                }
            }
            Effect::Rename(key, to, thing) => {
                self.things.remove(key);
                self.things
                    .insert((key.0.clone(), to.clone()), thing.clone());
                self.relink(key, Some(to));
            }
            Effect::Delete(key) => {
                self.things.remove(key);
                self.relink(key, None);
            }
            Effect::Drop(property) => {
                for (_, thing) in self.things.iter_mut().filter(|(key, _)| key.0 == "service") {
                    thing.properties.remove(*property);
                }
                self.without_tags = true;
            }
            Effect::Restore => self.without_tags = false,
            Effect::Nothing => {}
        }
    }

    fn relink(&mut self, gone: &Key, to: Option<&String>) {
        for (key, thing) in &mut self.things {
            for (relation, ids) in &mut thing.relations {
                if target_of(&key.0, relation) != Some(gone.0.as_str()) {
                    continue;
                }
                match to {
                    Some(to) => ids
                        .iter_mut()
                        .filter(|id| **id == gone.1)
                        .for_each(|id| id.clone_from(to)),
                    None => ids.retain(|id| *id != gone.1),
                }
            }
        }
    }

    // Searching.

    pub fn any_query(&self, dice: &mut Dice) -> Value {
        self.group(dice, 0)
    }

    fn group(&self, dice: &mut Dice, depth: u64) -> Value {
        let rules: Vec<Value> = (0..dice.below(4))
            .map(|_| self.any_rule(dice, depth))
            .collect();
        json!({"combinator": dice.one(&["and", "or"]), "rules": rules})
    }

    fn any_rule(&self, dice: &mut Dice, depth: u64) -> Value {
        let id = dice.one(&IDS);
        match dice.below(10) {
            0 if depth < 2 => self.group(dice, depth + 1),
            1 => {
                let mut rule = json!({"operator": "relatedTo", "blueprint": dice.one(&["service", "domain"]), "value": id});
                match dice.below(3) {
                    0 => rule["direction"] = "upstream".into(),
                    1 => rule["direction"] = "downstream".into(),
                    _ => {}
                }
                rule
            }
            2 => {
                let path = dice.one(&[
                    json!(["domain"]),
                    json!(["needs", "domain"]),
                    json!([{"relation": "needs", "maxHops": 3}]),
                    json!(["parent"]),
                    json!(["$team"]),
                    json!(["domain", "$team"]),
                    json!(["needs", "$team"]),
                ]);
                let mut property = json!({"path": path});
                if dice.below(2) > 0 {
                    property["fromBlueprint"] = dice.one(&["service", "domain"]).into();
                }
                json!({"operator": "matchAny", "property": property, "value": [id, dice.one(&IDS), dice.one(&TEAMS).0]})
            }
            3 => {
                json!({"relation": dice.one(&["domain", "needs"]), "operator": dice.one(&["=", "!="]), "value": id})
            }
            4 => {
                json!({"property": dice.one(&["area", "needed", "tags", "name", "worth", "mark", "highest", "fellows", "$team", "$team", "owners", "bosses"]), "operator": dice.one(&["isEmpty", "isNotEmpty"])})
            }
            _ => {
                let operator = dice.one(&[
                    "=",
                    "!=",
                    ">",
                    "<=",
                    "contains",
                    "doesNotContains",
                    "beginsWith",
                    "in",
                    "notIn",
                ]);
                let property = dice.one(&[
                    "tier",
                    "name",
                    "tags",
                    "area",
                    "needed",
                    "worth",
                    "mark",
                    "count",
                    "total",
                    "highest",
                    "fellows",
                    "owners",
                    "bosses",
                    "red",
                    "$team",
                    "$team",
                    "$team",
                    "$title",
                    "$identifier",
                    "$blueprint",
                ]);
                let text = dice.one(&["x", "xy", "Zed", "", "a", "service"]);
                let text = match property {
                    "$team" | "owners" | "bosses" => dice.one(&["red", "Reds", "blue", "ghost"]),
                    _ => text,
                };
                let value = match operator {
                    ">" | "<=" => dice.one(&[0, 1, 2, 3, 10, 20]).into(),
                    "in" | "notIn" => json!([text, dice.below(4)]),
                    "=" | "!=" if dice.below(2) > 0 => {
                        dice.one(&[json!(null), json!(1), json!(2), json!(10)])
                    }
                    _ => text.into(),
                };
                json!({"property": property, "operator": operator, "value": value})
            }
        }
    }
}

/// The ownership of services that inherit their teams along a path, or have their own.
fn ownership(path: Option<&Vec<&'static str>>) -> Value {
    match path {
        None => json!({"type": "Direct"}),
        Some(path) => json!({"type": "Inherited", "path": path.join(".")}),
    }
}

/// Whether no rule is one that only the search of a single blueprint knows.
pub fn is_global(query: &Value) -> bool {
    match query.get("rules").and_then(Value::as_array) {
        Some(rules) => rules.iter().all(is_global),
        None => query.get("relation").is_none(),
    }
}
