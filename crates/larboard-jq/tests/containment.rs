//! Hostile programs: each ends with a limit, within it, and nothing else happens. What is asserted are steps and bytes, never
//! the clock.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails the test"
)]

use std::time::Duration;

use larboard_jq::{LimitKind, Limits, Options, Program, Run, RunError, Spent, Val};

/// Small, so that the tests are quick in debug builds too.
fn limits() -> Limits {
    Limits {
        fuel: 200_000,
        memory: 4 << 20,
        output: 1 << 20,
        regex_backtracks: 20_000,
        ..Limits::default()
    }
}

fn run(text: &str) -> (Spent, Result<usize, RunError>) {
    let limits = limits();
    let program = Program::compile(text, &Options::default()).expect("a program");
    let mut outputs = 0;
    let (spent, outcome) = program.run(Val::Null, &Run::new(&limits, Duration::ZERO), &mut |_| {
        outputs += 1;
        true
    });
    assert!(spent.fuel <= limits.fuel, "{text} used {spent:?}");
    assert!(spent.memory <= limits.memory, "{text} used {spent:?}");
    assert!(spent.depth <= limits.depth, "{text} used {spent:?}");
    (spent, outcome.map(|()| outputs))
}

#[track_caller]
fn ends_with(text: &str, expected: &[LimitKind]) -> Spent {
    let (spent, outcome) = run(text);
    match outcome {
        Err(RunError::Limit(found)) if expected.contains(&found) => {}
        other => panic!("{text} ended with {other:?} after {spent:?}"),
    }
    if expected == [Output] {
        return spent;
    }
    // Nothing in the language stops a limit.
    for wrapped in [
        format!("try ({text}) catch 1"),
        format!("({text})?"),
        format!("({text}) // 1"),
        format!("first(({text}), 1)"),
        format!("[.[]?, ({text})] | length"),
        format!("label $out | ({text})"),
        format!(". as [$a] ?// $a | ({text})"),
    ] {
        let (_, outcome) = run(&wrapped);
        let stopped = matches!(outcome, Err(RunError::Limit(_))) || wrapped.starts_with("first");
        assert!(stopped, "{wrapped} ended with {outcome:?}");
    }
    spent
}

use LimitKind::{Depth, Fuel, Memory, Nesting, Output, Regex};

#[test]
fn endless_loops_use_up_the_fuel() {
    for text in [
        "def f: f; f",
        "def f: .+1 | f; 0 | f",
        "def f: if . then f else . end; 1 | f",
        "def f($x): f($x + 1); f(0)",
        "def f(g): f(g); f(1)",
        "def f: def g: f; g; f",
        "last(repeat(1))",
        "last(range(1e18))",
        "last(range(0; 1; 1e-18))",
        "last(recurse(. ))",
        "until(false; .)",
        "last(while(true; .))",
        "isempty(repeat(empty))",
        "reduce range(1e18) as $i (0; . + $i)",
        "last(foreach range(1e18) as $i (0; . + $i))",
        "last(limit(1e18; repeat(1)))",
        "any(repeat(1); false)",
        "nth(1e17; range(1e18))",
        "label $out | repeat(empty), break $out",
        "[range(1000)] | combinations(10) | empty",
        "[range(500)] | sort_by([range(500)]) ",
        "last(range(nan))",
        "first(range(infinite) | select(. < 0))",
    ] {
        ends_with(text, &[Fuel, Memory]);
    }
}

#[test]
fn data_is_refused_before_it_is_made() {
    for text in [
        r#""x" * 1e9"#,
        r#""x" * 1e300"#,
        r#"1e9 * "abc""#,
        "null | .[5e8] = 1",
        "[] | .[500000000] = 1",
        "[] | setpath([1e8]; 1)",
    ] {
        let spent = ends_with(text, &[Memory]);
        assert!(spent.memory < 10_000, "{text} made {spent:?}");
    }
}

