//! Notifications of Amazon SES, which come as JSON in a mail of Amazon SNS.

use serde_json::Value;

use super::mime::Mail;
use super::reason::{Evidence, reason};
use super::report::{bounce, telling_code};
use super::{Complaint, Failure, Feedback, Kind, Progress};

/// Reads a notification.
pub(super) fn read(mail: &Mail) -> Option<Kind> {
    let from = mail.value("from").to_ascii_lowercase();
    if !from.contains("amazonaws.com") && !from.contains("amazonses.com") {
        return None;
    }
    // Some systems on the way fold lines that are longer than they allow, in the middle of a word.
    let outer = first_object(&mail.text)
        .or_else(|| first_object(&mail.text.replace("\r\n", "\n").replace("\n ", "")))?;
    let inner = outer.get("Message").and_then(Value::as_str).and_then(first_object);
    let event = inner.as_ref().unwrap_or(&outer);
    match event.get("notificationType").or_else(|| event.get("eventType"))?.as_str()? {
        "Bounce" => {
            let bounced = event.pointer("/bounce/bouncedRecipients")?.as_array()?;
            bounce(bounced.iter().map(failure).collect(), false)
        }
        "Complaint" => {
            let recipient = event.pointer("/complaint/complainedRecipients/0/emailAddress");
            let recipient = recipient.and_then(Value::as_str).map(str::to_owned);
            Some(Kind::Complaint(Complaint { feedback: Feedback::Abuse, recipient }))
        }
        "Delivery" => Some(Kind::Progress(Progress::Delivered)),
        _ => None,
    }
}

/// Describes the failure at one recipient.
fn failure(recipient: &Value) -> Failure {
    let text = |name: &str| recipient.get(name).and_then(Value::as_str).unwrap_or("");
    let diagnostic = text("diagnosticCode").trim_start_matches("smtp;");
    let code = telling_code(diagnostic, text("status"), "");
    let evidence = Evidence { diagnostic, text: "", code };
    let address = Some(text("emailAddress")).filter(|address| !address.is_empty());
    Failure { reason: reason(&evidence), code, recipient: address.map(str::to_owned) }
}

/// Parses the first JSON object of a text, whatever follows it.
fn first_object(text: &str) -> Option<Value> {
    let start = text.find('{')?;
    serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>().next()?.ok()
}
