//! What an attempt's outcome makes of the row, of the relay and of the wave: pure.

use std::time::Duration;

use crate::clock::Instant;
use crate::mail::{Class, Outcome, Phase, pace};
use crate::store::outbox::{Ending, Leased};

/// Times that a mail whose process ended while it was sent is sent again, where it may be: a storm of restarts must strand none.
pub(super) const RESENDS: i64 = 3;

/// What is to be done besides writing the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// The address takes no mail any more.
    Suppress,
    /// The address refused for good without saying why: suppress it where that has become a habit.
    CountRefusal,
    /// The message itself is at fault: the wave stops.
    PauseWave,
}

/// How an attempt ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) ending: Ending,
    pub(super) then: Then,
}

/// Decides what becomes of a row after an attempt.
pub(super) fn settle(row: &Leased, outcome: &Outcome, (started, now): (Instant, Instant)) -> Settled {
    let class = outcome.class();
    // A relay that is not reached, or does not accept us, has not seen the mail.
    let counted = !matches!(class, Some(Class::Host | Class::Configuration));
    let mut ending = Ending {
        state: "sent",
        run_at: now,
        counted,
        started_at: started,
        ended_at: now,
        outcome: "sent",
        phase: None,
        class: class.map(class_word),
        code: None,
        enhanced: None,
        detail: None,
    };
    let mut then = Then::Nothing;
    match outcome {
        Outcome::Sent(reply) => ending.code = Some(i64::from(reply.code)),
        Outcome::Unknown { what } => {
            // Here the relay has broken off, not we: once more, and not at once.
            let again = row.on_unknown == "resend" && row.unknowns == 0;
            ending.state = if again { "queued" } else { "unknown" };
            ending.run_at = pace::retry_after(Class::Temporary, 1, row.id.as_u64_pair().1)
                .map_or(now, |wait| later(now, wait));
            ending.outcome = "unknown";
            ending.detail = Some(what.to_string());
        }
        Outcome::NotSent { phase, what } => {
            ending.outcome = "not_sent";
            ending.phase = Some(phase_word(*phase));
            ending.detail = Some(what.to_string());
        }
        Outcome::Refused { phase, reply } => {
            ending.outcome = "refused";
            ending.phase = Some(phase_word(*phase));
            ending.code = Some(i64::from(reply.code));
            ending.enhanced =
                reply.enhanced.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}"));
            ending.detail = Some(reply.text.chars().take(500).collect());
        }
    }
    if let Some(class) = class {
        let attempts = u32::try_from(row.attempts + 1).unwrap_or(u32::MAX);
        // The low half of the id is random: it spreads the retries of a wave.
        let seed = row.id.as_u64_pair().1;
        let wait = pace::retry_after(class, attempts, seed);
        let run_at = wait.map(|wait| later(now, wait));
        (ending.state, ending.run_at) = match run_at {
            Some(at) if at < row.not_after => (if counted { "deferred" } else { "queued" }, at),
            _ => ("failed", now),
        };
        then = match class {
            Class::Hard => Then::Suppress,
            Class::Permanent => Then::CountRefusal,
            Class::Content => Then::PauseWave,
            _ => Then::Nothing,
        };
    }
    Settled { ending, then }
}

fn later(now: Instant, wait: Duration) -> Instant {
    Instant::from_micros(now.as_micros().saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

/// The word that the database holds.
pub(super) const fn class_word(class: Class) -> &'static str {
    match class {
        Class::Host => "host",
        Class::Rate => "rate",
        Class::Greylist => "greylist",
        Class::MailboxFull => "mailbox_full",
        Class::Temporary => "temporary",
        Class::Hard => "hard",
        Class::Policy => "policy",
        Class::Configuration => "configuration",
        Class::Content => "content",
        Class::Permanent => "permanent",
    }
}

const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::Banner => "banner",
        Phase::Hello => "hello",
        Phase::StartTls => "starttls",
        Phase::Auth => "auth",
        Phase::Mail => "mail",
        Phase::Rcpt => "rcpt",
        Phase::Data => "data",
        Phase::EndOfData => "end_of_data",
    }
}
