//! What a server said, and what follows from it.

/// Longest text of a reply that is kept, in characters.
const LONGEST_TEXT: usize = 500;

/// A step of the SMTP dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The name is looked up and the connection made, TLS included.
    Connect,
    /// The server greets.
    Banner,
    /// EHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, and the message up to its end mark.
    Data,
    /// The reply to the end mark.
    EndOfData,
}

/// A server's reply, of one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The basic code, 200 to 599.
    pub code: u16,
    /// The enhanced code (RFC 3463), where the reply begins with one.
    pub enhanced: Option<(u8, u16, u16)>,
    /// The text, lines joined by a space, without the enhanced code. It may name the recipient.
    pub text: String,
}

impl Reply {
    /// Builds a reply from its lines, which come without code and line end.
    pub fn new<'a>(code: u16, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut enhanced = None;
        let mut text = String::new();
        for (at, line) in lines.into_iter().enumerate() {
            let (found, rest) = match split_enhanced(line) {
                Some((found, rest)) => (Some(found), rest),
                None => (None, line),
            };
            if at == 0 {
                enhanced = found;
            }
            // A code that differs from the first line's belongs to the text.
            let rest = if found == enhanced { rest } else { line };
            if !text.is_empty() && !rest.is_empty() {
                text.push(' ');
            }
            text.push_str(rest.trim());
        }
        if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
            text.truncate(end);
        }
        Self { code, enhanced, text }
    }

    /// Says whether the server has refused, for now or for good.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.code, 400..=599)
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.code)?;
        if let Some((class, subject, detail)) = self.enhanced {
            write!(formatter, " {class}.{subject}.{detail}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(formatter, " {}", self.text) }
    }
}

fn split_enhanced(line: &str) -> Option<((u8, u16, u16), &str)> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut parts = word.split('.');
    let mut number = || -> Option<u16> {
        let part = parts.next()?;
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|sign| sign.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    let (class, subject, detail) = (number()?, number()?, number()?);
    let class = u8::try_from(class).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
    parts.next().is_none().then_some(((class, subject, detail), rest))
}

/// What a refusal, or a failure to get that far, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The relay is not to be reached: the mail waits and no attempt is counted.
    Host,
    /// We are too fast for it: slow down, then again.
    Rate,
    /// It wants to see us again from the same place a few minutes later.
    Greylist,
    /// The mailbox is full: try for a day.
    MailboxFull,
    /// Anything else that may pass.
    Temporary,
    /// There is no such mailbox: failed, and suppressed.
    Hard,
    /// It does not want this mail: failed, not suppressed; many of these pause the wave.
    Policy,
    /// It does not accept us: the relay stops until an operator has looked.
    Configuration,
    /// The message itself is at fault: the wave fails, not the recipient.
    Content,
    /// Any other refusal for good.
    Permanent,
}

impl Class {
    /// Says whether the same mail may be tried again.
    pub const fn may_pass(self) -> bool {
        matches!(
            self,
            Self::Host
                | Self::Rate
                | Self::Greylist
                | Self::MailboxFull
                | Self::Temporary
                | Self::Configuration
        )
    }
}

/// Texts of a server that is being sent too much; the Chinese providers say some of these with a 5xx code.
const RATE_TEXTS: &[&str] =
    &["too many", "frequency", "throttl", "rate limit", "ratelimit", "mail content denied"];
/// Tags of `NetEase`'s servers for limits, with a 4xx code.
const RATE_TAGS: &[&str] = &["mi:", "rp:", "hl:", "dt:spm"];
/// Tags of `NetEase`'s servers for unwanted mail, with a 5xx code.
const POLICY_TAGS: &[&str] = &["hl:", "dt:spm", "dt:rbl"];
const POLICY_TEXTS: &[&str] =
    &["spam", "blacklist", "blocklist", "block list", "reputation", "dmarc", "spf", "dkim"];
const HARD_TEXTS: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "user not found",
    "mailbox not found",
    "no such recipient",
    "recipient not found",
    "unknown recipient",
    "does not exist",
    "no mailbox here by that name",
];
const FULL_TEXTS: &[&str] =
    &["mailbox full", "mailbox is full", "over quota", "quota exceeded", "exceeded storage"];
const SIZE_TEXTS: &[&str] = &["too big", "too large", "size"];

