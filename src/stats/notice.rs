//! One vocabulary of refusals and warnings for all methods.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which column of a model is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The outcome.
    Outcome,
    /// The weights.
    Weight,
    /// A driver, by its position from 0; the intercept is not counted.
    Driver(usize),
}

/// What there is too little or too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Complete observations.
    Observations,
    /// Clusters.
    Clusters,
    /// Events (or non-events, if they are fewer) per parameter of a model.
    EventsPerParameter,
    /// Items of a scale.
    Items,
    /// Drivers.
    Drivers,
    /// Months.
    Months,
    /// Seasons.
    Seasons,
    /// Bootstrap samples to which the model could be fitted.
    Replicates,
}

impl Count {
    fn words(self) -> &'static str {
        match self {
            Self::Observations => "complete observations",
            Self::Clusters => "clusters",
            Self::EventsPerParameter => "events per parameter",
            Self::Items => "items",
            Self::Drivers => "drivers",
            Self::Months => "months",
            Self::Seasons => "seasons",
            Self::Replicates => "bootstrap samples that can be fitted",
        }
    }
}

/// Why a method gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// A column is constant.
    NoVariance {
        /// Which.
        column: Column,
    },
    /// A driver is a linear combination of the others.
    Aliased {
        /// Which.
        column: Column,
    },
    /// There is too little to estimate from.
    TooFew {
        /// Of what.
        what: Count,
        /// What there is.
        have: f64,
        /// What is needed.
        need: f64,
    },
    /// There is more than the method can take.
    TooMany {
        /// Of what.
        what: Count,
        /// What there is.
        have: f64,
        /// The most that is taken.
        limit: f64,
    },
    /// The outcome 0/1 is predicted without error, so that no finite coefficient exists.
    Separation {
        /// The driver that separates most.
        column: Column,
    },
    /// A driver copies the outcome.
    Leak {
        /// Which.
        column: Column,
    },
    /// A value is NaN or infinite.
    NotFinite {
        /// In which column.
        column: Column,
        /// In which row, from 0.
        row: usize,
    },
    /// An outcome that has to be 0 or 1 holds something else.
    NotBinary {
        /// In which row, from 0.
        row: usize,
    },
    /// A value that has to be above 0 is not.
    NotPositive {
        /// In which row, from 0.
        row: usize,
    },
    /// An outcome that has to be 0 or above is not.
    Negative {
        /// In which row, from 0.
        row: usize,
    },
    /// A weight is negative, or all are 0.
    BadWeight {
        /// In which row, from 0.
        row: usize,
    },
    /// An offset is NaN or infinite: the logarithm of an exposure of 0, for one.
    BadOffset {
        /// In which row, from 0.
        row: usize,
    },
    /// Columns have different lengths.
    LengthMismatch {
        /// Length of the outcome.
        expected: usize,
        /// The other length.
        found: usize,
    },
    /// An item runs against its scale.
    ReversedItem {
        /// Its position from 0.
        item: usize,
        /// Its correlation with the mean of the other items.
        correlation: f64,
    },
    /// Too many rows have a missing value.
    TooManyDropped {
        /// Rows left out.
        dropped: usize,
        /// Rows available.
        available: usize,
    },
    /// Iterations did not settle.
    NotConverged,
    /// A result does not fit into a floating-point number.
    OutOfRange,
}

