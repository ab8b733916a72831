//! The public face of the engine: programs, caches, variables, dialects, errors.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

use std::borrow::Cow;
use std::time::Duration;

use larboard_jq::{Cache, CacheStats, Dialect, Limits, Options, Program, Run, RunError, Val};
use serde_json::{Value, json};

const NOW: Duration = Duration::from_millis(1_700_000_000_250);

fn compile(text: &str) -> Program {
    Program::compile(text, &Options::default()).expect("a program")
}

fn first(program: &Program, input: &Value) -> Result<Option<Value>, RunError> {
    let limits = Limits::default();
    let first = program.first_value(input, &Run::new(&limits, NOW))?;
    Ok(first.map(Cow::into_owned))
}

#[test]
fn programs_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Program>();
    let program = compile("[.[] | test(\"a+\")]");
    let threads = [0; 4].map(|_| {
        let program = program.clone();
        std::thread::spawn(move || first(&program, &json!(["aa", "b"])))
    });
    for thread in threads {
        assert_eq!(
            thread.join().expect("a thread"),
            Ok(Some(json!([true, false])))
        );
    }
}

#[test]
fn a_cache_compiles_each_text_once_and_keeps_only_so_many() {
    let cache = Cache::new(4, Options::default());
    for _ in 0..100 {
        for text in [".a", ".b + 1", "[.[]]"] {
            cache.get(text).expect("a program");
        }
    }
    let steady = CacheStats {
        hits: 297,
        compiles: 3,
        kept: 3,
    };
    assert_eq!(cache.stats(), steady);
    for n in 0..50 {
        cache.get(&format!(". + {n}")).expect("a program");
        assert!(cache.stats().kept <= 4);
    }
    cache.get("(").expect_err("no program");
    assert!(cache.stats().kept <= 4);
}

#[test]
fn a_plain_path_is_looked_up_without_a_copy() {
    let input = json!({"inputs": {"tags": ["a", "b"]}});
    let program = compile(".inputs.tags[-1]");
    assert!(program.is_plain());
    let limits = Limits {
        fuel: 0,
        ..Limits::default()
    };
    let found = program.first_value(&input, &Run::new(&limits, NOW));
    match found.expect("no step is needed") {
        Some(Cow::Borrowed(found)) => assert!(std::ptr::eq(found, &input["inputs"]["tags"][1])),
        other => assert_eq!(other, None, "it was copied"),
    }
    // Where a path is an error, it is jq's.
    let error = first(&compile(".inputs.tags.a"), &input).expect_err("an error");
    assert_eq!(error.to_string(), "Cannot index array with string (\"a\")");
    assert!(!compile(".a // 1").is_plain());
    // What is looked up is what the evaluator finds, to the kind of number.
    for number in [
        "19007199254740993.0",
        "1e20",
        "1.0",
        "-0.0",
        "18446744073709551615",
        "-9223372036854775808",
        "1e300",
    ] {
        let input: Value = serde_json::from_str(number).expect("a number");
        assert_eq!(
            first(&compile("."), &input),
            first(&compile("first(.)"), &input),
            "{number}"
        );
    }
}

#[test]
fn variables_are_given_in_order() {
    let options = Options {
        vars: vec!["a".to_owned(), "b".to_owned()],
        ..Options::default()
    };
    let program = Program::compile("[$a, $b, (1 as $b | $b)]", &options).expect("a program");
    let limits = Limits::default();
    let run = Run::new(&limits, NOW);
    let vars = [Val::from("x")];
    let output = program
        .first(Val::Null, &run.with_vars(&vars))
        .expect("no error");
    assert_eq!(
        output.map(|v| v.to_string()).as_deref(),
        Some(r#"["x",null,1]"#)
    );
}

#[test]
fn what_nobody_asks_for_is_not_evaluated() {
    assert_eq!(
        first(&compile("1, error(\"late\")"), &json!(null)),
        Ok(Some(json!(1)))
    );
    assert_eq!(first(&compile("empty"), &json!(null)), Ok(None));
    let limits = Limits::default();
    let all = compile("1, error(\"late\")").all(Val::Null, &Run::new(&limits, NOW));
    assert_eq!(all, Err(RunError::Raised(Val::from("late"))));
}

#[test]
fn time_is_a_parameter() {
    assert_eq!(
        first(&compile("now"), &json!(null)),
        Ok(Some(json!(1_700_000_000.25)))
    );
    assert_eq!(
        first(&compile("now | todate"), &json!(null)),
        Ok(Some(json!("2023-11-14T22:13:20Z")))
    );
}

#[test]
fn errors_of_a_text_say_where_and_what() {
    let error = |text: &str| Program::compile(text, &Options::default()).expect_err(text);
    for (text, position, part) in [
        (".a +", 4, "found the end where an expression was expected"),
        ("é | .a b", 0, "unexpected character 'é'"),
        ("\"é\" | .a b", 9, "found `b`"),
        ("1 | foo(2)", 4, "foo/1 is not defined"),
        ("map", 0, "there is map/1"),
        ("[1 | $x]", 5, "$x is not defined"),
        ("break $out", 0, "no label $out"),
        ("{1: 2}", 1, "a key"),
        ("\"a", 0, "does not end"),
        ("1 == 2 == 3", 7, "cannot be chained"),
        ("'a'", 0, "single quotes"),
        ("input", 0, "not available here"),
        ("halt", 0, "cannot end its host"),
        ("import \"a\" as a; 1", 0, "no modules"),
    ] {
        let error = error(text);
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
    assert_eq!(
        error("1 |").to_string(),
        "found the end where an expression was expected at character 4"
    );
}

#[test]
fn the_portal_dialect_has_single_quotes() {
    let portal = Options {
        dialect: Dialect::Portal,
        ..Options::default()
    };
    let input = json!({"a": {"b-c": 1}, "n": "x"});
    for (text, expected) in [
        (".a.'b-c'", json!(1)),
        ("'it\\'s ' + .n", json!("it's x")),
        ("\"it's\"", json!("it's")),
        ("'\\(.n)!'", json!("x!")),
        ("{'k': 'v'}", json!({"k": "v"})),
        ("if .n == 'x' then \"a\" else 'b' end", json!("a")),
    ] {
        let program = Program::compile(text, &portal).expect(text);
        assert_eq!(first(&program, &input), Ok(Some(expected)), "{text}");
    }
}

#[test]
fn what_fuzzing_and_containment_found_stays_fixed() {
    // Each crashed, ran away or differed once.
    for (text, expected) in [
        (
            "reduce range(60) as $i (1; [., .]) | [., 1, 2] | .[0] = 3 | length",
            json!(3),
        ),
        (
            "reduce range(70) as $i (1; [., .]) | [., .] | .[0] = 1 | length",
            json!(2),
        ),
        ("[range(2000) | try error catch .] | length", json!(2000)),
        (
            "[limit(2000; repeat(try ([1] | walk(error(\"x\"))) catch 1))] | length",
            json!(2000),
        ),
        (
            "[limit(1000; repeat(try (. * 1) catch 1))] | add",
            json!(1000),
        ),
        ("-1e308 * 10 | log", json!(null)),
        (
            r#""b" | try test("(?<n>a|b\\g<n>I|b\\g<n>Q)") catch 1"#,
            json!(1),
        ),
        (r#""bbacc" | test("^(?<n>a|b\\g<n>c)$")"#, json!(true)),
        ("[nan] | sort | length", json!(1)),
        ("[nan, nan, 1, nan] | sort | length", json!(4)),
    ] {
        assert_eq!(
            first(&compile(text), &json!(null)),
            Ok(Some(expected)),
            "{text}"
        );
    }
}
