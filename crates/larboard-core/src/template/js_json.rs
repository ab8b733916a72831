//! Writes JSON exactly as `JSON.stringify(JSON.parse(text))` would.
//!
//! Receivers verify signatures over the body they parsed and printed again, so what is sent must
//! survive that round trip byte for byte (facts/actions.md 4.4): compact, non-ASCII unescaped,
//! numbers and the order of keys as in JavaScript.

use serde_json::{Map, Number, Value};

/// The compact text of a value, as JavaScript writes it.
pub fn js_json(value: &Value) -> String {
    let mut text = String::new();
    push(&mut text, value);
    text
}

fn push(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => push_number(text, number),
        Value::String(string) => push_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                push(text, item);
            }
            text.push(']');
        }
        Value::Object(object) => push_object(text, object),
    }
}

fn push_object(text: &mut String, object: &Map<String, Value>) {
    // JavaScript moves keys that are array indexes to the front, in ascending order.
    let mut indexes: Vec<_> = object
        .iter()
        .filter_map(|(key, value)| Some((array_index(key)?, key, value)))
        .collect();
    indexes.sort_unstable_by_key(|(index, _, _)| *index);
    let indexes = indexes.into_iter().map(|(_, key, value)| (key, value));
    let names = object.iter().filter(|(key, _)| array_index(key).is_none());
    text.push('{');
    for (position, (key, value)) in indexes.chain(names).enumerate() {
        if position > 0 {
            text.push(',');
        }
        push_string(text, key);
        text.push(':');
        push(text, value);
    }
    text.push('}');
}

/// The number a key spells, if JavaScript takes it for an array index.
fn array_index(key: &str) -> Option<u32> {
    let leading_zero = key.len() > 1 && key.starts_with('0');
    if leading_zero || !key.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    key.parse().ok().filter(|index| *index != u32::MAX)
}

fn push_string(text: &mut String, string: &str) {
    // Both escape quotes, backslashes and control characters alike, and nothing else.
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if string.bytes().all(is_plain) {
        text.push('"');
        text.push_str(string);
        text.push('"');
    } else {
        text.push_str(&serde_json::to_string(string).unwrap_or_default());
    }
}

fn push_number(text: &mut String, number: &Number) {
    match number.as_f64() {
        Some(value) if value.is_finite() => push_double(text, value),
        _ => text.push_str("null"),
    }
}

/// ECMAScript's `Number::toString` in base ten.
fn push_double(text: &mut String, value: f64) {
    if value == 0.0 {
        text.push('0');
        return;
    }
    if value < 0.0 {
        text.push('-');
    }
    let (digits, point) = shortest_digits(value.abs());
    let count = digits.len() as i32;
    match point {
        _ if count <= point && point <= 21 => {
            text.push_str(&digits);
            text.extend(std::iter::repeat_n('0', (point - count) as usize));
        }
        1..=21 => {
            let (whole, fraction) = digits.split_at(point as usize);
            text.push_str(&format!("{whole}.{fraction}"));
        }
        -5..=0 => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
            text.push_str(&digits);
        }
        _ => {
            let (first, fraction) = digits.split_at(1);
            text.push_str(first);
            if !fraction.is_empty() {
                text.push('.');
                text.push_str(fraction);
            }
            let sign = if point > 0 { '+' } else { '-' };
            text.push_str(&format!("e{sign}{}", (point - 1).abs()));
        }
    }
}

/// The shortest digits that read back as `value`, and after how many of them the point stands.
///
/// They come from the JSON library, which breaks ties towards the even digit as JavaScript engines
/// do; the standard library's formatting breaks some of them the other way.
fn shortest_digits(value: f64) -> (String, i32) {
    let text = Value::from(value).to_string();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let leading = all.len() - digits.len();
    let point = whole.len() as i32 - leading as i32 + exponent.parse::<i32>().unwrap_or(0);
    (digits.trim_end_matches('0').to_owned(), point)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_written_as_in_javascript() {
        for (source, expected) in [
            ("1.0", "1"),
            ("-0.0", "0"),
            ("0", "0"),
            ("-7", "-7"),
            ("1.50", "1.5"),
            ("100", "100"),
            ("1e3", "1000"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("1.5e300", "1.5e+300"),
            ("123456789012345678901234", "1.2345678901234569e+23"),
            ("9007199254740993", "9007199254740992"),
            ("9007199254740991", "9007199254740991"),
            ("18446744073709551615", "18446744073709552000"),
            ("0.1", "0.1"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("0.00000123", "0.00000123"),
            ("1.5e-10", "1.5e-10"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("123.456", "123.456"),
            ("-18567892420294.0625", "-18567892420294.062"),
            ("2013218372245553.25", "2013218372245553.2"),
        ] {
            let value: Value = serde_json::from_str(source).unwrap();
            assert_eq!(js_json(&value), expected, "{source}");
        }
    }

    #[test]
    fn text_is_compact_and_only_escapes_what_must_be() {
        let value = json!({"é😀": "a\"\\\n\t\u{1}/\u{7f}\u{2028}", "list": [true, null, {}, []]});
        assert_eq!(
            js_json(&value),
            "{\"é😀\":\"a\\\"\\\\\\n\\t\\u0001/\u{7f}\u{2028}\",\"list\":[true,null,{},[]]}"
        );
    }

    #[test]
    fn keys_keep_their_order_except_array_indexes_which_come_first() {
        let value: Value = serde_json::from_str(
            r#"{"b":1,"10":2,"a":3,"2":4,"01":5,"4294967295":6,"-1":7,"0":8}"#,
        )
        .unwrap();
        assert_eq!(
            js_json(&value),
            r#"{"0":8,"2":4,"10":2,"b":1,"a":3,"01":5,"4294967295":6,"-1":7}"#
        );
    }

    proptest! {
        #[test]
        fn a_double_reads_back_as_itself_and_prints_the_same_again(value in any::<f64>().prop_filter("JSON has finite numbers", |v| v.is_finite())) {
            let text = js_json(&json!(value));
            let back: f64 = text.parse().unwrap();
            prop_assert_eq!(back, value);
            let parsed: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(js_json(&parsed), text);
        }
    }
}
