//! Refusals and warnings of measurement, of the effect of a measure, of power and of robustness.

use cam_stats::accounts::over_roles;
use cam_stats::change::{self, Verdict, Wave};
use cam_stats::effect::{self, Basis, Panel, Rows, attrition, pooled_effect, pre_trend, staggered};
use cam_stats::measurement::weighted_mean;
use cam_stats::noncentral;
use cam_stats::nonresponse::{compare_with_frame, inverse_propensity};
use cam_stats::power::{
    BeforeAfter, Samples, answers_for_margin, correlation_size, design_effect, invitations, regression_size,
    shares_per_group, shares_per_group_arcsine,
};
use cam_stats::proportion::{clopper_pearson, top_box, wilson_continuity};
use cam_stats::raking::{Margin, rake, raked_mean};
use cam_stats::satisfaction::{effort, satisfaction_index, unstandardised_weights};
use cam_stats::sensitivity::{robustness_value, robustness_value_of_test, sensitivity};

use super::*;

fn answered(rows: usize, score: impl Fn(usize) -> Option<f64>) -> Vec<Vec<Option<f64>>> {
    (0..rows).map(|row| vec![score(row), score(row + 1)]).collect()
}

#[test]
fn an_index_warns_of_its_ceiling_and_of_missing_answers_and_refuses_many() {
    let index = |scores: &[Vec<Option<f64>>]| satisfaction_index(scores, None, 0.95, None);
    let top = answered(40, |row| Some(if row % 20 < 9 { 100.0 } else { 50.0 }));
    assert!(warns(&index(&top).unwrap().warnings, "W_CEILING"));
    let missing = |every: usize| {
        let mut rows = answered(40, |row| Some((row % 11) as f64 * 10.0));
        rows.iter_mut().step_by(every).for_each(|row| *row = vec![None, None]);
        rows
    };
    assert!(index(&missing(20)).unwrap().warnings.is_empty());
    let found = index(&missing(5)).unwrap();
    assert!(warns(&found.warnings, "W_MISSING") && found.left_out == 8);
    assert_code(index(&missing(2)), "E_MISSING");
    assert_code(index(&[]), "E_TOO_FEW");
    assert_code(satisfaction_index(&top, Some(&[0.0, 0.0]), 0.95, None), "E_WEIGHT");
    assert_code(satisfaction_index(&top, Some(&[1.0]), 0.95, None), "E_LENGTH");
    assert_code(unstandardised_weights(&[0.4, 0.4], &[1.0, 0.0]), "E_NO_VARIANCE");
}

#[test]
fn answers_off_the_scale_and_empty_samples_are_refused() {
    assert_code(effort(&[1.0, 8.0], 0.95), "E_NOT_FINITE");
    assert_code(top_box(&[f64::NAN], 1.0, 10.0, 9.0, 0.95), "E_NOT_FINITE");
    assert_code(top_box(&[], 1.0, 10.0, 9.0, 0.95), "E_TOO_FEW");
    assert_eq!((wilson_continuity(0, 0, 0.95), clopper_pearson(4, 3, 0.95)), (None, None));
    assert_eq!(over_roles(&[(5, 1.0), (0, f64::NAN)], &[1.0]), None);
    // A million answers take no time, and both intervals agree there.
    let (exact, score) =
        (clopper_pearson(138_750, 1_000_000, 0.95).unwrap(), wilson(138_750, 1_000_000, 0.95).unwrap());
    assert!((exact.low - score.low).abs() < 2e-6 && (exact.high - score.high).abs() < 2e-6);
}

#[test]
fn a_heywood_case_leaves_no_omega_and_says_so() {
    // The first item correlates with both others more than they do with one another: 0.9 x 0.9 / 0.2 is more than 1.
    let (a, b) = (column(200, |i| noise(i, 1)), column(200, |i| noise(i, 2)));
    let sum = column(200, |i| a[i] + b[i] + 0.05 * noise(i, 3));
    let near = |own: &[f64], stream| column(200, |i| own[i] + 0.1 * sum[i] + 0.1 * noise(i, stream));
    let found = omega(&[sum.clone(), near(&a, 4), near(&b, 5)]).unwrap();
    assert!(found.total.is_none() && warns(&found.warnings, "W_HEYWOOD"), "{found:?}");
    let many: Vec<Vec<f64>> = (0..101).map(|k| column(20, |i| noise(i, k))).collect();
    assert_code(omega(&many), "E_TOO_MANY");
}

