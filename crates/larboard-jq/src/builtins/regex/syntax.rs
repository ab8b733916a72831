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
            '\\' => {
                let rest = escape(after, &mut out);
                if in_class
                    && after.starts_with(['d', 'D', 'w', 'W', 's', 'S', 'p', 'P'])
                    && rest.starts_with('-')
                    && !rest.starts_with("-]")
                {
                    // No range begins with a class: the dash stands for itself.
                    out.push('\\');
                }
                rest
            }
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

/// What Oniguruma refuses, while the library used here would take it.
pub(super) fn refused(pattern: &str) -> Option<&'static str> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in pattern.char_indices() {
        let what = match c {
            _ if escaped => {
                escaped = false;
                None
            }
            '\\' => {
                escaped = true;
                None
            }
            '[' | ']' => {
                in_class = c == '[';
                None
            }
            '(' if !in_class && pattern[at..].starts_with("(?P") => Some("undefined group option"),
            '{' if !in_class && opens_repetition(&pattern[at..]) => repetition(&pattern[at + 1..]),
            _ => None,
        };
        if what.is_some() {
            return what;
        }
    }
    None
}

/// How often Oniguruma lets a part be repeated.
const REPEAT_MAX: u32 = 100_000;

/// What is wrong with `n}`, `n,}` or `n,m}`.
fn repetition(text: &str) -> Option<&'static str> {
    let inside = text.split('}').next().unwrap_or_default();
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let count = |text: &str| match text {
        "" => None,
        digits => Some(digits.parse::<u32>().unwrap_or(u32::MAX)),
    };
    let (low, high) = (count(low), count(high));
    if low.max(high) > Some(REPEAT_MAX) {
        Some("too big number for repeat range")
    } else if high.is_some() && low > high {
        Some("upper is smaller than lower in repeat range")
    } else {
        None
    }
}

/// What Oniguruma says where the library used here says what stands first.
const MESSAGES: &[(&str, &str)] = &[
    ("back reference", "invalid backref number/name"),
    (
        "Target of repeat",
        "target of repeat operator is not specified",
    ),
    ("Invalid character class", "empty char-class"),
    ("Unknown group flag", "undefined group option"),
    ("parse group name", "group name is empty"),
];

/// A message about a pattern that does not compile.
pub(super) fn message(pattern: &str, error: &str) -> String {
    let known = MESSAGES.iter().find(|(part, _)| error.contains(part));
    complaint(pattern)
        .or(known.map(|(_, message)| *message))
        .map_or_else(|| error.to_owned(), str::to_owned)
}

/// What Oniguruma says to the most usual mistakes.
fn complaint(pattern: &str) -> Option<&'static str> {
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
            return Some("unmatched close parenthesis");
        }
    }
    match () {
        () if escaped => Some("end pattern at escape"),
        () if in_class => Some("premature end of char-class"),
        () if groups > 0 && pattern.ends_with("(?") => Some("end pattern in group"),
        () if groups > 0 => Some("end pattern with unmatched parenthesis"),
        () if pattern.starts_with(['*', '+', '?']) => {
            Some("target of repeat operator is not specified")
        }
        () => None,
    }
}
