//! Laws of the methods of customer value.

use cam_stats::bgnbd::BgNbd;
use cam_stats::clv::{Terms, Timing, from_survival, monthly_rate};
use cam_stats::concentration::concentration;
use cam_stats::gamma_gamma::GammaGamma;
use cam_stats::kmeans::{adjusted_rand, kmeans, lloyd, total_squares};
use cam_stats::purchases::{History, summarise};
use cam_stats::rfm::rfm;
use cam_stats::sbg::{self, Renewals, ShiftedBetaGeometric};
use cam_stats::value_score::{Dimensions, Indicator, WEIGHTS, value_scores};
use cam_stats::value_vector::{turn, value_vector};
use proptest::prelude::*;

use super::{close, values};

fn index_vector() -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3(0.5..100.0_f64)
}

fn buyers() -> impl Strategy<Value = History> {
    (0..30_u32, 0.01..1.0_f64, 1.0..100.0_f64).prop_map(|(frequency, share, age)| History {
        frequency,
        recency: if frequency == 0 { 0.0 } else { share * age },
        age,
    })
}

fn models() -> impl Strategy<Value = BgNbd> {
    (0.1..5.0_f64, 0.5..20.0_f64, 0.1..3.0_f64, 0.2..8.0_f64).prop_map(|(r, alpha, a, b)| BgNbd {
        r,
        alpha,
        a,
        b,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn timings_differ_by_a_margin_and_a_discount(
        margin in -500.0..500.0_f64, retention in 0.0..0.95_f64, discount in 0.0..0.5_f64, growth in -0.2..0.04_f64,
    ) {
        let value = |timing, periods| {
            Terms { timing, discount, growth, periods }.clv(margin, retention).unwrap().value
        };
        let now = value(Timing::Now, None);
        prop_assert!(close(now, margin + value(Timing::AfterRenewal, None), 1e-9));
        prop_assert!(close(value(Timing::PeriodEnd, None) * (1.0 + discount), now, 1e-9));
        // Finite sums tend to the endless one.
        prop_assert!(close(value(Timing::Now, Some(5_000)), now, 1e-9));
        prop_assert!(close(value(Timing::Now, Some(1)), margin, 1e-12));
    }

    #[test]
    fn the_slope_is_that_of_the_value(
        retention in 0.05..0.9_f64, discount in 0.01..0.5_f64, periods in prop::option::of(1..40_u32), which in 0..3_usize,
    ) {
        let timing = [Timing::Now, Timing::AfterRenewal, Timing::PeriodEnd][which];
        let terms = Terms { timing, discount, growth: 0.01, periods };
        let found = terms.clv(100.0, retention).unwrap();
        let step = 1e-6;
        let (up, down) = (terms.clv(100.0, retention + step).unwrap(), terms.clv(100.0, retention - step).unwrap());
        prop_assert!(close(found.per_retention, (up.value - down.value) / (2.0 * step), 1e-4));
        prop_assert!(close(found.retention_elasticity.unwrap() * found.value, found.per_retention * retention, 1e-9));
    }

    #[test]
    fn equity_is_the_sum_and_not_the_value_of_the_mean(
        retentions in prop::collection::vec(0.1..0.95_f64, 2..30),
    ) {
        let terms = Terms { timing: Timing::Now, discount: 0.1, growth: 0.0, periods: None };
        let margins = vec![100.0; retentions.len()];
        let found = terms.equity(&margins, &retentions).unwrap();
        prop_assert!(close(found.total, found.values.iter().sum(), 1e-12));
        // Jensen: with equal margins the mean customer is worth less than customers in the mean.
        prop_assert!(found.total >= found.at_means * (1.0 - 1e-12));
    }

    #[test]
    fn a_geometric_survival_gives_the_closed_form(retention in 0.0..0.9_f64, discount in 0.01..0.5_f64) {
        let survival: Vec<f64> = (0..2_000).map(|t| retention.powi(t)).collect();
        let terms = Terms { timing: Timing::Now, discount, growth: 0.0, periods: None };
        let closed = terms.clv(100.0, retention).unwrap().value;
        prop_assert!(close(from_survival(100.0, &survival, discount).unwrap(), closed, 1e-9));
        let twelve = (1.0 + monthly_rate(discount).unwrap()).powi(12);
        prop_assert!(close(twelve, 1.0 + discount, 1e-12));
    }

    #[test]
    fn contracts_are_found_again_and_their_residual_lifetime_is_a_sum(
        alpha in 0.3..3.0_f64, beta in 0.5..6.0_f64, discount in 0.05..0.5_f64, n in 1..6_u32,
    ) {
        let model = ShiftedBetaGeometric { alpha, beta };
        let curve = model.survival(12).unwrap();
        let renewals: Vec<Renewals> =
            curve.windows(2).map(|pair| Renewals { due: 1e4 * pair[0], kept: 1e4 * pair[1] }).collect();
        let fit = sbg::fit(&renewals).unwrap();
        prop_assert!(close(fit.alpha.estimate, alpha, 1e-6) && close(fit.beta.estimate, beta, 1e-6));
        let rates: Vec<f64> = (1..10).map(|t| model.retention_rate(t).unwrap()).collect();
        prop_assert!(rates.windows(2).all(|pair| pair[0] < pair[1]));
        let (mut sum, mut term) = (0.0, 1.0);
        for t in n..n + 5_000 {
            term *= model.retention_rate(t).unwrap();
            sum += term;
            term /= 1.0 + discount;
        }
        prop_assert!(close(model.residual_lifetime(discount, n).unwrap(), sum, 1e-10));
    }

    #[test]
    fn expectations_of_repeat_buying_keep_their_order(model in models(), customer in buyers(), time in 0.1..60.0_f64) {
        let alive = model.alive(&customer).unwrap();
        prop_assert!((0.0..=1.0).contains(&alive));
        let expected = |time| model.expected_purchases(&customer, time).unwrap();
        prop_assert!(expected(time) >= 0.0 && expected(2.0 * time) >= expected(time));
        prop_assert!(expected(0.0).abs() < 1e-12);
        // Nothing is special about a = 1.
        let near = |a: f64| BgNbd { a, ..model }.expected_purchases(&customer, time).unwrap();
        prop_assert!(close(near(1.0), near(1.0 + 1e-9), 1e-7));
        prop_assert!(close(near(1.0), 0.5 * (near(1.0 - 1e-4) + near(1.0 + 1e-4)), 1e-6));
        // The unit of time does not matter.
        let longer = BgNbd { alpha: 7.0 * model.alpha, ..model };
        let days = History { recency: 7.0 * customer.recency, age: 7.0 * customer.age, ..customer };
        prop_assert!(close(longer.expected_purchases(&days, 7.0 * time).unwrap(), expected(time), 1e-9));
    }

    #[test]
    fn an_expected_amount_lies_between_the_customers_own_and_the_mean(
        p in 0.5..10.0_f64, q in 1.1..10.0_f64, gamma in 1.0..50.0_f64, x in 1..50_u32, own in 0.1..200.0_f64,
    ) {
        let model = GammaGamma { p, q, gamma };
        let (mean, expected) = (model.mean().unwrap(), model.expected_amount(x, own).unwrap());
        prop_assert!(expected >= mean.min(own) * (1.0 - 1e-12) && expected <= mean.max(own) * (1.0 + 1e-12));
    }

    #[test]
    fn a_log_is_summed_by_days(days in prop::collection::vec(0..60_i32, 1..20), end in 0..80_i32) {
        let mut days = days;
        days.sort_unstable();
        let amounts: Vec<f64> = days.iter().map(|day| f64::from(*day) + 1.0).collect();
        let found = summarise(&days, &amounts, end, 7.0).unwrap();
        let mut within: Vec<i32> = days.iter().copied().filter(|day| *day <= end).collect();
        let total: f64 = within.iter().filter(|day| **day > within[0]).map(|day| f64::from(*day) + 1.0).sum();
        within.dedup();
        prop_assert_eq!(found.is_some(), !within.is_empty());
        if let Some(found) = found {
            prop_assert_eq!(found.history.frequency as usize, within.len() - 1);
            let (first, last) = (within[0], within[within.len() - 1]);
            prop_assert!(close(found.history.recency * 7.0, f64::from(last - first), 1e-12));
            prop_assert!(close(found.history.age * 7.0, f64::from(end - first), 1e-12));
            let mean = found.mean_amount.unwrap_or(0.0);
            prop_assert!(close(mean * f64::from(found.history.frequency), total, 1e-9));
        }
    }

    #[test]
    fn concentration_is_free_of_units_and_grows_with_inequality(
        amounts in prop::collection::vec(0.1..100.0_f64, 2..80), unit in 1e-6..1e6_f64,
    ) {
        let found = concentration(&amounts).unwrap();
        let gini = found.gini.unwrap();
        prop_assert!((0.0..1.0).contains(&gini));
        let scaled: Vec<f64> = amounts.iter().map(|amount| amount * unit).collect();
        prop_assert!(close(concentration(&scaled).unwrap().gini.unwrap(), gini, 1e-9));
        // The mean difference of all pairs, over twice the mean.
        let n = amounts.len() as f64;
        let pairs: f64 = amounts.iter().flat_map(|a| amounts.iter().map(move |b| (a - b).abs())).sum();
        prop_assert!(close(gini, pairs / (2.0 * n * amounts.iter().sum::<f64>()), 1e-9));
        let curve = &found.whale_curve;
        prop_assert!(curve.windows(2).all(|pair| pair[0].share <= pair[1].share + 1e-12));
        prop_assert!(close(curve[curve.len() - 1].share, 1.0, 1e-9) && close(curve[curve.len() - 1].customers, 1.0, 1e-12));
    }

    #[test]
    fn fifths_are_fifths_and_keep_the_order(money in values(100), since in values(100)) {
        let found = rfm(&since, &money, &money).unwrap();
        for score in 1..=5 {
            prop_assert_eq!(found.iter().filter(|rfm| rfm.money == score).count(), 20);
            prop_assert_eq!(found.iter().filter(|rfm| rfm.recency == score).count(), 20);
        }
        for (a, b) in found.iter().zip(&money).zip(found.iter().zip(&money).skip(1)).map(|((a, x), (b, y))| if x <= y { (a, b) } else { (b, a) }) {
            prop_assert!(a.money <= b.money && a.frequency <= b.frequency);
        }
    }

    #[test]
    fn scores_are_free_of_monotone_rescaling(a in values(30), b in values(30), c in values(30), d in values(30)) {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        let score = |first: &[Option<f64>], less_is_better| {
            let [b, c, d] = [some(&b), some(&c), some(&d)];
            let one = |values, less_is_better| [Indicator { values, less_is_better }];
            let [first, b, c, d] = [one(first, less_is_better), one(&b, false), one(&c, false), one(&d, false)];
            let dimensions = Dimensions { financial: &first, market: &b, management: &c, learning: &d };
            value_scores(&dimensions, WEIGHTS).unwrap()
        };
        let plain = score(&some(&a), false);
        let bent: Vec<f64> = a.iter().map(|x| x.exp()).collect();
        prop_assert_eq!(&plain.total, &score(&some(&bent), false).total);
        let turned: Vec<f64> = a.iter().map(|x| -x).collect();
        prop_assert_eq!(&plain.total, &score(&some(&turned), true).total);
        let mean = plain.total.iter().flatten().sum::<f64>() / 30.0;
        prop_assert!(close(mean, 50.0, 1e-9));
        prop_assert!(plain.stability.iter().all(|s| s.rank_correlation.unwrap() <= 1.0 && s.top_kept <= 1.0));
    }

    #[test]
    fn vectors_turn_alike_both_ways_and_shares_sum_to_one(u in index_vector(), v in index_vector()) {
        let (there, back) = (turn(u, v).unwrap(), turn(v, u).unwrap());
        prop_assert!(close(there.degrees.unwrap(), back.degrees.unwrap(), 1e-12));
        prop_assert!(close(there.degrees.unwrap().to_radians().cos(), there.cosine.unwrap(), 1e-12));
        let found = value_vector(u).unwrap();
        prop_assert!(close(found.shares.unwrap().iter().sum(), 1.0, 1e-12));
        prop_assert!(found.degrees_off_balance.unwrap() < 54.74);
        let half = turn(u, u.map(|part| part / 2.0)).unwrap();
        prop_assert!(half.degrees.unwrap() < 1e-12);
        prop_assert!(close(half.length_change, -found.length / 2.0, 1e-12));
    }

    #[test]
    fn clusters_are_the_same_on_any_number_of_threads_and_never_worse_with_more_of_them(
        a in values(40), b in values(40), seed in any::<u64>(),
    ) {
        let columns = [a, b];
        let found = kmeans(&columns, 3, 8, seed).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        prop_assert_eq!(&found, &pool.install(|| kmeans(&columns, 3, 8, seed)).unwrap());
        prop_assert!(found.within <= total_squares(&columns).unwrap());
        prop_assert_eq!(found.sizes.iter().sum::<usize>(), 40);
        // A fixed point: from its own centres nothing moves after the first round.
        let again = lloyd(&columns, found.centres.clone()).unwrap();
        prop_assert_eq!((&again.labels, again.rounds), (&found.labels, 1));
        prop_assert!(close(adjusted_rand(&found.labels, &again.labels).unwrap(), 1.0, 1e-12));
        let mut more = found.centres.clone();
        more.push(vec![columns[0][0], columns[1][0]]);
        prop_assert!(lloyd(&columns, more).unwrap().within <= found.within + 1e-9);
    }
}
