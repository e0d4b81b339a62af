//! The return path: what a mail that came back says about a mail that went out.
//!
//! [`read`] is pure. It takes the raw bytes of one mail and says what it is: a complaint, a delivery report, an
//! automatic reply or a person's reply, asked in this order, because delivery reports call themselves automatic
//! replies too. [`maildir`] and [`imap`] fetch the bytes.
//!
//! # Nothing here is proof
//!
//! Anybody can write a mail that reads like a bounce. What a report says counts only for the message that it can name
//! by a reference that nobody can guess: [`References`] holds what looks like one, exactly 26 letters of base32, and
//! **the caller must find it among the references that were sent** (or recompute it with its key) before it suppresses
//! anybody. An address in a report is never enough.

mod auto;
mod code;
mod complaint;
pub mod imap;
pub mod maildir;
mod mime;
mod notification;
mod pattern;
mod phrase;
mod reason;
mod reference;
mod report;
mod scan;
mod text;

pub use code::EnhancedCode;
pub use reference::References;

/// Most bytes of a mail that are read; what follows them is ignored.
pub const LARGEST_MAIL: usize = 1024 * 1024;

/// What one incoming mail is, and which sent message it may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// What the mail is.
    pub kind: Kind,
    /// What may name the message that it is about; unproven, see the module.
    pub references: References,
}

/// What a mail that came back is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The message was given up.
    Bounce {
        /// Whether the address is to be written to again.
        strength: Strength,
        /// What went wrong.
        failure: Failure,
    },
    /// The message is still under way; a bounce or nothing follows.
    Delayed(Failure),
    /// A report of success.
    Progress(Progress),
    /// A feedback report (RFC 5965), or a request by mail to receive no more.
    Complaint(Complaint),
    /// A machine answered in the person's name, as when they are out of office.
    AutoReply,
    /// None of the others: presumably a person's reply.
    Reply,
}

/// Whether an address is gone or may work another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strength {
    /// The address or its host does not exist, or takes no mail at all.
    Hard,
    /// Anything else: a full mailbox, a refusal by policy, a host out of order.
    Soft,
}

/// What a delivery report says about the failure.
///
/// A mail of this program goes to one address. Where a report speaks of several, because the address stood for a list,
/// it is hard only if all of them failed hard, and the rest describes the first that made it soft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// The code of RFC 3463, the most telling one in the report; `None` if it has none.
    pub code: Option<EnhancedCode>,
    /// The address that the report speaks of. After forwarding it need not be the one that was written to.
    pub recipient: Option<String>,
}

/// Why a message was not delivered, in the words of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No such mailbox.
    UserUnknown,
    /// The mailbox is elsewhere now.
    Moved,
    /// No such domain or host.
    HostUnknown,
    /// The domain says that it takes no mail (RFC 7505).
    NoMailHere,
    /// The mailbox exists and is disabled, suspended or has expired.
    Disabled,
    /// The mailbox is full.
    MailboxFull,
    /// The message is larger than the mailbox or the host takes.
    TooBig,
    /// The host refused without saying more, or called the user unknown in a way in which filters do: after having
    /// accepted the address, or without a code and not in answer to the address.
    Filtered,
    /// SPF, DKIM or DMARC failed.
    Authentication,
    /// The sending address or host is on a list, has a bad name or lacks a name in the DNS.
    Reputation,
    /// Too much mail in too short a time.
    RateLimited,
    /// The message was taken for spam, or carries what looks like malware.
    Spam,
    /// A rule of the receiving side, or a sender that it does not want.
    Policy,
    /// The host does not relay for this domain.
    Relaying,
    /// The form of the message or of the dialogue was at fault.
    Protocol,
    /// The host could not be reached, or mail runs in circles.
    Network,
    /// The time for trying ran out.
    Expired,
    /// The receiving system is out of order.
    System,
    /// The report does not say, or not in words that are known here.
    Other,
}

/// What a report of success says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// It is in the mailbox.
    Delivered,
    /// It was passed to a system that does not report.
    Relayed,
    /// It was passed to the several addresses that this one stands for.
    Expanded,
}

/// A complaint about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// What is complained of.
    pub feedback: Feedback,
    /// The address that the report names as the message's recipient; often blackened or left out.
    pub recipient: Option<String>,
}

/// The kind of a feedback report (RFC 5965, 6591, 6650).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feedback {
    /// Somebody called it spam.
    Abuse,
    /// Somebody called it fraud.
    Fraud,
    /// Somebody called it a virus.
    Virus,
    /// Somebody wants no more, by a feedback loop or by a mail with the subject `unsubscribe`.
    OptOut,
    /// A machine reports a failed SPF, DKIM or DMARC check: news for the operator, not a person's wish.
    Authentication,
    /// Somebody says that it is not spam.
    NotSpam,
    /// Anything else.
    Other,
}

impl Feedback {
    /// Says whether the person must not be written to any more.
    pub fn suppresses(self) -> bool {
        !matches!(self, Self::Authentication | Self::NotSpam)
    }
}

/// Says what a mail is and which message it may be about.
///
/// Never fails: what cannot be made sense of is a [`Kind::Reply`], for a person to look at. Reads the first
/// [`LARGEST_MAIL`] bytes and ten levels of MIME.
pub fn read(raw: &[u8]) -> Inbound {
    let mail = mime::Mail::open(&raw[..raw.len().min(LARGEST_MAIL)]);
    let kind = complaint::read(&mail)
        .or_else(|| report::read(&mail))
        .or_else(|| text::read(&mail))
        .or_else(|| auto::read(&mail))
        .unwrap_or(Kind::Reply);
    Inbound { kind, references: References::of(&mail) }
}
