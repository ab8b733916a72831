//! The rules around expressions, each with what it takes and what it refuses, and what of a result may be shown.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::time::Timestamp;

fn context() -> Value {
    json!({
        "inputs": {
            "name": "svc", "count": 3, "ratio": 1.0, "tags": ["a", "b"], "none": null,
            "config": {"b": 1, "a": 2}, "flag": true, "empty": "", "it's": "apostrophe"
        },
        "run": {"id": "r_1"},
        "secrets": {"TOKEN": "s3cret-token", "na-me": "s3cond-token"}
    })
}

fn rendered(source: &Value) -> Result<Rendered, TemplateError> {
    let mut meter = Meter::new(&TemplateLimits::default(), Timestamp::from_millis(0), None);
    Template::parse("body", source)?.render(&Scope::new(&context()), &mut meter)
}

fn render(source: Value) -> Result<Value, String> {
    rendered(&source)
        .map(|rendered| rendered.sent)
        .map_err(|error| format!("{}: {}", error.place, error.message))
}

#[test]
fn what_is_no_template_passes_through() {
    for value in [
        json!(null),
        json!(1.0),
        json!("plain { text }"),
        json!({"a": [1, {"b": "c"}]}),
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
        ("\n{{\n.inputs.config\n}}\n", json!({"b": 1, "a": 2})),
        ("{{ .inputs.none }}", json!(null)),
        ("{{ .inputs.missing }}", json!(null)),
        ("{{ .inputs.flag }}", json!(true)),
        ("{{ .inputs.name }}", json!("svc")),
        ("{{ .inputs.tags | length > 1 }}", json!(true)),
        ("{{ .inputs.tags[] }}", json!("a")),
        ("{{ if .entity == {} then null else 1 end }}", json!(1)),
        ("{{ {a: .inputs.count} }}", json!({"a": 3})),
        ("{{ env | length }}", json!(0)),
        ("{{ $ENV | length }}", json!(0)),
    ] {
        assert_eq!(render(json!(source)), Ok(expected), "{source}");
    }
}

#[test]
fn single_quotes_are_strings_and_an_apostrophe_in_a_string_is_one() {
    for (source, expected) in [
        ("{{ 'prod' }}", json!("prod")),
        ("{{ .inputs.name == 'svc' }}", json!(true)),
        ("{{ .inputs | has('name') }}", json!(true)),
        ("{{ .secrets.'na-me' | length }}", json!(12)),
        ("{{ .inputs['name'] }}", json!("svc")),
        ("{{ .inputs.\"it's\" }}", json!("apostrophe")),
        ("{{ \"it's \" + .inputs.name }}", json!("it's svc")),
        ("{{ 'say \"' + .inputs.name + '\"' }}", json!("say \"svc\"")),
        ("{{ \"}}\" }}", json!("}}")),
        ("{{ '{{' + \"}}\" }}", json!("{{}}")),
        ("{{ \"a\\\"}}\" }}", json!("a\"}}")),
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
        ("<{{ .inputs.tags[] }}>", "<a>"),
        (
            "<{{ 10 / 4 }} {{ 1e300 * 1e10 }}>",
            "<2.5 1.7976931348623157e+308>",
        ),
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
            "{{ empty }}": 5,
            "": 6,
            "{{ if .inputs.flag then \"on\" else null end }}": 7,
            "{{ if .inputs.flag then null else \"off\" end }}": "{{ error(\"never evaluated\") }}"
        })),
        Ok(json!({"svc": 1, "x-r_1": 2, "on": 7}))
    );
    assert_eq!(
        render(json!({"{{ .inputs.count }}": 1})),
        Err("body.{{ .inputs.count }}: the key evaluates to 3; it must be a string, or null to drop the entry".into())
    );
}