#[test]
fn growing_data_uses_up_the_memory() {
    for text in [
        "[repeat(1)]",
        "[limit(1e9; repeat(\"x\"))]",
        "[range(1e9)]",
        "reduce range(1e9) as $i (\"x\"; . + .)",
        "reduce range(1e9) as $i ([1]; . + .)",
        "reduce range(1e9) as $i ({}; .[$i | tostring] = 1)",
        "reduce range(1e9) as $i ([]; .[$i] = 1)",
        "[range(1e5)] | [.[] | tostring] | join(\"-\") | . * 1000",
        "(\"x\" * 1e6) | explode | implode | explode | implode",
        "(\"x\" * 1e6) | @base64 | @base64 | @base64 | @base64 | @base64",
        "(\"<\" * 1e6) | @html",
        "(\" \" * 1e6) | @uri | @uri",
        "(\"a,\" * 1e6) | split(\",\")",
        "(\"a\" * 1e6) / \"\"",
        "(\"a\" * 1e5) | [match(\"a\"; \"g\")]",
        "(\"a\" * 1e5) | gsub(\"a\"; \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\")",
        "(\"a\" * 1e6) | ltrimstr(\"a\") | ltrimstr(\"a\") | ltrimstr(\"a\") | ltrimstr(\"a\") | ltrimstr(\"a\")",
        "[range(1e4)] | [combinations(2)]",
        "[range(300)] | [.[] as $a | .[] as $b | .[] as $c | 1]",
        "(\"[\" + \"1,\" * 1e6 + \"1]\") | fromjson",
        "(\"a\" * 1e6) | [indices(\"a\")]",
        "def f(g): f(g | g); f(.)",
        "def f($x): [$x, $x] | f(.); f(1)",
        "def f: . as $x | [$x] | f; f",
        "[range(2000)] | transpose? , ([[range(2000)]] * 1 | transpose)?, ([range(2000) | [range(2000)]] | transpose)",
        "[splits(\"\"; null)?], ((\"a\" * 1e5) | [splits(\"\")])",
    ] {
        ends_with(text, &[Memory, Fuel, Depth, Nesting]);
    }
}

#[test]
fn values_that_share_parts_cost_what_they_show() {
    let tower = "reduce range(60) as $i (1; [., .])";
    for text in [
        tower.to_owned(),
        format!("{tower} | {{a: .}}"),
        format!("[{tower}, 1]"),
    ] {
        let spent = ends_with(&text, &[Output]);
        assert!(spent.memory < 100_000, "{text} made {spent:?}");
    }
    for text in [
        format!("{tower} | tojson"),
        format!("{tower} | tostring | length"),
        format!("{tower} | @json"),
        format!("{tower} | \"\\(.)\""),
        format!("{tower} | @base64"),
        format!("({tower}) == ({tower})"),
        format!("({tower}) < ({tower})"),
        format!("[({tower}), ({tower})] | sort | length"),
        format!("[({tower}), ({tower})] | unique | length"),
        format!("[({tower}), ({tower})] | group_by(.) | length"),
        format!("[{tower}] - [{tower}] | length"),
        format!("({tower}) as $x | ({tower}) | contains($x)"),
        format!("{tower} | flatten | length"),
        format!("[{tower} | ..] | length"),
        format!("[{tower} | paths] | length"),
        format!("[{tower} | tostream] | length"),
        format!("{tower} | walk(.) | length"),
        format!("{tower} | (.. |= .) | length"),
        format!("[{tower} | leaf_paths] | length"),
        format!("{tower} | del(..) | length, ([{tower}] | .. | length)"),
        "reduce range(60) as $i ({}; {a: ., b: .}) | tojson".to_owned(),
    ] {
        ends_with(&text, &[Fuel, Memory]);
    }
}

#[test]
fn nesting_ends_before_the_stack_does() {
    for text in [
        "reduce range(200000) as $i (null; [.])",
        "reduce range(200000) as $i (null; {a: .})",
        "reduce range(200000) as $i (null; . as $x | [] | .[0] = $x)",
        "null | setpath([range(5000) | 0]; 1)",
        "(\"[\" * 9000 + \"]\" * 9000) | fromjson",
        "last(recurse([.]))",
        "[limit(2000; recurse([.]))] | length",
        "path(last(recurse(.a)))",
        "[path(limit(5000; recurse(.a)))] | length",
        "null | getpath([range(5000) | \"a\"]) | [paths], path(getpath([range(5000) | \"a\"]))",
    ] {
        ends_with(text, &[Nesting, Depth, Fuel, Memory]);
    }
}

