//! What an analysis found: the one value that is stored, drawn and written about.
//!
//! Satisfaction and driver levels are index points, 0 to 100. Money is in major units of the ledger currency,
//! as it comes out of models; sums that were counted, not estimated, are [`i64`] minor units.

use std::collections::BTreeMap;

use cam_stats::candidates::Candidate;
use cam_stats::verdict::{Reason, Verdict};
use serde::{Deserialize, Serialize};

use super::question::Unit;
use crate::dataset::Exclude;

/// A number with its range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower end of the range.
    pub low: f64,
    /// Upper end of the range.
    pub high: f64,
    /// Share of draws or samples that the range covers, for example 0.9.
    pub level: f64,
    /// How many observations it rests on.
    pub n: usize,
}

/// Evidence grade: only study design lifts it, never a small p-value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    /// Tested: randomised or properly staggered.
    A,
    /// Strong comparison: difference-in-differences with its checks passed.
    B,
    /// Linked, not proven: the same customers over time, adjusted.
    C,
    /// Seen together, not proven: a one-time comparison of customers.
    D,
    /// Too little data.
    E,
}

/// What a guard rail watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardKey {
    /// Accounts linked to money.
    LinkedAccounts,
    /// Lost (or, if they are fewer, kept) customers per model term.
    LostPerTerm,
    /// Points of renewal between those who answered and the silent.
    AnsweredAgainstSilent,
    /// Today's index inside the observed range.
    TodayObserved,
    /// Imported against official money, relative difference.
    Reconciled,
    /// Quarters with money, to tell a season from a trend.
    Season,
    /// Answers weighted for who did not answer.
    WeightedForNonresponse,
    /// The same customers compared over time.
    SameCustomersOverTime,
    /// Whether the cost curve rests on judgement (1) or on records (0).
    CostFromRecords,
    /// Variance inflation factor of the driver that an investment moves.
    Vif,
    /// Questions of the satisfaction index that run against the others.
    ItemsAgree,
}

impl GuardKey {
    /// Stable key, as in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::LinkedAccounts => "linked_accounts",
            Self::LostPerTerm => "lost_per_term",
            Self::AnsweredAgainstSilent => "answered_against_silent",
            Self::TodayObserved => "today_observed",
            Self::Reconciled => "reconciled",
            Self::Season => "season",
            Self::WeightedForNonresponse => "weighted_for_nonresponse",
            Self::SameCustomersOverTime => "same_customers_over_time",
            Self::CostFromRecords => "cost_from_records",
            Self::Vif => "vif",
            Self::ItemsAgree => "items_agree",
        }
    }
}

/// A guard rail and what it found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// What it watches.
    pub key: GuardKey,
    /// What was measured, where it was computed.
    pub value: Option<f64>,
    /// The bound that it was held against.
    pub bound: f64,
    /// Whether it held; `None` where the guard is not computed, which caps the grade at D.
    pub held: Option<bool>,
    /// The best grade that is still allowed.
    pub caps_at: Grade,
}

/// A whole analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// What was asked and of whom.
    pub frame: Frame,
    /// What came in, what was used, what was left out.
    pub data: DataSummary,
    /// The index wave by wave, oldest first.
    pub waves: Vec<WavePoint>,
    /// Reliability of every construct with two items or more.
    pub reliability: Vec<Reliability>,
    /// Those who answered against those who did not, in the last wave.
    pub nonresponse: Option<Nonresponse>,
    /// The satisfaction index of the last wave.
    pub today: Estimate,
    /// Where customers have been observed.
    pub distribution: Distribution,
    /// Staying a customer against satisfaction, in shares 0 to 1.
    pub retention: Relation,
    /// Relative change of yearly revenue against satisfaction, in shares (0.05 = +5 %); leavers are -1.
    pub revenue_change: Relation,
    /// Yearly margin or revenue per account against satisfaction, in major units: the f of the optimum.
    pub money: Relation,
    /// What moves satisfaction.
    pub drivers: DriverFinding,
    /// How far each investment pays, best gain per unit spent first.
    pub investments: Vec<InvestmentFinding>,
    /// Guard rails of the whole analysis.
    pub guards: Vec<Guard>,
    /// The grade of the link from satisfaction to money: the lowest that the guards leave.
    pub grade: Grade,
    /// Warnings with stable codes, each with its sentence.
    pub warnings: Vec<Notice>,
}

