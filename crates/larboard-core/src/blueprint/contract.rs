//! The JSON Schemas of blueprints: as bodies of a POST, a PUT and a PATCH, and as shown.
//!
//! In a body an optional key may be null, which means that it is not there; a reply has no nulls.

use serde_json::{Value, json};

use super::computed::{AVERAGES, ENTITY_FUNCS, INTERVALS, PROPERTY_FUNCS, calculation_formats};
use super::property::{FORMATS, OBJECT_FORMATS, SPECS, TYPES};
use super::{COLOURS, ownership};
use crate::contract::{
    Components, Object, any_object, any_of, anything, choice, flag, keyed, list, map_of, one_of,
    only, or_null, pattern_of, reference, some_text, text, text_of, texts, url, whole,
};
use crate::text::{BLUEPRINT_IDENTIFIER_MAX, BLUEPRINT_IDENTIFIER_PATTERN};

/// Whether a schema is that of a body or of a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Body,
    Reply,
}

pub(crate) fn contract() -> Components {
    let definition = |side| {
        one_of(
            TYPES
                .iter()
                .map(|kind| property(kind, side))
                .chain([spelled_enum(side)]),
        )
    };
    vec![
        (
            "BlueprintBody",
            blueprint(Side::Body)
                .must("identifier", identifier())
                .build(),
        ),
        (
            "BlueprintReplacementBody",
            blueprint(Side::Body)
                .maybe("identifier", identifier())
                .build(),
        ),
        ("BlueprintPatchBody", patch()),
        (
            "Blueprint",
            blueprint(Side::Reply)
                .must("identifier", identifier())
                .stamped()
                .build(),
        ),
        ("PropertyBody", definition(Side::Body)),
        ("Property", definition(Side::Reply)),
        ("RelationBody", relation(Side::Body)),
        ("Relation", relation(Side::Reply)),
        ("MirrorPropertyBody", mirror(Side::Body)),
        ("MirrorProperty", mirror(Side::Reply)),
        ("CalculationPropertyBody", calculation(Side::Body)),
        ("CalculationProperty", calculation(Side::Reply)),
        ("AggregationPropertyBody", aggregation(Side::Body)),
        ("AggregationProperty", aggregation(Side::Reply)),
        ("CalculationSpec", calculation_spec()),
        ("SpecAuthentication", spec_authentication()),
        ("Ownership", ownership()),
        ("ChangelogDestination", changelog_destination()),
    ]
}

fn identifier() -> Value {
    pattern_of(BLUEPRINT_IDENTIFIER_PATTERN, BLUEPRINT_IDENTIFIER_MAX)
}

/// A key that may be left out; in a body it may be null as well.
fn optional(object: Object, side: Side, key: &'static str, schema: Value) -> Object {
    match side {
        Side::Body => object.maybe(key, schema),
        Side::Reply => object.may(key, schema),
    }
}

