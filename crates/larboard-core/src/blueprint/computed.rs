//! Mirror, calculation and aggregation properties (facts/catalog.md 1.5 to 1.7). Their definitions
//! are checked for shape; a calculation is not compiled and a mirror's path not followed, because
//! what only matters when a value is computed is not checked on saving (facts/addenda.md).

use serde_json::{Map, Value};

use super::property::{self, FORMATS, SPECS, TYPES};
use crate::text;
use crate::violation::{Violations, join, shown};

/// What a path of a mirror looks like.
pub(super) const MIRROR_PATH_PATTERN: &str = r"^(?:[A-Za-z0-9@_=$-]+\.)+[^.]+$";
/// Over what time an average is taken.
pub(super) const INTERVALS: &[&str] = &["hour", "day", "week", "month", "total"];
/// What entities are aggregated by.
pub(super) const ENTITY_FUNCS: &[&str] = &["count", AVERAGES];
/// What the values of a property are aggregated by.
pub(super) const PROPERTY_FUNCS: &[&str] = &["sum", "min", "max", "median", AVERAGES];
/// The one that needs an interval.
pub(super) const AVERAGES: &str = "average";

/// The formats a calculation may have.
pub(super) fn calculation_formats() -> Vec<&'static str> {
    FORMATS
        .into_iter()
        .filter(|format| is_calculation_format(format))
        .collect()
}

/// Formats of a calculation: those of properties that a computed value can have.
fn is_calculation_format(format: &str) -> bool {
    FORMATS.contains(&format) && !matches!(format, "blueprints" | "timer")
}

pub(super) fn check_mirror(
    path: &str,
    mirror: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    property::leave_out_nulls(mirror);
    violations.require(mirror, path, &["path"]);
    violations.text(mirror, path, "title", (0, 100));
    if let Some(walk) = violations.text(mirror, path, "path", (0, usize::MAX))
        && !is_mirror_path(walk)
    {
        let advice = format!(
            "{walk:?} is not a path; write one or more relations and a property, joined by dots, \
             such as \"team.$title\""
        );
        violations.push_at(join(path, "path"), "pattern", advice);
    }
}

/// One or more relation identifiers, then a property or meta-property, joined by dots.
fn is_mirror_path(path: &str) -> bool {
    let Some((relations, last)) = path.rsplit_once('.') else {
        return false;
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "@_=-$".contains(c);
    !last.is_empty()
        && relations
            .split('.')
            .all(|r| !r.is_empty() && r.chars().all(allowed))
}

pub(super) fn check_calculation(
    path: &str,
    calculation: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    const KEYS: &[&str] = &[
        "identifier",
        "title",
        "description",
        "icon",
        "calculation",
        "type",
        "format",
        "spec",
        "specAuthentication",
        "colorized",
        "colors",
        "items",
        "dateFormat",
        "default",
    ];
    violations.only(calculation, path, KEYS);
    property::leave_out_nulls(calculation);
    violations.require(calculation, path, &["calculation", "type"]);
    violations.text(calculation, path, "calculation", (1, usize::MAX));
    violations.choice(calculation, path, "type", &TYPES);
    violations.text(calculation, path, "title", (0, 100));
    violations.text(calculation, path, "description", (0, usize::MAX));
    violations.text(calculation, path, "icon", (0, usize::MAX));
    violations.choice(calculation, path, "spec", &SPECS);
    violations.boolean(calculation, path, "colorized");
    property::check_colours(path, "colors", calculation, violations);
    property::check_spec_authentication(path, calculation, violations);
    check_format(path, calculation, violations);
    if let Some(items) = violations.object(calculation, path, "items") {
        let path = join(path, "items");
        violations.choice(items, &path, "type", &TYPES);
        // The published list misspells `idn-email` here, so clients may send the misspelling.
        if items.get("format") != Some(&Value::from("idn-format")) {
            check_format(&path, items, violations);
        }
    }
}

fn check_format(path: &str, map: &Map<String, Value>, violations: &mut Violations) {
    let Some(format) = map.get("format") else {
        return;
    };
    if !format.as_str().is_some_and(is_calculation_format) {
        let known = calculation_formats().join(", ");
        let advice = format!("{} is not one of {known}", shown(format));
        violations.push_at(join(path, "format"), "enum", advice);
    }
}

pub(super) fn check_aggregation(
    path: &str,
    aggregation: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    const KEYS: &[&str] = &[
        "identifier",
        "title",
        "description",
        "icon",
        "type",
        "target",
        "calculationSpec",
        "query",
        "pathFilter",
    ];
    violations.only(aggregation, path, KEYS);
    property::leave_out_nulls(aggregation);
    violations.require(aggregation, path, &["title", "target", "calculationSpec"]);
    violations.text(aggregation, path, "title", (0, 100));
    violations.text(aggregation, path, "description", (0, usize::MAX));
    violations.text(aggregation, path, "icon", (0, usize::MAX));
    violations.choice(aggregation, path, "type", &["number"]);
    violations.object(aggregation, path, "query");
    if let Some(target) = violations.text(aggregation, path, "target", (0, usize::MAX))
        && let Err(flaw) = text::check_blueprint_identifier(target)
    {
        violations.push_at(join(path, "target"), "pattern", flaw);
    }
    if let Some(spec) = violations.object(aggregation, path, "calculationSpec") {
        check_calculation_spec(&join(path, "calculationSpec"), spec, violations);
    }
    check_path_filter(
        &join(path, "pathFilter"),
        aggregation.get("pathFilter"),
        violations,
    );
}

fn check_calculation_spec(path: &str, spec: &Map<String, Value>, violations: &mut Violations) {
    violations.require(spec, path, &["calculationBy", "func"]);
    let by = violations.choice(spec, path, "calculationBy", &["entities", "property"]);
    let funcs: &[&str] = match by {
        Some("entities") => ENTITY_FUNCS,
        Some(_) => PROPERTY_FUNCS,
        None => return,
    };
    let averages = violations.choice(spec, path, "func", funcs) == Some(AVERAGES);
    let mut keys = vec!["calculationBy", "func"];
    if by == Some("property") {
        keys.push("property");
        violations.require(spec, path, &["property"]);
        violations.text(spec, path, "property", (1, usize::MAX));
    }
    if averages {
        keys.extend(["averageOf", "measureTimeBy"]);
        violations.require(spec, path, &["averageOf"]);
        violations.choice(spec, path, "averageOf", INTERVALS);
        violations.text(spec, path, "measureTimeBy", (1, usize::MAX));
    }
    violations.only(spec, path, &keys);
}

fn check_path_filter(path: &str, filter: Option<&Value>, violations: &mut Violations) {
    let Some(filter) = filter else { return };
    let Some(steps) = filter.as_array().filter(|steps| steps.len() <= 1) else {
        violations.wrong_type(path, "a list of at most one path", filter);
        return;
    };
    for step in steps {
        let Some(step) = step.as_object() else {
            violations.wrong_type(path, "a list of objects", step);
            continue;
        };
        let path = format!("{path}[0]");
        violations.only(step, &path, &["path", "fromBlueprint"]);
        violations.require(step, &path, &["path"]);
        violations.text(step, &path, "fromBlueprint", (1, usize::MAX));
        let Some(walk) = step.get("path") else {
            continue;
        };
        let names = walk.as_array().filter(|names| !names.is_empty());
        if !names.is_some_and(|names| names.iter().all(Value::is_string)) {
            violations.wrong_type(join(&path, "path"), "a list of relation names", walk);
        }
    }
}
