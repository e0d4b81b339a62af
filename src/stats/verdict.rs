//! The verdict on a curve: whether more satisfaction still pays, and up to where.

use serde::{Deserialize, Serialize};

/// What the data say of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The outcome rises up to a level and not past it.
    Plateau,
    /// Each further point still pays, but less.
    Diminishing,
    /// It rises in a straight line over the whole observed range.
    Linear,
    /// No relation is found.
    NoRelation,
    /// It rises ever faster; no optimum inside the observed range.
    Convex,
    /// Past a level it falls.
    Declines,
    /// Too few data for any of these.
    TooFew,
}

/// One clause of the rule with its figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable key of the clause.
    pub clause: String,
    /// What was measured.
    pub value: f64,
    /// What it was held against.
    pub bound: f64,
    /// Whether the clause holds.
    pub held: bool,
}
