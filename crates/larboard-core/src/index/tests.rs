//! The index answers what the evaluation of single entities answers, whatever happened to its rows before.

mod needs;
mod samples;

use super::*;
use crate::blueprint::Stamps;
use crate::entity::{Entity, RelationValue};
use crate::search::graph::{Graph, Node, on_path, related};
use crate::search::{Attribute, Contexts, Dialect, EntitySubject, Filter, Query};
use crate::time::Timestamp;
use proptest::prelude::*;
use samples::{any_entity, any_heirs, any_query};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// The paths along which entities of blueprints inherit their teams.
type Heirs = BTreeMap<&'static str, Vec<&'static str>>;

/// What the index is held against: entities by key, along what teams are inherited, and nothing else.
#[derive(Default)]
struct Model(BTreeMap<Node, Entity>, Heirs);

fn shapes(heirs: &Heirs) -> HashMap<String, Shape> {
    let team_path = |blueprint: &str| {
        let path = heirs.get(blueprint)?;
        Some(path.iter().map(|&step| step.to_owned()).collect())
    };
    let relation = |target: &str, required: bool, many: bool| Relation {
        target: target.into(),
        required,
        many,
    };
    let service = Shape {
        relations: [
            ("domain".to_owned(), relation("domain", true, false)),
            ("needs".to_owned(), relation("service", false, true)),
        ]
        .into_iter()
        .collect(),
        properties: json!({"tier": {"type": "number"}, "name": {"type": "string"}, "tags": {"type": "array"}, "mixed": {"type": "string"}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        mirrors: [
            ("area".to_owned(), (vec!["domain".to_owned()], "name".to_owned())),
            ("needed".to_owned(), (vec!["needs".to_owned()], "tier".to_owned())),
            ("far".to_owned(), (vec!["needs".to_owned(), "domain".to_owned()], "$title".to_owned())),
            ("owners".to_owned(), (vec!["needs".to_owned()], "$team".to_owned())),
            ("bosses".to_owned(), (vec!["$team".to_owned()], "$title".to_owned())),
        ]
        .into(),
        team_path: team_path("service"),
        opaque: vec!["score".to_owned()],
        stands_alone: false,
    };
    let domain = Shape {
        relations: [
            ("parent".to_owned(), relation("domain", false, false)),
            ("owner".to_owned(), relation("_team", false, false)),
        ]
        .into_iter()
        .collect(),
        team_path: team_path("domain"),
        properties: json!({"name": {"type": "string"}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        ..Shape::default()
    };
    [
        ("service".to_owned(), service),
        ("domain".to_owned(), domain),
        ("_team".to_owned(), Shape::default()),
    ]
    .into()
}

impl Graph for &Model {
    type Error = Infallible;

    fn targets(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Infallible> {
        let Some(entity) = self.0.get(node) else {
            return Ok(vec![]);
        };
        if relation == Some("$team") {
            let owners = self.teams(entity);
            let teams = self.0.iter().filter(|(key, team)| {
                key.0 == "_team"
                    && owners
                        .iter()
                        .any(|id| *id == key.1 || Some(id) == team.title.as_ref())
            });
            return Ok(teams.map(|(key, _)| (key.clone(), false)).collect());
        }
        let shapes = shapes(&self.1);
        let mut found = Vec::new();
        for (name, value) in &entity.relations {
            let Some(known) = shapes[&node.0].relations.get(name) else {
                continue;
            };
            if relation.is_none_or(|wanted| wanted == name) {
                found.extend(
                    value
                        .targets()
                        .iter()
                        .map(|id| ((known.target.clone(), id.clone()), known.required)),
                );
            }
        }
        Ok(found
            .into_iter()
            .filter(|(key, _)| self.0.contains_key(key))
            .collect())
    }

    fn sources(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Infallible> {
        let mut found = Vec::new();
        for key in self.0.keys() {
            let targets = (&mut { *self }).targets(key, relation)?;
            found.extend(
                targets
                    .into_iter()
                    .filter(|(to, _)| to == node)
                    .map(|(_, required)| (key.clone(), required)),
            );
        }
        Ok(found)
    }
}

impl Model {
    fn title(&self, blueprint: &str, id: &str) -> Option<String> {
        let entity = self.0.get(&(blueprint.to_owned(), id.to_owned()))?;
        Some(entity.title.clone().unwrap_or_else(|| id.to_owned()))
    }

    /// The teams that own an entity, in the plainest words: those at the end of the path, if it ends where teams are written.
    fn teams(&self, entity: &Entity) -> Vec<String> {
        let Some(path) = self.1.get(entity.blueprint.as_str()) else {
            return entity.team.clone();
        };
        let mut at = entity;
        for step in path {
            let target = match *step {
                "domain" | "parent" => "domain",
                "owner" => "_team",
                _ => return vec![],
            };
            let Some(RelationValue::One(id)) = at.relations.get(*step) else {
                return vec![];
            };
            match self.0.get(&(target.to_owned(), id.clone())) {
                Some(next) => at = next,
                None => return vec![],
            }
        }
        match at.blueprint.as_str() {
            "_team" => vec![at.identifier.clone()],
            ends if self.1.contains_key(ends) => vec![],
            _ => at.team.clone(),
        }
    }

    fn mirrored(&self, entity: &Entity, path: &[&str], last: &str) -> Value {
        let Some((step, rest)) = path.split_first() else {
            return match last {
                "$team" => match self.teams(entity) {
                    teams if teams.is_empty() => Value::Null,
                    teams => teams.into(),
                },
                "$title" => self.title(&entity.blueprint, &entity.identifier).into(),
                last => entity.properties.get(last).cloned().unwrap_or_default(),
            };
        };
        if *step == "$team" {
            let teams = self.teams(entity).into_iter();
            let teams = teams.filter_map(|name| {
                let mut named = self.0.values().filter(|team| team.blueprint == "_team");
                let titled = |team: &&Entity| team.title.as_ref() == Some(&name);
                let key = ("_team".to_owned(), name.clone());
                self.0.get(&key).or_else(|| named.find(titled))
            });
            let values: Vec<Value> = teams.map(|team| self.mirrored(team, rest, last)).collect();
            return match values {
                values if values.is_empty() => Value::Null,
                values => values.into(),
            };
        }
        let target = if *step == "domain" {
            "domain"
        } else {
            "service"
        };
        let at = |id: &String| {
            self.0
                .get(&(target.to_owned(), id.clone()))
                .map_or(Value::Null, |e| self.mirrored(e, rest, last))
        };
        match entity.relations.get(*step) {
            Some(RelationValue::One(id)) => at(id),
            Some(RelationValue::Many(ids)) => {
                let values: Vec<Value> = ids.iter().map(at).filter(|v| !v.is_null()).collect();
                if values.is_empty() {
                    Value::Null
                } else {
                    values.into()
                }
            }
            _ => Value::Null,
        }
    }

    fn matches(&mut self, blueprint: &str, filter: &Filter) -> Vec<String> {
        let mut found = Vec::new();
        let model = &*self;
        for ((_, id), entity) in model.0.iter().filter(|(key, _)| key.0 == blueprint) {
            let key = (blueprint.to_owned(), id.clone());
            let entity = &Entity {
                team: model.teams(entity),
                ..entity.clone()
            };
            let mut subject = EntitySubject {
                entity: Some(entity),
                data_source: "source",
                ..EntitySubject::default()
            };
            if blueprint == "service" {
                subject
                    .computed
                    .insert("area".into(), model.mirrored(entity, &["domain"], "name"));
                subject
                    .computed
                    .insert("needed".into(), model.mirrored(entity, &["needs"], "tier"));
                for (name, path, last) in [
                    ("far", &["needs", "domain"][..], "$title"),
                    ("owners", &["needs"], "$team"),
                    ("bosses", &["$team"], "$title"),
                ] {
                    let value = model.mirrored(entity, path, last);
                    subject.computed.insert(name.into(), value);
                }
            }
            for team in &entity.team {
                if let Some(title) = model.title("_team", team) {
                    subject.team_titles.insert(team.clone(), title);
                }
            }
            for (name, value) in &entity.relations {
                for target in value.targets() {
                    let to = if name == "needs" { "service" } else { "domain" };
                    if let Some(title) = model.title(to, target) {
                        subject.titles.insert((name.clone(), target.clone()), title);
                    }
                }
            }
            let shapes = shapes(&model.1);
            for leaf in filter.leaves() {
                match leaf {
                    Filter::RelatedTo(rule)
                        if related(&mut &*model, rule).is_ok_and(|set| set.contains(&key)) =>
                    {
                        subject.related.insert(rule.clone());
                    }
                    Filter::Path(rule) => {
                        let mut index = Index::default();
                        index.set_shapes(shapes.clone());
                        let chain =
                            index.path_chain(rule.from.as_deref().unwrap_or(blueprint), &rule.path);
                        if chain.len() == rule.path.len() + 1
                            && on_path(&mut &*model, rule, &chain)
                                .is_ok_and(|set| set.contains(&key))
                        {
                            subject.on_path.insert(rule.clone());
                        }
                    }
                    Filter::Test {
                        attribute: Attribute::Schema(schema),
                        ..
                    } => {
                        let names = shapes[blueprint].properties.iter();
                        let names = names
                            .filter(|(_, d)| crate::search::schema_matches(d, schema))
                            .map(|(n, _)| n.clone());
                        subject.of_schema.insert(schema.clone(), names.collect());
                    }
                    _ => {}
                }
            }
            if filter.in_blueprint(blueprint).matches(&subject) {
                found.push(id.clone());
            }
        }
        found
    }
}

#[derive(Clone, Debug)]
enum Change {
    Put(Box<Entity>),
    Remove(&'static str, String),
    Bulk(Vec<Entity>),
}

fn any_change() -> impl Strategy<Value = Change> {
    let id = prop::sample::select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned);
    prop_oneof![
        6 => any_entity().prop_map(|entity| Change::Put(Box::new(entity))),
        2 => (prop::sample::select(vec!["service", "domain", "_team"]), id).prop_map(|(b, id)| Change::Remove(b, id)),
        1 => prop::collection::vec(any_entity(), 1..4).prop_map(Change::Bulk),
    ]
}

fn apply(index: &mut Index, model: &mut Model, change: Change) {
    match change {
        Change::Put(entity) => {
            let row = Row {
                entity: &entity,
                data_source: "source",
            };
            index
                .table_mut(&entity.blueprint)
                .expect("a table")
                .put_all([row].into_iter());
            model.0.insert(
                (entity.blueprint.clone(), entity.identifier.clone()),
                *entity,
            );
        }
        Change::Remove(blueprint, id) => {
            index.table_mut(blueprint).expect("a table").remove(&id);
            model.0.remove(&(blueprint.to_owned(), id));
        }
        Change::Bulk(entities) => {
            for blueprint in ["service", "domain", "_team"] {
                let mine: Vec<&Entity> = entities
                    .iter()
                    .filter(|e| e.blueprint == blueprint)
                    .collect();
                let table = index.table_mut(blueprint).expect("a table");
                table.load(mine.iter().map(|entity| Row {
                    entity,
                    data_source: "source",
                }));
            }
            for entity in entities {
                model.0.insert(
                    (entity.blueprint.clone(), entity.identifier.clone()),
                    entity,
                );
            }
        }
    }
    for blueprint in ["service", "domain", "_team"] {
        index.table_mut(blueprint).expect("a table").settle();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn a_search_of_the_index_finds_what_evaluation_finds(
        steps in prop::collection::vec((prop::collection::vec(any_change(), 1..8), any_heirs(), any_query()), 1..6),
    ) {
        let (mut index, mut model) = (Index::default(), Model::default());
        index.set_shapes(shapes(&model.1));
        for blueprint in ["service", "domain", "_team"] {
            index.put(Table::new(blueprint));
        }
        for (changes, heirs, written) in steps {
            for change in changes {
                apply(&mut index, &mut model, change);
            }
            if let Some(heirs) = heirs {
                index.set_shapes(shapes(&heirs));
                model.1 = heirs;
            }
            let query = match Query::parse(&written, "", Dialect::Blueprint) {
                Ok(query) => query,
                Err(_) => continue,
            };
            let filter = query.resolve(&Contexts::at(Timestamp::from_millis(2_000)));
            for blueprint in ["service", "domain"] {
                let expected = model.matches(blueprint, &filter);
                let plan = index.plan(blueprint, &filter).expect("a plan");
                prop_assert!(plan.exact);
                let names = |page: &Page| page.identifiers.iter().map(|id| id.to_string()).collect::<Vec<_>>();
                prop_assert_eq!(&names(&plan.page(None, 100)), &expected, "{} in {}", &written, blueprint);
                prop_assert_eq!(plan.count(), expected.len());
                // Page by page it is the same list.
                let (mut paged, mut after) = (Vec::new(), None);
                loop {
                    let page = plan.page(after.as_deref(), 2);
                    paged.extend(names(&page));
                    after = page.identifiers.last().cloned();
                    if !page.more {
                        break;
                    }
                }
                prop_assert_eq!(&paged, &expected);
            }
        }
    }
}

fn catalog() -> Index {
    let (mut index, mut model) = (Index::default(), Model::default());
    index.set_shapes(shapes(&Heirs::new()));
    for blueprint in ["service", "domain", "_team"] {
        index.put(Table::new(blueprint));
    }
    let mut entity = Entity {
        identifier: "a".into(),
        blueprint: "service".into(),
        title: None,
        icon: None,
        team: vec![],
        properties: serde_json::Map::new(),
        relations: IndexMap::new(),
        stamps: Stamps::new(Timestamp::from_millis(0), "me"),
    };
    entity.properties.insert("tier".into(), json!(1));
    apply(&mut index, &mut model, Change::Put(Box::new(entity)));
    index
}

fn filter(rule: Value) -> Filter {
    let query = json!({"combinator": "and", "rules": [rule]});
    let query = Query::parse(&query, "", Dialect::Blueprint).expect("a query");
    query.resolve(&Contexts::default())
}

#[test]
fn a_rule_on_what_the_index_does_not_know_lets_all_through_and_says_so() {
    let index = catalog();
    let plan = index
        .plan(
            "service",
            &filter(json!({"property": "score", "operator": "=", "value": 9})),
        )
        .expect("a plan");
    assert!(!plan.exact);
    assert_eq!(plan.count(), 1);
    let plan = index
        .plan(
            "service",
            &filter(json!({"scorecard": "s", "operator": "!=", "value": "Gold"})),
        )
        .expect("a plan");
    assert!(!plan.exact && plan.count() == 1);
}

#[test]
fn the_ends_of_a_path_are_named_by_identifiers_and_not_by_the_titles_of_teams() {
    let (mut index, mut model) = (catalog(), Model::default());
    let stamps = Stamps::new(Timestamp::from_millis(0), "me");
    let team = Entity {
        identifier: "red".into(),
        blueprint: "_team".into(),
        title: Some("The Reds".into()),
        icon: None,
        team: vec![],
        properties: serde_json::Map::new(),
        relations: IndexMap::new(),
        stamps,
    };
    let owned = Entity {
        identifier: "b".into(),
        blueprint: "service".into(),
        title: None,
        team: vec!["red".into()],
        ..team.clone()
    };
    for entity in [team, owned] {
        apply(&mut index, &mut model, Change::Put(Box::new(entity)));
    }
    let mut found = |value: &str| {
        let rule = filter(
            json!({"operator": "matchAny", "property": {"path": ["$team"]}, "value": value}),
        );
        let plan = index.plan("service", &rule).expect("a plan");
        (plan.count(), model.matches("service", &rule).len())
    };
    assert_eq!(found("red"), (1, 1));
    assert_eq!(found("The Reds"), (0, 0));
}

#[test]
fn what_is_kept_of_a_row_goes_when_the_row_changes() {
    let (mut index, mut model) = (catalog(), Model::default());
    let row = index
        .plan("service", &Filter::Constant(true))
        .expect("a plan")
        .page(None, 1)
        .rows[0];
    let kept = |index: &Index| {
        index
            .table("service")
            .and_then(|table| table.kept(row))
            .map(<[u8]>::to_vec)
    };
    index.table("service").expect("a table").keep(row, b"one");
    index.table("service").expect("a table").keep(row, b"two");
    assert_eq!(
        kept(&index),
        Some(b"one".to_vec()),
        "what is kept first stays"
    );
    apply(
        &mut index,
        &mut model,
        Change::Remove("service", "z".into()),
    );
    assert!(kept(&index).is_some());
    apply(
        &mut index,
        &mut model,
        Change::Remove("service", "a".into()),
    );
    assert_eq!(kept(&index), None);
    index.table("service").expect("a table").keep(row, b"three");
    index.set_shapes(shapes(&Heirs::new()));
    assert_eq!(kept(&index), None, "a blueprint changed");
}

#[test]
fn values_that_no_row_has_any_more_are_dropped() {
    let (mut index, mut model) = (catalog(), Model::default());
    for n in 0..5_000 {
        let mut entity = Entity {
            identifier: "a".into(),
            blueprint: "service".into(),
            title: None,
            icon: None,
            team: vec![],
            properties: serde_json::Map::new(),
            relations: IndexMap::new(),
            stamps: Stamps::new(Timestamp::from_millis(0), "me"),
        };
        entity.properties.insert(
            "name".into(),
            json!(format!("a text that is written once, {n}")),
        );
        apply(&mut index, &mut model, Change::Put(Box::new(entity)));
    }
    let bytes = index.bytes();
    assert!(bytes < 400_000, "{bytes} bytes for one row");
    let plan = index
        .plan(
            "service",
            &filter(json!({"property": "name", "operator": "endsWith", "value": "4999"})),
        )
        .expect("a plan");
    assert_eq!(plan.count(), 1);
}
