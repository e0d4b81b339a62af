//! Delivery status notifications (RFC 3464), and their fields where a system writes them as text.

use super::code::enhanced_codes;
use super::mime::{Mail, fields};
use super::reason::{Evidence, reason, strength};
use super::scan::{first_address, same};
use super::text::{is_from_a_daemon, names_a_delay, report_text, section};
use super::{EnhancedCode, Failure, Kind, Progress, Strength};

/// Most recipients of one report that are looked at.
const MOST_RECIPIENTS: usize = 32;

/// What a report says about one recipient.
#[derive(Debug, Default, Clone)]
struct Group {
    action: String,
    status: String,
    diagnostic: String,
    original: Option<String>,
    last: Option<String>,
}

/// What became of the message for one recipient.
enum Outcome {
    Failed(Failure),
    Delayed(Failure),
    Done(Progress),
}

/// Reads the machine-readable part of a report.
pub(super) fn read(mail: &Mail) -> Option<Kind> {
    let mut groups: Vec<Group> = mail.statuses.iter().flat_map(|status| groups(status)).collect();
    let text = report_text(&mail.text);
    if groups.is_empty() && is_from_a_daemon(mail) {
        groups = self::groups(&text);
        groups.retain(|group| group.recipient().is_some() && !group.action.is_empty());
    }
    groups.truncate(MOST_RECIPIENTS);
    let names: Vec<String> = groups.iter().filter_map(Group::recipient).collect();
    let delayed = names_a_delay(mail, &text);
    let outcomes: Vec<Outcome> =
        groups.iter().filter_map(|group| group.outcome(&text, &names, delayed, mail)).collect();
    summed(outcomes)
}

/// Sums up what became of the message over its recipients.
fn summed(outcomes: Vec<Outcome>) -> Option<Kind> {
    let (mut failed, mut delayed, mut done) = (Vec::new(), None, None);
    for outcome in outcomes {
        match outcome {
            Outcome::Failed(failure) => failed.push(failure),
            Outcome::Delayed(failure) => delayed = delayed.or(Some(failure)),
            Outcome::Done(progress) => done = done.or(Some(progress)),
        }
    }
    let alive = delayed.is_some() || done.is_some();
    bounce(failed, alive).or(delayed.map(Kind::Delayed)).or(done.map(Kind::Progress))
}

/// Sums up failures: hard if all of them are, and nobody `alive` stands behind the same address.
pub(super) fn bounce(failures: Vec<Failure>, alive: bool) -> Option<Kind> {
    let is_soft = |failure: &Failure| strength(failure.reason, failure.code) == Strength::Soft;
    let soft = failures.iter().position(is_soft);
    let failure = failures.into_iter().nth(soft.unwrap_or(0))?;
    let strength = if soft.is_some() || alive { Strength::Soft } else { Strength::Hard };
    Some(Kind::Bounce { strength, failure })
}

/// Splits a report into what it says about each recipient.
///
/// Groups are parted by empty lines; where a system forgets them, a second name of a recipient begins the next.
fn groups(status: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    let unified = status.replace("\r\n", "\n");
    for block in unified.split("\n\n") {
        let mut group = Group::default();
        for field in fields(block) {
            if group.has(&field.name) {
                groups.push(std::mem::take(&mut group));
            }
            group.take(&field.name, field.value);
        }
        groups.push(group);
    }
    groups
        .retain(|group| group.recipient().is_some() || !group.status.is_empty() || !group.action.is_empty());
    merged(groups)
}

/// Joins a block that names no recipient to the one before it, which some systems split.
fn merged(groups: Vec<Group>) -> Vec<Group> {
    let mut merged: Vec<Group> = Vec::new();
    for group in groups {
        match merged.last_mut() {
            Some(last) if last.action.is_empty() && last.status.is_empty() && group.recipient().is_none() => {
                last.action = group.action;
                last.status = group.status;
                last.diagnostic = group.diagnostic;
            }
            _ => merged.push(group),
        }
    }
    merged
}

