//! What is said of a plan for money, and of what else may have bent a curve.

use serde::{Deserialize, Serialize};

/// A figure of a plan that has to lie in some range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Height of a response curve.
    Scale,
    /// Spending at which a response curve bends.
    HalfPoint,
    /// Exponent of a response curve.
    Exponent,
    /// Spending.
    Spending,
    /// What there is to spend.
    Budget,
    /// What the last unit of money has to bring.
    Return,
    /// Yearly rate of discount.
    Rate,
    /// What is invested.
    Investment,
    /// A standard error.
    StandardError,
    /// A reliability.
    Reliability,
    /// An outcome that has to be above 0.
    Outcome,
}

impl Parameter {
    /// Its name, and what it has to be.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Scale => ("the height of the response", "above where it starts"),
            Self::HalfPoint => ("the spending at which the response bends", "above 0"),
            Self::Exponent => ("the exponent of the response", "above 0, and of a power curve below 1"),
            Self::Spending => ("the spending", "0 or more, and above 0 where it is a unit"),
            Self::Budget => {
                ("the budget", "above 0, and given unless caps or a least return limit the spending")
            }
            Self::Return => ("the least return", "0 or more"),
            Self::Rate => ("the rate of discount", "above -1"),
            Self::Investment => ("the investment", "money that goes out now"),
            Self::StandardError => ("the standard error", "0 or more, and of a cost below 1"),
            Self::Outcome => ("the outcome", "above 0 in this model"),
            Self::Reliability => ("the reliability", "above 0 and at most 1"),
        }
    }
}

/// What else may have bent a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The top of the scale.
    Ceiling,
    /// Who the customers are.
    Mix,
}

impl Guard {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Ceiling => "without the respondents at the top of the scale",
            Self::Mix => "once the customers are compared within their segments",
        }
    }
}