#[test]
fn a_spread_value_merges_into_its_parent_in_place_in_every_spelling() {
    let rendered = render(json!({
        "first": 0, "a": 0, "{{ spreadValue() }}": "{{ .inputs.config }}", "b": 9
    }));
    assert_eq!(
        rendered.unwrap().to_string(),
        json!({"first": 0, "a": 2, "b": 9}).to_string()
    );
    for key in [
        "{{spreadValue()}}",
        "{{ spreadValue() }}",
        "{{   spreadValue(  )   }}",
        "{{\tspreadValue()\n}}",
        " {{ spreadValue() }} ",
    ] {
        assert_eq!(
            render(json!({key: {"x": "{{ .run.id }}"}})),
            Ok(json!({"x": "r_1"})),
            "{key:?}"
        );
    }
    assert_eq!(
        render(
            json!({"{{ spreadValue() }}": {"a": 1, "b": 1}, "{{spreadValue()}}": {"b": 2, "c": 2}})
        ),
        Ok(json!({"a": 1, "b": 2, "c": 2}))
    );
    assert_eq!(
        render(json!({"{{ spreadValue() }}": "{{ .inputs.tags }}"})),
        Ok(json!({"0": "a", "1": "b"}))
    );
    for (source, text) in [
        ("{{ .inputs.none }}", "null"),
        ("text", "\"text\""),
        ("{{ empty }}", "nothing"),
    ] {
        assert_eq!(
            render(json!({"{{ spreadValue() }}": source})),
            Err(format!(
                "body.{{{{ spreadValue() }}}}: it is spread and must be an object, but evaluates to {text}"
            ))
        );
    }
    assert!(render(json!({"{{ spreadValues() }}": {}})).is_err());
}

#[test]
fn braces_that_do_not_match_are_refused_with_their_index() {
    for (source, message) in [
        (
            "a }}",
            "double braces close at index 2 without having been opened",
        ),
        ("{{ .a", "double braces open at index 0 and are not closed"),
        (
            "{{ .a {{ .b }}",
            "double braces open at index 6 inside those opened at index 0",
        ),
        (
            "{{ {a: {b: 1}} }}",
            "double braces close at index 15 without having been opened",
        ),
    ] {
        assert_eq!(
            render(json!([source])),
            Err(format!("body[0]: {message}")),
            "{source}"
        );
        assert!(render(json!({source: 1})).is_err(), "{source} as a key");
    }
    let error = render(json!("{{{a:1}}}")).unwrap_err();
    assert!(error.contains("need a space between them"), "{error}");
}

#[test]
fn an_error_names_the_place_the_expression_and_the_index() {
    let error = render(json!({"a": [{"b": "é {{ .inputs.name | nosuch }}"}]})).unwrap_err();
    assert!(error.starts_with("body.a[0].b: "), "{error}");
    assert!(
        error.ends_with("(in \".inputs.name | nosuch\", index 20)"),
        "{error}"
    );
    let error = rendered(&json!("x {{ .inputs.name | }}")).unwrap_err();
    assert!(error.index.is_some(), "{error:?}");
    let error = render(json!("x {{ .inputs.name.first }}")).unwrap_err();
    assert!(error.contains("Cannot index string with"), "{error}");
    assert!(
        error.ends_with("(in \".inputs.name.first\", index 5)"),
        "{error}"
    );
    assert_eq!(
        render(json!("{{ error(\"no region\") }}")),
        Err("body: no region (in \"error(\\\"no region\\\")\", index 3)".into())
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
        "made": "{{ {name: .inputs.name, auth: (\"Bearer \" + .secrets.TOKEN)} }}",
        "name": "{{ .inputs.name }}"
    });
    let rendered = rendered(&source).unwrap();
    assert_eq!(
        rendered.sent,
        json!({
            "headers": {"Authorization": "Bearer s3cret-token"},
            "other": "s3cond-token",
            "all": {"TOKEN": "s3cret-token", "na-me": "s3cond-token"},
            "made": {"name": "svc", "auth": "Bearer s3cret-token"},
            "name": "svc"
        })
    );
    assert_eq!(
        rendered.shown,
        json!({
            "headers": {"Authorization": "Bearer ***"},
            "other": "***",
            "all": {"TOKEN": "***", "na-me": "***"},
            "made": {"name": "svc", "auth": "Bearer ***"},
            "name": "svc"
        })
    );
    assert_eq!(
        rendered.derived,
        ["Bearer s3cret-token", "s3cond-token", "s3cret-token"]
    );
}

