//! The proleptic Gregorian calendar.

/// A broken-down time, as C has it, except that the year is the year.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Time {
    pub(super) year: i64,
    /// From 0.
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// From Sunday, 0.
    pub(super) weekday: i64,
    /// From 0.
    pub(super) yearday: i64,
}

const DAY: i64 = 86_400;

/// Days since 1970 of a day. The month counts from 0 and may be any number, and so may the day.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12);
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month from 0 and day of a number of days since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let (month, next) = if shifted < 10 {
        (shifted + 2, 0)
    } else {
        (shifted - 10, 1)
    };
    (era * 400 + year + next, month, day)
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The weekday of a number of days since 1970, which began on a Thursday.
pub(super) fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

impl Time {
    /// `None`: the year would not fit into C's int.
    pub(super) fn from_seconds(seconds: i64) -> Option<Time> {
        let number = seconds.div_euclid(DAY);
        let of_day = seconds.rem_euclid(DAY);
        let (year, month, day) = date(number);
        i32::try_from(year - 1900).ok()?;
        Some(Time {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: weekday(number),
            yearday: number - days(year, 0, 1),
        })
    }

    /// The time that fields beyond their range stand for: the 31st of February is in March.
    pub(super) fn normalized(
        year: i64,
        month: i64,
        day: i64,
        hour: i64,
        minute: i64,
        second: i64,
    ) -> Time {
        let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        let number = seconds.div_euclid(DAY);
        let of_day = seconds.rem_euclid(DAY);
        let (year, month, day) = date(number);
        Time {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: weekday(number),
            yearday: number - days(year, 0, 1),
        }
    }

    /// Seconds since 1970.
    pub(super) fn seconds(&self) -> i64 {
        let days = days(self.year, self.month, self.day);
        days * DAY + self.hour * 3600 + self.minute * 60 + self.second
    }

    /// The week of the year and the year it belongs to, as ISO 8601 counts.
    pub(super) fn iso_week(&self) -> (i64, i64) {
        let monday_based = (self.weekday + 6) % 7;
        let week = (self.yearday - monday_based + 10) / 7;
        if week < 1 {
            return (weeks(self.year - 1), self.year - 1);
        }
        if week > weeks(self.year) {
            return (1, self.year + 1);
        }
        (week, self.year)
    }
}

/// How many ISO weeks a year has.
fn weeks(year: i64) -> i64 {
    let january = weekday(days(year, 0, 1));
    if january == 4 || (january == 3 && is_leap(year)) {
        53
    } else {
        52
    }
}