fn optionals(
    object: Object,
    side: Side,
    keys: impl IntoIterator<Item = (&'static str, Value)>,
) -> Object {
    keys.into_iter().fold(object, |object, (key, schema)| {
        optional(object, side, key, schema)
    })
}

fn blueprint(side: Side) -> Object {
    let map = |name: &str| match side {
        Side::Body => keyed(reference(&format!("{name}Body"))),
        Side::Reply => keyed(reference(name)),
    };
    let schema = Object::closed().must("properties", map("Property"));
    let schema = optional(schema, side, "required", texts()).build();
    let start = Object::open()
        .must("title", text_of(1, 100))
        .must("schema", schema);
    let maps = [
        ("relations", map("Relation")),
        ("mirrorProperties", map("MirrorProperty")),
        ("calculationProperties", map("CalculationProperty")),
        ("aggregationProperties", map("AggregationProperty")),
    ];
    optionals(optionals(start, side, head()), side, maps)
}

/// Optional keys of every blueprint.
fn head() -> [(&'static str, Value); 6] {
    let inheritance = Object::open().must("path", some_text()).build();
    [
        ("description", text_of(0, 200)),
        ("icon", text()),
        ("includeInGlobalSearch", flag()),
        ("ownership", reference("Ownership")),
        ("teamInheritance", inheritance),
        ("changelogDestination", reference("ChangelogDestination")),
    ]
}

/// A PATCH merges definition by definition and key by key, so little of one must be there.
fn patch() -> Value {
    let definitions = |keys: Vec<(&'static str, Value)>| {
        keyed(or_null(optionals(Object::open(), Side::Body, keys).build()))
    };
    let schema = Object::closed()
        .maybe("properties", definitions(described()))
        .maybe("required", texts());
    let relation = vec![
        ("title", text_of(0, 100)),
        ("required", flag()),
        ("many", flag()),
        ("target", identifier()),
    ];
    let titled = || vec![("title", text_of(0, 100))];
    let start = Object::open()
        .maybe("identifier", identifier())
        .may("title", text_of(1, 100))
        .maybe("schema", schema.build());
    let maps = [
        ("relations", definitions(relation)),
        ("mirrorProperties", definitions(titled())),
        ("calculationProperties", definitions(titled())),
        ("aggregationProperties", definitions(titled())),
    ];
    optionals(optionals(start, Side::Body, head()), Side::Body, maps).build()
}

/// What every property may have.
fn described() -> Vec<(&'static str, Value)> {
    vec![
        ("title", text_of(0, 100)),
        ("description", text()),
        ("icon", text()),
        ("dateFormat", text()),
        ("blueprint", text()),
        ("identifier", text()),
        ("spec", choice(&SPECS)),
        ("specAuthentication", reference("SpecAuthentication")),
        ("enumColors", map_of(choice(&COLOURS))),
    ]
}

/// A property of one type. Further keys are kept as they are.
fn property(kind: &'static str, side: Side) -> Value {
    let object = optionals(Object::open().must("type", only(kind)), side, described());
    let object = optionals(object, side, [("default", default(kind))]);
    optionals(object, side, keywords(kind)).build()
}

/// An integration ships the type `enum` beside a list of texts; it is read as a string.
fn spelled_enum(side: Side) -> Value {
    let object = optionals(Object::open().must("type", only("enum")), side, described());
    let object = optional(object, side, "default", text());
    optionals(
        object,
        side,
        keywords("string")
            .into_iter()
            .filter(|(key, _)| *key != "enum"),
    )
    .must("enum", choices(json!({ "type": "string" })))
    .build()
}

fn default(kind: &str) -> Value {
    match kind {
        "array" => list(anything()),
        "object" => any_object(),
        _ => json!({ "type": kind }),
    }
}

fn choices(items: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "items": items })
}

/// What the type says about values.
fn keywords(kind: &str) -> Vec<(&'static str, Value)> {
    let none = || ("enum", json!({ "type": "null" }));
    let no_format = || ("format", json!({ "type": "null" }));
    let items = || ("items", any_object());
    match kind {
        "string" => vec![
            ("format", choice(&string_formats())),
            ("enum", choices(json!({ "type": "string" }))),
            ("minLength", whole()),
            ("maxLength", whole()),
            ("pattern", regex()),
            items(),
        ],
        "number" => vec![
            no_format(),
            ("enum", choices(json!({ "type": "number" }))),
            ("minimum", json!({ "type": "number" })),
            ("maximum", json!({ "type": "number" })),
            ("exclusiveMinimum", json!({ "type": "number" })),
            ("exclusiveMaximum", json!({ "type": "number" })),
            items(),
        ],
        "boolean" => vec![no_format(), none(), items()],
        "object" => vec![
            ("format", choice(&OBJECT_FORMATS)),
            none(),
            ("properties", map_of(json_schema())),
            ("patternProperties", map_of(json_schema())),
            ("additionalProperties", json_schema()),
            ("required", texts()),
            items(),
        ],
        _ => vec![
            no_format(),
            none(),
            ("minItems", whole()),
            ("maxItems", whole()),
            ("uniqueItems", flag()),
            ("items", items_of()),
        ],
    }
}

fn string_formats() -> Vec<&'static str> {
    FORMATS
        .into_iter()
        .filter(|format| !OBJECT_FORMATS.contains(format))
        .collect()
}

fn regex() -> Value {
    json!({ "type": "string", "format": "regex" })
}

/// A schema for the inside of an object.
fn json_schema() -> Value {
    json!({ "type": ["object", "boolean"] })
}

/// What the items of a list are: strings unless they say otherwise. Nulls inside are not left out.
fn items_of() -> Value {
    let colours = || ("enumColors", map_of(choice(&COLOURS)));
    let typed = |kind: &'static str| {
        let start = Object::open();
        let start = match kind {
            "string" => start.may("type", only(kind)),
            _ => start.must("type", only(kind)),
        };
        let keywords = keywords_of_items(kind);
        let keys = keywords.into_iter().chain([colours()]);
        keys.fold(start, |object, (key, schema)| object.may(key, schema))
            .build()
    };
    any_of(TYPES.iter().map(|kind| typed(kind)))
}

