//! Mail: what a letter says, how it is handed to a relay, what the relay's replies mean, and what comes back.
//!
//! Nothing here knows the database. A caller composes a [`Letter`], hands its bytes to an [`SmtpSession`] that it
//! alone owns, reads the [`Outcome`], and asks [`pace`] when to go on.

mod body;
pub mod inbound;
mod letter;
pub mod pace;
mod reference;
mod relay;
mod reply;
mod session;
mod sink;
mod wire;
mod words;

pub use letter::{
    Contract, Letter, LetterError, Organisation, Party, Score, Signer, SignerError, Texts, compose,
};
pub use reference::{Reference, ReferenceError, Separator};
pub use relay::{Deadlines, Lifetime, Login, Relay, Tls, Trust, TrustError};
pub use reply::{Class, Phase, Reply, classify};
pub use session::{Fault, OpenError, Outcome, SmtpSession};
pub use sink::{Answer, Received, Sink};
pub use words::{Language, LanguageError};
