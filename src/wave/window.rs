//! When mails may go out: hours of the day, days of the week, holidays and working weekends, in the recipient's own zone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::clock::Instant;

/// Days that are looked at for one on which mails may go out.
const DAYS_AHEAD: i32 = 400;

/// Hours and days on which mails may go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendWindow {
    /// First minute of the day, on the recipient's clock.
    #[serde(default = "nine")]
    pub from: Time,
    /// End of the day, exclusive.
    #[serde(default = "six")]
    pub until: Time,
    /// Days of the week on which mails go out, as English words.
    #[serde(default = "working_days")]
    pub days: Vec<Day>,
    /// Which holiday file holds in which time zone, by the file's name without `.toml`.
    #[serde(default)]
    pub holidays: BTreeMap<String, String>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

fn nine() -> Time {
    jiff::civil::time(9, 0, 0, 0)
}

fn six() -> Time {
    jiff::civil::time(18, 0, 0, 0)
}

fn working_days() -> Vec<Day> {
    vec![Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday]
}

impl Default for SendWindow {
    fn default() -> Self {
        Self { from: nine(), until: six(), days: working_days(), holidays: BTreeMap::new() }
    }
}

/// A country's holidays, and weekends on which it works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    /// Days off.
    #[serde(default)]
    pub off: BTreeSet<Date>,
    /// Weekend days on which people work.
    #[serde(default)]
    pub working: BTreeSet<Date>,
}

/// Holidays by time zone.
pub type HolidayBook = BTreeMap<String, Holidays>;

impl SendWindow {
    /// What is wrong with it, in words.
    pub(super) fn problem(&self) -> Option<String> {
        if self.from >= self.until {
            return Some("`from` is an earlier time of day than `until`".into());
        }
        if self.days.is_empty() {
            return Some("name at least one day of the week".into());
        }
        let zone = self.holidays.keys().find(|zone| TimeZone::get(zone).is_err());
        zone.map(|zone| format!("{zone:?} is not an IANA zone such as Asia/Shanghai"))
    }

    /// The first moment at or after `at` when a mail may reach somebody in a time zone; `None` if there is none within a
    /// year. A gap in the wall clock (summer time begins) moves the start of a day forward, a fold takes its first time.
    pub fn next(&self, at: Instant, zone_name: &str, holidays: &HolidayBook) -> Option<Instant> {
        let zone = TimeZone::get(zone_name).unwrap_or(TimeZone::UTC);
        let calendar = holidays.get(zone_name);
        let today = at.date(&zone);
        for ahead in 0..DAYS_AHEAD {
            let day = today.checked_add(ahead.days()).ok()?;
            if !self.works(day, calendar) {
                continue;
            }
            let opens: Instant = day.to_datetime(self.from).to_zoned(zone.clone()).ok()?.timestamp().into();
            let ends: Instant = day.to_datetime(self.until).to_zoned(zone.clone()).ok()?.timestamp().into();
            if at < ends {
                return Some(at.max(opens));
            }
        }
        None
    }

    fn works(&self, day: Date, calendar: Option<&Holidays>) -> bool {
        if calendar.is_some_and(|calendar| calendar.off.contains(&day)) {
            return false;
        }
        calendar.is_some_and(|calendar| calendar.working.contains(&day))
            || self.days.contains(&Day::of(day.weekday()))
    }
}

impl Day {
    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    fn next(text: &str, zone: &str, holidays: &HolidayBook) -> String {
        SendWindow::default().next(at(text), zone, holidays).unwrap().to_string()
    }

    #[test]
    fn a_mail_waits_for_the_recipients_morning_and_for_monday() {
        let none = HolidayBook::new();
        // Wednesday 25 November 2026, 02:00 in Shanghai: the same day at nine.
        assert_eq!(next("2026-11-24T18:00:00Z", "Asia/Shanghai", &none), "2026-11-25T01:00:00Z");
        // At ten it goes at once, at six in the evening the next day.
        assert_eq!(next("2026-11-25T02:00:00Z", "Asia/Shanghai", &none), "2026-11-25T02:00:00Z");
        assert_eq!(next("2026-11-25T10:00:00Z", "Asia/Shanghai", &none), "2026-11-26T01:00:00Z");
        // Saturday in New York: Monday at nine there.
        assert_eq!(next("2026-11-28T15:00:00Z", "America/New_York", &none), "2026-11-30T14:00:00Z");
    }

    #[test]
    fn a_holiday_is_passed_over_and_a_working_weekend_is_not() {
        let calendar = Holidays {
            off: ["2026-10-01", "2026-10-02", "2026-10-05"].map(|day| day.parse().unwrap()).into(),
            working: ["2026-10-10"].map(|day| day.parse().unwrap()).into(),
        };
        let book = HolidayBook::from([("Asia/Shanghai".to_owned(), calendar)]);
        assert_eq!(next("2026-10-01T02:00:00Z", "Asia/Shanghai", &book), "2026-10-06T01:00:00Z");
        assert_eq!(next("2026-10-10T02:00:00Z", "Asia/Shanghai", &book), "2026-10-10T02:00:00Z");
        assert_eq!(next("2026-10-10T02:00:00Z", "Asia/Tokyo", &book), "2026-10-12T00:00:00Z");
    }

    #[test]
    fn the_hours_follow_the_wall_clock_over_both_ends_of_summer_time() {
        let none = HolidayBook::new();
        let sunday = SendWindow { days: vec![Day::Sunday], ..SendWindow::default() };
        let nine_in_berlin = |text: &str| sunday.next(at(text), "Europe/Berlin", &none).unwrap().to_string();
        assert_eq!(nine_in_berlin("2026-03-28T12:00:00Z"), "2026-03-29T07:00:00Z");
        assert_eq!(nine_in_berlin("2026-10-24T12:00:00Z"), "2026-10-25T08:00:00Z");
    }
}
