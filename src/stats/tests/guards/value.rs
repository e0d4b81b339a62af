//! Customer value: refusals, warnings, and inputs that no formula was made for.

use cam_stats::bgnbd::{self, BgNbd};
use cam_stats::clv::{Terms, Timing, from_survival, monthly_rate};
use cam_stats::concentration::concentration;
use cam_stats::gamma_gamma::{self, GammaGamma};
use cam_stats::kmeans::{adjusted_rand, kmeans, lloyd, silhouettes};
use cam_stats::lifecycle::{Customer, Reason, Rules, Stage, stages};
use cam_stats::purchases::{History, summarise};
use cam_stats::random::SplitMix64;
use cam_stats::rfm::rfm;
use cam_stats::sbg::{self, Renewals, ShiftedBetaGeometric};
use cam_stats::segments::{Feature, Search, SegmentVerdict, segments};
use cam_stats::value_score::{Dimensions, Indicator, WEIGHTS, value_scores};
use cam_stats::value_vector::{correlations, turn, value_vector};

use super::{assert_code, assert_finite, column, extremes, noise, warns};

const TERMS: Terms = Terms { timing: Timing::Now, discount: 0.1, growth: 0.0, periods: None };
const MODEL: BgNbd = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

fn history(frequency: u32, recency: f64, age: f64) -> History {
    History { frequency, recency, age }
}

#[test]
fn lifetime_values_refuse_rates_and_sums_that_cannot_be() {
    assert_code(TERMS.clv(100.0, 1.1), "E_PROBABILITY");
    assert_code(TERMS.clv(100.0, f64::NAN), "E_PROBABILITY");
    assert_code(TERMS.clv(f64::INFINITY, 0.8), "E_NOT_FINITE");
    assert_code(Terms { discount: -1.0, ..TERMS }.clv(100.0, 0.8), "E_RATE");
    assert_code(Terms { growth: f64::NAN, ..TERMS }.clv(100.0, 0.8), "E_RATE");
    // The guard of growth: r (1 + g) below 1 + d.
    assert_code(Terms { growth: 0.4, ..TERMS }.clv(100.0, 0.8), "E_ENDLESS");
    assert_code(Terms { discount: 0.0, ..TERMS }.clv(100.0, 1.0), "E_ENDLESS");
    let few = Terms { growth: 0.4, periods: Some(10), ..TERMS };
    assert!(few.clv(100.0, 0.8).unwrap().value > 1_000.0);
    assert_code(Terms { periods: Some(0), ..TERMS }.clv(100.0, 0.8), "E_TOO_FEW");
    assert_code(Terms { periods: Some(u32::MAX), ..TERMS }.clv(100.0, 0.8), "E_TOO_MANY");
    assert_code(Terms { growth: 10.0, periods: Some(100_000), ..TERMS }.clv(100.0, 0.8), "E_OUT_OF_RANGE");
    assert_code(TERMS.equity(&[1.0, 2.0], &[0.5]), "E_LENGTH");
    assert_code(TERMS.equity(&[], &[]), "E_TOO_FEW");
    assert_code(TERMS.equity(&[1.0, 2.0], &[0.5, 2.0]), "E_PROBABILITY");
    assert_code(TERMS.equity(&[f64::MAX, f64::MAX], &[0.5, 0.5]), "E_OUT_OF_RANGE");
    assert_code(monthly_rate(-1.0), "E_RATE");
    assert_code(from_survival(100.0, &[1.0, 0.8, 0.9], 0.1), "E_PROBABILITY");
    assert_code(from_survival(100.0, &[], 0.1), "E_TOO_FEW");
    assert_code(from_survival(f64::NAN, &[1.0], 0.1), "E_NOT_FINITE");
    // Nobody stays: the first margin only, and nothing after it.
    assert!((TERMS.clv(100.0, 0.0).unwrap().value - 100.0).abs() < 1e-12);
    let later = Terms { timing: Timing::AfterRenewal, ..TERMS }.clv(100.0, 0.0).unwrap();
    assert!(later.value.abs() < 1e-300 && later.retention_elasticity.is_none());
}

