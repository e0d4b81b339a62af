//! Laws of durations, hazards and probabilities.

use cam_stats::calibration::calibration;
use cam_stats::cox::{self, Ties};
use cam_stats::discrimination::{auc, top};
use cam_stats::early_warning::{Contact, saving_curve, warning_list, with_silent};
use cam_stats::firth;
use cam_stats::logistic;
use cam_stats::ols::{Problem, StandardErrors};
use cam_stats::quantile;
use cam_stats::ridge::{self, Strength};
use cam_stats::survival::{Lifetimes, concordance, kaplan_meier, log_rank, within_horizon};
use cam_stats::validation::{Fitting, optimism, over_time, time_splits};
use proptest::prelude::*;

use super::{close, values};

const ROWS: usize = 60;

/// Times of 1 to 9 (many equal), events, entries before them, and two drivers.
#[derive(Debug, Clone)]
struct Data {
    start: Vec<f64>,
    stop: Vec<f64>,
    event: Vec<bool>,
    drivers: Vec<Vec<f64>>,
}

impl Data {
    fn slices(&self) -> Vec<&[f64]> {
        self.drivers.iter().map(Vec::as_slice).collect()
    }

    fn plain(&self) -> Lifetimes<'_> {
        Lifetimes { start: None, stop: &self.stop, event: &self.event }
    }

    fn truncated(&self) -> Lifetimes<'_> {
        Lifetimes { start: Some(&self.start), ..self.plain() }
    }

    fn at_risk(&self, row: usize, time: f64, truncated: bool) -> bool {
        self.stop[row] >= time && (!truncated || self.start[row] < time)
    }
}

fn data() -> impl Strategy<Value = Data> {
    let times = prop::collection::vec(1..10_u8, ROWS);
    let parts = prop::collection::vec(0.0..1.0_f64, ROWS);
    let events = prop::collection::vec(prop::bool::weighted(0.7), ROWS);
    (times, parts, events, prop::collection::vec(values(ROWS), 2)).prop_map(
        |(times, parts, event, drivers)| {
            let stop: Vec<f64> = times.into_iter().map(f64::from).collect();
            let start = stop.iter().zip(&parts).map(|(stop, part)| (stop * part * 0.9).floor()).collect();
            Data { start, stop, event, drivers }
        },
    )
}

/// Outcome 0/1 that depends on the first of two drivers, with both outcomes in plenty.
fn binary() -> impl Strategy<Value = (Vec<f64>, Vec<Vec<f64>>)> {
    let chances = prop::collection::vec(0.0..1.0_f64, ROWS);
    (chances, prop::collection::vec(values(ROWS), 2)).prop_map(|(chances, drivers)| {
        let leaves = |row: usize| chances[row] < 1.0 / (1.0 + (-0.1 * drivers[0][row]).exp());
        let outcome = (0..ROWS).map(|row| f64::from(u8::from(leaves(row)))).collect();
        (outcome, drivers)
    })
}

fn problem<'a>(outcome: &'a [f64], drivers: &'a [&'a [f64]]) -> Problem<'a> {
    Problem { outcome, drivers, intercept: true, weights: None }
}

/// Efron's log-likelihood by its definition, one risk set after the other.
fn log_likelihood(data: &Data, b: &[f64], truncated: bool) -> f64 {
    let eta = |row: usize| -> f64 { b.iter().zip(&data.drivers).map(|(b, x)| b * x[row]).sum() };
    let mut times = data.stop.clone();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut total = 0.0;
    for time in times {
        let leaving: Vec<usize> =
            (0..ROWS).filter(|row| data.event[*row] && (data.stop[*row] - time).abs() < 0.5).collect();
        let at_risk: f64 =
            (0..ROWS).filter(|row| data.at_risk(*row, time, truncated)).map(|row| eta(row).exp()).sum();
        let tied: f64 = leaving.iter().map(|row| eta(*row).exp()).sum();
        for (l, row) in leaving.iter().enumerate() {
            total += eta(*row) - (at_risk - l as f64 / leaving.len() as f64 * tied).ln();
        }
    }
    total
}

