//! A blueprint compiled for checking entities; the caller caches it per revision of the blueprint.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::apply::CheckedWrite;
use super::value_rule::ValueRule;
use super::write::EntityWrite;
use super::{RelationValue, value_rule};
use crate::blueprint::{Blueprint, Relation};
use crate::refusal::{Code, Refusal};
use crate::violation::Violations;

/// What entities of one blueprint may hold.
#[derive(Debug)]
pub struct EntitySchema {
    blueprint: String,
    properties: IndexMap<String, Property>,
    relations: IndexMap<String, Relation>,
    computed: IndexMap<String, &'static str>,
    inherits_team: bool,
}

#[derive(Debug)]
pub(super) struct Property {
    rule: ValueRule,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
}

impl EntitySchema {
    /// Compiles the blueprint.
    ///
    /// # Errors
    /// `internal_error` if a definition cannot be compiled, which saving a blueprint rules out.
    pub fn compile(blueprint: &Blueprint) -> Result<Self, Refusal> {
        let mut properties = IndexMap::new();
        for (name, definition) in blueprint.properties() {
            let definition = definition.as_object().ok_or_else(Refusal::internal)?;
            let property = Property {
                rule: ValueRule::compile(definition).map_err(|_| Refusal::internal())?,
                required: blueprint.required().any(|required| required == name),
                default: definition.get("default").cloned(),
            };
            properties.insert(name.clone(), property);
        }
        let kinds = [
            ("mirror", blueprint.mirrors()),
            ("calculation", blueprint.calculations()),
            ("aggregation", blueprint.aggregations()),
        ];
        let name_all = |(kind, map): (&'static str, &Map<String, Value>)| {
            map.keys()
                .map(|name| (name.clone(), kind))
                .collect::<Vec<_>>()
        };
        Ok(Self {
            blueprint: blueprint.identifier().to_owned(),
            properties,
            relations: blueprint.relations().clone(),
            computed: kinds.into_iter().flat_map(name_all).collect(),
            inherits_team: blueprint.inherits_team(),
        })
    }

    /// The identifier of the blueprint.
    pub fn blueprint(&self) -> &str {
        &self.blueprint
    }

    /// The relation of this name.
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.get(name)
    }

    /// Whether entities of other blueprints can be created as stubs of this one: an entity with
    /// nothing but an identifier must fit.
    pub fn allows_stubs(&self) -> bool {
        self.properties
            .values()
            .all(|p| !p.required || p.default.is_some())
            && self.relations.values().all(|r| !r.required)
    }

    pub(super) fn properties(&self) -> &IndexMap<String, Property> {
        &self.properties
    }

    pub(super) fn relations(&self) -> &IndexMap<String, Relation> {
        &self.relations
    }

    /// Whether the team of entities comes from a related entity.
    pub fn inherits_team(&self) -> bool {
        self.inherits_team
    }

    /// Whether it has mirror, calculation or aggregation properties.
    pub fn has_computed(&self) -> bool {
        !self.computed.is_empty()
    }

    /// The mirror, calculation and aggregation properties.
    pub fn computed_names(&self) -> impl Iterator<Item = &str> {
        self.computed.keys().map(String::as_str)
    }

    /// Whether the property is a mirror, calculation or aggregation.
    pub fn is_computed(&self, name: &str) -> bool {
        self.computed.contains_key(name)
    }

    /// Holds what a write says against the blueprint; what it is silent about is looked at when
    /// it is applied.
    ///
    /// # Errors
    /// `blueprint_schema_mismatch` for unknown names and values that do not fit,
    /// `relation_many_violation` for a list where one is expected or the reverse,
    /// `team_inheritance_enabled` for a team that cannot be written.
    pub fn check(&self, write: EntityWrite) -> Result<CheckedWrite, Refusal> {
        self.check_keeping(write).map_err(|(refusal, _)| refusal)
    }

    /// [`Self::check`] that gives back what it refuses, for another attempt.
    ///
    /// # Errors
    /// As those of [`Self::check`].
    pub fn check_keeping(
        &self,
        write: EntityWrite,
    ) -> Result<CheckedWrite, (Refusal, Box<EntityWrite>)> {
        match self.accept(&write) {
            Ok(()) => Ok(CheckedWrite::new(write)),
            Err(refusal) => Err((refusal, Box::new(write))),
        }
    }

    fn accept(&self, write: &EntityWrite) -> Result<(), Refusal> {
        if self.inherits_team && write.team.as_ref().is_some_and(|team| !team.is_empty()) {
            let message = format!(
                "team: entities of {:?} inherit their team from a related entity; leave it out",
                self.blueprint
            );
            return Err(Refusal::new(Code::TeamInheritanceEnabled, message));
        }
        let mut mismatches = Violations::new();
        for (name, value) in &write.properties {
            self.check_property(name, value, &mut mismatches);
        }
        let mut wrong_counts = Violations::new();
        for (name, value) in &write.relations {
            self.check_relation(name, value, &mut mismatches, &mut wrong_counts);
        }
        mismatches.into_result(Code::BlueprintSchemaMismatch)?;
        wrong_counts.into_result(Code::RelationManyViolation)
    }

    fn check_property(&self, name: &str, value: &Value, violations: &mut Violations) {
        if value.is_null() && (self.properties.contains_key(name) || self.is_computed(name)) {
            return;
        }
        if let Some(property) = self.properties.get(name) {
            let mut report = |flaw: value_rule::Flaw| {
                let message = format!("property {name:?}{}: {}", flaw.place, flaw.message);
                violations.push(
                    format!("properties.{name}{}", flaw.place),
                    flaw.rule,
                    message,
                );
            };
            property.rule.check(value, &mut report);
            return;
        }
        let message = match self.computed.get(name) {
            Some(kind) => format!(
                "property {name:?}: it is a {kind} property of {:?}, which the server computes; \
                 leave it out",
                self.blueprint
            ),
            None => format!(
                "property {name:?}: the blueprint {:?} has no such property; add it to the \
                 blueprint or leave it out",
                self.blueprint
            ),
        };
        violations.push(
            format!("properties.{name}"),
            "additionalProperties",
            message,
        );
    }

    fn check_relation(
        &self,
        name: &str,
        value: &RelationValue,
        mismatches: &mut Violations,
        wrong_counts: &mut Violations,
    ) {
        let path = || format!("relations.{name}");
        let Some(relation) = self.relations.get(name) else {
            let message = format!(
                "relation {name:?}: the blueprint {:?} has no such relation; add it to the \
                 blueprint or leave it out",
                self.blueprint
            );
            mismatches.push(path(), "additionalProperties", message);
            return;
        };
        let advice = match value {
            RelationValue::Many(_) if !relation.many => {
                "it relates to one entity; send one \
                 identifier instead of a list"
            }
            RelationValue::One(_) if relation.many => {
                "it relates to several entities; send a \
                 list of identifiers"
            }
            _ => return,
        };
        wrong_counts.push(path(), "many", format!("relation {name:?}: {advice}"));
    }
}
