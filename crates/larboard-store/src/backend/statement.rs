//! The text of statements: turns `$1` into SQLite's `?1`, because SQLite takes `$1` for a name.

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
    use super::numbered;

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
}
