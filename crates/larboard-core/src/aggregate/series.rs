//! Values over time: a range cut into buckets, and what falls into each (facts/catalog.md 3.4 and 3.5). Days, weeks, months
//! and quarters are those of UTC.

use super::{compare, median, number};
use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::search::{Dialect, Preset, Query, parse_instant};
use crate::time::Timestamp;
use jiff::civil::{Date, Weekday};
use serde_json::{Map, Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Lines a breakdown has at most; the values of fewest entities are left out.
const MOST_LINES: usize = 10;

const PRESETS: [&str; 11] = [
    "today",
    "yesterday",
    "lastDay",
    "lastWeek",
    "last2Weeks",
    "lastMonth",
    "last3Months",
    "last6Months",
    "last12Months",
    "last2Years",
    "last3Years",
];
const INTERVALS: [&str; 5] = ["hour", "day", "isoWeek", "month", "quarter"];

/// A range of time cut into buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// The first millisecond of the range.
    pub from: i64,
    /// Its last.
    pub to: i64,
    /// Where each bucket begins, in order; the first may begin before the range.
    starts: Vec<i64>,
}

/// The range and interval of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    preset: Preset,
    interval: String,
}

impl Span {
    /// Reads `timeRange` and `timeInterval`.
    ///
    /// # Errors
    /// `invalid_request` that names the key, the value and the rule.
    pub fn parse(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let range = fields.fields("timeRange")?;
        range.only(&["preset", "timeZone"])?;
        range.find_string("timeZone")?;
        let name = range.one_of("preset", &PRESETS)?;
        let interval = fields.one_of("timeInterval", &INTERVALS)?;
        if matches!(name, "last2Years" | "last3Years") && interval != "quarter" {
            let advice = format!("with the preset {name:?} it must be \"quarter\"");
            return Err(fields.wrong("timeInterval", &Value::from(interval), &advice));
        }
        let preset = Preset::find(name).ok_or_else(Refusal::internal)?;
        Ok(Self {
            preset,
            interval: interval.to_owned(),
        })
    }

    /// The buckets of this span, asked at `now`.
    pub fn buckets(&self, now: Timestamp) -> Buckets {
        let (from, to) = self.preset.bounds(now);
        let mut starts = Vec::new();
        let mut start = floor(from, &self.interval);
        while start <= to {
            starts.push(start);
            start = after(start, &self.interval);
        }
        Buckets { from, to, starts }
    }

    /// How many smaller units a bucket is taken to have when a count is averaged.
    fn units(&self) -> f64 {
        match self.interval.as_str() {
            "hour" => 60.0,
            "day" => 24.0,
            "isoWeek" => 7.0,
            "month" => 30.0,
            _ => 90.0,
        }
    }
}

fn civil(at: i64) -> Date {
    let days = i32::try_from(at.div_euclid(DAY)).unwrap_or(0);
    let epoch = Date::constant(1970, 1, 1);
    epoch
        .checked_add(jiff::Span::new().days(days))
        .unwrap_or(epoch)
}

fn millis(date: Date) -> i64 {
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC);
    zoned.map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

/// Where the bucket of an instant begins.
fn floor(at: i64, interval: &str) -> i64 {
    let date = civil(at);
    match interval {
        "hour" => at.div_euclid(HOUR) * HOUR,
        "day" => at.div_euclid(DAY) * DAY,
        "isoWeek" => millis(date) - i64::from(date.weekday().since(Weekday::Monday)) * DAY,
        "month" => millis(date.first_of_month()),
        _ => {
            let month = (date.month() - 1) / 3 * 3 + 1;
            millis(Date::new(date.year(), month, 1).unwrap_or(date))
        }
    }
}

/// Where the bucket after the one that begins at `start` begins.
fn after(start: i64, interval: &str) -> i64 {
    match interval {
        "hour" => start + HOUR,
        "day" => start + DAY,
        "isoWeek" => start + 7 * DAY,
        // Into the next month or quarter, and back to its beginning.
        "month" => floor(start + 32 * DAY, "month"),
        _ => floor(start + 93 * DAY, "quarter"),
    }
}

impl Buckets {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The bucket of an instant, if it is in the range.
    fn find(&self, at: i64) -> Option<usize> {
        if at < self.from || at > self.to {
            return None;
        }
        self.starts
            .partition_point(|start| *start <= at)
            .checked_sub(1)
    }

    /// The last instant of each bucket, not after the range.
    pub fn ends(&self) -> Vec<i64> {
        let next = self.starts.iter().skip(1).map(|start| start - 1);
        next.chain([self.to]).collect()
    }

    /// `{minDate, maxDate, data}`.
    pub fn render(&self, data: Value) -> Value {
        json!({"minDate": self.from, "maxDate": self.to, "data": data})
    }
}

/// A request to aggregate over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Whose entities.
    pub blueprint: String,
    /// Which of them.
    pub query: Query,
    /// The range and interval.
    pub span: Span,
    /// Which time of an entity places it in a bucket.
    pub measured_by: String,
    /// What is drawn.
    pub what: What,
}

/// What a series shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// How many entities, perhaps by the value of a property.
    Count {
        /// Divided by the smaller units of the interval.
        average: bool,
        /// A line for each value of this property.
        breakdown: Option<String>,
    },
    /// A function of properties.
    Properties {
        /// `average`, `sum`, `min`, `max`, `median` or `last`.
        func: String,
        /// A line for each.
        properties: Vec<String>,
    },
}

