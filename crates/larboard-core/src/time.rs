//! Instants as the API writes them. Holds no clock: whoever needs the time is given it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant in UTC, in whole milliseconds since 1970 (facts/actions.md section 0: timestamps carry milliseconds and `Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `millis` (which may be negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Parses an ISO 8601 instant with an offset; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_known(text).or_else(|| Self::parse_last_days(text))
    }

    fn parse_known(text: &str) -> Option<Self> {
        let instant = text.parse::<jiff::Timestamp>().ok()?;
        Some(Self(instant.as_millisecond()))
    }

    /// The last two days with four digits for their year, which the calendar library's instants end before: people write
    /// "never" so. They are read as the days of the same month ten days earlier.
    fn parse_last_days(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("9999-12-3")?;
        if !rest.starts_with(['0', '1']) {
            return None;
        }
        let earlier = Self::parse_known(&format!("9999-12-2{rest}"))?;
        Some(earlier.plus_millis(10 * DAY))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written(&mut [0; LENGTH]))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.written(&mut [0; LENGTH]))
    }
}

/// The length of `2022-12-07T12:53:52.916Z`.
const LENGTH: usize = 24;
/// The last instant that can be written with four digits for its year.
const LATEST: &str = "9999-12-31T23:59:59.999Z";

impl Timestamp {
    /// The instant as text. Every reply holds several and a page of runs hundreds, so it is written digit by digit instead
    /// of through a calendar library.
    fn written(self, text: &mut [u8; LENGTH]) -> &str {
        let (days, millis) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let Some((year, month, day)) = date(days) else {
            return LATEST;
        };
        *text = *b"0000-00-00T00:00:00.000Z";
        for (at, digits, value) in [
            (0, 4, year),
            (5, 2, month),
            (8, 2, day),
            (11, 2, millis / 3_600_000),
            (14, 2, millis / 60_000 % 60),
            (17, 2, millis / 1000 % 60),
            (20, 3, millis % 1000),
        ] {
            let mut rest = value;
            for byte in text[at..at + digits].iter_mut().rev() {
                *byte += (rest % 10) as u8;
                rest /= 10;
            }
        }
        std::str::from_utf8(text).unwrap_or(LATEST)
    }
}

const DAY: i64 = 86_400_000;

/// Year, month and day of a day counted from 1970-01-01; `None` outside the years 0 to 9999. Years are counted from March,
/// so that a leap day is the last of its year.
fn date(days: i64) -> Option<(i64, i64, i64)> {
    const FROM_YEAR_0: i64 = 719_468;
    const ERA: i64 = 146_097;
    let days = days.checked_add(FROM_YEAR_0)?;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (0..=9999).contains(&year).then_some((year, month, day))
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an ISO 8601 instant"))
    }
}

/// Where the time comes from. The product reads the system clock, tests set their own.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_with_milliseconds_and_z() {
        assert_eq!(
            Timestamp::from_millis(1_670_417_632_916).to_string(),
            "2022-12-07T12:53:52.916Z"
        );
        assert_eq!(
            Timestamp::from_millis(0).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }

    #[test]
    fn every_day_is_written_as_the_calendar_library_writes_it() {
        // From the year 0 to the end of 9999. The library's own instants end some hours earlier.
        let (first, last) = (-62_167_219_200_000, 253_402_300_799_999);
        let known = jiff::Timestamp::MAX.as_millisecond();
        // Steps of a day and a bit, so that the time of day varies too.
        let mut millis = first;
        while millis < known {
            let expected = jiff::Timestamp::from_millisecond(millis).map(|t| format!("{t:.3}"));
            assert_eq!(Timestamp(millis).to_string(), expected.expect("in range"));
            millis += DAY + 12_345_678;
        }
        assert_eq!(Timestamp(last).to_string(), "9999-12-31T23:59:59.999Z");
        for outside in [last + 1, i64::MAX, i64::MIN, first - 1] {
            assert_eq!(Timestamp(outside).to_string(), LATEST);
        }
    }

    #[test]
    fn the_last_days_of_the_calendar_are_read() {
        let last = 253_402_300_799_999;
        for (text, millis) in [
            ("9999-12-31T23:59:59.999Z", last),
            ("9999-12-31T23:59:59.9999999Z", last),
            ("9999-12-31T23:59:59Z", last - 999),
            ("9999-12-31T00:00:00+02:00", last + 1 - DAY - 7_200_000),
            ("9999-12-30T23:00:00Z", last + 1 - DAY - 3_600_000),
            ("9999-12-29T00:00:00Z", last + 1 - 3 * DAY),
        ] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp(millis)), "{text}");
        }
        for text in [
            "9999-12-32T00:00:00Z",
            "9999-12-31T24:00:00Z",
            "9999-12-31",
            "9999-12-3",
            "9999-12-31T23:59:59",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_offset_is_read_and_turned_into_utc() {
        let parsed = Timestamp::parse("2022-12-07T14:53:52.916+02:00");
        assert_eq!(parsed, Some(Timestamp::from_millis(1_670_417_632_916)));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
