//! Bytes as text, with jq's way of replacing what is no UTF-8.

/// Every sequence that is cut short or wrong becomes one U+FFFD. One that would reach beyond the end takes all that is left.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let len = match first {
            0x00..=0x7F => 1,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => {
                text.push('\u{FFFD}');
                rest = &rest[1..];
                continue;
            }
        };
        let taken = if len > rest.len() {
            rest.len()
        } else {
            let wrong = rest[1..len].iter().position(|byte| byte & 0xC0 != 0x80);
            wrong.map_or(len, |at| at + 1)
        };
        let (sequence, after) = rest.split_at(taken);
        match std::str::from_utf8(sequence) {
            Ok(sequence) => text.push_str(sequence),
            Err(_) => text.push('\u{FFFD}'),
        }
        rest = after;
    }
    text
}