impl Group {
    /// Says whether the field was already seen, so that the next recipient begins.
    fn has(&self, name: &str) -> bool {
        match name {
            "final-recipient" => self.last.is_some(),
            "original-recipient" => self.original.is_some(),
            _ => false,
        }
    }

    /// Takes one field.
    fn take(&mut self, name: &str, value: String) {
        match name {
            "final-recipient" => self.last = first_address(&value),
            "original-recipient" => self.original = first_address(&value),
            // One system loses the first letter.
            "action" | "ction" => self.action = value.trim().to_ascii_lowercase(),
            "status" => self.status = value,
            "diagnostic-code" => {
                let said = value.split_once(';').filter(|(kind, _)| !kind.trim().contains(' '));
                self.diagnostic.push_str(said.map_or(value.as_str(), |(_, said)| said).trim());
                self.diagnostic.push(' ');
            }
            _ => {}
        }
    }

    /// Returns the address: the one that was written to, if the report knows it.
    fn recipient(&self) -> Option<String> {
        self.original.clone().or_else(|| self.last.clone())
    }

    /// Says what became of the message for this recipient; `None` if the group does not tell.
    fn outcome(&self, text: &str, names: &[String], delayed: bool, mail: &Mail) -> Option<Outcome> {
        let class = enhanced_codes(&self.status).first().map(|code| code.class);
        let action = self.action.split([' ', ';', '(']).next().unwrap_or("");
        match (action, class) {
            ("delivered", _) | ("", Some(2)) => return Some(Outcome::Done(Progress::Delivered)),
            ("relayed", _) => return Some(Outcome::Done(Progress::Relayed)),
            ("expanded", _) => return Some(Outcome::Done(Progress::Expanded)),
            ("", None) => return None,
            _ => {}
        }
        let failure = self.failure(text, names, mail);
        let late = action == "delayed" || (action != "failed" && class == Some(4) && delayed);
        Some(if late { Outcome::Delayed(failure) } else { Outcome::Failed(failure) })
    }

    /// Puts together what is known about the failure at this recipient.
    fn failure(&self, text: &str, names: &[String], mail: &Mail) -> Failure {
        let own: Vec<&String> = self.last.iter().chain(&self.original).collect();
        let is_own = |name: &str| own.iter().any(|own| same(own, name));
        let other = |name: &str| !is_own(name) && names.iter().any(|listed| same(listed, name));
        let section = match names.len() {
            0 | 1 => text.to_owned(),
            _ => own.iter().find_map(|own| section(text, own, other)).unwrap_or_default(),
        };
        let code = telling_code(&self.diagnostic, &self.status, &section);
        let comment = self.status.split_once('(').map_or("", |(_, comment)| comment);
        let diagnostic = format!("{} {comment}", self.diagnostic);
        let evidence = Evidence { diagnostic: &diagnostic, text: &section, code };
        let recipient = self.recipient().or_else(|| super::text::recipients(mail, text).into_iter().next());
        Failure { reason: reason(&evidence), code, recipient }
    }
}

/// Returns the most telling code: what the refusing host said last, then the field, then the text.
pub(super) fn telling_code(diagnostic: &str, status: &str, text: &str) -> Option<EnhancedCode> {
    let failures = |text: &str| -> Vec<EnhancedCode> {
        enhanced_codes(text).into_iter().filter(|code| code.class != 2).collect()
    };
    let (said, status, around) = (failures(diagnostic), failures(status), failures(text));
    let specific = |code: &&EnhancedCode| code.is_specific();
    said.iter()
        .rev()
        .find(specific)
        .or_else(|| status.iter().find(specific))
        .or_else(|| around.iter().find(specific))
        .or_else(|| said.first())
        .or_else(|| status.first())
        .or_else(|| around.first())
        .copied()
}
