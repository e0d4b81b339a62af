//! What the shown sums of a question tell exactly, as a graph.
//!
//! Take from each shown cell the shown cells inside it: what is left is its remainder, and its sum is known. The remainders
//! of one dimension do not overlap, and every sum that follows from the shown ones, by whatever adding, subtracting and
//! multiplying, gives each respondent the number of its remainder in the first dimension plus that of its remainder in the
//! second. So let remainders be nodes, and respondents edges between their two remainders; whoever is in none counts nought
//! there, and hangs on a node that stands for nought. With the sign of the second dimension turned, a sum that follows is
//! then a difference of potentials along the edges, those who are in it are the edges across levels of potential, and the
//! fewest respondents that any such sum can single out are the edges of the smallest cut.

use super::release::{Counted, Table};

/// The node for no shown cell.
const NOUGHT: usize = 0;

/// The graph of one choice of shown cells.
pub(super) struct Remainders<'a> {
    table: &'a Table,
    shown: &'a [bool],
    /// The two nodes of each atom.
    pub(super) ends: Vec<[usize; 2]>,
    /// Atoms at each node.
    at: Vec<Vec<usize>>,
}

impl<'a> Remainders<'a> {
    pub(super) fn of(table: &'a Table, shown: &'a [bool]) -> Self {
        let cells = table.cells.len();
        let node = |dimension: usize, lowest: usize| {
            innermost(&table.cells, shown, Some(lowest)).map_or(NOUGHT, |cell| 1 + dimension * cells + cell)
        };
        let ends: Vec<[usize; 2]> = table
            .atoms
            .iter()
            .map(|atom| {
                let first = atom.lowest.first().map_or_else(|| node(0, 0), |lowest| node(0, *lowest));
                [first, atom.lowest.get(1).map_or(NOUGHT, |lowest| node(1, *lowest))]
            })
            .collect();
        let mut at = vec![Vec::new(); 1 + 2 * cells];
        for (atom, [first, second]) in ends.iter().enumerate() {
            if first != second {
                at[*first].push(atom);
                at[*second].push(atom);
            }
        }
        Self { table, shown, ends, at }
    }

    /// The shown cells whose sums single out fewer than `k` respondents, if some do.
    pub(super) fn single_out(&self, k: usize) -> Option<Vec<usize>> {
        self.components(true).into_iter().find_map(|nodes| {
            let side = self.smallest_cut(&nodes, k)?;
            // The node for nought stays at nought.
            let inside = !side.contains(&NOUGHT);
            let mut potentials: Vec<Option<i64>> =
                self.at.iter().map(|atoms| (!atoms.is_empty()).then_some(0)).collect();
            for node in nodes {
                potentials[node] = Some(i64::from(side.contains(&node) == inside));
            }
            Some(self.made_of(&potentials))
        })
    }

    /// The shown cells whose sums give the sum of a hidden cell, if it follows.
    pub(super) fn give(&self, cell: usize) -> Option<Vec<usize>> {
        let counts = |atom: usize| i64::from(self.table.holds(cell, atom));
        let mut potentials: Vec<Option<i64>> = vec![None; self.at.len()];
        for nodes in self.components(true) {
            potentials[nodes[0]] = Some(0);
            let mut next = vec![nodes[0]];
            while let Some(node) = next.pop() {
                let here = potentials[node].unwrap_or(0);
                for &atom in &self.at[node] {
                    let [first, second] = self.ends[atom];
                    let (other, there) = if node == first {
                        (second, here - counts(atom))
                    } else {
                        (first, here + counts(atom))
                    };
                    match potentials[other] {
                        None => {
                            potentials[other] = Some(there);
                            next.push(other);
                        }
                        Some(known) if known != there => return None,
                        Some(_) => {}
                    }
                }
            }
        }
        let loose = |atom: &usize| self.ends[*atom] == [NOUGHT; 2] && self.table.holds(cell, *atom);
        if (0..self.ends.len()).any(|atom| loose(&atom)) { None } else { Some(self.made_of(&potentials)) }
    }

