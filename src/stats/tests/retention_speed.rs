//! How long fits of leaving take.

#![expect(clippy::unwrap_used, reason = "a measurement ends where its set-up fails")]

use std::time::Instant;

use cam_stats::cox::{self, Ties};
use cam_stats::discrimination::auc;
use cam_stats::firth;
use cam_stats::ols::Problem;
use cam_stats::survival::{Lifetimes, concordance};

/// Customers of the benchmark's file (`CAM_BENCH_CSV`): 20 drivers with the mean for a missing value, times until
/// they left, who left, who was kept.
struct Customers {
    drivers: Vec<Vec<f64>>,
    stop: Vec<f64>,
    event: Vec<bool>,
    retained: Vec<f64>,
}

fn customers() -> Customers {
    let text = std::fs::read_to_string(std::env::var_os("CAM_BENCH_CSV").unwrap()).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| column.trim_matches('"') == name).unwrap();
    let [first, time, churned, retained] = ["d01", "tenure_months", "churned", "retained"].map(place);
    let mut found = Customers {
        drivers: vec![Vec::new(); 20],
        stop: Vec::new(),
        event: Vec::new(),
        retained: Vec::new(),
    };
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        found.stop.push(cells[time].parse().unwrap());
        found.event.push(cells[churned].starts_with('1'));
        found.retained.push(cells[retained].parse().unwrap());
        for (k, column) in found.drivers.iter_mut().enumerate() {
            column.push(cells[first + k].parse().unwrap_or(f64::NAN));
        }
    }
    for column in &mut found.drivers {
        let known: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        for value in column.iter_mut().filter(|value| value.is_nan()) {
            *value = mean;
        }
    }
    found
}

/// Hundredths of a second of processor time so far.
fn ticks() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let cells: Vec<f64> = stat.split(' ').map(|cell| cell.parse().unwrap_or(0.0)).collect();
    cells.iter().skip(13).take(2).sum()
}

fn timed<T>(what: &str, work: impl Fn() -> T) -> T {
    let (begin, before) = (Instant::now(), ticks());
    let found = work();
    let cpu = (ticks() - before) / 100.0;
    eprintln!("{what}: {:.4} s, CPU {cpu:.2} s", begin.elapsed().as_secs_f64());
    found
}

/// Beside it: `limit_newton.py cox` on the same file, one thread.
#[test]
#[ignore = "a measurement: needs the file in CAM_BENCH_CSV"]
fn a_hazard_of_twenty_drivers() {
    let data = customers();
    let drivers: Vec<&[f64]> = data.drivers.iter().map(Vec::as_slice).collect();
    let lifetimes = Lifetimes { start: None, stop: &data.stop, event: &data.event };
    for _ in 0..3 {
        let fit = timed("Cox", || cox::fit(&lifetimes, &drivers, Ties::Efron, None).unwrap());
        eprintln!("{} rows, {} iterations, first {}", fit.n, fit.iterations, fit.coefficients[0].estimate);
    }
    let fit = cox::fit(&lifetimes, &drivers, Ties::Efron, None).unwrap();
    timed("proportional hazards", || cox::proportional_hazards(&lifetimes, &drivers, &fit, &[&[0]]).unwrap());
    timed("concordance", || concordance(&lifetimes, &fit.risk).unwrap());
    timed("Firth's hazard", || cox::firth(&lifetimes, &drivers, Ties::Efron).unwrap());
    timed("area", || auc(&data.retained, &fit.risk, 0.95).unwrap());
}

/// With the profiles of all 21 coefficients.
#[test]
#[ignore = "a measurement: needs the file in CAM_BENCH_CSV"]
fn firth_of_twenty_drivers() {
    let data = customers();
    let drivers: Vec<&[f64]> = data.drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &data.retained, drivers: &drivers, intercept: true, weights: None };
    timed("Firth", || firth::fit(&problem).unwrap());
}
