//! How closely a hidden mean can be bounded by what is shown and by the ends of the scale.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};

use super::release::Table;
use super::remainder::{Remainders, innermost};

/// What rounding may add to a range.
pub(super) const ROUNDING: f64 = 1e-6;

/// The next cell to hide where some hidden mean is bounded too closely; `None` where none is.
///
/// It is the smallest of the shown cells around and beside it that makes the range wider.
pub(super) fn narrow(table: &Table, shown: &[bool], widest: f64) -> Option<usize> {
    let hidden = (0..table.cells.len()).filter(|&cell| !shown[cell] && table.cells[cell].n > 0);
    hidden.map(|cell| (cell, range(table, shown, cell))).find_map(|(cell, known)| {
        if known >= widest - ROUNDING {
            return None;
        }
        let mut helpers = around(table, shown, cell);
        helpers.sort_by_key(|&helper| table.cells[helper].n);
        let widens = |helper: usize| {
            let mut without = shown.to_vec();
            without[helper] = false;
            range(table, &without, cell) > known + ROUNDING
        };
        helpers.iter().copied().find(|&helper| widens(helper)).or_else(|| helpers.first().copied())
    })
}

/// The shown cells in whose remainders the hidden cell lies, and those right inside them.
fn around(table: &Table, shown: &[bool], hidden: usize) -> Vec<usize> {
    let remainders = Remainders::of(table, shown);
    let touched: Vec<usize> =
        touched(table, &remainders, hidden).into_iter().filter_map(|node| remainders.cell(node)).collect();
    let helps = |cell: &usize| {
        let outer = innermost(&table.cells, shown, table.cells[*cell].above);
        shown[*cell] && (touched.contains(cell) || outer.is_some_and(|outer| touched.contains(&outer)))
    };
    (0..table.cells.len()).filter(helps).collect()
}

/// The nodes that hang together with a cell; what lies elsewhere says nothing of it.
fn touched(table: &Table, remainders: &Remainders, cell: usize) -> Vec<usize> {
    let touches = |node: &usize| remainders.at(*node).iter().any(|&atom| table.holds(cell, atom));
    remainders.components(false).into_iter().filter(|nodes| nodes.iter().any(touches)).flatten().collect()
}

/// Share of the scale in which the mean of a cell can lie: every answer lies between the ends of the scale, and the sum of
/// every remainder is known.
fn range(table: &Table, shown: &[bool], cell: usize) -> f64 {
    let remainders = Remainders::of(table, shown);
    let nodes = touched(table, &remainders, cell);
    // Respondents in the same remainders, and in the cell or not, need one variable.
    let mut blocks: BTreeMap<([usize; 2], bool), usize> = BTreeMap::new();
    let concerned =
        |atom: usize| table.holds(cell, atom) || remainders.ends[atom].iter().any(|end| nodes.contains(end));
    for atom in (0..table.atoms.len()).filter(|&atom| concerned(atom)) {
        *blocks.entry((remainders.ends[atom], table.holds(cell, atom))).or_default() += table.atoms[atom].n;
    }
    let end = |direction: OptimizationDirection| {
        let mut problem = Problem::new(direction);
        let variables: Vec<_> = blocks
            .iter()
            .map(|((ends, counts), n)| {
                (*ends, problem.add_var(f64::from(u8::from(*counts)), (0.0, *n as f64)))
            })
            .collect();
        for &node in &nodes {
            let inside = variables.iter().filter(|(ends, _)| ends.contains(&node));
            let terms: Vec<_> = inside.map(|(_, variable)| (*variable, 1.0)).collect();
            let (n, sum) = remainders
                .at(node)
                .iter()
                .map(|&atom| &table.atoms[atom])
                .fold((0, 0.0), |(n, sum), atom| (n + atom.n, sum + atom.share));
            problem.add_constraint(&terms, ComparisonOp::Eq, sum.clamp(0.0, n as f64));
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
