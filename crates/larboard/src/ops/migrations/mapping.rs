//! What a migration makes of an entity: jq over the entity, at every leaf of its mapping (facts/catalog.md 8.4).

use larboard_core::refusal::{Code, Refusal};
use larboard_core::time::Timestamp;
use larboard_core::violation::{Violations, join};
use larboard_jq::{CompileError, Dialect, Limits, Options, Program, Run};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Items made of one entity.
const MOST_ITEMS: usize = 500;

/// Keys of `mapping.entity` that hold one expression each.
const SINGLE: [&str; 4] = ["identifier", "title", "icon", "team"];
/// Keys of `mapping.entity` that hold an expression by name.
const MAPS: [&str; 2] = ["properties", "relations"];

/// A mapping, compiled.
pub(super) struct Mapping {
    /// The blueprint of what it makes.
    pub(super) blueprint: String,
    filter: Option<Program>,
    items: Option<Program>,
    entity: Vec<(Vec<String>, Leaf)>,
}

enum Leaf {
    Program(Program),
    Literal(Value),
}

/// Reads `{"sourceBlueprint", "mapping"}`: the source and the mapping.
///
/// # Errors
/// `invalid_request` with every fault of the body, expressions that are no jq among them.
pub(super) fn parse_body(body: Value) -> Result<(String, Value), Refusal> {
    let Value::Object(body) = body else {
        return Err(Refusal::invalid_request(
            "The body must be {\"sourceBlueprint\": …, \"mapping\": …}.",
        ));
    };
    let mut violations = Violations::new();
    violations.only(&body, "", &["sourceBlueprint", "mapping"]);
    violations.require(&body, "", &["sourceBlueprint", "mapping"]);
    let source = violations.text(&body, "", "sourceBlueprint", (1, usize::MAX));
    if let Some(mapping) = violations.object(&body, "", "mapping") {
        check(mapping, &mut violations);
    }
    let source = source.unwrap_or_default().to_owned();
    violations.into_result(Code::InvalidRequest)?;
    Ok((source, body.get("mapping").cloned().unwrap_or_default()))
}

fn check(mapping: &Map<String, Value>, violations: &mut Violations) {
    let path = "mapping";
    violations.only(
        mapping,
        path,
        &["blueprint", "filter", "itemsToParse", "entity"],
    );
    violations.require(mapping, path, &["blueprint", "entity"]);
    violations.text(mapping, path, "blueprint", (1, usize::MAX));
    for key in ["filter", "itemsToParse"] {
        check_jq(mapping, path, key, violations);
    }
    let Some(entity) = violations.object(mapping, path, "entity") else {
        return;
    };
    let path = join(path, "entity");
    violations.only(entity, &path, &[&SINGLE[..], &MAPS[..]].concat());
    for key in SINGLE {
        check_jq(entity, &path, key, violations);
    }
    for key in MAPS {
        if let Some(leaves) = violations.object(entity, &path, key) {
            let path = join(&path, key);
            for name in leaves.keys() {
                if leaves[name].is_string() {
                    check_jq(leaves, &path, name, violations);
                }
            }
        }
    }
}

fn check_jq(map: &Map<String, Value>, path: &str, key: &str, violations: &mut Violations) {
    if let Some(text) = violations.text(map, path, key, (0, usize::MAX))
        && let Err(error) = program(text)
    {
        violations.push_at(join(path, key), "jq", format!("{text:?} is no jq: {error}"));
    }
}

/// Strings may stand in single quotes, as in calculations and templates (facts/catalog.md 11, point 33).
fn program(text: &str) -> Result<Program, CompileError> {
    let options = Options {
        dialect: Dialect::Portal,
        vars: Vec::new(),
    };
    Program::compile(text, &options)
}

impl Mapping {
    /// Compiles a mapping that was checked when it was stored.
    ///
    /// # Errors
    /// `invalid_request` if it does not compile any more.
    pub(super) fn compile(mapping: &Value) -> Result<Self, Refusal> {
        let compile = |text: &Value| -> Result<Option<Program>, Refusal> {
            let Some(text) = text.as_str() else {
                return Ok(None);
            };
            program(text)
                .map(Some)
                .map_err(|error| Refusal::invalid_request(format!("{text:?} is no jq: {error}.")))
        };
        let mut entity = Vec::new();
        for key in SINGLE {
            if let Some(program) = compile(&mapping["entity"][key])? {
                entity.push((vec![key.to_owned()], Leaf::Program(program)));
            }
        }
        for key in MAPS {
            let leaves = mapping["entity"][key].as_object();
            for (name, leaf) in leaves.into_iter().flatten() {
                let leaf = match compile(leaf)? {
                    Some(program) => Leaf::Program(program),
                    None => Leaf::Literal(leaf.clone()),
                };
                entity.push((vec![key.to_owned(), name.clone()], leaf));
            }
        }
        Ok(Self {
            blueprint: mapping["blueprint"].as_str().unwrap_or_default().to_owned(),
            filter: compile(&mapping["filter"])?,
            items: compile(&mapping["itemsToParse"])?,
            entity,
        })
    }

