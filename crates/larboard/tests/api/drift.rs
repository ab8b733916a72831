//! The documents that are made from the code say what the code says. `LARBOARD_BLESS=1` writes them anew.

use larboard::config::{DEFAULT_FILE, Settings};
use larboard::http::openapi;
use larboard_core::refusal::render_error_table;
use std::fmt::Write as _;
use std::path::Path;

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says whether the documents are written anew"
)]
fn blessing() -> bool {
    std::env::var("LARBOARD_BLESS").is_ok_and(|value| value == "1")
}

#[track_caller]
pub fn holds(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    if blessing() {
        std::fs::write(&path, text).expect("a document that can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/{name} is not what the code says; LARBOARD_BLESS=1 cargo test -p larboard --test api drift writes it anew"
    );
}

#[test]
fn the_openapi_document_is_the_one_that_is_served() {
    holds("openapi.json", &openapi::text());
}

#[test]
fn the_error_table_is_the_one_the_server_answers_by() {
    holds("errors.md", &render_error_table());
}

#[test]
fn the_page_on_configuration_has_every_setting() {
    let text = configuration();
    for (key, variable) in Settings::KEYS {
        assert!(
            text.contains(&format!("`{}`", key.replace('_', "-"))),
            "{key}"
        );
        assert!(text.contains(&format!("`{variable}`")), "{variable}");
    }
    holds("configuration.md", &text);
}

/// The default file as a page: its sections, its sentences, and a table of each section's settings.
fn configuration() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Made from `config.default.toml`. A setting is a flag (`--listen`), an environment variable, or a key of the TOML \
         file that `--config` names; a flag wins over a variable, a variable over the file.\n",
    );
    let mut sentences = String::new();
    let body = DEFAULT_FILE
        .split_once("\n## ")
        .map_or("", |(_, body)| body);
    for line in body.lines() {
        let line = line.trim_end();
        if let Some((key, value)) = setting(line) {
            row(&mut text, key, value, sentences.trim());
            // Two settings under one comment belong together: the second repeats it by a reference.
            "As above.".clone_into(&mut sentences);
        } else if let Some(sentence) = line.strip_prefix("# ") {
            if sentences == "As above." {
                sentences.clear();
            }
            let _ = write!(sentences, "{sentence} ");
        } else if let Some(section) = line.strip_prefix("## ") {
            head(&mut text, section);
        } else if line.is_empty() {
            sentences.clear();
        } else {
            // The first section: its mark was cut off with the head of the file.
            head(&mut text, line);
        }
    }
    text
}

fn setting(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix('#')?.split_once(" = ")?;
    let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    plain.then_some((key, value))
}

fn head(text: &mut String, section: &str) {
    let _ = write!(
        text,
        "\n## {section}\n\n| setting | variable | default or example | |\n|---|---|---|---|\n"
    );
}

fn row(text: &mut String, key: &str, value: &str, sentences: &str) {
    let variable = Settings::KEYS
        .iter()
        .find(|(name, _)| name.replace('_', "-") == key)
        .map_or("", |(_, variable)| variable);
    let sentences = sentences.replace('|', "\\|");
    let _ = writeln!(text, "| `{key}` | `{variable}` | `{value}` | {sentences} |");
}