#[test]
fn contracts_refuse_counts_that_cannot_be() {
    let renewals = |pairs: &[(f64, f64)]| -> Vec<Renewals> {
        pairs.iter().map(|(due, kept)| Renewals { due: *due, kept: *kept }).collect()
    };
    assert_code(sbg::fit(&renewals(&[(100.0, 80.0)])), "E_TOO_FEW");
    assert_code(sbg::fit(&[]), "E_TOO_FEW");
    assert_code(sbg::fit(&renewals(&[(100.0, 80.0), (80.0, 90.0)])), "E_COUNTS");
    assert_code(sbg::fit(&renewals(&[(100.0, f64::NAN), (80.0, 70.0)])), "E_COUNTS");
    assert_code(sbg::fit(&renewals(&[(100.0, 100.0), (100.0, 100.0)])), "E_NO_VARIANCE");
    assert_code(sbg::fit(&renewals(&[(100.0, 0.0), (0.0, 0.0)])), "E_TOO_FEW");
    assert_code(sbg::fit(&renewals(&[(f64::MAX, 1.0), (f64::MAX, 1.0)])), "E_OUT_OF_RANGE");
    // The same rate at every age: nothing shows that customers differ.
    assert_code(sbg::fit(&renewals(&[(1000.0, 800.0), (800.0, 640.0), (640.0, 512.0)])), "E_NO_MAXIMUM");
    // A rate that falls with age cannot come from customers who differ.
    assert_code(sbg::fit(&renewals(&[(1000.0, 900.0), (900.0, 600.0), (600.0, 200.0)])), "E_NO_MAXIMUM");
    let few = sbg::fit(&renewals(&[(20.0, 14.0), (14.0, 12.0), (12.0, 11.0)])).unwrap();
    assert!(warns(&few.warnings, "W_FEW"));
    let model = few.model();
    assert_code(model.residual_lifetime(0.0, 1), "E_RATE");
    assert_code(model.residual_lifetime(0.1, 0), "E_TOO_FEW");
    assert_code(model.survival(u32::MAX), "E_TOO_MANY");
    assert_code(ShiftedBetaGeometric { alpha: f64::NAN, beta: 1.0 }.retention_rate(1), "E_OUT_OF_RANGE");
    for rate in [1e-12, 1e-300] {
        assert_finite("a rate near 0", &model.residual_lifetime(rate, 1));
    }
}

#[test]
fn repeat_buying_refuses_histories_that_cannot_be() {
    let good = [history(2, 30.0, 39.0), history(0, 0.0, 39.0), history(1, 10.0, 39.0)];
    assert_code(bgnbd::fit(&good), "E_TOO_FEW");
    for bad in [
        history(1, 40.0, 39.0),
        history(1, 0.0, 39.0),
        history(0, 3.0, 39.0),
        history(0, 0.0, -1.0),
        history(1, f64::NAN, 39.0),
        history(1, 1.0, f64::INFINITY),
    ] {
        assert_code(bgnbd::fit(&[good[0], bad]), "E_HISTORY");
        assert_code(MODEL.alive(&bad), "E_HISTORY");
        assert_code(bgnbd::predict(&MODEL, &[good[0], bad], 10.0), "E_HISTORY");
    }
    assert_code(bgnbd::fit(&[history(0, 0.0, 39.0); 50]), "E_NO_VARIANCE");
    assert_code(bgnbd::fit(&[history(0, 0.0, 0.0); 50]), "E_NO_VARIANCE");
    assert_code(bgnbd::fit(&[history(u32::MAX, 1.0, 39.0); 50]), "E_TOO_MANY");
    // All the same: nothing shows how customers differ.
    assert!(bgnbd::fit(&[history(3, 20.0, 39.0); 50]).is_err());
    assert_code(MODEL.expected_purchases(&good[0], -1.0), "E_OUT_OF_RANGE");
    assert_code(MODEL.expected_purchases(&good[0], f64::NAN), "E_OUT_OF_RANGE");
    assert_code(MODEL.expected_repeats(1e300), "E_OUT_OF_RANGE");
    assert_code(BgNbd { a: 0.0, ..MODEL }.alive(&good[0]), "E_OUT_OF_RANGE");
    // Far from here, and at the poles of the formula as it is printed in the paper.
    for (a, b) in [(1.0, 2.0), (0.3, 0.7), (0.3, 0.5), (1e-6, 1e6), (1e6, 1e-6), (2.0, 1.0)] {
        for customer in [good[0], good[1], history(40, 38.0, 39.0), history(1_000_000, 1e300, 1e300)] {
            let expected = BgNbd { a, b, ..MODEL }.expected_purchases(&customer, 39.0);
            assert_finite("expected purchases", &expected);
        }
    }
}

