//! The rules around expressions, each with what it takes and what it refuses.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Plain paths, and `empty` for an expression without a result.
struct WithEmpty;

impl Evaluate for WithEmpty {
    fn eval(&self, expression: &str, context: &Value) -> Result<Option<Value>, EvalError> {
        match expression {
            "empty" => Ok(None),
            other => PlainPaths.eval(other, context),
        }
    }
}

fn context() -> Value {
    json!({
        "inputs": {
            "name": "svc", "count": 3, "ratio": 1.0, "tags": ["a", "b"], "none": null,
            "config": {"b": 1, "a": 2}, "flag": true, "empty": ""
        },
        "run": {"id": "r_1"},
        "secrets": {"TOKEN": "s3cret", "na-me": "s3cond"}
    })
}

fn render(source: Value) -> Result<Value, String> {
    render_as(source, Redaction::Reveal)
}

fn render_as(source: Value, redaction: Redaction) -> Result<Value, String> {
    Template::parse("body", &source)
        .and_then(|template| template.render(&WithEmpty, &context(), redaction))
        .map_err(|error| format!("{}: {}", error.place, error.message))
}

#[test]
fn what_is_no_template_passes_through() {
    for value in [
        json!(null),
        json!(1.0),
        json!("plain { text }"),
        json!({"a": [1, {"b": "c"}], "": ""}),
    ] {
        assert_eq!(render(value.clone()), Ok(value));
    }
}

#[test]
fn an_expression_that_is_the_whole_string_keeps_its_type() {
    for (source, expected) in [
        ("{{ .inputs.count }}", json!(3)),
        ("{{.inputs.tags}}", json!(["a", "b"])),
        ("  {{ .inputs.config }}  ", json!({"b": 1, "a": 2})),
        ("{{ .inputs.none }}", json!(null)),
        ("{{ .inputs.missing }}", json!(null)),
        ("{{ .inputs.flag }}", json!(true)),
        ("{{ .inputs.name }}", json!("svc")),
    ] {
        assert_eq!(render(json!(source)), Ok(expected), "{source}");
    }
}

#[test]
fn an_expression_within_text_is_written_as_javascript_would() {
    for (source, expected) in [
        ("deploy {{ .inputs.name }}!", "deploy svc!"),
        ("{{ .inputs.name }}-{{ .run.id }}", "svc-r_1"),
        ("n={{ .inputs.count }} r={{ .inputs.ratio }}", "n=3 r=1"),
        (
            "{{ .inputs.tags }} {{ .inputs.config }}",
            "[\"a\",\"b\"] {\"b\":1,\"a\":2}",
        ),
        ("<{{ .inputs.none }}|{{ .inputs.missing }}>", "<null|null>"),
        ("<{{ empty }}>", "<undefined>"),
    ] {
        assert_eq!(render(json!(source)), Ok(json!(expected)), "{source}");
    }
}

#[test]
fn an_expression_without_a_result_leaves_its_key_out_and_is_null_in_a_list() {
    assert_eq!(
        render(json!({"a": "{{ empty }}", "b": 1})),
        Ok(json!({"b": 1}))
    );
    assert_eq!(render(json!(["{{ empty }}", 1])), Ok(json!([null, 1])));
    assert_eq!(render(json!("{{ empty }}")), Ok(json!(null)));
}

#[test]
fn keys_are_templates_and_an_empty_one_drops_its_entry() {
    assert_eq!(
        render(json!({
            "{{ .inputs.name }}": 1,
            "x-{{ .run.id }}": 2,
            "{{ .inputs.none }}": 3,
            "{{ .inputs.empty }}": 4,
            "{{ empty }}": 5
        })),
        Ok(json!({"svc": 1, "x-r_1": 2}))
    );
    assert_eq!(
        render(json!({"{{ .inputs.count }}": 1})),
        Err(
            "body.{{ .inputs.count }}: the key evaluates to 3; it must be a string, or null to \
             drop the entry"
                .into()
        )
    );
}