#[test]
fn recursion_ends_before_the_stack_does() {
    for text in [
        "def f: f + 1; f",
        "def f: [f]; f",
        "def f: {a: f}; f",
        "def f: -f; f",
        "def f: f, 1; f",
        "def f: f | f; f",
        "def f: \"\\(f)\"; f",
        "def f: (f | 1) // 1; f",
        "def f: if f then 1 else 2 end; f",
        "def f: try f catch 1; f | 1",
        "def f: try f catch f; f",
        "def f: reduce f as $x (0; 1); f",
        "def f: foreach f as $x (0; 1); f",
        "def f: f as $x | 1; f",
        "def f: f as [$x] | 1; f",
        "def f: first(f); f",
        "def f: limit(1; f); f",
        "def f: any(f; .); f",
        "def f: path(f); f",
        "def f: .a |= f; f",
        "def f: .a = f; f",
        "def f: .[f]; f",
        "def f: .[f:f]; f",
        "def f: map([1] | f); [1] | f",
        "def f: [1] | sort_by(f); f",
        "def f: walk(f); f",
        "def f: label $x | f; f",
        "def f: {(f): f}; f",
        "def f: f and f; f",
        "def f: \"a\" | sub(\"a\"; f); f",
        "def f: range(f; 1); f",
        "def f: recurse(f; f); f",
        "def f: until(f; f); f",
        "def f: getpath(f); f",
        "def f: error(f); f",
        "def f(g): g + f(g + g); f(1)",
        "def f(g): f(f(g)); f(1)",
        "def f: path(.. | f); f",
        "def f: path(if f then . else . end); f",
        "def f: del(f); f",
        "def f: pick(f); f",
        "def f: isempty(f); f",
    ] {
        ends_with(text, &[Depth, Fuel, Memory]);
    }
}

