//! The jq engine beside bare jaq, on the expressions of a portal.
//!
//! - `bench-jq` times both in alternating rounds and prints medians and their ratio.
//! - `bench-jq run NAME COUNT` evaluates one expression with our engine so often, for counting instructions.

use std::hint::black_box;
use std::time::{Duration, Instant};

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use larboard_jq::{Limits, Options, Program, Run, Val};
use serde_json::{Value, json};

/// Name, expression, whether it works on the list of services instead of the payload.
const EXPRESSIONS: &[(&str, &str, bool)] = &[
    ("path with default", ".inputs.replicas // 1", false),
    (
        "string build",
        r#""\(.action.identifier)/\(.inputs.service) by " + .trigger.by.user.email"#,
        false,
    ),
    (
        "regex and date",
        r#"if (.inputs.service | test("^[a-z][a-z0-9-]*$")) then (.trigger.at | sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601 | strftime("%Y-%m-%d")) else null end"#,
        false,
    ),
    (
        "conditional object",
        r#"{service: .inputs.service, env: (if .inputs.production then "prod" else "dev" end), owner: (.entity.owner // .trigger.by.user.email)}"#,
        false,
    ),
    (
        "100 objects",
        "map(select(.replicas > 2) | .cpu * .replicas) | add",
        true,
    ),
];

const NOW: Duration = Duration::from_secs(1_700_000_000);
const ROUNDS: usize = 15;

fn payload() -> Value {
    json!({
        "inputs": {"service": "checkout-api", "production": true, "team": "payments", "replicas": null},
        "trigger": {"by": {"orgId": "org_1", "userId": "u_1", "user": {"email": "ada@example.com", "firstName": "Ada"}},
                    "at": "2026-03-09T08:31:02.123Z", "origin": "UI", "operation": "CREATE"},
        "event": null, "entity": {}, "action": {"identifier": "create_service", "blueprint": "service"},
        "run": {"id": "r_AbCdEfGhIjKlMnOp"}
    })
}

fn services() -> Value {
    let service = |n: u32| {
        json!({"identifier": format!("service-{n}"), "replicas": n % 5, "cpu": 0.25 * f64::from(n % 7),
               "tags": ["web", "tier1"], "owner": {"team": "payments"}})
    };
    (0..100).map(service).collect()
}

fn input(list: bool) -> Value {
    if list { services() } else { payload() }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.as_slice() {
        [_, run, name, count] if run == "run" => count_run(name, count.parse().expect("a number")),
        _ => compare(),
    }
}

/// Runs one expression so often.
fn count_run(name: &str, count: u32) {
    let limits = Limits::default();
    let run = Run::new(&limits, NOW);
    if name == "plain path" {
        let (program, input) = (ours(".inputs.service"), payload());
        for _ in 0..count {
            black_box(
                program
                    .first_value(black_box(&input), &run)
                    .expect("an output"),
            );
        }
        return;
    }
    let (_, text, list) = EXPRESSIONS.iter().find(|e| e.0 == name).expect("a name");
    let (program, input) = (ours(text), Val::from(&input(*list)));
    for _ in 0..count {
        black_box(
            program
                .first(black_box(input.clone()), &run)
                .expect("an output"),
        );
    }
}

fn ours(text: &str) -> Program {
    Program::compile(text, &Options::default()).expect("a program")
}

/// The median time of one call, over rounds that alternate between both.
fn alternate(mut a: impl FnMut(), mut b: impl FnMut()) -> (f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    let calls = calls(&mut a).max(calls(&mut b));
    for _ in 0..ROUNDS {
        times.0.push(time(&mut a, calls));
        times.1.push(time(&mut b, calls));
    }
    (median(times.0), median(times.1))
}

/// How many calls take about five milliseconds.
fn calls(f: &mut impl FnMut()) -> u32 {
    let mut calls = 16;
    while time(f, calls) * f64::from(calls) < 5e-3 {
        calls *= 2;
    }
    calls
}

fn time(f: &mut impl FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        f();
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn compare() {
    let limits = Limits::default();
    let run = Run::new(&limits, NOW);
    println!(
        "{:<20} {:>10} {:>10} {:>7}  (microseconds per evaluation, compiled and converted before)",
        "", "larboard", "jaq", "ratio"
    );
    for (name, text, list) in EXPRESSIONS {
        let program = ours(text);
        let json = input(*list);
        let val = Val::from(&json);
        let defs = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs());
        let funs = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(
                &arena,
                File {
                    code: text,
                    path: (),
                },
            )
            .expect("a jaq program");
        let filter = Compiler::default()
            .with_funs(funs)
            .compile(modules)
            .expect("a jaq filter");
        let text = json.to_string();
        let jaq_input: jaq_json::Val =
            jaq_json::read::parse_single(text.as_bytes()).expect("an input");
        let ctx = Ctx::<data::JustLut<jaq_json::Val>>::new(&filter.lut, Vars::new([]));
        let jaq = || {
            filter
                .id
                .run((ctx.clone(), jaq_input.clone()))
                .map(unwrap_valr)
                .next()
        };
        let (a, b) = (program.first(val.clone(), &run), jaq());
        let ours = a.expect("an output").expect("an output").to_string();
        let theirs = b.expect("an output").expect("an output").to_string();
        let same = ours == theirs;
        let (ours_time, jaq_time) = alternate(
            || drop(black_box(program.first(black_box(val.clone()), &run))),
            || drop(black_box(jaq())),
        );
        let note = if same {
            String::new()
        } else {
            format!("  differs: {ours} / {theirs}")
        };
        println!(
            "{name:<20} {:>10.3} {:>10.3} {:>7.2}{note}",
            ours_time * 1e6,
            jaq_time * 1e6,
            ours_time / jaq_time
        );
    }
    let (program, json) = (ours(".inputs.service"), payload());
    let (plain, compile) = alternate(
        || drop(black_box(program.first_value(black_box(&json), &run))),
        || {
            drop(black_box(Program::compile(
                black_box(EXPRESSIONS[3].1),
                &Options::default(),
            )))
        },
    );
    println!("{:<20} {:>10.3}", "plain path", plain * 1e6);
    println!("{:<20} {:>10.3}", "compiling", compile * 1e6);
}
