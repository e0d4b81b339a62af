//! From ballots to the released table: small cells are hidden, then whatever gives them away.

use std::collections::BTreeMap;

use super::audit;
use super::span::Span;

/// A way of parting the respondents, as a tree of groups: units in departments, or tenures without any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The group above each group; `None` right under the whole.
    pub parents: Vec<Option<usize>>,
}

/// One ballot: the lowest group that it belongs to in each dimension, and its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Ballot {
    /// Position of its group, per dimension.
    pub groups: Vec<usize>,
    /// Its answer to each question, if given.
    pub answers: Vec<Option<f64>>,
}

/// The ends of a question's scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// Lowest answer.
    pub low: f64,
    /// Highest answer.
    pub high: f64,
}

/// How careful a release is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Answers below which a cell is hidden; at least [`Rule::LEAST_K`].
    pub k: usize,
    /// Share of the scale that the possible range of a hidden mean has to span.
    pub widest: f64,
}

impl Rule {
    /// The smallest threshold: it can be raised, never lowered.
    pub const LEAST_K: usize = 5;
}

impl Default for Rule {
    fn default() -> Self {
        Self { k: Self::LEAST_K, widest: 0.4 }
    }
}

/// A table that cannot be released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The threshold is too low.
    #[error("a cell needs {least} answers or more, not {k}: the threshold can only be raised")]
    TooSmall {
        /// What was asked.
        k: usize,
        /// What is needed.
        least: usize,
    },
    /// A ballot names a group that its dimension does not have, or not one group per dimension.
    #[error("ballot {ballot} does not fit the dimensions and questions")]
    Misfit {
        /// Position of the ballot.
        ballot: usize,
    },
    /// A group stands above itself.
    #[error("group {group} of dimension {dimension} has no way up to the whole")]
    Loop {
        /// Position of the dimension.
        dimension: usize,
        /// Position of the group.
        group: usize,
    },
}

/// One cell of the table: a question in a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Position of the question.
    pub question: usize,
    /// Dimension and group; `None` for the whole.
    pub group: Option<(usize, usize)>,
    /// What is shown; `None` where it is hidden.
    pub shown: Option<Shown>,
}

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// Answers.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
}

/// Releases every question in the whole and in every group of every dimension, hiding what must stay hidden.
///
/// A cell with fewer than `k` answers is hidden. Then cells are hidden one by one, the smallest that helps first, until
/// with everything that is shown, and with the number of answers in every combination of groups known,
///
/// * no hidden mean and no mean of a combination of fewer than `k` follows by adding and subtracting what is shown,
/// * no two shown cells differ by fewer than `k` answers,
/// * every hidden mean could lie anywhere in a range of `widest` of the scale or more.
///
/// # Errors
///
/// [`RuleError`] where the threshold is too low or a ballot does not fit.
pub fn release(
    dimensions: &[Dimension],
    questions: &[Question],
    ballots: &[Ballot],
    rule: &Rule,
) -> Result<Vec<Cell>, RuleError> {
    if rule.k < Rule::LEAST_K {
        return Err(RuleError::TooSmall { k: rule.k, least: Rule::LEAST_K });
    }
    let above = ancestors(dimensions)?;
    let fits = |ballot: &Ballot| {
        ballot.answers.len() == questions.len()
            && ballot.groups.len() == dimensions.len()
            && ballot.groups.iter().zip(dimensions).all(|(group, dimension)| *group < dimension.parents.len())
    };
    if let Some(ballot) = ballots.iter().position(|ballot| !fits(ballot)) {
        return Err(RuleError::Misfit { ballot });
    }
    let groups: Vec<Option<(usize, usize)>> =
        std::iter::once(None)
            .chain(dimensions.iter().enumerate().flat_map(|(dimension, tree)| {
                (0..tree.parents.len()).map(move |group| Some((dimension, group)))
            }))
            .collect();
    let mut cells = Vec::new();
    for (question, scale) in questions.iter().enumerate() {
        let table = Table::new(&groups, &above, ballots, question);
        let shown = table.protect(scale, rule);
        cells.extend(groups.iter().zip(&table.cells).zip(shown).map(|((group, cell), shown)| Cell {
            question,
            group: *group,
            shown: shown.then(|| Shown { n: cell.n, mean: cell.sum / cell.n as f64 }),
        }));
    }
    Ok(cells)
}

/// Each group with all groups above it, per dimension.
fn ancestors(dimensions: &[Dimension]) -> Result<Vec<Vec<Vec<usize>>>, RuleError> {
    let mut above = Vec::new();
    for (dimension, tree) in dimensions.iter().enumerate() {
        let mut of_dimension = Vec::new();
        for group in 0..tree.parents.len() {
            let mut line = vec![group];
            let mut at = group;
            while let Some(parent) = tree.parents[at] {
                if parent >= tree.parents.len() || line.len() > tree.parents.len() {
                    return Err(RuleError::Loop { dimension, group });
                }
                line.push(parent);
                at = parent;
            }
            of_dimension.push(line);
        }
        above.push(of_dimension);
    }
    Ok(above)
}

