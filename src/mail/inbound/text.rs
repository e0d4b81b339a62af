//! Delivery reports in words alone.
//!
//! Close to half of all reports have no machine-readable part. A mail counts as one by several signs at once: who
//! sends it, its subject, its sentences, a reply code, a message that it returns. No single sign is enough, and
//! without a machine behind it nothing is hard.

use super::code::{enhanced_codes, first_code, reply_codes};
use super::mime::{Mail, fields, values};
use super::notification;
use super::pattern::{
    ANSWER_MARKS, COPY_MARKS, DAEMON_NAMES, DAEMONS, DELAYS, FAILED_FIELDS, FORWARD_MARKS, GIVEN_UP,
    SENTENCES, SUBJECTS,
};
use super::reason::{Evidence, plain, reason};
use super::report::{bounce, telling_code};
use super::scan::{addresses, first_address, same};
use super::{Failure, Kind, Strength};

/// Most recipients that are taken from a text.
const MOST_RECIPIENTS: usize = 16;

/// Longest line that can be a heading over the copy of the message.
const LONGEST_HEADING: usize = 120;

/// How much the signs must weigh together.
const ENOUGH: u32 = 4;

/// Words in a line that speaks of the recipient.
const CUES: &[&str] = &[
    "rcpt to",
    "recipient",
    "deliver",
    "addressed to",
    "addresses",
    "following",
    "unknown",
    "userid",
    "收件人",
    "宛先",
];

/// Reads a report in words.
pub(super) fn read(mail: &Mail) -> Option<Kind> {
    if let Some(kind) = notification::read(mail) {
        return Some(kind);
    }
    let text = report_text(&mail.text);
    let machine = is_from_a_daemon(mail) || has_failed_field(mail) || !mail.returned.is_empty();
    if weight(mail, &text) < ENOUGH {
        return None;
    }
    let failures = failures(mail, &text);
    if names_a_delay(mail, &text) {
        return failures.into_iter().next().map(Kind::Delayed);
    }
    match bounce(failures, false)? {
        Kind::Bounce { failure, .. } if !machine => Some(Kind::Bounce { strength: Strength::Soft, failure }),
        kind => Some(kind),
    }
}

/// Weighs the signs of a report.
fn weight(mail: &Mail, text: &str) -> u32 {
    let subject = plain(&mail.subject);
    let person = ANSWER_MARKS.iter().chain(FORWARD_MARKS).any(|mark| subject.starts_with(mark));
    let words = plain(text);
    let signs = [
        (is_from_a_daemon(mail), 2),
        (has_failed_field(mail), 3),
        (!person && SUBJECTS.iter().any(|mark| subject.contains(mark)), 2),
        (SENTENCES.iter().any(|sentence| words.contains(sentence)), 2),
        (!mail.returned.is_empty(), 2),
        (!enhanced_codes(text).is_empty() || !reply_codes(text).is_empty(), 1),
        (mail.values("return-path").any(|value| value.trim() == "<>"), 1),
        (mail.value("content-type").to_ascii_lowercase().contains("delivery-status"), 2),
    ];
    signs.iter().filter(|(holds, _)| *holds).map(|(_, weight)| weight).sum()
}

/// Says whether the sender is a mail system by its name or its address.
pub(super) fn is_from_a_daemon(mail: &Mail) -> bool {
    let from = mail.value("from").to_lowercase();
    let local =
        first_address(&from).and_then(|address| address.rsplit_once('@').map(|(local, _)| local.to_owned()));
    let local = local.as_deref().unwrap_or_else(|| from.trim_matches(['<', '>', ' ', '"']));
    from.trim() == "<>"
        || DAEMONS.contains(&local)
        || DAEMON_NAMES.iter().any(|name| from.contains(name))
        || DAEMONS.iter().take(2).any(|name| from.contains(name))
}

/// Says whether the header has a field that only delivery reports have.
fn has_failed_field(mail: &Mail) -> bool {
    FAILED_FIELDS.iter().any(|name| mail.values(name).next().is_some())
}

/// Says whether a report is about a message that is still under way.
pub(super) fn names_a_delay(mail: &Mail, text: &str) -> bool {
    let words = format!("{} {}", plain(&mail.subject), plain(text));
    DELAYS.iter().any(|mark| words.contains(mark)) && !GIVEN_UP.iter().any(|mark| words.contains(mark))
}

/// Returns what a report says in its own words: without what it quotes and without the copy of the message.
pub(super) fn report_text(text: &str) -> String {
    let mut own = String::with_capacity(text.len().min(8 * 1024));
    for line in text.lines() {
        let bare = line.trim_start();
        if bare.starts_with('>') && !bare.starts_with(">>>") {
            continue;
        }
        if begins_the_copy(bare) && own.contains(|letter: char| !letter.is_whitespace()) {
            break;
        }
        own.push_str(line);
        own.push('\n');
    }
    own
}

/// Says whether the copy of the message begins with this line.
fn begins_the_copy(line: &str) -> bool {
    let header = ["received: ", "return-path: <", "dkim-signature: ", "x-received: "];
    let start: String = line.chars().take(20).collect::<String>().to_ascii_lowercase();
    if header.iter().any(|name| start.starts_with(name)) {
        return true;
    }
    line.len() <= LONGEST_HEADING && {
        let words = plain(line);
        COPY_MARKS.iter().any(|mark| words.contains(mark))
    }
}