#[test]
fn a_thread_of_two_mebibytes_is_enough() {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        nesting_ends_before_the_stack_does();
        recursion_ends_before_the_stack_does();
        values_that_share_parts_cost_what_they_show();
        hostile_texts_are_refused();
        deep_values_are_compared_printed_and_dropped();
    });
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn deep_values_are_compared_printed_and_dropped() {
    let tower = "reduce range(990) as $i (null; [.])";
    for text in [
        format!("{tower} | tojson | fromjson | tojson | length"),
        format!("({tower}) == ({tower})"),
        format!("[({tower}), ({tower})] | unique | length"),
        format!("({tower}) as $x | ({tower}) | contains($x)"),
        format!("({tower}) < ({tower})"),
        tower.to_owned(),
    ] {
        let (_, outcome) = run(&text);
        outcome.unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let text = "[".repeat(999) + &"]".repeat(999);
    let value = Val::parse(&text).expect("a value");
    let json = serde_json::Value::from(&value);
    assert_eq!(Val::from(&json), value);
    assert_eq!(value.to_string(), text);
    Val::parse(&("[".repeat(200_000) + &"]".repeat(200_000))).expect_err("too deep");
}

#[test]
fn hostile_texts_are_refused() {
    let times = |text: &str, count: usize| text.repeat(count);
    for text in [
        times("(", 200_000),
        times("[", 200_000),
        times("{a:", 60_000),
        times("{(", 60_000),
        times("-", 200_000) + "1",
        times("\"\\(", 60_000),
        times("if ", 60_000),
        times("if 1 then ", 20_000),
        times("try ", 60_000),
        times("def f: ", 30_000),
        times("1 as $x | ", 20_000) + "1",
        times("1 as [", 40_000),
        times(". as [[[{a:[", 20_000),
        times("reduce ", 30_000),
        times("label $x | ", 20_000) + "1",
        times(".[", 100_000),
        times("f(", 100_000),
        times("1+", 100_000) + "1",
        times("1|", 100_000) + "1",
        times(".a", 100_000),
        times("1//", 60_000) + "1",
        times("?", 200_000),
        ".".to_owned() + &times("[0]", 60_000),
        ".".to_owned() + &times("?", 200_000),
        "if 1 then 1 ".to_owned() + &times("elif 1 then 1 ", 15_000) + "end",
        times("a", 300_000),
        times("1", 300_000),
        "\"".to_owned() + &times("x", 300_000) + "\"",
    ] {
        let error = Program::compile(&text, &Options::default()).expect_err("no program");
        assert!(!error.message.is_empty());
    }
    // Long, but flat.
    let long = format!("[{}1]", times("1,", 50_000));
    Program::compile(&long, &Options::default()).expect("a long array");
}

#[test]
fn regular_expressions_end() {
    for text in [
        r#"("a" * 40) | test("^(a|aa)+\\1b$")"#,
        r#"("ab" * 40) | test("(?=(a|b|ab)*c)\\1x")"#,
        r#"("x" * 300) | test("(x+x+)+(?<!x)y")"#,
        r#"("x" * 30) | test("(?:(x+)(x+))+\\1\\2y")"#,
        r#"("a" * 60) | test("(?<x>a+)(?<y>a+)(?<z>a+)\\k<x>\\k<y>b")"#,
        r#"[range(1000) | ("a" * 20) | test("^(a|aa)+\\1b$")]"#,
    ] {
        ends_with(text, &[Regex, Fuel]);
    }
    // What needs no trying is linear, and is searched to the end.
    let (spent, outcome) = run(r#"("a" * 1000) + "!" | test("^(a+)+$")"#);
    assert_eq!(outcome, Ok(1));
    assert!(spent.fuel < 50_000, "{spent:?}");
    for text in [
        r#"try test("a{1000}{1000}{1000}") catch error"#,
        r#""a" | test("(" * 10000)"#,
        r#""a" | test("(((((((((\\w{50}){50}){50}){50}){50}){50}){50}){50}){50}")"#,
    ] {
        run(text).1.expect_err("a regex that is too large");
    }
}

#[test]
fn a_limit_leaves_the_program_as_it_was() {
    let program = Program::compile("[range(.)] | length", &Options::default()).expect("a program");
    let limits = limits();
    let run = Run::new(&limits, Duration::ZERO);
    for _ in 0..3 {
        let hostile = program.first(Val::Num(1e9), &run);
        assert!(matches!(hostile, Err(RunError::Limit(Memory | Fuel))));
        assert_eq!(
            program.first(Val::Num(10.0), &run),
            Ok(Some(Val::Num(10.0)))
        );
    }
}

#[test]
fn time_is_looked_at() {
    let limits = Limits {
        wall: Some(Duration::from_secs(1)),
        ..Limits::default()
    };
    let ticks = std::cell::Cell::new(0);
    let stopwatch = || {
        ticks.set(ticks.get() + 1);
        Duration::from_millis(300 * ticks.get())
    };
    let run = Run {
        stopwatch: Some(&stopwatch),
        ..Run::new(&limits, Duration::ZERO)
    };
    let program = Program::compile("last(repeat(1))", &Options::default()).expect("a program");
    let (spent, outcome) = program.run(Val::Null, &run, &mut |_| true);
    assert_eq!(outcome, Err(RunError::Limit(LimitKind::Time)));
    assert_eq!(ticks.get(), 4);
    assert!(spent.fuel < 20_000, "{spent:?}");
}

#[test]
fn what_comes_last_uses_no_stack() {
    let limits = Limits {
        depth: 20,
        ..Limits::default()
    };
    for text in [
        "def f: if . > 1e5 then . else .+1 | f end; 0 | f",
        "def f($x): if $x > 1e5 then $x else f($x + 1) end; f(0)",
        "def f(g): if . > 1e5 then . else g | f(g) end; 0 | f(.+1)",
        "def f: if . > 1e5 then . else (.+1) as $x | $x | f end; 0 | f",
        "def f: def g: if . > 1e5 then . else .+1 | f end; g; 0 | f",
        "last(0 | recurse(if . < 1e5 then .+1 else empty end))",
        "[0 | limit(10; repeat(.))] | length",
        "0 | until(. > 1e5; .+1)",
        "last(0 | while(. < 1e5; .+1))",
        "reduce range(1e5) as $i (0; .+1)",
        "last(foreach range(1e5) as $i (0; .+1))",
        "[range(1e5)] | map(.+1) | length",
        "def f: if . > 1e4 then . else try (.+1 | error) catch . | f end; 0 | f",
    ] {
        let program = Program::compile(text, &Options::default()).expect("a program");
        let (spent, outcome) =
            program.run(Val::Null, &Run::new(&limits, Duration::ZERO), &mut |_| true);
        outcome.unwrap_or_else(|error| panic!("{text}: {error} after {spent:?}"));
    }
}
