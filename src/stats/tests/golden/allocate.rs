//! Every key of the reference for curve and optimum: each is calculated here or listed with the reason why not.

use std::collections::{HashMap, HashSet};

use cam_stats::bootstrap::{Clusters, bca};
use cam_stats::concave::Concave;
use cam_stats::curve::{BrokenLine, Data, Points};
use cam_stats::deviance_curve::{Family, deviance_curve};
use cam_stats::hill::Hill;
use cam_stats::ols::{LinearFit, StandardErrors};
use cam_stats::quantile;
use cam_stats::random::SplitMix64;
use cam_stats::saturation::Saturation;
use cam_stats::segmented::{Segmented, plateau_interval};
use cam_stats::spline::Spline;
use cam_stats::verdict::{Rule, verdict};

use super::money::{money, optima, responses, s_curves, water_filling};
use super::{OUTCOMES, TOLERANCE, by_level, close, curve, fitted, lines, ordered};

/// Keys that are not compared, with the reason; one that ends in a dot stands for all that begin so.
const NOT_TESTED: [(&str, &str); 14] = [
    ("logitplateau.a", "R stops 1.5e-8 short; tested against decimal arithmetic instead"),
    ("logitplateau.b", "the same"),
    (
        "segmented.profit.se",
        "R stops 5e-7 beyond the kink, which is a data point; tested against decimal arithmetic",
    ),
    ("segmented.profit.slope2.est", "the same"),
    ("segmented.profit.slope2.lo", "the same"),
    ("segmented.profit.slope2.hi", "the same"),
    ("davies.", "a test that the sup-F bootstrap of the verdict replaces"),
    ("pscore.", "a test that the sup-F bootstrap of the verdict replaces"),
    ("alloc.log.slsqp_maxdiff", "the error of another program's search"),
    ("econopt.exp.s", "an exponential response, which no verdict hands to the optimum"),
    ("expsat.profit_sat.tau", "R stops 1.5e-8 short; tested against decimal arithmetic instead"),
    ("expsat.profit_sat.a", "the same"),
    ("expsat.profit_sat.b", "the same"),
    ("splitmix64.seed42.idx400_first10", "a list, tested beside the generator"),
];

/// What was calculated, with the tolerance of each.
#[derive(Default)]
pub(super) struct Found(HashMap<String, (f64, f64)>);

impl Found {
    pub(super) fn put(&mut self, key: impl Into<String>, value: f64) {
        self.within(key, value, TOLERANCE);
    }

    fn within(&mut self, key: impl Into<String>, value: f64, tolerance: f64) {
        let (key, entry) = (key.into(), (value, tolerance));
        assert!(self.0.insert(key.clone(), entry).is_none(), "{key} twice");
    }

    /// Compares every key of a file; a key that occurs again has a number appended.
    fn compare(&self, text: &str, count: usize) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut used = HashSet::new();
        let mut errors = Vec::new();
        for (key, expected) in lines(text).skip(1).filter_map(|line| line.rsplit_once(',')) {
            let times = seen.entry(key).or_insert(0);
            *times += 1;
            let key = if *times > 1 { format!("{key}.{times}") } else { key.to_owned() };
            let Some((found, tolerance)) = self.0.get(&key) else {
                if !NOT_TESTED.iter().any(|(left_out, _)| {
                    key == *left_out || left_out.ends_with('.') && key.starts_with(left_out)
                }) {
                    errors.push(format!("{key}: not calculated"));
                }
                continue;
            };
            used.insert(key.clone());
            let expected: f64 = expected.parse().unwrap();
            let error = (found - expected).abs() / if expected == 0.0 { 1.0 } else { expected.abs() };
            if error.is_nan() || error > *tolerance {
                errors.push(format!("{key}: found {found}, expected {expected}, error {error:.2e}"));
            }
        }
        for key in self.0.keys().filter(|key| !used.contains(*key)) {
            errors.push(format!("{key}: no such key"));
        }
        errors.sort();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
        assert_eq!(seen.values().sum::<usize>(), count);
    }
}

#[test]
fn every_key_of_the_curves_and_of_the_allocation_is_calculated() {
    let mut found = Found::default();
    for outcome in OUTCOMES {
        least_squares(&mut found, outcome);
        smooth(&mut found, outcome);
        plateau_bootstrap(&mut found, outcome);
    }
    nonlinear(&mut found);
    binary(&mut found);
    quadratic(&mut found);
    random(&mut found);
    responses(&mut found);
    water_filling(&mut found);
    s_curves(&mut found);
    optima(&mut found);
    money(&mut found);
    found.compare(include_str!("curve.csv"), 272);
}

