//! When to send the next message: back-off of one mail, rate of one group of domains, and what stops a relay or a
//! wave. All of it is state that moves by the instants and outcomes that it is given.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Instant;

use super::reply::Class;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Real attempts after which a mail is given up.
pub const MOST_ATTEMPTS: u32 = 8;

/// Seconds to wait after each attempt; the last one repeats.
const TEMPORARY: &[u64] = &[5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR];
/// `NetEase` counts by the quarter of an hour and asks for two minutes after suspicion.
const RATE: &[u64] = &[2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
const GREYLIST: &[u64] = &[7 * MINUTE + 30, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR];
/// Waits that end a day after the first attempt.
const MAILBOX_FULL: &[u64] = &[HOUR, 3 * HOUR, 8 * HOUR, 12 * HOUR];
/// The breaker decides when the relay is tried again; this only keeps the row from being leased at once.
const HOST: u64 = 30;

/// Returns how long a mail waits after its `attempts`-th refusal, `None` where it is not to be tried again.
///
/// `seed` spreads the mails: the same mail gets the same wait, 20 % at most from the schedule's; a greylisted one
/// waits 5 to 10 minutes the first time. `attempts` counts from 1; the host's failures and those of the
/// configuration are no attempts and never give up, nor does a mail that came too fast.
pub fn retry_after(class: Class, attempts: u32, seed: u64) -> Option<Duration> {
    let schedule = match class {
        Class::Host | Class::Configuration => return Some(spread(HOST, 0.2, seed)),
        Class::Rate => RATE,
        Class::Greylist => GREYLIST,
        Class::MailboxFull => MAILBOX_FULL,
        Class::Temporary => TEMPORARY,
        Class::Hard | Class::Policy | Class::Content | Class::Permanent => return None,
    };
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let given_up = match class {
        // Who is only too fast for a receiver slows down, and drops nothing.
        Class::Rate => false,
        Class::MailboxFull => at >= schedule.len(),
        _ => attempts >= MOST_ATTEMPTS,
    };
    if given_up {
        return None;
    }
    let seconds = schedule.get(at).or(schedule.last())?;
    let share = if class == Class::Greylist && at == 0 { 1.0 / 3.0 } else { 0.2 };
    Some(spread(*seconds, share, seed.wrapping_add(u64::from(attempts))))
}

/// Moves a time by up to `share` of itself, up or down, by what the seed says.
fn spread(seconds: u64, share: f64, seed: u64) -> Duration {
    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014) makes neighbouring seeds differ.
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let unit = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
    Duration::from_secs(seconds).mul_f64(1.0 - share + 2.0 * share * unit)
}

/// The receiving domains that one provider answers for, and that count together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DomainGroup {
    /// gmail.com and its like.
    Google,
    /// Outlook, Hotmail, Live.
    Microsoft,
    /// Yahoo and AOL.
    Yahoo,
    /// QQ and Foxmail.
    Tencent,
    /// 163, 126, yeah.net, 188.
    Netease,
    /// A domain by itself, in lower case.
    Other(String),
}

impl std::fmt::Display for DomainGroup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Yahoo => "yahoo",
            Self::Tencent => "tencent",
            Self::Netease => "netease",
            Self::Other(domain) => domain,
        })
    }
}

/// Returns the group that a receiving domain counts in.
///
/// ```
/// use cam::mail::pace::{DomainGroup, domain_group};
/// assert_eq!(domain_group("vip.QQ.com"), DomainGroup::Tencent);
/// assert_eq!(domain_group("haoda.example"), DomainGroup::Other("haoda.example".into()));
/// ```
pub fn domain_group(domain: &str) -> DomainGroup {
    let domain = domain.trim_end_matches('.').to_lowercase();
    match domain.as_str() {
        "gmail.com" | "googlemail.com" => DomainGroup::Google,
        "msn.com" | "passport.com" => DomainGroup::Microsoft,
        "ymail.com" | "rocketmail.com" | "aol.com" | "myyahoo.com" => DomainGroup::Yahoo,
        "qq.com" | "vip.qq.com" | "foxmail.com" => DomainGroup::Tencent,
        "163.com" | "126.com" | "yeah.net" | "188.com" | "vip.163.com" | "vip.126.com" => {
            DomainGroup::Netease
        }
        _ => match domain.split('.').collect::<Vec<_>>().as_slice() {
            // hotmail.co.uk, live.fr, outlook.com.au
            ["outlook" | "hotmail" | "live", rest @ ..] if is_country_ending(rest) => DomainGroup::Microsoft,
            ["yahoo", rest @ ..] if is_country_ending(rest) => DomainGroup::Yahoo,
            _ => DomainGroup::Other(domain),
        },
    }
}