impl Series {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// `invalid_request` that names the key, the value and the rule.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        const COMMON: [&str; 7] = [
            "aggregationType",
            "blueprint",
            "timeRange",
            "timeInterval",
            "query",
            "measureTimeBy",
            "func",
        ];
        let fields = Fields::of(body, "")?;
        let kind = fields.one_of(
            "aggregationType",
            &["aggregatePropertiesValues", "countEntities"],
        )?;
        let what = if kind == "countEntities" {
            fields.only(&[&COMMON[..], &["breakdownProperty"]].concat())?;
            What::Count {
                average: fields.one_of("func", &["count", "average"])? == "average",
                breakdown: fields.find_string("breakdownProperty")?.map(str::to_owned),
            }
        } else {
            fields.only(&[&COMMON[..], &["properties"]].concat())?;
            let func = fields
                .one_of("func", &["average", "sum", "min", "max", "median", "last"])?
                .to_owned();
            fields.required("properties")?;
            let properties = fields.find_strings("properties")?.unwrap_or_default();
            if properties.is_empty() {
                return Err(fields.wrong(
                    "properties",
                    fields.required("properties")?,
                    "name at least one property",
                ));
            }
            What::Properties {
                func,
                properties: properties.into_iter().map(str::to_owned).collect(),
            }
        };
        Ok(Self {
            blueprint: fields.string("blueprint")?.to_owned(),
            query: match fields.find("query").filter(|query| !query.is_null()) {
                None => Query::everything(),
                Some(query) => Query::parse(query, "query", Dialect::Global)?,
            },
            span: Span::parse(&fields)?,
            measured_by: fields
                .find_string("measureTimeBy")?
                .unwrap_or("$createdAt")
                .to_owned(),
            what,
        })
    }

    /// What must be known of each entity, the time that places it first.
    pub fn facets(&self) -> Vec<String> {
        let mut facets = vec![self.measured_by.clone()];
        match &self.what {
            What::Count { breakdown, .. } => facets.extend(breakdown.clone()),
            What::Properties { properties, .. } => facets.extend(properties.iter().cloned()),
        }
        facets
    }

    /// The reply's `result`, from a tuple of the facets for each entity.
    pub fn result(&self, tuples: &[Vec<Value>], now: Timestamp) -> Value {
        let buckets = self.span.buckets(now);
        let mut placed: Vec<(usize, i64, &[Value])> = Vec::new();
        for tuple in tuples {
            let at = tuple
                .first()
                .and_then(Value::as_str)
                .and_then(parse_instant);
            if let (Some(at), Some((_, rest))) = (at, tuple.split_first())
                && let Some(bucket) = buckets.find(at.as_millis())
            {
                placed.push((bucket, at.as_millis(), rest));
            }
        }
        placed.sort_by_key(|(_, at, _)| *at);
        let data = match &self.what {
            What::Count { average, breakdown } => {
                let scale = if *average { self.span.units() } else { 1.0 };
                count(&buckets, &placed, scale, breakdown.is_some())
            }
            What::Properties { func, properties } => {
                let lines = properties.iter().enumerate().map(|(place, property)| {
                    json!({"property": property, "data": line(&buckets, &placed, place, func)})
                });
                lines.collect()
            }
        };
        buckets.render(data)
    }
}

fn count(
    buckets: &Buckets,
    placed: &[(usize, i64, &[Value])],
    scale: f64,
    broken_down: bool,
) -> Value {
    let line = |of: Option<&Value>| -> Value {
        let mut counts = vec![0.0; buckets.len()];
        for (bucket, _, values) in placed {
            if (of.is_none() || values.first() == of)
                && let Some(count) = counts.get_mut(*bucket)
            {
                *count += 1.0;
            }
        }
        counts
            .into_iter()
            .map(|count| number(count / scale))
            .collect()
    };
    if !broken_down {
        return line(None);
    }
    let mut counts: Vec<(&Value, usize)> = Vec::new();
    for value in placed.iter().filter_map(|(_, _, values)| values.first()) {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    counts.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| compare(a, b)));
    counts.truncate(MOST_LINES);
    let lines = counts
        .into_iter()
        .map(|(value, _)| json!({"value": value, "data": line(Some(value))}));
    lines.collect()
}

fn line(buckets: &Buckets, placed: &[(usize, i64, &[Value])], place: usize, func: &str) -> Value {
    let mut numbers: Vec<Vec<f64>> = vec![Vec::new(); buckets.len()];
    for (bucket, _, values) in placed {
        if let (Some(numbers), Some(value)) = (
            numbers.get_mut(*bucket),
            values.get(place).and_then(Value::as_f64),
        ) {
            numbers.push(value);
        }
    }
    let points = numbers.into_iter().map(|mut numbers| {
        let Some(last) = numbers.last().copied() else {
            return Value::Null;
        };
        let sum: f64 = numbers.iter().sum();
        number(match func {
            "sum" => sum,
            "average" => sum / numbers.len() as f64,
            "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "median" => median(&mut numbers),
            _ => last,
        })
    });
    points.collect()
}

/// The value of properties at the end of each bucket, from what was written when (in order): a list of numbers for one
/// property, a line each for several.
pub fn history(
    buckets: &Buckets,
    properties: &[String],
    written: &[(i64, Map<String, Value>)],
) -> Value {
    let line = |property: &String| -> Value {
        let at = |end: i64| {
            let before = written.iter().take_while(|(at, _)| *at <= end).last();
            let value = before.and_then(|(_, values)| values.get(property)).cloned();
            value.unwrap_or_default()
        };
        buckets.ends().into_iter().map(at).collect()
    };
    match properties {
        [property] => line(property),
        several => several
            .iter()
            .map(|property| json!({"property": property, "data": line(property)}))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
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
        let data =
            |body: Value| series(body).expect("a series").result(&tuples, now())["data"].clone();
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
}
