//! Spans of time by their names, and what is read as an instant.

use super::*;

fn instant(text: &str) -> i64 {
    Timestamp::parse(text).expect("an instant").as_millis()
}

#[test]
fn each_preset_is_a_day_of_the_calendar_or_a_window_that_ends_or_begins_now() {
    let day = |date: &str| {
        let at = |time: &str| instant(&format!("{date}T{time}Z"));
        (at("00:00:00.000"), at("23:59:59.999"))
    };
    let last = |from: &str| (instant(from), instant(NOW));
    let next = |to: &str| (instant(NOW), instant(to));
    for (name, bounds) in [
        ("today", day("2026-03-15")),
        ("tomorrow", day("2026-03-16")),
        ("yesterday", day("2026-03-14")),
        ("lastDay", last("2026-03-14T12:00:00.000Z")),
        ("lastWeek", last("2026-03-08T12:00:00.000Z")),
        ("last2Weeks", last("2026-03-01T12:00:00.000Z")),
        ("lastMonth", last("2026-02-13T12:00:00.000Z")),
        ("last3Months", last("2025-12-15T12:00:00.000Z")),
        ("last6Months", last("2025-09-16T12:00:00.000Z")),
        ("last12Months", last("2025-03-15T12:00:00.000Z")),
        ("last2Years", last("2024-03-15T12:00:00.000Z")),
        ("last3Years", last("2023-03-16T12:00:00.000Z")),
        ("nextDay", next("2026-03-16T12:00:00.000Z")),
        ("nextWeek", next("2026-03-22T12:00:00.000Z")),
        ("next2Weeks", next("2026-03-29T12:00:00.000Z")),
        ("nextMonth", next("2026-04-14T12:00:00.000Z")),
        ("next3Months", next("2026-06-13T12:00:00.000Z")),
        ("next6Months", next("2026-09-11T12:00:00.000Z")),
        ("next12Months", next("2027-03-15T12:00:00.000Z")),
    ] {
        let preset = Preset::find(name).expect(name);
        assert_eq!(preset.bounds(now()), bounds, "{name}");
        assert_eq!(Range::Preset(preset).bounds(now()), bounds, "{name}");
    }
    let before_1970 = Timestamp::from_millis(-1);
    let today = Preset::find("today").expect("today");
    assert_eq!(today.bounds(before_1970), (-86_400_000, -1));
    let span = Range::Between(before_1970, now());
    assert_eq!(span.bounds(now()), (-1, instant(NOW)));
    assert_eq!(Preset::find("lastCentury"), None);
}

#[test]
fn the_refusal_of_a_preset_names_those_there_are() {
    let message = refused_rule(
        json!({"property": "due", "operator": "between", "value": {"preset": "soon"}}),
    );
    assert!(
        message.contains("use one of today, tomorrow, yesterday, lastDay"),
        "{message}"
    );
    assert!(message.contains("next6Months, next12Months"), "{message}");
}

#[test]
fn instants_have_an_offset_or_are_in_utc_and_a_date_is_its_midnight() {
    for (text, at) in [
        ("2026-03-15T12:00:00.000Z", Some(NOW)),
        ("2026-03-15T12:00:00Z", Some(NOW)),
        ("2026-03-15T14:00:00+02:00", Some(NOW)),
        ("2026-03-15T12:00:00", Some(NOW)),
        ("2026-03-15T12:00", Some(NOW)),
        ("2026-03-15", Some("2026-03-15T00:00:00.000Z")),
        ("20260315T120000Z", None),
        ("20260315T1200", None),
        ("20260315", None),
        ("2026-3-15", None),
        ("2026-03-32", None),
        ("2026-03-15 is a Sunday", None),
        ("+002026-03-15T12:00:00Z", None),
        ("Rust-2026-03-15", None),
        ("", None),
    ] {
        let read = parse_instant(text).map(Timestamp::as_millis);
        assert_eq!(read, at.map(instant), "{text}");
    }
}
