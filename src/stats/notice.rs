//! One vocabulary of refusals and warnings for all methods.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::panel_notice::PanelWarning;
pub use crate::path_notice::{ModelFault, PathWarning};
pub use crate::plan_notice::{Guard, Parameter};
pub use crate::value_notice::{ValueFault, ValueWarning};

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
    /// A latent variable of a path model, by its position from 0.
    Latent(usize),
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
    /// Replicates of a bootstrap.
    Replicates,
    /// People who answered both times.
    Repeaters,
    /// Events.
    Events,
    /// Groups that are compared.
    Groups,
    /// Waves of a survey.
    Waves,
    /// Units (teams, branches) that rows or persons belong to.
    Units,
    /// Purchases of one customer.
    Purchases,
    /// Periods.
    Periods,
    /// Months.
    Months,
    /// Seasons.
    Seasons,
    /// Different levels of spending.
    SpendLevels,
    /// Steps of a grid.
    Steps,
}

impl Count {
    fn words(self) -> &'static str {
        match self {
            Self::Observations => "complete observations",
            Self::Clusters => "clusters",
            Self::EventsPerParameter => "events per parameter",
            Self::Items => "items",
            Self::Drivers => "drivers",
            Self::Replicates => "replicates of the bootstrap",
            Self::Repeaters => "people who answered both times",
            Self::Events => "events",
            Self::Groups => "groups",
            Self::Waves => "waves",
            Self::Units => "units",
            Self::Purchases => "purchases of one customer",
            Self::Periods => "periods",
            Self::Months => "months",
            Self::Seasons => "seasons",
            Self::SpendLevels => "levels of spending",
            Self::Steps => "steps",
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
    /// A path model is not well formed.
    Model {
        /// Where.
        column: Column,
        /// What is wrong there.
        fault: ModelFault,
    },
    /// A value lies outside the scale that was declared for it.
    OffScale {
        /// In which column.
        column: Column,
        /// In which row, from 0.
        row: usize,
    },
    /// A driver has too few low or too few high scores.
    ThinGroup {
        /// Which.
        column: Column,
        /// The smaller group.
        have: usize,
        /// What is needed.
        need: usize,
    },
    /// Nobody of a group answered, so that no weight can bring the group to its size.
    EmptyMargin {
        /// Which margin, from 0.
        margin: usize,
        /// Which of its groups, from 0.
        group: usize,
    },
    /// The groups of a margin do not sum to the same population as those of the first.
    MarginTotals {
        /// Which margin, from 0.
        margin: usize,
    },
    /// A unit holds people who were treated and people who were not.
    MixedUnit {
        /// A row of that unit, from 0.
        row: usize,
    },
    /// Somebody is counted twice.
    Duplicate {
        /// The second row, from 0.
        row: usize,
    },
    /// A time is negative, or does not come after its start.
    BadTime {
        /// In which row, from 0.
        row: usize,
    },
    /// A probability is not between 0 and 1.
    NotProbability {
        /// In which row, from 0.
        row: usize,
    },
    /// A column does not vary within the units of a panel (beyond what its periods explain).
    NoVarianceWithin {
        /// Which.
        column: Column,
    },
    /// A unit has two rows of one period, so that neither is the one before the next.
    RepeatedPeriod {
        /// The second of them, from 0.
        row: usize,
    },
    /// Nothing is left of the outcome once drivers and units are known, so that no error can be measured.
    ExactFit,
    /// A figure of a plan is outside its range.
    BadParameter {
        /// Which.
        parameter: Parameter,
        /// Of which entry of the plan, from 0.
        position: usize,
        /// What it is.
        value: f64,
    },
    /// Answers that have to rise do not.
    NotRising {
        /// The answer that does not lie above the one before, from 0.
        position: usize,
    },
    /// Flows all have one sign, so that no internal rate exists.
    NoSignChange,
    /// Flows change their sign more than once, so that several internal rates may exist.
    SignChanges {
        /// How often.
        changes: usize,
    },
    /// Iterations did not settle.
    NotConverged,
    /// A result does not fit into a floating-point number.
    OutOfRange,
    /// Of customer value.
    Value(ValueFault),
}

impl Refusal {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoVariance { .. } | Self::NoVarianceWithin { .. } => "E_NO_VARIANCE",
            Self::Aliased { .. } => "E_ALIASED",
            Self::TooFew { .. } | Self::ThinGroup { .. } => "E_TOO_FEW",
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
            Self::Model { fault: ModelFault::Cycle, .. } => "E_CYCLE",
            Self::Model { .. } => "E_MODEL",
            Self::OffScale { .. } => "E_SCALE",
            Self::EmptyMargin { .. } => "E_EMPTY_MARGIN",
            Self::MarginTotals { .. } => "E_MARGIN_TOTALS",
            Self::MixedUnit { .. } => "E_MIXED_UNIT",
            Self::Duplicate { .. } => "E_DUPLICATE",
            Self::BadTime { .. } => "E_TIME",
            Self::NotProbability { .. } => "E_PROBABILITY",
            Self::RepeatedPeriod { .. } => "E_REPEATED_PERIOD",
            Self::ExactFit => "E_EXACT",
            Self::BadParameter { .. } => "E_PARAMETER",
            Self::NotRising { .. } => "E_NOT_RISING",
            Self::NoSignChange => "E_NO_SIGN_CHANGE",
            Self::SignChanges { .. } => "E_SIGN_CHANGES",
            Self::NotConverged => "E_NOT_CONVERGED",
            Self::OutOfRange => "E_OUT_OF_RANGE",
            Self::Value(fault) => fault.code(),
        }
    }

    /// The column at fault, where it is one.
    pub fn column(&self) -> Option<Column> {
        match self {
            Self::NoVariance { column }
            | Self::NoVarianceWithin { column }
            | Self::Aliased { column }
            | Self::Separation { column }
            | Self::Leak { column }
            | Self::Model { column, .. }
            | Self::OffScale { column, .. }
            | Self::ThinGroup { column, .. }
            | Self::NotFinite { column, .. } => Some(*column),
            _ => None,
        }
    }

    /// The sentence that says what was found and what to do; `name` gives the reader's name of a column.
    #[expect(clippy::too_many_lines, reason = "one sentence for each refusal")]
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
            Self::Model { column, fault } => format!("{} {}", name(*column), fault.words()),
            Self::OffScale { column, row } => {
                format!(
                    "{} lies outside its scale in row {}; correct it or the scale",
                    name(*column),
                    row + 1
                )
            }
            Self::ThinGroup { column, have, need } => format!(
                "{} has {have} low or high scores, at least {need} of each are needed; move the limits or \
                 collect more",
                name(*column)
            ),
            Self::EmptyMargin { margin, group } => format!(
                "nobody answered in group {} of margin {}; merge it with a neighbouring group",
                group + 1,
                margin + 1
            ),
            Self::MarginTotals { margin } => format!(
                "margin {} sums to another population than margin 1; take both from the same customers",
                margin + 1
            ),
            Self::MixedUnit { row } => format!(
                "the unit of row {} holds people with and without the measure; name the units to which the \
                 measure was assigned",
                row + 1
            ),
            Self::Duplicate { row } => {
                format!("row {} repeats somebody of the same wave; keep one answer each", row + 1)
            }
            Self::BadTime { row } => {
                format!("the time in row {} is negative or not after its start; correct it", row + 1)
            }
            Self::NotProbability { row } => {
                format!("the probability in row {} is not between 0 and 1; correct it", row + 1)
            }
            Self::NoVarianceWithin { column } => format!(
                "{} does not vary within the units (beyond what the periods explain), so its effect cannot be \
                 told from the units' own levels; leave it out or compare between units",
                name(*column)
            ),
            Self::RepeatedPeriod { row } => format!(
                "row {} repeats a period of its unit; keep one row per unit and period, or average them",
                row + 1
            ),
            Self::ExactFit => {
                "drivers and units explain the outcome without remainder, so that no error can \
                               be measured; look for a column that copies the outcome"
                    .to_owned()
            }
            Self::BadParameter { parameter, position, value } => {
                let (what, needed) = parameter.words();
                format!("{what} of entry {} is {value}; it has to be {needed}", position + 1)
            }
            Self::NotRising { position } => format!(
                "answer {} does not lie above the one before; the response has to rise from none over today and \
                 half as much again to saturation",
                position + 1
            ),
            Self::NoSignChange => {
                "money only goes out or only comes in; no internal rate of return exists: use the net present \
                 value"
                    .to_owned()
            }
            Self::SignChanges { changes } => format!(
                "money changes its direction {changes} times; several internal rates of return may exist: use \
                 the net present value"
            ),
            Self::NotConverged => {
                "the iterations did not settle; rescale the columns or leave out drivers".to_owned()
            }
            Self::OutOfRange => {
                "numbers are too large or too small to be calculated with; rescale the columns".to_owned()
            }
            Self::Value(fault) => fault.sentence(),
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
    /// Of a path model.
    Path(PathWarning),
    /// Few of those who were asked answered.
    LowResponse {
        /// Share that answered, 0 to 1.
        rate: f64,
    },
    /// One factor explains more than all of an item.
    Heywood {
        /// The item's position from 0.
        item: usize,
    },
    /// The treated began higher or lower, and part of their change may be a return to the mean.
    RegressionToMean {
        /// Standardised difference before the measure, treated less control.
        difference: f64,
    },
    /// One arm lost more people between the waves than the other.
    Attrition {
        /// Share that stayed, treated less control.
        difference: f64,
    },
    /// There is one wave before the measure, so that nobody knows how the arms moved before.
    TrendsUntestable,
    /// The arms moved apart, or together, before the measure already.
    TrendsDiffer {
        /// p-value of the difference of the trends.
        p_value: f64,
    },
    /// Difference in differences and analysis of covariance disagree.
    Disagreement {
        /// Difference in differences.
        did: f64,
        /// Analysis of covariance.
        ancova: f64,
    },
    /// Of units and panels.
    Panel(PanelWarning),
    /// A response curve is somebody's judgement.
    Judged {
        /// Of which driver.
        column: Column,
    },
    /// A plan lifts customers past what was observed, where nothing more is counted.
    Extrapolate {
        /// Share of the customers, 0 to 1.
        share: f64,
    },
    /// A guard changes the verdict on the curve.
    Confounded {
        /// Which.
        guard: Guard,
    },
    /// A cost curve bends the wrong way: the next point costs less than the last.
    ConcaveCost {
        /// The exponent below 1.
        exponent: f64,
    },
    /// The outcome 0/1 is predicted without error, so Firth's penalty was used.
    Separation {
        /// The driver that separates most.
        column: Column,
    },
    /// Customers were censored before the horizon.
    Censored {
        /// How many.
        rows: usize,
        /// Of how many.
        available: usize,
    },
    /// Hazard ratios change over time.
    NotProportional {
        /// p-value of the global test.
        p_value: f64,
    },
    /// Of customer value.
    Value(ValueWarning),
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
            Self::Path(warning) => warning.code(),
            Self::Nonresponse { .. } | Self::LowResponse { .. } => "W_NONRESPONSE",
            Self::Heywood { .. } => "W_HEYWOOD",
            Self::RegressionToMean { .. } => "W_REGRESSION_TO_MEAN",
            Self::Attrition { .. } => "W_ATTRITION",
            Self::TrendsUntestable => "W_TRENDS_UNTESTABLE",
            Self::TrendsDiffer { .. } => "W_TRENDS_DIFFER",
            Self::Disagreement { .. } => "W_DISAGREEMENT",
            Self::Panel(warning) => warning.code(),
            Self::Judged { .. } => "W_JUDGED",
            Self::Extrapolate { .. } => "W_EXTRAPOLATE",
            Self::Confounded { .. } => "W_CONFOUNDED",
            Self::ConcaveCost { .. } => "W_COST",
            Self::Separation { .. } => "W_SEPARATION",
            Self::Censored { .. } => "W_CENSORED",
            Self::NotProportional { .. } => "W_NOT_PROPORTIONAL",
            Self::Value(warning) => warning.code(),
        }
    }

    /// The column that it is about, where it is one.
    pub fn column(&self) -> Option<Column> {
        match self {
            Self::Path(warning) => Some(warning.column()),
            Self::Panel(warning) => warning.column(),
            Self::Vif { column, .. }
            | Self::Imputed { column, .. }
            | Self::Judged { column }
            | Self::Separation { column } => Some(*column),
            _ => None,
        }
    }

    /// The sentence that says what was found and what to do; `name` gives the reader's name of a column.
    #[expect(clippy::too_many_lines, reason = "one sentence for each warning")]
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
            Self::Path(warning) => warning.sentence(name),
            Self::LowResponse { rate } => format!(
                "{:.0} % of those who were asked answered, fewer than 30 %; compare them with the silent before \
                 you speak of all customers",
                rate * 100.0
            ),
            Self::Heywood { item } => format!(
                "the common factor explains more than all of item {} (a Heywood case); read alpha alone",
                item + 1
            ),
            Self::RegressionToMean { difference } => format!(
                "the treated began {:.2} standard deviations {} than the others; part of their \
                 change may be a return to the mean: compare the analysis of covariance and the matched controls",
                difference.abs(),
                if *difference < 0.0 { "lower" } else { "higher" }
            ),
            Self::Attrition { difference } => format!(
                "the shares that answered again are {:.1} points apart between the arms; who was lost may have \
                 made the effect",
                difference.abs() * 100.0
            ),
            Self::TrendsUntestable => {
                "parallel trends untestable: one wave before the measure does not show \
                                       how the arms moved; take an earlier wave"
                    .to_owned()
            }
            Self::TrendsDiffer { p_value } => format!(
                "the arms already moved differently before the measure (p {p_value:.4}); the difference in \
                 differences carries that on"
            ),
            Self::Disagreement { did, ancova } => format!(
                "difference in differences ({did:.3}) and analysis of covariance ({ancova:.3}) disagree; \
                 under a random draw believe the second, with groups that differed before the first"
            ),
            Self::Panel(warning) => warning.sentence(name),
            Self::Judged { column } => format!(
                "what money does to {} is a judgement, not an estimate; write down what is spent and reached: \
                 three levels of spending replace it",
                name(*column)
            ),
            Self::Extrapolate { share } => format!(
                "the plan lifts {:.0} % of the customers past the highest satisfaction observed; nothing more is \
                 counted there",
                share * 100.0
            ),
            Self::Confounded { guard } => {
                format!("the verdict on the curve changes {}; do not act on either alone", guard.words())
            }
            Self::ConcaveCost { exponent } => format!(
                "each further point costs less than the one before (exponent {exponent:.2}); check the cost \
                 points"
            ),
            Self::Separation { column } => format!(
                "the outcome is predicted without error, mostly by {}: check that it was known before the outcome \
                 and is not made from it; estimates are Firth's, which stay finite: read their intervals",
                name(*column)
            ),
            Self::Censored { rows, available } => format!(
                "{rows} of {available} customers were last seen before the horizon; leaving them out biases: \
                 weight the others, or fit the time until they leave"
            ),
            Self::NotProportional { p_value } => format!(
                "the drivers count more at some times than at others (p {p_value:.4}); read the hazard \
                 ratios as averages, or split the time"
            ),
            Self::Value(warning) => warning.sentence(),
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
        Column::Latent(index) => format!("latent variable {}", index + 1),
    }
}
