//! The rows of the table: which truth, which data, and what the reference simulation found.

use super::shapes::{Noise, Spread, Truth};

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) truth: Truth,
    pub(crate) spread: Spread,
    pub(crate) noise: Noise,
    pub(crate) n: usize,
    /// Share of right verdicts in the reference simulation, and its data sets.
    pub(crate) reference: Option<(f64, f64)>,
}

pub(crate) const PLATEAU: Truth = Truth::Broken(0.0);
pub(crate) const SMALLER: Truth = Truth::Broken(0.4);
/// The slope above is exactly the share of the slope below at which a plateau ends.
pub(crate) const LIMIT: Truth = Truth::Broken(0.22);
pub(crate) const FALLS: Truth = Truth::Broken(-0.4);
pub(crate) const LINE: Truth = Truth::Line(0.8);

/// Data sets per row of the reference simulation: at most this many; the rows at 8 % have fewer.
const SETS: f64 = 100.0;
const FAINT_SETS: f64 = 30.0;

/// The rows of the reference simulation.
pub(crate) fn reference() -> Vec<Row> {
    let sizes = [(150, 6.0), (150, 15.0), (400, 6.0), (400, 15.0), (1500, 15.0)];
    let shares: [(Truth, &[f64]); 6] = [
        (PLATEAU, &[0.75, 0.21, 0.94, 0.45, 0.85]),
        (SMALLER, &[0.98, 0.49, 1.00, 0.89, 0.98]),
        (LINE, &[0.94, 0.97, 0.95, 0.99, 0.93]),
        (Truth::Log, &[0.98, 0.28, 1.00, 0.67, 1.00]),
        (Truth::Flat, &[0.95, 0.87, 0.92, 0.91, 0.93]),
        (FALLS, &[1.00, 0.78, 1.00, 0.97]),
    ];
    let mut rows = Vec::new();
    for (truth, shares) in shares {
        for ((n, sd), share) in sizes.iter().zip(shares) {
            let (noise, reference) = (Noise::Normal(*sd), Some((*share, SETS)));
            rows.push(Row { truth, spread: Spread::Even, noise, n: *n, reference });
        }
    }
    let faint: [(Truth, &[(usize, f64)]); 2] =
        [(PLATEAU, &[(500, 0.13), (1500, 0.27), (5000, 0.47)]), (Truth::Log, &[(500, 0.03), (1500, 0.27)])];
    for (truth, shares) in faint {
        for (n, share) in shares {
            let reference = Some((*share, FAINT_SETS));
            rows.push(Row { truth, spread: Spread::Even, noise: Noise::Faint, n: *n, reference });
        }
    }
    rows
}

/// Rows that the reference simulation did not try.
pub(crate) fn others() -> Vec<Row> {
    let normal = Noise::Normal(15.0);
    let shapes = [
        (Spread::Even, Noise::Skewed(15.0), 400),
        (Spread::Even, Noise::Factor(0.5), 1500),
        (Spread::Even, Noise::Heavy(15.0), 400),
        (Spread::Even, Noise::Binary, 1500),
        (Spread::Ceiling, normal, 400),
        (Spread::Ceiling, normal, 1500),
        (Spread::Ticked, normal, 400),
        (Spread::Ticked, normal, 1500),
        (Spread::Bunched, normal, 400),
        (Spread::Bunched, normal, 1500),
        (Spread::Scores, normal, 400),
        (Spread::Items, normal, 400),
        (Spread::Items, normal, 1500),
        (Spread::Units(60), Noise::Shared(15.0), 600),
        (Spread::Units(20), Noise::Shared(15.0), 600),
    ];
    let mut rows: Vec<Row> = [(400, 6.0), (400, 15.0), (1500, 15.0)]
        .map(|(n, sd)| Row {
            truth: LIMIT,
            spread: Spread::Even,
            noise: Noise::Normal(sd),
            n,
            reference: None,
        })
        .to_vec();
    for (spread, noise, n) in shapes {
        // The larger of two sizes is there for the plateau, the limit and the line.
        let twice = n == 1500 && noise == normal;
        let truths: &[Truth] =
            if twice { &[PLATEAU, LIMIT, LINE] } else { &[PLATEAU, LIMIT, LINE, SMALLER, Truth::Flat] };
        rows.extend(truths.iter().map(|&truth| Row { truth, spread, noise, n, reference: None }));
    }
    rows
}
