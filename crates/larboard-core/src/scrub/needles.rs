//! The spellings in which a secret is searched for.

use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Lines of a longer secret, such as a key in PEM, are searched for on their own from this length.
const SHORTEST_LINE: usize = 12;

/// One spelling of a secret.
pub(super) struct Needle {
    pub(super) text: String,
    /// The whole secret it is a spelling of.
    pub(super) secret: String,
    base64: bool,
}

impl Needle {
    /// The bytes of a hit, widened over letters of base64 that hold bits of the secret as well.
    pub(super) fn widen(&self, bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
        if !self.base64 {
            return (start, end);
        }
        let letter = |b: &&u8| b.is_ascii_alphanumeric() || b"+/-_=".contains(b);
        let before = bytes[..start].iter().rev().take(2).take_while(letter);
        let after = bytes[end..].iter().take(2).take_while(letter);
        (start - before.count(), end + after.count())
    }
}

/// Every spelling of every secret, none twice.
pub(super) fn of(values: &HashSet<String>) -> Vec<Needle> {
    let mut needles: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for value in values {
        let lines = value.lines().map(str::trim);
        let lines = lines.filter(|line| value.contains('\n') && line.len() >= SHORTEST_LINE);
        for part in std::iter::once(value.trim()).chain(lines) {
            for text in plain(part) {
                needles.insert(text, (value.clone(), false));
            }
            for text in base64(part) {
                needles.entry(text).or_insert_with(|| (value.clone(), true));
            }
        }
    }
    needles
        .into_iter()
        .map(|(text, (secret, base64))| Needle {
            text,
            secret,
            base64,
        })
        .collect()
}

/// The secret itself, with the spaces of a form, and its hexadecimal digits.
fn plain(part: &str) -> Vec<String> {
    let mut texts = vec![part.to_owned(), part.replace(' ', "+")];
    for text in nested(part) {
        texts.push(text.bytes().map(|b| format!("{b:02x}")).collect());
    }
    texts
}

/// The letters of base64 that depend on the secret alone, for each offset at which it may stand.
fn base64(part: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for part in nested(part) {
        for offset in 0..3 {
            let mut bytes = vec![0; offset];
            bytes.extend_from_slice(part.as_bytes());
            // Letters of six bits: the first whole one after the offset, up to the last whole one.
            let (first, last) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
            for alphabet in [&STANDARD, &URL_SAFE] {
                let letters = alphabet.encode(&bytes);
                texts.extend(letters.get(first..last).map(str::to_owned));
            }
        }
    }
    texts
}

/// The secret as it is and escaped for JSON in the usual ways, for encodings that nobody looks
/// under again.
fn nested(part: &str) -> Vec<String> {
    let small = ascii(&escaped(part));
    let capital = small.split("\\u").enumerate();
    let capital = capital.map(|(n, rest)| match rest.split_at_checked(4) {
        Some((digits, rest)) if n > 0 => format!("\\u{}{rest}", digits.to_uppercase()),
        _ => rest.to_owned(),
    });
    let capital = capital.collect::<String>();
    let once = [escaped(part), small, capital];
    let twice = once.each_ref().map(|part| escaped(part));
    let mut all = vec![part.to_owned()];
    all.extend(once);
    all.extend(twice);
    all
}

fn escaped(part: &str) -> String {
    let quoted = serde_json::Value::from(part).to_string();
    let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    inside.unwrap_or(&quoted).to_owned()
}

/// What is not ASCII written as `\u00e9`, as some encoders of JSON do.
fn ascii(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for c in part.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            text.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}
