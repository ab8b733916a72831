//! The escapes of a string: `\n`, `\u00e9`, surrogate pairs.

/// Reads the escape that follows a backslash and appends what it stands for. Gives how many bytes it took, or what is wrong.
pub(crate) fn unescape(rest: &str, quote: char, out: &mut String) -> Result<usize, &'static str> {
    let simple = match rest.chars().next() {
        Some('"') => '"',
        Some('\\') => '\\',
        Some('/') => '/',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return unicode(&rest[1..], out).map(|taken| taken + 1),
        Some(c) if c == quote => quote,
        Some(_) => {
            return Err(
                "invalid escape; one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX \\( was expected",
            );
        }
        None => return Err("the string does not end"),
    };
    out.push(simple);
    Ok(1)
}

fn unicode(rest: &str, out: &mut String) -> Result<usize, &'static str> {
    let high = hex4(rest).ok_or("invalid \\uXXXX escape; four hexadecimal digits were expected")?;
    if !(0xD800..=0xDBFF).contains(&high) {
        out.push(char::from_u32(high).unwrap_or('\u{FFFD}'));
        return Ok(4);
    }
    let low = rest[4..].strip_prefix("\\u").and_then(hex4);
    match low {
        Some(low) if (0xDC00..=0xDFFF).contains(&low) => {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            out.push(char::from_u32(code).unwrap_or('\u{FFFD}'));
            Ok(10)
        }
        _ => Err("invalid \\uXXXX\\uXXXX surrogate pair; the second half was expected"),
    }
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}