/// Decides what a refusal asks for. The enhanced code wins over the basic one, and both over the text.
///
/// A refusal of the sender says nothing about the recipient, whom the server has not heard of yet: what would fail
/// a recipient is [`Class::Configuration`] before RCPT.
pub fn classify(phase: Phase, reply: &Reply) -> Class {
    let text = reply.text.to_ascii_lowercase();
    match phase {
        Phase::Auth if is_permanent(reply) => Class::Configuration,
        Phase::Connect | Phase::Banner | Phase::Hello | Phase::StartTls | Phase::Auth => {
            if says_rate(reply, &text) { Class::Rate } else { Class::Host }
        }
        Phase::Mail => match of_message(reply, &text) {
            Class::MailboxFull if is_permanent(reply) => Class::Content,
            Class::Hard | Class::Permanent => Class::Configuration,
            class => class,
        },
        Phase::Rcpt | Phase::Data | Phase::EndOfData => of_message(reply, &text),
    }
}

/// Says whether the refusal is for good, by the enhanced code where it has one.
fn is_permanent(reply: &Reply) -> bool {
    match reply.enhanced {
        Some((class @ (4 | 5), _, _)) => class == 5,
        _ => reply.code >= 500,
    }
}

fn has(text: &str, table: &[&str]) -> bool {
    table.iter().any(|entry| text.contains(entry))
}

fn says_rate(reply: &Reply, text: &str) -> bool {
    matches!(reply.enhanced, Some((4, 7, 0 | 28) | (4, 4, 5)))
        || (has(text, RATE_TEXTS) && !text.contains("too many hops"))
        || (!is_permanent(reply) && has(text, RATE_TAGS))
}

fn of_message(reply: &Reply, text: &str) -> Class {
    if matches!(reply.code, 530 | 534 | 535 | 538) || reply.enhanced == Some((5, 7, 8)) {
        return Class::Configuration;
    }
    if is_permanent(reply) { of_refusal(reply, text) } else { of_delay(reply, text) }
}

fn of_delay(reply: &Reply, text: &str) -> Class {
    match (reply.enhanced, reply.code) {
        (Some((4, 2, 2)), _) => Class::MailboxFull,
        _ if says_rate(reply, text) => Class::Rate,
        (Some((4, 2, 0)), _) | (Some((4, 7, 1)), 450 | 451) => Class::Greylist,
        (_, 421 | 454) => Class::Rate,
        (None, 450 | 451) if text.contains("greylist") || text.contains("graylist") => Class::Greylist,
        (None, 452) if has(text, FULL_TEXTS) => Class::MailboxFull,
        _ => Class::Temporary,
    }
}

fn of_refusal(reply: &Reply, text: &str) -> Class {
    match (reply.enhanced, reply.code) {
        (Some((5, 1, 1 | 2 | 6 | 10)), _) => Class::Hard,
        (Some((5, 2, 2)), _) => Class::MailboxFull,
        // An address in letters that the server cannot write is the recipient's, not the message's.
        (Some((5, 6, 7) | (5, 4, 6)), _) => Class::Permanent,
        (Some((5, 3, 4) | (5, 6, _)), _) => Class::Content,
        _ if says_rate(reply, text) => Class::Rate,
        (Some((5, 7, _)), _) => Class::Policy,
        (Some((5, 0, 0)) | None, code) => of_basic_refusal(code, text),
        (Some(_), 551) => Class::Hard,
        (Some(_), _) => Class::Permanent,
    }
}

