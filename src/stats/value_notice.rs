//! What is refused and warned of where customers are valued.

use serde::{Deserialize, Serialize};

/// Why a method of customer value gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueFault {
    /// An amount below 0 where a Gamma model needs amounts above 0.
    NegativeAmount {
        /// In which row, from 0.
        row: usize,
    },
    /// A retention rate or a share of survivors is not between 0 and 1.
    NotProbability {
        /// In which row, from 0.
        row: usize,
    },
    /// A rate of discount or growth is not finite or too low.
    BadRate {
        /// What it has to be above.
        above: f64,
    },
    /// The present value has no limit: what is left of a margin in the next period, after growth, loss and
    /// discount, is not less than the margin.
    Endless {
        /// `r (1 + g) / (1 + d)`.
        factor: f64,
    },
    /// Purchases that cannot have happened so.
    BadHistory {
        /// Which customer, from 0.
        row: usize,
    },
    /// Days are not in ascending order.
    Unsorted {
        /// The first row that comes too late, from 0.
        row: usize,
    },
    /// More renewed than could, or counts that are negative.
    BadCounts {
        /// In which period, from 0.
        row: usize,
    },
    /// The likelihood rises without end.
    NoMaximum,
    /// A distribution is so wide that it has no mean.
    NoMean {
        /// The parameter that would have to be above 1.
        q: f64,
    },
    /// An index is not between 0 and 100.
    OffScale {
        /// In which row, from 0.
        row: usize,
    },
    /// Declared weights do not sum to 1.
    WeightSum {
        /// Their sum.
        sum: f64,
    },
    /// A dimension with a weight has no indicator.
    NoIndicator {
        /// Which, from 0.
        dimension: usize,
    },
}

impl ValueFault {
    /// Stable code for machines.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NegativeAmount { .. } => "E_NEGATIVE",
            Self::NotProbability { .. } => "E_PROBABILITY",
            Self::BadRate { .. } => "E_RATE",
            Self::Endless { .. } => "E_ENDLESS",
            Self::BadHistory { .. } => "E_HISTORY",
            Self::Unsorted { .. } => "E_ORDER",
            Self::BadCounts { .. } => "E_COUNTS",
            Self::NoMaximum => "E_NO_MAXIMUM",
            Self::NoMean { .. } => "E_NO_MEAN",
            Self::OffScale { .. } => "E_SCALE",
            Self::WeightSum { .. } => "E_WEIGHT",
            Self::NoIndicator { .. } => "E_NO_INDICATOR",
        }
    }

    /// What was found and what to do.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::NegativeAmount { row } => {
                format!("the amount in row {} is negative; set returns against their purchase first", row + 1)
            }
            Self::NotProbability { row } => {
                format!("the share in row {} is not between 0 and 1; correct it", row + 1)
            }
            Self::BadRate { above } => {
                format!("a rate of discount or growth has to be a number above {above} (0.1 is ten percent)")
            }
            Self::Endless { factor } => format!(
                "each period is worth {factor:.4} of the one before, so the sum has no limit; state a number \
                 of periods or a lower growth"
            ),
            Self::BadHistory { row } => format!(
                "customer {} cannot have bought so: the last purchase lies between the first and the end, \
                 and after the first where there are repeats",
                row + 1
            ),
            Self::Unsorted { row } => {
                format!("the purchase in row {} is earlier than the one before it; sort by day", row + 1)
            }
            Self::BadCounts { row } => {
                format!("in period {} more renewed than could, or a count is negative; correct it", row + 1)
            }
            Self::NoMaximum => {
                "the likelihood rises without end: the data do not show how customers differ; \
                                take a longer time or more customers"
                    .to_owned()
            }
            Self::NoMean { q } => format!(
                "spending differs so much between customers (q {q:.3}, not above 1) that its mean does not \
                 exist; report medians"
            ),
            Self::OffScale { row } => {
                format!("an index in row {} is not between 0 and 100; correct it", row + 1)
            }
            Self::WeightSum { sum } => format!("the weights sum to {sum}, not to 1; correct them"),
            Self::NoIndicator { dimension } => format!(
                "dimension {} has a weight and no indicator; give it one or the weight 0",
                dimension + 1
            ),
        }
    }
}

/// What limits an answer on customer value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueWarning {
    /// How much is spent goes with how often, which the Gamma-Gamma model takes to be independent.
    Dependence {
        /// Correlation of the number of repeat purchases with their mean amount.
        correlation: f64,
    },
    /// Customers whose purchases were all free of charge were left out.
    ZeroAmounts {
        /// How many.
        customers: usize,
    },
    /// Customers cost more than they bring, so that no Gini coefficient is given.
    NegativeValues {
        /// How many.
        customers: usize,
    },
}

impl ValueWarning {
    /// Stable code for machines.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Dependence { .. } => "W_DEPENDENCE",
            Self::ZeroAmounts { .. } => "W_ZERO_AMOUNTS",
            Self::NegativeValues { .. } => "W_NEGATIVE_VALUES",
        }
    }

    /// What was found and what to do.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Dependence { correlation } => format!(
                "how much is spent goes with how often (correlation {correlation:.2}); expected amounts are \
                 biased for frequent and for rare buyers: fit them apart"
            ),
            Self::ZeroAmounts { customers } => format!(
                "{customers} customers with an amount of 0 were left out, for which a Gamma model has no \
                 place; check whether these were purchases"
            ),
            Self::NegativeValues { customers } => format!(
                "{customers} customers cost more than they bring; a Gini coefficient says nothing then: read \
                 the whale curve"
            ),
        }
    }
}
