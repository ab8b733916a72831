//! Dates: seconds since 1970 and broken-down times, in UTC. There is no other time zone here, so local time is UTC.

use super::{Native, native};
use crate::error::Stop;
use crate::eval::Machine;
use crate::value::Val;

mod civil;
mod parse;
mod write;

use civil::Time;
use write::Zone;

/// What `todate` and `fromdate` use.
const ISO: &str = "%Y-%m-%dT%H:%M:%SZ";

pub(super) const TABLE: &[Native] = &[
    native("now", 0, |machine, _, _| Ok(Val::Num(machine.now))),
    native("gmtime", 0, |machine, input, _| {
        let time = time_of(&input, "gmtime() requires numeric inputs")?;
        machine.broken_down(&time, fraction(&input))
    }),
    native("localtime", 0, |machine, input, _| {
        let time = time_of(&input, "localtime() requires numeric inputs")?;
        machine.broken_down(&time, fraction(&input))
    }),
    native("mktime", 0, |_, input, _| make_time(&input)),
    native("strftime", 1, |machine, input, args| {
        machine.write_time(&input, &args[0], "strftime/1", Zone("GMT"))
    }),
    native("strflocaltime", 1, |machine, input, args| {
        machine.write_time(&input, &args[0], "strflocaltime/1", Zone("UTC"))
    }),
    native("todate", 0, |machine, input, _| {
        machine.write_time(&input, &Val::from(ISO), "strftime/1", Zone("GMT"))
    }),
    native("todateiso8601", 0, |machine, input, _| {
        machine.write_time(&input, &Val::from(ISO), "strftime/1", Zone("GMT"))
    }),
    native("strptime", 1, |machine, input, args| {
        machine.parse_time(&input, &args[0])
    }),
    native("fromdate", 0, |machine, input, _| from_iso(machine, &input)),
    native("fromdateiso8601", 0, |machine, input, _| {
        from_iso(machine, &input)
    }),
];

fn from_iso(machine: &mut Machine<'_>, input: &Val) -> Result<Val, Stop> {
    let time = machine.parse_time(input, &Val::from(ISO))?;
    make_time(&time)
}

/// The time of a number of seconds.
fn time_of(seconds: &Val, what: &str) -> Result<Time, Stop> {
    let seconds = seconds.as_f64().ok_or_else(|| Stop::message(what))?;
    let whole = if seconds.is_nan() {
        i64::MIN
    } else {
        seconds as i64
    };
    Time::from_seconds(whole)
        .ok_or_else(|| Stop::message("error converting number of seconds since epoch to datetime"))
}

fn fraction(seconds: &Val) -> f64 {
    let seconds = seconds.as_f64().unwrap_or(0.0);
    seconds - seconds.floor()
}

/// The time of an array of numbers: year, month from 0, day, hours, minutes, seconds. `None`: it is none.
fn time_in(fields: &Val) -> Option<Time> {
    let mut numbers = [0_i32; 6];
    let items = fields.as_array()?.items();
    for (place, item) in items.iter().take(8).enumerate() {
        let n = item.as_f64().filter(|n| !n.is_nan())?;
        // The year is kept as an int counted from 1900, as in C.
        let n = if place == 0 { n - 1900.0 } else { n };
        if let Some(number) = numbers.get_mut(place) {
            *number = n as i32;
        }
    }
    if items.is_empty() {
        // C counts months from 0 and days from 1, so nothing at all is the last day of 1899.
        numbers[0] = 0;
    }
    let [year, month, day, hour, minute, second] = numbers.map(i64::from);
    Some(Time::normalized(
        year + 1900,
        month,
        day,
        hour,
        minute,
        second,
    ))
}

fn make_time(input: &Val) -> Result<Val, Stop> {
    if input.as_array().is_none() {
        return Err(Stop::message("mktime requires array inputs"));
    }
    let time =
        time_in(input).ok_or_else(|| Stop::message("mktime requires parsed datetime inputs"))?;
    match time.seconds() {
        // What C's function says for "impossible"; jq cannot tell it from the second before 1970.
        -1 => Err(Stop::message("invalid gmtime representation")),
        seconds => Ok(Val::Num(seconds as f64)),
    }
}

impl Machine<'_> {
    fn broken_down(&mut self, time: &Time, fraction: f64) -> Result<Val, Stop> {
        let numbers = [
            time.year,
            time.month,
            time.day,
            time.hour,
            time.minute,
            time.second,
            time.weekday,
            time.yearday,
        ];
        let mut items: Vec<Val> = numbers.iter().map(|n| Val::Num(*n as f64)).collect();
        items[5] = Val::Num(time.second as f64 + fraction);
        self.array(items)
    }

    fn write_time(
        &mut self,
        input: &Val,
        format: &Val,
        name: &str,
        zone: Zone,
    ) -> Result<Val, Stop> {
        let parsed = || Stop::message(format!("{name} requires parsed datetime inputs"));
        let time = match input {
            Val::Num(_) | Val::Dec(_) => Some(time_of(input, "")?),
            Val::Arr(_) => None,
            _ => return Err(parsed()),
        };
        let Val::Str(format) = format else {
            return Err(Stop::message(format!("{name} requires a string format")));
        };
        let time = match time {
            Some(time) => time,
            None => time_in(input).ok_or_else(parsed)?,
        };
        self.meter.work(format.len() as u64)?;
        match write::write(&time, format, zone) {
            Some(text) => self.string(&text),
            None => Err(Stop::message(format!("{name}: unknown system failure"))),
        }
    }

    fn parse_time(&mut self, input: &Val, format: &Val) -> Result<Val, Stop> {
        let (Val::Str(text), Val::Str(format)) = (input, format) else {
            return Err(Stop::message(
                "strptime/1 requires string inputs and arguments",
            ));
        };
        self.meter.work((text.len() + format.len()) as u64 / 4)?;
        let Some((time, rest)) = parse::parse(text, format) else {
            self.meter.memory((text.len() + format.len()) as u64)?;
            return Err(Stop::message(format!(
                "date \"{text}\" does not match format \"{format}\""
            )));
        };
        let parsed = self.broken_down(&time, 0.0)?;
        if rest.is_empty() {
            return Ok(parsed);
        }
        // What follows a blank behind the date is kept, as in jq.
        let rest = self.string(rest)?;
        let rest = self.array(vec![rest])?;
        self.add(parsed, rest)
    }
}