fn estimate(fit: &LinearFit, at: usize) -> f64 {
    fit.coefficients[at].estimate
}

fn on(outcome: &[f64], drivers: &[Vec<f64>]) -> LinearFit {
    fitted(outcome, drivers, true, StandardErrors::Classic)
}

/// Line, plateau and broken line.
fn least_squares(found: &mut Found, outcome: &str) {
    let (s, y) = curve(outcome);
    let points = Points::new(&s, &y, None).unwrap();
    let (line, plateau) = (points.line(None).unwrap(), points.linear_plateau(None).unwrap());
    found.put(format!("linear.{outcome}.(Intercept)"), line.intercept);
    found.put(format!("linear.{outcome}.sat"), line.slope);
    found.put(format!("linear.{outcome}.rss"), line.rss);
    for (key, value) in [
        ("psi", plateau.psi),
        ("a", plateau.a),
        ("b", plateau.b),
        ("rss", plateau.rss),
        ("supF", (line.rss - plateau.rss) / plateau.rss * 397.0),
        ("delta_aic", 400.0 * (plateau.rss / line.rss).ln() + 2.0),
    ] {
        found.put(format!("linplateau.{outcome}.{key}"), value);
    }
    if outcome == "profit" {
        // The linearisation at the solution: its last coefficient is 0, and its errors are those of a, b and psi.
        let capped: Vec<f64> = s.iter().map(|s| s.min(plateau.psi)).collect();
        let beyond: Vec<f64> = s.iter().map(|s| if *s > plateau.psi { plateau.b } else { 0.0 }).collect();
        let fit = on(&y, &[capped, beyond]);
        assert!(estimate(&fit, 2).abs() < 1e-9, "{}", estimate(&fit, 2));
        for (at, name) in ["a", "b", "psi"].iter().enumerate() {
            found.put(format!("linplateau.profit.se_gn.{name}"), fit.coefficients[at].std_error);
        }
        let interval = plateau_interval(&by_level(outcome), &plateau);
        found.put("linplateau.profit.profileF95.lo", interval.low.unwrap());
        found.put("linplateau.profit.profileF95.hi", interval.high.unwrap());
    }
    if outcome != "profit_lin" {
        let fit = Segmented::fit(&by_level(outcome)).unwrap();
        let mut put = |key: &str, value| found.put(format!("segmented.{outcome}.{key}"), value);
        if outcome == "profit" {
            // Least squares in decimal arithmetic of 45 digits at the data point 71.608, whose sum of squares is below
            // R's and below those of its neighbours on both sides.
            let (right, se) = (-0.081_489_712_070_533_27, 0.060_501_316_728_033_47);
            close(fit.psi.interval.estimate, 71.608, "kink");
            close(fit.rss, 13_634.078_751_053_75, "rss");
            close(fit.psi.std_error, 0.980_082_470_035_746_4, "error of the kink");
            close(fit.right.interval.estimate, right, "right slope");
            // The t quantile by numerical integration.
            let reach = 1.965_972_608_42 * se;
            close(fit.right.interval.low, right - reach, "right slope, low");
            close(fit.right.interval.high, right + reach, "right slope, high");
        } else {
            put("se", fit.psi.std_error);
            put("slope2.est", fit.right.interval.estimate);
            put("slope2.lo", fit.right.interval.low);
            put("slope2.hi", fit.right.interval.high);
        }
        put("psi", fit.psi.interval.estimate);
        put("rss", fit.rss);
        put("slope1.est", fit.left.interval.estimate);
        put("slope1.se", fit.left.std_error);
        put("slope2.se", fit.right.std_error);
        put("ci_delta.Est.", fit.psi.interval.estimate);
        put("ci_delta.CI(95%).low", fit.psi.interval.low);
        put("ci_delta.CI(95%).up", fit.psi.interval.high);
    }
}

