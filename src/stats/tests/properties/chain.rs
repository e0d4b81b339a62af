//! Units, the service-profit chain and panels.

use cam_stats::agreement::agreement;
use cam_stats::mediation::mediation;
use cam_stats::mixed::{Likelihood, random_intercept};
use cam_stats::ols::{self, Problem, StandardErrors};
use cam_stats::panel::{Effects, Panel, fixed_effects, random_effects, within_between};
use cam_stats::service_profit::{UnitRows, service_profit};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use super::{close, values};

const UNITS: usize = 12;
const PERIODS: usize = 6;
const PERIOD_COUNT: i64 = 6;

/// An unbalanced panel with levels of units and periods and two drivers: outcome, drivers, units, periods.
type Rows = (Vec<f64>, [Vec<f64>; 2], Vec<usize>, Vec<i64>);

fn panel() -> impl Strategy<Value = Rows> {
    let cells = UNITS * PERIODS;
    (
        prop::collection::vec(values(cells), 3),
        values(UNITS),
        values(PERIODS),
        prop::collection::vec(0.0..1.0_f64, cells),
        prop::collection::vec(-2.0..2.0_f64, 2),
    )
        .prop_map(|(noise, unit_levels, period_levels, there, slopes)| {
            let mut rows: Rows = (Vec::new(), [Vec::new(), Vec::new()], Vec::new(), Vec::new());
            for cell in 0..UNITS * PERIODS {
                let (unit, period) = (cell / PERIODS, cell % PERIODS);
                // Two periods of each unit are always there, a third of the other cells is missing.
                if period > 1 && there[cell] < 0.33 {
                    continue;
                }
                let x = [noise[0][cell] + 0.5 * unit_levels[unit], noise[1][cell] + period_levels[period]];
                let y = slopes[0] * x[0] + slopes[1] * x[1] + unit_levels[unit] + period_levels[period];
                rows.0.push(y + 0.3 * noise[2][cell]);
                rows.1[0].push(x[0]);
                rows.1[1].push(x[1]);
                rows.2.push(unit);
                rows.3.extend((0..PERIOD_COUNT).nth(period));
            }
            rows
        })
}

