//! What may name the sent message that a mail is about.

use std::collections::BTreeSet;

use super::mime::{Field, Mail, fields, values};
use super::scan::addresses;

/// Length of a reference: 128 bits in base32.
const LENGTH: usize = 26;

/// Most references of one kind that are kept.
const MOST: usize = 32;

/// Fields that say to which address a mail was delivered.
const DELIVERED_TO: &[&str] = &[
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "x-delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "x-real-to",
    "x-forwarded-to",
    "apparently-to",
    "resent-to",
];

/// What in a mail looks like a reference to a sent message: 26 letters of base32 (`a`-`z`, `2`-`7`) and nothing else.
///
/// **Looks like, no more**: whoever writes a mail can put any 26 letters in. A reference counts when it is one that was
/// issued, which only the caller can tell, and the caller must act on nothing that comes without one. References
/// come in lower case, because local parts get folded on their way, each once, in the order of the alphabet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// From envelope addresses `b+<reference>@…` or `b-<reference>@…`: those that this mail was sent to and those that
    /// the returned message was sent from. The strongest, since they travel outside of the message.
    pub envelope: BTreeSet<String>,
    /// From the field `X-CAM-Ref` of the returned message.
    pub header: BTreeSet<String>,
    /// From message identifiers `<reference@…>`: of the returned message, or of those that this mail answers.
    pub message_id: BTreeSet<String>,
}

impl References {
    /// Says whether nothing looks like a reference.
    pub fn is_empty(&self) -> bool {
        self.envelope.is_empty() && self.header.is_empty() && self.message_id.is_empty()
    }

    /// Collects what a mail names.
    pub(super) fn of(mail: &Mail) -> Self {
        let mut found = Self::default();
        for name in DELIVERED_TO {
            mail.values(name).for_each(|value| found.take_addresses(value));
        }
        for value in mail.values("received") {
            let addressee = value.split_once(" for ").map_or("", |(_, rest)| rest);
            found.take_addresses(addressee);
        }
        for name in ["in-reply-to", "references"] {
            mail.values(name).for_each(|value| found.take_identifiers(value));
        }
        for report in mail.statuses.iter().chain(&mail.feedback) {
            found.take_report(&fields(report));
        }
        for returned in &mail.returned {
            found.take_returned(&returned.fields);
        }
        found.take_returned(&fields(&mail.text));
        // Copies in running text are often indented or quoted.
        let lines: Vec<&str> =
            mail.text.lines().map(|line| line.trim_start_matches(['>', ' ', '\t'])).collect();
        found.take_returned(&fields(&lines.join("\n")));
        found
    }

    /// Takes the fields of a message that came back.
    fn take_returned(&mut self, returned: &[Field]) {
        for name in ["return-path", "sender", "errors-to", "x-envelope-from"] {
            values(returned, name).for_each(|value| self.take_addresses(value));
        }
        values(returned, "message-id").for_each(|value| self.take_identifiers(value));
        for value in values(returned, "x-cam-ref") {
            add(&mut self.header, value.trim());
        }
    }

    /// Takes the fields of a machine-readable report.
    fn take_report(&mut self, report: &[Field]) {
        for name in ["original-mail-from", "original-envelope-id", "x-original-mail-from"] {
            values(report, name).for_each(|value| self.take_addresses(value));
        }
        for name in ["x-original-message-id", "original-message-id", "message-id"] {
            values(report, name).for_each(|value| self.take_identifiers(value));
        }
    }

    /// Takes `b+<reference>@…` and `b-<reference>@…`.
    fn take_addresses(&mut self, value: &str) {
        for found in addresses(value) {
            let local = found.address.rsplit_once('@').map_or("", |(local, _)| local);
            let rest = local.strip_prefix(['b', 'B']).and_then(|rest| rest.strip_prefix(['+', '-']));
            if let Some(reference) = rest {
                add(&mut self.envelope, reference);
            }
        }
    }

    /// Takes `<reference@…>`.
    fn take_identifiers(&mut self, value: &str) {
        for piece in value.split('<').skip(1) {
            let inside = piece.split('>').next().unwrap_or("");
            if let Some((reference, host)) = inside.trim().split_once('@')
                && !host.is_empty()
            {
                add(&mut self.message_id, reference);
            }
        }
    }
}

/// Keeps what is a reference in form.
fn add(set: &mut BTreeSet<String>, candidate: &str) {
    let candidate = candidate.to_ascii_lowercase();
    if set.len() < MOST && is_reference(&candidate) {
        set.insert(candidate);
    }
}

/// Says whether a text is exactly 26 letters of lower-case base32.
fn is_reference(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}
