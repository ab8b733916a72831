//! Instants and spans of time in rules. Days are those of UTC unless a time zone is given; the other presets are rolling
//! windows that end or begin now (facts/catalog.md 3.1 and 11, point 14).

use crate::time::Timestamp;
use jiff::tz::TimeZone;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A span of time as it was written; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From one instant to another.
    Between(Timestamp, Timestamp),
    /// A span that depends on the time of asking.
    Preset(Preset),
}

impl Range {
    /// Its first and last millisecond, asked at `now`.
    pub fn bounds(self, now: Timestamp) -> (i64, i64) {
        match self {
            Self::Between(from, to) => (from.as_millis(), to.as_millis()),
            Self::Preset(preset) => preset.bounds(now),
        }
    }
}

/// A named span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    name: &'static str,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    /// The calendar day this many days from today.
    Day(i64),
    /// The time up to now.
    Last(i64),
    /// The time from now on.
    Next(i64),
}

const PRESETS: [Preset; 19] = [
    Preset::new("today", Span::Day(0)),
    Preset::new("tomorrow", Span::Day(1)),
    Preset::new("yesterday", Span::Day(-1)),
    Preset::new("lastDay", Span::Last(DAY)),
    Preset::new("lastWeek", Span::Last(7 * DAY)),
    Preset::new("last2Weeks", Span::Last(14 * DAY)),
    Preset::new("lastMonth", Span::Last(30 * DAY)),
    Preset::new("last3Months", Span::Last(90 * DAY)),
    Preset::new("last6Months", Span::Last(180 * DAY)),
    Preset::new("last12Months", Span::Last(365 * DAY)),
    Preset::new("last2Years", Span::Last(730 * DAY)),
    Preset::new("last3Years", Span::Last(1095 * DAY)),
    Preset::new("nextDay", Span::Next(DAY)),
    Preset::new("nextWeek", Span::Next(7 * DAY)),
    Preset::new("next2Weeks", Span::Next(14 * DAY)),
    Preset::new("nextMonth", Span::Next(30 * DAY)),
    Preset::new("next3Months", Span::Next(90 * DAY)),
    Preset::new("next6Months", Span::Next(180 * DAY)),
    Preset::new("next12Months", Span::Next(365 * DAY)),
];

impl Preset {
    const fn new(name: &'static str, span: Span) -> Self {
        Self { name, span }
    }

    /// The preset of this name.
    pub fn find(name: &str) -> Option<Self> {
        PRESETS.into_iter().find(|preset| preset.name == name)
    }

    /// Every name, for a sentence.
    pub(crate) fn all() -> String {
        PRESETS.map(|preset| preset.name).join(", ")
    }

    /// Its first and last millisecond, asked at `now`, with the days of UTC.
    pub fn bounds(self, now: Timestamp) -> (i64, i64) {
        self.bounds_in(&TimeZone::UTC, now)
    }

    /// The same with the days of a time zone.
    pub(crate) fn bounds_in(self, zone: &TimeZone, now: Timestamp) -> (i64, i64) {
        let now = now.as_millis();
        match self.span {
            Span::Day(days) => day(now, days, zone).unwrap_or((now, now)),
            Span::Last(length) => (now.saturating_sub(length), now),
            Span::Next(length) => (now, now.saturating_add(length)),
        }
    }
}

/// The calendar day this many days from that of `now`; `None` where the calendar ends.
fn day(now: i64, days: i64, zone: &TimeZone) -> Option<(i64, i64)> {
    let now = jiff::Timestamp::from_millisecond(now).ok()?;
    let today = now.to_zoned(zone.clone()).date();
    let begin = |days: i64| {
        let date = today.checked_add(jiff::Span::new().days(days)).ok()?;
        let zoned = date.to_zoned(zone.clone()).ok()?;
        Some(zoned.timestamp().as_millisecond())
    };
    Some((begin(days)?, begin(days + 1)? - 1))
}

/// An instant as people write it in rules and values: ISO 8601 with an offset, or without one (then UTC), or a date
/// alone (then its midnight in UTC).
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // Most texts that are no instants are told by their fifth character.
    if bytes.len() < 10
        || bytes.get(4) != Some(&b'-')
        || !bytes.iter().take(4).all(u8::is_ascii_digit)
    {
        return None;
    }
    if let Some(instant) = Timestamp::parse(text) {
        return Some(instant);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    match civil.to_zoned(jiff::tz::TimeZone::UTC) {
        Ok(zoned) => Some(Timestamp::from_millis(zoned.timestamp().as_millisecond())),
        // The last days of the calendar.
        Err(_) => Timestamp::parse(&format!("{civil}Z")),
    }
}
