//! Each rule of a form, with inputs that fit it and inputs that do not.

use serde_json::json;

use super::*;

fn form(user_inputs: Value) -> Result<InputSchema, Refusal> {
    let doc = json!({
        "identifier": "a",
        "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": user_inputs}
    });
    InputSchema::compile(&Action::from_stored(doc, None).unwrap())
}

fn check(user_inputs: Value, submitted: Value) -> Result<Checked, Refusal> {
    form(user_inputs)
        .unwrap()
        .check(submitted.as_object().unwrap())
}

/// What is said of one value of one input.
fn message(input: Value, value: Value) -> Option<String> {
    let result = check(json!({"properties": {"x": input}}), json!({"x": value}));
    result.err().map(|refusal| {
        assert_eq!(refusal.code, Code::UserInputsSchemaInvalid);
        refusal.message
    })
}

#[test]
fn each_rule_takes_what_fits_and_names_input_value_and_rule_otherwise() {
    for (input, good, bad, sentence) in [
        (
            json!({"type": "string"}),
            json!(""),
            json!(1),
            "Input \"x\" is 1; it must be of type string.",
        ),
        (
            json!({"type": "number"}),
            json!(1.5),
            json!("1"),
            "Input \"x\" is \"1\"; it must be of type number.",
        ),
        (
            json!({"type": "boolean"}),
            json!(false),
            json!(null),
            "Input \"x\" is null; it must be of type boolean.",
        ),
        (
            json!({"type": "object"}),
            json!({}),
            json!([]),
            "Input \"x\" is []; it must be of type object.",
        ),
        (
            json!({"type": "array"}),
            json!([1, "a"]),
            json!({}),
            "Input \"x\" is {}; it must be of type array.",
        ),
        (
            json!({"type": "string", "enum": ["a", "b"]}),
            json!("b"),
            json!("c"),
            "Input \"x\" is \"c\"; it must be one of \"a\", \"b\".",
        ),
        (
            json!({"type": "number", "enum": [1, 2]}),
            json!(2),
            json!(3),
            "Input \"x\" is 3; it must be one of 1, 2.",
        ),
        (
            json!({"type": "string", "minLength": 2}),
            json!("éé"),
            json!("é"),
            "Input \"x\" is \"é\"; it must have at least 2 characters.",
        ),
        (
            json!({"type": "string", "maxLength": 2}),
            json!("éé"),
            json!("abc"),
            "Input \"x\" is \"abc\"; it must have at most 2 characters.",
        ),
        (
            json!({"type": "string", "pattern": "^[a-z]+$"}),
            json!("ab"),
            json!("A"),
            "Input \"x\" is \"A\"; it must match the pattern ^[a-z]+$.",
        ),
        (
            json!({"type": "number", "minimum": 2}),
            json!(2),
            json!(1),
            "Input \"x\" is 1; it must be at least 2.",
        ),
        (
            json!({"type": "number", "maximum": 2}),
            json!(2),
            json!(3),
            "Input \"x\" is 3; it must be at most 2.",
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 2}),
            json!(2.1),
            json!(2),
            "Input \"x\" is 2; it must be greater than 2.",
        ),
        (
            json!({"type": "number", "exclusiveMaximum": 2}),
            json!(1.9),
            json!(2),
            "Input \"x\" is 2; it must be less than 2.",
        ),
        (
            json!({"type": "array", "minItems": 1}),
            json!([1]),
            json!([]),
            "Input \"x\" is []; it must have at least 1 items.",
        ),
        (
            json!({"type": "array", "maxItems": 1}),
            json!([1]),
            json!([1, 2]),
            "Input \"x\" is [1,2]; it must have at most 1 items.",
        ),
        (
            json!({"type": "array", "uniqueItems": true}),
            json!([1, 2]),
            json!([1, 1]),
            "Input \"x\" is [1,1]; its items must be distinct.",
        ),
        (
            json!({"type": "array", "items": {"type": "string", "maxLength": 1}}),
            json!(["a"]),
            json!(["a", "bc"]),
            "Input \"x\" at /1 is \"bc\"; it must have at most 1 characters.",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "number"}}}),
            json!({"a": 1}),
            json!({"a": "1"}),
            "Input \"x\" at /a is \"1\"; it must be of type number.",
        ),
        (
            json!({"type": "object", "required": ["a"]}),
            json!({"a": 1}),
            json!({}),
            "Input \"x\" is {}; it must have the key \"a\".",
        ),
        (
            json!({"type": "object", "properties": {}, "additionalProperties": false}),
            json!({}),
            json!({"b": 1}),
            "Input \"x\" is {\"b\":1}; it must not have the keys b.",
        ),
        (
            json!({"type": "object", "patternProperties": {"^n": {"type": "number"}}}),
            json!({"s": "t"}),
            json!({"n": "t"}),
            "Input \"x\" at /n is \"t\"; it must be of type number.",
        ),
    ] {
        assert_eq!(message(input.clone(), good), None, "{input}");
        assert_eq!(message(input, bad).as_deref(), Some(sentence));
    }
}

