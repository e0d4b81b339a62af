//! What is said of a path model.

use serde::{Deserialize, Serialize};

use crate::Column;

/// What is wrong with a path model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelFault {
    /// Its paths lead back to where they began.
    Cycle,
    /// A latent variable has no item.
    NoItem,
    /// A latent variable has no path.
    NoPath,
    /// An item stands in two places.
    ItemTwice,
    /// A path is named twice.
    PathTwice,
    /// A name is used that is not declared.
    Unknown,
}

impl ModelFault {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Cycle => "lies on paths that lead back to it; a path model runs one way",
            Self::NoItem => "has no item; name at least one",
            Self::NoPath => "has no path to or from another; connect it or leave it out",
            Self::ItemTwice => "stands in two places of the model; keep one",
            Self::PathTwice => "has two paths from the same source; keep one",
            Self::Unknown => "is used in the model, but not declared",
        }
    }
}

/// What limits the reading of a path model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathWarning {
    /// An item says little of its latent variable.
    WeakItem {
        /// Which.
        column: Column,
        /// Its loading.
        loading: f64,
    },
    /// The items of a latent variable have less in common with it than not.
    LowVarianceExtracted {
        /// Which.
        column: Column,
        /// Average variance extracted.
        value: f64,
    },
    /// A latent variable is measured unreliably, or by items that repeat one another.
    CompositeReliability {
        /// Which.
        column: Column,
        /// Composite reliability.
        value: f64,
    },
    /// Two latent variables can hardly be told apart.
    HardToSeparate {
        /// The one.
        first: Column,
        /// The other.
        second: Column,
        /// Heterotrait-monotrait ratio.
        value: f64,
    },
    /// An item counts against its own index.
    NegativeWeight {
        /// Which.
        column: Column,
        /// Its weight.
        weight: f64,
    },
}

impl PathWarning {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WeakItem { .. } => "W_LOADING",
            Self::LowVarianceExtracted { .. } => "W_AVE",
            Self::CompositeReliability { .. } => "W_COMPOSITE",
            Self::HardToSeparate { .. } => "W_HTMT",
            Self::NegativeWeight { .. } => "W_WEIGHT",
        }
    }

    /// The column that it is about, the first of two.
    pub fn column(&self) -> Column {
        match self {
            Self::WeakItem { column, .. }
            | Self::LowVarianceExtracted { column, .. }
            | Self::CompositeReliability { column, .. }
            | Self::NegativeWeight { column, .. }
            | Self::HardToSeparate { first: column, .. } => *column,
        }
    }

    pub(crate) fn sentence(&self, name: impl Fn(Column) -> String) -> String {
        match self {
            Self::WeakItem { column, loading } => format!(
                "{} has a loading of {loading:.3}, below 0.708: less than half of it is its latent variable; \
                 reword it or leave it out",
                name(*column)
            ),
            Self::LowVarianceExtracted { column, value } => format!(
                "{} explains {:.0} % of its items on average, less than half; revise the weakest item",
                name(*column),
                value * 100.0
            ),
            Self::CompositeReliability { column, value } if *value < 0.7 => format!(
                "{} has a composite reliability of {value:.2}, below 0.70; its paths are too small: improve \
                 its questions",
                name(*column)
            ),
            Self::CompositeReliability { column, value } => format!(
                "{} has a composite reliability of {value:.2}, above 0.95; its questions repeat one another: \
                 ask fewer",
                name(*column)
            ),
            Self::HardToSeparate { first, second, value } => {
                let (how, limit) = if *value > 0.9 { ("hardly", "0.90") } else { ("not clearly", "0.85") };
                format!(
                    "{} and {} are {how} separable (HTMT {value:.2}, above {limit}); do not weigh one against \
                     the other: merge them or change their items",
                    name(*first),
                    name(*second)
                )
            }
            Self::NegativeWeight { column, weight } => format!(
                "{} has a negative weight ({weight:.3}), so its index may leave 0 to 100; reverse it or \
                 leave it out",
                name(*column)
            ),
        }
    }
}
