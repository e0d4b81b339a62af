//! Links answers to money: account by account, window by window, with a reason for every response left out.
//! Pure: no I/O, no estimation. This is the only place where a response meets money.

mod link;
mod score;

pub use link::{Exclude, LinkRule, Linked, Observation, Outcome, link, outcome};
pub use score::{Contact, Response, RoleWeights, Wave};
