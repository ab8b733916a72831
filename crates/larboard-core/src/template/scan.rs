//! Finds the expressions in a string: what stands between `{{` and `}}` (facts/actions.md 10,
//! rule 6).

/// The inside of one pair of double braces, in bytes of the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// The byte after `{{`.
    pub(super) start: usize,
    /// The first byte of `}}`.
    pub(super) end: usize,
}

/// Every expression of `text`, in order.
///
/// Braces inside quotes of an expression do not count, and neither does what a backslash escapes.
/// A third adjacent brace belongs to the pair before it, so `{{{a:1}}}` loses its last brace, as
/// it does in Port; authors write a space there.
///
/// # Errors
/// Braces without their counterpart, or pairs within pairs: a sentence with the index, in
/// characters from 0.
pub(super) fn expressions(text: &str) -> Result<Vec<Scanned>, String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while at < bytes.len() {
        let pair = |brace: u8| bytes[at] == brace && bytes.get(at + 1) == Some(&brace);
        match (open, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(_), mark @ (b'"' | b'\'')) => match quote {
                None => quote = Some(mark),
                Some(opened) if opened == mark => quote = None,
                Some(_) => {}
            },
            (Some(start), b'{') if quote.is_none() && pair(b'{') => {
                return Err(format!(
                    "double braces open at index {} inside those opened at index {}",
                    index(text, at),
                    index(text, start - 2)
                ));
            }
            (None, b'{') if pair(b'{') => {
                open = Some(at + 2);
                at += 1 + usize::from(bytes.get(at + 2) == Some(&b'{'));
            }
            (Some(start), b'}') if quote.is_none() && pair(b'}') => {
                found.push(Scanned { start, end: at });
                open = None;
                at += 1 + usize::from(bytes.get(at + 2) == Some(&b'}'));
            }
            (None, b'}') if pair(b'}') => {
                return Err(format!(
                    "double braces close at index {} without having been opened",
                    index(text, at)
                ));
            }
            _ => {}
        }
        at += 1;
    }
    match open {
        None => Ok(found),
        Some(start) => Err(format!(
            "double braces open at index {} and are not closed",
            index(text, start - 2)
        )),
    }
}

fn index(text: &str, byte: usize) -> usize {
    text[..byte].chars().count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn insides(text: &str) -> Result<Vec<&str>, String> {
        let found = expressions(text)?;
        Ok(found.iter().map(|s| &text[s.start..s.end]).collect())
    }

    #[test]
    fn expressions_are_found_between_double_braces() {
        for (text, expected) in [
            ("", vec![]),
            ("plain { text }", vec![]),
            ("{{.a}}", vec![".a"]),
            ("é {{ .a }}, {{ .b }}!", vec![" .a ", " .b "]),
            (r#"{{ "}}" }}"#, vec![r#" "}}" "#]),
            (r#"{{ '{{' }}"#, vec![" '{{' "]),
            (r#"{{ "it's" }}"#, vec![r#" "it's" "#]),
            (r#"{{ "a\"}}" }}"#, vec![r#" "a\"}}" "#]),
            ("{{ {a: 1} }}", vec![" {a: 1} "]),
            ("{{{a:1}}}", vec!["{a:1"]),
            ("{{}}", vec![""]),
        ] {
            assert_eq!(insides(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn unbalanced_braces_are_refused_with_their_index() {
        for (text, message) in [
            (
                "a }}",
                "double braces close at index 2 without having been opened",
            ),
            ("é{{ .a", "double braces open at index 1 and are not closed"),
            (
                "{{ .a {{ .b }}",
                "double braces open at index 6 inside those opened at index 0",
            ),
            (
                "{{ .a }} }}",
                "double braces close at index 9 without having been opened",
            ),
            (
                "{{ \"a }}",
                "double braces open at index 0 and are not closed",
            ),
        ] {
            assert_eq!(insides(text), Err(message.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_without_double_braces_has_no_expressions(text in "[^{}]{0,30}([{}][^{}]{1,5}){0,5}") {
            prop_assert_eq!(expressions(&text), Ok(vec![]));
        }

        #[test]
        fn no_text_makes_the_scan_panic(text in "[{}\"'\\\\aé. ]{0,40}") {
            if let Ok(found) = expressions(&text) {
                for scanned in found {
                    prop_assert!(text.get(scanned.start..scanned.end).is_some());
                }
            }
        }
    }
}