fn is_country_ending(labels: &[&str]) -> bool {
    match labels {
        [single] => *single == "com" || single.len() == 2,
        ["co" | "com", country] => country.len() == 2,
        _ => false,
    }
}

/// Slowest rate that a group falls to, in mails a second: two a minute.
const SLOWEST: f64 = 1.0 / 30.0;
/// Mails accepted in a row for which the rate rises.
const STEP_AFTER: u32 = 10;
/// Limits that arrive within this time of one another are one limit.
const ONE_LIMIT: Duration = Duration::from_secs(1);

/// The rate of one group of domains: additive rise, multiplicative fall.
#[derive(Debug, Clone)]
pub struct Pace {
    rate: f64,
    fastest: f64,
    accepted: u32,
    next: Instant,
    slowed: Option<Instant>,
}

impl Pace {
    /// Begins at `fastest` mails a second, and never goes beyond.
    pub fn new(now: Instant, fastest: f64) -> Self {
        let fastest = if fastest.is_finite() { fastest.max(SLOWEST) } else { f64::from(u16::MAX) };
        Self { rate: fastest, fastest, accepted: 0, next: now, slowed: None }
    }

    /// Returns the present rate in mails a second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Takes the next place, or says when there is one. A clock that is set back delays nothing for longer than one
    /// interval.
    pub fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let interval = Duration::from_secs_f64(1.0 / self.rate);
        let next = self.next.min(later(now, interval));
        if next > now {
            return Err(next);
        }
        self.next = later(now, interval);
        Ok(())
    }

    /// Learns that a mail was accepted: after each ten, one mail a second more.
    pub fn accepted(&mut self) {
        self.accepted += 1;
        if self.accepted >= STEP_AFTER {
            self.accepted = 0;
            self.rate = (self.rate + 1.0).min(self.fastest);
        }
    }

    /// Learns that the receiver asked to slow down: half the rate.
    pub fn limited(&mut self, now: Instant) {
        self.accepted = 0;
        // Several connections hear of the same limit at once.
        let same = self.slowed.is_some_and(|before| before <= now && now < later(before, ONE_LIMIT));
        if same {
            return;
        }
        self.slowed = Some(now);
        self.rate = (self.rate / 2.0).max(SLOWEST);
        self.next = later(now, Duration::from_secs_f64(1.0 / self.rate));
    }
}

/// Shortest and longest time that a relay is left alone.
const SHORTEST_BREAK: Duration = Duration::from_secs(30);
const LONGEST_BREAK: Duration = Duration::from_secs(30 * MINUTE);
/// Mails in a row in whose middle a relay may break off before it counts as failing.
const BROKEN_OFF: u32 = 3;

/// Leaves a relay alone that cannot be reached: 30 s, doubling to 30 min, until one connection succeeds.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    open: Option<Break>,
    broken_off: u32,
}

#[derive(Debug, Clone, Copy)]
struct Break {
    until: Instant,
    span: Duration,
}

impl Breaker {
    /// Says whether the relay may be tried; `Err` carries when it may be.
    pub fn allows(&self, now: Instant) -> Result<(), Instant> {
        match self.open {
            // A clock that is set back must not lengthen a break.
            Some(Break { until, span }) if now < until => Err(until.min(later(now, span))),
            _ => Ok(()),
        }
    }

    /// Learns that the relay failed. Failures during a break are of connections made before it.
    pub fn failed(&mut self, now: Instant) {
        let span = match self.open {
            Some(Break { until, .. }) if now < until => return,
            Some(Break { span, .. }) => (span * 2).min(LONGEST_BREAK),
            None => SHORTEST_BREAK,
        };
        self.open = Some(Break { until: later(now, span), span });
    }

    /// Learns that the relay broke off in the middle of a mail. Once can be chance; `true` where it has become a habit, which
    /// is a failure.
    pub fn broke_off(&mut self, now: Instant) -> bool {
        self.broken_off += 1;
        let habit = self.broken_off >= BROKEN_OFF;
        if habit {
            self.failed(now);
        }
        habit
    }

    /// Learns that the relay works.
    pub fn succeeded(&mut self) {
        self.open = None;
        self.broken_off = 0;
    }
}

/// Mails that the watch looks back on.
const WATCHED: usize = 1_000;
/// Hard bounces among them that are borne: 5 %.
const HARD_BORNE: usize = 50;
/// Refusals for reasons of policy and complaints among them that are borne: 0.3 %.
const POLICY_BORNE: usize = 3;

