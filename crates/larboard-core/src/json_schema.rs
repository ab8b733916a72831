//! The JSON Schema engine as we let users program it: without network or file access, without
//! references, and with a bound on what a pattern may cost.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::format::Format;

/// How often a pattern may backtrack on one text before the text counts as not fitting.
const BACKTRACK_LIMIT: usize = 100_000;

/// The most bytes a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;

/// Compiles a schema of draft 7, which is what blueprints and forms are written in, with the
/// formats of properties.
///
/// # Errors
/// What is wrong with the schema: a clause that names the place, if it is not the whole.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    if has_reference(schema) {
        return Err("references such as $ref are not followed; write the schema out".to_owned());
    }
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_pattern_options(
            PatternOptions::fancy_regex()
                .backtrack_limit(BACKTRACK_LIMIT)
                .size_limit(PATTERN_BYTES),
        )
        .should_validate_formats(true);
    for (name, format) in Format::ALL {
        options = options.with_format(name, move |text: &str| format.fits(text));
    }
    options.build(schema).map_err(|error| {
        let place = error.instance_path().to_string();
        let keyword = place.trim_start_matches('/').replace('/', ".");
        if keyword.is_empty() {
            cut(error.to_string())
        } else {
            format!("\"{keyword}\": {}", cut(error.to_string()))
        }
    })
}

/// The text, cut where it gets too long for a sentence: the engine repeats whole values.
pub(crate) fn cut(text: String) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A reference could name a file or a host, or itself.
fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(key, value)| {
            matches!(
                key.as_str(),
                "$ref" | "$dynamicRef" | "$recursiveRef" | "$id" | "$schema"
            ) || has_reference(value)
        }),
        Value::Array(values) => values.iter().any(has_reference),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_that_refers_anywhere_is_refused() {
        for schema in [
            json!({"$ref": "file:///etc/passwd"}),
            json!({"properties": {"a": {"items": [{"$ref": "#"}]}}}),
        ] {
            assert!(
                compile(&schema)
                    .unwrap_err()
                    .starts_with("references such as $ref")
            );
        }
    }

    #[test]
    fn a_fault_below_the_top_names_its_place() {
        let fault = compile(&json!({"properties": {"a": {"minLength": "x"}}})).unwrap_err();
        assert!(fault.starts_with("\"properties.a.minLength\": "), "{fault}");
    }
}
