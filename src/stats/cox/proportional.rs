//! Whether the hazards stay proportional over time.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::ols::TestResult;
use crate::quantile;
use crate::survival::{Lifetimes, kaplan_meier};
use crate::{Refusal, Warning};

use super::fit::{CoxFit, check};
use super::likelihood::Risk;

/// Level below which the global test warns.
const UNEQUAL: f64 = 0.05;

/// Tests of a coefficient that changes with time against one that does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProportionalHazards {
    /// One per term, in the order given.
    pub terms: Vec<TestResult>,
    /// All terms together.
    pub global: TestResult,
    /// Named where the global test rejects.
    pub warnings: Vec<Warning>,
}

/// Score test for a change of the coefficients with the Kaplan-Meier curve of time (the share still there just
/// before each event), of each term (the drivers that belong together, such as the groups of a segment) and of
/// all; the score is the sum of the Schoenfeld residuals times that curve.
///
/// # Errors
///
/// As [`super::fit`], of the same lifetimes and drivers; a driver in a term that does not exist.
///
/// # Source
///
/// Grambsch and Therneau 1994, Biometrika 81:515-526, with the exact variance of the score.
pub fn proportional_hazards(
    lifetimes: &Lifetimes<'_>,
    drivers: &[&[f64]],
    fit: &CoxFit,
    terms: &[&[usize]],
) -> Result<ProportionalHazards, Refusal> {
    check(lifetimes, drivers)?;
    let found = terms.iter().flat_map(|term| term.iter()).max().map_or(0, |last| last + 1);
    if fit.coefficients.len() != drivers.len() || found > drivers.len() {
        let found = found.max(fit.coefficients.len());
        return Err(Refusal::LengthMismatch { expected: drivers.len(), found });
    }
    let risk = Risk::new(lifetimes, drivers, fit.ties)?;
    let inverse = risk.design.inverse_transform().ok_or(Refusal::OutOfRange)?;
    let estimates = DVector::from_iterator(drivers.len(), fit.coefficients.iter().map(|b| b.estimate));
    let state = risk.evaluate(&(&inverse * estimates));
    let curve = kaplan_meier(lifetimes, 0.95)?;
    let share: Vec<f64> = risk.groups.iter().map(|group| curve.before(group.time)).collect();
    let width = drivers.len();
    let once = risk.slope_by(&state, |g| share[g]);
    // A term is a set of drivers as given, so score and information go back to these.
    let score = inverse.transpose() * once.score;
    let back = |matrix: DMatrix<f64>| inverse.transpose() * matrix * &inverse;
    let plain = back(risk.information(&state, |_| 1.0));
    let once = back(once.information);
    let twice = back(risk.information(&state, |g| share[g] * share[g]));
    let solved = Cholesky::new(plain).ok_or(Refusal::OutOfRange)?.solve(&once);
    // What is left of the variance of the score once the coefficients are fitted.
    let variance = twice - once.transpose() * solved;
    let test = |term: &[usize]| {
        let own = DMatrix::from_fn(term.len(), term.len(), |j, k| variance[(term[j], term[k])]);
        let u = DVector::from_iterator(term.len(), term.iter().map(|k| score[*k]));
        let statistic = Cholesky::new(own).map(|factor| u.dot(&factor.solve(&u))).filter(|v| v.is_finite());
        let statistic = statistic.ok_or(Refusal::OutOfRange)?;
        let df1 = term.len() as f64;
        Ok(TestResult { statistic, df1, df2: None, p_value: quantile::chi_squared_sf(statistic, df1) })
    };
    let all: Vec<usize> = (0..width).collect();
    let (terms, global) = (terms.iter().map(|term| test(term)).collect::<Result<_, Refusal>>()?, test(&all)?);
    let rejected = global.p_value < UNEQUAL;
    let warnings = rejected.then_some(Warning::NotProportional { p_value: global.p_value });
    Ok(ProportionalHazards { terms, global, warnings: warnings.into_iter().collect() })
}