    /// Nodes with atoms, in groups that hang together; through the node for nought or not.
    pub(super) fn components(&self, through_nought: bool) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.at.len()];
        let mut components = Vec::new();
        for start in 0..self.at.len() {
            if seen[start] || self.at[start].is_empty() || (start == NOUGHT && !through_nought) {
                continue;
            }
            seen[start] = true;
            let mut nodes = vec![start];
            let mut done = 0;
            while let Some(&node) = nodes.get(done) {
                done += 1;
                for other in self.at[node].iter().flat_map(|&atom| self.ends[atom]) {
                    if !seen[other] && (other != NOUGHT || through_nought) {
                        seen[other] = true;
                        nodes.push(other);
                    }
                }
            }
            components.push(nodes);
        }
        components
    }

    /// Atoms whose sum is known together: those at the node of a remainder.
    pub(super) fn at(&self, node: usize) -> &[usize] {
        &self.at[node]
    }

    /// The shown cell of a node.
    pub(super) fn cell(&self, node: usize) -> Option<usize> {
        Some(node.checked_sub(1)? % self.table.cells.len())
    }

    /// The side of a cut with fewer than `k` respondents across it, the smallest of the component.
    ///
    /// Stoer and Wagner, *A simple min-cut algorithm*, Journal of the ACM 44 (1997).
    fn smallest_cut(&self, nodes: &[usize], k: usize) -> Option<Vec<usize>> {
        let place = |node: usize| nodes.iter().position(|&other| other == node);
        let mut weight = vec![vec![0_usize; nodes.len()]; nodes.len()];
        for (atom, [first, second]) in self.ends.iter().enumerate() {
            if let (true, Some(a), Some(b)) = (first != second, place(*first), place(*second)) {
                weight[a][b] += self.table.atoms[atom].n;
                weight[b][a] += self.table.atoms[atom].n;
            }
        }
        let mut merged: Vec<Vec<usize>> = nodes.iter().map(|&node| vec![node]).collect();
        let mut left: Vec<usize> = (0..nodes.len()).collect();
        let mut best: Option<(usize, Vec<usize>)> = None;
        while left.len() > 1 {
            let mut tied = vec![0_usize; nodes.len()];
            let mut order: Vec<usize> = Vec::new();
            while order.len() < left.len() {
                // The first of the most tied, so that the same table gives the same cut.
                let next = left
                    .iter()
                    .copied()
                    .filter(|node| !order.contains(node))
                    .reduce(|most, node| if tied[node] > tied[most] { node } else { most })?;
                order.push(next);
                for &node in &left {
                    tied[node] += weight[next][node];
                }
            }
            let last = order.pop()?;
            let before = order.pop()?;
            let across: usize =
                left.iter().filter(|&&node| node != last).map(|&node| weight[last][node]).sum();
            if best.as_ref().is_none_or(|(least, _)| across < *least) {
                best = Some((across, merged[last].clone()));
            }
            let moved = std::mem::take(&mut merged[last]);
            merged[before].extend(moved);
            for &node in &left {
                let with_last = weight[last][node];
                weight[before][node] += with_last;
                weight[node][before] += with_last;
            }
            left.retain(|&node| node != last);
        }
        best.filter(|(across, _)| *across < k).map(|(_, side)| side)
    }

    /// The shown cells of which potentials are made: where a cell's potential is not that of the shown cell around it.
    fn made_of(&self, potentials: &[Option<i64>]) -> Vec<usize> {
        let cells = self.table.cells.len();
        // A remainder without respondents takes the potential around it, so that its cell is not needed.
        let potential = |dimension: usize, mut cell: Option<usize>| {
            while let Some(here) = innermost(&self.table.cells, self.shown, cell) {
                if let Some(found) = potentials[1 + dimension * cells + here] {
                    return found;
                }
                cell = self.table.cells[here].above;
            }
            0
        };
        let needed = |cell: usize| match self.table.cells[cell].dimension {
            None => potential(0, Some(cell)) != potential(1, Some(cell)),
            Some(dimension) => {
                potential(dimension, Some(cell)) != potential(dimension, self.table.cells[cell].above)
            }
        };
        (0..cells).filter(|&cell| self.shown[cell] && needed(cell)).collect()
    }
}

/// The first shown cell on the way from a cell to the whole.
pub(super) fn innermost(cells: &[Counted], shown: &[bool], from: Option<usize>) -> Option<usize> {
    let mut at = from;
    while let Some(cell) = at {
        if shown[cell] {
            return Some(cell);
        }
        at = cells[cell].above;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::release::Atom;
    use super::*;

    /// A whole with the groups of each dimension right under it, and respondents by their two groups.
    fn table(groups: [usize; 2], atoms: &[([usize; 2], usize)]) -> Table {
        let whole = Counted { dimension: None, above: None, n: 0, sum: 0.0 };
        let under = |dimension| Counted { dimension: Some(dimension), above: Some(0), n: 0, sum: 0.0 };
        let cells = std::iter::once(whole)
            .chain((0..groups[0]).map(|_| under(0)))
            .chain((0..groups[1]).map(|_| under(1)));
        let atom = |([first, second], n): &([usize; 2], usize)| Atom {
            lowest: vec![1 + first, 1 + groups[0] + second],
            n: *n,
            share: 0.0,
        };
        Table { atoms: atoms.iter().map(atom).collect(), cells: cells.collect() }
    }

    /// Units of 10, 3 and 2 in one tenure, and one more of the first unit in the other tenure.
    const ATOMS: [([usize; 2], usize); 4] = [([0, 0], 9), ([1, 0], 3), ([2, 0], 2), ([0, 1], 1)];

    #[test]
    fn the_rest_of_a_whole_follows_from_the_whole_and_its_other_parts() {
        let table = table([3, 2], &ATOMS);
        let shown = [true, true, false, true, false, false];
        let remainders = Remainders::of(&table, &shown);
        assert_eq!(remainders.give(2), Some(vec![0, 1, 3]));
        assert_eq!(remainders.give(4), None);
    }

    #[test]
    fn a_unit_less_a_tenure_singles_out_those_who_are_not_in_both() {
        let table = table([3, 2], &[([0, 0], 9), ([0, 1], 1), ([1, 0], 2), ([1, 1], 8)]);
        // The two differ by the 1 and the 2, and neither holds the other.
        let shown = [false, true, false, false, true, false];
        assert_eq!(Remainders::of(&table, &shown).single_out(4), Some(vec![1, 4]));
        assert_eq!(Remainders::of(&table, &shown).single_out(3), None);
    }

    #[test]
    fn several_small_groups_that_are_hidden_together_are_singled_out_together() {
        let table = table([3, 1], &[([0, 0], 9), ([1, 0], 1), ([2, 0], 2)]);
        let shown = [true, true, false, false, false];
        assert_eq!(Remainders::of(&table, &shown).single_out(4), Some(vec![0, 1]));
        assert_eq!(Remainders::of(&table, &shown).single_out(3), None);
        assert_eq!(Remainders::of(&table, &shown).give(2), None);
    }
}