/// Restricted cubic spline and concave curve.
fn smooth(found: &mut Found, outcome: &str) {
    let (s, y) = curve(outcome);
    let mut sorted = s.clone();
    sorted.sort_by(f64::total_cmp);
    let concave = Concave::fit(&by_level(outcome)).unwrap();
    found.put(format!("concave.{outcome}.rss"), concave.rss);
    found.put(format!("concave.{outcome}.last_knot"), concave.knots.last().unwrap().0);
    found.put(format!("concave.{outcome}.max_x"), sorted[399]);
    found.put(format!("concave.{outcome}.nactive"), concave.knots.len() as f64);
    for level in [50.0, 60.0, 72.0, 80.0, 90.0] {
        // The quadratic program jitters.
        found.within(
            format!("concave.{outcome}.fit.{level}"),
            concave.value(level),
            1e-4 / concave.value(level),
        );
    }
    let spline = Spline::through(&sorted).unwrap();
    if outcome == "profit" {
        for (at, knot) in spline.knots().iter().enumerate() {
            found.put(format!("rcs4.knots.{}", at + 1), *knot);
        }
    }
    if outcome == "profit_sat" {
        return;
    }
    let columns: Vec<Vec<f64>> = (0..3).map(|k| s.iter().map(|x| spline.basis(*x)[k]).collect()).collect();
    let (fit, line) = (on(&y, &columns), on(&y, &columns[..1]));
    let value = |x: f64| {
        estimate(&fit, 0)
            + spline.basis(x).iter().zip(&fit.coefficients[1..]).map(|(x, b)| x * b.estimate).sum::<f64>()
    };
    let mut put = |key: &str, value| found.put(format!("rcs4.{outcome}.{key}"), value);
    for at in 0..4 {
        put(&format!("coef.{}", at + 1), estimate(&fit, at));
    }
    let f = (line.rss - fit.rss) / 2.0 / (fit.rss / 396.0);
    put("nonlin.F", f);
    put("nonlin.df1", 2.0);
    put("nonlin.df2", 396.0);
    put("nonlin.p", quantile::f_sf(f, 2.0, 396.0));
    for level in [50.0, 60.0, 72.0, 80.0, 90.0] {
        put(&format!("fit.{level}"), value(level));
    }
    let best =
        (350..=980).map(|tenth| f64::from(tenth) / 10.0).max_by(|a, b| value(*a).total_cmp(&value(*b)));
    put("argmax_grid0.1", best.unwrap());
}

/// Slope of the broken line above a kink at the plateau's beginning, of a sample with counts.
fn slope_above(s: &[f64], y: &[f64], counts: &[u32], psi: f64) -> f64 {
    let drawn: Vec<usize> =
        (0..s.len()).flat_map(|row| std::iter::repeat_n(row, counts[row] as usize)).collect();
    let of = |value: &dyn Fn(usize) -> f64| -> Vec<f64> { drawn.iter().map(|row| value(*row)).collect() };
    let drivers = [of(&|row| s[row]), of(&|row| (s[row] - psi).max(0.0))];
    let fit = on(&of(&|row| y[row]), &drivers);
    estimate(&fit, 1) + estimate(&fit, 2)
}

/// The plateau's bootstrap of pairs, and that of residuals under the line.
fn plateau_bootstrap(found: &mut Found, outcome: &str) {
    let (s, y) = curve(outcome);
    let points = Points::new(&s, &y, None).unwrap();
    let clusters = Clusters::of_rows(400);
    let plateau = points.linear_plateau(None).unwrap();
    let (mut levels, mut slopes) = (Vec::new(), Vec::new());
    for replicate in 0..999 {
        let counts = clusters.counts(42, replicate);
        let psi = points.linear_plateau(Some(&counts)).unwrap().psi;
        levels.push(psi);
        slopes.push(slope_above(&s, &y, &counts, psi));
    }
    let without: Vec<f64> = (0..400)
        .map(|left_out| {
            let counts: Vec<u32> = (0..400).map(|row| u32::from(row != left_out)).collect();
            points.linear_plateau(Some(&counts)).unwrap().psi
        })
        .collect();
    let corrected = bca(plateau.psi, &levels, &without, 0.95).unwrap();
    let mean = levels.iter().sum::<f64>() / 999.0;
    let squares: f64 = levels.iter().map(|level| (level - mean).powi(2)).sum();
    let mut sorted = s.clone();
    sorted.sort_by(f64::total_cmp);
    let p95 = quantile::sorted_quantile(&sorted, 0.95).unwrap();
    let line = points.line(None).unwrap();
    let sup_f = |points: &Points| {
        let (line, plateau) = (points.line(None).unwrap(), points.linear_plateau(None));
        plateau.map_or(0.0, |plateau| (line.rss - plateau.rss) / plateau.rss * 397.0)
    };
    let observed = sup_f(&points);
    let (residuals, fitted) = points.line_residuals(&line);
    let exceeding = (0..999)
        .filter(|replicate| {
            let picks = clusters.picks(43, *replicate);
            let made: Vec<f64> = (0..400).map(|row| fitted[row] + residuals[picks[row]]).collect();
            sup_f(&points.with_outcome(&made)) >= observed
        })
        .count();
    for (key, value) in [
        ("psi", plateau.psi),
        ("supF", observed),
        ("mean", mean),
        ("sd_nm1", (squares / 998.0).sqrt()),
        ("pct95.lo", ordered(levels.iter().copied(), 25)),
        ("pct95.hi", ordered(levels.iter().copied(), 975)),
        ("bca.z0", corrected.z0),
        ("bca.a", corrected.a),
        ("bca95.lo", corrected.interval.low),
        ("bca95.hi", corrected.interval.high),
        ("p95_sat", p95),
        ("share_psi_above_p95", levels.iter().filter(|level| **level > p95).count() as f64 / 999.0),
        ("n_above_psi", points.above(plateau.psi) as f64),
        ("rslope", slope_above(&s, &y, &[1; 400], plateau.psi)),
        ("rslope90.lo", ordered(slopes.iter().copied(), 50)),
        ("rslope90.hi", ordered(slopes.iter().copied(), 950)),
        ("supF_p", (1 + exceeding) as f64 / 1000.0),
    ] {
        found.put(format!("boot.{outcome}.{key}"), value);
    }
}