/// A warning or refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Code, for example `W_VIF` or `E_TOO_FEW`.
    pub code: String,
    /// What it concerns.
    pub subject: Subject,
    /// The sentence that says what was found and what to do, in English; the report has a text per code and language.
    pub message: String,
}

/// What a notice concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Staying a customer against satisfaction.
    Retention,
    /// The change of revenue against satisfaction.
    RevenueChange,
    /// Yearly money against satisfaction.
    Money,
    /// The comparison within segments.
    Segments,
    /// The bootstrap of both links of the chain.
    Chain,
    /// Who answered.
    Answers,
    /// The model of what moves satisfaction.
    Drivers,
    /// A construct or an operational driver.
    Driver {
        /// Its key.
        key: String,
        /// Its names for readers, by language.
        names: BTreeMap<String, String>,
    },
    /// An investment, by its name.
    Investment(String),
}

/// What was asked and of whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The organisation's name.
    pub organisation: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The quarter that the report is for, for example `2026Q3`.
    pub period: String,
    /// Whether the data are made up.
    pub sample_data: bool,
    /// What counts as one observation.
    pub unit_of_analysis: Unit,
    /// Months after the answer in which money is counted.
    pub window_months: u32,
    /// `contractual`, or `bought_again` within the months given.
    pub retention: RetentionRule,
    /// `margin` or `revenue`.
    pub money: MoneyKind,
    /// Years over which gains and one-off costs are spread.
    pub horizon_years: u32,
    /// Yearly discount rate.
    pub discount_rate: f64,
    /// Bootstrap draws.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// What is resampled together: `account` or `unit`.
    pub cluster: String,
    /// Key of the survey.
    pub survey: String,
    /// Version of the survey in the last wave.
    pub survey_version: u32,
    /// SHA-256 of the analysis file.
    pub spec_sha256: String,
    /// SHA-256 over the rows that were read.
    pub data_fingerprint: String,
    /// This program's version.
    pub program_version: String,
}

/// When a customer counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RetentionRule {
    /// The ledger says whether the account is active at the end of the window.
    Contractual,
    /// The account bought again within these months of the answer.
    BoughtAgain {
        /// Months after the answer.
        within_months: u32,
    },
}

/// Which money is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyKind {
    /// Revenue less cost.
    Margin,
    /// Revenue.
    Revenue,
}

/// What came in, what was used, what was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Accounts that are customers in the period: the base that gains are summed over.
    pub accounts_in_base: usize,
    /// Responses of the survey up to the period.
    pub responses_in: usize,
    /// Accounts with at least one observation linked to money.
    pub accounts_linked: usize,
    /// Observations (account and wave) linked to money.
    pub observations: usize,
    /// Lost customers among the observations.
    pub lost: usize,
    /// Accounts that were lost in one of them.
    pub accounts_lost: usize,
    /// Points between the highest and the lowest index that contacts of one account gave in the last wave, over the
    /// accounts of which several answered.
    pub contacts_apart: Option<Estimate>,
    /// Why responses did not become observations of their own; with `observations` they sum to `responses_in`.
    pub exclusions: Vec<Exclusion>,
    /// Imported sums against official ones, one row per official total that the data cover.
    pub reconciliation: Vec<Reconciliation>,
    /// Quarters with money in the data.
    pub quarters: usize,
}

/// A reason with its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The reason.
    pub reason: Exclude,
    /// Responses left out for it.
    pub count: usize,
}

/// Imported against official revenue of one period, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// The period, for example `2026Q3`.
    pub period: String,
    /// Sum of what was imported.
    pub imported: i64,
    /// The official total.
    pub official: i64,
    /// Whether no period of a customer runs across an end of the total: what such a period brought cannot be parted.
    pub comparable: bool,
}

