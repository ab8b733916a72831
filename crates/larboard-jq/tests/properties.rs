//! Properties that hold for every value: how values print, read, convert, compare and sort.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

use std::time::Duration;

use larboard_jq::{Limits, Options, Program, Run, Val};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(if n.is_finite() { n } else { 0.5 })),
        (-5i8..5).prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        "[ab\\\\\"\n\u{0}]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-d]{0,2}", inner), 0..6)
                .prop_map(|entries| { Value::Object(entries.into_iter().collect()) }),
        ]
    })
}

fn run(text: &str, input: &Value) -> Val {
    let program = Program::compile(text, &Options::default()).expect("a program");
    let limits = Limits::default();
    let run = Run::new(&limits, Duration::ZERO);
    let output = program.first(Val::from(input), &run).expect("no error");
    output.expect("an output")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_value_converts_there_and_back(value in value()) {
        let val = Val::from(&value);
        let back = Value::from(&val);
        prop_assert_eq!(&Val::from(&back), &val);
        // Keys keep their order, integers their digits.
        prop_assert_eq!(Val::parse(&value.to_string()).expect("JSON"), Val::parse(&back.to_string()).expect("JSON"));
    }

    #[test]
    fn a_value_prints_and_reads_as_itself(value in value()) {
        let val = Val::from(&value);
        let text = val.to_string();
        prop_assert_eq!(&Val::parse(&text).expect("JSON"), &val);
        prop_assert_eq!(run("tojson | fromjson", &value), val);
        let read: Value = serde_json::from_str(&text).expect("JSON for everyone");
        prop_assert_eq!(read.is_object(), value.is_object());
    }

    #[test]
    fn a_path_is_what_is_found_there(value in value()) {
        let holds = run("[paths as $p | [getpath($p)] == [path(getpath($p)) as $q | getpath($q)]] | all", &value);
        prop_assert_eq!(holds, Val::from(true));
        prop_assert_eq!(run("[leaf_paths as $p | {p: $p, v: getpath($p)}] | length > -1", &value), Val::from(true));
        prop_assert_eq!(run("fromstream(tostream)", &value), Val::from(&value));
    }

    #[test]
    fn writing_what_is_there_changes_nothing(value in value()) {
        let val = Val::from(&value);
        prop_assert_eq!(&run(". as $v | reduce paths as $p (.; setpath($p; $v | getpath($p)))", &value), &val);
        prop_assert_eq!(&run("walk(.)", &value), &val);
        prop_assert_eq!(&run("(.. | select(false)) |= error", &value), &val);
    }

    #[test]
    fn values_have_one_order(a in value(), b in value(), c in value()) {
        let three = json!([a, b, c]);
        // One of less, equal and greater; and smaller than smaller is smaller.
        let one = "[.[0] < .[1], .[0] == .[1], .[0] > .[1]] | map(select(.)) | length == 1";
        prop_assert_eq!(run(one, &three), Val::from(true));
        let chain = "if .[0] <= .[1] and .[1] <= .[2] then .[0] <= .[2] else true end";
        prop_assert_eq!(run(chain, &three), Val::from(true));
        let sorted = run("sort | .[0] <= .[1] and .[1] <= .[2] and . == (reverse | sort)", &three);
        prop_assert_eq!(sorted, Val::from(true));
        prop_assert_eq!(run("(unique | length) <= length and (map([.]) | unique_by(.)) == (unique | map([.]))", &three), Val::from(true));
        prop_assert_eq!(run("(group_by(.) | add) == sort and (min == sort[0]) and max == sort[-1]", &three), Val::from(true));
    }

    #[test]
    fn texts_come_apart_and_together(text in "\\PC{0,12}", separator in "\\PC{1,2}") {
        let input = json!([text, separator]);
        prop_assert_eq!(run(". as [$t, $s] | $t | split($s) | join($s)", &input), Val::from(text.as_str()));
        let input = json!(text);
        for both in ["explode | implode", "@base64 | @base64d", "@uri | @urid", "@json | fromjson"] {
            prop_assert_eq!(run(both, &input), Val::from(text.as_str()), "{}", both);
        }
        prop_assert_eq!(run("length == (explode | length) and utf8bytelength >= length", &input), Val::from(true));
    }
}