#[test]
fn raking_refuses_what_no_weight_can_bring_about() {
    let start = vec![1.0; 6];
    let groups = [0, 0, 0, 1, 1, 1];
    let margin = |totals| Margin { groups: &groups, totals };
    let other = [0, 1, 0, 1, 0, 1];
    let refused = |first: &'static [f64], second: &'static [f64]| {
        rake(&start, &[margin(first), Margin { groups: &other, totals: second }]).unwrap_err()
    };
    assert_eq!(refused(&[5.0, 5.0, 2.0], &[6.0, 6.0]), Refusal::EmptyMargin { margin: 0, group: 2 });
    assert_eq!(refused(&[5.0, 5.0], &[6.0, 6.0]), Refusal::MarginTotals { margin: 1 });
    assert_eq!(refused(&[5.0], &[5.0]).code(), "E_LENGTH");
    assert_code(rake(&[0.0; 6], &[margin(&[3.0, 3.0])]), "E_WEIGHT");
    assert_code(rake(&[], &[]), "E_TOO_FEW");
    // Both groupings are the same, and ask for different sizes: no weights fit.
    let same = [margin(&[3.0, 7.0]), margin(&[5.0, 5.0])];
    assert_code(rake(&start, &same), "E_NOT_CONVERGED");
    assert_code(raked_mean(&[1.0; 6], &[0.0; 6], &[margin(&[3.0, 3.0])], 0.95), "E_WEIGHT");
}

#[test]
fn heavy_weights_are_trimmed_once() {
    // One row stands for a group of 200, the others for five each.
    let groups: Vec<usize> = (0..101).map(|row| usize::from(row == 0)).collect();
    let halves: Vec<usize> = (0..101).map(|row| row % 2).collect();
    let margins = [
        Margin { groups: &groups, totals: &[500.0, 200.0] },
        Margin { groups: &halves, totals: &[450.0, 250.0] },
    ];
    let found = rake(&[1.0; 101], &margins).unwrap();
    assert_eq!(found.trimmed, 1);
    assert!(found.margin_error < 1e-10 && found.design_effect > 2.0);
}

#[test]
fn nonresponse_warns_where_the_sample_differs_or_is_small() {
    let size = column(200, |i| i as f64);
    let top: Vec<bool> = (0..200).map(|row| row > 120).collect();
    assert!(warns(&compare_with_frame(&[&size], &top).unwrap().warnings, "W_NONRESPONSE"));
    let even: Vec<bool> = (0..200).map(|row| row % 2 == 0).collect();
    assert!(compare_with_frame(&[&size], &even).unwrap().warnings.is_empty());
    let few: Vec<bool> = (0..200).map(|row| row % 5 == 2).collect();
    assert_eq!(compare_with_frame(&[&size], &few).unwrap().warnings, [Warning::LowResponse { rate: 0.2 }]);
    assert_code(compare_with_frame(&[&size], &[true; 200]), "E_TOO_FEW");
    assert_code(inverse_propensity(&[&size], &[true; 200]), "E_NO_VARIANCE");
    assert_code(inverse_propensity(&[&size], &top), "E_SEPARATION");
    assert_code(inverse_propensity(&[&size[..9]], &top), "E_LENGTH");
}

