//! The JSON Schemas of actions, in today's shape and in the legacy one: as bodies and as shown.

use serde_json::{Value, json};

use super::{Operation, form, invocation, legacy, today, trigger};
use crate::contract::{
    Components, Object, any_object, any_of, anything, choice, flag, instant, keyed, list, map_of,
    one_of, only, or_null, pattern, reference, text, text_of, texts, url, whole,
};

pub(crate) fn contract() -> Components {
    let mut all = vec![
        ("ActionBody", head().and(body()).build()),
        (
            "Action",
            with_meta(head().and(body()), Object::must, text()).build(),
        ),
        (
            "LegacyActionBody",
            with_meta(head().and(legacy_body()), Object::may, anything())
                .may("blueprint", text())
                .build(),
        ),
        ("LegacyActionsBody", list(reference("LegacyActionBody"))),
        (
            "LegacyAction",
            with_meta(head().and(legacy_shown()), Object::must, text())
                .may("blueprint", text())
                .build(),
        ),
        ("RequiredApproval", required_approval()),
        ("ApprovalNotification", approval_notification()),
        (
            "Trigger",
            one_of([
                reference("SelfServiceTrigger"),
                reference("AutomationTrigger"),
            ]),
        ),
        ("SelfServiceTrigger", one_of(self_service())),
        ("AutomationTrigger", automation()),
        ("UserInputs", user_inputs()),
        ("Input", input()),
        ("JqQuery", query()),
    ];
    all.extend(invocations("InvocationMethod", invocation::TODAY));
    all.extend(invocations("LegacyInvocationMethod", invocation::LEGACY));
    all
}

fn head() -> Object {
    Object::closed()
        .must("identifier", pattern(today::IDENTIFIER_PATTERN))
        .maybe("title", text())
        .maybe("icon", text())
        .maybe("description", text())
}

fn body() -> Object {
    Object::closed()
        .must("trigger", reference("Trigger"))
        .must("invocationMethod", reference("InvocationMethod"))
        .may("requiredApproval", reference("RequiredApproval"))
        .maybe("approvalNotification", reference("ApprovalNotification"))
        .maybe("publish", flag())
        .maybe("allowAnyoneToViewRuns", flag())
}

fn legacy_body() -> Object {
    Object::closed()
        .must("trigger", choice(Operation::NAMES))
        .maybe("userInputs", reference("UserInputs"))
        .must("invocationMethod", reference("LegacyInvocationMethod"))
        .may("requiredApproval", reference("RequiredApproval"))
        .maybe("approvalNotification", reference("ApprovalNotification"))
}

/// An action of today keeps its keys when it is shown in the legacy shape.
fn legacy_shown() -> Object {
    let respelled = invocation::TODAY
        .iter()
        .filter(|method| method.name == "AZURE_DEVOPS");
    let respelled = respelled.map(|method| invocation_named("AZURE-DEVOPS", method));
    let methods = [
        reference("LegacyInvocationMethod"),
        reference("InvocationMethod"),
    ];
    legacy_body()
        .may(
            "invocationMethod",
            any_of(methods.into_iter().chain(respelled)),
        )
        .maybe("publish", flag())
        .maybe("allowAnyoneToViewRuns", flag())
}

