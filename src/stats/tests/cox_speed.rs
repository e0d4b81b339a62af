//! How long a fit of hazards takes.

use std::time::Instant;

use cam_stats::cox::{self, Ties};
use cam_stats::survival::Lifetimes;

/// Customers of the benchmark's file (`CAM_BENCH_CSV`): 20 drivers with the mean for a missing value, whole
/// months until they left. One thread; beside it, `limit_newton.py cox` on the same file.
#[test]
#[ignore = "a measurement: needs the file in CAM_BENCH_CSV"]
fn a_fit_of_twenty_drivers() {
    let text = std::fs::read_to_string(std::env::var_os("CAM_BENCH_CSV").unwrap()).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| column.trim_matches('"') == name).unwrap();
    let (time_place, event_place, first) = (place("tenure_months"), place("churned"), place("d01"));
    let (mut drivers, mut stop, mut event) = (vec![Vec::new(); 20], Vec::new(), Vec::new());
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        stop.push(cells[time_place].parse::<f64>().unwrap());
        event.push(cells[event_place].starts_with('1'));
        for (k, column) in drivers.iter_mut().enumerate() {
            column.push(cells[first + k].parse().unwrap_or(f64::NAN));
        }
    }
    for column in &mut drivers {
        let known: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        for value in column.iter_mut().filter(|value| value.is_nan()) {
            *value = mean;
        }
    }
    let drivers: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
    let ticks = || {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let cells: Vec<f64> = stat.split(' ').map(|cell| cell.parse().unwrap_or(0.0)).collect();
        cells.get(13).copied().unwrap_or(0.0) + cells.get(14).copied().unwrap_or(0.0)
    };
    for _ in 0..3 {
        let (begin, before) = (Instant::now(), ticks());
        let fit = cox::fit(&lifetimes, &drivers, Ties::Efron, None).unwrap();
        let seconds = begin.elapsed().as_secs_f64();
        let cpu = (ticks() - before) / 100.0;
        eprintln!("{} rows, {} iterations: {seconds:.4} s, CPU {cpu:.2} s", fit.n, fit.iterations);
        eprintln!("{:?}", fit.coefficients.iter().map(|b| b.estimate).take(3).collect::<Vec<_>>());
    }
}
