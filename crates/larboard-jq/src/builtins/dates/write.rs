//! `strftime`, in the C locale, with GNU's flags and widths.

use std::fmt::Write as _;

use super::civil::Time;

/// The name of the time zone, which `%Z` writes.
#[derive(Clone, Copy)]
pub(super) struct Zone(pub(super) &'static str);

pub(super) const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// How much longer than its format a text may be, as in jq.
const ROOM: usize = 100;

/// `None`: the text would be too long.
pub(super) fn write(time: &Time, format: &str, zone: Zone) -> Option<String> {
    let mut writer = Writer {
        time,
        zone,
        out: String::new(),
        limit: format.len() + ROOM,
    };
    writer.format(format)?;
    Some(writer.out)
}

/// What stands between `%` and the letter.
#[derive(Clone, Copy, Default)]
struct Style {
    pad: Option<char>,
    upper: bool,
    swap: bool,
    width: Option<usize>,
}

struct Writer<'t> {
    time: &'t Time,
    zone: Zone,
    out: String,
    limit: usize,
}

impl Writer<'_> {
    fn format(&mut self, format: &str) -> Option<()> {
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            self.push(&rest[..at])?;
            rest = self.conversion(&rest[at..])?;
        }
        self.push(rest)
    }

    fn push(&mut self, text: &str) -> Option<()> {
        self.out.push_str(text);
        (self.out.len() < self.limit).then_some(())
    }

    /// Writes one conversion and gives what follows it. One that does not exist is written as it is.
    fn conversion<'f>(&mut self, text: &'f str) -> Option<&'f str> {
        let mut style = Style::default();
        let mut rest = &text[1..];
        while let Some(flag) = rest.chars().next() {
            match flag {
                '-' | '_' | '0' => style.pad = Some(flag),
                '^' => style.upper = true,
                '#' => style.swap = true,
                _ => break,
            }
            rest = &rest[1..];
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            let width = rest[..digits].parse().unwrap_or(usize::MAX);
            if width >= self.limit {
                return None;
            }
            style.width = Some(width);
            rest = &rest[digits..];
        }
        if let Some(after) = rest.strip_prefix(['E', 'O'])
            && after.starts_with(|c| "cCxXyYdeHImMSuUVwWgG".contains(c))
        {
            rest = after;
        }
        let letter = rest.chars().next().unwrap_or('\0');
        let after = &rest[letter.len_utf8().min(rest.len())..];
        match self.letter(letter, style) {
            Some(piece) => self.push(&piece)?,
            None => self.push(&text[..text.len() - after.len()])?,
        }
        Some(after)
    }

    fn letter(&self, letter: char, style: Style) -> Option<String> {
        let time = self.time;
        let name = |names: &[&'static str], place: i64| {
            usize::try_from(place)
                .ok()
                .and_then(|p| names.get(p).copied())
                .unwrap_or("?")
        };
        let short = |name: &'static str| name.get(..3).unwrap_or(name);
        let hour12 = match time.hour % 12 {
            0 => 12,
            hour => hour,
        };
        let number = |n: i64, width: usize, pad: char| Some(style.number(n, width, pad));
        match letter {
            'a' => Some(style.name(short(name(&DAYS, time.weekday)), false)),
            'A' => Some(style.name(name(&DAYS, time.weekday), false)),
            'b' | 'h' => Some(style.name(short(name(&MONTHS, time.month)), false)),
            'B' => Some(style.name(name(&MONTHS, time.month), false)),
            'C' => number(time.year.div_euclid(100), 2, '0'),
            'd' => number(time.day, 2, '0'),
            'e' => number(time.day, 2, ' '),
            'g' => number(time.iso_week().1.rem_euclid(100), 2, '0'),
            'G' => number(time.iso_week().1, 1, '0'),
            'H' => number(time.hour, 2, '0'),
            'I' => number(hour12, 2, '0'),
            'j' => number(time.yearday + 1, 3, '0'),
            'k' => number(time.hour, 2, ' '),
            'l' => number(hour12, 2, ' '),
            'm' => number(time.month + 1, 2, '0'),
            'M' => number(time.minute, 2, '0'),
            's' => number(time.seconds(), 1, '0'),
            'S' => number(time.second, 2, '0'),
            'u' => number((time.weekday + 6) % 7 + 1, 1, '0'),
            'U' => number((time.yearday + 7 - time.weekday) / 7, 2, '0'),
            'V' => number(time.iso_week().0, 2, '0'),
            'w' => number(time.weekday, 1, '0'),
            'W' => number((time.yearday + 7 - (time.weekday + 6) % 7) / 7, 2, '0'),
            'y' => number(time.year.rem_euclid(100), 2, '0'),
            'Y' => number(time.year, 1, '0'),
            'n' => Some(style.text("\n")),
            't' => Some(style.text("\t")),
            '%' => Some(style.text("%")),
            'p' => Some(style.name(if time.hour < 12 { "AM" } else { "PM" }, style.swap)),
            'P' => Some(style.text(if time.hour < 12 { "am" } else { "pm" })),
            'z' => Some(style.text("+0000")),
            'Z' => Some(style.name(self.zone.0, style.swap)),
            'c' => self.several("%a %b %e %H:%M:%S %Y", style),
            'D' | 'x' => self.several("%m/%d/%y", style),
            'F' => self.several("%Y-%m-%d", style),
            'r' => self.several("%I:%M:%S %p", style),
            'R' => self.several("%H:%M", style),
            'T' | 'X' => self.several("%H:%M:%S", style),
            _ => None,
        }
    }

    /// A conversion that stands for several.
    fn several(&self, format: &str, style: Style) -> Option<String> {
        let text = write(self.time, format, self.zone)?;
        Some(style.text(&text))
    }
}

impl Style {
    fn number(self, n: i64, width: usize, pad: char) -> String {
        let pad = self.pad.unwrap_or(pad);
        let width = match pad {
            '-' => 0,
            _ => self.width.unwrap_or(width),
        };
        let digits = n.unsigned_abs().to_string();
        let sign = if n < 0 { "-" } else { "" };
        let mut out = String::new();
        let missing = width.saturating_sub(digits.len() + sign.len());
        if pad == '_' || pad == ' ' {
            let _ = write!(out, "{}{sign}{digits}", " ".repeat(missing));
        } else {
            let _ = write!(out, "{sign}{}{digits}", "0".repeat(missing));
        }
        out
    }

    /// A name, in capitals if asked for; `lower` for the one whose swapped case is small.
    fn name(self, name: &str, lower: bool) -> String {
        if lower {
            return self.text(&name.to_lowercase());
        }
        match self.upper || self.swap {
            true => self.text(&name.to_uppercase()),
            false => self.text(name),
        }
    }

    fn text(self, text: &str) -> String {
        let text = if self.upper {
            text.to_uppercase()
        } else {
            text.to_owned()
        };
        let missing = self.width.unwrap_or(0).saturating_sub(text.len());
        let pad = if self.pad == Some('0') { "0" } else { " " };
        format!("{}{text}", pad.repeat(missing))
    }
}
