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

/// Why braces do not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// A sentence without its full stop; it names the index.
    pub(super) message: String,
    /// Where, in characters from 0.
    pub(super) index: usize,
}

/// Every expression of `text`, in order.
///
/// Braces inside quotes of an expression do not count, and neither does what a backslash escapes.
/// A third adjacent brace belongs to the pair before it, so `{{{a:1}}}` loses its last brace, as
/// it does in Port; authors write a space there.
///
/// # Errors
/// Braces without their counterpart, or pairs within pairs.
pub(super) fn expressions(text: &str) -> Result<Vec<Scanned>, Fault> {
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
                let outer = index(text, start - 2);
                return Err(fault(text, at, |at| {
                    format!("double braces open at index {at} inside those opened at index {outer}")
                }));
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
                return Err(fault(text, at, |at| {
                    format!("double braces close at index {at} without having been opened")
                }));
            }
            _ => {}
        }
        at += 1;
    }
    match open {
        None => Ok(found),
        Some(start) => Err(fault(text, start - 2, |at| {
            format!("double braces open at index {at} and are not closed")
        })),
    }
}

fn fault(text: &str, byte: usize, message: impl Fn(usize) -> String) -> Fault {
    let index = index(text, byte);
    Fault {
        message: message(index),
        index,
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
        let found = expressions(text).map_err(|fault| fault.message)?;
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
