//! The rules of the repository that no compiler checks: head comments, sizes, the direction of imports, names of migrations.
//!
//! It reads the source as text. What rustc, clippy and rustfmt can check is left to them.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold what was built, fetched or served, and nothing that was written.
const NOT_OURS: &[&str] = &["node_modules", "dist", "data", "__pycache__"];

/// Endings of what people wrote and read line by line.
const SOURCES: &[&str] = &[
    "rs", "ts", "tsx", "mjs", "css", "py", "sh", "sql", "md", "toml",
];

/// A file with its path below the repository, in forward slashes.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The lines of code, numbered from 1, comments left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..)
            .zip(self.text.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is(&self, ending: &str) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, end)| end == ending)
    }
}

fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = crates.and_then(Path::parent).expect("the repository");
    root.to_owned()
}

/// The source files below a directory of the repository (`""` for all), in the order of their paths.
fn sources(below: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(&root().join(below), &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "there is nothing in {below}");
    files
}

fn collect(directory: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(directory).expect("a directory that can be read") {
        let path = entry.expect("an entry that can be read").path();
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .expect("a name in UTF-8");
        if path.is_dir() {
            let hidden = name.starts_with('.') && name != ".ci";
            if !hidden && !name.starts_with("target") && !NOT_OURS.contains(&name) {
                collect(&path, files);
            }
            continue;
        }
        let ending = path
            .extension()
            .and_then(|end| end.to_str())
            .unwrap_or_default();
        if SOURCES.contains(&ending) {
            let below = path
                .strip_prefix(root())
                .expect("a path below the repository");
            files.push(File {
                path: below.to_string_lossy().replace('\\', "/"),
                text: fs::read_to_string(&path).expect("a source file in UTF-8"),
            });
        }
    }
}

fn rust(below: &str) -> Vec<File> {
    let mut files = sources(below);
    files.retain(|file| file.is("rs"));
    files
}

/// Whether a line uses the crate or module `name`: as the head of a path, or in a `use`.
fn uses(line: &str, name: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        // `crate::http::x` and `super::http::x` are found by their own names, not as the crate `http`.
        let head = !before.ends_with(part_of_word) && !before.ends_with("::");
        let path = after.starts_with("::");
        let import = before.trim_end().ends_with("use") && after.starts_with([';', ' ']);
        head && (path || import)
    })
}