/// Hill and exponential saturation, of `profit_sat`.
fn nonlinear(found: &mut Found) {
    // R's `nls` stops when a step gains less than about 1e-6 of a parameter.
    const NLS: f64 = 1e-5;
    let levels = by_level("profit_sat");
    let hill = Hill::fit(&levels).unwrap();
    let names = ["e0", "emax", "ec50", "k"];
    for (at, value) in [hill.e0, hill.emax, hill.ec50, hill.k].into_iter().enumerate() {
        found.within(format!("hill.profit_sat.{}", names[at]), value, NLS);
        found.within(format!("hill.se.{}", names[at]), hill.std_errors[at], NLS);
    }
    found.put("hill.profit_sat.rss", hill.rss);
    found.within("hill.jacobian_cond_unitcols", hill.condition, NLS);
    for level in [50.0, 70.0, 90.0] {
        found.within(format!("hill.slope.{level}"), hill.slope(level), NLS);
    }
    found.within("hill.s_where_slope_0.5", falls_to(|s| hill.slope(s), 0.5), NLS);
    let saturation = Saturation::fit(&levels).unwrap();
    found.put("expsat.profit_sat.rss", saturation.rss);
    for level in [50.0, 70.0, 90.0] {
        found.put(format!("expsat.slope.{level}"), saturation.slope(level));
    }
    found.put("expsat.s_where_slope_0.5", falls_to(|s| saturation.slope(s), 0.5));
    // The linearisation at the solution, for a curve that starts at 35.
    let (s, y) = curve("profit_sat");
    let (tau, b) = (saturation.tau, saturation.a + saturation.b - saturation.value(35.0));
    let basis: Vec<f64> = s.iter().map(|s| 1.0 - (-(s - 35.0) / tau).exp()).collect();
    let bend: Vec<f64> =
        s.iter().map(|s| -b * (s - 35.0) / (tau * tau) * (-(s - 35.0) / tau).exp()).collect();
    let fit = on(&y, &[basis, bend]);
    assert!(estimate(&fit, 2).abs() < 1e-6, "{}", estimate(&fit, 2));
    for (at, name) in ["a", "b", "tau"].iter().enumerate() {
        found.within(format!("expsat.se.{name}"), fit.coefficients[at].std_error, 1e-7);
    }
}

/// Where a falling slope reaches a value.
fn falls_to(slope: impl Fn(f64) -> f64, value: f64) -> f64 {
    let (mut low, mut high) = (60.0, 200.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if slope(middle) > value { low = middle } else { high = middle }
    }
    low
}

/// `retained`, by profile deviance.
fn binary(found: &mut Found) {
    let (s, y) = curve("retained");
    let data = Data { satisfaction: &s, outcome: &y, weights: None, clusters: None };
    let rule = Rule { draws: 39, ..Rule::default() };
    let fit = deviance_curve(&data, Family::Binomial, &rule).unwrap();
    let plateau = fit.plateau.unwrap();
    found.put("logitplateau.psi", plateau.psi);
    found.put("logitplateau.dev", plateau.deviance);
    found.put("logitplateau.dev_linear", fit.line.deviance);
    // Newton's method on the three equations in decimal arithmetic of 45 digits: R stops 1.5e-8 short.
    close(plateau.psi, 75.673_456_039_244_9, "psi");
    close(plateau.a, -4.394_363_778_507_123, "a");
    close(plateau.b, 0.079_790_105_695_161_44, "b");
    found.put("logitplateau.p_plateau", plateau.level);
    // The reference tries every quarter of a point.
    let (low, high) = (plateau.interval.low.unwrap(), plateau.interval.high.unwrap());
    found.put("logitplateau.profileLR95_grid.25.lo", (4.0 * low).ceil() / 4.0);
    found.put("logitplateau.profileLR95_grid.25.hi", (4.0 * high).floor() / 4.0);
}