impl Refusal {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoVariance { .. } => "E_NO_VARIANCE",
            Self::Aliased { .. } => "E_ALIASED",
            Self::TooFew { .. } => "E_TOO_FEW",
            Self::TooMany { .. } => "E_TOO_MANY",
            Self::Separation { .. } => "E_SEPARATION",
            Self::Leak { .. } => "E_LEAK",
            Self::NotFinite { .. } => "E_NOT_FINITE",
            Self::NotBinary { .. } => "E_NOT_BINARY",
            Self::NotPositive { .. } => "E_NOT_POSITIVE",
            Self::Negative { .. } => "E_NEGATIVE",
            Self::BadWeight { .. } => "E_WEIGHT",
            Self::BadOffset { .. } => "E_OFFSET",
            Self::LengthMismatch { .. } => "E_LENGTH",
            Self::ReversedItem { .. } => "E_REVERSED_ITEM",
            Self::TooManyDropped { .. } => "E_MISSING",
            Self::NotConverged => "E_NOT_CONVERGED",
            Self::OutOfRange => "E_OUT_OF_RANGE",
        }
    }

    /// The column at fault, where it is one.
    pub fn column(&self) -> Option<Column> {
        match self {
            Self::NoVariance { column }
            | Self::Aliased { column }
            | Self::Separation { column }
            | Self::Leak { column }
            | Self::NotFinite { column, .. } => Some(*column),
            _ => None,
        }
    }

    /// The sentence that says what was found and what to do; `name` gives the reader's name of a column.
    pub fn sentence(&self, name: impl Fn(Column) -> String) -> String {
        match self {
            Self::NoVariance { column } => {
                format!("{} has the same value in every row; leave it out or widen the data", name(*column))
            }
            Self::Aliased { column } => format!(
                "{} is a linear combination of the other drivers; leave it out or leave out one of those",
                name(*column)
            ),
            Self::TooFew { what, have, need } => {
                format!("{have} {}, at least {need} are needed; collect more or ask for less", what.words())
            }
            Self::TooMany { what, have, limit } => {
                format!("{have} {}, at most {limit} can be taken; choose among them beforehand", what.words())
            }
            Self::Separation { column } => format!(
                "the outcome is predicted without error, mostly by {}; no finite coefficient exists: merge \
                 groups or leave the driver out",
                name(*column)
            ),
            Self::Leak { column } => {
                format!("{} copies the outcome; leave it out, since it explains nothing", name(*column))
            }
            Self::NotFinite { column, row } => {
                format!("{} is not a finite number in row {}; correct it", name(*column), row + 1)
            }
            Self::NotBinary { row } => {
                format!("the outcome in row {} is neither 0 nor 1; recode it", row + 1)
            }
            Self::BadWeight { row } => {
                format!("the weight in row {} is negative, or all weights are 0; correct it", row + 1)
            }
            Self::NotPositive { row } => format!(
                "the value in row {} is not above 0; use a model that knows zeros (two-part, Tweedie), or \
                 correct it",
                row + 1
            ),
            Self::Negative { row } => {
                format!("the outcome in row {} is negative; use least squares, or correct it", row + 1)
            }
            Self::BadOffset { row } => format!(
                "the offset in row {} is not a finite number; an exposure has to be above 0: leave the row out",
                row + 1
            ),
            Self::LengthMismatch { expected, found } => {
                format!("a column has {found} values where the outcome has {expected}")
            }
            Self::ReversedItem { item, correlation } => format!(
                "item {} runs against the others (correlation {correlation:.2}); declare it as reversed or \
                 take it out of the scale",
                item + 1
            ),
            Self::TooManyDropped { dropped, available } => format!(
                "{dropped} of {available} rows have a missing value; above 40 % no model is fitted: leave \
                 out the column that misses most"
            ),
            Self::NotConverged => {
                "the iterations did not settle; rescale the columns or leave out drivers".to_owned()
            }
            Self::OutOfRange => {
                "numbers are too large or too small to be calculated with; rescale the columns".to_owned()
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(position))
    }
}

impl std::error::Error for Refusal {}

/// What limits an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// Few observations, clusters or events.
    Few {
        /// Of what.
        what: Count,
        /// What there is.
        have: f64,
        /// Below what it warns.
        need: f64,
    },
    /// A driver is largely explained by the others.
    Vif {
        /// Which.
        column: Column,
        /// Its variance inflation factor.
        value: f64,
    },
    /// Missing values were filled with the mean.
    Imputed {
        /// In which column.
        column: Column,
        /// How many.
        cells: usize,
    },
    /// Rows with a missing value were left out.
    Missing {
        /// How many.
        dropped: usize,
        /// Of how many.
        available: usize,
    },
    /// Single rows carry much of the result.
    Influence {
        /// The row with the largest distance, from 0.
        row: usize,
        /// Its Cook's distance.
        distance: f64,
        /// How many rows are above 4/n.
        rows: usize,
    },
    /// The spread of the outcome changes with the drivers.
    Heteroscedastic {
        /// p-value of the Breusch-Pagan test.
        p_value: f64,
    },
    /// The data were observed, not made by an experiment.
    Observational,
    /// The satisfaction score has few steps.
    FewLevels {
        /// How many.
        levels: usize,
    },
    /// A row is fitted exactly, so that HC2 and HC3 do not exist; HC1 is used.
    Leverage {
        /// The row, from 0.
        row: usize,
    },
    /// The relation runs against what is expected.
    Sign {
        /// The slope.
        slope: f64,
    },
    /// Many respondents are at the top of the scale.
    Ceiling {
        /// Share of them, 0 to 1.
        share: f64,
    },
    /// A scale measures unreliably.
    LowReliability {
        /// Cronbach's alpha.
        alpha: f64,
    },
    /// Items of a scale repeat one another.
    RedundantItems {
        /// Cronbach's alpha.
        alpha: f64,
    },
    /// Those who answered differ from the silent.
    Nonresponse {
        /// Largest standardised mean difference over the variables of the customer file.
        difference: f64,
    },
    /// A cost curve bends the wrong way: the next point costs less than the last.
    ConcaveCost {
        /// The exponent below 1.
        exponent: f64,
    },
}

