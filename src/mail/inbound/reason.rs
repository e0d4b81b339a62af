//! From what a report says to why the message was refused, and whether the address is gone.

use super::code::reply_codes;
use super::phrase::{AFTER_THE_DATA, AT_THE_RECIPIENT, BEFORE_THE_RECIPIENT, REASONS};
use super::scan::addresses;
use super::{EnhancedCode, Reason, Strength};

/// Longest stretch that a `*` in a phrase stands for, in bytes.
const WIDEST_GAP: usize = 40;

/// What speaks about the failure at one recipient.
pub(super) struct Evidence<'a> {
    /// What the refusing host said.
    pub(super) diagnostic: &'a str,
    /// What the reporting host says around it.
    pub(super) text: &'a str,
    /// The code that counts.
    pub(super) code: Option<EnhancedCode>,
}

/// Says why a message was refused.
///
/// What the host said in words comes first, since hosts take more care with words than with numbers; then the code;
/// then the words around it.
pub(super) fn reason(evidence: &Evidence<'_>) -> Reason {
    if takes_no_mail(evidence) {
        return Reason::NoMailHere;
    }
    let diagnostic = plain(evidence.diagnostic);
    let text = plain(evidence.text);
    let of_code = evidence.code.and_then(of_code);
    let words = of_words(&diagnostic);
    // A code that names the address outweighs words that would fit any refusal.
    let outweighed = of_code.is_some_and(names_the_address) && words.is_some_and(is_vague);
    let said = words.filter(|_| !outweighed).or(of_code).or_else(|| of_words(&text));
    let said = said.or_else(|| of_reply(&diagnostic)).or_else(|| of_reply(&text)).unwrap_or(Reason::Other);
    let at = |stage: &[&str]| stage.iter().any(|phrase| diagnostic.contains(phrase) || text.contains(phrase));
    let is_quoted = !diagnostic.is_empty();
    let coded = evidence.code.is_some_and(|code| code.subject == 1 || (code.subject, code.detail) == (2, 1));
    let addressed = evidence.code.is_some_and(|code| code.subject == 1 && (1..8).contains(&code.detail));
    match said {
        Reason::UserUnknown if at(AFTER_THE_DATA) && !addressed => Reason::Filtered,
        // Filters like to say that a user is unknown. A host that means it gives the code for it, or says so when it
        // hears the address; a system that speaks of its own users quotes nobody.
        Reason::UserUnknown if is_quoted && !coded && !at(AT_THE_RECIPIENT) => Reason::Filtered,
        Reason::UserUnknown | Reason::HostUnknown if at(BEFORE_THE_RECIPIENT) && !addressed => Reason::Policy,
        said => said,
    }
}

/// Says whether the host replied that it never takes mail (RFC 7504). Some use 521 for other things, with other codes.
fn takes_no_mail(evidence: &Evidence<'_>) -> bool {
    let code = evidence.code.filter(|code| code.is_specific()).map(|code| (code.subject, code.detail));
    reply_codes(evidence.diagnostic).into_iter().any(|reply| match reply {
        521 => matches!(code, None | Some((3, 2))),
        556 => matches!(code, None | Some((1, 10))),
        _ => false,
    })
}

/// Says whether a reason speaks of the address and nothing else.
fn names_the_address(reason: Reason) -> bool {
    matches!(reason, Reason::UserUnknown | Reason::HostUnknown | Reason::Moved)
}

/// Says whether the words for a reason turn up in refusals of every kind.
fn is_vague(reason: Reason) -> bool {
    use Reason::{Expired, Filtered, Network, Policy, Protocol, System};
    matches!(reason, Policy | Filtered | System | Network | Expired | Protocol)
}

/// Says whether a reason with a code means that the address is gone.
///
/// A code of class 4 never does, and an unknown user does only where the code does not speak of something else: of a
/// filter, a full mailbox or a system out of order.
pub(super) fn strength(reason: Reason, code: Option<EnhancedCode>) -> Strength {
    let gone =
        matches!(reason, Reason::UserUnknown | Reason::Moved | Reason::HostUnknown | Reason::NoMailHere);
    let doubtful = code.is_some_and(|code| {
        let elsewhere = match code.subject {
            2 => code.detail != 1,
            subject => matches!(subject, 3 | 6 | 7),
        };
        code.is_transient() || (reason == Reason::UserUnknown && elsewhere)
    });
    if gone && !doubtful { Strength::Hard } else { Strength::Soft }
}

/// Returns what a code means; the ones that mean little are left to the words around them.
fn of_code(code: EnhancedCode) -> Option<Reason> {
    let reason = match (code.subject, code.detail) {
        // RFC 7505 has 5.1.10 for a domain without mail; Exchange has it for an address without a mailbox.
        (1, 1 | 3 | 10) => Reason::UserUnknown,
        (1, 2) => Reason::HostUnknown,
        (4, 4) if code.class == 5 => Reason::HostUnknown,
        (1, 6) => Reason::Moved,
        (2, 1) | (7, 13) => Reason::Disabled,
        (2, 2) => Reason::MailboxFull,
        (2, 3) | (3, 4) => Reason::TooBig,
        (3, 2 | 3 | 5) => Reason::System,
        (4, 1..=3 | 6) => Reason::Network,
        (4, 7) => Reason::Expired,
        (5, 3) | (7, 28) => Reason::RateLimited,
        (5 | 6, 1..) => Reason::Protocol,
        (7, 20..=23 | 26 | 29 | 509) => Reason::Authentication,
        (7, 25) => Reason::Reputation,
        (1, 7..=9) | (7, _) => Reason::Policy,
        _ => return None,
    };
    Some(reason)
}

/// Returns what the reply code of a refusal means where nothing else is said.
fn of_reply(text: &str) -> Option<Reason> {
    reply_codes(text).into_iter().find_map(|code| match code {
        551 => Some(Reason::Moved),
        552 => Some(Reason::MailboxFull),
        450 | 451 => Some(Reason::System),
        421 => Some(Reason::Network),
        500..=504 => Some(Reason::Protocol),
        _ => None,
    })
}

/// Returns the reason of the first phrase that a text has; the text is plain.
fn of_words(text: &str) -> Option<Reason> {
    if text.is_empty() {
        return None;
    }
    REASONS
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| has(text, phrase)))
        .map(|(reason, _)| *reason)
}

/// Says whether a text has a phrase; `*` in it stands for a short stretch of anything.
pub(super) fn has(text: &str, phrase: &str) -> bool {
    let Some((first, second)) = phrase.split_once('*') else { return has_words(text, phrase) };
    let (first, second) = (first.trim(), second.trim());
    text.match_indices(first).any(|(at, _)| {
        let rest = &text[at + first.len()..];
        let mut end = rest.len().min(WIDEST_GAP + second.len());
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        rest[..end].contains(second)
    })
}

/// Says whether a text has a phrase; one of few letters must not be part of a longer word.
fn has_words(text: &str, phrase: &str) -> bool {
    if phrase.len() > 4 || !phrase.is_ascii() {
        return text.contains(phrase);
    }
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// Returns a text in lower case with single spaces, without the addresses and links in it: their words say nothing.
pub(super) fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut from = 0;
    for found in addresses(text) {
        words.push_str(&text[from..found.start]);
        from = found.start + found.address.len();
    }
    words.push_str(&text[from..]);
    let mut plain = String::with_capacity(words.len());
    for word in words.split_whitespace().filter(|word| !word.contains("://")) {
        plain.push_str(&word.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'"));
        plain.push(' ');
    }
    plain.truncate(plain.trim_end().len());
    plain
}
