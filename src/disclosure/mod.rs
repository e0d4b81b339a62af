//! The one table of a poll that leaves the database: which means may be shown so that no hidden mean of a group, and no
//! difference of two shown groups of fewer than k, can be worked out from all that is shown; pure, no I/O, no persons.
//!
//! Not covered yet: the sum over several hidden groups that have fewer than k answers together. It has to be before a poll
//! is released by this room.

mod audit;
mod release;
mod span;

pub use release::{Ballot, Cell, Dimension, Question, Rule, RuleError, Shown, release};

#[cfg(test)]
mod tests;
