//! Why an analysis could not be made at all. Everything less is a finding with grade E.

use super::question::QuestionError;
use crate::store::StoreError;
use crate::survey::SurveyFileError;

/// A failure of an analysis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// The analysis file is faulty.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored survey cannot be read.
    #[error("a stored survey cannot be read: {0}")]
    StoredSurvey(SurveyFileError),
    /// No wave of the survey opened before the end of the period.
    #[error(
        "no wave of the survey {survey:?} opened before the end of {period}: import its answers first, or name another period"
    )]
    NoWave {
        /// The survey's key.
        survey: String,
        /// The period asked for.
        period: String,
    },
    /// Neither a wave nor money falls into the quarter.
    #[error("neither a wave nor any money falls into {period}: name a quarter that the data cover")]
    NothingInPeriod {
        /// The period asked for.
        period: String,
    },
    /// The waves have no answers that give a satisfaction index.
    #[error(
        "none of the {responses} responses to {survey:?} up to {period} gives a satisfaction index: is there a construct with the role satisfaction, and were its items mapped?"
    )]
    NoIndex {
        /// The survey's key.
        survey: String,
        /// The period asked for.
        period: String,
        /// Responses that came in.
        responses: usize,
    },
    /// The analysis file names something that the survey does not have.
    #[error("the analysis file names the driver {driver:?}, which the survey {survey:?} does not have")]
    UnknownDriver {
        /// The name.
        driver: String,
        /// The survey's key.
        survey: String,
    },
    /// Margin was asked for without any cost in the ledger.
    #[error(
        "the analysis asks for margin, but the ledger has no costs: import costs, or write money = \"revenue\""
    )]
    NoCost,
    /// The organisation's stored settings cannot be used.
    #[error("the stored organisation cannot be used: {0}")]
    Organisation(String),
}