#[test]
fn what_is_decided_by_a_secret_or_made_of_one_is_shown_as_struck_out() {
    for (source, sent) in [
        (
            "{{ if .secrets.TOKEN == \"s3cret-token\" then {big: [1]} else \"no\" end }}",
            json!({"big": [1]}),
        ),
        ("{{ .secrets.TOKEN | length }}", json!(12)),
        ("{{ .secrets.TOKEN | ascii_upcase }}", json!("S3CRET-TOKEN")),
        (
            "{{ .secrets.TOKEN[2:6] | tojson | fromjson }}",
            json!("cret"),
        ),
        ("{{ .secrets.TOKEN | @base64 }}", json!("czNjcmV0LXRva2Vu")),
        (
            "{{ .secrets.TOKEN | capture(\"(?<a>cret)\").a }}",
            json!("cret"),
        ),
        (
            "{{ [.secrets | to_entries[] | .value | explode | add] }}",
            json!([1186, 1176]),
        ),
        (
            "{{ reduce (.secrets.TOKEN | explode[]) as $c (\"\"; . + ([$c] | implode)) }}",
            json!("s3cret-token"),
        ),
        ("{{ [..] | last }}", json!("s3cond-token")),
        ("{{ def f: .secrets; f.TOKEN }}", json!("s3cret-token")),
        (
            "{{ try error(.secrets.TOKEN) catch . }}",
            json!("s3cret-token"),
        ),
    ] {
        let whole = rendered(&json!(source)).unwrap();
        assert_eq!(
            (whole.sent.clone(), whole.shown),
            (sent, json!("***")),
            "{source}"
        );
        let within = rendered(&json!(format!("<{source}>"))).unwrap();
        assert_eq!(within.shown, json!("<***>"), "{source}");
    }
}

#[test]
fn keys_and_spread_values_that_come_from_secrets_are_struck_out() {
    let rendered = rendered(&json!({
        "{{ .secrets.TOKEN }}": 1,
        "{{ spreadValue() }}": "{{ {name: .inputs.name, token: .secrets.TOKEN} }}",
        "{{ if (.secrets.TOKEN | length) > 3 then \"long\" else null end }}": "{{ .inputs.name }}",
        "{{ if (.secrets.TOKEN | length) > 99 then \"longer\" else null end }}": "{{ .inputs.name }}",
        "kept": 2
    }))
    .unwrap();
    assert_eq!(
        rendered.sent,
        json!({"s3cret-token": 1, "name": "svc", "token": "s3cret-token", "long": "svc", "kept": 2})
    );
    assert!(
        !rendered.shown.to_string().contains("s3c"),
        "{}",
        rendered.shown
    );
    assert_eq!(rendered.shown["name"], json!("svc"));
    assert_eq!(rendered.shown["kept"], json!(2));
    assert!(rendered.shown.get("long").is_none());
    let spread =
        self::rendered(&json!({"{{ spreadValue() }}": "{{ .secrets | map_values(length) }}"}))
            .unwrap();
    assert_eq!(spread.sent, json!({"TOKEN": 12, "na-me": 12}));
    assert_eq!(spread.shown, json!({"***": "***"}));
}

#[test]
fn no_error_shows_a_secret() {
    for source in [
        json!("{{ .secrets.TOKEN | tonumber }}"),
        json!("{{ .secrets.TOKEN.x }}"),
        json!("{{ .secrets.TOKEN + 1 }}"),
        json!("{{ .secrets | error }}"),
        json!("{{ error(.secrets.TOKEN) }}"),
        json!("{{ if .secrets.TOKEN | startswith(\"s3c\") then error(\"yes\") else 1 end }}"),
        json!({"{{ .secrets }}": 1}),
        json!({"{{ .secrets.TOKEN | length }}": 1}),
        json!({"{{ spreadValue() }}": "{{ .secrets.TOKEN }}"}),
        json!({"{{ spreadValue() }}": "{{ .secrets.TOKEN | length }}"}),
    ] {
        let error = rendered(&source).unwrap_err();
        for part in ["s3c", "yes\"", "12"] {
            assert!(
                !error
                    .message
                    .replace("startswith(\\\"s3c", "")
                    .contains(part),
                "{source}: {error:?}"
            );
        }
    }
}