/// A customer who buys at chance times and may leave after each purchase, both easily or not.
fn bought(number: u64, unit: f64) -> History {
    let mut random = SplitMix64::new(number);
    let (rate, leaves) = ([0.02, 0.1, 0.4][random.index(3)], [0.02, 0.2, 0.6][random.index(3)]);
    let age = 30.0 + 10.0 * random.uniform();
    let (mut time, mut last, mut frequency) = (0.0, 0.0, 0);
    loop {
        time -= (1.0 - random.uniform()).ln() / rate;
        if time > age {
            break;
        }
        (last, frequency) = (time, frequency + 1);
        if random.uniform() < leaves {
            break;
        }
    }
    history(frequency, last * unit, age * unit)
}

#[test]
fn histories_with_extreme_times_bring_about_neither_panic_nor_nan() {
    for unit in [1e-300, 1e-5, 1.0, 1e5, 1e300] {
        let customers: Vec<History> = (0..400).map(|i| bought(i, unit)).collect();
        let fit = bgnbd::fit(&customers);
        assert_finite("BG/NBD", &fit);
        assert!(fit.is_ok() || unit < 1e-200, "{unit}: {fit:?}");
    }
}

/// Mean of `x` amounts of a customer, which differ around the customer's own mean.
fn spent(x: u32, customer: u32) -> f64 {
    let mut random = SplitMix64::new(customer.into());
    let own = 30.0 * (2.0 * random.uniform() - 1.0).exp();
    let one = |uniform: f64| own * (0.5 + uniform);
    (0..x).map(|_| one(random.uniform())).sum::<f64>() / f64::from(x)
}

