//! A text with layers of escapes taken off, and where each byte of it came from.
//!
//! Foreign text does not say how it is escaped, so every usual nesting is tried. What comes out is
//! for searching, never for showing.

use std::borrow::Cow;

/// A way of escaping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// JSON strings.
    Json,
    /// URLs and forms, but for the `+` of a space.
    Percent,
    /// HTML and XML.
    Html,
}

use Escape::{Html, Json, Percent};

/// The nestings that are looked under, outermost first. The empty one, the text itself, is first.
const NESTINGS: &[&[Escape]] = &[
    &[],
    &[Json],
    &[Json, Json],
    &[Json, Json, Json],
    &[Json, Percent],
    &[Json, Html],
    &[Percent],
    &[Percent, Percent],
    &[Percent, Json],
    &[Percent, Json, Json],
    &[Percent, Html],
    &[Html],
    &[Html, Html],
    &[Html, Json],
    &[Html, Json, Json],
    &[Html, Percent],
];

/// Calls `look` with the text under every nesting of escapes that it has.
pub(super) fn each_view(text: &str, mut look: impl FnMut(&View<'_>)) {
    // Most texts are not escaped.
    let marks = [Json, Percent, Html].map(Escape::mark);
    if !text.bytes().any(|byte| marks.contains(&byte)) {
        return look(&View::of(text));
    }
    let mut under: Vec<(&[Escape], View<'_>)> = Vec::new();
    for nesting in NESTINGS {
        let view = match nesting.split_last() {
            None => Some(View::of(text)),
            Some((escape, outer)) => {
                // Whatever was passed and does not lie outside of this one is not needed again.
                under.retain(|(known, _)| nesting.starts_with(known));
                let outer = under.iter().find(|(known, _)| *known == outer);
                outer.and_then(|(_, view)| view.decoded(*escape))
            }
        };
        if let Some(view) = view {
            look(&view);
            under.push((nesting, view));
        }
    }
}

/// One layer of a text.
pub(super) struct View<'a> {
    bytes: Cow<'a, [u8]>,
    /// For each byte, and for the end, its offset in the source; `None` while nothing was decoded.
    offsets: Option<Vec<u32>>,
}

impl<'a> View<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            bytes: Cow::Borrowed(text.as_bytes()),
            offsets: None,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The offset in the source of a position in this layer.
    pub(super) fn source(&self, position: usize) -> usize {
        match &self.offsets {
            None => position,
            Some(offsets) => offsets
                .get(position)
                .or(offsets.last())
                .map_or(0, |offset| *offset as usize),
        }
    }

    /// The view with a layer of escapes taken off; `None` if there is none.
    fn decoded(&self, escape: Escape) -> Option<View<'a>> {
        // Offsets are kept in 32 bits; nothing that long is ever stored.
        if self.bytes.len() > u32::MAX as usize || !self.bytes.contains(&escape.mark()) {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut offsets = Vec::with_capacity(self.bytes.len() + 1);
        let mut at = 0;
        let mut changed = false;
        while at < self.bytes.len() {
            let origin = self.source(at) as u32;
            let rest = &self.bytes[at..];
            match escape.read(rest) {
                Some((character, length)) => {
                    character.push(&mut bytes);
                    at += length;
                    changed = true;
                }
                None => {
                    bytes.push(rest[0]);
                    at += 1;
                }
            }
            offsets.resize(bytes.len(), origin);
        }
        offsets.push(self.source(self.bytes.len()) as u32);
        changed.then_some(View {
            bytes: Cow::Owned(bytes),
            offsets: Some(offsets),
        })
    }
}

impl Escape {
    /// What each of its escapes begins with.
    fn mark(self) -> u8 {
        match self {
            Json => b'\\',
            Percent => b'%',
            Html => b'&',
        }
    }

    /// The escape a text begins with, and its length.
    fn read(self, rest: &[u8]) -> Option<(Escaped, usize)> {
        if *rest.first()? != self.mark() {
            return None;
        }
        match self {
            Json => backslash(rest),
            Percent => Some((Escaped::Byte(hex(rest.get(1..3)?)? as u8), 3)),
            Html => entity(rest),
        }
    }
}

/// What an escape stands for.
enum Escaped {
    /// A byte, which may be a part of a character.
    Byte(u8),
    Character(char),
}

impl Escaped {
    fn push(&self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => out.push(*byte),
            Self::Character(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn backslash(rest: &[u8]) -> Option<(Escaped, usize)> {
    let byte = match rest.get(1)? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'u' => return unicode(rest),
        b'x' => {
            return Some((
                Escaped::Character(char::from_u32(hex(rest.get(2..4)?)?)?),
                4,
            ));
        }
        byte @ (b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$') => *byte,
        _ => return None,
    };
    Some((Escaped::Byte(byte), 2))
}

/// `\u00e9`, or two of them for a character past the first plane.
fn unicode(rest: &[u8]) -> Option<(Escaped, usize)> {
    let first = hex(rest.get(2..6)?)?;
    if let Some(character) = char::from_u32(first) {
        return Some((Escaped::Character(character), 6));
    }
    if rest.get(6..8)? != b"\\u" {
        return None;
    }
    let second = hex(rest.get(8..12)?)?;
    let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    let high = first.checked_sub(0xD800).filter(|high| *high < 0x400)?;
    let character = char::from_u32(0x10000 + (high << 10) + low)?;
    Some((Escaped::Character(character), 12))
}

/// `&quot;`, `&#39;` or `&#x27;`.
fn entity(rest: &[u8]) -> Option<(Escaped, usize)> {
    let end = rest.iter().take(12).position(|b| *b == b';')?;
    let name = std::str::from_utf8(&rest[1..end]).ok()?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((Escaped::Character(character), end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        Some(number * 16 + (*digit as char).to_digit(16)?)
    })
}
