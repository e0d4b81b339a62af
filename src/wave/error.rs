//! Why a wave cannot be launched, reminded or closed.

use crate::store::StoreError;

/// A refusal of the wave room.
#[derive(Debug, thiserror::Error)]
pub enum WaveError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key was launched with other settings.
    #[error(
        "the wave {key:?} was launched with another {settings}, and a wave does not change: take another key"
    )]
    Changed {
        /// The wave's key.
        key: String,
        /// What is not as it was.
        settings: String,
    },
    /// The wave's end has passed.
    #[error("`closes` has passed ({closes}, {zone}): the wave would be over before it begins")]
    Over {
        /// When the wave closes.
        closes: String,
        /// In which zone.
        zone: String,
    },
    /// A reminder would come after the wave's end.
    #[error("`remind_after_days` asks for a reminder after {days} days, and the wave closes before that")]
    LateReminder {
        /// Days after the invitation.
        days: i64,
    },
    /// The wave would ask nobody.
    #[error("nobody would be invited ({reasons}): change the audience or what leaves people out")]
    Nobody {
        /// How many are left out, and why.
        reasons: String,
    },
    /// Fewer are invited than a shown cell needs answers.
    #[error(
        "only {invited} would be invited, and nothing is shown of fewer than {k} answers: widen the audience"
    )]
    TooFew {
        /// Persons who would be invited.
        invited: i64,
        /// Fewest answers that a shown cell needs.
        k: i64,
    },
    /// A standing wave has no end of its own.
    #[error("{key:?} is a standing wave: it invites when events are imported")]
    Standing {
        /// The wave's key.
        key: String,
    },
    /// The file describes no standing wave.
    #[error("{key:?} is no standing wave: its file has no [standing] section")]
    NotStanding {
        /// The wave's key.
        key: String,
    },
    /// There is no such wave.
    #[error("there is no wave {key:?}; `cam wave list` shows those there are")]
    Unknown {
        /// The key that was asked for.
        key: String,
    },
    /// The wave has ended.
    #[error("the wave {key:?} is closed, and closing is final")]
    Closed {
        /// The wave's key.
        key: String,
    },
    /// The survey does not fit the wave.
    #[error("the survey {survey:?} cannot be sent so: {reason}")]
    Unfit {
        /// The survey's key.
        survey: String,
        /// What does not fit, and what to do.
        reason: String,
    },
    /// A language has no notice.
    #[error(
        "no wave without its notice: write [notice.{language}], since the survey is asked in that language; there is one for \
         {have}"
    )]
    NoNotice {
        /// The language.
        language: String,
        /// The languages that have one.
        have: String,
    },
    /// The wave goes by mail, and links are not handed over.
    #[error("{key:?} goes by mail: only a wave with `channel = \"link\"` has links to hand over")]
    NotByLink {
        /// The wave's key.
        key: String,
    },
    /// An anonymous wave needs a passphrase, from which its key is locked.
    #[error("an anonymous wave is sealed under a passphrase: give its file with --passphrase-file")]
    NoPassphrase,
    /// The passphrase does not open the wave's key.
    #[error("this passphrase does not open the wave's ballots")]
    WrongPassphrase,
    /// A passphrase that is too weak, or a machine without randomness.
    #[error("{0}")]
    Passphrase(String),
    /// A named wave has no table to release.
    #[error("{key:?} is a named wave: its answers are in the report; `cam wave close` ends it")]
    NotAPoll {
        /// The wave's key.
        key: String,
    },
    /// An anonymous wave is ended with its passphrase.
    #[error("{key:?} is anonymous: `cam poll close` ends it, with the passphrase that opens its ballots")]
    EndedByPassphrase {
        /// The wave's key.
        key: String,
    },
    /// The table was released before.
    #[error("the table of {key:?} was released before, and is made once")]
    Released {
        /// The wave's key.
        key: String,
    },
    /// There is no released table yet.
    #[error("{key:?} has no released table: `cam poll close` makes it")]
    NotReleased {
        /// The wave's key.
        key: String,
    },
    /// No unit has that name.
    #[error("no unit is called {name:?}")]
    NoUnit {
        /// The name.
        name: String,
    },
    /// The send window leaves no moment.
    #[error("the send window leaves no moment within a year for people in {zone}")]
    NeverSent {
        /// The time zone.
        zone: String,
    },
    /// What is stored cannot be read, or written.
    #[error("what is stored of the wave cannot be used: {0}")]
    Stored(String),
}
