//! Buckets begin where their zone says, and entities fall into them.

use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2026-03-11T12:30:00.000Z").expect("an instant")
}

fn buckets(preset: &str, interval: &str) -> Vec<String> {
    let body = json!({"timeRange": {"preset": preset}, "timeInterval": interval});
    let span = Span::parse(&Fields::of(&body, "").expect("an object")).expect("a span");
    let starts = span.buckets(now()).starts;
    starts
        .iter()
        .map(|at| Timestamp::from_millis(*at).to_string()[..13].to_owned())
        .collect()
}

#[test]
fn a_range_is_cut_where_hours_days_weeks_months_and_quarters_begin() {
    assert_eq!(buckets("today", "hour").len(), 24);
    assert_eq!(
        buckets("lastDay", "day"),
        ["2026-03-10T00", "2026-03-11T00"]
    );
    assert_eq!(
        buckets("lastWeek", "isoWeek"),
        ["2026-03-02T00", "2026-03-09T00"]
    );
    assert_eq!(
        buckets("last3Months", "month"),
        [
            "2025-12-01T00",
            "2026-01-01T00",
            "2026-02-01T00",
            "2026-03-01T00"
        ]
    );
    assert_eq!(
        buckets("last6Months", "quarter"),
        ["2025-07-01T00", "2025-10-01T00", "2026-01-01T00"]
    );
    assert_eq!(buckets("last2Years", "quarter").len(), 9);
}

#[test]
fn buckets_begin_where_they_do_in_the_time_zone() {
    let buckets = |zone: &str, preset: &str, interval: &str, now: &str| {
        let range = json!({"preset": preset, "timeZone": zone});
        let body = json!({"timeRange": range, "timeInterval": interval});
        let span = Span::parse(&Fields::of(&body, "").expect("an object")).expect("a span");
        let now = Timestamp::parse(now).expect("an instant");
        let buckets = span.buckets(now);
        let text = |at: &i64| Timestamp::from_millis(*at).to_string()[..16].to_owned();
        let starts: Vec<String> = buckets.starts.iter().map(text).collect();
        (starts, text(&buckets.from), text(&buckets.to))
    };
    let (starts, from, to) = buckets("Asia/Kolkata", "today", "hour", "2026-03-11T20:00:00Z");
    assert_eq!(
        (from.as_str(), to.as_str()),
        ("2026-03-11T18:30", "2026-03-12T18:29")
    );
    assert_eq!((starts.len(), starts[1].as_str()), (24, "2026-03-11T19:30"));
    let (starts, from, _) = buckets(
        "America/New_York",
        "yesterday",
        "day",
        "2026-03-11T02:00:00Z",
    );
    assert_eq!(
        (starts, from.as_str()),
        (vec!["2026-03-09T04:00".to_owned()], "2026-03-09T04:00")
    );
    // The day on which summer begins has 23 hours, the one on which it ends 25.
    for (now, hours) in [("2026-03-29T12:00:00Z", 23), ("2026-10-25T12:00:00Z", 25)] {
        assert_eq!(
            buckets("Europe/Berlin", "today", "hour", now).0.len(),
            hours
        );
    }
    let (starts, ..) = buckets("Europe/Berlin", "lastWeek", "day", "2026-03-31T12:00:00Z");
    let midnights = [
        "24T23:00", "25T23:00", "26T23:00", "27T23:00", "28T23:00", "29T22:00", "30T22:00",
    ];
    let midnights = midnights.map(|at| format!("2026-03-{at}"));
    assert_eq!(starts[1..], midnights);
    let (starts, ..) = buckets(
        "Asia/Tokyo",
        "last2Weeks",
        "isoWeek",
        "2026-03-11T00:00:00Z",
    );
    assert_eq!(
        starts,
        ["2026-02-22T15:00", "2026-03-01T15:00", "2026-03-08T15:00"]
    );
    let (starts, ..) = buckets("Asia/Tokyo", "lastMonth", "month", "2026-03-11T00:00:00Z");
    assert_eq!(starts, ["2026-01-31T15:00", "2026-02-28T15:00"]);
    let (starts, ..) = buckets(
        "Asia/Tokyo",
        "last3Months",
        "quarter",
        "2026-03-11T00:00:00Z",
    );
    assert_eq!(starts, ["2025-09-30T15:00", "2025-12-31T15:00"]);
}

