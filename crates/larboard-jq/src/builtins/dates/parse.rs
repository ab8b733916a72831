//! `strptime`, in the C locale, as the GNU library does it.

use super::civil::{self, Time};
use super::write::{DAYS, MONTHS};

/// Places that C leaves as they are when a format does not speak of them.
const UNKNOWN_WEEKDAY: i64 = 8;
const UNKNOWN_YEARDAY: i64 = 367;

/// Reads a text by a format. Gives the time and what follows, which starts with a blank. `None`: it does not match.
pub(super) fn parse<'t>(text: &'t str, format: &str) -> Option<(Time, &'t str)> {
    let mut reader = Reader {
        rest: text,
        time: Time {
            year: 1900,
            month: 0,
            day: 0,
            hour: 0,
            minute: 0,
            second: 0,
            weekday: UNKNOWN_WEEKDAY,
            yearday: UNKNOWN_YEARDAY,
        },
        seen: Seen::default(),
    };
    reader.format(format)?;
    reader.complete();
    let rest = reader.rest;
    let ends = rest.is_empty() || rest.starts_with(is_blank);
    ends.then_some((reader.time, rest))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// What the format spoke of.
#[derive(Default)]
struct Seen {
    date: bool,
    weekday: bool,
    yearday: bool,
    month: bool,
    day: bool,
    hour12: bool,
    afternoon: bool,
    century: Option<i64>,
    short_year: Option<i64>,
}

struct Reader<'t> {
    rest: &'t str,
    time: Time,
    seen: Seen,
}