#[test]
fn a_change_is_told_from_none_by_its_interval() {
    let before = column(200, |i| 60.0 + 10.0 * noise(i, 1));
    let by = |step: f64, wobble: f64| -> Verdict {
        let after = column(200, |i| before[i] + step + wobble * noise(i, 2));
        change::paired(&before, &after, 0.95, 2.0).unwrap().verdict
    };
    assert_eq!((by(4.0, 1.0), by(-4.0, 1.0)), (Verdict::Changed, Verdict::Changed));
    assert_eq!((by(0.1, 1.0), by(2.0, 10.0)), (Verdict::NotChanged, Verdict::CannotTell));
    let still = change::paired(&before, &before, 0.95, 2.0).unwrap();
    assert_eq!((still.statistic, still.p_value, still.verdict), (None, None, Verdict::NotChanged));
    let people: Vec<usize> = (0..200).collect();
    let wave = |from: usize, to: usize| Wave { people: &people[from..to], values: &before[from..to] };
    let few = change::overlapping(wave(0, 60), wave(50, 200), 0.95, 2.0).unwrap();
    assert!(warns(&few.warnings, "W_FEW") && few.correlation.is_none());
    let twice = Wave { people: &[3, 3], values: &[1.0, 2.0] };
    assert_code(change::overlapping(twice, wave(0, 9), 0.95, 2.0), "E_DUPLICATE");
    assert_code(change::paired(&before, &before[1..], 0.95, 2.0), "E_LENGTH");
    assert_code(change::paired(&[1.0], &[2.0], 0.95, 2.0), "E_TOO_FEW");
    assert_eq!(change::shares((1, 0), (1, 2), 0.95, 0.05), None);
    // Few answers in a class: three are added, and the interval still holds what was observed.
    let [all, none] = [9.0, 3.0].map(|answer| promoter_score(&[answer; 29], 0.95).unwrap());
    let fell = change::promoters(&all, &none, 0.95, 5.0).unwrap();
    assert!(fell.interval.low <= -200.0 && fell.interval.high > -185.0 && fell.verdict == Verdict::Changed);
}

/// 20 units of five people in each arm, whose outcome falls back by half of its distance from 60.
struct Company {
    before: Vec<f64>,
    after: Vec<f64>,
    treated: Vec<bool>,
    units: Vec<usize>,
}

fn company(apart: f64, units: usize) -> Company {
    let units: Vec<usize> = (0..5 * units).map(|row| row / 5).collect();
    let treated: Vec<bool> = units.iter().map(|unit| unit % 2 == 0).collect();
    let shift = |row: usize| if treated[row] { apart } else { 0.0 };
    let before = column(units.len(), |i| 60.0 + shift(i) + 10.0 * noise(i, 1));
    let after = column(units.len(), |i| 60.0 + 0.5 * (before[i] - 60.0) + 2.0 * noise(i, 2));
    Company { before, after, treated, units }
}

impl Company {
    fn panel(&self) -> Panel<'_> {
        Panel { before: &self.before, after: &self.after, treated: &self.treated, units: Some(&self.units) }
    }
}

#[test]
fn selecting_the_low_warns_of_the_return_to_the_mean_and_of_disagreement() {
    let low = company(-8.0, 40);
    let found = effect::effect(&low.panel(), 1).unwrap();
    assert!(warns(&found.warnings, "W_REGRESSION_TO_MEAN") && warns(&found.warnings, "W_DISAGREEMENT"));
    // Half of eight points come back by themselves: only the analysis of covariance sees that.
    assert!((found.did.effect.estimate - 4.0).abs() < 1.0 && found.ancova.effect.estimate.abs() < 0.5);
    assert_eq!((found.did.basis, found.did.permutation), (Basis::Clustered, None));
}

#[test]
fn few_units_are_said_and_none_are_refused() {
    let small = company(0.0, 12);
    let found = effect::effect(&small.panel(), 1).unwrap();
    assert!(warns(&found.did.warnings, "W_FEW") && found.did.basis == Basis::UnitMeans);
    assert!(found.did.permutation.unwrap().exact);
    let drawn = company(0.0, 18);
    let first = effect::effect(&drawn.panel(), 3).unwrap().did.permutation.unwrap();
    assert!(!first.exact && first.assignments == 9_999 && first.seed == 3);
    let all = vec![true; small.before.len()];
    assert_code(effect::effect(&Panel { treated: &all, ..small.panel() }, 1), "E_TOO_FEW");
    let alternating: Vec<bool> = (0..60).map(|row| row % 2 == 0).collect();
    assert_code(effect::effect(&Panel { treated: &alternating, ..small.panel() }, 1), "E_MIXED_UNIT");
    assert_code(effect::effect(&Panel { after: &small.after[1..], ..small.panel() }, 1), "E_LENGTH");
    let one = vec![4; 60];
    assert_code(effect::effect(&Panel { units: Some(&one), ..small.panel() }, 1), "E_MIXED_UNIT");
}

