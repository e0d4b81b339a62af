//! The analysis file: what is asked of the data.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::result::{MoneyKind, RetentionRule};

/// A checked analysis file.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Survey whose satisfaction construct is the index.
    pub survey: String,
    /// Months after the answer in which money counts.
    pub window_months: u32,
    /// Which money.
    pub money: MoneyKind,
    /// When a customer counts as kept.
    pub retention: RetentionRule,
    /// Driver constructs; `None` for all of the survey.
    pub constructs: Option<Vec<String>>,
    /// Operational drivers.
    pub operational: Vec<Operational>,
    /// Whether money is compared within segments.
    pub adjust_segment: bool,
    /// What counts as one observation.
    pub unit: Unit,
    /// What is resampled together.
    pub cluster: Cluster,
    /// Years over which gains and one-off costs are spread.
    pub horizon_years: u32,
    /// Yearly discount rate.
    pub discount_rate: f64,
    /// Regret a year that the company does not mind, in major units.
    pub materiality: Option<f64>,
    /// Bootstrap draws.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Weights of the contacts' roles.
    pub role_weights: RoleWeights,
    /// Whether the data are made up, so that every page says so.
    pub sample_data: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// An attribute of the ledger entry that an answer is about, read as an index from 0 to 100.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operational {
    /// The attribute's name.
    pub attribute: String,
    /// The value that scores 0.
    pub low: f64,
    /// The value that scores 100.
    pub high: f64,
    /// Whether the low value is the better one.
    #[serde(default)]
    pub reversed: bool,
    /// Names for readers, by language.
    #[serde(default)]
    pub name: BTreeMap<String, String>,
}

impl Operational {
    /// Scores a value in points; values outside the declared ends are not clamped.
    pub fn score(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        100.0 * if self.reversed { 1.0 - share } else { share }
    }
}

/// What is resampled together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cluster {
    /// All waves of an account.
    Account,
    /// All accounts of a unit.
    Unit,
}

impl Cluster {
    /// Returns the word that the file uses.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Unit => "unit",
        }
    }
}

/// Weights of the contacts' roles.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleWeights {
    /// Weight of those who decide.
    #[serde(default = "one")]
    pub decides: f64,
    /// Weight of those who use.
    #[serde(default = "one")]
    pub uses: f64,
    /// Weight of those who pay.
    #[serde(default = "one")]
    pub pays: f64,
}

fn one() -> f64 {
    1.0
}