/// What each row adds to the score of the first driver, by the definition: at every event the row's jump less its
/// hazard, times its distance from the mean at risk.
fn score_residuals(data: &Data, b: &[f64], driver: usize) -> Vec<f64> {
    let hazard =
        |row: usize| -> f64 { b.iter().zip(&data.drivers).map(|(b, x)| b * x[row]).sum::<f64>().exp() };
    let x = &data.drivers[driver];
    let mut times = data.stop.clone();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut found = vec![0.0; ROWS];
    for time in times {
        let leaves = |row: usize| data.event[row] && (data.stop[row] - time).abs() < 0.5;
        let count = (0..ROWS).filter(|row| leaves(*row)).count();
        for l in 0..count {
            let part = |row: usize| if leaves(row) { 1.0 - l as f64 / count as f64 } else { 1.0 };
            let weights: Vec<f64> = (0..ROWS)
                .map(|row| if data.at_risk(row, time, true) { part(row) * hazard(row) } else { 0.0 })
                .collect();
            let total: f64 = weights.iter().sum();
            let mean = weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() / total;
            for row in 0..ROWS {
                let jump = if leaves(row) { 1.0 / count as f64 } else { 0.0 };
                found[row] += (x[row] - mean) * (jump - weights[row] / total);
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_fit_is_the_maximum_of_the_likelihood_by_its_definition(data in data(), truncated: bool) {
        let lifetimes = if truncated { data.truncated() } else { data.plain() };
        let fit = cox::fit(&lifetimes, &data.slices(), Ties::Efron, None).unwrap();
        let b: Vec<f64> = fit.coefficients.iter().map(|b| b.estimate).collect();
        prop_assert!(close(fit.log_likelihood, log_likelihood(&data, &b, truncated), 1e-11));
        prop_assert!(close(fit.null_log_likelihood, log_likelihood(&data, &[0.0, 0.0], truncated), 1e-11));
        for k in 0..2 {
            for by in [-1e-3, 1e-3] {
                let mut moved = b.clone();
                moved[k] += by;
                prop_assert!(log_likelihood(&data, &moved, truncated) < fit.log_likelihood);
            }
            // The information is minus the second derivative.
            let at = |by: f64| { let mut moved = b.clone(); moved[k] += by; log_likelihood(&data, &moved, truncated) };
            let curvature = -(at(1e-3) - 2.0 * at(0.0) + at(-1e-3)) / 1e-6;
            let inverse = fit.covariance[0][0] * fit.covariance[1][1] - fit.covariance[0][1].powi(2);
            let information = fit.covariance[1 - k][1 - k] / inverse;
            prop_assert!((curvature / information - 1.0).abs() < 1e-3, "{curvature} {information}");
        }
    }

    #[test]
    fn lifetimes_cut_in_two_give_the_same_hazards(data in data(), ids in prop::collection::vec(0..12_usize, ROWS)) {
        let drivers = data.slices();
        let whole = cox::fit(&data.truncated(), &drivers, Ties::Efron, None).unwrap();
        // Every row from its start to its middle, censored, and on from there.
        let middle: Vec<f64> =
            data.start.iter().zip(&data.stop).map(|(start, stop)| f64::midpoint(*start, *stop)).collect();
        let twice = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().chain(b).copied().collect() };
        let event: Vec<bool> = vec![false; ROWS].into_iter().chain(data.event.iter().copied()).collect();
        let (start, stop) = (twice(&data.start, &middle), twice(&middle, &data.stop));
        let columns: Vec<Vec<f64>> = drivers.iter().map(|x| twice(x, x)).collect();
        let doubled: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let cut = Lifetimes { start: Some(&start), stop: &stop, event: &event };
        let found = cox::fit(&cut, &doubled, Ties::Efron, None).unwrap();
        for (a, b) in whole.coefficients.iter().zip(&found.coefficients) {
            prop_assert!(close(a.estimate, b.estimate, 1e-9) && close(a.std_error, b.std_error, 1e-9));
        }
        // Both parts of a customer are in its cluster.
        let both: Vec<usize> = ids.iter().chain(&ids).copied().collect();
        let whole = cox::fit(&data.truncated(), &drivers, Ties::Efron, Some(&ids));
        let found = cox::fit(&cut, &doubled, Ties::Efron, Some(&both));
        if let (Ok(whole), Ok(found)) = (whole, found) {
            for (a, b) in whole.coefficients.iter().zip(&found.coefficients) {
                prop_assert!(close(a.std_error, b.std_error, 1e-8));
            }
        }
        let whole = cox::proportional_hazards(&data.truncated(), &drivers, &whole_fit(&data), &[&[0], &[0, 1]]);
        prop_assert!(whole.is_ok_and(|whole| close(whole.terms[1].statistic, whole.global.statistic, 1e-12)));
    }

    #[test]
    fn clustered_errors_follow_their_definition(data in data()) {
        let ids: Vec<usize> = (0..ROWS).map(|row| row % 15).collect();
        let drivers = data.slices();
        let plain = cox::fit(&data.truncated(), &drivers, Ties::Efron, None).unwrap();
        let found = cox::fit(&data.truncated(), &drivers, Ties::Efron, Some(&ids)).unwrap();
        let b: Vec<f64> = plain.coefficients.iter().map(|b| b.estimate).collect();
        let residuals = [score_residuals(&data, &b, 0), score_residuals(&data, &b, 1)];
        for k in 0..2 {
            let squares = (0..15).map(|id| {
                let sum = |j: usize| (id..ROWS).step_by(15).map(|row| residuals[j][row]).sum::<f64>();
                (plain.covariance[k][0] * sum(0) + plain.covariance[k][1] * sum(1)).powi(2)
            });
            prop_assert!(close(found.covariance[k][k], squares.sum(), 1e-9));
        }
    }

    #[test]
    fn rescaled_and_shuffled_drivers_rescale_the_hazards(data in data(), k in 1e-3..1e3_f64, shift in -50.0..50.0_f64) {
        let plain = cox::fit(&data.plain(), &data.slices(), Ties::Efron, None).unwrap();
        let order: Vec<usize> = (0..ROWS).map(|row| (row * 7 + 3) % ROWS).collect();
        let pick = |column: &[f64]| -> Vec<f64> { order.iter().map(|row| column[*row]).collect() };
        let scaled: Vec<f64> = pick(&data.drivers[0]).iter().map(|x| k * x + shift).collect();
        let other = pick(&data.drivers[1]);
        let (stop, event): (Vec<f64>, Vec<bool>) =
            (pick(&data.stop), order.iter().map(|row| data.event[*row]).collect());
        let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
        let found = cox::fit(&lifetimes, &[&scaled, &other], Ties::Efron, None).unwrap();
        let (a, b) = (&plain.coefficients, &found.coefficients);
        prop_assert!((a[0].estimate - b[0].estimate * k).abs() < 1e-8 * a[0].std_error);
        prop_assert!((a[1].estimate - b[1].estimate).abs() < 1e-8 * a[1].std_error);
        let hazard = plain.cumulative_hazard(5.0, &[1.0, 2.0]).unwrap();
        prop_assert!(close(hazard, found.cumulative_hazard(5.0, &[k + shift, 2.0]).unwrap(), 1e-9));
        let (first, second) = (concordance(&data.plain(), &plain.risk), concordance(&lifetimes, &found.risk));
        prop_assert!(close(first.unwrap().unwrap(), second.unwrap().unwrap(), 1e-3));
    }

    #[test]
    fn concordance_counts_pairs(data in data(), truncated: bool) {
        let lifetimes = if truncated { data.truncated() } else { data.plain() };
        let risk: Vec<f64> = data.drivers[0].iter().map(|x| x.round() + 0.0).collect();
        let (mut agree, mut pairs) = (0.0, 0.0);
        for i in (0..ROWS).filter(|i| data.event[*i]) {
            for j in (0..ROWS).filter(|j| data.at_risk(*j, data.stop[i], truncated)) {
                let longer = data.stop[j] > data.stop[i] || !data.event[j];
                if longer {
                    pairs += 1.0;
                    agree += match risk[i].total_cmp(&risk[j]) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
        }
        let found = concordance(&lifetimes, &risk).unwrap().unwrap();
        prop_assert!(close(found, agree / pairs, 1e-12), "{found} {agree} {pairs}");
    }

    #[test]
    fn without_censoring_the_curve_is_the_share_that_is_left(data in data()) {
        let lifetimes = Lifetimes { start: None, stop: &data.stop, event: &[true; ROWS] };
        let curve = kaplan_meier(&lifetimes, 0.95).unwrap();
        for step in &curve.steps {
            let left = data.stop.iter().filter(|stop| **stop > step.time).count() as f64 / ROWS as f64;
            prop_assert!((step.survival - left).abs() < 1e-12);
            if let (Some(error), Some(interval)) = (step.std_error, step.interval) {
                prop_assert!(close(error, (left * (1.0 - left) / ROWS as f64).sqrt(), 1e-9));
                prop_assert!(0.0 <= interval.low && interval.low <= left + 1e-12 && left <= interval.high + 1e-12);
                prop_assert!(interval.high <= 1.0);
            }
        }
        let mean = curve.restricted_mean(20.0).unwrap();
        prop_assert!(close(mean.mean, data.stop.iter().sum::<f64>() / ROWS as f64, 1e-12));
    }

    #[test]
    fn the_weighted_share_of_leavers_is_one_less_the_curve(data in data(), horizon in 2..9_u8) {
        let horizon = f64::from(horizon);
        let found = within_horizon(&data.stop, &data.event, horizon).unwrap();
        let leavers = found.outcome.iter().zip(&found.weight).filter(|(y, _)| **y == Some(1.0));
        let share = leavers.map(|(_, w)| w).sum::<f64>() / ROWS as f64;
        let curve = kaplan_meier(&data.plain(), 0.95).unwrap();
        let left = curve.at(horizon).map_or(1.0, |step| step.survival);
        prop_assert!((share - (1.0 - left)).abs() < 1e-12, "{share} {left}");
    }

    #[test]
    fn the_names_of_groups_do_not_matter(data in data(), ids in prop::collection::vec(0..3_usize, ROWS)) {
        let renamed: Vec<usize> = ids.iter().map(|id| (id + 1) % 3 * 1_000).collect();
        for lifetimes in [data.plain(), data.truncated()] {
            if let (Ok(a), Ok(b)) = (log_rank(&lifetimes, &ids), log_rank(&lifetimes, &renamed)) {
                prop_assert!(close(a.statistic, b.statistic, 1e-9) && close(a.df1, b.df1, 1e-12));
            }
        }
    }

    #[test]
    fn the_area_is_the_share_of_ordered_pairs((y, x) in binary()) {
        let score: Vec<f64> = x[0].iter().map(|x| x.round()).collect();
        let Ok(found) = auc(&y, &score, 0.95) else { return Ok(()) };
        let (mut sum, mut pairs) = (0.0, 0.0);
        for i in (0..ROWS).filter(|i| y[*i] > 0.5) {
            for j in (0..ROWS).filter(|j| y[*j] < 0.5) {
                pairs += 1.0;
                sum += if score[i] > score[j] { 1.0 } else if score[i] < score[j] { 0.0 } else { 0.5 };
            }
        }
        prop_assert!(close(found.interval.estimate, sum / pairs, 1e-12));
        let turned: Vec<f64> = score.iter().map(|s| -s).collect();
        let other = auc(&y, &turned, 0.95).unwrap();
        prop_assert!(close(found.interval.estimate, 1.0 - other.interval.estimate, 1e-12));
        prop_assert!(close(found.std_error.unwrap_or(0.0), other.std_error.unwrap_or(0.0), 1e-9));
        let top = top(&y, &score).unwrap();
        prop_assert!((0.0..=1.0).contains(&top.capture) && top.lift >= 0.0);
    }

    #[test]
    fn maximum_likelihood_is_calibrated_on_its_own_rows((y, x) in binary()) {
        let drivers: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let Ok(fit) = logistic::fit(&problem(&y, &drivers), StandardErrors::Classic) else { return Ok(()) };
        let found = calibration(&y, &fit.fitted, 0.95).unwrap();
        prop_assert!(found.in_the_large.unwrap().abs() < 1e-9);
        prop_assert!((found.slope.unwrap() - 1.0).abs() < 1e-6);
        prop_assert!((found.log_loss.unwrap() * ROWS as f64 * 2.0 - fit.deviance).abs() < 1e-8);
        // The test of a driver is the deviance without it less the deviance with it.
        let profiles = firth::likelihood_intervals(&problem(&y, &drivers)).unwrap();
        let without = logistic::fit(&problem(&y, &drivers[1..]), StandardErrors::Classic).unwrap();
        prop_assert!((profiles[1].statistic.unwrap() - (without.deviance - fit.deviance)).abs() < 1e-7);
        for (profile, wald) in profiles.iter().zip(&fit.coefficients) {
            prop_assert!(close(profile.estimate, wald.estimate, 1e-8));
            prop_assert!(profile.low.unwrap() < wald.estimate && wald.estimate < profile.high.unwrap());
        }
        // A weak penalty changes nothing, a strong one leaves the level alone.
        let weak = ridge::fit(&problem(&y, &drivers), Strength::Lambda(1e-9)).unwrap();
        prop_assert!((weak.coefficients[1] - fit.coefficients[1].estimate).abs() < 1e-6);
        let strong = ridge::fit(&problem(&y, &drivers), Strength::Lambda(1e9)).unwrap();
        prop_assert!(strong.standardised[1..].iter().all(|b| b.abs() < 1e-6));
        prop_assert!((strong.effective_parameters - 1.0).abs() < 1e-6 && weak.effective_parameters > 2.9);
    }

    #[test]
    fn firths_profiles_hold_his_estimate_and_recalibrated_means_agree((y, x) in binary()) {
        let drivers: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let Ok(fit) = firth::fit(&problem(&y, &drivers)) else { return Ok(()) };
        for profile in &fit.profiles {
            prop_assert!(profile.low.unwrap() < profile.estimate && profile.estimate < profile.high.unwrap());
            // The interval holds 0 exactly if the test at 5 % does not reject.
            let holds = profile.low.unwrap() <= 0.0 && 0.0 <= profile.high.unwrap();
            prop_assert_eq!(holds, profile.statistic.unwrap() <= quantile::chi_squared(0.95, 1.0));
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / ROWS as f64;
        if fit.prediction_intercept.is_some() {
            prop_assert!((mean(&fit.predicted) - mean(&y)).abs() < 1e-10);
        }
    }

    #[test]
    fn firth_adds_a_half_to_each_cell_of_a_table(cells in prop::collection::vec(0..20_usize, 4)) {
        let (mut group, mut outcome) = (Vec::new(), Vec::new());
        for (cell, count) in cells.iter().enumerate() {
            group.extend(std::iter::repeat_n(f64::from(u8::from(cell > 1)), *count));
            outcome.extend(std::iter::repeat_n(f64::from(u8::from(cell % 2 == 1)), *count));
        }
        let fit = firth::fit(&problem(&outcome, &[&group]));
        // A constant column, or a driver that copies the outcome, has no fit.
        let Ok(fit) = fit else { return Ok(()) };
        let half = |cell: usize| cells[cell] as f64 + 0.5;
        let expected = (half(0) * half(3) / (half(1) * half(2))).ln();
        let error = (0..4).map(|cell| 1.0 / half(cell)).sum::<f64>().sqrt();
        prop_assert!(close(fit.coefficients[1].estimate, expected, 1e-8), "{} {expected}", fit.coefficients[1].estimate);
        // The information is that of the rows alone.
        prop_assert!(fit.coefficients[1].std_error >= error * 0.9);
    }

    #[test]
    fn the_list_saves_the_most((y, x) in binary(), cost in 0.1..5.0_f64) {
        let probability: Vec<f64> = x[0].iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        let value: Vec<f64> = x[1].iter().map(|x| 10.0 + x).collect();
        let contact = Contact { cost, save_rate: 0.4 };
        let list = warning_list(&probability, &value, contact).unwrap();
        let curve = saving_curve(&y, &probability, &value, contact).unwrap();
        let best = curve.iter().map(|step| step.expected).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((list.expected_net_saving - best).abs() < 1e-9);
        prop_assert!((curve[list.contacts.len()].expected - best).abs() < 1e-9);
        for warned in &list.contacts {
            prop_assert!(warned.probability > warned.threshold);
        }
    }

    #[test]
    fn the_silent_are_scored_by_their_own_level((y, x) in binary(), fill in -100.0..100.0_f64) {
        let answers: Vec<Option<f64>> =
            x[0].iter().enumerate().map(|(row, x)| (row % 3 > 0).then_some(*x)).collect();
        let found = with_silent(&answers).unwrap();
        prop_assert_eq!(found.silent_rows, ROWS / 3);
        let drivers = [found.satisfaction.as_slice(), found.silent.as_slice()];
        let Ok(fit) = logistic::fit(&problem(&y, &drivers), StandardErrors::Classic) else { return Ok(()) };
        let other: Vec<f64> = answers.iter().map(|answer| answer.unwrap_or(fill)).collect();
        let refit = logistic::fit(&problem(&y, &[&other, &found.silent]), StandardErrors::Classic);
        let Ok(refit) = refit else { return Ok(()) };
        for (a, b) in fit.fitted.iter().zip(&refit.fitted) {
            prop_assert!((a - b).abs() < 1e-7);
        }
    }
}

fn whole_fit(data: &Data) -> cox::CoxFit {
    cox::fit(&data.truncated(), &data.slices(), Ties::Efron, None).unwrap()
}

#[test]
fn optimism_and_time_splits_repeat_and_say_what_they_did() {
    let rows = 400;
    let mut random = cam_stats::random::SplitMix64::new(5);
    let columns: Vec<Vec<f64>> =
        (0..8).map(|_| (0..rows).map(|_| random.uniform() - 0.5).collect()).collect();
    let y: Vec<f64> = (0..rows)
        .map(|row| f64::from(u8::from(random.uniform() < 1.0 / (1.0 + (-3.0 * columns[0][row]).exp()))))
        .collect();
    let drivers: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let problem = problem(&y, &drivers);
    for way in [Fitting::MaximumLikelihood, Fitting::Firth, Fitting::Ridge { lambda: 5.0 }] {
        let found = optimism(&problem, way, None, 60, 9).unwrap();
        assert_eq!(found, optimism(&problem, way, None, 60, 9).unwrap());
        assert_eq!((found.draws, found.failed, found.seed), (60, 0, 9));
        // Seven drivers of noise: the rows of the fit flatter.
        assert!(found.auc.optimism > 0.005 && found.brier.optimism < 0.0, "{found:?}");
        assert!(found.auc.corrected < found.auc.apparent && found.slope.optimism > 0.0);
    }
    let slope = optimism(&problem, Fitting::MaximumLikelihood, None, 60, 9).unwrap().slope;
    assert!((slope.apparent - 1.0).abs() < 1e-6 && slope.corrected < 1.0);
    let waves: Vec<usize> = (0..rows).map(|row| [4, 1, 9][row % 3]).collect();
    let splits = time_splits(&waves);
    assert_eq!(splits.iter().map(|s| (s.train_wave, s.test_wave)).collect::<Vec<_>>(), [(1, 4), (4, 9)]);
    assert!(splits.iter().all(|split| split.train.iter().all(|row| waves[*row] == split.train_wave)));
    for way in [Fitting::MaximumLikelihood, Fitting::Firth, Fitting::Ridge { lambda: 5.0 }] {
        let found = over_time(&problem, &waves, way).unwrap();
        assert_eq!((found.len(), found[0].calibration.n), (2, splits[0].test.len()));
        assert!(found.iter().all(|step| step.auc.interval.estimate > 0.55));
    }
}