/// Decides without the help of an enhanced code.
fn of_basic_refusal(code: u16, text: &str) -> Class {
    match code {
        551 => Class::Hard,
        552 if has(text, SIZE_TEXTS) => Class::Content,
        552 => Class::MailboxFull,
        _ if has(text, POLICY_TAGS) || has(text, POLICY_TEXTS) => Class::Policy,
        550 | 553 if has(text, HARD_TEXTS) => Class::Hard,
        550..=554 if has(text, FULL_TEXTS) => Class::MailboxFull,
        _ => Class::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str) -> Reply {
        let (code, text) = line.split_once(' ').unwrap_or((line, ""));
        Reply::new(code.parse().unwrap(), [text])
    }

    fn at_rcpt(line: &str) -> Class {
        classify(Phase::Rcpt, &reply(line))
    }

    #[test]
    fn a_reply_of_several_lines_keeps_one_enhanced_code_and_spaces_between_its_lines() {
        let reply = Reply::new(550, ["5.1.1 The account", "5.1.1 does not exist.", "4.4.4 See help"]);
        assert_eq!(reply.enhanced, Some((5, 1, 1)));
        assert_eq!(reply.text, "The account does not exist. 4.4.4 See help");
        assert_eq!(reply.to_string(), "550 5.1.1 The account does not exist. 4.4.4 See help");
    }

    #[test]
    fn a_number_that_is_no_enhanced_code_stays_in_the_text() {
        for line in ["5.1 no", "5.1.1.1 no", "3.1.1 no", "5.1000.1 no", "10.0.0 no", "5..1 no"] {
            let reply = Reply::new(550, [line]);
            assert_eq!((reply.enhanced, reply.text.as_str()), (None, line));
        }
    }

    #[test]
    fn the_text_of_a_reply_is_bounded() {
        let reply = Reply::new(550, ["五".repeat(4_000).as_str()]);
        assert_eq!(reply.text.chars().count(), LONGEST_TEXT);
    }

    #[test]
    fn before_the_sender_is_named_a_refusal_is_the_hosts() {
        for phase in [Phase::Banner, Phase::Hello, Phase::StartTls] {
            assert_eq!(classify(phase, &reply("421 closing")), Class::Host);
            assert_eq!(classify(phase, &reply("554 no service")), Class::Host);
            assert_eq!(classify(phase, &reply("421 4.7.0 too many connections")), Class::Rate);
        }
    }

    #[test]
    fn refused_credentials_are_a_matter_of_configuration() {
        for line in ["535 5.7.8 bad", "530 5.7.0 Authentication required", "538 encrypt first", "535 Error"] {
            assert_eq!(classify(Phase::Auth, &reply(line)), Class::Configuration, "{line}");
        }
        assert_eq!(classify(Phase::Mail, &reply("530 5.7.1 Authentication required")), Class::Configuration);
        assert_eq!(classify(Phase::Auth, &reply("454 temporary failure")), Class::Host);
    }

    #[test]
    fn limits_are_a_matter_of_rate_whatever_their_code() {
        for line in [
            "421 closing",
            "421 4.7.28 unusual rate",
            "450 4.7.0 later",
            "451 4.4.5 busy",
            "450 MI:DMC 163 smtp",
            "451 MI:SFQ 163 smtp",
            "451 DT:SPM 163 smtp",
            "450 RP:DRC 163 smtp",
            "454 throttled",
            "452 4.5.3 too many recipients",
            "550 Connection frequency limited",
            "550 Domain frequency limited",
            "550 Mail content denied",
        ] {
            assert_eq!(at_rcpt(line), Class::Rate, "{line}");
        }
    }

    #[test]
    fn a_greylist_asks_for_the_same_again() {
        for line in
            ["450 4.7.1 Greylisted", "451 4.7.1 wait", "450 4.2.0 Greylisted", "451 greylisting in action"]
        {
            assert_eq!(at_rcpt(line), Class::Greylist, "{line}");
        }
    }

    #[test]
    fn a_full_mailbox_is_told_from_a_message_that_is_too_big() {
        for line in
            ["452 4.2.2 full", "552 5.2.2 full", "552 exceeded storage allocation", "550 mailbox full"]
        {
            assert_eq!(at_rcpt(line), Class::MailboxFull, "{line}");
        }
        for line in ["552 5.3.4 too big", "554 5.6.0 malformed", "552 message size exceeds limit"] {
            assert_eq!(classify(Phase::EndOfData, &reply(line)), Class::Content, "{line}");
        }
    }

    #[test]
    fn only_an_absent_mailbox_is_hard() {
        for line in [
            "550 5.1.1 unknown",
            "553 5.1.2 no domain",
            "550 5.1.6 moved",
            "550 5.1.10 not found",
            "551 not local",
            "550 User not found: a@b.example",
            "550 Mailbox not found",
        ] {
            assert_eq!(at_rcpt(line), Class::Hard, "{line}");
        }
        for line in ["550 no", "554 5.4.6 too many hops", "553 5.6.7 needs SMTPUTF8", "501 5.5.4 syntax"] {
            assert_eq!(at_rcpt(line), Class::Permanent, "{line}");
        }
    }

    #[test]
    fn unwanted_mail_is_a_matter_of_policy() {
        for line in
            ["550 5.7.1 no", "550 5.7.26 unauthenticated", "554 spam", "554 DT:SPM 163 smtp", "554 HL:IPB"]
        {
            assert_eq!(classify(Phase::EndOfData, &reply(line)), Class::Policy, "{line}");
        }
    }

    #[test]
    fn the_enhanced_code_wins_over_the_basic_code_and_the_text() {
        assert_eq!(at_rcpt("450 5.1.1 unknown"), Class::Hard);
        assert_eq!(at_rcpt("550 4.3.0 later"), Class::Temporary);
        assert_eq!(at_rcpt("550 5.1.1 too many spam words"), Class::Hard);
        assert_eq!(at_rcpt("451 4.3.0 later"), Class::Temporary);
        assert_eq!(at_rcpt("450 later"), Class::Temporary);
    }

    #[test]
    fn a_refused_sender_fails_no_recipient() {
        for line in ["553 Mail from must equal authorized user", "550 5.1.1 unknown sender", "550 no"] {
            assert_eq!(classify(Phase::Mail, &reply(line)), Class::Configuration, "{line}");
        }
        assert_eq!(classify(Phase::Mail, &reply("552 5.3.4 size")), Class::Content);
        assert_eq!(classify(Phase::Mail, &reply("552 no room")), Class::Content);
    }
}
