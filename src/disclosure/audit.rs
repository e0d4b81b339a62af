//! How closely a hidden mean can be bounded by what is shown and by the ends of the scale.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};

use super::release::{Question, Table};

/// The next cell to hide where some hidden mean is bounded too closely; `None` where none is.
pub(super) fn narrow(table: &Table, shown: &[bool], scale: &Question, widest: f64) -> Option<usize> {
    let hidden = (0..table.cells.len()).filter(|&cell| !shown[cell] && table.cells[cell].n > 0);
    hidden
        .filter(|&cell| range(table, shown, scale, cell) < widest * (scale.high - scale.low) - 1e-6)
        .find_map(|cell| table.smallest_beside(cell, shown))
}

/// Width of the range in which the mean of a hidden cell can lie: every atom's answers lie between the ends of the scale,
/// and every shown sum is known.
fn range(table: &Table, shown: &[bool], scale: &Question, cell: usize) -> f64 {
    let end = |direction: OptimizationDirection| {
        let mut problem = Problem::new(direction);
        let variables: Vec<_> = (0..table.atoms.len())
            .map(|atom| {
                let n = table.atoms[atom] as f64;
                let counts = table.cells[cell].atoms.binary_search(&atom).is_ok();
                problem.add_var(f64::from(u8::from(counts)), (n * scale.low, n * scale.high))
            })
            .collect();
        for other in (0..table.cells.len()).filter(|&other| shown[other]) {
            let terms: Vec<_> = table.cells[other].atoms.iter().map(|&atom| (variables[atom], 1.0)).collect();
            problem.add_constraint(&terms, ComparisonOp::Eq, table.cells[other].sum);
        }
        // The answers themselves solve it; if rounding says otherwise, nothing is taken for granted.
        match problem.solve() {
            Ok(SolveOutcome::Solution(found)) => Some(found.objective()),
            _ => None,
        }
    };
    match (end(OptimizationDirection::Minimize), end(OptimizationDirection::Maximize)) {
        (Some(low), Some(high)) => (high - low) / table.cells[cell].n as f64,
        _ => 0.0,
    }
}