impl Reader<'_> {
    fn format(&mut self, format: &str) -> Option<()> {
        let mut format = format.chars();
        while let Some(c) = format.next() {
            if is_blank(c) {
                self.skip_blanks();
            } else if c != '%' {
                self.rest = self.rest.strip_prefix(c)?;
            } else {
                let mut letter = format.next()?;
                while matches!(letter, '-' | '_' | '0' | '^' | '#' | 'E' | 'O') {
                    letter = format.next()?;
                }
                self.conversion(letter)?;
            }
        }
        Some(())
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(is_blank);
    }

    /// A number of at most so many digits, after blanks.
    fn number(&mut self, low: i64, high: i64, digits: usize) -> Option<i64> {
        self.rest = self.rest.trim_start_matches(' ');
        let len = self
            .rest
            .bytes()
            .take(digits)
            .take_while(u8::is_ascii_digit)
            .count();
        let n = self.rest[..len].parse().ok()?;
        self.rest = &self.rest[len..];
        (low..=high).contains(&n).then_some(n)
    }

    /// One of some names, whole or its first three letters, in any case.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        for (place, name) in names.iter().enumerate() {
            for candidate in [*name, &name[..3]] {
                let found = self.rest.get(..candidate.len());
                if found.is_some_and(|found| found.eq_ignore_ascii_case(candidate)) {
                    self.rest = &self.rest[candidate.len()..];
                    return i64::try_from(place).ok();
                }
            }
        }
        None
    }

    fn conversion(&mut self, letter: char) -> Option<()> {
        match letter {
            '%' => self.rest = self.rest.strip_prefix('%')?,
            'n' | 't' => self.skip_blanks(),
            'a' | 'A' => {
                self.time.weekday = self.name(&DAYS)?;
                self.seen.weekday = true;
            }
            'b' | 'B' | 'h' => {
                self.time.month = self.name(&MONTHS)?;
                (self.seen.month, self.seen.date) = (true, true);
            }
            'm' => {
                self.time.month = self.number(1, 12, 2)? - 1;
                (self.seen.month, self.seen.date) = (true, true);
            }
            'd' | 'e' => {
                self.time.day = self.number(1, 31, 2)?;
                (self.seen.day, self.seen.date) = (true, true);
            }
            'H' | 'k' => {
                self.time.hour = self.number(0, 23, 2)?;
                self.seen.hour12 = false;
            }
            'I' | 'l' => {
                self.time.hour = self.number(1, 12, 2)? % 12;
                self.seen.hour12 = true;
            }
            'M' => self.time.minute = self.number(0, 59, 2)?,
            'S' => self.time.second = self.number(0, 61, 2)?,
            'p' | 'P' => self.half_of_day()?,
            'j' => {
                self.time.yearday = self.number(1, 366, 3)? - 1;
                self.seen.yearday = true;
            }
            'u' => {
                self.time.weekday = self.number(1, 7, 1)? % 7;
                self.seen.weekday = true;
            }
            'w' => {
                self.time.weekday = self.number(0, 6, 1)?;
                self.seen.weekday = true;
            }
            _ => self.year_and_more(letter)?,
        }
        Some(())
    }

    fn year_and_more(&mut self, letter: char) -> Option<()> {
        match letter {
            'Y' => {
                self.time.year = self.number(0, 9999, 4)?;
                self.seen.date = true;
                (self.seen.century, self.seen.short_year) = (None, None);
            }
            'y' => {
                let year = self.number(0, 99, 2)?;
                self.seen.short_year = Some(year);
                self.time.year = if year >= 69 { 1900 + year } else { 2000 + year };
                self.seen.date = true;
            }
            'C' => {
                self.seen.century = Some(self.number(0, 99, 2)?);
                self.seen.date = true;
            }
            'G' => {
                self.number(0, 9999, 4)?;
            }
            'g' => {
                self.number(0, 99, 2)?;
            }
            'U' | 'V' | 'W' => {
                self.number(0, 53, 2)?;
            }
            's' => self.seconds()?,
            'z' => self.offset()?,
            'Z' => {
                self.skip_blanks();
                self.rest = self.rest.trim_start_matches(|c| !is_blank(c));
            }
            'c' => self.format("%a %b %e %H:%M:%S %Y")?,
            'D' | 'x' => self.format("%m/%d/%y")?,
            'F' => self.format("%Y-%m-%d")?,
            'r' => self.format("%I:%M:%S %p")?,
            'R' => self.format("%H:%M")?,
            'T' | 'X' => self.format("%H:%M:%S")?,
            _ => return None,
        }
        Some(())
    }

    fn half_of_day(&mut self) -> Option<()> {
        let half = self.rest.get(..2)?;
        self.seen.afternoon = match half.to_ascii_lowercase().as_str() {
            "am" => false,
            "pm" => true,
            _ => return None,
        };
        self.rest = &self.rest[2..];
        Some(())
    }

    /// Seconds since 1970.
    fn seconds(&mut self) -> Option<()> {
        let len = self
            .rest
            .bytes()
            .take(18)
            .take_while(u8::is_ascii_digit)
            .count();
        let seconds = self.rest[..len].parse().ok()?;
        self.rest = &self.rest[len..];
        self.time = Time::from_seconds(seconds)?;
        Some(())
    }

    /// `Z`, `+01`, `+0100`, `+01:00`. It must be there, and is not heeded, as in jq.
    fn offset(&mut self) -> Option<()> {
        self.skip_blanks();
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(());
        }
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let mut digits = 0;
        while digits < 4 {
            if digits == 2
                && let Some(rest) = self.rest.strip_prefix(':')
            {
                self.rest = rest;
            }
            match self.rest.strip_prefix(|c: char| c.is_ascii_digit()) {
                Some(rest) => self.rest = rest,
                None => break,
            }
            digits += 1;
        }
        matches!(digits, 2 | 4).then_some(())
    }

    /// Works out what follows from what was read.
    fn complete(&mut self) {
        let time = &mut self.time;
        if self.seen.hour12 && self.seen.afternoon {
            time.hour += 12;
        }
        if let Some(century) = self.seen.century {
            let of_century = self.seen.short_year.unwrap_or(time.year.rem_euclid(100));
            time.year = century * 100 + of_century;
        }
        if self.seen.yearday && !(self.seen.month && self.seen.day) {
            let first = civil::days(time.year, 0, 1);
            let day = Time::normalized(time.year, 0, 1 + time.yearday, 0, 0, 0);
            if !self.seen.month {
                time.month = day.month;
            }
            if !self.seen.day {
                time.day = first + time.yearday - civil::days(day.year, day.month, 1) + 1;
            }
            self.seen.date = true;
        }
        if self.seen.date {
            let days = civil::days(time.year, time.month, time.day);
            if !self.seen.weekday {
                time.weekday = civil::weekday(days);
            }
            if !self.seen.yearday {
                time.yearday = days - civil::days(time.year, 0, 1);
            }
        }
    }
}
