//! The plainest reading of each rule and of each computed value over the model.

use super::{Key, Model, TEAMS, target_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Model {
    pub fn search(&self, blueprint: &str, query: &Value) -> Vec<String> {
        let passing = self
            .things
            .keys()
            .filter(|key| key.0 == blueprint && self.passes(key, query));
        passing.map(|key| key.1.clone()).collect()
    }

    fn passes(&self, key: &Key, rule: &Value) -> bool {
        if let Some(rules) = rule.get("rules").and_then(Value::as_array) {
            let mut verdicts = rules.iter().map(|rule| self.passes(key, rule));
            return rules.is_empty()
                || if rule["combinator"] == "and" {
                    verdicts.all(|v| v)
                } else {
                    verdicts.any(|v| v)
                };
        }
        let operator = rule["operator"].as_str().expect("an operator");
        let given = || -> Vec<String> {
            match &rule["value"] {
                Value::Array(ids) => ids
                    .iter()
                    .filter_map(|id| id.as_str().map(str::to_owned))
                    .collect(),
                id => id.as_str().map(str::to_owned).into_iter().collect(),
            }
        };
        if operator == "relatedTo" {
            return self.is_related(
                key,
                rule["blueprint"].as_str().expect("a blueprint"),
                &given(),
                rule["direction"].as_str(),
            );
        }
        if let Some(path) = rule["property"].get("path").and_then(Value::as_array) {
            return self.is_on_path(
                key,
                path,
                rule["property"]["fromBlueprint"].as_str(),
                &given(),
            );
        }
        let value = match rule.get("relation") {
            Some(relation) => self
                .related(key, relation.as_str().expect("a relation"))
                .into(),
            None => self.value(key, rule["property"].as_str().expect("a property")),
        };
        let values: Vec<Value> = match value {
            Value::Null => vec![],
            Value::Array(items) if items.is_empty() && rule.get("relation").is_some() => vec![],
            Value::Array(items) => items,
            one => vec![one],
        };
        let is_list = matches!(
            self.value(key, rule["property"].as_str().unwrap_or("")),
            Value::Array(_)
        ) || rule.get("relation").is_some();
        let missing = values.is_empty() && (!is_list || rule.get("relation").is_some());
        let wanted = &rule["value"];
        let any = |test: &dyn Fn(&Value) -> bool| values.iter().any(test);
        let equal = |wanted: &Value| match wanted {
            Value::Null => missing,
            wanted => any(&|value| {
                value == wanted || (value.is_number() && value.as_f64() == wanted.as_f64())
            }),
        };
        let text = wanted.as_str().unwrap_or("");
        let contains = || {
            any(&|value| {
                value.as_str().is_some_and(|value| {
                    if is_list {
                        value == text
                    } else {
                        value.contains(text)
                    }
                })
            })
        };
        match operator {
            "=" => equal(wanted),
            "!=" => !equal(wanted),
            ">" => any(&|value| {
                value
                    .as_f64()
                    .is_some_and(|n| n > wanted.as_f64().expect("a number"))
            }),
            "<=" => any(&|value| {
                value
                    .as_f64()
                    .is_some_and(|n| n <= wanted.as_f64().expect("a number"))
            }),
            "contains" => contains(),
            "doesNotContains" => !contains(),
            "beginsWith" => {
                any(&|value| value.as_str().is_some_and(|value| value.starts_with(text)))
            }
            "in" => wanted.as_array().expect("a list").iter().any(equal),
            "notIn" => !wanted.as_array().expect("a list").iter().any(equal),
            "isEmpty" => missing,
            "isNotEmpty" => !missing,
            other => panic!("the model does not know {other}"),
        }
    }

    /// The teams that own a thing: what is written at the end of the path, or in the thing itself.
    pub fn teams(&self, key: &Key) -> Vec<String> {
        let mut at = Some(key.clone());
        if let ("service", Some(path)) = (key.0.as_str(), &self.heirs_along) {
            for relation in path {
                let next = at.and_then(|at| self.related(&at, relation).first().cloned());
                at = next.map(|id| ("domain".to_owned(), id));
            }
        }
        at.map(|end| self.things[&end].team.clone())
            .unwrap_or_default()
    }

    /// The titles of those teams that are there.
    fn titles(&self, key: &Key) -> Vec<String> {
        let titled = |id: &String| {
            let known = TEAMS.iter().filter(|(team, _)| *team != "ghost");
            let mut titles = known.filter(|(team, _)| team == id);
            titles.next().map(|(_, title)| (*title).to_owned())
        };
        self.teams(key).iter().filter_map(titled).collect()
    }

    /// How often each team owns a service, the most frequent first, then by name and what none owns last.
    pub fn owners_of_services(&self) -> Value {
        let mut counts: BTreeMap<(bool, String), u64> = BTreeMap::new();
        for key in self.things.keys().filter(|key| key.0 == "service") {
            let teams = self.teams(key);
            if teams.is_empty() {
                *counts.entry((true, String::new())).or_default() += 1;
            }
            for team in teams {
                *counts.entry((false, team)).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let groups = counts.into_iter().map(|((nobody, team), count)| {
            let value = if nobody { Value::Null } else { team.into() };
            json!({"value": value, "count": count})
        });
        groups.collect()
    }

    pub fn value(&self, key: &Key, property: &str) -> Value {
        let list = |texts: Vec<String>| match texts {
            texts if texts.is_empty() => Value::Null,
            texts => texts.into(),
        };
        let thing = &self.things[key];
        match (key.0.as_str(), property) {
            (_, "$identifier") => key.1.as_str().into(),
            (_, "$title") => thing.title.as_deref().unwrap_or(&key.1).into(),
            (_, "$blueprint") => key.0.as_str().into(),
            // A rule may name a team either way.
            (_, "$team") => list([self.teams(key), self.titles(key)].concat()),
            ("service", "bosses") => list(self.titles(key)),
            ("service", "owners") => {
                let domain = self.related(key, "domain");
                let teams = domain
                    .first()
                    .map(|id| self.teams(&("domain".into(), id.clone())));
                list(teams.unwrap_or_default())
            }
            ("domain", "red") => {
                let services = self.services_of(key).into_iter();
                let red = services.filter(|service| self.teams(service).contains(&"red".into()));
                json!(red.count())
            }
            ("service", "area") => {
                let domain = self.related(key, "domain");
                domain.first().map_or(Value::Null, |id| {
                    self.value(&("domain".into(), id.clone()), "name")
                })
            }
            ("service", "needed") => {
                let needed = self.related(key, "needs").into_iter();
                let tiers: Vec<Value> = needed
                    .map(|id| self.value(&("service".into(), id), "tier"))
                    .filter(|t| !t.is_null())
                    .collect();
                if tiers.is_empty() {
                    Value::Null
                } else {
                    tiers.into()
                }
            }
            ("service", "fellows") => {
                let domain = self.related(key, "domain");
                domain.first().map_or(Value::Null, |id| {
                    self.value(&("domain".into(), id.clone()), "total")
                })
            }
            ("service", "worth") => match self.value(key, "tier").as_f64() {
                Some(tier) => json!(tier * 10.0),
                None => Value::Null,
            },
            ("service", "mark") => match self.value(key, "area").as_str() {
                Some(area) => format!("{area}{}", key.1).into(),
                None => Value::Null,
            },
            ("domain", "count") => json!(self.services_of(key).len()),
            ("domain", "highest") => {
                let services = self.services_of(key).into_iter();
                let tiers = services.filter_map(|service| self.value(&service, "tier").as_f64());
                tiers
                    .reduce(f64::max)
                    .map_or(Value::Null, |tier| json!(tier))
            }
            ("domain", "total") => {
                let services = self.things.keys().filter(|other| {
                    other.0 == "service" && self.related(other, "domain").contains(&key.1)
                });
                let tiers = services.filter_map(|service| self.value(service, "tier").as_f64());
                json!(tiers.map(|tier| tier * 10.0).sum::<f64>())
            }
            _ => thing.properties.get(property).cloned().unwrap_or_default(),
        }
    }

    /// The services that a domain is connected to, one way or the other.
    fn services_of(&self, key: &Key) -> Vec<Key> {
        let services = self.things.keys().filter(|other| {
            let ids = [key.1.clone()];
            other.0 == "service" && self.is_related(other, "domain", &ids, None)
        });
        services.cloned().collect()
    }

    pub fn related(&self, key: &Key, relation: &str) -> Vec<String> {
        self.things
            .get(key)
            .and_then(|thing| thing.relations.get(relation))
            .cloned()
            .unwrap_or_default()
    }

    /// What a thing relates to, or who relates to it, in one step over any relation or the named one.
    fn step(&self, key: &Key, relation: Option<&str>, forward: bool) -> BTreeSet<Key> {
        let mut found = BTreeSet::new();
        if relation == Some("$team") {
            assert!(forward, "the model does not walk back from teams");
            let teams = self.things.contains_key(key).then(|| self.teams(key));
            let teams = teams.into_iter().flatten().filter(|team| team != "ghost");
            return teams.map(|team| ("_team".to_owned(), team)).collect();
        }
        for (source, thing) in &self.things {
            for (name, ids) in &thing.relations {
                let Some(target) = target_of(&source.0, name) else {
                    continue;
                };
                if relation.is_some_and(|wanted| wanted != name) {
                    continue;
                }
                for id in ids {
                    let to = (target.to_owned(), id.clone());
                    if forward && source == key {
                        found.insert(to);
                    } else if !forward && to == *key {
                        found.insert(source.clone());
                    }
                }
            }
        }
        found
    }

    fn is_related(
        &self,
        key: &Key,
        blueprint: &str,
        ids: &[String],
        direction: Option<&str>,
    ) -> bool {
        let given: BTreeSet<Key> = ids
            .iter()
            .map(|id| (blueprint.to_owned(), id.clone()))
            .collect();
        if given.contains(key) {
            return false;
        }
        let reaches = |forward: bool| {
            let (mut met, mut edge) = (given.clone(), given.clone());
            while !edge.is_empty() {
                let next: BTreeSet<Key> = edge
                    .iter()
                    .flat_map(|key| self.step(key, None, forward))
                    .collect();
                edge = next.difference(&met).cloned().collect();
                met.extend(edge.iter().cloned());
            }
            met.contains(key)
        };
        match direction {
            Some("upstream") => reaches(true),
            Some(_) => reaches(false),
            None => reaches(true) || reaches(false),
        }
    }

    fn is_on_path(&self, key: &Key, path: &[Value], from: Option<&str>, ids: &[String]) -> bool {
        let steps: Vec<(&str, u64)> = path
            .iter()
            .map(|step| match step {
                Value::String(relation) => (relation.as_str(), 1),
                step => (
                    step["relation"].as_str().expect("a relation"),
                    step["maxHops"].as_u64().expect("a number"),
                ),
            })
            .collect();
        let mut chain = vec![from.unwrap_or(&key.0)];
        for (relation, _) in &steps {
            match target_of(chain.last().expect("a start"), relation) {
                Some(next) => chain.push(next),
                None => return false,
            }
        }
        // Both kinds of rule ask whether a path leads from one end to the other.
        let walk = |start: &Key| {
            let mut at = BTreeSet::from([start.clone()]);
            for (relation, hops) in &steps {
                let (mut edge, mut reached) = (at.clone(), BTreeSet::new());
                for _ in 0..*hops {
                    edge = edge
                        .iter()
                        .flat_map(|key| self.step(key, Some(relation), true))
                        .collect();
                    reached.extend(edge.iter().cloned());
                }
                at = reached;
            }
            at
        };
        let last = *chain.last().expect("an end");
        match from {
            None => ids
                .iter()
                .any(|id| walk(key).contains(&(last.to_owned(), id.clone()))),
            Some(from) => ids.iter().any(|id| {
                self.things.contains_key(&(from.to_owned(), id.clone()))
                    && walk(&(from.to_owned(), id.clone())).contains(key)
            }),
        }
    }
}