#[test]
fn a_template_tells_whether_it_reads_secrets_and_whether_it_is_plain() {
    for (source, secrets, plain) in [
        (
            json!({"a": "{{ .inputs.name }}", "b": "secrets"}),
            false,
            true,
        ),
        (
            json!({"a": "{{ .inputs.tags | join(\",\") }}"}),
            false,
            false,
        ),
        (json!({"a": ["{{ .secrets.TOKEN }}"]}), true, true),
        (json!({"{{ .secrets.TOKEN }}": 1}), true, true),
        (json!("all: {{ . }}"), true, true),
        (json!("text"), false, true),
    ] {
        let template = Template::parse("body", &source).unwrap();
        assert_eq!(
            (template.reads_secrets(), template.is_plain()),
            (secrets, plain),
            "{source}"
        );
    }
}

#[test]
fn all_expressions_of_a_template_share_its_limits() {
    let limits = TemplateLimits {
        fuel: 20_000,
        output: 400,
        ..TemplateLimits::default()
    };
    let render = |source: Value| {
        let template = Template::parse("body", &source).unwrap();
        let mut meter = Meter::new(&limits, Timestamp::from_millis(0), None);
        let error = template.render(&Scope::new(&context()), &mut meter).err();
        assert!(meter.fuel <= limits.fuel, "{}", meter.fuel);
        error.map(|error| (error.limit, error.place))
    };
    let work = "{{ [range(1000)] | length }}";
    assert_eq!(render(json!([work])), None);
    let (limit, place) = render(json!(vec![work; 30])).unwrap();
    assert!(limit && place.starts_with("body["), "{place}");
    assert_eq!(render(json!([format!("{{{{ \"x\" * 300 }}}}")])), None);
    assert_eq!(
        render(json!(vec!["{{ \"x\" * 300 }}"; 2])).map(|e| e.0),
        Some(true)
    );
    let error = render(json!("{{ last(range(1e12)) }}")).unwrap();
    assert!(error.0);
}

proptest! {
    #[test]
    fn text_without_double_braces_is_literal(text in "[^{}]{0,20}([{}][^{}]{1,5}){0,4}") {
        prop_assert_eq!(render(json!(text.clone())), Ok(json!(text)));
    }

    #[test]
    fn no_document_makes_parsing_or_rendering_panic(
        key in "[{} a.]{0,12}", text in "(\\{\\{|\\}\\}|\\.inputs|\\.|'|\"|\\[0\\]|spreadValue\\(\\)|\\\\|é| |\\|){0,12}"
    ) {
        let _ = render(json!({ key: [text.clone()], text.clone(): text }));
    }

    /// Whatever an expression makes of a secret, what is shown is the same for any other secret.
    #[test]
    fn what_is_shown_does_not_depend_on_the_secret(
        parts in proptest::collection::vec(0..EXPRESSIONS.len(), 1..4),
        secret in "[a-z]{6,12}",
    ) {
        let source = json!(parts.iter().map(|part| EXPRESSIONS[*part]).collect::<Vec<_>>());
        let template = Template::parse("body", &source).unwrap();
        let shown = |secret: &str| {
            let mut context = context();
            context["secrets"]["TOKEN"] = json!(secret);
            let mut meter = Meter::new(&TemplateLimits::default(), Timestamp::from_millis(0), None);
            template.render(&Scope::new(&context), &mut meter).map(|rendered| rendered.shown)
        };
        prop_assert_eq!(shown(&secret), shown("another"));
    }
}

const EXPRESSIONS: &[&str] = &[
    "{{ .secrets.TOKEN }}",
    "<{{ .secrets.TOKEN }}>",
    "{{ .secrets.TOKEN < \"m\" }}",
    "{{ [.secrets[] | length] }}",
    "{{ {(.secrets.TOKEN): .inputs.name} }}",
    "{{ .secrets.TOKEN // \"none\" }}",
    "{{ if .secrets.TOKEN | test(\"[aeiou]\") then .inputs.name else .run.id end }}",
    "{{ .inputs + .secrets }}",
    "{{ . }}",
    "{{ tojson }}",
    "{{ \"\\(.secrets.TOKEN)-\\(.inputs.name)\" }}",
];