#[test]
fn each_checked_format_takes_what_fits_and_refuses_what_does_not() {
    for (format, good, bad) in [
        ("date-time", "2022-12-07T12:53:52.916Z", "yesterday"),
        ("url", "https://a.example/b?c", "a.example"),
        ("email", "a@b.example", "a at b"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "127.0.0.1"),
    ] {
        let input = json!({"type": "string", "format": format});
        assert_eq!(message(input.clone(), json!(good)), None, "{format}");
        let sentence = message(input, json!(bad)).unwrap();
        let start = format!("Input \"x\" is \"{bad}\"; it must be a");
        assert!(sentence.starts_with(&start), "{sentence}");
    }
}

#[test]
fn formats_that_only_choose_a_widget_take_any_text() {
    for format in [
        "yaml",
        "markdown",
        "multi-line",
        "proto",
        "user",
        "team",
        "labeled-url",
        "x",
    ] {
        let input = json!({"type": "string", "format": format});
        assert_eq!(message(input, json!("any: [text")), None, "{format}");
    }
}

#[test]
fn an_input_the_form_does_not_have_is_refused() {
    let properties = json!({"a": {"type": "string"}, "b": {"type": "string"}});
    let refusal = check(json!({"properties": properties}), json!({"c": 1})).unwrap_err();
    assert_eq!(
        refusal.message,
        "Input \"c\" is not one of the action's; its inputs are a, b."
    );
    let refusal = check(json!({"properties": {}}), json!({"c": 1})).unwrap_err();
    assert_eq!(
        refusal.message,
        "Input \"c\" is not one of the action's; it takes none."
    );
}

#[test]
fn a_required_input_must_be_given_unless_it_has_a_default() {
    let properties = json!({"a": {"type": "string"}, "b": {"type": "string", "default": "d"}});
    let form = json!({"properties": properties, "required": ["a", "b"]});
    let refusal = check(form.clone(), json!({})).unwrap_err();
    assert_eq!(refusal.message, "Input \"a\" is required.");
    assert!(check(form, json!({"a": ""})).is_ok());
}

#[test]
fn defaults_follow_what_was_submitted_and_must_fit_themselves() {
    let properties = json!({
        "a": {"type": "string", "default": "x"},
        "b": {"type": "number"},
        "c": {"type": "boolean", "default": false}
    });
    let checked = check(json!({"properties": properties}), json!({"b": 1})).unwrap();
    assert_eq!(
        Value::Object(checked.properties).to_string(),
        json!({"b": 1, "a": "x", "c": false}).to_string()
    );
    let wrong = json!({"properties": {"a": {"type": "number", "default": "x"}}});
    let refusal = check(wrong, json!({})).unwrap_err();
    assert_eq!(
        refusal.message,
        "Input \"a\" is \"x\"; it must be of type number."
    );
}

#[test]
fn every_fault_is_named_and_listed_in_the_details() {
    let properties = json!({"a": {"type": "string"}, "b": {"type": "string"}});
    let form = json!({"properties": properties, "required": ["b"]});
    let refusal = check(form, json!({"a": 1, "c": 2})).unwrap_err();
    let details = refusal.details.unwrap();
    let rules: Vec<_> = details
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["rule"])
        .collect();
    assert_eq!(rules, ["type", "additionalProperties", "required"]);
    assert_eq!(details[0]["path"], json!("a"));
}

