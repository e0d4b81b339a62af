//! From ballots to the released table: small cells are hidden, then whatever gives them away.

use std::collections::BTreeMap;

use super::audit::{self, ROUNDING};
use super::remainder::Remainders;

/// A way of parting the respondents, as a tree of groups: units in departments, or tenures without any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The group above each group; `None` right under the whole.
    pub parents: Vec<Option<usize>>,
}

/// One ballot: the lowest group that it belongs to in each dimension, and its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Ballot {
    /// Position of its group, per dimension; `None` where it counts for the whole only.
    pub groups: Vec<Option<usize>>,
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
    /// Share of the scale that the possible range of a hidden mean, and of a single answer behind a shown one, has to span.
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
    /// More ways of parting the respondents than can be checked exactly.
    #[error("{dimensions} dimensions were given: what follows from more than two is not checked exactly")]
    TooManyDimensions {
        /// Dimensions that were given.
        dimensions: usize,
    },
    /// A scale without two ends.
    #[error("the scale of question {question} has no two ends")]
    Scale {
        /// Position of the question.
        question: usize,
    },
    /// A ballot names a group that its dimension does not have, not one group per dimension, or an answer off the scale.
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
/// A cell with fewer than `k` answers is hidden, and so is one whose mean is so close to an end of the scale that it says
/// what each of its respondents answered: every single answer has to stay possible over `widest` of the scale. Then cells are hidden one by one until, with everything that is shown, and
/// with the number of answers in every combination of groups known,
///
/// * nothing that follows from the shown numbers by adding, subtracting and multiplying rests on the answers of fewer than
///   `k` respondents: no hidden cell, no several hidden cells together, no difference of shown cells,
/// * no hidden mean follows, however many answers it has,
/// * every hidden mean could lie anywhere in a range of `widest` of the scale or more.
///
/// Of the cells that give something away together, the smallest is hidden; of those that bound a mean, the smallest whose
/// absence widens the range.
///
/// What stays possible: who knows some of the answers knows more of the others; questions are protected one by one, so a column that is computed from others
/// must be computed from what is shown of them; and so are waves.
///
/// # Errors
///
/// [`RuleError`] where the threshold is too low, a ballot does not fit, or there are more than two dimensions.
pub fn release(
    dimensions: &[Dimension],
    questions: &[Question],
    ballots: &[Ballot],
    rule: &Rule,
) -> Result<Vec<Cell>, RuleError> {
    check(dimensions, questions, ballots, rule)?;
    let groups: Vec<Option<(usize, usize)>> =
        std::iter::once(None)
            .chain(dimensions.iter().enumerate().flat_map(|(dimension, tree)| {
                (0..tree.parents.len()).map(move |group| Some((dimension, group)))
            }))
            .collect();
    let mut cells = Vec::new();
    for question in questions.iter().enumerate() {
        let shown = column(dimensions, ballots, question, rule, None);
        let column = groups.iter().zip(shown).map(|(group, shown)| Cell {
            question: question.0,
            group: *group,
            shown,
        });
        cells.extend(column);
    }
    Ok(cells)
}

/// Share of the scale in which the answer of each respondent of a cell can lie, where nothing but the cell's mean is known:
/// all of it, unless the mean is closer to an end of the scale than one answer can bring it. `points` is the sum of the
/// answers, each as a share of the scale.
fn leeway(n: usize, points: f64) -> f64 {
    points.min(n as f64 - points).min(1.0)
}

/// What is shown of one question in the whole and in every group, after [`check`]; only where it is allowed, if that is
/// said.
pub(super) fn column(
    dimensions: &[Dimension],
    ballots: &[Ballot],
    (question, scale): (usize, &Question),
    rule: &Rule,
    allowed: Option<&[bool]>,
) -> Vec<Option<Shown>> {
    let table = Table::new(dimensions, ballots, question, scale);
    let may: Vec<bool> = (0..table.cells.len())
        .map(|cell| {
            let Counted { n, sum, .. } = table.cells[cell];
            let points = (sum - n as f64 * scale.low) / (scale.high - scale.low);
            n >= rule.k
                && leeway(n, points) >= rule.widest - ROUNDING
                && allowed.is_none_or(|allowed| allowed[cell])
        })
        .collect();
    let shown = table.protect(&may, rule);
    let show =
        |(cell, shown): (&Counted, bool)| shown.then(|| Shown { n: cell.n, mean: cell.sum / cell.n as f64 });
    table.cells.iter().zip(shown).map(show).collect()
}

pub(super) fn check(
    dimensions: &[Dimension],
    questions: &[Question],
    ballots: &[Ballot],
    rule: &Rule,
) -> Result<(), RuleError> {
    if rule.k < Rule::LEAST_K {
        return Err(RuleError::TooSmall { k: rule.k, least: Rule::LEAST_K });
    }
    if dimensions.len() > 2 {
        return Err(RuleError::TooManyDimensions { dimensions: dimensions.len() });
    }
    for (dimension, tree) in dimensions.iter().enumerate() {
        if let Some(group) = (0..tree.parents.len()).find(|&group| !reaches_the_whole(tree, group)) {
            return Err(RuleError::Loop { dimension, group });
        }
    }
    let ends = |scale: &Question| scale.low.is_finite() && scale.high.is_finite() && scale.low < scale.high;
    if let Some(question) = questions.iter().position(|scale| !ends(scale)) {
        return Err(RuleError::Scale { question });
    }
    let on_scale = |(answer, scale): (&Option<f64>, &Question)| {
        answer.is_none_or(|answer| answer >= scale.low && answer <= scale.high)
    };
    let fits = |ballot: &Ballot| {
        ballot.answers.len() == questions.len()
            && ballot.answers.iter().zip(questions).all(on_scale)
            && ballot.groups.len() == dimensions.len()
            && ballot
                .groups
                .iter()
                .zip(dimensions)
                .all(|(group, dimension)| group.is_none_or(|group| group < dimension.parents.len()))
    };
    ballots.iter().position(|ballot| !fits(ballot)).map_or(Ok(()), |ballot| Err(RuleError::Misfit { ballot }))
}