/// Every line of code in the files whose paths begin with `prefix` that uses one of the names.
fn offenders(prefix: &str, names: &[&str]) -> Vec<String> {
    let mut files = rust("crates");
    files.retain(|file| file.path.starts_with(prefix));
    assert!(!files.is_empty(), "there is nothing at {prefix}");
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.code() {
            if names
                .iter()
                .any(|name| line.contains(name) && (name.contains("::") || uses(line, name)))
            {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    found
}

/// The names under `[dependencies]` of a crate.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(manifest)).expect("the manifest");
    let manifest: toml::Table = text.parse().expect("valid TOML");
    let table = manifest["dependencies"].as_table().expect("a table");
    table.keys().cloned().collect()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn every_rust_file_begins_by_saying_what_it_holds() {
    let silent: Vec<String> = rust("")
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert_none(&silent, "these begin without `//!`");
}

#[test]
fn no_source_file_is_longer_than_600_lines() {
    let long: Vec<String> = sources("")
        .into_iter()
        // Made of the OpenAPI document, for the compiler to read.
        .filter(|file| file.path != "web/src/api/schema.d.ts")
        .filter(|file| !file.is("md") && file.text.lines().count() > 600)
        .map(|file| format!("{}: {} lines", file.path, file.text.lines().count()))
        .collect();
    assert_none(&long, "these are too long to be read at once");
}

#[test]
fn core_knows_no_runtime_no_database_no_network_no_clock_and_no_environment() {
    let banned = [
        "tokio",
        "axum",
        "hyper",
        "rusqlite",
        "postgres",
        "reqwest",
        "rand",
        "std::time::SystemTime",
        "std::time::Instant",
        "std::env::",
        "std::fs",
        "std::net::Tcp",
        "std::thread",
    ];
    assert_none(
        &offenders("crates/larboard-core/", &banned),
        "core must not use these",
    );
    // The engine that core evaluates expressions with lies below it, and depends on as little.
    for (manifest, below) in [
        ("crates/larboard-core/Cargo.toml", "larboard-jq"),
        ("crates/larboard-jq/Cargo.toml", ""),
    ] {
        let mut named = dependencies(manifest);
        named.retain(|name| {
            let ours = name.starts_with("larboard") && name != below;
            ours || banned.contains(&name.as_str())
        });
        assert_none(&named, &format!("{manifest} must not name these"));
    }
}

#[test]
fn the_store_knows_no_http_and_nothing_of_the_product_above_it() {
    let banned = ["axum", "hyper", "reqwest", "http", "tower", "larboard"];
    assert_none(
        &offenders("crates/larboard-store/", &banned),
        "the store must not use these",
    );
    let mut named = dependencies("crates/larboard-store/Cargo.toml");
    named.retain(|name| banned.contains(&name.as_str()));
    assert_none(&named, "the store must not depend on these");
}

#[test]
fn operations_and_workers_know_nothing_of_the_requests_they_serve() {
    let banned = [
        "axum",
        "hyper",
        "http",
        "utoipa",
        "crate::api",
        "crate::http",
    ];
    for below in ["crates/larboard/src/ops", "crates/larboard/src/worker"] {
        assert_none(&offenders(below, &banned), "these belong to http and api");
    }
}

#[test]
fn only_the_store_speaks_to_a_database_driver() {
    let banned = ["rusqlite", "postgres", "tokio_postgres"];
    assert_none(
        &offenders("crates/larboard/src/", &banned),
        "the store is the way to a database",
    );
    let mut named = dependencies("crates/larboard/Cargo.toml");
    named.retain(|name| banned.contains(&name.replace('-', "_").as_str()));
    assert_none(&named, "the product must not depend on these");
}

#[test]
fn nothing_is_printed_but_by_the_two_functions_of_the_command_line() {
    let macros =
        ["println!", "eprintln!", "print!", "eprint!", "dbg!"].map(|name| format!("{name}("));
    let mut printing = Vec::new();
    for file in rust("crates") {
        // Tests may say what they counted, and a build script speaks to cargo in this way.
        if !file.path.contains("/src/") {
            continue;
        }
        for (number, line) in file.code() {
            if macros.iter().any(|name| line.contains(name.as_str())) {
                printing.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    let spoken = ["println!(\"{text}\");", "eprintln!(\"larboard: {text}\");"];
    printing.retain(|line| {
        let by_command = line.starts_with("crates/larboard/src/cli.rs:");
        !(by_command && spoken.iter().any(|allowed| line.ends_with(allowed)))
    });
    assert_none(&printing, "say it through tracing, or through `say`");
}

#[test]
fn migrations_are_numbered_from_0001_without_gaps_and_say_what_they_make() {
    let directory = root().join("crates/larboard-store/migrations");
    let mut names: Vec<String> = fs::read_dir(&directory)
        .expect("the migrations")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    for (number, name) in (1..).zip(&names) {
        let rest = name.strip_prefix(&format!("{number:04}_"));
        let noun = rest.and_then(|rest| rest.strip_suffix(".sql"));
        let is_word = |noun: &str| {
            !noun.is_empty()
                && noun
                    .chars()
                    .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
        };
        assert!(
            noun.is_some_and(is_word),
            "{name} should be {number:04}_<what>.sql"
        );
        let text = fs::read_to_string(directory.join(name)).expect("a migration");
        assert!(
            text.starts_with("-- "),
            "{name} begins without saying what it makes"
        );
    }
    assert!(!names.is_empty());
}

#[test]
fn documents_and_sources_name_no_directory_of_the_machine_they_were_written_on() {
    let here = format!("{}/", root().display());
    let homes = [
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/Us", "ers/"],
        ["C:\\", "Users"],
    ]
    .map(|parts| parts.concat());
    let mut found = Vec::new();
    for file in sources("") {
        for (number, line) in (1..).zip(file.text.lines()) {
            let machine =
                line.contains(&here) || homes.iter().any(|home| names_directory(line, home));
            let temporary = file.is("md") && names_directory(line, "/tmp/");
            if machine || temporary {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&found, "these hold on one machine only");
}

/// Whether a line names a directory from the root of a machine, rather than the end of a longer path or URL.
fn names_directory(line: &str, directory: &str) -> bool {
    line.match_indices(directory).any(|(at, _)| {
        !line[..at]
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '/'))
    })
}

#[test]
fn the_search_for_imports_finds_them_and_nothing_else() {
    for line in [
        "use axum::Router;",
        "    axum::serve(x)",
        "use axum;",
        "use axum as web;",
        "fn f(x: axum::Body)",
    ] {
        assert!(uses(line, "axum"), "{line}");
    }
    for line in [
        "let axum = 1;",
        "use crate::axum::x;",
        "taxum::x()",
        "axum_core::x()",
        "\"axum\"",
    ] {
        assert!(!uses(line, "axum"), "{line}");
    }
    assert!(names_directory("cd /tmp/x", "/tmp/") && !names_directory("a/tmp/x", "/tmp/"));
}