    /// The bodies of the writes that an entity leads to; none if the filter leaves it out.
    ///
    /// # Errors
    /// `invalid_request` that names the expression that failed or gave what an entity cannot have.
    pub(super) fn bodies(&self, entity: &Value, now: Timestamp) -> Result<Vec<Value>, Refusal> {
        let run = Evaluation::at(now);
        let Some(items) = &self.items else {
            return Ok(self.body(entity, &run)?.into_iter().collect());
        };
        let found = run.value(items, entity, "itemsToParse")?;
        let Some(found) = found.as_array() else {
            return Err(Refusal::invalid_request(
                "mapping.itemsToParse gave no list for this entity.",
            ));
        };
        let mut bodies = Vec::new();
        for item in found.iter().take(MOST_ITEMS) {
            let mut input = entity.clone();
            input["item"] = item.clone();
            bodies.extend(self.body(&input, &run)?);
        }
        Ok(bodies)
    }

    fn body(&self, input: &Value, run: &Evaluation) -> Result<Option<Value>, Refusal> {
        if let Some(filter) = &self.filter
            && run.value(filter, input, "filter")? != Value::Bool(true)
        {
            return Ok(None);
        }
        let mut body = json!({ "identifier": input["identifier"] });
        for (path, leaf) in &self.entity {
            let value = match leaf {
                Leaf::Literal(value) => value.clone(),
                Leaf::Program(program) => run.value(program, input, &path.join("."))?,
            };
            match path.as_slice() {
                [key] if value.is_null() && key != "identifier" => {}
                [key] if key == "identifier" && value.is_number() => {
                    body[key] = value.to_string().into();
                }
                [key] => body[key] = value,
                [map, name] => body[map][name] = value,
                _ => {}
            }
        }
        if !body["identifier"].is_string() {
            return Err(Refusal::invalid_request(
                "mapping.entity.identifier gave no text for this entity.",
            ));
        }
        Ok(Some(body))
    }
}

/// Bounds and time of the expressions of one entity.
struct Evaluation {
    limits: Limits,
    now: Duration,
}

impl Evaluation {
    fn at(now: Timestamp) -> Self {
        Self {
            // These run while the database waits for the chunk, so each may take milliseconds, no more.
            limits: Limits {
                fuel: 200_000,
                memory: 8 << 20,
                ..Limits::default()
            },
            now: Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default()),
        }
    }

    fn value(&self, program: &Program, input: &Value, name: &str) -> Result<Value, Refusal> {
        let run = Run::new(&self.limits, self.now);
        match program.first_value(input, &run) {
            Ok(value) => Ok(value.map(|value| value.into_owned()).unwrap_or_default()),
            Err(error) => Err(Refusal::invalid_request(format!(
                "mapping.{name} failed for this entity: {error}."
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(mapping: Value) -> Value {
        json!({ "sourceBlueprint": "s", "mapping": mapping })
    }

    fn bodies(map: Value, entity: Value) -> Result<Vec<Value>, Refusal> {
        let (_, stored) = parse_body(mapping(map))?;
        Mapping::compile(&stored)?.bodies(&entity, Timestamp::from_millis(0))
    }

    #[test]
    fn every_fault_of_a_mapping_is_refused() {
        for bad in [
            json!([]),
            json!({}),
            json!({"sourceBlueprint": "s"}),
            mapping(json!({"blueprint": "t"})),
            mapping(json!({"entity": {}})),
            mapping(json!({"blueprint": "t", "entity": {"identifier": ".a |"}})),
            mapping(json!({"blueprint": "t", "entity": {"colour": ".a"}})),
            mapping(json!({"blueprint": "t", "filter": 1, "entity": {}})),
            mapping(json!({"blueprint": "t", "entity": {"properties": {"a": "]"}}})),
            mapping(json!({"blueprint": "t", "entity": {}, "more": 1})),
        ] {
            assert!(parse_body(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_entity_is_filtered_taken_apart_and_mapped() {
        let entity =
            json!({"identifier": "a", "title": "A", "properties": {"tags": ["x", "y"], "n": 1}});
        let plain = json!({"blueprint": "t", "entity": {"title": ".title + \"!\"", "properties": {"m": ".properties.n + 1", "k": 7, "gone": "null"}}});
        assert_eq!(
            bodies(plain, entity.clone()).unwrap(),
            [
                json!({"identifier": "a", "title": "A!", "properties": {"m": 2, "k": 7, "gone": null}})
            ]
        );
        let filtered = json!({"blueprint": "t", "filter": ".properties.n > 5", "entity": {}});
        assert!(bodies(filtered, entity.clone()).unwrap().is_empty());
        let items = json!({"blueprint": "t", "itemsToParse": ".properties.tags", "filter": ".item != \"x\"",
            "entity": {"identifier": ".identifier + \"-\" + .item", "relations": {"of": ".identifier"}}});
        assert_eq!(
            bodies(items, entity.clone()).unwrap(),
            [json!({"identifier": "a-y", "relations": {"of": "a"}})]
        );
        for bad in [
            json!({"blueprint": "t", "itemsToParse": ".title", "entity": {}}),
            json!({"blueprint": "t", "entity": {"identifier": ".nothing"}}),
            json!({"blueprint": "t", "entity": {"title": ".title.x"}}),
            json!({"blueprint": "t", "entity": {"title": "[range(10000000)] | length"}}),
        ] {
            assert!(bodies(bad.clone(), entity.clone()).is_err(), "{bad}");
        }
    }
}
