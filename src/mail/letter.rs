//! A letter: what it says and to whom, turned into the bytes that a relay is handed.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
    DkimSigningKeyError,
};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};

use crate::clock::Instant;
use crate::survey::MailKind;

use super::body::Body;
use super::reference::{Reference, ReferenceError};
use super::session::ascii_address;
use super::words::Language;

/// Most bytes of a mail: mailbox providers cut longer ones, and phones load them slowly.
pub(super) const LARGEST: usize = 25_000;
/// Longest line of a mail, without its end (RFC 5322 section 2.1.1).
const LONGEST_LINE: usize = 998;
/// Longest name of a person or an organisation, in characters.
pub(super) const LONGEST_NAME: usize = 120;
/// Longest subject, in characters.
pub(super) const LONGEST_SUBJECT: usize = 200;
/// Longest other text, in characters.
pub(super) const LONGEST_TEXT: usize = 4_000;
/// Longest link, in bytes.
const LONGEST_LINK: usize = 500;

/// A mail to one person.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What it is about.
    pub kind: MailKind,
    /// The language of its texts.
    pub language: Language,
    /// Who writes.
    pub sender: Party,
    /// The address that replies go to, where it is another.
    pub reply_to: Option<String>,
    /// Who is written to.
    pub recipient: Party,
    /// The left side of its Message-ID.
    pub message: Reference,
    /// The right side of its Message-ID.
    pub message_domain: String,
    /// The word that comes back in returned headers, as `X-CAM-Ref`.
    pub returned: Reference,
    /// When it was written: the wave's time, so that a second copy is the same.
    pub date: Instant,
    /// What the wave's author wrote.
    pub texts: Texts,
    /// The first question as a row of links.
    pub score: Option<Score>,
    /// What is promised about the answers.
    pub contract: Contract,
    /// The page that asks.
    pub answer_link: String,
    /// The page that says who sees the answers and for how long.
    pub notice_link: String,
    /// The page that stops these mails; a POST to it stops them at once (RFC 8058).
    pub unsubscribe_link: String,
    /// The address to which a mail stops these mails, where somebody reads what comes there.
    pub unsubscribe_address: Option<String>,
    /// The page in another language.
    pub other_language: Option<(Language, String)>,
    /// Who asks.
    pub organisation: Organisation,
    /// The list, a name like `customers.kestrel.example`.
    pub list_id: String,
    /// What mailbox providers count complaints by, like `wave:kind:kestrel:cam`.
    pub feedback_id: String,
}

/// A person or a desk with a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name; may be empty.
    pub name: String,
    /// The address.
    pub address: String,
}

/// What the wave's author wrote, filled in for the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The subject.
    pub subject: String,
    /// The greeting.
    pub greeting: String,
    /// The body; an empty line begins a paragraph.
    pub body: String,
    /// How much is asked and until when; may be empty.
    pub closes: String,
    /// Why the recipient gets this mail, and how often that may happen; may be empty.
    pub reason: String,
    /// Who signs, and as what; both may be empty.
    pub signature: [String; 2],
}

/// A rating question, asked in the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The question.
    pub question: String,
    /// The lowest number.
    pub low: i32,
    /// The highest number, at most ten above the lowest.
    pub high: i32,
    /// What the lowest number means.
    pub low_anchor: String,
    /// What the highest number means.
    pub high_anchor: String,
}

