//! From the patterns of Oniguruma, which jq uses, to those of the library used here.

/// Rewrites what means something else there.
///
/// - `$` matches before a newline at the end, too.
/// - A brace that opens no repetition stands for itself.
pub(super) fn translate(pattern: &str, newline: bool) -> String {
    let multiline = has_inline_flag(pattern, 'm');
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.char_indices();
    let mut in_class = 0_usize;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                if let Some((_, escaped)) = chars.next() {
                    out.push(escaped);
                    if matches!(escaped, 'p' | 'P' | 'x' | 'k' | 'g' | 'u')
                        && pattern[at + 2..].starts_with('{')
                    {
                        // The braces belong to the escape.
                        for (_, inside) in chars.by_ref() {
                            out.push(inside);
                            if inside == '}' {
                                break;
                            }
                        }
                    }
                }
            }
            '[' if in_class > 0 && !pattern[at..].starts_with("[:") => {
                // A bracket in a class stands for itself.
                out.push_str("\\[");
            }
            '[' => {
                in_class += 1;
                out.push(c);
            }
            ']' if in_class > 0 => {
                let empty = out.ends_with("[") || out.ends_with("[^");
                if empty && !out.ends_with("\\[") {
                    // The first bracket in a class stands for itself.
                    out.push_str("\\]");
                } else {
                    in_class -= 1;
                    out.push(c);
                }
            }
            '$' if in_class == 0 && newline && !multiline => out.push_str("(?=\\n?\\z)"),
            '{' if in_class == 0 && !opens_repetition(&pattern[at..]) => out.push_str("\\{"),
            other => out.push(other),
        }
    }
    out
}

/// Whether a brace opens `{n}`, `{n,}`, `{n,m}` or `{,m}`.
fn opens_repetition(text: &str) -> bool {
    let Some(inside) = text[1..].split_once('}').map(|(inside, _)| inside) else {
        return false;
    };
    let (low, high) = inside.split_once(',').unwrap_or((inside, "0"));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// Whether a group like `(?m)` or `(?m:…)` sets a flag.
fn has_inline_flag(pattern: &str, flag: char) -> bool {
    pattern.match_indices("(?").any(|(at, _)| {
        let flags = pattern[at + 2..]
            .chars()
            .take_while(char::is_ascii_lowercase);
        let mut flags = flags.peekable();
        flags.any(|found| found == flag)
    })
}

/// Whether a pattern has look-around, back-references, atomic groups or possessive repetition: what needs trying.
pub(super) fn may_backtrack(pattern: &str) -> bool {
    const HARD: &[&str] = &[
        "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", "++", "*+", "?+", "}+", "\\K", "\\G", "\\Z",
        "\\k", "\\g",
    ];
    HARD.iter().any(|hard| pattern.contains(hard))
        || pattern
            .as_bytes()
            .windows(2)
            .any(|w| w[0] == b'\\' && (b'1'..=b'9').contains(&w[1]))
}

/// What Oniguruma says to the most usual mistakes.
pub(super) fn complaint(pattern: &str) -> Option<String> {
    let (mut groups, mut in_class, mut escaped) = (0_i32, false, false);
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => groups += 1,
            ')' if !in_class => groups -= 1,
            _ => {}
        }
        if groups < 0 {
            return Some("unmatched close parenthesis".to_owned());
        }
    }
    let message = match () {
        () if escaped => "end pattern at escape",
        () if in_class => "premature end of char-class",
        () if groups > 0 => "end pattern with unmatched parenthesis",
        () if pattern.starts_with(['*', '+', '?']) => "target of repeat operator is not specified",
        () => return None,
    };
    Some(message.to_owned())
}
