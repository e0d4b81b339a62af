//! Models of many rows.

use cam_stats::compact::{self, BLOCK, Compact, CompactErrors, CompactFit};
use cam_stats::glm::{self, Family};
use cam_stats::ols::{self, Coefficient, Problem, StandardErrors};
use cam_stats::random::SplitMix64;
use proptest::prelude::*;

use super::close;

const DRIVERS: usize = 5;

/// Answers from 1 to 10, 7 % of them missing, for five drivers; then an outcome, a 0/1 outcome and an amount.
fn answers(rows: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = SplitMix64::new(seed);
    let mut columns = vec![Vec::new(); DRIVERS + 3];
    for _ in 0..rows {
        let common = random.uniform();
        let mut sum = 0.0;
        for column in &mut columns[..DRIVERS] {
            let value = (1.0 + 9.0 * (0.4 * common + 0.6 * random.uniform())).round();
            sum += value / 10.0;
            column.push(if random.uniform() < 0.07 { f64::NAN } else { value });
        }
        let noise = random.uniform() + random.uniform() - 1.0;
        columns[DRIVERS].push(((sum + noise) * 100.0).round() / 100.0);
        columns[DRIVERS + 1].push(f64::from(u8::from(sum + 4.0 * noise > 3.0)));
        columns[DRIVERS + 2].push((0.3 * sum + noise).exp());
    }
    columns
}

fn filled(column: &[f64]) -> Vec<f64> {
    let there: Vec<f64> = column.iter().copied().filter(|x| !x.is_nan()).collect();
    let mean = there.iter().sum::<f64>() / there.len() as f64;
    column.iter().map(|x| if x.is_nan() { mean } else { *x }).collect()
}

fn pack(columns: &[Vec<f64>]) -> Compact {
    Compact::from_columns(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn all(data: &Compact) -> [CompactFit; 3] {
    let drivers: Vec<usize> = (0..DRIVERS).collect();
    [
        compact::linear(data, DRIVERS, &drivers, CompactErrors::Hc3).unwrap(),
        compact::logit(data, DRIVERS + 1, &drivers, CompactErrors::Hc3).unwrap(),
        compact::gamma(data, DRIVERS + 2, &drivers, CompactErrors::Hc3).unwrap(),
    ]
}

fn same(a: &[Coefficient], b: &[Coefficient]) -> Result<(), TestCaseError> {
    for (a, b) in a.iter().zip(b) {
        prop_assert!(
            (a.estimate - b.estimate).abs() <= 1e-9 * (a.std_error + a.estimate.abs()),
            "{a:?} {b:?}"
        );
        prop_assert!((a.std_error / b.std_error - 1.0).abs() < 1e-8, "{a:?} {b:?}");
    }
    Ok(())
}

/// As CSV, with what a file of the world has: quotes, line ends of both kinds, another column.
fn written(columns: &[Vec<f64>]) -> String {
    let mut text = String::from("\u{feff}\"note\",");
    text += &(0..columns.len()).map(|k| format!("c{k}")).collect::<Vec<_>>().join(",");
    text += "\r\n";
    for row in 0..columns[0].len() {
        text += if row % 3 == 0 { "\"one,\"\"two\"\"\nthree\"," } else { "plain," };
        let cell = |column: &Vec<f64>| match column[row] {
            value if value.is_nan() => {
                if row % 2 == 0 {
                    String::new()
                } else {
                    "NA".to_owned()
                }
            }
            value if row % 5 == 0 => format!("\"{value}\""),
            value => value.to_string(),
        };
        text += &columns.iter().map(cell).collect::<Vec<_>>().join(",");
        text += if row % 2 == 0 { "\n" } else { "\r\n" };
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn compact_models_equal_those_of_few_rows(rows in 200..2 * BLOCK, seed in 0..1_000_000_u64) {
        let columns = answers(rows, seed);
        let [linear, logit, gamma] = all(&pack(&columns));
        let drivers: Vec<Vec<f64>> = columns[..DRIVERS].iter().map(|column| filled(column)).collect();
        let drivers: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
        let problem = |k: usize| Problem { outcome: &columns[DRIVERS + k], drivers: &drivers, intercept: true, weights: None };
        let least_squares = ols::fit(&problem(0), StandardErrors::HC3).unwrap();
        same(&least_squares.coefficients, &linear.coefficients)?;
        prop_assert!(close(least_squares.r_squared, linear.r_squared, 1e-10));
        for (k, family, found) in [(1, Family::Logit, logit), (2, Family::GammaLog, gamma)] {
            let expected = glm::fit(&problem(k), family, None, StandardErrors::HC3).unwrap();
            same(&expected.coefficients, &found.coefficients)?;
            prop_assert!(close(expected.deviance, found.deviance, 1e-10));
            prop_assert!(close(expected.null_deviance.unwrap(), found.null_deviance, 1e-10));
            prop_assert!(close(expected.dispersion, found.dispersion, 1e-9));
        }
    }

    #[test]
    fn a_file_is_read_as_its_columns(rows in 1..3 * BLOCK, seed in 0..1_000_000_u64) {
        let columns = answers(rows, seed);
        let names: Vec<String> = (0..columns.len()).map(|k| format!("c{k}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = compact::read(written(&columns).as_bytes(), &names).unwrap();
        prop_assert_eq!(&found, &pack(&columns));
        // Bytes for answers and 0/1, whatever they need for the rest.
        prop_assert!(found.bytes() <= rows * (DRIVERS + 1 + 16));
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let columns = answers(70 * BLOCK + 17, 3);
    let text = written(&columns[..2]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (all(&pack(&columns)), compact::read(text.as_bytes(), &["c1", "c0"]).unwrap()))
    };
    let one = run(1);
    for threads in [2, 3, 7] {
        assert!(run(threads) == one, "{threads} threads");
    }
    // The values to begin with were those of a part of the rows.
    assert!(
        one.0[1].iterations < 8 && one.0[2].iterations < 12,
        "{} {}",
        one.0[1].iterations,
        one.0[2].iterations
    );
}
