//! Renaming a property, mirror or relation, and the blueprints that name it (facts/catalog.md 1.1, 11.17).
//!
//! References are followed where the structure says what a name means: paths of mirrors, of ownership and of aggregations,
//! required lists, and a calculation's plain paths such as `.properties.tier`. What a calculation computes with further is
//! not understood here and stays.

use serde_json::{Map, Value};

use super::ownership::RELATIONS;
use super::{Blueprint, system};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::violation::{Violations, shown};

/// What is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// A property.
    Property,
    /// A mirror property.
    Mirror,
    /// A relation.
    Relation,
}

/// One renaming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The blueprint that has it.
    pub blueprint: String,
    /// What it is.
    pub kind: Renamed,
    /// The name it had.
    pub from: String,
    /// The name it gets.
    pub to: String,
}

/// Finds the target of the relation of a blueprint, as both were called before the renaming.
pub type TargetOf<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

impl Renamed {
    /// The key of the body that holds the new name.
    pub fn body_key(self) -> &'static str {
        match self {
            Self::Property => "newPropertyName",
            Self::Mirror => "newMirrorName",
            Self::Relation => "newRelationIdentifier",
        }
    }

    /// Reads the body of the route: the new name.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body.
    pub fn parse(self, body: &Value) -> Result<String, Refusal> {
        let key = self.body_key();
        let Value::Object(body) = body else {
            return Err(Refusal::invalid_request(format!(
                "The body must be {{\"{key}\": …}}, but is {}.",
                shown(body)
            )));
        };
        let mut violations = Violations::new();
        violations.only(body, "", &[key]);
        violations.require(body, "", &[key]);
        let name = violations.text(body, "", key, (0, usize::MAX));
        if let Some(name) = name
            && let Err(flaw) = text::check_key(name)
        {
            violations.push_at(key, "pattern", flaw);
        }
        let name = name.unwrap_or_default().to_owned();
        violations.into_result(Code::InvalidRequest)?;
        Ok(name)
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::Mirror => "mirror property",
            Self::Relation => "relation",
        }
    }

    /// The map of the values or links that an entity has under the name.
    fn holder(self) -> &'static str {
        match self {
            Self::Property | Self::Mirror => "properties",
            Self::Relation => "relations",
        }
    }
}

impl Blueprint {
    /// This blueprint with the name changed: the definition in its place, required lists and plain paths of calculations.
    ///
    /// # Errors
    /// `not_found` for an unknown name, `identifier_taken` for a new one in use, `invalid_request` for what a system
    /// blueprint comes with.
    pub fn renamed(&self, renaming: &Renaming) -> Result<Self, Refusal> {
        let Renaming { kind, from, to, .. } = renaming;
        let mut document = self.document.clone();
        let definitions = match kind {
            Renamed::Property => document
                .get_mut("schema")
                .and_then(|schema| schema.get_mut("properties")),
            Renamed::Mirror => document.get_mut("mirrorProperties"),
            Renamed::Relation => document.get_mut("relations"),
        };
        let Some(Value::Object(definitions)) = definitions else {
            return Err(self.unknown(renaming));
        };
        if !definitions.contains_key(from) {
            return Err(self.unknown(renaming));
        }
        if from == to {
            return Ok(self.clone());
        }
        self.check_free(renaming)?;
        if self.comes_with(renaming) {
            return Err(Refusal::invalid_request(format!(
                "The system blueprint {:?} comes with the {} {from:?}, which keeps its name.",
                self.identifier,
                kind.noun()
            )));
        }
        *definitions = std::mem::take(definitions)
            .into_iter()
            .map(|(name, value)| {
                if name == *from {
                    (to.clone(), value)
                } else {
                    (name, value)
                }
            })
            .collect();
        if *kind == Renamed::Property {
            rename_required(&mut document, from, to);
        }
        rename_in_calculations(&mut document, kind.holder(), from, to);
        Self::checked(document)
    }

    fn unknown(&self, renaming: &Renaming) -> Refusal {
        Refusal::not_found(format!(
            "The blueprint {:?} has no {} {:?}.",
            self.identifier,
            renaming.kind.noun(),
            renaming.from
        ))
    }

    fn check_free(&self, renaming: &Renaming) -> Result<(), Refusal> {
        let to = &renaming.to;
        let taken = match renaming.kind {
            Renamed::Relation => self.relations.contains_key(to),
            _ => [
                self.properties(),
                self.mirrors(),
                self.calculations(),
                self.aggregations(),
            ]
            .iter()
            .any(|map| map.contains_key(to)),
        };
        if taken {
            return Err(Refusal::identifier_taken(format!(
                "The blueprint {:?} has {to:?} already; choose another name.",
                self.identifier
            )));
        }
        Ok(())
    }

    fn comes_with(&self, renaming: &Renaming) -> bool {
        let Some(built_in) = system::find(&self.identifier) else {
            return false;
        };
        match renaming.kind {
            Renamed::Property => built_in.properties().contains_key(&renaming.from),
            Renamed::Mirror => built_in.mirrors().contains_key(&renaming.from),
            Renamed::Relation => built_in.relations.contains_key(&renaming.from),
        }
    }

