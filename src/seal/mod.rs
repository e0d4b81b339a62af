//! What is sealed and locked: ballots that only the holder of a passphrase can open; pure but for fresh randomness.

pub mod ballot;
pub mod poll_key;

pub use ballot::{Answer, Ballot, BallotError, Opened, UnitId, open_all};
pub use poll_key::{
    LockedHalf, PollKey, PollKeyError, PrivateHalf, PublicHalf, SealError, WrongPassphrase, seal,
};
