//! Leaving, month by month: the discrete-time hazard.

use serde::{Deserialize, Serialize};

use crate::glm::{self, Family, GlmFit, predictor};
use crate::ols::{ClusterCorrection, Problem, StandardErrors};
use crate::spline::Spline;
use crate::{Column, Count, Refusal};

/// Longest time that is taken, in months.
const LONGEST: f64 = 1200.0;

/// How the hazard may change with the months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// One coefficient of the logarithm of the month.
    Log,
    /// A restricted cubic spline of the month with four knots.
    Spline,
}

/// Link of the monthly chance of leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardLink {
    /// Log-odds.
    Logit,
    /// Proportional hazards in continuous time, seen by the month.
    Cloglog,
}

/// Which standard errors are asked for.
#[derive(Debug, Clone, Copy)]
pub enum HazardErrors<'a> {
    /// Those of the likelihood: valid where the hazard is right.
    Classic,
    /// Customers with the same identifier share shocks.
    Clustered {
        /// One identifier per customer.
        ids: &'a [usize],
        /// As for least squares.
        correction: Option<ClusterCorrection>,
    },
}

/// Customers as they were followed.
#[derive(Debug, Clone, Copy)]
pub struct Followed<'a> {
    /// Months until leaving or until the last sight, above 0; a part of a month counts as a month.
    pub months: &'a [f64],
    /// 1 for those who left, 0 for those still there.
    pub left: &'a [f64],
    /// One column per driver, known at the start.
    pub drivers: &'a [&'a [f64]],
}

/// A discrete-time hazard model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HazardFit {
    /// The model of customer-months: the drivers, then the terms of the month.
    pub months: GlmFit,
    /// How the month enters.
    pub clock: Clock,
    /// Knots of the spline of the month.
    pub knots: Option<[f64; 4]>,
    /// Customers.
    pub customers: usize,
    /// Longest time observed, in months: the curve is not to be read beyond.
    pub longest: usize,
}

impl HazardFit {
    /// Chance of leaving in each month `1..=months` of those still there.
    pub fn hazard(&self, drivers: &[f64], months: usize) -> Vec<f64> {
        let spline = self.knots.map(Spline::with_knots);
        (1..=months)
            .map(|month| {
                let mut values = drivers.to_vec();
                values.extend(terms(spline, month as f64));
                self.months.family.mean(predictor(&self.months.coefficients, &values))
            })
            .collect()
    }

    /// Share still there after each month `1..=months`: the product of `1 - hazard`.
    pub fn retention(&self, drivers: &[f64], months: usize) -> Vec<f64> {
        let mut share = 1.0;
        let stay = |hazard: f64| {
            share *= 1.0 - hazard;
            share
        };
        self.hazard(drivers, months).into_iter().map(stay).collect()
    }
}

/// Terms of the month: those of the spline, or its logarithm.
fn terms(spline: Option<Spline>, month: f64) -> Vec<f64> {
    spline.map_or_else(|| vec![month.ln()], |spline| spline.basis(month).to_vec())
}

/// Fits the monthly chance of leaving to customer-months: one row for each month in which a customer was
/// there, 1 in the month of leaving.
///
/// # Errors
///
/// What [`glm::fit`] refuses; a time that is not above 0 or beyond 100 years; fewer than four distinct knots
/// for a spline.
///
/// # Source
///
/// Singer and Willett 1993, Journal of Educational Statistics 18:155-195; Prentice and Gloeckler 1978,
/// Biometrics 34:57-67 (complementary log-log).
pub fn fit(
    followed: &Followed<'_>,
    clock: Clock,
    link: HazardLink,
    errors: HazardErrors<'_>,
) -> Result<HazardFit, Refusal> {
    let spans = spans(followed)?;
    let customers = spans.len();
    let repeat = |column: &[f64]| -> Vec<f64> {
        column.iter().zip(&spans).flat_map(|(x, span)| std::iter::repeat_n(*x, *span)).collect()
    };
    let mut columns: Vec<Vec<f64>> = followed.drivers.iter().map(|column| repeat(column)).collect();
    let month: Vec<f64> = spans.iter().flat_map(|span| (1..=*span).map(|month| month as f64)).collect();
    let spline = match clock {
        Clock::Log => None,
        Clock::Spline => {
            let mut sorted = month.clone();
            sorted.sort_by(f64::total_cmp);
            let have = spans.iter().max().map_or(0.0, |longest| *longest as f64);
            Some(Spline::through(&sorted).ok_or(Refusal::TooFew {
                what: Count::Months,
                have,
                need: have + 1.0,
            })?)
        }
    };
    let own: Vec<Vec<f64>> = month.iter().map(|month| terms(spline, *month)).collect();
    let width = own.first().map_or(0, Vec::len);
    columns.extend((0..width).map(|k| own.iter().map(|terms| terms[k]).collect()));
    let outcome: Vec<f64> = (followed.left.iter().zip(&spans))
        .flat_map(|(left, span)| (1..=*span).map(move |month| if month == *span { *left } else { 0.0 }))
        .collect();
    let ids: Vec<usize> = match errors {
        HazardErrors::Classic => Vec::new(),
        HazardErrors::Clustered { ids, .. } if ids.len() != customers => {
            return Err(Refusal::LengthMismatch { expected: customers, found: ids.len() });
        }
        HazardErrors::Clustered { ids, .. } => {
            ids.iter().zip(&spans).flat_map(|(id, span)| std::iter::repeat_n(*id, *span)).collect()
        }
    };
    let errors = match errors {
        HazardErrors::Classic => StandardErrors::Classic,
        HazardErrors::Clustered { correction, .. } => StandardErrors::Clustered { ids: &ids, correction },
    };
    let drivers: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &outcome, drivers: &drivers, intercept: true, weights: None };
    let family = match link {
        HazardLink::Logit => Family::Logit,
        HazardLink::Cloglog => Family::Cloglog,
    };
    let months = glm::fit(&problem, family, None, errors)?;
    let longest = spans.iter().copied().max().unwrap_or(0);
    Ok(HazardFit { months, clock, knots: spline.map(|spline| spline.knots()), customers, longest })
}

/// Whole months of each customer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1200")]
fn spans(followed: &Followed<'_>) -> Result<Vec<usize>, Refusal> {
    let rows = followed.months.len();
    for found in followed.drivers.iter().map(|column| column.len()).chain([followed.left.len()]) {
        if found != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found });
        }
    }
    crate::ols::check_finite(followed.months, Column::Outcome)?;
    crate::ols::check_finite(followed.left, Column::Outcome)?;
    if let Some(row) = followed.left.iter().position(|left| ![0.0, 1.0].contains(left)) {
        return Err(Refusal::NotBinary { row });
    }
    if let Some(row) = followed.months.iter().position(|months| *months <= 0.0) {
        return Err(Refusal::NotPositive { row });
    }
    if let Some(have) = followed.months.iter().copied().find(|months| *months > LONGEST) {
        return Err(Refusal::TooMany { what: Count::Months, have, limit: LONGEST });
    }
    Ok(followed.months.iter().map(|months| months.ceil() as usize).collect())
}
