//! Time as the service sees it: instants in UTC with the precision that both databases keep.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Microseconds in 24 hours.
const DAY: i64 = 86_400_000_000;

/// A moment in UTC, truncated to microseconds so that SQLite and PostgreSQL store the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// Takes microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the first instant of a calendar day in a time zone, `None` outside the years that jiff knows.
    pub fn start_of_day(date: Date, zone: &TimeZone) -> Option<Self> {
        let start = date.to_zoned(zone.clone()).ok()?;
        Some(Self(start.timestamp().as_microsecond()))
    }

    /// Returns the calendar day of this instant in a time zone.
    pub fn date(self, zone: &TimeZone) -> Date {
        self.timestamp().to_zoned(zone.clone()).date()
    }

    /// Returns this instant as jiff's type; instants outside its range are clamped to it.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// Returns the instant `days` times 24 hours later, or earlier where they are negative.
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// Returns the instant `months` calendar months later on the wall clock of `zone`.
    pub fn plus_months(self, months: i32, zone: &TimeZone) -> Self {
        let local = self.timestamp().to_zoned(zone.clone());
        match local.checked_add(jiff::Span::new().months(months)) {
            Ok(later) => Self(later.timestamp().as_microsecond()),
            Err(_) => Self(Timestamp::MAX.as_microsecond()),
        }
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.timestamp().fmt(formatter)
    }
}

/// Where the time comes from: the system, or an instant of their own in tests and in the demo.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Always this instant.
    Fixed(Instant),
    /// Another time of day that goes on as the system's does: the demo's own today.
    Moving {
        /// What it showed first.
        from: Instant,
        /// When that was.
        since: std::time::Instant,
    },
}

impl Clock {
    /// A clock that shows `from` now and goes on from there.
    pub fn moving(from: Instant) -> Self {
        Self::Moving { from, since: std::time::Instant::now() }
    }

    /// Returns the current instant.
    pub fn now(self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
            Self::System => Timestamp::now().into(),
            Self::Fixed(instant) => instant,
            Self::Moving { from, since } => {
                let passed = i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX);
                Instant(from.0.saturating_add(passed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_after_the_end_of_january_is_the_end_of_february() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let start = Instant::start_of_day(jiff::civil::date(2026, 1, 31), &zone).unwrap();
        assert_eq!(start.plus_months(1, &zone).date(&zone), jiff::civil::date(2026, 2, 28));
    }

    #[test]
    fn an_instant_keeps_microseconds_and_drops_nanoseconds() {
        let precise: Timestamp = "2026-11-24T01:02:03.123456789Z".parse().unwrap();
        assert_eq!(Instant::from(precise).to_string(), "2026-11-24T01:02:03.123456Z");
    }
}
