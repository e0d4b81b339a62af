//! Secrets and what they are good for: the installation's key, from which tokens, references and marks are made, and ballots
//! that only the holder of a passphrase can open. Pure but for fresh randomness.

pub mod ballot;
mod keys;
pub mod poll_key;

pub use ballot::{Answer, Ballot, BallotError, Opened, UnitId, open_all};
pub use keys::{KeyError, Keys, Purpose, token_hash};
pub use poll_key::{
    LockedHalf, PollKey, PollKeyError, PrivateHalf, PublicHalf, SealError, WrongPassphrase, seal,
};
