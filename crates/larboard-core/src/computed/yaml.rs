//! JSON values as YAML, for calculations of that format. Only what such values need: no comments, anchors or tags.

use serde_json::Value;

/// Words that YAML reads as something other than a text.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// The value as a YAML document.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(value, 0, &mut out),
        Value::Array(items) if !items.is_empty() => block(value, 0, &mut out),
        scalar => out.push_str(&self::scalar(scalar)),
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn block(value: &Value, indent: usize, out: &mut String) {
    let mut entry = |head: &str, value: &Value| {
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str(head);
        let nested = match value {
            Value::Object(map) => !map.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        if nested {
            out.push('\n');
            block(value, indent + 2, out);
        } else {
            out.push(' ');
            out.push_str(&scalar(value));
            out.push('\n');
        }
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                entry(&format!("{}:", word(key)), value);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| entry("-", item)),
        _ => {}
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        other => other.to_string(),
    }
}

/// A text: plain where it cannot be taken for anything else, else in quotes as JSON writes it, which YAML reads alike.
fn word(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " _./-".contains(c))
        && !text.ends_with(' ')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use serde_json::json;

    #[test]
    fn values_are_written_in_blocks() {
        for (value, expected) in [
            (
                json!({"a": 1, "b c": [true, "x y"], "d": {"e": null}}),
                "a: 1\nb c:\n  - true\n  - x y\nd:\n  e: null\n",
            ),
            (json!([[1], {"k": []}, {}]), "-\n  - 1\n-\n  k: []\n- {}\n"),
            (
                json!({"No": "1", "x": "a: b", "y": "two\nlines"}),
                "\"No\": \"1\"\nx: \"a: b\"\n\"y\": \"two\\nlines\"\n",
            ),
            (json!(2.5), "2.5\n"),
            (json!({}), "{}\n"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }
}