/// The index of one wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WavePoint {
    /// The quarter in which the wave opened, for example `2026Q3`.
    pub label: String,
    /// Satisfaction with a 90 % range and the number of accounts.
    pub satisfaction: Estimate,
    /// Loyalty, where the survey asks for it.
    pub loyalty: Option<Estimate>,
    /// Recommendation, where the survey asks for it.
    pub recommendation: Option<Estimate>,
    /// Repurchase, where the survey asks for it.
    pub repurchase: Option<Estimate>,
    /// Accounts that could have answered: customers when the wave was open.
    pub accounts_asked: Option<usize>,
}

/// Reliability of a construct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Construct key.
    pub construct: String,
    /// Its names for readers, by language.
    pub names: BTreeMap<String, String>,
    /// Whether it is the satisfaction index.
    pub is_index: bool,
    /// Cronbach's alpha with its 95 % range.
    pub alpha: Estimate,
    /// Number of items.
    pub items: usize,
    /// Agreement of a customer's own answers over the waves, ICC(1), where customers answered more than once.
    pub over_waves: Option<f64>,
    /// Reliability by which the optimum is corrected: the greater of the two. Both are lower bounds (items differ,
    /// customers change), so that the correction is the smallest that the data call for.
    pub used: f64,
}

/// Those who answered against those who did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nonresponse {
    /// The wave, as in [`WavePoint::label`].
    pub wave: String,
    /// Accounts that answered.
    pub answered: usize,
    /// Accounts of the base that did not.
    pub silent: usize,
    /// One row per variable of the customer file.
    pub rows: Vec<NonresponseRow>,
    /// Renewal of those who answered less renewal of the silent, in points, where windows are closed.
    pub renewal_gap_points: Option<Estimate>,
}

/// A variable of the customer file in which those who answered may differ from the silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// Revenue in the window before the wave, major units.
    RevenueBefore,
    /// Years since the customer was first seen.
    TenureYears,
    /// Share of the accounts that belong to a segment, 0 to 1.
    Segment(String),
}

/// One variable of the answered-against-silent table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NonresponseRow {
    /// What is compared.
    pub variable: Variable,
    /// Mean of those who answered.
    pub answered: f64,
    /// Mean of the silent.
    pub silent: f64,
    /// Standardised mean difference; above 0.1 in size it raises `W_NONRESPONSE`.
    pub smd: f64,
}

/// Where customers have been observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// 5 % and 95 % quantiles of the satisfaction of linked observations.
    pub observed: (f64, f64),
    /// Lower end of the common x axis: 40, or the ten below the observed 5 % point if that is lower; as in the first
    /// report, unless this one needs more.
    pub axis_low: f64,
    /// Share of customers per two index points from `axis_low` to 100, in the last wave.
    pub histogram: Vec<f64>,
    /// Sorted satisfaction of the last wave's accounts with their share of revenue; weights sum to 1 each.
    pub accounts: Vec<AccountShare>,
}

/// One step of the satisfaction distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AccountShare {
    /// Satisfaction index.
    pub satisfaction: f64,
    /// Share of the customer base.
    pub customers: f64,
    /// Share of its yearly revenue.
    pub revenue: f64,
}

/// An outcome against satisfaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// What the rule of `docs/methods.md` 5.4 says; `None` where the guard rails allow no curve.
    pub verdict: Option<Verdict>,
    /// Every clause of the rule with its figure.
    pub reasons: Vec<Reason>,
    /// All candidate curves with the evidence for each; empty where no kink is looked for.
    pub candidates: Vec<Candidate>,
    /// Observations.
    pub n: usize,
    /// Accounts among them.
    pub accounts: usize,
    /// Mean of the outcome.
    pub mean: f64,
    /// Slope per index point below and above the change, or the one slope, with 95 % ranges.
    pub slope_below: Option<Estimate>,
    /// Slope above the change, where there is one.
    pub slope_above: Option<Estimate>,
    /// The one straight slope over the whole range, with its 95 % range: the largest effect still allowed is
    /// its upper end.
    pub slope: Option<Estimate>,
    /// The proven plateau with its 95 % range; only with the verdict PLATEAU.
    pub plateau: Option<Estimate>,
    /// The smooth curve with its 90 % band over the observed range; empty where none may be drawn.
    pub curve: Vec<CurvePoint>,
    /// Ten equal groups (or the levels of a scale with few steps) with 90 % ranges.
    pub groups: Vec<GroupPoint>,
    /// Whether the groups are the steps of a coarse scale.
    pub few_levels: bool,
    /// R-squared of the straight line.
    pub r_squared: Option<f64>,
}