#[test]
fn trends_warn_when_they_differ_or_cannot_be_seen() {
    let treated: Vec<bool> = (0..60).map(|row| row < 30).collect();
    let wave = |time: f64, apart: f64| {
        column(60, |i| 50.0 + time * if i < 30 { apart } else { 0.0 } + noise(i, time.to_bits()))
    };
    let look = |apart: f64| {
        let waves = [wave(0.0, apart), wave(1.0, apart), wave(2.0, apart)];
        pre_trend(&[&waves[0], &waves[1], &waves[2]], &treated, None, 1).unwrap()
    };
    let diverging = look(2.0);
    assert!(warns(&diverging.warnings, "W_TRENDS_DIFFER"));
    let parallel = look(0.0);
    assert!(parallel.warnings.is_empty(), "{:?}", parallel.slope);
    let alone = pre_trend(&[&wave(0.0, 1.0)], &treated, None, 1).unwrap();
    assert!(alone.slope.is_none() && warns(&alone.warnings, "W_TRENDS_UNTESTABLE"));
}

#[test]
fn an_uneven_loss_warns() {
    let treated: Vec<bool> = (0..200).map(|row| row < 100).collect();
    let stayed = |row: usize| if row < 100 { row % 10 < 9 } else { row % 10 < 6 };
    let stayed: Vec<bool> = (0..200).map(stayed).collect();
    let found = attrition(&treated, &stayed, 0.95).unwrap();
    assert!(warns(&found.warnings, "W_ATTRITION") && (found.difference.estimate - 0.3).abs() < 1e-12);
    assert!(attrition(&treated, &[true; 200], 0.95).unwrap().warnings.is_empty());
    assert_code(attrition(&[true; 3], &[true; 3], 0.95), "E_TOO_FEW");
    assert_code(attrition(&treated, &[true; 3], 0.95), "E_LENGTH");
}

#[test]
fn staggered_starts_without_a_cell_are_refused() {
    let wave = column(20, |i| noise(i, 1));
    let waves = [wave.as_slice(), &wave];
    assert_code(staggered(&waves, &[None; 20], None, 19, 1), "E_TOO_FEW");
    assert_code(staggered(&waves, &[Some(0); 20], None, 19, 1), "E_TOO_FEW");
    assert_code(staggered(&waves, &[Some(1); 20], None, 19, 1), "E_TOO_FEW");
    let mixed: Vec<Option<usize>> = (0..20).map(|row| (row % 2 == 0).then_some(1)).collect();
    assert_code(staggered(&waves, &mixed, Some(&[7; 20]), 19, 1), "E_MIXED_UNIT");
    // A start after the last wave has not come yet.
    let late: Vec<Option<usize>> = (0..20).map(|row| Some(if row < 10 { 1 } else { 9 })).collect();
    assert_eq!(staggered(&waves, &late, None, 19, 1).unwrap().cells.len(), 1);
}

#[test]
fn sizes_outside_their_range_are_none_and_large_ones_end() {
    let two = Samples::TwoGroups;
    assert_eq!((two.size(0.0, 0.8, 0.05), two.size(f64::NAN, 0.8, 0.05)), (None, None));
    assert_eq!((two.size(1e-200, 0.8, 0.05), two.size(0.2, 1.0, 0.05)), (None, None));
    assert_eq!((two.size(1e9, 0.8, 0.05), two.power(0.2, 1.0, 0.05)), (Some(2.0), None));
    assert_eq!((two.detectable(50.0, 0.04, 0.05), Samples::Pairs.power(0.2, 2.0, 0.0)), (None, None));
    assert!((two.size(1e-4, 0.8, 0.05).unwrap() / 1.569_776e9 - 1.0).abs() < 1e-4);
    assert_eq!(
        (shares_per_group(0.2, 0.2, 0.8, 0.05), shares_per_group_arcsine(0.0, 0.2, 0.8, 0.05)),
        (None, None)
    );
    assert_eq!((correlation_size(1.0, 0.8, 0.05), correlation_size(0.0, 0.8, 0.05)), (None, None));
    assert!(
        regression_size(1e-5, 1_000, 0.99, 0.001).is_some() && regression_size(1e3, 3, 0.8, 0.05).is_some()
    );
    assert_eq!((regression_size(0.1, 0, 0.8, 0.05), regression_size(0.0, 3, 0.8, 0.05)), (None, None));
    assert_eq!((design_effect(0.5, 0.1), design_effect(20.0, -0.1)), (None, None));
    let plan = BeforeAfter { sd: 9.0, correlation: 0.5, treated: 2.0, control: 2.0, per_unit: 2.0, icc: 0.1 };
    assert_eq!(plan.detectable(0.8, 0.05), None);
    assert_eq!((answers_for_margin(19.0, 0.0, 0.95, None), invitations(10.0, 0.0)), (None, None));
    assert_eq!((noncentral::t_sf(1.0, 0.5, 0.0), noncentral::f_sf(1.0, 2.0, 9.0, -1.0)), (None, None));
}

