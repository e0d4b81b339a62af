//! Keys and what is made with them: tokens, references of mails, marks of suppressed addresses. Pure, no I/O.

mod keys;

pub use keys::{KeyError, Keys, Purpose, token_hash};
