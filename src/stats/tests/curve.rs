//! The curves and the verdict rule against the reference run of `docs/methods.md` 5.3 and 5.4 (R 4.2.2, SplitMix64 seeds
//! 42 and 43, 999 replicates) on `golden/synth_curve.csv`.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

use cam_stats::curve::Points;
use cam_stats::verdict::{CurveVerdict, Rule, Verdict, verdict};

fn column(name: &str) -> Vec<f64> {
    let text = include_str!("golden/synth_curve.csv");
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|header| header == name).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
}

fn judged(outcome: &str) -> CurveVerdict {
    verdict(&column("sat"), &column(outcome), None, None, &Rule::default()).unwrap()
}

fn close(found: f64, reference: f64) {
    let error = (found - reference).abs() / reference.abs().max(1e-12);
    assert!(error < 1e-8, "found {found}, reference {reference}");
}

fn clause(found: &CurveVerdict, key: &str) -> f64 {
    found
        .reasons
        .iter()
        .find(|reason| reason.clause.key() == key)
        .unwrap_or_else(|| panic!("no clause {key}"))
        .value
}

#[test]
fn a_true_plateau_is_called_a_plateau() {
    let found = judged("profit");
    assert_eq!(found.verdict, Verdict::Plateau);
    let broken = found.broken.unwrap();
    close(broken.psi, 71.27977);
    close(broken.left, 1.181_790_865_569_73);
    close(broken.right, -0.067_534_275_942_929_6);
    close(broken.sup_f, 358.858_606_828_359);
    assert_eq!(broken.grid_index, 24);
    close(clause(&found, "curvature_p"), 0.001);
    close(clause(&found, "right_slope_95_below_share_of_left"), 0.018_823_917_068_764_3);
    close(clause(&found, "observations_above_kink"), 164.0);
    let kink = found.kink.unwrap();
    close(kink.estimate, 71.27977);
    close(kink.low, 68.5835);
    close(kink.high, 75.8088);
    assert!(clause(&found, "kinks_at_top_of_grid").abs() < 1e-12);
    let flat = found
        .reasons
        .iter()
        .find(|reason| reason.clause.key() == "right_slope_95_below_share_of_left")
        .unwrap();
    close(flat.bound, 0.2 * 1.173_396_371_780_28);
}

#[test]
fn the_plateau_begins_where_the_exact_algorithm_says() {
    let found = judged("profit");
    let plateau = found.plateau.unwrap();
    close(plateau.estimate, 70.853_566_620_178_1);
    close(plateau.low, 68.425_117_953);
    close(plateau.high, 72.134_725_85);
    let curve = found.linear_plateau.unwrap();
    close(curve.a, 16.343_869_064_851_2);
    close(curve.b, 1.168_038_858_854_85);
    close(curve.rss, 13_726.308_001_239_4);
    close(found.line.unwrap().rss, 26_016.091_424_639_8);
}

#[test]
fn a_true_line_is_called_a_line() {
    let found = judged("profit_lin");
    assert_eq!(found.verdict, Verdict::Linear);
    assert!(found.plateau.is_none() && found.kink.is_none());
    let broken = found.broken.unwrap();
    close(broken.psi, 58.145_462_5);
    close(broken.left, 0.769_498_716_035_255);
    close(broken.right, 0.849_311_884_360_085);
    close(broken.sup_f, 1.252_573_578_257_75);
    close(clause(&found, "curvature_p"), 0.781);
    close(found.line.unwrap().slope, 0.825_700_625_616_456);
}

#[test]
fn a_curve_that_still_rises_is_called_diminishing() {
    let found = judged("profit_sat");
    assert_eq!(found.verdict, Verdict::Diminishing);
    let broken = found.broken.unwrap();
    close(broken.psi, 67.847_425);
    close(broken.left, 1.121_688_758_220_9);
    close(broken.right, 0.507_847_513_285_732);
    close(broken.sup_f, 166.010_727_939_95);
    close(clause(&found, "right_slope_95_below_share_of_left"), 0.621_491_960_588_712);
    close(clause(&found, "observations_above_kink"), 191.0);
    let kink = found.kink.unwrap();
    close(kink.low, 58.275_555);
    close(kink.high, 71.981);
}

#[test]
fn plateau_curves_of_the_other_outcomes_match() {
    for (outcome, psi, rss) in
        [("profit_lin", 95.115, 13_138.615_208), ("profit_sat", 83.151_828_021_523_2, 8_511.076_292_621_29)]
    {
        let points = Points::new(&column("sat"), &column(outcome), None).unwrap();
        let fit = points.linear_plateau(None).unwrap();
        close(fit.psi, psi);
        assert!((fit.rss - rss).abs() / rss < 1e-7, "{outcome}: {}", fit.rss);
    }
}

/// Six levels of forty rows on a line, five points above and below it in turn, and `few` rows 15 above it at level 50.
/// The variance within is 6000 over 233 or more degrees of freedom, about 25. With nine rows the six means miss the line
/// by about half a point each, an F below 1; ten rows count and miss it by 14, an F above 15.
#[test]
fn a_level_of_few_rows_does_not_bend_a_line_and_one_of_ten_does() {
    let lack_of_fit = |few: usize| {
        let rows =
            (0..240_u32).map(|row| (20.0 * f64::from(row / 40), if row % 2 == 0 { 5.0 } else { -5.0 }));
        let rows = rows.chain(std::iter::repeat_n((50.0, 15.0), few));
        let (s, y): (Vec<f64>, Vec<f64>) = rows.map(|(level, off)| (level, level + off)).unzip();
        clause(&verdict(&s, &y, None, None, &Rule::default()).unwrap(), "lack_of_fit_p")
    };
    assert!(lack_of_fit(9) > 0.4, "{}", lack_of_fit(9));
    assert!(lack_of_fit(10) < 1e-9, "{}", lack_of_fit(10));
}