    /// This blueprint with its references to what is renamed following it; `None` if it has none.
    pub fn following(&self, renaming: &Renaming, target_of: TargetOf<'_>) -> Option<Self> {
        let mut after = self.clone();
        let walk = Walk {
            renaming,
            target_of,
        };
        for mirror in definitions(&mut after.document, "mirrorProperties") {
            walk.dotted(&self.identifier, mirror.get_mut("path"), true);
        }
        for key in ["ownership", "teamInheritance"] {
            let path = after
                .document
                .get_mut(key)
                .and_then(|holder| holder.get_mut("path"));
            walk.dotted(&self.identifier, path, false);
        }
        for aggregation in definitions(&mut after.document, "aggregationProperties") {
            walk.aggregation(&self.identifier, aggregation);
        }
        (after != *self).then_some(after)
    }
}

struct Walk<'a> {
    renaming: &'a Renaming,
    target_of: TargetOf<'a>,
}

impl Walk<'_> {
    /// Renames along a path of relations from `start`, and what stands at its end if `ends_in_property`.
    fn dotted(&self, start: &str, path: Option<&mut Value>, ends_in_property: bool) {
        let Some(Value::String(path)) = path else {
            return;
        };
        let mut steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        let relations = steps.len() - usize::from(ends_in_property);
        let (front, end) = steps.split_at_mut(relations);
        let at = self.steps(start, front);
        if let (Some(at), Some(end)) = (at, end.first_mut())
            && self.renaming.kind != Renamed::Relation
            && at == self.renaming.blueprint
            && *end == self.renaming.from
        {
            end.clone_from(&self.renaming.to);
        }
        *path = steps.join(".");
    }

    /// Renames each step that is the relation; returns the blueprint at the end, if every step leads on.
    fn steps(&self, start: &str, steps: &mut [String]) -> Option<String> {
        let mut at = start.to_owned();
        for step in steps.iter_mut().filter(|step| *step != RELATIONS) {
            let next = (self.target_of)(&at, step);
            if self.renaming.kind == Renamed::Relation
                && at == self.renaming.blueprint
                && *step == self.renaming.from
            {
                step.clone_from(&self.renaming.to);
            }
            at = next?;
        }
        Some(at)
    }

    fn aggregation(&self, owner: &str, aggregation: &mut Value) {
        let target = aggregation["target"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let filters = aggregation
            .get_mut("pathFilter")
            .and_then(Value::as_array_mut);
        for filter in filters.into_iter().flatten() {
            let start = filter["fromBlueprint"].as_str().unwrap_or(owner).to_owned();
            if let Some(Value::Array(path)) = filter.get_mut("path") {
                let mut steps: Vec<String> = path
                    .iter()
                    .map(|step| step.as_str().unwrap_or_default().to_owned())
                    .collect();
                self.steps(&start, &mut steps);
                *path = steps.into_iter().map(Value::from).collect();
            }
        }
        if target != self.renaming.blueprint {
            return;
        }
        if self.renaming.kind != Renamed::Relation
            && let Some(spec) = aggregation.get_mut("calculationSpec")
        {
            for key in ["property", "measureTimeBy"] {
                self.replace(spec.get_mut(key));
            }
        }
        if let Some(query) = aggregation.get_mut("query") {
            self.query(query);
        }
    }

    /// Renames in the rules of a search over entities of the blueprint.
    fn query(&self, query: &mut Value) {
        let key = match self.renaming.kind {
            Renamed::Relation => "relation",
            _ => "property",
        };
        let rules = query.get_mut("rules").and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            self.replace(rule.get_mut(key));
            self.query(rule);
        }
    }

    fn replace(&self, name: Option<&mut Value>) {
        if let Some(name) = name
            && *name == *self.renaming.from
        {
            *name = self.renaming.to.as_str().into();
        }
    }
}

fn definitions<'a>(
    document: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Value> {
    let map = document.get_mut(key).and_then(Value::as_object_mut);
    map.into_iter().flat_map(|map| map.values_mut())
}

fn rename_required(document: &mut Map<String, Value>, from: &str, to: &str) {
    let required = document
        .get_mut("schema")
        .and_then(|schema| schema.get_mut("required"))
        .and_then(Value::as_array_mut);
    for name in required.into_iter().flatten() {
        if *name == *from {
            *name = to.into();
        }
    }
}

fn rename_in_calculations(document: &mut Map<String, Value>, holder: &str, from: &str, to: &str) {
    for calculation in definitions(document, "calculationProperties") {
        if let Some(Value::String(jq)) = calculation.get_mut("calculation") {
            *jq = rename_in_jq(jq, holder, from, to);
        }
    }
}

/// The expression with `.holder.from` renamed in each spelling of a plain path.
fn rename_in_jq(jq: &str, holder: &str, from: &str, to: &str) -> String {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let bare = if plain(to) {
        format!(".{holder}.{to}")
    } else {
        format!(".{holder}[\"{to}\"]")
    };
    let mut text = jq.to_owned();
    for (open, close) in [("[\"", "\"]"), (".\"", "\""), (".'", "'")] {
        text = text.replace(
            &format!(".{holder}{open}{from}{close}"),
            &format!(".{holder}{open}{to}{close}"),
        );
    }
    if !plain(from) {
        return text;
    }
    let needle = format!(".{holder}.{from}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(place) = rest.find(&needle) {
        let (before, after) = (&rest[..place], &rest[place + needle.len()..]);
        out.push_str(before);
        let goes_on = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(if goes_on { &needle } else { &bare });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
