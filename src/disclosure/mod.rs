//! The one table of a poll that leaves the database: which means may be shown so that no hidden mean of a group, and no
//! sum over fewer than k respondents, can be worked out from all that is shown; pure, no I/O, no persons.

mod audit;
mod release;
mod remainder;
pub mod table;

pub use release::{Ballot, Cell, Dimension, Question, Rule, RuleError, Shown, release};
pub use table::{
    Answered, Column, Construct, LEAST_COMMENTS, Poll, Released, Row, Table, TableError, Unit, UnitId,
    comments, table,
};

#[cfg(test)]
mod attack;
#[cfg(test)]
mod tests;