#[test]
fn amounts_refuse_what_a_gamma_model_has_no_place_for() {
    let (x, z): (Vec<u32>, Vec<f64>) =
        (0..200).map(|i| (1 + i % 5, i)).map(|(x, i)| (x, spent(x, i))).unzip();
    let plain = gamma_gamma::fit(&x, &z).unwrap();
    assert!(plain.warnings.is_empty(), "{:?}", plain.warnings);
    let change = |row: usize, amount: f64| {
        let mut changed = z.clone();
        changed[row] = amount;
        gamma_gamma::fit(&x, &changed)
    };
    assert_code(change(3, -1.0), "E_NEGATIVE");
    assert_code(change(3, f64::NAN), "E_NOT_FINITE");
    assert!(warns(&change(3, 0.0).unwrap().warnings, "W_ZERO_AMOUNTS"));
    assert_code(gamma_gamma::fit(&x[..3], &z[..3]), "E_TOO_FEW");
    assert_code(gamma_gamma::fit(&x, &z[..3]), "E_LENGTH");
    assert_code(gamma_gamma::fit(&vec![0; 200], &z), "E_TOO_FEW");
    assert_code(gamma_gamma::fit(&x, &vec![5.0; 200]), "E_NO_VARIANCE");
    // Twelve customers do not always show how customers differ.
    let few = (0..188).find_map(|row| gamma_gamma::fit(&x[row..row + 12], &z[row..row + 12]).ok());
    assert!(warns(&few.unwrap().warnings, "W_FEW"));
    let linked: Vec<f64> = x.iter().zip(&z).map(|(x, z)| z * f64::from(*x)).collect();
    assert!(warns(&gamma_gamma::fit(&x, &linked).unwrap().warnings, "W_DEPENDENCE"));
    // No mean: the guard of q.
    let wide = GammaGamma { p: 6.25, q: 1.0, gamma: 15.44 };
    assert_code(wide.mean(), "E_NO_MEAN");
    assert_code(wide.expected_amount(3, 30.0), "E_NO_MEAN");
    assert_code(GammaGamma { q: 3.0, ..wide }.expected_amount(3, -1.0), "E_NEGATIVE");
    assert_code(GammaGamma { q: 3.0, ..wide }.expected_amount(3, f64::NAN), "E_OUT_OF_RANGE");
    assert_code(GammaGamma { p: -1.0, ..wide }.mean(), "E_OUT_OF_RANGE");
    for factor in [1e-300, 1e-9, 1e9, 1e290] {
        let scaled: Vec<f64> = z.iter().map(|z| z * factor).collect();
        let fit = gamma_gamma::fit(&x, &scaled);
        assert_finite("Gamma-Gamma", &fit);
        assert!(fit.is_ok(), "{factor}: {fit:?}");
    }
}

#[test]
fn a_log_out_of_order_is_refused_and_days_are_counted_once() {
    let log = summarise(&[3, 3, 10, 10, 17, 40], &[5.0, 5.0, 7.0, 3.0, 0.0, 9.0], 31, 7.0).unwrap().unwrap();
    assert_eq!(log.history, history(2, 2.0, 4.0));
    // Ten on day 10, nothing on day 17; day 40 lies behind the end.
    assert_eq!(log.mean_amount, Some(5.0));
    assert_eq!(summarise(&[], &[], 31, 7.0).unwrap(), None);
    assert_eq!(summarise(&[32], &[1.0], 31, 7.0).unwrap(), None);
    assert_eq!(summarise(&[31], &[1.0], 31, 7.0).unwrap().unwrap().mean_amount, None);
    assert_code(summarise(&[3, 2], &[1.0, 1.0], 31, 7.0), "E_ORDER");
    assert_code(summarise(&[3], &[f64::NAN], 31, 7.0), "E_NOT_FINITE");
    assert_code(summarise(&[3], &[], 31, 7.0), "E_LENGTH");
    assert_code(summarise(&[3], &[1.0], 31, 0.0), "E_OUT_OF_RANGE");
    assert_code(summarise(&[3, 4, 5], &[1.0, f64::MAX, f64::MAX], 31, 7.0), "E_OUT_OF_RANGE");
    assert_finite("the whole calendar", &summarise(&[i32::MIN, i32::MAX], &[1.0; 2], i32::MAX, 1e-300));
}

#[test]
fn concentration_of_losses_has_a_whale_curve_and_no_gini() {
    let found = concentration(&[50.0, 40.0, 30.0, -10.0, -10.0]).unwrap();
    assert!(warns(&found.warnings, "W_NEGATIVE_VALUES"));
    assert_eq!((found.gini, found.herfindahl, found.negative), (None, None, 2));
    let peak = found.peak.unwrap();
    assert!((peak.customers - 0.6).abs() < 1e-12 && (peak.share - 1.2).abs() < 1e-12);
    for empty in [vec![0.0; 5], vec![1.0, -1.0], vec![-1.0, -2.0]] {
        let found = concentration(&empty).unwrap();
        assert!(found.top_fifth.is_none() && found.whale_curve.is_empty() && found.gini.is_none());
    }
    assert_code(concentration(&[]), "E_TOO_FEW");
    assert_code(concentration(&[1.0, f64::NAN]), "E_NOT_FINITE");
    assert_eq!(concentration(&[7.0]).unwrap().gini_unbiased, None);
    for column in extremes() {
        assert_finite("concentration", &concentration(&column));
    }
}