/// What the server adds: always there when shown, ignored in a legacy body.
fn with_meta(
    object: Object,
    add: fn(Object, &'static str, Value) -> Object,
    schema: Value,
) -> Object {
    legacy::SERVER_KEYS.iter().fold(object, |object, key| {
        let shown_instant = key.ends_with("At") && schema == text();
        let schema = if shown_instant {
            instant()
        } else {
            schema.clone()
        };
        add(object, key, schema)
    })
}

fn required_approval() -> Value {
    let rule = Object::closed().must("type", choice(today::APPROVALS));
    one_of([flag(), rule.build()])
}

fn approval_notification() -> Value {
    one_of([
        Object::closed().must("type", only("email")).build(),
        Object::closed()
            .must("type", only("webhook"))
            .must("url", url())
            .maybe("format", choice(today::NOTIFICATION_FORMATS))
            .build(),
    ])
}

fn self_service() -> [Value; 2] {
    let button = json!({
        "type": "string",
        "minLength": trigger::BUTTON_TEXT_MIN,
        "maxLength": trigger::BUTTON_TEXT,
        "pattern": r"^\S[^\n\r]*\S$",
    });
    let common = |operations: &[&str]| {
        Object::closed()
            .must("type", only("self-service"))
            .must("operation", choice(operations))
            .must("userInputs", reference("UserInputs"))
            .maybe("blueprintIdentifier", text())
            .maybe("actionCardButtonText", button.clone())
            .maybe("executeActionButtonText", button.clone())
    };
    let condition = Object::closed()
        .must("type", only("SEARCH"))
        .must("rules", list(anything()))
        .must("combinator", choice(trigger::COMBINATORS))
        .build();
    // A condition is evaluated on an entity, so its blueprint must be named.
    let named =
        json!({ "properties": { "condition": { "type": "object" } }, "required": ["condition"] });
    let mut bound = common(&[Operation::Day2.as_str(), Operation::Delete.as_str()])
        .maybe("condition", condition)
        .build_with("if", named);
    bound["then"] = json!({ "required": ["blueprintIdentifier"] });
    [common(&[Operation::Create.as_str()]).build(), bound]
}

fn automation() -> Value {
    let event = |names: &[&str], keys: &[&'static str]| {
        let start = Object::closed().must("type", choice(names));
        let with = |event: Object, key: &&'static str| event.must(key, text());
        keys.iter().fold(start, with).build()
    };
    let condition = Object::closed()
        .must("type", only("JQ"))
        .must("expressions", or_null(texts()))
        .maybe("combinator", choice(trigger::COMBINATORS));
    Object::closed()
        .must("type", only("automation"))
        .must(
            "event",
            one_of([
                event(trigger::ENTITY_EVENTS, &["blueprintIdentifier"]),
                event(trigger::RUN_EVENTS, &["actionIdentifier"]),
                event(
                    &[trigger::TIMER_EVENT],
                    &["blueprintIdentifier", "propertyIdentifier"],
                ),
            ]),
        )
        .maybe("condition", condition.build())
        .build()
}

fn query() -> Value {
    Object::closed().must("jqQuery", text()).build()
}

/// Something, or the query that becomes it.
fn or_query(schema: Value) -> Value {
    any_of([schema, reference("JqQuery")])
}

fn user_inputs() -> Value {
    let title = Object::open()
        .maybe("title", text_of(1, form::TITLE))
        .maybe("description", text_of(0, form::DESCRIPTION))
        .may("visible", or_query(flag()));
    let step = Object::closed()
        .must("title", text())
        .maybe("order", texts())
        .may("visible", or_query(flag()));
    Object::closed()
        .must("properties", keyed(reference("Input")))
        .maybe("titles", keyed(title.build()))
        .may("required", any_of([or_null(texts()), reference("JqQuery")]))
        .maybe("order", texts())
        .may("steps", list(step.build()))
        .build_with("not", json!({ "required": ["order", "steps"] }))
}

/// An input. What its keywords demand of values is JSON Schema, where a query may stand too.
fn input() -> Value {
    let encryption = one_of([
        only("aes256-gcm"),
        Object::closed()
            .must("algorithm", only("client-side"))
            .must("key", text())
            .build(),
    ]);
    let items = Object::open()
        .maybe_choices()
        .may("type", text())
        .may("format", text())
        .may("blueprint", text());
    let mut input = Object::open()
        .must("type", choice(form::TYPES))
        .maybe("title", text())
        .maybe("description", text())
        .maybe("icon", text())
        .maybe("format", text())
        .maybe("blueprint", text())
        .maybe("dependsOn", texts())
        .may("visible", or_query(flag()))
        .may("disabled", or_query(flag()))
        .maybe_choices()
        .maybe("items", items.build())
        .may("encryption", encryption)
        .may("default", anything())
        .may("jqQuery", json!({ "type": "null" }));
    for key in ["minLength", "maxLength", "minItems", "maxItems"] {
        input = input.may(key, or_loose_query(whole()));
    }
    for key in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
        input = input.may(key, or_loose_query(json!({ "type": "number" })));
    }
    input
        .may("pattern", or_loose_query(text()))
        .may("uniqueItems", or_loose_query(flag()))
        .build()
}

/// Where the keyword is read for its values, a query may carry further keys.
fn or_loose_query(schema: Value) -> Value {
    any_of([schema, Object::open().must("jqQuery", text()).build()])
}

trait Choices {
    fn maybe_choices(self) -> Self;
}

impl Choices for Object {
    /// `enum`: a list of distinct values, or a query.
    fn maybe_choices(self) -> Self {
        let listed = json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": {} });
        self.may("enum", or_query(listed))
    }
}

/// The methods of one shape: each by itself, and one that is any of them.
fn invocations(name: &'static str, methods: &'static [invocation::Method]) -> Components {
    let each = methods
        .iter()
        .map(|method| invocation_named(method.name, method));
    vec![(name, one_of(each))]
}

fn invocation_named(name: &str, method: &invocation::Method) -> Value {
    let start = Object::closed().must("type", only(name));
    let required = method.required.iter();
    let object = required.fold(start, |object, (key, kind)| {
        object.must(key, of_kind(*kind))
    });
    let optional = method.optional.iter();
    let object = optional.fold(object, |object, (key, kind)| {
        object.may(key, of_kind(*kind))
    });
    object.build()
}

fn of_kind(kind: invocation::Kind) -> Value {
    use invocation::Kind;
    match kind {
        Kind::Text => text(),
        Kind::Flag => json!({ "type": ["boolean", "string"] }),
        Kind::TextMap => map_of(text()),
        Kind::Object => any_object(),
        Kind::ObjectOrList => any_of([any_object(), list(anything())]),
    }
}
