//! The text of statements: turns `$1` into SQLite's `?1`, because SQLite takes `$1` for a name, and finds prepared
//! statements by their text.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes the text of statements for the look-up of prepared ones, eight bytes at a time. Every statement is looked up
/// by its whole text, so the hash has to be quick; the texts are the program's own, so it need not resist anyone.
pub(super) type ByText = BuildHasherDefault<TextHasher>;

#[derive(Default)]
pub(super) struct TextHasher(u64);

impl TextHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0_u8; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn finish(&self) -> u64 {
        // The table takes its place from the low bits and its tag from the high ones.
        self.0 ^ (self.0 >> 32)
    }
}

/// Rewrites `$n` to `?n` outside literals, quoted names and comments.
pub(super) fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '\'', '"', '-', '/']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let taken = span(tail);
        if tail.starts_with('$') && tail[1..].starts_with(|c: char| c.is_ascii_digit()) {
            out.push('?');
        } else {
            out.push_str(&tail[..taken]);
        }
        rest = &tail[taken..];
    }
    out.push_str(rest);
    out
}

/// How many bytes at the start of `tail` belong together: a literal, a comment, or one character.
fn span(tail: &str) -> usize {
    let end_of = |mark: &str, from: usize| {
        tail[from..]
            .find(mark)
            .map_or(tail.len(), |at| from + at + mark.len())
    };
    match tail.as_bytes() {
        [b'\'', ..] => end_of("'", 1),
        [b'"', ..] => end_of("\"", 1),
        [b'-', b'-', ..] => end_of("\n", 2),
        [b'/', b'*', ..] => end_of("*/", 2),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{ByText, numbered};
    use std::hash::BuildHasher;

    #[test]
    fn binds_are_numbered_and_literals_left_alone() {
        assert_eq!(numbered("SELECT $2, $1, $12"), "SELECT ?2, ?1, ?12");
        assert_eq!(
            numbered("SELECT '$1 it''s $2', \"$3\", $1"),
            "SELECT '$1 it''s $2', \"$3\", ?1"
        );
        assert_eq!(
            numbered("SELECT 4 - $1 / $2 -- $3\n, $4"),
            "SELECT 4 - ?1 / ?2 -- $3\n, ?4"
        );
        assert_eq!(numbered("SELECT /* $1 */ $1, '$"), "SELECT /* $1 */ ?1, '$");
    }

    #[test]
    fn texts_that_differ_anywhere_hash_differently() {
        let hash = |text: &str| ByText::default().hash_one(text);
        let texts = [
            "",
            "S",
            "SELECT 1",
            "SELECT 2",
            "SELECT 1 ",
            "SELECT $1, $2 FROM runs",
            "SELECT $1, $2 FROM rune",
        ];
        for (place, text) in texts.iter().enumerate() {
            assert!(
                texts[..place].iter().all(|other| hash(other) != hash(text)),
                "{text}"
            );
        }
    }
}