/// A fault of an analysis file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct QuestionError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    survey: String,
    #[serde(default)]
    sample_data: bool,
    #[serde(default)]
    unit_of_analysis: Unit,
    outcome: RawOutcome,
    #[serde(default)]
    drivers: RawDrivers,
    #[serde(default)]
    adjust: RawAdjust,
    #[serde(default)]
    optimum: RawOptimum,
    #[serde(default)]
    role_weights: Option<RoleWeights>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutcome {
    window_months: Spanned<u32>,
    money: MoneyKind,
    retention: Spanned<RawRetention>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRetention {
    kind: String,
    within_months: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDrivers {
    constructs: Option<Vec<String>>,
    #[serde(default)]
    operational: Vec<Spanned<Operational>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawAdjust {
    segment: bool,
    cluster: Cluster,
    /// Complete cases per model: the only rule there is yet.
    #[serde(rename = "missing")]
    _missing: Missing,
}

impl Default for RawAdjust {
    fn default() -> Self {
        Self { segment: false, cluster: Cluster::Account, _missing: Missing::Complete }
    }
}

/// What counts as one observation of money after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// An account in each wave that it answered.
    #[default]
    AccountWave,
    /// An account once, in the first wave whose window is over: for purchases without contract, where those who
    /// come back answer again.
    Account,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Missing {
    Complete,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOptimum {
    horizon_years: Spanned<u32>,
    discount_rate: Spanned<f64>,
    materiality: Option<f64>,
    draws: Spanned<usize>,
    seed: u64,
}

impl Default for RawOptimum {
    fn default() -> Self {
        Self {
            horizon_years: Spanned::new(0..0, 3),
            discount_rate: Spanned::new(0..0, 0.08),
            materiality: None,
            draws: Spanned::new(0..0, 999),
            seed: 42,
        }
    }
}

/// With retention in the model a shorter horizon would count the cost of keeping a customer and not the gain.
const SHORTEST_HORIZON: u32 = 3;

/// Fewest draws from which a 5 % and a 95 % point can be read.
const FEWEST_DRAWS: usize = 99;

impl Question {
    /// Reads and checks the text of an analysis file; `file` is its name in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, QuestionError> {
        let fault = |span: Range<usize>, message: String| {
            let before = &text[..span.start.min(text.len())];
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            QuestionError {
                file: file.into(),
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                message,
            }
        };
        let raw: Raw = toml::from_str(text)
            .map_err(|error| fault(error.span().unwrap_or(0..0), error.message().to_owned()))?;
        let retention = raw.outcome.retention.get_ref();
        let retention = match (retention.kind.as_str(), retention.within_months) {
            ("contractual", None) => RetentionRule::Contractual,
            ("bought_again", Some(within_months)) if within_months > 0 => {
                RetentionRule::BoughtAgain { within_months }
            }
            _ => {
                return Err(fault(
                    raw.outcome.retention.span(),
                    "write { kind = \"contractual\" } or { kind = \"bought_again\", within_months = 6 }"
                        .into(),
                ));
            }
        };
        if !(1..=120).contains(raw.outcome.window_months.get_ref()) {
            return Err(fault(raw.outcome.window_months.span(), "a window has 1 to 120 months".into()));
        }
        if *raw.optimum.horizon_years.get_ref() < SHORTEST_HORIZON {
            return Err(fault(
                raw.optimum.horizon_years.span(),
                format!("with retention in the model the horizon is at least {SHORTEST_HORIZON} years"),
            ));
        }
        if !(0.0..1.0).contains(raw.optimum.discount_rate.get_ref()) {
            return Err(fault(
                raw.optimum.discount_rate.span(),
                "a discount rate is a share such as 0.08".into(),
            ));
        }
        if *raw.optimum.draws.get_ref() < FEWEST_DRAWS {
            return Err(fault(raw.optimum.draws.span(), format!("at least {FEWEST_DRAWS} draws are needed")));
        }
        if let Some(wrong) = raw.drivers.operational.iter().find(|driver| {
            let driver = driver.get_ref();
            !(driver.low.is_finite() && driver.high.is_finite() && driver.low < driver.high)
        }) {
            return Err(fault(
                wrong.span(),
                "low must be below high; use reversed = true to turn it round".into(),
            ));
        }
        Ok(Self {
            survey: raw.survey,
            window_months: raw.outcome.window_months.into_inner(),
            money: raw.outcome.money,
            retention,
            constructs: raw.drivers.constructs,
            operational: raw.drivers.operational.into_iter().map(Spanned::into_inner).collect(),
            adjust_segment: raw.adjust.segment,
            unit: raw.unit_of_analysis,
            cluster: raw.adjust.cluster,
            horizon_years: raw.optimum.horizon_years.into_inner(),
            discount_rate: raw.optimum.discount_rate.into_inner(),
            materiality: raw.optimum.materiality,
            draws: raw.optimum.draws.into_inner(),
            seed: raw.optimum.seed,
            role_weights: raw.role_weights.unwrap_or(RoleWeights { decides: 1.0, uses: 1.0, pays: 1.0 }),
            sample_data: raw.sample_data,
            sha256: crate::digest::sha256(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"survey = "customer"

[outcome]
window_months = 12
money = "margin"
retention = { kind = "bought_again", within_months = 6 }

[[drivers.operational]]
attribute = "late"
low = 0
high = 1
reversed = true

[optimum]
horizon_years = 3
"#;

    #[test]
    fn what_is_left_out_takes_its_default() {
        let question = Question::parse("a.toml", FILE).unwrap();
        assert_eq!(question.retention, RetentionRule::BoughtAgain { within_months: 6 });
        assert_eq!(
            (question.draws, question.cluster, question.adjust_segment),
            (999, Cluster::Account, false)
        );
        assert_eq!(question.sha256.len(), 64);
    }

    #[test]
    fn a_reversed_operational_driver_scores_its_low_value_best() {
        let question = Question::parse("a.toml", FILE).unwrap();
        assert_eq!(question.operational[0].score(0.0).to_bits(), 100.0_f64.to_bits());
        assert_eq!(question.operational[0].score(1.0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_short_horizon_is_refused_at_its_place() {
        let error =
            Question::parse("a.toml", &FILE.replace("horizon_years = 3", "horizon_years = 1")).unwrap_err();
        assert_eq!((error.line, error.column), (15, 17));
    }

    #[test]
    fn the_unit_and_the_missing_rule_may_be_said_and_no_other() {
        let said = format!("unit_of_analysis = \"account\"\n{FILE}\n[adjust]\nmissing = \"complete\"\n");
        assert!(Question::parse("a.toml", &said).is_ok());
        let error = Question::parse("a.toml", &said.replace("complete", "mean")).unwrap_err();
        assert!(error.message.contains("complete"), "{}", error.message);
    }

    #[test]
    fn a_misspelt_retention_is_refused_with_the_right_spelling() {
        let error = Question::parse("a.toml", &FILE.replace("bought_again", "buys")).unwrap_err();
        assert_eq!(error.line, 6);
        assert!(error.message.contains("bought_again"));
    }
}
