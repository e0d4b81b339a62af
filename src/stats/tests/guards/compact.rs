//! Models of many rows, and the reader of their columns.

use cam_stats::compact::{self, Compact, CompactErrors, CompactFit, ReadFault};
use cam_stats::{Column, Refusal, Warning};

use super::{assert_code, assert_finite, column, extremes, noise, warns};

type Fit = fn(&Compact, usize, &[usize], CompactErrors) -> Result<CompactFit, Refusal>;
const MODELS: [Fit; 3] = [compact::linear, compact::logit, compact::gamma];

fn run(
    model: usize,
    outcome: &[f64],
    drivers: &[&[f64]],
    errors: CompactErrors,
) -> Result<CompactFit, Refusal> {
    let mut columns = drivers.to_vec();
    columns.push(outcome);
    let positions: Vec<usize> = (0..drivers.len()).collect();
    MODELS[model](&Compact::from_columns(&columns), drivers.len(), &positions, errors)
}

#[test]
fn what_no_model_can_be_fitted_to_is_refused_by_name() {
    let outcomes = [
        column(300, |i| noise(i, 1)),
        column(300, |i| f64::from(u8::from(noise(i, 2) > 0.0))),
        column(300, |i| noise(i, 3).exp()),
    ];
    let (x, z) = (column(300, |i| noise(i, 4)), column(300, |i| noise(i, 5)));
    let sum = column(300, |i| x[i] - 3.0 * z[i] + 1.0);
    let dummies: Vec<Vec<f64>> = (0..40).map(|k| column(300, |i| f64::from(u8::from(i % 40 == k)))).collect();
    let dummies: Vec<&[f64]> = dummies.iter().map(Vec::as_slice).collect();
    for (model, y) in outcomes.iter().enumerate() {
        let fit = |drivers: &[&[f64]]| run(model, y, drivers, CompactErrors::Hc3);
        assert_eq!(fit(&[&x, &[2.0; 300]]).unwrap_err(), Refusal::NoVariance { column: Column::Driver(1) });
        assert_code(fit(&[&x, &z, &sum]), "E_ALIASED");
        assert_code(fit(&[]), "E_TOO_FEW");
        assert_code(run(model, &y[..2], &[&x[..2]], CompactErrors::Hc3), "E_TOO_FEW");
        assert_code(run(model, &vec![1.0; 300], &[&x], CompactErrors::Hc3), "E_NO_VARIANCE");
        let near = column(300, |i| x[i] + 0.1 * noise(i, 6));
        assert!(warns(&fit(&[&x, &near]).unwrap().warnings, "W_VIF"));
        // Columns that differ in the third digit go the way of QR.
        let twin = column(300, |i| x[i] + 1e-3 * noise(i, 6));
        assert_finite("twin", &fit(&[&x, &twin]));
        assert!(fit(&[&x, &twin]).is_ok(), "model {model}: {:?}", fit(&[&x, &twin]));
        assert!(!dummies.is_empty());
        if model == 0 {
            assert_code(fit(&dummies), "E_ALIASED");
            assert_code(fit(&[&x, &column(300, |i| 2.0 * y[i] - 1.0)]), "E_LEAK");
        }
    }
    assert_code(run(1, &outcomes[0], &[&x], CompactErrors::Classic), "E_NOT_BINARY");
    let zero = column(300, |i| if i == 5 { 0.0 } else { outcomes[2][i] });
    assert_eq!(run(2, &zero, &[&x], CompactErrors::Classic).unwrap_err(), Refusal::NotPositive { row: 5 });
    let rare = column(300, |i| f64::from(u8::from(i % 100 == 0)));
    assert_code(run(1, &rare, &[&x], CompactErrors::Classic), "E_TOO_FEW");
    let split = column(300, |i| f64::from(u8::from(x[i] > 0.1)));
    assert_eq!(
        run(1, &split, &[&z, &x], CompactErrors::Classic).unwrap_err(),
        Refusal::Separation { column: Column::Driver(1) }
    );
    let empty = Compact::from_columns(&[]);
    assert_code(compact::linear(&empty, 0, &[0], CompactErrors::Hc3), "E_LENGTH");
}

#[test]
fn missing_outcomes_leave_and_missing_drivers_are_told() {
    let y = column(400, |i| if i % 5 == 0 { f64::NAN } else { noise(i, 1) });
    let x = column(400, |i| if i % 7 == 0 { f64::NAN } else { noise(i, 2) });
    let found = run(0, &y, &[&x], CompactErrors::Hc3).unwrap();
    assert_eq!(found.n, 320);
    assert!(found.warnings.contains(&Warning::Missing { dropped: 80, available: 400 }));
    let cells = (0..400).filter(|i| i % 5 != 0 && i % 7 == 0).count();
    assert!(found.warnings.contains(&Warning::Imputed { column: Column::Driver(0), cells }));
    let most = column(400, |i| if i % 2 == 0 { f64::NAN } else { noise(i, 1) });
    assert_code(run(0, &most, &[&x], CompactErrors::Hc3), "E_MISSING");
    let single = column(400, |i| f64::from(u8::from(i == 6)));
    let found = run(0, &y, &[&x, &single], CompactErrors::Hc3).unwrap();
    assert!(found.warnings.contains(&Warning::Leverage { row: 6 }));
}

#[test]
fn extreme_values_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    for (i, y) in columns.iter().enumerate() {
        let positive = column(y.len(), |row| y[row].abs());
        for (j, x) in columns.iter().enumerate() {
            let what = format!("outcome {i}, driver {j}");
            for errors in [CompactErrors::Classic, CompactErrors::Hc3] {
                for drivers in [&[x.as_slice()][..], &[x.as_slice(), columns[10].as_slice()][..]] {
                    assert_finite(&what, &run(0, y, drivers, errors));
                    assert_finite(&what, &run(1, &columns[5], drivers, errors));
                    assert_finite(&what, &run(2, &positive, drivers, errors));
                }
            }
        }
    }
}

fn read(text: &str, names: &[&str]) -> Result<Compact, ReadFault> {
    compact::read(text.as_bytes(), names)
}

#[test]
fn faults_of_a_file_are_named_with_their_line() {
    let fault = |text: &str| read(text, &["b"]).unwrap_err().to_string();
    assert_eq!(fault(""), "the file is empty; its first line has to name the columns");
    assert_eq!(fault("a,c\n1,2\n"), "there is no column `b`");
    assert_eq!(fault("b,b\n1,2\n"), "two columns are named `b`; rename one of them");
    assert_eq!(
        fault("a,b\n1,2\n\n3,x7\n"),
        "line 4, column `b`: `x7` is not a number; correct it or leave it empty"
    );
    assert!(fault("a,b\n1,inf\n").starts_with("line 2, column `b`: `inf`"));
    assert_eq!(fault("a,b\n1,2\n3\n"), "line 3 has 1 cells where the header has 2");
    assert_eq!(fault("a,b\n1,2,3\n"), "line 2 has 3 cells where the header has 2");
    assert_eq!(read("a,b\n", &["b"]).unwrap().rows(), 0);
}