fn keywords_of_items(kind: &str) -> Vec<(&'static str, Value)> {
    let mut keywords: Vec<_> = keywords(if kind == "array" { "boolean" } else { kind });
    keywords.retain(|(key, schema)| *key != "items" && *schema != json!({ "type": "null" }));
    if kind == "array" {
        keywords.extend([
            ("minItems", whole()),
            ("maxItems", whole()),
            ("uniqueItems", flag()),
        ]);
    }
    keywords
}

fn relation(side: Side) -> Value {
    let start = Object::closed()
        .must("target", identifier())
        .may("identifier", anything())
        .may("type", text());
    let described = [("title", text_of(0, 100)), ("description", text())];
    let object = optionals(start, side, described);
    let both = json!({
        "required": ["required", "many"],
        "properties": { "required": { "const": true }, "many": { "const": true } },
    });
    match side {
        Side::Body => object.maybe("required", flag()).maybe("many", flag()),
        Side::Reply => object.must("required", flag()).must("many", flag()),
    }
    .build_with("not", both)
}

fn mirror(side: Side) -> Value {
    let path = json!({ "type": "string", "pattern": super::computed::MIRROR_PATH_PATTERN });
    let object = Object::open().must("path", path);
    optional(object, side, "title", text_of(0, 100)).build()
}

fn calculation(side: Side) -> Value {
    let formats = calculation_formats();
    // The published list misspells `idn-email` for items.
    let spelled: Vec<&str> = formats.iter().copied().chain(["idn-format"]).collect();
    let items = Object::open()
        .may("type", choice(&TYPES))
        .may("format", choice(&spelled));
    let start = Object::closed()
        .must("calculation", some_text())
        .must("type", choice(&TYPES));
    let keys = [
        ("title", text_of(0, 100)),
        ("description", text()),
        ("icon", text()),
        ("format", choice(&formats)),
        ("spec", choice(&SPECS)),
        ("specAuthentication", reference("SpecAuthentication")),
        ("colorized", flag()),
        ("colors", map_of(choice(&COLOURS))),
        ("items", items.build()),
        ("identifier", anything()),
        ("dateFormat", anything()),
        ("default", anything()),
    ];
    optionals(start, side, keys).build()
}

fn aggregation(side: Side) -> Value {
    let walk = Object::closed()
        .must(
            "path",
            json!({ "type": "array", "minItems": 1, "items": text() }),
        )
        .may("fromBlueprint", some_text());
    let start = Object::closed()
        .must("title", text_of(0, 100))
        .must("target", identifier())
        .must("calculationSpec", reference("CalculationSpec"))
        .may("type", only("number"));
    let keys = [
        ("description", text()),
        ("icon", text()),
        ("identifier", anything()),
        ("query", any_object()),
        (
            "pathFilter",
            json!({ "type": "array", "maxItems": 1, "items": walk.build() }),
        ),
    ];
    optionals(start, side, keys).build()
}

fn calculation_spec() -> Value {
    let of = |by, funcs: &[&str]| {
        Object::closed()
            .must("calculationBy", only(by))
            .must("func", choice(funcs))
    };
    let over_time = |object: Object| {
        object
            .must("averageOf", choice(INTERVALS))
            .may("measureTimeBy", some_text())
    };
    let plain = |funcs: &[&'static str]| -> Vec<&'static str> {
        funcs
            .iter()
            .copied()
            .filter(|func| *func != AVERAGES)
            .collect()
    };
    one_of([
        of("entities", &plain(ENTITY_FUNCS)).build(),
        over_time(of("entities", &[AVERAGES])).build(),
        of("property", &plain(PROPERTY_FUNCS))
            .must("property", some_text())
            .build(),
        over_time(of("property", &[AVERAGES]).must("property", some_text())).build(),
    ])
}

fn spec_authentication() -> Value {
    Object::open()
        .must("clientId", some_text())
        .must("authorizationUrl", url())
        .must("tokenUrl", url())
        .may("authorizationScope", texts())
        .build()
}

fn ownership() -> Value {
    let [direct, inherited] = ownership::TYPES;
    let path = json!({ "type": "string", "pattern": r"^[^.]+(\.[^.]+)*$" });
    let start = |kind| {
        Object::closed()
            .must("type", only(kind))
            .may("title", text_of(0, 100))
    };
    one_of([
        start(direct).build(),
        start(inherited).must("path", path).build(),
    ])
}

fn changelog_destination() -> Value {
    let [webhook, kafka] = ownership::DESTINATIONS;
    one_of([
        Object::closed()
            .must("type", only(webhook))
            .must("url", url())
            .may("agent", flag())
            .build(),
        Object::closed().must("type", only(kafka)).build(),
    ])
}
