//! Mails as their readers take them: the link out of the text, the one click, and what a server sends back.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use mail_parser::MessageParser;

use crate::mail::Received;

/// What a reader takes out of a mail.
pub(super) struct Taken {
    /// Path of the answering page.
    pub(super) page: String,
    /// Path of the one click that ends the mails.
    pub(super) stop: String,
    /// The language that it is written in.
    pub(super) language: String,
}

/// Reads a mail whose links begin with `base`.
pub(super) fn read(mail: &Received, base: &str) -> anyhow::Result<Taken> {
    let parsed = MessageParser::default().parse(&mail.bytes).context("a mail cannot be read")?;
    let text = parsed.body_text(0).context("a mail has no text")?;
    let page = path(&text, base, "/s/").context("a mail has no link")?;
    let head = String::from_utf8_lossy(&mail.bytes);
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    let stop = path(head, base, "/u/").context("a mail has no way to end the mails")?;
    // The other language is offered in every text; the subject is in one alone.
    let subject = parsed.subject().unwrap_or_default();
    let chinese = subject.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    Ok(Taken { page, stop, language: if chinese { "zh-Hans" } else { "en" }.into() })
}

/// The first path of a kind, without what follows its token.
fn path(text: &str, base: &str, kind: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{base}{kind}"))?;
    let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter)));
    Some(format!("{kind}{}", &rest[..end.unwrap_or(rest.len())]))
}

/// Keeps the first mail to a customer in each language, for the eye.
pub(super) fn keep_samples(
    folder: &Path,
    mails: &[Received],
    letters: &HashMap<String, Taken>,
) -> anyhow::Result<()> {
    for language in ["en", "zh-Hans"] {
        let is_one = |mail: &&Received| {
            mail.to.starts_with("contact")
                && letters.get(&mail.to).is_some_and(|letter| letter.language == language)
        };
        if let Some(mail) = mails.iter().find(is_one) {
            let file = folder.join(format!("mail.{language}.eml"));
            std::fs::write(&file, &mail.bytes).with_context(|| format!("cannot write {}", file.display()))?;
        }
    }
    Ok(())
}

/// Puts into a maildir what a server sends back that took a mail and then found no such mailbox (RFC 3464).
pub(super) fn send_back(maildir: &Path, number: usize, mail: &Received) -> anyhow::Result<()> {
    let (to, from) = (&mail.to, &mail.from);
    let server = to.split('@').next_back().unwrap_or_default();
    let head = String::from_utf8_lossy(&mail.bytes);
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    let text = format!(
        "Return-Path: <>\r\nDelivered-To: {from}\r\nFrom: MAILER-DAEMON@{server}\r\nTo: {from}\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"part\"\r\n\r\n\
         --part\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThe mailbox {to} does not exist.\r\n\
         --part\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; {server}\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\r\n\r\n\
         --part\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n--part--\r\n"
    );
    for folder in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(maildir.join(folder))?;
    }
    let file = maildir.join("new").join(format!("{number}.demo"));
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}
