//! How long bootstraps of path models and shares take; run by
//! `ECSI=FILE RAYON_NUM_THREADS=1 cargo test -p cam-stats --test drivers_time -- --ignored --nocapture`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends where its set-up fails, and prints"
)]

use std::time::Instant;

use cam_stats::importance::uncertainty;
use cam_stats::ols::Problem;
use cam_stats::pls::{self, Model, Scheme};
use cam_stats::spread::Resampling;

/// 24 items of the seven latent variables of the European index, in the order of its blocks.
fn ecsi() -> Model {
    let mut next = 0..;
    let blocks = [5, 3, 7, 2, 3, 1, 3].map(|size| next.by_ref().take(size).collect()).to_vec();
    let paths = [
        (0, vec![1, 4, 6]),
        (1, vec![2, 3, 4]),
        (2, vec![3, 4]),
        (3, vec![4]),
        (4, vec![5, 6]),
        (5, vec![6]),
    ];
    let paths = paths.iter().flat_map(|(from, to)| to.iter().map(|to| (*from, *to))).collect();
    Model { blocks, paths, scheme: Scheme::Path }
}

/// The CSV file that `ECSI` names, column by column.
fn columns() -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(std::env::var_os("ECSI").unwrap()).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect());
    let rows: Vec<Vec<f64>> = rows.collect();
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

#[test]
#[ignore = "a measurement: 1,000 replicates of a path model"]
fn time_of_a_path_model() {
    let columns = columns();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    for scheme in [Scheme::Path, Scheme::Centroid] {
        let model = Model { scheme, ..ecsi() };
        let start = Instant::now();
        let resampling = Resampling { draws: 1000, seed: 1, ids: None };
        let found = pls::fit(&slices, Some(&[(1.0, 10.0); 24]), &model, Some(&resampling)).unwrap();
        println!(
            "{scheme:?}, n = {}: {:.3} s, {} iterations, image on expectation {:.10} +- {:.4}",
            found.n,
            start.elapsed().as_secs_f64(),
            found.iterations,
            found.paths[0].coefficient,
            found.paths[0].coefficients.unwrap().sd
        );
    }
}

#[test]
#[ignore = "a measurement: 1,000 replicates of shares"]
fn time_of_a_bootstrap_of_shares() {
    let columns = columns();
    for p in [5, 12, 20] {
        let drivers: Vec<&[f64]> = columns[..p].iter().map(Vec::as_slice).collect();
        let problem = Problem { outcome: &columns[20], drivers: &drivers, intercept: true, weights: None };
        let start = Instant::now();
        let found = uncertainty(&problem, &Resampling { draws: 1000, seed: 1, ids: None }).unwrap();
        println!("{p} drivers: {:.3} s, first {:.3}", start.elapsed().as_secs_f64(), found.drivers[0].first);
    }
}