#[test]
fn a_spread_value_merges_into_its_parent_in_place() {
    let rendered = render(json!({
        "first": 0, "a": 0, "{{ spreadValue() }}": "{{ .inputs.config }}", "b": 9
    }));
    assert_eq!(
        rendered.unwrap().to_string(),
        json!({"first": 0, "a": 2, "b": 9}).to_string()
    );
    assert_eq!(
        render(json!({"{{spreadValue()}}": {"x": "{{ .run.id }}"}})),
        Ok(json!({"x": "r_1"}))
    );
    assert_eq!(
        render(json!({"{{ spreadValue() }}": "{{ .inputs.tags }}"})),
        Ok(json!({"0": "a", "1": "b"}))
    );
    for (source, text) in [("{{ .inputs.none }}", "null"), ("text", "\"text\"")] {
        assert_eq!(
            render(json!({"{{ spreadValue() }}": source})),
            Err(format!(
                "body.{{{{ spreadValue() }}}}: it is spread and must be an object, but evaluates \
                 to {text}"
            ))
        );
    }
}

#[test]
fn an_error_names_the_place_the_expression_and_the_index() {
    assert_eq!(
        render(json!({"a": [{"b": "é {{ .inputs.name | length }}"}]})),
        Err(
            "body.a[0].b: only plain paths such as .inputs.name are supported yet (in \
             \".inputs.name | length\", index 17)"
                .into()
        )
    );
    assert_eq!(
        render(json!("x {{ .inputs.name.first }}")),
        Err("body: a string has no key \"first\" (in \".inputs.name.first\", index 5)".into())
    );
    assert_eq!(
        render(json!(["a }}"])),
        Err("body[0]: double braces close at index 2 without having been opened".into())
    );
}

#[test]
fn an_error_is_the_documented_refusal() {
    let error = Template::parse("invocationMethod.url", &json!("{{ .a")).unwrap_err();
    let refusal = Refusal::from(error);
    assert_eq!(refusal.code, Code::EvaluateInvocationMethodError);
    assert_eq!(
        refusal.message,
        "\"invocationMethod.url\": double braces open at index 0 and are not closed."
    );
}

#[test]
fn secrets_are_filled_in_for_the_request_and_struck_out_of_what_is_kept() {
    let source = json!({
        "headers": {"Authorization": "Bearer {{ .secrets.TOKEN }}"},
        "other": "{{ .secrets[\"na-me\"] }}",
        "all": "{{ .secrets }}",
        "name": "{{ .inputs.name }}"
    });
    assert_eq!(
        render(source.clone()),
        Ok(json!({
            "headers": {"Authorization": "Bearer s3cret"},
            "other": "s3cond",
            "all": {"TOKEN": "s3cret", "na-me": "s3cond"},
            "name": "svc"
        }))
    );
    assert_eq!(
        render_as(source, Redaction::Redact),
        Ok(json!({
            "headers": {"Authorization": "Bearer ***"},
            "other": "***",
            "all": {"TOKEN": "***", "na-me": "***"},
            "name": "svc"
        }))
    );
}

#[test]
fn a_template_tells_whether_it_may_read_secrets() {
    for (source, expected) in [
        (json!({"a": "{{ .inputs.name }}", "b": "secrets"}), false),
        (json!({"a": ["{{ .secrets.TOKEN }}"]}), true),
        (json!({"{{ .secrets.TOKEN }}": 1}), true),
        (json!("all: {{ . }}"), true),
    ] {
        let template = Template::parse("body", &source).unwrap();
        assert_eq!(template.may_read_secrets(&PlainPaths), expected, "{source}");
    }
}

proptest! {
    #[test]
    fn text_without_double_braces_is_literal(text in "[^{}]{0,20}([{}][^{}]{1,5}){0,4}") {
        prop_assert_eq!(render(json!(text.clone())), Ok(json!(text)));
    }

    #[test]
    fn no_document_makes_parsing_or_rendering_panic(
        key in "[{} a.]{0,12}", text in "(\\{\\{|\\}\\}|\\.inputs|\\.|'|\"|\\[0\\]|spreadValue\\(\\)|\\\\|é| ){0,12}"
    ) {
        let _ = render(json!({ key: [text.clone()], text.clone(): text }));
    }
}