/// One question: its cells as sets of atoms, the combinations of lowest groups in which anybody answered.
pub(super) struct Table {
    /// Answers of each atom.
    pub(super) atoms: Vec<usize>,
    pub(super) cells: Vec<Counted>,
}

/// A cell before it is decided whether it is shown.
pub(super) struct Counted {
    /// Which atoms it holds, ascending.
    pub(super) atoms: Vec<usize>,
    pub(super) n: usize,
    pub(super) sum: f64,
}

impl Table {
    fn new(
        groups: &[Option<(usize, usize)>],
        above: &[Vec<Vec<usize>>],
        ballots: &[Ballot],
        question: usize,
    ) -> Self {
        let mut sums: BTreeMap<&[usize], (usize, f64)> = BTreeMap::new();
        for ballot in ballots {
            if let Some(answer) = ballot.answers[question] {
                let atom = sums.entry(&ballot.groups).or_default();
                atom.0 += 1;
                atom.1 += answer;
            }
        }
        let atoms: Vec<(&[usize], (usize, f64))> = sums.into_iter().collect();
        let holds = |group: &Option<(usize, usize)>, atom: &[usize]| match group {
            None => true,
            Some((dimension, group)) => above[*dimension][atom[*dimension]].contains(group),
        };
        let cells = groups
            .iter()
            .map(|group| {
                let inside: Vec<usize> = (0..atoms.len()).filter(|&at| holds(group, atoms[at].0)).collect();
                Counted {
                    n: inside.iter().map(|&at| atoms[at].1.0).sum(),
                    sum: inside.iter().map(|&at| atoms[at].1.1).sum(),
                    atoms: inside,
                }
            })
            .collect();
        Self { atoms: atoms.iter().map(|(_, (n, _))| *n).collect(), cells }
    }

    /// Which cells may be shown.
    fn protect(&self, scale: &Question, rule: &Rule) -> Vec<bool> {
        let mut shown: Vec<bool> = self.cells.iter().map(|cell| cell.n >= rule.k).collect();
        // Each round hides one cell, so it ends.
        while let Some(cell) = self
            .close_pair(&shown, rule.k)
            .or_else(|| self.given_away(&shown, rule.k))
            .or_else(|| audit::narrow(self, &shown, scale, rule.widest))
        {
            shown[cell] = false;
        }
        shown
    }

    /// Of two shown cells, one inside the other, that differ by a few answers: the inner one.
    fn close_pair(&self, shown: &[bool], k: usize) -> Option<usize> {
        let visible: Vec<usize> = (0..self.cells.len()).filter(|&cell| shown[cell]).collect();
        visible.iter().copied().find(|&inner| {
            visible.iter().any(|&outer| {
                let (inside, around) = (&self.cells[inner], &self.cells[outer]);
                let differ = around.n.saturating_sub(inside.n);
                differ > 0
                    && differ < k
                    && inside.atoms.iter().all(|atom| around.atoms.binary_search(atom).is_ok())
            })
        })
    }

    /// The smallest shown cell that helps to work out a hidden cell or a combination of few.
    fn given_away(&self, shown: &[bool], k: usize) -> Option<usize> {
        let visible: Vec<usize> = (0..self.cells.len()).filter(|&cell| shown[cell]).collect();
        let span = Span::of(visible.iter().map(|&cell| self.cells[cell].atoms.as_slice()), self.atoms.len());
        let hidden = (0..self.cells.len()).filter(|&cell| !shown[cell] && self.cells[cell].n > 0);
        let few = (0..self.atoms.len()).filter(|&atom| self.atoms[atom] < k).map(|atom| vec![atom]);
        hidden.map(|cell| self.cells[cell].atoms.clone()).chain(few).find_map(|target| {
            let helpers = span.combination(&target)?;
            helpers.into_iter().map(|at| visible[at]).min_by_key(|&cell| self.cells[cell].n)
        })
    }

    /// The smallest shown cell that shares an atom with a hidden one.
    pub(super) fn smallest_beside(&self, hidden: usize, shown: &[bool]) -> Option<usize> {
        let touches = |cell: usize| {
            self.cells[cell].atoms.iter().any(|atom| self.cells[hidden].atoms.binary_search(atom).is_ok())
        };
        // What stands beside it in the same equation: cells inside a shown cell that holds it.
        let around: Vec<usize> = (0..self.cells.len()).filter(|&cell| shown[cell] && touches(cell)).collect();
        let beside = (0..self.cells.len()).filter(|&cell| shown[cell]).filter(|&cell| {
            around.contains(&cell)
                || around.iter().any(|&outer| {
                    self.cells[cell]
                        .atoms
                        .iter()
                        .all(|atom| self.cells[outer].atoms.binary_search(atom).is_ok())
                })
        });
        beside.min_by_key(|&cell| self.cells[cell].n)
    }
}