impl Relation {
    /// Whether the outcome is seen to fall as satisfaction rises, over the whole range or below the kink.
    pub fn falls(&self) -> bool {
        let below_zero = |slope: &Option<Estimate>| slope.is_some_and(|slope| slope.high < 0.0);
        below_zero(&self.slope) || below_zero(&self.slope_below)
    }
}

/// A point of a smooth curve with its band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Satisfaction index.
    pub x: f64,
    /// The curve.
    pub y: f64,
    /// Lower edge of the 90 % band.
    pub low: f64,
    /// Upper edge of the 90 % band.
    pub high: f64,
}

/// A group of customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroupPoint {
    /// Mean satisfaction of the group.
    pub x: f64,
    /// Mean outcome with its 90 % range and n.
    pub y: Estimate,
}

/// What moves satisfaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriverFinding {
    /// Drivers, strongest impact first; empty where refused.
    pub drivers: Vec<Driver>,
    /// Observations with every driver answered.
    pub n: usize,
    /// Observations of all.
    pub n_available: usize,
    /// Of them, those that the survey's design did not ask every driver: they are not missing.
    #[serde(default)]
    pub n_not_asked: usize,
    /// R-squared of satisfaction on the drivers.
    pub r_squared: Option<f64>,
    /// Drivers that cannot be told apart (VIF above 10), as groups of keys.
    pub inseparable: Vec<Vec<String>>,
    /// Why no model was fitted, if none was.
    pub refusal: Option<Notice>,
    /// `cr2`, `hc3`: how standard errors were taken.
    pub se_kind: String,
}

/// One driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Construct key, or name of the operational driver.
    pub key: String,
    /// Names for readers, by language.
    pub names: BTreeMap<String, String>,
    /// Whether it comes from the ledger rather than from answers.
    pub operational: bool,
    /// Points of satisfaction per point of driver, 90 % range.
    pub impact: Estimate,
    /// Its own level today, 90 % range.
    pub level: Estimate,
    /// LMG share of R-squared.
    pub share: f64,
    /// Variance inflation factor.
    pub vif: f64,
    /// Whether its sign in the model is the opposite of its correlation.
    pub suppressor: bool,
}

/// How far one investment pays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvestmentFinding {
    /// Its name, as imported.
    pub name: String,
    /// The construct that it moves.
    pub construct: String,
    /// Spent already, or planned.
    pub planned: bool,
    /// Whether spending less gives money back.
    pub reversible: bool,
    /// What it costs a year today, in major units.
    pub yearly_cost: f64,
    /// Level of its driver today.
    pub driver_level: f64,
    /// What was found, or why nothing can be said.
    pub outcome: InvestmentOutcome,
    /// The grade of its level: the lowest of its links.
    pub grade: Grade,
    /// Guard rails that concern this investment alone.
    pub guards: Vec<Guard>,
}

/// Why nothing can be said of an investment yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unjudged {
    /// Too few accounts are linked to money.
    LinkedAccounts,
    /// No cost point says what a higher level costs.
    NoCostCurve,
    /// A higher level does not cost more.
    CostNotRising,
    /// What it moves is neither asked nor recorded.
    NoDriver,
    /// No relation of satisfaction and money is seen.
    NoRelation,
    /// Money rises ever faster with satisfaction.
    Convex,
    /// The data allow no curve of money against satisfaction.
    NoCurve,
    /// Today's index lies outside what was observed with money.
    TodayOutsideObserved,
    /// It moves employees.
    EmployeeChain,
    /// A guard rail failed that leaves no grade above E.
    Guard,
    /// Money falls as satisfaction rises.
    Falls,
}

