//! From the patterns of Oniguruma, which jq uses, to those of the library used here.

/// Rewrites what means something else there.
///
/// - `$` matches before a newline at the end, too.
/// - A brace that opens no repetition stands for itself, and so does a bracket in a class.
/// - `\Q…\E` quotes, `\X` and `\R` are written out, and letters that mean nothing after a backslash stand for themselves.
pub(super) fn translate(pattern: &str, newline: bool) -> String {
    let multiline = has_inline_flag(pattern, 'm');
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => escape(after, &mut out),
            '[' if in_class && !after.starts_with(':') => {
                out.push_str("\\[");
                after
            }
            '[' if in_class => {
                // A class by name, `[:alpha:]`.
                let end = after.find(":]").map_or(0, |at| at + 2);
                out.push('[');
                out.push_str(&after[..end]);
                &after[end..]
            }
            '[' => {
                in_class = true;
                out.push('[');
                let after = after
                    .strip_prefix('^')
                    .inspect(|_| out.push('^'))
                    .unwrap_or(after);
                // The first bracket in a class stands for itself.
                after
                    .strip_prefix(']')
                    .inspect(|_| out.push_str("\\]"))
                    .unwrap_or(after)
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
                after
            }
            '$' if !in_class && newline && !multiline => {
                out.push_str("(?=\\n?\\z)");
                after
            }
            '{' if !in_class && !opens_repetition(rest) => {
                out.push_str("\\{");
                after
            }
            other => {
                out.push(other);
                after
            }
        };
    }
    out
}

/// Writes an escape, of which the backslash was read, and gives what follows.
fn escape<'t>(text: &'t str, out: &mut String) -> &'t str {
    let Some(letter) = text.chars().next() else {
        out.push('\\');
        return text;
    };
    let after = &text[letter.len_utf8()..];
    match letter {
        'Q' => {
            let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
            for c in quoted.chars() {
                if !c.is_alphanumeric() && c.is_ascii() {
                    out.push('\\');
                }
                out.push(c);
            }
            return after;
        }
        'E' => return after,
        'X' => out.push_str("(?:\\r\\n|\\P{M}\\p{M}*|\\p{M}+)"),
        'R' => out.push_str("(?:\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])"),
        // Letters that mean nothing in Perl's syntax, or are digits of another kind here.
        'h' | 'H' | 'u' | 'U' | 'i' | 'I' | 'j' | 'J' | 'l' | 'L' | 'm' | 'M' | 'o' | 'q' | 'y'
        | 'Y' => {
            out.push(letter);
        }
        _ => {
            out.push('\\');
            out.push(letter);
            // The braces of `\p{…}`, `\x{…}`, `\k{…}` belong to the escape.
            if matches!(letter, 'p' | 'P' | 'x' | 'k' | 'g')
                && after.starts_with('{')
                && let Some(end) = after.find('}')
            {
                out.push_str(&after[..=end]);
                return &after[end + 1..];
            }
        }
    }
    after
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

fn has_upside_down_repetition(pattern: &str) -> bool {
    pattern.match_indices('{').any(|(at, _)| {
        let inside = pattern[at + 1..].split_once('}').map(|(inside, _)| inside);
        let ends = inside.and_then(|inside| inside.split_once(','));
        let number = |text: &str| text.parse::<u32>().ok();
        ends.and_then(|(low, high)| Some(number(low)? > number(high)?))
            .unwrap_or(false)
    })
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
    if pattern.contains("(?P") {
        return Some("undefined group option".to_owned());
    }
    if has_upside_down_repetition(pattern) {
        return Some("upper is smaller than lower in repeat range".to_owned());
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