/// What is promised about the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// Seen with the company's name.
    Named,
    /// Linked inside, shown in groups.
    Confidential,
    /// Joined to nobody.
    Anonymous,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its name, at the head of the mail.
    pub name: String,
    /// Its full name and postal address or contact, at the foot.
    pub footer: String,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// A text has a sign that may not stand in it.
    #[error("{field} has the sign U+{:04X}, which may not stand in it", u32::from(*sign))]
    Sign {
        /// Which text.
        field: &'static str,
        /// The sign.
        sign: char,
    },
    /// A text looks like an encoded word (RFC 2047), and would be read as something else.
    #[error("{0} has text between =? and ?=, which mail programs read as another text")]
    EncodedWord(&'static str),
    /// A text is longer than it may be.
    #[error("{field} is longer than {most} characters")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// Most characters.
        most: usize,
    },
    /// A text is empty that may not be.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// An address is none, or its part before the @ is not ASCII.
    #[error("{0} is not an address that mail can be sent to")]
    Address(&'static str),
    /// A link is not https (or http on the loopback address), or has signs that a link may not have.
    #[error("{0} is not a link that a mail may carry")]
    Link(&'static str),
    /// An identifier for a header has other signs than letters, digits, dots, hyphens, underscores and colons.
    #[error("{0} may have only letters, digits, dots, hyphens, underscores and colons")]
    Identifier(&'static str),
    /// The domain of the Message-ID is none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The score row has no numbers, or more than eleven.
    #[error("a score row from {low} to {high} does not fit into a mail")]
    Score {
        /// The lowest number.
        low: i32,
        /// The highest number.
        high: i32,
    },
    /// The date is outside the years that a mail can bear.
    #[error("{0} is not a date for a mail")]
    Date(Instant),
    /// The mail is larger than 25,000 bytes.
    #[error("the mail has {0} bytes, more than {LARGEST}")]
    TooLarge(usize),
    /// A line of the mail is too long.
    #[error("a line of the mail has more than {LONGEST_LINE} bytes")]
    LongLine,
    /// A template failed.
    #[error("the mail's template failed")]
    Template(#[from] askama::Error),
    /// lettre refused the parts.
    #[error("the mail's parts do not make a mail")]
    Build(#[from] lettre::error::Error),
}

/// A key that signs mails (DKIM, RFC 6376 and RFC 8463).
#[derive(Debug)]
pub struct Signer(DkimConfig);

/// A key that is no signing key.
#[derive(Debug, thiserror::Error)]
#[error("the DKIM key cannot be used")]
pub struct SignerError(#[from] DkimSigningKeyError);

/// The headers that a signature covers. Content-Type is not among them: lettre keeps it with the parts, where its
/// signer does not see it, and signs that there is none.
const SIGNED: [&str; 10] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

impl Signer {
    /// Signs with Ed25519; the key is the 32-byte seed in base64.
    pub fn ed25519(domain: &str, selector: &str, seed: &str) -> Result<Self, SignerError> {
        Ok(Self::new(domain, selector, DkimSigningKey::new(seed.trim(), DkimSigningAlgorithm::Ed25519)?))
    }

    /// Signs with RSA; the key is in PKCS #1 PEM form (`BEGIN RSA PRIVATE KEY`).
    pub fn rsa(domain: &str, selector: &str, pem: &str) -> Result<Self, SignerError> {
        Ok(Self::new(domain, selector, DkimSigningKey::new(pem, DkimSigningAlgorithm::Rsa)?))
    }

    fn new(domain: &str, selector: &str, key: DkimSigningKey) -> Self {
        let relaxed = DkimCanonicalization {
            header: DkimCanonicalizationType::Relaxed,
            body: DkimCanonicalizationType::Relaxed,
        };
        let headers = SIGNED.map(HeaderName::new_from_ascii_str).to_vec();
        Self(DkimConfig::new(selector.to_owned(), domain.to_owned(), key, headers, relaxed))
    }
}

/// Writes a letter as the bytes of a mail: text first, then HTML, lines of ASCII that end in CR LF.
///
/// The same letter gives the same bytes, so that a second copy of a mail can be told as one. A signature is the
/// exception: lettre dates it by the system's clock.
pub fn compose(letter: &Letter, signer: Option<&Signer>) -> Result<Vec<u8>, LetterError> {
    let body = Body::new(letter)?;
    let parts = MultiPart::alternative()
        .boundary(format!("=_cam_{}", letter.message.as_str()))
        .singlepart(SinglePart::plain(body.plain()?))
        .singlepart(SinglePart::html(body.html()?));
    let mut message = head(letter, &body)?.multipart(parts)?;
    if let Some(signer) = signer {
        message.sign(&signer.0);
    }
    let bytes = message.formatted();
    if bytes.len() > LARGEST {
        return Err(LetterError::TooLarge(bytes.len()));
    }
    if bytes.split(|&sign| sign == b'\n').any(|line| line.len() > LONGEST_LINE + 1) {
        return Err(LetterError::LongLine);
    }
    Ok(bytes)
}

/// Builds the headers. Every value goes through lettre's encoder, and has been looked through before.
fn head(letter: &Letter, body: &Body) -> Result<MessageBuilder, LetterError> {
    let mut unsubscribe = format!("<{}>", letter.unsubscribe_link);
    if let Some(read) = &letter.unsubscribe_address {
        let read = address("the address to unsubscribe at", read)?;
        let _ = write!(unsubscribe, ", <mailto:{read}?subject=unsubscribe>");
    }
    let mut builder = Message::builder()
        .from(mailbox("the sender's name", "the sender's address", &letter.sender)?)
        .to(mailbox("the recipient's name", "the recipient's address", &letter.recipient)?)
        .date(date(letter.date)?)
        .message_id(Some(letter.message.message_id(&letter.message_domain)?))
        .subject(body.subject.clone());
    if let Some(reply_to) = &letter.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address("the address for replies", reply_to)?));
    }
    let list_id = format!("<{}>", identifier("the list", &letter.list_id)?);
    let feedback = identifier("the feedback id", &letter.feedback_id)?.to_owned();
    let headers = [
        ("List-Id", list_id),
        ("List-Unsubscribe", unsubscribe),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()),
        ("Auto-Submitted", "auto-generated".into()),
        ("Precedence", "bulk".into()),
        ("X-Auto-Response-Suppress", "OOF, AutoReply".into()),
        ("Feedback-ID", feedback),
        ("X-CAM-Ref", letter.returned.as_str().to_owned()),
        ("Content-Language", letter.language.tag().to_owned()),
    ];
    for (name, value) in headers {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    Ok(builder)
}

fn mailbox(name: &'static str, field: &'static str, party: &Party) -> Result<Mailbox, LetterError> {
    let name = line(name, &party.name, LONGEST_NAME)?;
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address(field, &party.address)?))
}

