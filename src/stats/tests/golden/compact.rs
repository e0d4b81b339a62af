//! Models of many rows against the same figures as those of few.

use super::{
    ATTITUDE, DRIVERS, TOLERANCE, attitude, churn, close, customers, digits, reference, table, term,
};
use cam_stats::compact::{self, Compact, CompactErrors, CompactFit};

fn packed(outcome: &[f64], drivers: &[Vec<f64>]) -> (Compact, Vec<usize>) {
    let mut columns: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    columns.push(outcome);
    (Compact::from_columns(&columns), (0..drivers.len()).collect())
}

fn linear(outcome: &[f64], drivers: &[Vec<f64>], errors: CompactErrors) -> CompactFit {
    let (data, positions) = packed(outcome, drivers);
    compact::linear(&data, positions.len(), &positions, errors).unwrap()
}

#[test]
fn least_squares_agrees_with_r() {
    let expected = reference(include_str!("drivers.csv"));
    let (rating, drivers) = attitude();
    for (name, errors) in [("HC0", CompactErrors::Hc0), ("HC3", CompactErrors::Hc3)] {
        let found = linear(&rating, &drivers, errors);
        for (position, b) in found.coefficients.iter().enumerate() {
            let term = term(&ATTITUDE, position);
            close(b.estimate, expected[&format!("ols.attitude.{term}.Estimate")], &term);
            close(b.std_error, expected[&format!("ols.attitude.se.{name}.{term}")], &term);
        }
        close(found.r_squared, expected["ols.attitude.r2"], "r2");
        close(found.dispersion.sqrt(), expected["ols.attitude.sigma"], "sigma");
        for (name, vif) in ATTITUDE.iter().zip(&found.vif) {
            close(*vif, expected[&format!("ols.attitude.vif.{name}")], name);
        }
    }
    let classic = linear(&rating, &drivers, CompactErrors::Classic);
    for (position, b) in classic.coefficients.iter().enumerate() {
        let term = term(&ATTITUDE, position);
        close(b.std_error, expected[&format!("ols.attitude.{term}.Std. Error")], &term);
        close(b.p_value.unwrap(), expected[&format!("ols.attitude.{term}.Pr(>|t|)")], &term);
    }
    let (csi, drivers, _) = customers();
    let found = linear(&csi, &drivers, CompactErrors::Hc3);
    for (position, b) in found.coefficients.iter().enumerate() {
        let term = term(&DRIVERS, position);
        close(b.estimate, expected[&format!("ols.synth.{term}.Estimate")], &term);
        close(b.std_error, expected[&format!("ols.synth.se.HC3.{term}")], &term);
    }
}

/// Too nearly dependent for products: solved by QR of the blocks.
#[test]
fn longley_is_solved_by_blocks() {
    let certified = reference(include_str!("nist.csv"));
    let data = table(include_str!("longley.csv"));
    let column = |name: &str, factor: f64| -> Vec<f64> {
        data[name].iter().map(|value| (value * factor * 10.0).round() / 10.0).collect()
    };
    let names = [("GNP.deflator", 1.0), ("GNP", 1000.0), ("Unemployed", 10.0), ("Armed.Forces", 10.0)];
    let mut drivers: Vec<Vec<f64>> = names.iter().map(|(name, factor)| column(name, *factor)).collect();
    drivers.extend([column("Population", 1000.0), column("Year", 1.0)]);
    let found = linear(&column("Employed", 1000.0), &drivers, CompactErrors::Classic);
    for (k, b) in found.coefficients.iter().enumerate() {
        assert!(digits(b.estimate, certified[&format!("Longley.b{k}")]) > 9.0, "{k}: {}", b.estimate);
        assert!(digits(b.std_error, certified[&format!("Longley.se{k}")]) > 9.0, "{k}: {}", b.std_error);
    }
}

#[test]
fn logit_and_gamma_agree_with_exact_fisher_scoring() {
    let expected = reference(include_str!("logit.csv"));
    let (lost, mut drivers) = churn();
    // R read satisfaction with six decimals.
    drivers[0].iter_mut().for_each(|x| *x = (*x * 1e6).round() / 1e6);
    let terms = ["csi", "segmentB", "segmentC"];
    let (data, positions) = packed(&lost, &drivers);
    let logit = compact::logit(&data, 3, &positions, CompactErrors::Classic).unwrap();
    close(logit.deviance, expected["logit.exact.deviance"], "deviance");
    close(logit.null_deviance, expected["logit.nulldev"], "null deviance");
    close(logit.r_squared, expected["logit.mcfadden"], "McFadden");

    let amounts = reference(include_str!("revenue.csv"));
    let all = table(include_str!("synth_customers.csv"));
    let rows: Vec<usize> = (0..800).filter(|row| all["spend"][*row] > 0.0).collect();
    let segment = |letter: f64| -> Vec<f64> {
        rows.iter().map(|row| f64::from(u8::from((all["segment"][*row] - letter).abs() < 0.5))).collect()
    };
    let take = |name: &str| -> Vec<f64> { rows.iter().map(|row| all[name][*row]).collect() };
    let (data, positions) = packed(&take("spend"), &[take("csi"), segment(1.0), segment(2.0)]);
    let gamma = compact::gamma(&data, 3, &positions, CompactErrors::Classic).unwrap();
    let robust = compact::gamma(&data, 3, &positions, CompactErrors::Hc0).unwrap();
    close(gamma.deviance, amounts["gamma.exact.deviance"], "deviance");
    close(gamma.null_deviance, amounts["gamma.nulldev"], "null deviance");
    close(gamma.dispersion, amounts["gamma.exact.phi"], "dispersion");
    for k in 0..4 {
        let term = term(&terms, k);
        close(logit.coefficients[k].estimate, expected[&format!("logit.exact.coef.{term}")], &term);
        close(logit.coefficients[k].std_error, expected[&format!("logit.exact.se.{term}")], &term);
        close(gamma.coefficients[k].estimate, amounts[&format!("gamma.exact.coef.{term}")], &term);
        close(gamma.coefficients[k].std_error, amounts[&format!("gamma.exact.se.{term}")], &term);
        // R's own fit ends when the deviance settles.
        let own = amounts[&format!("gamma.se.HC0.{term}")];
        assert!((robust.coefficients[k].std_error / own - 1.0).abs() < 10.0 * TOLERANCE, "{term}");
    }
}