fn series(body: Value) -> Result<Series, Refusal> {
    let mut whole = json!({"blueprint": "b", "timeRange": {"preset": "lastDay", "timeZone": "UTC"}, "timeInterval": "day"});
    for (key, value) in body.as_object().expect("an object") {
        whole[key] = value.clone();
    }
    Series::parse(&whole)
}

#[test]
fn entities_and_values_fall_into_their_buckets() {
    let tuple = |at: &str, value: Value| vec![json!(at), value];
    let tuples = [
        tuple("2026-03-11T01:00:00.000Z", json!(2)),
        tuple("2026-03-10T13:00:00.000Z", json!(4)),
        tuple("2026-03-11T02:00:00.000Z", json!(6)),
        tuple("2026-03-01T00:00:00.000Z", json!(100)),
        vec![json!(null), json!(7)],
    ];
    let data = |body: Value| series(body).expect("a series").result(&tuples, now())["data"].clone();
    assert_eq!(
        data(json!({"aggregationType": "countEntities", "func": "count"})),
        json!([1, 2])
    );
    assert_eq!(
        data(json!({"aggregationType": "countEntities", "func": "average"})),
        json!([1.0 / 24.0, 2.0 / 24.0])
    );
    let broken = data(
        json!({"aggregationType": "countEntities", "func": "count", "breakdownProperty": "x"}),
    );
    assert_eq!(broken[1], json!({"value": 4, "data": [1, 0]}));
    for (func, second) in [
        ("sum", 8),
        ("average", 4),
        ("min", 2),
        ("max", 6),
        ("median", 4),
        ("last", 6),
    ] {
        let body = json!({"aggregationType": "aggregatePropertiesValues", "func": func, "properties": ["x"]});
        assert_eq!(
            data(body),
            json!([{"property": "x", "data": [4, second]}]),
            "{func}"
        );
    }
}

#[test]
fn a_series_is_read_strictly() {
    for (body, wanted) in [
        (json!({"aggregationType": "x"}), "aggregationType"),
        (
            json!({"aggregationType": "countEntities", "func": "sum"}),
            "\"func\" is \"sum\"",
        ),
        (
            json!({"aggregationType": "aggregatePropertiesValues", "func": "sum"}),
            "\"properties\" is missing",
        ),
        (
            json!({"aggregationType": "aggregatePropertiesValues", "func": "sum", "properties": []}),
            "at least one property",
        ),
        (
            json!({"aggregationType": "countEntities", "func": "count", "timeInterval": "minute"}),
            "\"timeInterval\"",
        ),
        (
            json!({"aggregationType": "countEntities", "func": "count", "timeRange": {"preset": "nextDay"}}),
            "timeRange.preset",
        ),
        (
            json!({"aggregationType": "countEntities", "func": "count", "timeRange": {"preset": "today", "timeZone": "Mars/Olympus"}}),
            "timeRange.timeZone",
        ),
        (
            json!({"aggregationType": "countEntities", "func": "count", "timeRange": {"preset": "last2Years"}}),
            "must be \"quarter\"",
        ),
        (
            json!({"aggregationType": "countEntities", "func": "count", "properties": ["x"]}),
            "\"properties\" is not known here",
        ),
    ] {
        let message = series(body.clone()).expect_err("a refusal").message;
        assert!(message.contains(wanted), "{body}: {message}");
    }
}

#[test]
fn a_history_is_the_last_value_before_each_end() {
    let body = json!({"timeRange": {"preset": "lastDay"}, "timeInterval": "day"});
    let buckets = Span::parse(&Fields::of(&body, "").expect("an object"))
        .expect("a span")
        .buckets(now());
    let wrote = |at: &str, value: i64| {
        let values = json!({"x": value}).as_object().cloned().expect("an object");
        (
            Timestamp::parse(at).expect("an instant").as_millis(),
            values,
        )
    };
    let written = [
        wrote("2026-03-01T00:00:00Z", 1),
        wrote("2026-03-10T20:00:00Z", 2),
        wrote("2026-03-11T01:00:00Z", 3),
    ];
    assert_eq!(
        history(&buckets, &["x".to_owned()], &written),
        json!([2, 3])
    );
    assert_eq!(
        history(&buckets, &["y".to_owned()], &written),
        json!([null, null])
    );
    let both = history(&buckets, &["x".to_owned(), "y".to_owned()], &written[..1]);
    assert_eq!(both[0], json!({"property": "x", "data": [1, 1]}));
}