/// -2 log restricted likelihood by whole matrices.
fn deviance(y: &[f64], x: &DMatrix<f64>, units: &[usize], (group, own): (f64, f64)) -> f64 {
    let n = y.len();
    let v = DMatrix::from_fn(n, n, |i, j| {
        let same = if units[i] == units[j] { group * group } else { 0.0 };
        same + if i == j { own * own } else { 0.0 }
    });
    let factor = v.cholesky().unwrap();
    let y = DVector::from_column_slice(y);
    let inner = (x.transpose() * factor.solve(x)).cholesky().unwrap();
    let b = inner.solve(&(x.transpose() * factor.solve(&y)));
    let rest = y - x * b;
    let log = |l: &DMatrix<f64>| 2.0 * l.diagonal().iter().map(|pivot| pivot.ln()).sum::<f64>();
    let freedom = (n - x.ncols()) as f64;
    freedom * (2.0 * std::f64::consts::PI).ln()
        + log(&factor.l())
        + log(&inner.l())
        + rest.dot(&factor.solve(&rest))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn fixed_effects_are_least_squares_with_dummies((y, x, units, periods) in panel()) {
        let drivers = [x[0].as_slice(), &x[1]];
        let panel = Panel { outcome: &y, drivers: &drivers, units: &units, periods: &periods };
        for (effects, of_periods) in [(Effects::Unit, 0), (Effects::UnitAndSeason(2), 2), (Effects::UnitAndPeriod, PERIOD_COUNT)] {
            let found = fixed_effects(&panel, effects).unwrap();
            let dummy = |is: &dyn Fn(usize) -> bool| (0..y.len()).map(|row| f64::from(u8::from(is(row)))).collect::<Vec<f64>>();
            let mut columns = x.to_vec();
            columns.extend((1..UNITS).map(|unit| dummy(&|row| units[row] == unit)));
            columns.extend((1..of_periods).map(|level| dummy(&|row| periods[row] % of_periods == level)));
            let all: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let problem = Problem { outcome: &y, drivers: &all, intercept: true, weights: None };
            let dummies = ols::fit(&problem, StandardErrors::Classic).unwrap();
            prop_assert_eq!(found.levels + 2, dummies.coefficients.len());
            prop_assert!(close(found.sigma, dummies.sigma, 1e-12));
            for k in 0..2 {
                let (own, other) = (&found.coefficients[k], &dummies.coefficients[k + 1]);
                prop_assert!(close(own.estimate, other.estimate, 1e-12), "{} {}", own.estimate, other.estimate);
                prop_assert!(close(found.errors[k].classic, other.std_error, 1e-12));
            }
        }
    }

    #[test]
    fn levels_of_units_and_periods_change_no_slope((y, x, units, periods) in panel(), far in 1.0..1e6_f64) {
        let drivers = [x[0].as_slice(), &x[1]];
        let panel = Panel { outcome: &y, drivers: &drivers, units: &units, periods: &periods };
        let moved: Vec<f64> =
            (0..y.len()).map(|i| y[i] + far * (units[i] as f64).sin() - far * (periods[i] as f64).cos()).collect();
        let (a, b) = (
            fixed_effects(&panel, Effects::UnitAndPeriod).unwrap(),
            fixed_effects(&Panel { outcome: &moved, ..panel }, Effects::UnitAndPeriod).unwrap(),
        );
        for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
            prop_assert!(close(a.estimate, b.estimate, 1e-14 * far + 1e-12) && close(a.std_error, b.std_error, 1e-13 * far + 1e-12));
        }
    }

    #[test]
    fn slopes_within_are_fixed_effects_slopes((y, x, units, periods) in panel()) {
        let drivers = [x[0].as_slice(), &x[1]];
        let panel = Panel { outcome: &y, drivers: &drivers, units: &units, periods: &periods };
        let (split, fixed) = (within_between(&panel).unwrap(), fixed_effects(&panel, Effects::Unit).unwrap());
        for (split, fixed) in split.drivers.iter().zip(&fixed.coefficients) {
            prop_assert!(close(split.within.unwrap().estimate, fixed.estimate, 1e-10));
        }
    }

    /// Swamy and Arora by whole matrices, and generalised least squares with what they give.
    #[test]
    fn random_effects_follow_their_definition((y, x, units, periods) in panel(), k in 0.01..100.0_f64) {
        let drivers = [x[0].as_slice(), &x[1]];
        let panel = Panel { outcome: &y, drivers: &drivers, units: &units, periods: &periods };
        let found = random_effects(&panel).unwrap();
        let n = y.len();
        let own = found.sd_residual.powi(2);
        let design = DMatrix::from_fn(n, 3, |i, j| if j == 0 { 1.0 } else { x[j - 1][i] });
        let outcome = DVector::from_column_slice(&y);
        let size = |unit| units.iter().filter(|other| **other == unit).count() as f64;
        let same = DMatrix::from_fn(n, n, |i, j| f64::from(u8::from(units[i] == units[j])));
        let mean = DMatrix::from_fn(n, n, |i, j| same[(i, j)] / size(units[i]));
        let inverse = (design.transpose() * &mean * &design).cholesky().unwrap();
        let between = &outcome - &design * inverse.solve(&(design.transpose() * &mean * &outcome));
        let rss = (between.transpose() * &mean * &between)[(0, 0)];
        let trace = inverse.solve(&(design.transpose() * &same * &design)).trace();
        let group = ((rss - (UNITS as f64 - 3.0) * own) / (n as f64 - trace)).max(0.0);
        prop_assert!(close(found.sd_units.powi(2), group, 1e-9), "{} {group}", found.sd_units.powi(2));
        let factor = (&same * group + DMatrix::identity(n, n) * own).cholesky().unwrap();
        let b = (design.transpose() * factor.solve(&design)).cholesky().unwrap().solve(&(design.transpose() * factor.solve(&outcome)));
        for (coefficient, expected) in found.coefficients.iter().zip(b.iter()) {
            prop_assert!(close(coefficient.estimate, *expected, 1e-9), "{} {expected}", coefficient.estimate);
        }
        let scaled: Vec<f64> = y.iter().map(|y| k * y).collect();
        let other = random_effects(&Panel { outcome: &scaled, ..panel }).unwrap();
        prop_assert!(close(found.theta_low, other.theta_low, 1e-9) && found.theta_low <= found.theta_high);
        prop_assert!(close(found.coefficients[1].estimate * k, other.coefficients[1].estimate, 1e-9));
    }

    #[test]
    fn the_restricted_likelihood_is_largest_where_the_search_ends((y, x, units, _) in panel()) {
        let found = random_intercept(&y, &[&x[0]], &units, Likelihood::Reml).unwrap();
        let design = DMatrix::from_fn(y.len(), 2, |i, j| if j == 0 { 1.0 } else { x[0][i] });
        let at = |group: f64, own: f64| deviance(&y, &design, &units, (group, own));
        let (group, own) = (found.sd_groups, found.sd_residual);
        prop_assert!(close(found.deviance, at(group, own), 1e-10), "{} {}", found.deviance, at(group, own));
        for factor in [0.8, 0.99, 1.01, 1.25] {
            prop_assert!(at(group * factor, own) >= found.deviance - 1e-9);
            prop_assert!(at(group, own * factor) >= found.deviance - 1e-9);
        }
        prop_assert!(at(group + 0.05, own) >= found.deviance - 1e-9 && at(0.0, own) >= found.deviance - 1e-9);
        let sum: f64 = found.effects.iter().map(|effect| effect.value).sum();
        prop_assert!(found.effects.len() == UNITS && sum.is_finite());
    }

    #[test]
    fn in_balanced_groups_variances_are_those_of_the_analysis_of_variance(y in values(60), levels in values(12)) {
        let groups: Vec<usize> = (0..60).map(|row| row / 5).collect();
        let y: Vec<f64> = y.iter().zip(&groups).map(|(y, group)| y + levels[*group]).collect();
        let (anova, model) = (agreement(&y, &groups).unwrap(), random_intercept(&y, &[], &groups, Likelihood::Reml).unwrap());
        let between = (anova.between - anova.within) / 5.0;
        if between > 0.0 {
            prop_assert!(close(model.sd_groups.powi(2), between, 1e-10));
            prop_assert!(close(model.sd_residual.powi(2), anova.within, 1e-10) && close(model.icc, anova.single, 1e-10));
        } else {
            prop_assert!(model.sd_groups.abs() < 1e-300);
        }
        let interval = anova.interval.unwrap();
        prop_assert!(interval.low <= anova.single && anova.single <= interval.high);
    }

    #[test]
    fn the_total_effect_is_the_indirect_and_the_direct(x in values(50), m in values(50), y in values(50), link in -2.0..2.0_f64) {
        let m: Vec<f64> = m.iter().zip(&x).map(|(m, x)| m + link * x).collect();
        let found = mediation(&x, &m, &y, 49, 5).unwrap();
        let gap = found.total.estimate - found.indirect.estimate - found.direct.estimate;
        prop_assert!(gap.abs() < 1e-10, "{gap}");
        prop_assert!(found.indirect.low <= found.indirect.high && found.aroian >= found.sobel);
        prop_assert!(found.share.is_none_or(|share| share > 0.0));
        // With three columns of the chain the product of slopes is that of mediation without x.
        let rows = UnitRows { employees: &x, customers: &m, money: &y };
        let chain = service_profit(&rows, 49, 5).unwrap();
        prop_assert!(close(chain.per_point.customers.estimate, found.first.estimate, 1e-12));
        prop_assert!(chain.per_point.money.low <= chain.per_point.money.high);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn the_chain_does_not_depend_on_the_number_of_threads(x in values(50), m in values(50), y in values(50)) {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let rows = UnitRows { employees: &x, customers: &m, money: &y };
            pool.install(|| (mediation(&x, &m, &y, 199, 3).unwrap(), service_profit(&rows, 199, 3).unwrap()))
        };
        prop_assert_eq!(run(1), run(4));
    }
}
