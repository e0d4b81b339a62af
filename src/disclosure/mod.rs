//! The one table of a poll that leaves the database: which means may be shown so that no answer of a few can be worked out
//! from all that is shown; pure, no I/O, no persons.

mod audit;
mod release;
mod span;

pub use release::{Ballot, Cell, Dimension, Question, Rule, RuleError, Shown, release};

#[cfg(test)]
mod tests;
