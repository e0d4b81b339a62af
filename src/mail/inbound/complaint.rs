//! Complaints: feedback reports, and requests by mail to receive no more.

use super::mime::{Mail, fields, values};
use super::scan::first_address;
use super::{Complaint, Feedback, Kind};

/// Says what a mail complains of.
pub(super) fn read(mail: &Mail) -> Option<Kind> {
    let complaint =
        feedback_report(mail).or_else(|| forwarded_by_a_provider(mail)).or_else(|| request(mail))?;
    Some(Kind::Complaint(complaint))
}

/// Reads a feedback report (RFC 5965).
fn feedback_report(mail: &Mail) -> Option<Complaint> {
    let report = fields(mail.feedback.first()?);
    let kind = values(&report, "feedback-type").next().unwrap_or("").trim().to_ascii_lowercase();
    let feedback = match kind.as_str() {
        "abuse" | "complaint" => Feedback::Abuse,
        "fraud" => Feedback::Fraud,
        "virus" => Feedback::Virus,
        "opt-out" | "opt-out-list" | "unsubscribe" => Feedback::OptOut,
        "auth-failure" | "dmarc" => Feedback::Authentication,
        "not-spam" => Feedback::NotSpam,
        _ => Feedback::Other,
    };
    let named = ["original-rcpt-to", "removal-recipient"]
        .iter()
        .find_map(|name| values(&report, name).find_map(first_address));
    Some(Complaint { feedback, recipient: named.or_else(|| returned_recipient(mail)) })
}

/// Recognises providers that pass the message on without a report: the subject says it, and the message is attached.
fn forwarded_by_a_provider(mail: &Mail) -> Option<Complaint> {
    let told = mail.subject.trim().to_ascii_lowercase().starts_with("complaint about message from");
    let recipient = returned_recipient(mail);
    (told && !mail.returned.is_empty()).then_some(Complaint { feedback: Feedback::Abuse, recipient })
}

/// Recognises the mail that a mailbox program sends to the address in `List-Unsubscribe`.
fn request(mail: &Mail) -> Option<Complaint> {
    let asked = mail.subject.trim().to_ascii_lowercase().starts_with("unsubscribe");
    asked.then(|| Complaint { feedback: Feedback::OptOut, recipient: first_address(mail.value("from")) })
}

/// Returns whom the message was for that came back.
fn returned_recipient(mail: &Mail) -> Option<String> {
    let returned = mail.returned.first()?;
    ["x-hmxmroriginalrecipient", "to"]
        .iter()
        .find_map(|name| values(&returned.fields, name).find_map(first_address))
}