/// What became of a mail, as far as the reputation of the sender goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted.
    Accepted,
    /// No such mailbox.
    Hard,
    /// Refused as unwanted, or complained about.
    Policy,
}

/// Why sending pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Too many of the addresses do not exist.
    Hard,
    /// Too many receivers do not want the mail.
    Policy,
}

/// Watches the last 1,000 mails and pauses before the sender's name is spoilt: more than 50 hard bounces, or more
/// than 3 refusals for policy.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    last: VecDeque<Verdict>,
}

impl Watch {
    /// Learns what became of a mail.
    pub fn record(&mut self, verdict: Verdict) {
        if self.last.len() == WATCHED {
            self.last.pop_front();
        }
        self.last.push_back(verdict);
    }

    /// Returns why sending is to pause, if it is.
    pub fn pause(&self) -> Option<Pause> {
        let count = |kind| self.last.iter().filter(|verdict| **verdict == kind).count();
        if count(Verdict::Policy) > POLICY_BORNE {
            Some(Pause::Policy)
        } else if count(Verdict::Hard) > HARD_BORNE {
            Some(Pause::Hard)
        } else {
            None
        }
    }

    /// Forgets what was, when an operator lets sending go on.
    pub fn resume(&mut self) {
        self.last.clear();
    }
}