fn address(field: &'static str, text: &str) -> Result<lettre::Address, LetterError> {
    ascii_address(text).map_err(|_| LetterError::Address(field))
}

fn identifier<'a>(field: &'static str, text: &'a str) -> Result<&'a str, LetterError> {
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_' | ':');
    let fits = !text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(allowed);
    if fits { Ok(text) } else { Err(LetterError::Identifier(field)) }
}

fn date(instant: Instant) -> Result<SystemTime, LetterError> {
    // The year 9999 is the last that the header's form can write.
    const LAST: i64 = 253_402_300_799_999_999;
    let micros = instant.as_micros();
    match u64::try_from(micros) {
        Ok(since) if micros <= LAST => Ok(SystemTime::UNIX_EPOCH + Duration::from_micros(since)),
        _ => Err(LetterError::Date(instant)),
    }
}

/// Says whether a sign may not stand in a text: controls, line ends, and what turns the direction of others around.
fn is_forbidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Looks through a text of one line; spaces around it and twice in a row go.
pub(super) fn line(field: &'static str, text: &str, most: usize) -> Result<String, LetterError> {
    if let Some(sign) = text.chars().find(|sign| is_forbidden(*sign)) {
        return Err(LetterError::Sign { field, sign });
    }
    if text.chars().nth(most).is_some() {
        return Err(LetterError::TooLong { field, most });
    }
    if text.find("=?").is_some_and(|begin| text[begin..].contains("?=")) {
        return Err(LetterError::EncodedWord(field));
    }
    Ok(text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Looks through a text of one line that may not be empty.
pub(super) fn filled(field: &'static str, text: &str, most: usize) -> Result<String, LetterError> {
    let line = line(field, text, most)?;
    if line.is_empty() { Err(LetterError::Empty(field)) } else { Ok(line) }
}

/// Looks through a link: https, or http on the loopback address, and nothing that could end it.
pub(super) fn link<'a>(field: &'static str, text: &'a str) -> Result<&'a str, LetterError> {
    const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let rest = text.strip_prefix("https://").or_else(|| {
        let rest = LOOPBACK.iter().find_map(|host| text.strip_prefix(host))?;
        rest.starts_with([':', '/']).then_some(rest)
    });
    let allowed = |sign: char| sign.is_ascii_graphic() && !"\"<>\\^`{|}".contains(sign);
    if rest.is_some_and(|rest| !rest.is_empty()) && text.len() <= LONGEST_LINK && text.chars().all(allowed) {
        Ok(text)
    } else {
        Err(LetterError::Link(field))
    }
}