#[test]
fn robustness_refuses_what_has_no_error_and_bounds_nothing_without_other_drivers() {
    let (x, e) = (column(40, |i| noise(i, 1)), column(40, |i| noise(i, 2)));
    let y = column(40, |i| 2.0 * x[i] + e[i]);
    let drivers = [x.as_slice()];
    let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None };
    let found = sensitivity(&problem, 0, 1.0, 0.05).unwrap();
    assert!(found.strongest.is_empty() && found.robustness > found.robustness_of_test);
    assert_code(sensitivity(&problem, 1, 1.0, 0.05), "E_TOO_FEW");
    assert_eq!(
        (robustness_value(2.0, 0.0, 1.0), robustness_value_of_test(2.0, 1.0, 1.0, 0.05)),
        (None, None)
    );
    assert_eq!(robustness_value_of_test(1.0, 50.0, 1.0, 0.05), Some(0.0));
    assert!(robustness_value(1e300, 10.0, 1.0).unwrap() <= 1.0);
}

#[test]
fn extreme_values_break_neither_measurement_nor_effects() {
    let columns = extremes();
    let rows = 120;
    let treated: Vec<bool> = (0..rows).map(|row| row % 2 == 0).collect();
    let after: Vec<bool> = (0..rows).map(|row| row % 4 < 2).collect();
    let units: Vec<usize> = (0..rows).map(|row| row % 24).collect();
    let few: Vec<usize> = (0..rows).map(|row| row % 6).collect();
    let people: Vec<usize> = (0..rows).collect();
    let starts: Vec<Option<usize>> = (0..rows).map(|row| (row % 2 == 0).then_some(1 + row % 3)).collect();
    for (i, y) in columns.iter().enumerate() {
        let scores: Vec<Vec<Option<f64>>> = y.iter().map(|value| vec![Some(*value)]).collect();
        assert_finite("index", &satisfaction_index(&scores, None, 0.95, None));
        let wave = Wave { people: &people, values: y };
        for (j, x) in columns.iter().enumerate() {
            let what = format!("{i} and {j}");
            assert_finite(&what, &omega(&[x.clone(), y.clone(), columns[10].clone()]));
            let four = [x.clone(), y.clone(), columns[10].clone(), columns[5].clone()];
            assert_finite(&what, &omega(&four));
            assert_finite(&what, &change::paired(y, x, 0.95, 2.0));
            let other = Wave { people: &people, values: x };
            assert_finite(&what, &change::overlapping(wave, other, 0.95, 2.0));
            if let (Ok(one), Ok(two)) = (mean(y, 0.95, None), weighted_mean(x, &vec![1.0; rows], 0.95)) {
                assert_finite(&what, &change::independent(&one, &two, 0.95, 2.0));
            }
            assert_finite(&what, &compare_with_frame(&[x, y], &treated));
            assert_finite(&what, &inverse_propensity(&[x, y], &treated));
            for units in [None, Some(units.as_slice()), Some(&few)] {
                let panel = Panel { before: x, after: y, treated: &treated, units };
                assert_finite(&what, &effect::effect(&panel, 1));
                let rows = Rows { outcome: y, treated: &treated, after: &after, units };
                assert_finite(&what, &pooled_effect(&rows, 1));
                assert_finite(&what, &pre_trend(&[x, y], &treated, units, 1));
            }
            assert_finite(&what, &staggered(&[x, y, &columns[10]], &starts, None, 9, 1));
            let drivers = [x.as_slice(), columns[10].as_slice()];
            let problem = Problem { outcome: y, drivers: &drivers, intercept: true, weights: None };
            assert_finite(&what, &sensitivity(&problem, 0, 1.0, 0.05));
            let weights: Vec<f64> = x.iter().map(|value| value.abs()).collect();
            let margins = [Margin { groups: &few, totals: &[9.0; 6] }];
            assert_finite(&what, &rake(&weights, &margins));
            assert_finite(&what, &raked_mean(y, &weights, &margins, 0.95));
        }
    }
}

