//! Checks the inputs of an execution against the form of its action (facts/actions.md 2.4, 2.9).
//!
//! Only what is written down statically is checked. Keywords that hold a query (`jqQuery`) need
//! the form's context; they are skipped and listed ([`InputSchema::skipped`]). Whether referenced
//! entities exist is for the caller to find out ([`Checked::entities`]).

mod schema;
mod sentence;

use indexmap::IndexMap;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::action::Action;
use crate::json_schema;
use crate::refusal::{Code, Refusal};
use sentence::Faults;

/// The form of one action, compiled. Compile it once per revision of the action and share it.
#[derive(Debug)]
pub struct InputSchema {
    inputs: IndexMap<String, Input>,
    required: Vec<String>,
    skipped: Vec<Skipped>,
}

#[derive(Debug)]
struct Input {
    validator: Validator,
    default: Option<Value>,
    entity: Option<EntityFormat>,
    encrypted: bool,
}

/// An input, or the items of one, that names entities.
#[derive(Debug)]
struct EntityFormat {
    blueprint: Option<String>,
}

/// A keyword that was not checked because its value is a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The input; `None` for a keyword of the whole form (`required`).
    pub input: Option<String>,
    /// The keyword, such as `enum`, `default` or `items.enum`.
    pub keyword: String,
    /// The text of the query.
    pub query: String,
}

/// Inputs that fit their form.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The inputs as submitted, entities by identifier (A7), then the defaults of those that were
    /// left out, in the order of the form.
    pub properties: Map<String, Value>,
    /// Every entity the inputs name.
    pub entities: Vec<EntityInput>,
}

/// An entity named by an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityInput {
    /// The input.
    pub input: String,
    /// The blueprint the form states; `None` if it states none.
    pub blueprint: Option<String>,
    /// The identifier of the entity.
    pub identifier: String,
}

impl InputSchema {
    /// Compiles the form of an action; an automation has an empty one.
    ///
    /// # Errors
    /// `user_inputs_schema_invalid` naming the input whose rules are no valid JSON Schema.
    pub fn compile(action: &Action) -> Result<Self, Refusal> {
        let form = action.user_inputs();
        let mut compiled = Self {
            inputs: IndexMap::new(),
            required: Vec::new(),
            skipped: Vec::new(),
        };
        match form.and_then(|form| form.get("required")) {
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                compiled.required = names.map(str::to_owned).collect();
            }
            Some(value) => compiled
                .skipped
                .extend(schema::query(None, "required", value)),
            None => {}
        }
        let properties = form.and_then(|form| form.get("properties"));
        for (name, input) in properties.and_then(Value::as_object).into_iter().flatten() {
            let input = Input::compile(name, input, &mut compiled.skipped)?;
            compiled.inputs.insert(name.clone(), input);
        }
        Ok(compiled)
    }

    /// The keywords this check leaves out.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Checks submitted inputs and applies the defaults of those that were left out.
    ///
    /// # Errors
    /// `user_inputs_schema_invalid` with a sentence, and an entry of `details`, for every input
    /// that does not fit: its name, the value (never of an encrypted input) and the rule.
    pub fn check(&self, submitted: &Map<String, Value>) -> Result<Checked, Refusal> {
        let mut faults = Faults::default();
        let mut checked = Checked {
            properties: Map::with_capacity(self.inputs.len()),
            entities: Vec::new(),
        };
        for (name, value) in submitted {
            match self.inputs.get(name) {
                Some(input) => input.check(name, value, &mut checked, &mut faults),
                None => faults.unknown(name, self.inputs.keys()),
            }
        }
        let left_out = |name: &String| !submitted.contains_key(name);
        for (name, input) in self.inputs.iter().filter(|(name, _)| left_out(name)) {
            if let Some(default) = &input.default {
                input.check(name, default, &mut checked, &mut faults);
            }
        }
        for name in self.required.iter().filter(|name| left_out(name)) {
            if !checked.properties.contains_key(name) {
                faults.missing(name);
            }
        }
        match faults.into_refusal() {
            None => Ok(checked),
            Some(refusal) => Err(refusal),
        }
    }
}

impl Checked {
    /// The inputs as templates see them: each entity as the object `find` gives for it, or as an
    /// object of its identifier alone (A7).
    pub fn expand(&self, find: impl Fn(&EntityInput) -> Option<Value>) -> Map<String, Value> {
        let mut expanded = self.properties.clone();
        let mut objects = self
            .entities
            .iter()
            .map(|entity| find(entity).unwrap_or_else(|| json!({"identifier": entity.identifier})));
        // The entities were noted in the order of the properties, one per identifier.
        for (name, value) in &mut expanded {
            if !self.entities.iter().any(|entity| entity.input == *name) {
                continue;
            }
            match value {
                Value::Array(items) => {
                    for item in items.iter_mut().filter(|item| item.is_string()) {
                        *item = objects.next().unwrap_or(Value::Null);
                    }
                }
                value => *value = objects.next().unwrap_or(Value::Null),
            }
        }
        expanded
    }
}

impl Input {
    fn compile(name: &str, input: &Value, skipped: &mut Vec<Skipped>) -> Result<Self, Refusal> {
        let schema = schema::of_input(name, input, skipped);
        let validator = json_schema::compile(&schema).map_err(|fault| {
            Refusal::new(
                Code::UserInputsSchemaInvalid,
                format!("The rules of input \"{name}\" are no valid JSON Schema: {fault}."),
            )
        })?;
        let default = input
            .get("default")
            .filter(|value| !schema::is_query(value));
        Ok(Self {
            validator,
            default: default.cloned(),
            entity: EntityFormat::of(input),
            encrypted: input.get("encryption").is_some_and(|e| !e.is_null()),
        })
    }

    fn check(&self, name: &str, value: &Value, checked: &mut Checked, faults: &mut Faults) {
        let value = match &self.entity {
            Some(format) => format.identifiers(name, value, &mut checked.entities),
            None => value.clone(),
        };
        for error in self.validator.iter_errors(&value) {
            faults.unfit(name, &error, self.encrypted);
        }
        checked.properties.insert(name.to_owned(), value);
    }
}

impl EntityFormat {
    fn of(input: &Value) -> Option<Self> {
        let items = input.get("items").unwrap_or(&Value::Null);
        [input, items].into_iter().find_map(|holder| {
            let is_entity = holder.get("format")?.as_str()? == "entity";
            let blueprint = holder.get("blueprint").and_then(Value::as_str);
            is_entity.then(|| Self {
                blueprint: blueprint.map(str::to_owned),
            })
        })
    }

    /// The value with each entity object replaced by its identifier; notes every identifier.
    fn identifiers(&self, input: &str, value: &Value, found: &mut Vec<EntityInput>) -> Value {
        match value {
            Value::String(identifier) => {
                found.push(EntityInput {
                    input: input.to_owned(),
                    blueprint: self.blueprint.clone(),
                    identifier: identifier.clone(),
                });
                value.clone()
            }
            Value::Object(entity) => match entity.get("identifier") {
                Some(identifier @ Value::String(_)) => self.identifiers(input, identifier, found),
                _ => value.clone(),
            },
            Value::Array(list) => {
                let list = list.iter().map(|item| self.identifiers(input, item, found));
                Value::Array(list.collect())
            }
            _ => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