#[test]
fn scores_and_fifths_refuse_what_cannot_be_ranked() {
    assert_code(rfm(&[1.0; 4], &[1.0; 4], &[1.0; 4]), "E_TOO_FEW");
    assert_code(rfm(&[1.0; 5], &[1.0; 4], &[1.0; 5]), "E_LENGTH");
    assert_code(rfm(&[1.0, 2.0, 3.0, 4.0, f64::NAN], &[1.0; 5], &[1.0; 5]), "E_NOT_FINITE");
    // Ties everywhere: the same score for all.
    assert!(rfm(&[1.0; 50], &[1.0; 50], &[0.0; 50]).unwrap().iter().all(|score| score.money == 3));

    let some = |values: Vec<f64>| values.into_iter().map(Some).collect::<Vec<_>>();
    let (a, b) = (some(column(50, |i| noise(i, 1))), some(column(50, |i| noise(i, 2))));
    let (constant, short) = (vec![Some(1.0); 50], vec![Some(1.0); 3]);
    let score = |last: &[Option<f64>], weights| {
        let indicator = |values| [Indicator { values, less_is_better: false }];
        let [first, second, last] = [indicator(&a[..]), indicator(&b[..]), indicator(last)];
        let dimensions = Dimensions { financial: &first, market: &second, management: &last, learning: &[] };
        value_scores(&dimensions, weights)
    };
    let weights = [0.5, 0.3, 0.2, 0.0];
    let found = score(&a, weights).unwrap();
    assert_eq!((found.scored, found.stability.len()), (50, 6));
    assert_finite("scores", &score(&a, weights));
    assert_code(score(&a, WEIGHTS), "E_NO_INDICATOR");
    assert_code(score(&constant, weights), "E_NO_VARIANCE");
    assert_code(score(&short, weights), "E_LENGTH");
    assert_code(score(&a, [0.5, 0.3, 0.3, 0.0]), "E_WEIGHT");
    assert_code(score(&a, [0.0; 4]), "E_WEIGHT");
    assert_code(score(&a, [1.5, -0.5, 0.0, 0.0]), "E_WEIGHT");
    assert_code(score(&a, [f64::NAN, 0.5, 0.5, 0.0]), "E_NOT_FINITE");
    let mut gap = a.clone();
    gap[7] = None;
    assert_eq!(score(&gap, weights).unwrap().total[7], None);
    gap[8] = Some(f64::INFINITY);
    assert_code(score(&gap, weights), "E_NOT_FINITE");
    assert_code(score(&[None; 50], weights), "E_NO_VARIANCE");
}

#[test]
fn vectors_refuse_what_is_off_the_scale_and_know_no_direction_of_nothing() {
    assert_code(value_vector([1.0, 101.0, 1.0]), "E_SCALE");
    assert_code(turn([1.0; 3], [1.0, f64::NAN, 1.0]), "E_SCALE");
    let nothing = value_vector([0.0; 3]).unwrap();
    assert_eq!((nothing.direction, nothing.degrees_off_balance), (None, None));
    assert_eq!(turn([0.0; 3], [1.0; 3]).unwrap().degrees, None);
    for tiny in [1e-300, 5e-324] {
        let shares = value_vector([tiny, 0.0, tiny]).unwrap().shares.unwrap();
        assert!((shares[0] - 0.5).abs() < 1e-12, "{shares:?}");
        assert_finite("a tiny vector", &turn([tiny, 0.0, tiny], [50.0, 1e-300, 0.0]));
    }
    assert_code(correlations(&[[1.0; 3]; 2]), "E_TOO_FEW");
    assert_code(correlations(&[[-1.0; 3]; 4]), "E_SCALE");
    assert_eq!(correlations(&[[1.0; 3]; 4]).unwrap(), [None; 3]);
}