/// Describes the failure at each recipient that a report in words names.
fn failures(mail: &Mail, text: &str) -> Vec<Failure> {
    let recipients = recipients(mail, text);
    let described = |recipient: Option<&String>, section: &str| {
        let code = telling_code("", "", section);
        let evidence = Evidence { diagnostic: quoted_reply(section), text: section, code };
        Failure { reason: reason(&evidence), code, recipient: recipient.cloned() }
    };
    if recipients.len() < 2 {
        return vec![described(recipients.first(), text)];
    }
    recipients
        .iter()
        .map(|own| {
            let other =
                |name: &str| !same(own, name) && recipients.iter().any(|recipient| same(recipient, name));
            described(Some(own), &section(text, own, other).unwrap_or_default())
        })
        .collect()
}

/// Returns what the refusing host replied, where a text quotes it: from the first code to the end of its paragraph.
fn quoted_reply(section: &str) -> &str {
    let is_quoted = !reply_codes(section).is_empty() || !enhanced_codes(section).is_empty();
    let reply = first_code(section).filter(|_| is_quoted).map_or("", |start| &section[start..]);
    reply.find("\n\n").map_or(reply, |end| &reply[..end])
}

/// Returns the lines that speak about one recipient: from the first that names it to the next that begins with another.
pub(super) fn section(text: &str, own: &str, other: impl Fn(&str) -> bool) -> Option<String> {
    let mut lines =
        text.lines().skip_while(|line| !addresses(line).iter().any(|found| same(found.address, own)));
    let mut section = lines.next()?.to_owned();
    for line in lines {
        if leading_address(line).is_some_and(&other) {
            break;
        }
        section.push('\n');
        section.push_str(line);
    }
    Some(section)
}

/// Returns the address with which a line begins, behind marks and a reply code.
fn leading_address(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches(|letter: char| {
        letter.is_whitespace() || letter.is_ascii_digit() || "<>\"'-*:[(".contains(letter)
    });
    let found = addresses(bare).first().copied()?;
    (found.start == 0).then_some(found.address)
}

/// Returns the addresses at which the report says that it failed, the likeliest first.
///
/// Those in a field for it; else those with which lines begin; else the first in a line that speaks of recipients;
/// else the first; else whom the returned message was for. Whom the report itself is for, and who sends it, do not
/// count.
pub(super) fn recipients(mail: &Mail, text: &str) -> Vec<String> {
    let named: Vec<String> = FAILED_FIELDS
        .iter()
        .flat_map(|name| mail.values(name))
        .flat_map(|value| addresses(value).into_iter().map(|found| found.address.to_owned()))
        .collect();
    if !named.is_empty() {
        return distinct(named);
    }
    let own = own_addresses(mail);
    let foreign = |address: &str| !own.iter().any(|name| same(name, address));
    let likely = |address: &str| foreign(address) && !is_daemon(address);
    let leading: Vec<String> =
        text.lines().filter_map(leading_address).filter(|name| likely(name)).map(str::to_owned).collect();
    if !leading.is_empty() {
        return distinct(leading);
    }
    let copied = fields(&mail.text);
    let returned = mail.returned.iter().flat_map(|returned| values(&returned.fields, "to"));
    let returned = returned.chain(values(&copied, "to")).filter_map(first_address).find(|name| foreign(name));
    first_spoken_of(text, likely)
        .or(returned)
        .or_else(|| first_spoken_of(text, foreign))
        .into_iter()
        .collect()
}

/// Returns the first fitting address in a line that speaks of recipients, or else in any.
fn first_spoken_of(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let speaks = |line: &&str| {
        let line = line.to_lowercase();
        CUES.iter().any(|cue| line.contains(cue))
    };
    let first = |line: &str| {
        addresses(line).into_iter().map(|found| found.address).find(|name| fits(name)).map(str::to_owned)
    };
    text.lines().filter(speaks).find_map(first).or_else(|| text.lines().find_map(first))
}

/// Says whether an address belongs to a mail system.
fn is_daemon(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    lower.rsplit_once('@').is_some_and(|(local, _)| DAEMONS.contains(&local))
}

/// Returns whom the report is for and who wrote the message, in as far as its header and that of the message say it.
fn own_addresses(mail: &Mail) -> Vec<String> {
    let header =
        ["to", "from", "reply-to", "delivered-to", "return-path"].iter().flat_map(|name| mail.values(name));
    let returned = mail
        .returned
        .iter()
        .flat_map(|returned| ["from", "return-path", "sender"].map(|name| values(&returned.fields, name)))
        .flatten();
    header
        .chain(returned)
        .flat_map(|value| addresses(value).into_iter().map(|found| found.address.to_owned()))
        .collect()
}

/// Leaves each address once.
fn distinct(addresses: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for address in addresses {
        if distinct.len() < MOST_RECIPIENTS && !distinct.iter().any(|seen| same(seen, &address)) {
            distinct.push(address);
        }
    }
    distinct
}