#[test]
fn an_entity_may_be_given_by_identifier_or_as_an_object_and_is_kept_by_identifier() {
    let form = json!({"properties": {
        "one": {"type": "string", "format": "entity", "blueprint": "cluster"},
        "many": {"type": "array", "items": {"type": "string", "format": "entity", "blueprint": "svc"}}
    }});
    let checked = check(
        form.clone(),
        json!({"one": {"identifier": "c1", "title": "C 1"}, "many": ["s1", {"identifier": "s2"}]}),
    )
    .unwrap();
    assert_eq!(
        Value::Object(checked.properties),
        json!({"one": "c1", "many": ["s1", "s2"]})
    );
    let entity = |input: &str, blueprint: &str, identifier: &str| EntityInput {
        input: input.into(),
        blueprint: Some(blueprint.into()),
        identifier: identifier.into(),
    };
    assert_eq!(
        checked.entities,
        [
            entity("one", "cluster", "c1"),
            entity("many", "svc", "s1"),
            entity("many", "svc", "s2")
        ]
    );
    let refusal = check(form, json!({"one": {"title": "no identifier"}})).unwrap_err();
    assert_eq!(
        refusal.message,
        "Input \"one\" is {\"title\":\"no identifier\"}; it must be of type string."
    );
}

#[test]
fn templates_see_entities_as_objects() {
    let form = json!({"properties": {
        "name": {"type": "string"},
        "many": {"type": "array", "items": {"type": "string", "format": "entity"}},
        "one": {"type": "string", "format": "entity", "default": "c1"}
    }});
    let checked = check(form, json!({"many": ["s1", "s2"], "name": "n"})).unwrap();
    let expanded = checked.expand(|entity| {
        (entity.identifier != "s2").then(|| json!({"identifier": entity.identifier, "title": "T"}))
    });
    assert_eq!(
        Value::Object(expanded),
        json!({
            "many": [{"identifier": "s1", "title": "T"}, {"identifier": "s2"}],
            "name": "n",
            "one": {"identifier": "c1", "title": "T"}
        })
    );
}

#[test]
fn keywords_that_hold_a_query_are_skipped_and_listed() {
    let form = form(json!({
        "properties": {
            "a": {"type": "string", "enum": {"jqQuery": ".e"}, "default": {"jqQuery": ".d"},
                  "visible": {"jqQuery": ".v"}, "maxLength": 3},
            "b": {"type": "array", "items": {"type": "string", "pattern": {"jqQuery": ".p"}}}
        },
        "required": {"jqQuery": ".r"}
    }))
    .unwrap();
    let skipped: Vec<_> = form
        .skipped()
        .iter()
        .map(|s| (s.input.as_deref(), s.keyword.as_str(), s.query.as_str()))
        .collect();
    assert_eq!(
        skipped,
        [
            (None, "required", ".r"),
            (Some("a"), "enum", ".e"),
            (Some("a"), "default", ".d"),
            (Some("a"), "visible", ".v"),
            (Some("b"), "items.pattern", ".p"),
        ]
    );
    let submitted = json!({"a": "any", "b": ["any"]});
    assert!(form.check(submitted.as_object().unwrap()).is_ok());
    let long = json!({"a": "long"});
    assert!(
        form.check(long.as_object().unwrap()).is_err(),
        "the other keywords hold"
    );
    assert!(form.check(&Map::new()).unwrap().properties.is_empty());
}

#[test]
fn the_value_of_an_encrypted_input_is_never_repeated() {
    let input = json!({"type": "string", "minLength": 20, "encryption": "aes256-gcm"});
    let message = message(input, json!("hunter2")).unwrap();
    assert_eq!(
        message,
        "Input \"x\" does not fit: it must have at least 20 characters."
    );
}

#[test]
fn ciphertext_of_a_client_is_taken_for_any_type() {
    let input = json!({"type": "object", "encryption": {"algorithm": "client-side", "key": "k"}});
    assert_eq!(message(input, json!("bm9uc2Vuc2U=")), None);
}

#[test]
fn rules_that_are_no_json_schema_are_refused_when_the_action_is_saved() {
    for input in [
        json!({"type": "string", "pattern": "("}),
        json!({"type": "string", "minLength": "two"}),
        json!({"type": "object", "required": true}),
        json!({"type": "object", "properties": {"a": {"$ref": "https://example.invalid/s"}}}),
    ] {
        let refusal = form(json!({"properties": {"x": input}})).unwrap_err();
        assert_eq!(refusal.code, Code::UserInputsSchemaInvalid);
        let start = "The rules of input \"x\" are no valid JSON Schema: ";
        assert!(refusal.message.starts_with(start), "{}", refusal.message);
    }
}

#[test]
fn a_pattern_that_backtracks_without_end_is_given_up_on() {
    let input = json!({"type": "string", "pattern": "^(?=(a+)+$)b"});
    let value = json!("a".repeat(60) + "!");
    assert!(message(input, value).is_some());
}

#[test]
fn a_compiled_form_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<InputSchema>();
}