#[test]
fn few_rows_are_refused_or_answered_in_numbers() {
    for rows in 0..5 {
        let what = format!("{rows} rows");
        let (y, x) = (column(rows, |i| noise(i, 1)), column(rows, |i| noise(i, 2)));
        let treated: Vec<bool> = (0..rows).map(|row| row % 2 == 0).collect();
        let after: Vec<bool> = (0..rows).map(|row| row < 2).collect();
        let people: Vec<usize> = (0..rows).collect();
        let starts: Vec<Option<usize>> = (0..rows).map(|row| (row % 2 == 0).then_some(1)).collect();
        let wave = |values| Wave { people: &people, values };
        assert_finite(
            &what,
            &effect::effect(&Panel { before: &x, after: &y, treated: &treated, units: None }, 1),
        );
        let pooled_rows = Rows { outcome: &y, treated: &treated, after: &after, units: None };
        assert_finite(&what, &pooled_effect(&pooled_rows, 1));
        assert_finite(&what, &pre_trend(&[&x, &y], &treated, None, 1));
        assert_finite(&what, &pre_trend(&[], &treated, None, 1));
        assert_finite(&what, &staggered(&[&x, &y], &starts, None, 9, 1));
        assert_finite(&what, &staggered(&[], &starts, None, 9, 1));
        assert_finite(&what, &attrition(&treated, &after, 0.95));
        assert_finite(&what, &change::paired(&x, &y, 0.95, 2.0));
        assert_finite(&what, &change::overlapping(wave(&x), wave(&y), 0.95, 2.0));
        assert_finite(&what, &compare_with_frame(&[&x], &treated));
        assert_finite(&what, &inverse_propensity(&[&x], &treated));
        assert_finite(&what, &inverse_propensity(&[], &treated));
        assert_finite(&what, &omega(&[y.clone(), x.clone(), column(rows, |i| noise(i, 3))]));
        let drivers = [x.as_slice()];
        let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None };
        assert_finite(&what, &sensitivity(&problem, 0, 1.0, 0.05));
        let groups: Vec<usize> = vec![0; rows];
        assert_finite(&what, &rake(&vec![1.0; rows], &[Margin { groups: &groups, totals: &[9.0] }]));
        assert_finite(&what, &top_box(&vec![1.0; rows], 1.0, 10.0, 9.0, 0.95));
        assert_finite(&what, &effort(&vec![7.0; rows], 0.95));
    }
}

#[test]
fn forty_dummies_that_sum_to_one_are_refused_by_name() {
    let dummies: Vec<Vec<f64>> = (0..40).map(|k| column(800, |i| f64::from(u8::from(i % 40 == k)))).collect();
    let drivers: Vec<&[f64]> = dummies.iter().map(Vec::as_slice).collect();
    let y = column(800, |i| noise(i, 1));
    let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None };
    assert_code(sensitivity(&problem, 0, 1.0, 0.05), "E_ALIASED");
    let answered: Vec<bool> = y.iter().map(|value| *value > 0.2).collect();
    assert_code(inverse_propensity(&drivers, &answered), "E_ALIASED");
}

#[test]
fn values_that_tie_everywhere_leave_no_error() {
    let treated: Vec<bool> = (0..40).map(|row| row < 20).collect();
    let still = vec![5.0; 40];
    assert_code(
        effect::effect(&Panel { before: &still, after: &still, treated: &treated, units: None }, 1),
        "E_NO_VARIANCE",
    );
    let pair = change::paired(&still, &still, 0.95, 2.0).unwrap();
    assert_eq!((pair.std_error, pair.correlation, pair.verdict), (0.0, None, Verdict::NotChanged));
    let index = vec![vec![Some(100.0)]; 40];
    let found = satisfaction_index(&index, None, 0.95, Some(40)).unwrap();
    assert!(warns(&found.warnings, "W_CEILING") && found.histogram[9] == 40);
    assert_code(inverse_propensity(&[&still], &treated), "E_NO_VARIANCE");
    let groups = vec![0; 40];
    let raked = rake(&[1.0; 40], &[Margin { groups: &groups, totals: &[80.0] }]).unwrap();
    assert!(raked.weights.iter().all(|weight| (weight - 2.0).abs() < 1e-12));
}