fn later(instant: Instant, by: Duration) -> Instant {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Instant::from_micros(instant.as_micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Instant {
        later(Instant::from_micros(0), Duration::from_secs_f64(seconds))
    }

    #[test]
    fn a_temporary_refusal_is_tried_eight_times_within_a_fifth_of_the_schedule() {
        let schedule = [300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0];
        for seed in 0..200 {
            for (attempts, seconds) in (1..).zip(schedule) {
                let wait = retry_after(Class::Temporary, attempts, seed).unwrap().as_secs_f64();
                assert!((0.8..=1.2).contains(&(wait / seconds)), "{attempts}: {wait}");
            }
            assert_eq!(retry_after(Class::Temporary, 8, seed), None);
        }
    }

    #[test]
    fn the_same_mail_waits_the_same_and_others_are_spread() {
        let waits: Vec<_> = (0..100).map(|seed| retry_after(Class::Rate, 1, seed).unwrap()).collect();
        assert_eq!(retry_after(Class::Rate, 1, 7), Some(waits[7]));
        let mut different = waits.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), 100);
    }

    #[test]
    fn a_greylisted_mail_is_tried_again_after_five_to_ten_minutes() {
        for seed in 0..1_000 {
            let wait = retry_after(Class::Greylist, 1, seed).unwrap().as_secs_f64();
            assert!((300.0..=600.0).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn a_full_mailbox_is_given_a_day() {
        let longest: Duration = (1..).map_while(|n| retry_after(Class::MailboxFull, n, 3)).sum();
        assert!((19.0..=29.0).contains(&(longest.as_secs_f64() / 3_600.0)), "{longest:?}");
    }

    #[test]
    fn a_refusal_for_good_is_not_tried_again_and_a_failure_of_the_relay_always_is() {
        for class in [Class::Hard, Class::Policy, Class::Content, Class::Permanent] {
            assert_eq!(retry_after(class, 1, 0), None);
            assert!(!class.may_pass());
        }
        for class in [Class::Host, Class::Configuration] {
            assert!(retry_after(class, 1_000_000, 0).is_some());
            assert!(class.may_pass());
        }
    }

    #[test]
    fn domains_of_one_provider_count_together() {
        let groups = [
            ("GMAIL.com", "google"),
            ("hotmail.co.uk", "microsoft"),
            ("live.cn", "microsoft"),
            ("outlook.com", "microsoft"),
            ("yahoo.co.jp", "yahoo"),
            ("foxmail.com", "tencent"),
            ("126.com.", "netease"),
            ("live.kestrel.example", "live.kestrel.example"),
            ("notqq.com", "notqq.com"),
        ];
        for (domain, group) in groups {
            assert_eq!(domain_group(domain).to_string(), group, "{domain}");
        }
    }

    #[test]
    fn places_are_as_far_apart_as_the_rate_says() {
        let mut pace = Pace::new(at(0.0), 2.0);
        assert_eq!(pace.take(at(0.0)), Ok(()));
        assert_eq!(pace.take(at(0.1)), Err(at(0.5)));
        assert_eq!(pace.take(at(0.5)), Ok(()));
        assert_eq!(pace.take(at(100.0)), Ok(()));
        assert_eq!(pace.take(at(100.0)), Err(at(100.5)));
    }

    #[test]
    fn a_clock_that_is_set_back_delays_by_one_interval_at_most() {
        let mut pace = Pace::new(at(7_200.0), 1.0);
        assert_eq!(pace.take(at(7_200.0)), Ok(()));
        assert_eq!(pace.take(at(0.0)), Err(at(1.0)));
        let mut breaker = Breaker::default();
        breaker.failed(at(7_200.0));
        assert_eq!(breaker.allows(at(0.0)), Err(at(30.0)));
    }

    #[test]
    fn a_relay_that_breaks_off_three_times_in_a_row_is_left_alone() {
        let mut breaker = Breaker::default();
        assert!(!breaker.broke_off(at(0.0)) && !breaker.broke_off(at(1.0)));
        breaker.succeeded();
        assert!(!breaker.broke_off(at(2.0)) && !breaker.broke_off(at(3.0)));
        assert_eq!(breaker.allows(at(3.0)), Ok(()));
        assert!(breaker.broke_off(at(4.0)));
        assert_eq!(breaker.allows(at(5.0)), Err(at(34.0)));
    }

    #[test]
    fn a_mail_that_came_too_fast_is_never_given_up() {
        for attempts in 1..100 {
            let wait = retry_after(Class::Rate, attempts, 7).unwrap().as_secs_f64();
            assert!((96.0..=17_280.0).contains(&wait), "{attempts}: {wait}");
        }
    }

    /// Sends as fast as the pace allows until `end`; every mail is limited or every mail accepted.
    fn run(pace: &mut Pace, from: f64, end: f64, limited: bool) -> (usize, Option<f64>) {
        let (mut now, mut sent, mut recovered) = (at(from), 0, None);
        while now < at(end) {
            match pace.take(now) {
                Ok(()) if limited => pace.limited(now),
                Ok(()) => pace.accepted(),
                Err(next) => {
                    now = next;
                    continue;
                }
            }
            sent += 1;
            if recovered.is_none() && pace.rate() >= 90.0 {
                recovered = Some(now.as_micros() as f64 / 1e6 - from);
            }
        }
        (sent, recovered)
    }

    #[test]
    fn a_storm_of_limits_slows_tenfold_within_a_minute_and_is_forgotten_within_a_quarter_of_an_hour() {
        let mut pace = Pace::new(at(0.0), 100.0);
        run(&mut pace, 0.0, 60.0, true);
        assert!(pace.rate() <= 10.0, "{}", pace.rate());
        run(&mut pace, 60.0, 3_600.0, true);
        let (_, recovered) = run(&mut pace, 3_600.0, 7_200.0, false);
        assert!(recovered.is_some_and(|seconds| seconds <= 900.0), "{recovered:?}");
    }

    #[test]
    fn one_limit_that_several_connections_hear_of_halves_the_rate_once() {
        let mut pace = Pace::new(at(0.0), 64.0);
        for _ in 0..10 {
            pace.limited(at(0.2));
        }
        assert!((pace.rate() - 32.0).abs() < 1e-9);
    }

    #[test]
    fn breaks_double_from_30_seconds_to_30_minutes_and_end_with_a_success() {
        let mut breaker = Breaker::default();
        let mut now = at(0.0);
        let mut spans = Vec::new();
        for _ in 0..8 {
            breaker.failed(now);
            breaker.failed(now);
            let until = breaker.allows(now).unwrap_err();
            spans.push((until.as_micros() - now.as_micros()) / 1_000_000);
            now = until;
            assert_eq!(breaker.allows(now), Ok(()));
        }
        assert_eq!(spans, [30, 60, 120, 240, 480, 960, 1_800, 1_800]);
        breaker.succeeded();
        breaker.failed(now);
        assert_eq!(breaker.allows(now), Err(later(now, SHORTEST_BREAK)));
    }

    #[test]
    fn the_wave_pauses_at_the_51st_hard_bounce_and_the_4th_refusal_for_policy_of_a_thousand() {
        for (verdict, borne, pause) in [(Verdict::Hard, 50, Pause::Hard), (Verdict::Policy, 3, Pause::Policy)]
        {
            let mut watch = Watch::default();
            for _ in 0..borne {
                watch.record(verdict);
            }
            assert_eq!(watch.pause(), None);
            watch.record(verdict);
            assert_eq!(watch.pause(), Some(pause));
            for _ in 0..1_000 {
                watch.record(Verdict::Accepted);
            }
            assert_eq!(watch.pause(), None, "what is further back than a thousand does not count");
        }
    }
}