#[test]
fn every_stage_has_a_customer_and_its_rule() {
    let known = Customer { since_first: Some(400.0), ..Customer::default() };
    let mut customers: Vec<Customer> =
        (0..20).map(|i| Customer { hazard: Some(0.01 * f64::from(i)), ..known }).collect();
    customers.extend([
        Customer::default(),
        Customer { gone: true, hazard: Some(1.0), ..known },
        Customer { alive: Some(0.49), ..known },
        Customer { since_first: Some(90.0), ..known },
        Customer { growth: Some(0.2), ..known },
    ]);
    let found = stages(&customers, &Rules::default()).unwrap();
    assert_eq!(found[0], (Stage::Mature, Reason::NoneOfThese));
    assert_eq!(found[19], (Stage::AtRisk, Reason::HighHazard));
    assert_eq!(found[20], (Stage::Prospect, Reason::NeverBought));
    assert_eq!(found[21], (Stage::Lapsed, Reason::Gone));
    assert_eq!(found[22], (Stage::AtRisk, Reason::ProbablyGone));
    assert_eq!(found[23], (Stage::New, Reason::FirstLately));
    assert_eq!(found[24], (Stage::Growing, Reason::Rose));
    assert_eq!(found.iter().filter(|(_, reason)| *reason == Reason::HighHazard).count(), 2);
    assert!(Rules::default().to_string().contains("90 days"));
    let same = vec![Customer { hazard: Some(0.2), ..known }; 20];
    assert!(stages(&same, &Rules::default()).unwrap().iter().all(|(stage, _)| *stage == Stage::Mature));
    assert_code(stages(&[Customer { alive: Some(1.1), ..known }], &Rules::default()), "E_PROBABILITY");
    assert_code(stages(&[Customer { growth: Some(f64::NAN), ..known }], &Rules::default()), "E_NOT_FINITE");
    assert!(stages(&[], &Rules::default()).unwrap().is_empty());
}

const QUICK: Search = Search { seed: 42, starts: 5, draws: 20 };

fn plain(values: &[f64]) -> Feature<'_> {
    Feature { values, money: false }
}

#[test]
fn segments_are_named_only_where_they_come_back() {
    let clump = |i: usize| [0.0, 10.0, 25.0][i % 3];
    let (a, b) = (column(300, |i| clump(i) + noise(i, 1)), column(300, |i| noise(i, 2) - clump(i)));
    let found = segments(&[plain(&a), plain(&b)], QUICK).unwrap();
    assert_eq!((found.verdict, found.k), (SegmentVerdict::Natural, 3));
    assert_eq!(found.sizes, [100, 100, 100]);
    let even = column(300, |i| noise(i, 3));
    let cloud = segments(&[plain(&column(300, |i| noise(i, 1))), plain(&even)], QUICK).unwrap();
    assert_eq!(cloud.verdict, SegmentVerdict::NoNaturalSegments, "{}", cloud.stability);
}

#[test]
fn segments_refuse_what_cannot_be_told_apart() {
    let (a, c) = (column(60, |i| noise(i, 1)), vec![3.0; 60]);
    assert_code(segments(&[], QUICK), "E_TOO_FEW");
    assert_code(segments(&[plain(&a[..2])], QUICK), "E_TOO_FEW");
    assert_code(segments(&[plain(&a), plain(&c)], QUICK), "E_NO_VARIANCE");
    assert_code(segments(&[plain(&a), plain(&a[..40])], QUICK), "E_LENGTH");
    assert_code(segments(&[Feature { values: &a, money: true }], QUICK), "E_NEGATIVE");
    let mut gap = a.clone();
    gap[5] = f64::NAN;
    assert_code(segments(&[plain(&gap)], QUICK), "E_NOT_FINITE");
    // Two values: two clusters, and no third.
    let two = column(60, |i| (i % 2) as f64);
    let found = segments(&[plain(&two)], QUICK).unwrap();
    assert_eq!((found.k, found.silhouettes.len()), (2, 1));
    assert_finite("two values", &segments(&[plain(&two)], QUICK));
    // Forty copies of one column.
    assert_finite("copies", &segments(&vec![plain(&a); 40], QUICK));
    for x in extremes() {
        for y in extremes() {
            assert_finite("extremes", &segments(&[plain(&x), plain(&y)], Search { draws: 2, ..QUICK }));
        }
        assert_finite(
            "money",
            &segments(&[Feature { values: &x, money: true }], Search { draws: 2, ..QUICK }),
        );
    }
}

