//! Laws of measurement, effects, power and robustness.

use cam_stats::change::{self, Wave};
use cam_stats::effect::{self, Panel, Rows, pooled};
use cam_stats::measurement::{mean, weighted_mean};
use cam_stats::noncentral;
use cam_stats::power::Samples;
use cam_stats::proportion::{clopper_pearson, wilson_continuity};
use cam_stats::raking::{Margin, rake, raked_mean};
use cam_stats::reliability::omega;
use cam_stats::sensitivity::{robustness_value, robustness_value_of_test, sensitivity};

use super::*;

/// Items that share a factor.
fn scale(items: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
    (values(60), prop::collection::vec(values(60), items), prop::collection::vec(0.5..2.0_f64, items))
        .prop_map(|(common, own, loadings)| {
            let item = |(own, loading): (&Vec<f64>, &f64)| -> Vec<f64> {
                common.iter().zip(own).map(|(common, own)| loading * common + 0.7 * own).collect()
            };
            own.iter().zip(&loadings).map(item).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn omega_lies_between_0_and_1_and_follows_no_unit(items in scale(5), k in 0.01..100.0_f64) {
        let scaled: Vec<Vec<f64>> =
            items.iter().map(|item| item.iter().map(|value| k * value - 3.0).collect()).collect();
        if let (Ok(a), Ok(b)) = (omega(&items), omega(&scaled))
            && let (Some(a), Some(b)) = (a.total, b.total)
        {
            prop_assert!(a > 0.0 && a < 1.0 && close(a, b, 1e-8));
        }
    }

    #[test]
    fn exact_and_corrected_intervals_hold_the_score_interval(n in 1..2_000_usize, part in 0.0..=1.0_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of n")]
        let k = (part * n as f64).round() as usize;
        let (score, corrected, exact) =
            (wilson(k, n, 0.95).unwrap(), wilson_continuity(k, n, 0.95).unwrap(), clopper_pearson(k, n, 0.95).unwrap());
        prop_assert!(corrected.low <= score.low + 1e-12 && corrected.high >= score.high - 1e-12);
        prop_assert!(0.0 <= exact.low && exact.low <= exact.estimate && exact.estimate <= exact.high && exact.high <= 1.0);
        // Turned round, what succeeded fails.
        let turned = clopper_pearson(n - k, n, 0.95).unwrap();
        prop_assert!(close(turned.low, 1.0 - exact.high, 1e-10));
    }

    #[test]
    fn raked_weights_meet_every_margin_and_do_not_care_for_the_unit_of_the_start(
        groups in prop::collection::vec((0..3_usize, 0..2_usize), 60), start in prop::collection::vec(0.5..2.0_f64, 60),
        sizes in prop::collection::vec(1.0..3.0_f64, 5), unit in 0.1..10.0_f64, y in values(60)
    ) {
        let (a, b): (Vec<usize>, Vec<usize>) = groups.into_iter().unzip();
        let share = |sizes: &[f64]| -> Vec<f64> {
            let sum: f64 = sizes.iter().sum();
            sizes.iter().map(|size| 900.0 * size / sum).collect()
        };
        let (first, second) = (share(&sizes[..3]), share(&sizes[3..]));
        let margins = [Margin { groups: &a, totals: &first }, Margin { groups: &b, totals: &second }];
        if let Ok(found) = rake(&start, &margins) {
            for margin in &margins {
                for (group, total) in margin.totals.iter().enumerate() {
                    let rows = found.weights.iter().zip(margin.groups).filter(|(_, own)| **own == group);
                    prop_assert!(close(rows.map(|(weight, _)| weight).sum(), *total, 1e-9));
                }
            }
            prop_assert!(found.design_effect >= 1.0 - 1e-12);
            let other: Vec<f64> = start.iter().map(|weight| unit * weight).collect();
            let scaled = rake(&other, &margins).unwrap();
            prop_assert!(found.weights.iter().zip(&scaled.weights).all(|(a, b)| close(*a, *b, 1e-7)));
            // What the margins explain in full has no error left.
            let explained: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 5.0 * *a as f64 - *b as f64).collect();
            let mean = raked_mean(&explained, &found.weights, &margins, 0.95).unwrap();
            prop_assert!(mean.std_error < 1e-9 * (1.0 + mean.fixed.std_error));
            let moved: Vec<f64> = y.iter().map(|y| y + 7.0).collect();
            let (one, two) = (
                raked_mean(&y, &found.weights, &margins, 0.95).unwrap(),
                raked_mean(&moved, &found.weights, &margins, 0.95).unwrap(),
            );
            prop_assert!(close(one.std_error, two.std_error, 1e-8) && close(one.fixed.mean + 7.0, two.fixed.mean, 1e-9));
        }
    }

    #[test]
    fn a_full_overlap_is_a_pair_and_none_is_independent(before in values(50), own in values(50)) {
        let after: Vec<f64> = before.iter().zip(&own).map(|(before, own)| before + own + 1.0).collect();
        let people: Vec<usize> = (0..100).collect();
        let wave = |people, values| Wave { people, values };
        let pair = change::paired(&before, &after, 0.95, 2.0).unwrap();
        let same = change::overlapping(wave(&people[..50], &before), wave(&people[..50], &after), 0.95, 2.0).unwrap();
        prop_assert!(close(pair.std_error, same.std_error, 1e-8) && close(pair.interval.low, same.interval.low, 1e-8));
        let apart = change::overlapping(wave(&people[..50], &before), wave(&people[50..], &after), 0.95, 2.0).unwrap();
        let welch =
            change::independent(&mean(&before, 0.95, None).unwrap(), &mean(&after, 0.95, None).unwrap(), 0.95, 2.0).unwrap();
        prop_assert!(close(apart.std_error, welch.std_error, 1e-9));
        prop_assert!(welch.df.unwrap() >= 49.0 - 1e-9 && welch.df.unwrap() <= 98.0 + 1e-9);
        let equal = weighted_mean(&before, &vec![2.0; 50], 0.95).unwrap();
        prop_assert!(close(mean(&before, 0.95, None).unwrap().std_error, equal.std_error, 1e-9));
    }

    #[test]
    fn a_share_change_turns_its_sign_with_the_order(a in 0..50_usize, b in 0..80_usize) {
        let there = change::shares((a, 50), (b, 80), 0.95, 0.05).unwrap();
        let back = change::shares((b, 80), (a, 50), 0.95, 0.05).unwrap();
        prop_assert!(close(there.interval.low, -back.interval.high, 1e-12) && there.verdict == back.verdict);
        prop_assert!(there.interval.low <= there.interval.estimate && there.interval.estimate <= there.interval.high);
    }

    #[test]
    fn an_effect_follows_shifts_and_is_the_same_pooled(
        before in values(80), change in values(80), effect in -20.0..20.0_f64, shift in -50.0..50.0_f64
    ) {
        let treated: Vec<bool> = (0..80).map(|row| row % 2 == 0).collect();
        let units: Vec<usize> = (0..80).map(|row| row % 20).collect();
        let after: Vec<f64> =
            (0..80).map(|row| before[row] + change[row] + if treated[row] { effect } else { 0.0 }).collect();
        let of = |before: &[f64], after: &[f64], units| {
            effect::effect(&Panel { before, after, treated: &treated, units }, 5).unwrap()
        };
        let plain = of(&before, &after, Some(&units));
        let moved: Vec<f64> = after.iter().map(|value| value + shift).collect();
        let other = of(&before, &moved, Some(&units));
        prop_assert!(close(plain.did.effect.estimate, other.did.effect.estimate, 1e-9));
        prop_assert!(close(plain.did.effect.std_error, other.did.effect.std_error, 1e-8));
        prop_assert!(close(plain.ancova.effect.estimate, other.ancova.effect.estimate, 1e-8));
        // Equal units: aggregation and clustering agree to the last digit.
        prop_assert!(close(plain.did.effect.estimate, plain.did.by_unit.effect.estimate, 1e-9));
        prop_assert!(close(plain.did.effect.std_error, plain.did.by_unit.effect.std_error, 1e-8));
        prop_assert!(close(plain.did.effect.estimate, plain.means.difference(), 1e-9));
        let outcome: Vec<f64> = before.iter().chain(&after).copied().collect();
        let twice: Vec<bool> = treated.iter().chain(&treated).copied().collect();
        let times: Vec<bool> = (0..160).map(|row| row >= 80).collect();
        let rows = Rows { outcome: &outcome, treated: &twice, after: &times, units: None };
        let fitted = pooled(&rows, StandardErrors::Classic).unwrap();
        prop_assert!(close(fitted.coefficients[3].estimate, plain.did.effect.estimate, 1e-9));
    }

    #[test]
    fn power_rises_with_effect_and_size_and_begins_at_the_level(
        d in 0.01..2.0_f64, more in 0.01..1.0_f64, n in 2.0..300.0_f64, alpha in 0.001..0.2_f64
    ) {
        for samples in [Samples::TwoGroups, Samples::Pairs] {
            let power = |d, n| samples.power(d, n, alpha).unwrap();
            prop_assert!(close(power(0.0, n), alpha, 1e-9));
            prop_assert!(power(d, n) >= alpha - 1e-12 && power(d + more, n) >= power(d, n) - 1e-12);
            prop_assert!(power(d, n * (1.0 + more)) >= power(d, n) - 1e-12);
            if let Some(size) = samples.size(d, 0.9, alpha).filter(|size| *size > 2.0) {
                prop_assert!(close(power(d, size), 0.9, 1e-9));
                prop_assert!(close(samples.detectable(size, 0.9, alpha).unwrap(), d, 1e-9));
            }
        }
    }

    #[test]
    fn a_noncentral_t_squared_is_a_noncentral_f(t in 0.01..8.0_f64, df in 1.0..400.0_f64, delta in -6.0..6.0_f64) {
        let two_sided = noncentral::t_sf(t, df, delta).unwrap() + noncentral::t_sf(t, df, -delta).unwrap();
        let f = noncentral::f_sf(t * t, 1.0, df, delta * delta).unwrap();
        prop_assert!((two_sided - f).abs() < 1e-10, "{two_sided} {f}");
        // Without noncentrality both are the plain distributions.
        prop_assert!((noncentral::t_sf(t, df, 0.0).unwrap() - quantile::t_sf(t, df)).abs() < 1e-10);
        prop_assert!((noncentral::f_sf(t, 3.0, df, 0.0).unwrap() - quantile::f_sf(t, 3.0, df)).abs() < 1e-9);
    }

    #[test]
    fn a_cause_of_the_robustness_value_takes_the_effect_away((y, x) in problem(), q in 0.2..1.0_f64) {
        let drivers: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None };
        let found = sensitivity(&problem, 0, q, 0.05).unwrap();
        let rv = found.robustness;
        let bias = found.std_error * (found.df * rv * rv / (1.0 - rv)).sqrt();
        prop_assert!(close(bias, q * found.estimate.abs(), 1e-9));
        prop_assert!(found.robustness_of_test <= rv && (0.0..1.0).contains(&rv));
        // The t that the critical value leaves nothing of.
        prop_assert!(robustness_value(found.statistic, found.df, 1.0).unwrap() >= rv - 1e-12);
        let of_test = robustness_value_of_test(found.statistic, found.df, 1.0, 0.05).unwrap();
        prop_assert_eq!(of_test > 0.0, found.statistic.abs() / found.df.sqrt()
            > quantile::t(0.975, found.df - 1.0) / (found.df - 1.0).sqrt());
        if of_test > 0.0 && of_test < 0.6 {
            // At equal shares the adjusted t meets the critical value.
            let share = of_test;
            let left = found.estimate.abs() - found.std_error * (found.df * share * share / (1.0 - share)).sqrt();
            let error = found.std_error * (found.df / (found.df - 1.0)).sqrt();
            prop_assert!(close(left / error, quantile::t(0.975, found.df - 1.0), 1e-6));
        }
        prop_assert_eq!(found.benchmarks.len() <= 2, true);
        if let (Some(first), Some(last)) = (found.strongest.first(), found.strongest.last()) {
            let toward = found.estimate.signum();
            prop_assert!(last.estimate * toward <= first.estimate * toward + 1e-12);
        }
    }
}
