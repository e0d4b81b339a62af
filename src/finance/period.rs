//! Fiscal quarters in the organisation's own time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::clock::Instant;

/// How the organisation cuts time: its zone and the month in which its fiscal year starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The time zone in which days begin.
    pub zone: TimeZone,
    /// Month in which the fiscal year starts, 1 to 12.
    pub fiscal_year_start: i8,
}

/// A fiscal quarter. The fiscal year is named after the calendar year in which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    year: i16,
    /// 1 to 4.
    quarter: i8,
}

/// A text that does not name a quarter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a quarter: write it as 2026Q3")]
pub struct QuarterError(String);

impl FromStr for Quarter {
    type Err = QuarterError;

    fn from_str(text: &str) -> Result<Self, QuarterError> {
        let fault = || QuarterError(text.into());
        let (year, quarter) = text.split_once(['Q', 'q']).ok_or_else(fault)?;
        let year: i16 = year.parse().map_err(|_| fault())?;
        let quarter: i8 = quarter.parse().map_err(|_| fault())?;
        if !(1900..=2999).contains(&year) || !(1..=4).contains(&quarter) {
            return Err(fault());
        }
        Ok(Self { year, quarter })
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Q{}", self.year, self.quarter)
    }
}

impl Quarter {
    /// Returns the following quarter.
    pub fn next(self) -> Self {
        if self.quarter == 4 {
            Self { year: self.year + 1, quarter: 1 }
        } else {
            Self { year: self.year, quarter: self.quarter + 1 }
        }
    }

    /// Returns the quarter `count` quarters later.
    pub fn later(self, count: usize) -> Self {
        (0..count).fold(self, |quarter, _| quarter.next())
    }
}

impl Calendar {
    /// Returns the quarter that contains an instant.
    pub fn quarter_of(&self, at: Instant) -> Quarter {
        let day = at.date(&self.zone);
        let months = i32::from(day.year()) * 12 + i32::from(day.month()) - i32::from(self.fiscal_year_start);
        let year = months.div_euclid(12);
        let quarter = months.rem_euclid(12) / 3 + 1;
        Quarter { year: i16::try_from(year).unwrap_or(i16::MAX), quarter: i8::try_from(quarter).unwrap_or(4) }
    }

    /// Returns the first instant of a quarter.
    pub fn start(&self, quarter: Quarter) -> Instant {
        let months = i32::from(quarter.year) * 12
            + i32::from(self.fiscal_year_start - 1)
            + (i32::from(quarter.quarter) - 1) * 3;
        let year = i16::try_from(months.div_euclid(12)).unwrap_or(9999);
        let month = i8::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
        let day: Date = date(year, month, 1);
        Instant::start_of_day(day, &self.zone).unwrap_or(Instant::from_micros(i64::MAX))
    }

    /// Returns the first instant after a quarter.
    pub fn end(&self, quarter: Quarter) -> Instant {
        self.start(quarter.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(fiscal_year_start: i8) -> Calendar {
        Calendar { zone: TimeZone::get("Asia/Shanghai").unwrap(), fiscal_year_start }
    }

    #[test]
    fn a_quarter_begins_at_local_midnight() {
        let calendar = calendar(1);
        let start = calendar.start("2026Q3".parse().unwrap());
        assert_eq!(start.to_string(), "2026-06-30T16:00:00Z");
        assert_eq!(calendar.quarter_of(start).to_string(), "2026Q3");
        assert_eq!(calendar.quarter_of(Instant::from_micros(start.as_micros() - 1)).to_string(), "2026Q2");
    }

    #[test]
    fn a_fiscal_year_from_april_has_its_last_quarter_in_the_next_calendar_year() {
        let calendar = calendar(4);
        let february = "2027-02-10T00:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
        assert_eq!(calendar.quarter_of(february).to_string(), "2026Q4");
        assert_eq!(calendar.end("2026Q4".parse().unwrap()).date(&calendar.zone), date(2027, 4, 1));
    }

    #[test]
    fn what_is_not_a_quarter_is_refused() {
        for text in ["2026", "2026Q5", "Q3", "2026Q0", "26Q1"] {
            assert!(text.parse::<Quarter>().is_err(), "{text}");
        }
    }
}
