//! Values over time: a range cut into buckets, and what falls into each (facts/catalog.md 3.4 and 3.5). Hours, days, weeks,
//! months and quarters are those of the time zone that is asked for, or of UTC.

use super::{compare, median, number};
use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::search::{Dialect, Preset, Query, parse_instant};
use crate::time::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Lines a breakdown has at most; the values of fewest entities are left out.
const MOST_LINES: usize = 10;

pub(crate) const PRESETS: [&str; 11] = [
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
pub(crate) const INTERVALS: [&str; 5] = ["hour", "day", "isoWeek", "month", "quarter"];

/// The kinds of series with their functions: of values of properties,
pub(crate) const VALUES: (&str, &[&str]) = (
    "aggregatePropertiesValues",
    &["average", "sum", "min", "max", "median", "last"],
);
/// and of numbers of entities.
pub(crate) const COUNTS: (&str, &[&str]) = ("countEntities", &["count", "average"]);

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
    zone: TimeZone,
}

impl Span {
    /// Reads `timeRange` and `timeInterval`.
    ///
    /// # Errors
    /// `invalid_request` that names the key, the value and the rule.
    pub fn parse(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let range = fields.fields("timeRange")?;
        range.only(&["preset", "timeZone"])?;
        let zone = match range.find_string("timeZone")? {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                let advice = "it must be the name of a time zone, such as \"Europe/Paris\"";
                range.wrong("timeZone", &Value::from(name), advice)
            })?,
        };
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
            zone,
        })
    }

    /// The buckets of this span, asked at `now`.
    pub fn buckets(&self, now: Timestamp) -> Buckets {
        let (from, to) = self.preset.bounds_in(&self.zone, now);
        let mut starts = Vec::new();
        let mut start = self.floor(from);
        while start <= to {
            starts.push(start);
            start = self.after(start);
        }
        Buckets { from, to, starts }
    }

    /// The date of an instant, and by how much its clock is ahead of UTC.
    fn local(&self, at: i64) -> (Date, i64) {
        let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        let zoned = at.to_zoned(self.zone.clone());
        (zoned.date(), i64::from(zoned.offset().seconds()) * 1000)
    }

    /// When a date begins.
    fn begin(&self, date: Date) -> i64 {
        let zoned = date.to_zoned(self.zone.clone());
        zoned.map_or(0, |zoned| zoned.timestamp().as_millisecond())
    }

    /// Where the bucket of an instant begins.
    fn floor(&self, at: i64) -> i64 {
        let (date, ahead) = self.local(at);
        match self.interval.as_str() {
            "hour" => (at + ahead).div_euclid(HOUR) * HOUR - ahead,
            "day" => self.begin(date),
            "isoWeek" => {
                let days = i64::from(date.weekday().since(Weekday::Monday));
                let monday = date.checked_sub(jiff::Span::new().days(days));
                self.begin(monday.unwrap_or(date))
            }
            "month" => self.begin(date.first_of_month()),
            _ => {
                let month = (date.month() - 1) / 3 * 3 + 1;
                self.begin(Date::new(date.year(), month, 1).unwrap_or(date))
            }
        }
    }

    /// Where the bucket after the one that begins at `start` begins: where the bucket of an instant well inside the next
    /// one does, since days have 23 to 25 hours.
    fn after(&self, start: i64) -> i64 {
        let inside = match self.interval.as_str() {
            "hour" => return start + HOUR,
            "day" => DAY + DAY / 2,
            "isoWeek" => 7 * DAY + DAY / 2,
            "month" => 32 * DAY,
            _ => 93 * DAY,
        };
        // Always onwards, so that the end of a range is reached whatever a zone does.
        self.floor(start + inside).max(start + HOUR)
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

/// Properties of one request: each is a line, and is worked out for itself.
pub const MOST_PROPERTIES: usize = 100;

/// The properties that a request names in a key.
///
/// # Errors
/// `invalid_request` unless they are 1 to [`MOST_PROPERTIES`] texts.
pub fn properties(fields: &Fields<'_>, key: &str) -> Result<Vec<String>, Refusal> {
    let value = fields.required(key)?;
    let names = fields.find_strings(key)?.unwrap_or_default();
    let rule = match names.len() {
        0 => "name at least one property".to_owned(),
        1..=MOST_PROPERTIES => return Ok(names.into_iter().map(str::to_owned).collect()),
        count => format!(
            "it names {count} properties, at most {MOST_PROPERTIES} are allowed; ask for the others separately"
        ),
    };
    Err(fields.wrong(key, value, &rule))
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
        let kind = fields.one_of("aggregationType", &[VALUES.0, COUNTS.0])?;
        let what = if kind == COUNTS.0 {
            fields.only(&[&COMMON[..], &["breakdownProperty"]].concat())?;
            What::Count {
                average: fields.one_of("func", COUNTS.1)? == "average",
                breakdown: fields.find_string("breakdownProperty")?.map(str::to_owned),
            }
        } else {
            fields.only(&[&COMMON[..], &["properties"]].concat())?;
            let func = fields.one_of("func", VALUES.1)?.to_owned();
            What::Properties {
                func,
                properties: properties(&fields, "properties")?,
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
        let mut left = written.iter().peekable();
        let mut value = Value::Null;
        let at = |end: i64| {
            while let Some((_, values)) = left.next_if(|(at, _)| *at <= end) {
                value = values.get(property).cloned().unwrap_or_default();
            }
            value.clone()
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
mod tests;