fn reaches_the_whole(tree: &Dimension, group: usize) -> bool {
    let mut at = Some(group);
    // One step for every group, and one to leave the last.
    for _ in 0..=tree.parents.len() {
        match at {
            None => return true,
            Some(here) if here >= tree.parents.len() => return false,
            Some(here) => at = tree.parents[here],
        }
    }
    at.is_none()
}

/// One question: its cells, and the combinations of lowest groups in which anybody answered.
pub(super) struct Table {
    pub(super) atoms: Vec<Atom>,
    /// The whole, then the groups of each dimension.
    pub(super) cells: Vec<Counted>,
}

/// The respondents of one combination of lowest groups.
pub(super) struct Atom {
    /// Their lowest cell in each dimension.
    pub(super) lowest: Vec<usize>,
    pub(super) n: usize,
    /// Sum of their answers, each as a share of the scale.
    pub(super) share: f64,
}

/// A cell before it is decided whether it is shown.
pub(super) struct Counted {
    /// `None` for the whole.
    pub(super) dimension: Option<usize>,
    /// The cell around it; `None` for the whole.
    pub(super) above: Option<usize>,
    pub(super) n: usize,
    pub(super) sum: f64,
}

impl Table {
    fn new(dimensions: &[Dimension], ballots: &[Ballot], question: usize, scale: &Question) -> Self {
        let mut cells = vec![Counted { dimension: None, above: None, n: 0, sum: 0.0 }];
        let mut first = Vec::new();
        for (dimension, tree) in dimensions.iter().enumerate() {
            let start = cells.len();
            first.push(start);
            cells.extend(tree.parents.iter().map(|parent| Counted {
                dimension: Some(dimension),
                above: Some(parent.map_or(0, |parent| start + parent)),
                n: 0,
                sum: 0.0,
            }));
        }
        let mut sums: BTreeMap<Vec<usize>, (usize, f64)> = BTreeMap::new();
        for ballot in ballots {
            let Some(answer) = ballot.answers[question] else { continue };
            let lowest =
                ballot.groups.iter().zip(&first).map(|(group, start)| group.map_or(0, |group| start + group));
            let atom = sums.entry(lowest.collect()).or_default();
            atom.0 += 1;
            atom.1 += answer;
        }
        for (lowest, (n, sum)) in &sums {
            cells[0].n += n;
            cells[0].sum += sum;
            for &lowest in lowest {
                let mut at = lowest;
                while let Some(above) = cells[at].above {
                    cells[at].n += n;
                    cells[at].sum += sum;
                    at = above;
                }
            }
        }
        let atoms = sums.into_iter().map(|(lowest, (n, sum))| Atom {
            lowest,
            n,
            share: (sum - n as f64 * scale.low) / (scale.high - scale.low),
        });
        Self { atoms: atoms.collect(), cells }
    }

    /// Tells whether an atom's respondents belong to a cell.
    pub(super) fn holds(&self, cell: usize, atom: usize) -> bool {
        let Some(dimension) = self.cells[cell].dimension else { return true };
        let mut at = Some(self.atoms[atom].lowest[dimension]);
        while let Some(here) = at {
            if here == cell {
                return true;
            }
            at = self.cells[here].above;
        }
        false
    }

    /// Which of the cells that may be shown are.
    fn protect(&self, may: &[bool], rule: &Rule) -> Vec<bool> {
        let mut shown = may.to_vec();
        // Each round hides one cell, so it ends.
        while let Some(cell) = self.next_to_hide(&shown, rule) {
            shown[cell] = false;
        }
        // What was hidden on the way may have become needless; the largest cells come back first.
        let mut large: Vec<usize> = (0..self.cells.len()).filter(|&cell| may[cell]).collect();
        large.sort_by_key(|&cell| std::cmp::Reverse(self.cells[cell].n));
        for cell in large.into_iter().filter(|&cell| !shown[cell]).collect::<Vec<_>>() {
            shown[cell] = true;
            shown[cell] = self.next_to_hide(&shown, rule).is_none();
        }
        shown
    }

    fn next_to_hide(&self, shown: &[bool], rule: &Rule) -> Option<usize> {
        self.given_away(shown, rule.k).or_else(|| audit::narrow(self, shown, rule.widest))
    }

    /// The smallest of the shown cells that together single out a few, or give a hidden cell.
    fn given_away(&self, shown: &[bool], k: usize) -> Option<usize> {
        let remainders = Remainders::of(self, shown);
        let mut hidden = (0..self.cells.len()).filter(|&cell| !shown[cell] && self.cells[cell].n > 0);
        let helpers = remainders.single_out(k).or_else(|| hidden.find_map(|cell| remainders.give(cell)))?;
        helpers.into_iter().min_by_key(|&cell| self.cells[cell].n)
    }
}