/// The quadratic that 5.2 warns of is no part of the product; its figures follow from the covariance of a regression.
fn quadratic(found: &mut Found) {
    let (s, y) = curve("profit");
    let fit = on(&y, &[s.clone(), s.iter().map(|s| s * s).collect()]);
    let (b, c) = (estimate(&fit, 1), estimate(&fit, 2));
    let v = &fit.covariance;
    found.put("lindmehlum.profit.turn", -b / (2.0 * c));
    let least = s.iter().copied().fold(f64::INFINITY, f64::min);
    let most = s.iter().copied().fold(0.0, f64::max);
    let t = |s: f64| (b + 2.0 * c * s) / (v[1][1] + 4.0 * s * s * v[2][2] + 4.0 * s * v[1][2]).sqrt();
    let (low, high) = (t(least), -t(most));
    found.put("lindmehlum.profit.t_low", low);
    found.put("lindmehlum.profit.t_high", high);
    found.put("lindmehlum.profit.t", low.min(high));
    found.put("lindmehlum.profit.p", quantile::t_sf(low.min(high), 397.0));
    // Fieller: all x for which b + 2 c x is not told from 0.
    let q = quantile::t(0.975, 397.0).powi(2);
    let (p2, p1, p0) = (4.0 * (c * c - q * v[2][2]), 4.0 * (b * c - q * v[1][2]), b * b - q * v[1][1]);
    let root = (p1 * p1 - 4.0 * p2 * p0).sqrt();
    found.put("fieller.turn95.sat", (-p1 - root) / (2.0 * p2));
    found.put("fieller.turn95.sat.2", (-p1 + root) / (2.0 * p2));
}

fn random(found: &mut Found) {
    let mut random = SplitMix64::new(42);
    found.within("splitmix64.seed42.first", random.next_u64() as f64, 0.0);
    found.within("splitmix64.seed42.second", random.next_u64() as f64, 0.0);
    found.put("splitmix64.seed42.f1", SplitMix64::new(42).uniform());
}

#[test]
fn every_key_of_the_verdict_is_calculated() {
    let mut found = Found::default();
    for outcome in OUTCOMES {
        let (s, y) = curve(outcome);
        let points = Points::new(&s, &y, None).unwrap();
        let clusters = Clusters::of_rows(400);
        let draws: Vec<BrokenLine> =
            (0..999).map(|b| points.broken_line(Some(&clusters.counts(42, b))).unwrap()).collect();
        let (fit, line) = (points.broken_line(None).unwrap(), on(&y, std::slice::from_ref(&s)));
        let judged = verdict(&s, &y, None, None, &Rule::default()).unwrap();
        let p = judged.reasons.iter().find(|reason| reason.clause.key() == "curvature_p").unwrap().value;
        for (key, value) in [
            ("psi", fit.psi),
            ("left", fit.left),
            ("right", fit.right),
            ("supF_n4", fit.sup_f),
            ("lin_b", estimate(&line, 1)),
            ("lin_se", line.coefficients[1].std_error),
            ("grid_index0", fit.grid_index as f64),
            ("supF_p", p),
            ("psi_lo", ordered(draws.iter().map(|draw| draw.psi), 25)),
            ("psi_hi", ordered(draws.iter().map(|draw| draw.psi), 975)),
            ("right_p95", ordered(draws.iter().map(|draw| draw.right), 950)),
            ("right_p05", ordered(draws.iter().map(|draw| draw.right), 50)),
            ("left_median", ordered(draws.iter().map(|draw| draw.left), 500)),
            ("share_top2grid", draws.iter().filter(|draw| draw.grid_index >= 39).count() as f64 / 999.0),
            ("n_above", points.above(fit.psi) as f64),
        ] {
            found.put(format!("verdict.{outcome}.{key}"), value);
        }
    }
    found.compare(include_str!("verdict.csv"), 45);
}