impl Unjudged {
    /// Stable key, as in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::LinkedAccounts => "linked_accounts",
            Self::NoCostCurve => "no_cost_curve",
            Self::CostNotRising => "cost_not_rising",
            Self::NoDriver => "no_driver",
            Self::NoRelation => "no_relation",
            Self::Convex => "convex",
            Self::NoCurve => "no_curve",
            Self::TodayOutsideObserved => "today_outside_observed",
            Self::EmployeeChain => "employee_chain",
            Self::Guard => "guard",
            Self::Falls => "falls",
        }
    }
}

/// What was found for an investment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InvestmentOutcome {
    /// A curve of yearly profit against today.
    Curve(Box<InvestmentCurve>),
    /// Nothing can be said yet.
    Refused {
        /// Why.
        reason: Unjudged,
        /// What there is.
        have: f64,
        /// What is needed.
        need: f64,
    },
}

/// Yearly profit against today along the satisfaction axis, in major units a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvestmentCurve {
    /// Profit at each level: median with 50 % and 90 % bands and the cost.
    pub points: Vec<ProfitPoint>,
    /// From which satisfaction level upwards the cost rests on judgement; `None` where all is from records.
    pub cost_judged_from: Option<f64>,
    /// The good-enough zone, if one may be named.
    pub zone: Option<(f64, f64)>,
    /// The best level with its 80 % range over the draws.
    pub best_level: Estimate,
    /// Share of draws whose best level lies at an end of the observed range.
    pub share_at_end: f64,
    /// Whether a star may be drawn (grade C or better, not at an end).
    pub star: bool,
    /// Where the best level lies at or beyond an end, what ends there.
    pub unseen_end: Option<UnseenEnd>,
    /// Exponent of the cost above today: above 1 each further point costs more than the one before.
    pub cost_exponent: Option<f64>,
    /// No effect of this investment can be seen: the range of its driver's impact includes zero.
    pub no_effect: bool,
    /// Gain a year at the best expected level, with its 80 % range; best means over levels above today only
    /// where the best level lies above today.
    pub gain: Estimate,
    /// The level at which that gain is reached.
    pub gain_level: f64,
    /// What it takes a year to be there, above today's cost.
    pub spend: f64,
    /// Share of draws in which the money is lost there.
    pub chance_of_loss: f64,
    /// What to do.
    pub advice: Advice,
    /// Share of customers still below the zone (or best level).
    pub customers_below: f64,
    /// Share of revenue still below it.
    pub revenue_below: f64,
    /// The level that the shares refer to.
    pub below_level: f64,
    /// Upper scale: satisfaction level, spend a year above today, level of the driver itself.
    pub ticks: Vec<SpendTick>,
    /// Largest gain that the data still allow (upper end of its 80 % range).
    pub largest_gain_allowed: f64,
    /// Points of satisfaction per point of the driver.
    pub impact: Estimate,
    /// Where holding back is to be tested: the customers in each of two groups that show, four times in five, what the
    /// lowest level drawn would do to their satisfaction.
    pub test_per_group: Option<f64>,
}

/// What ends before the best level is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnseenEnd {
    /// The levels of satisfaction that were observed.
    Observed,
    /// The levels of the driver that were priced.
    Priced,
}

/// What an investment's curve advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Spend more, up to the zone.
    SpendMore,
    /// Spend more; where it stops paying cannot be seen.
    SpendMoreEndUnknown,
    /// Good enough already: hold.
    Hold,
    /// Past its best: do not add; test holding back.
    TestHoldingBack,
    /// No effect seen: do not add; test stopping.
    TestStopping,
    /// The range covers both worth it and not worth it.
    CannotTell,
}

/// One level of an investment's curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProfitPoint {
    /// Satisfaction index.
    pub x: f64,
    /// Median profit a year against today.
    pub median: f64,
    /// 5 % point of the draws.
    pub p05: f64,
    /// 25 % point.
    pub p25: f64,
    /// 75 % point.
    pub p75: f64,
    /// 95 % point.
    pub p95: f64,
    /// Median cost a year against today; negative below today where it is saved.
    pub cost: f64,
}

/// One mark of the upper scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpendTick {
    /// Satisfaction index.
    pub x: f64,
    /// Spend a year above today.
    pub spend: f64,
    /// Level of the driver itself.
    pub driver_level: f64,
}