#[test]
fn clusters_refuse_more_centres_than_rows_and_fill_empty_ones() {
    let columns = [vec![0.0, 1.0, 2.0, 10.0]];
    assert_code(lloyd(&columns, vec![]), "E_TOO_FEW");
    assert_code(lloyd(&columns, vec![vec![0.0]; 5]), "E_TOO_FEW");
    assert_code(lloyd(&columns, vec![vec![0.0, 0.0]]), "E_LENGTH");
    assert_code(lloyd(&columns, vec![vec![f64::NAN]]), "E_NOT_FINITE");
    assert_code(lloyd(&[], vec![vec![]]), "E_TOO_FEW");
    assert_code(lloyd(&[vec![1.0], vec![]], vec![vec![1.0, 1.0]]), "E_LENGTH");
    assert_code(kmeans(&columns, 0, 1, 1), "E_TOO_FEW");
    assert_code(kmeans(&columns, 5, 1, 1), "E_TOO_FEW");
    assert_code(kmeans(&[vec![1e300, -1e300, 0.0]], 1, 1, 1), "E_OUT_OF_RANGE");
    // The second centre is nobody's nearest: it takes the farthest row.
    let found = lloyd(&columns, vec![vec![0.0], vec![1e6]]).unwrap();
    assert_eq!(found.sizes, [3, 1]);
    // All rows the same: the other centres stay empty, and the search ends.
    assert_eq!(kmeans(&[vec![1.0; 9]], 3, 4, 1).unwrap().sizes, [9, 0, 0]);
    assert_code(silhouettes(&columns, &[&[0, 1]]), "E_LENGTH");
    assert_code(silhouettes(&columns, &[&[0, 1, 2, usize::MAX]]), "E_OUT_OF_RANGE");
    assert_eq!(silhouettes(&columns, &[&[0; 4]]).unwrap(), [None]);
    assert_eq!((adjusted_rand(&[0], &[0]), adjusted_rand(&[0; 4], &[5; 4])), (None, Some(1.0)));
}

/// CPU time of the search for segments in a cloud, which takes the most rounds.
#[test]
#[ignore = "a measurement: cargo test -p cam-stats --test guards -- --ignored --nocapture segments_at_scale"]
fn segments_at_scale() {
    for rows in [1_000, 10_000, 100_000] {
        let columns: Vec<Vec<f64>> = (1..4).map(|stream| column(rows, |i| noise(i, stream))).collect();
        let features: Vec<Feature<'_>> = columns.iter().map(|values| plain(values)).collect();
        let start = std::time::Instant::now();
        let found = segments(&features, Search::default()).unwrap();
        eprintln!("{rows} rows, sample {}: {:.2?}, k {}", found.sample, start.elapsed(), found.k);
        let histories: Vec<History> = (0..rows as u64).map(|i| bought(i, 1.0)).collect();
        let start = std::time::Instant::now();
        let fit = bgnbd::fit(&histories).unwrap();
        eprintln!("BG/NBD {:.2?} in {} steps", start.elapsed(), fit.iterations);
        let start = std::time::Instant::now();
        bgnbd::predict(&fit.model(), &histories, 39.0).unwrap();
        eprintln!("predictions {:.2?}", start.elapsed());
    }
}