impl Warning {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Few { .. } => "W_FEW",
            Self::Vif { .. } => "W_VIF",
            Self::Imputed { .. } => "W_IMPUTED",
            Self::Missing { .. } => "W_MISSING",
            Self::Influence { .. } => "W_INFLUENCE",
            Self::Heteroscedastic { .. } => "W_HETEROSCEDASTIC",
            Self::Observational => "W_OBSERVATIONAL",
            Self::FewLevels { .. } => "W_FEW_LEVELS",
            Self::Leverage { .. } => "W_LEVERAGE",
            Self::Sign { .. } => "W_SIGN",
            Self::Ceiling { .. } => "W_CEILING",
            Self::LowReliability { .. } => "W_RELIABILITY",
            Self::RedundantItems { .. } => "W_REDUNDANT",
            Self::Nonresponse { .. } => "W_NONRESPONSE",
            Self::ConcaveCost { .. } => "W_COST",
        }
    }

    /// The column that it is about, where it is one.
    pub fn column(&self) -> Option<Column> {
        match self {
            Self::Vif { column, .. } | Self::Imputed { column, .. } => Some(*column),
            _ => None,
        }
    }

    /// The sentence that says what was found and what to do; `name` gives the reader's name of a column.
    pub fn sentence(&self, name: impl Fn(Column) -> String) -> String {
        match self {
            Self::Few { what, have, need } => {
                {
                    // Events per parameter are not whole.
                    let decimals = usize::from(have.fract().abs() > 1e-9);
                    let words = what.words();
                    format!(
                        "only {have:.decimals$} {words}; below {need} the result is unstable: collect more"
                    )
                }
            }
            Self::Vif { column, value } => format!(
                "{} is largely explained by the other drivers (VIF {value:.1}); its coefficient is \
                 uncertain, and above 10 it may not be ranked",
                name(*column)
            ),
            Self::Imputed { column, cells } => format!(
                "{cells} missing values of {} were filled with its mean; intervals are too narrow: compare \
                 with complete cases",
                name(*column)
            ),
            Self::Missing { dropped, available } => format!(
                "{dropped} of {available} rows were left out for a missing value; check that they are not \
                 special"
            ),
            Self::Influence { row, distance, rows } => {
                let others = if *rows > 1 {
                    format!("{rows} rows weigh heavily, most of all ")
                } else {
                    String::new()
                };
                let own = if *rows > 1 { "" } else { " weighs heavily" };
                format!(
                    "{others}row {}{own} (Cook's distance {distance:.3}); look and fit again without",
                    row + 1
                )
            }
            Self::Heteroscedastic { p_value } => format!(
                "the spread of the outcome changes with the drivers (Breusch-Pagan p {p_value:.4}); do not \
                 use classic standard errors"
            ),
            Self::Observational => "observed data: this is a link, not a proof of effect; test before you \
                                    act on it at scale"
                .to_owned(),
            Self::FewLevels { levels } => format!(
                "satisfaction takes only {levels} values; no plateau is named: average several questions"
            ),
            Self::Leverage { row } => format!(
                "row {} is fitted exactly, so HC1 standard errors are used; merge the group that only it \
                 belongs to",
                row + 1
            ),
            Self::Sign { slope } => format!(
                "the outcome falls as satisfaction rises (slope {slope:.4}); look for a third cause before \
                 you act"
            ),
            Self::Ceiling { share } => format!(
                "{:.0} % of the respondents are at the top of the scale; a curve that flattens there may \
                 come from the scale",
                share * 100.0
            ),
            Self::LowReliability { alpha } => format!(
                "Cronbach's alpha is {alpha:.2}, below 0.70; differences in this index are uncertain: \
                 improve its questions"
            ),
            Self::RedundantItems { alpha } => {
                format!(
                    "Cronbach's alpha is {alpha:.2}, above 0.95; the questions repeat one another: ask fewer"
                )
            }
            Self::Nonresponse { difference } => format!(
                "those who answered differ from the silent by up to {difference:.2} standard deviations, \
                 more than 0.10; what is said of all customers rests on those who answered"
            ),
            Self::ConcaveCost { exponent } => format!(
                "each further point costs less than the one before (exponent {exponent:.2}); check the cost \
                 points"
            ),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(position))
    }
}

fn position(column: Column) -> String {
    match column {
        Column::Outcome => "the outcome".to_owned(),
        Column::Weight => "the weight".to_owned(),
        Column::Driver(index) => format!("driver {}", index + 1),
    }
}
