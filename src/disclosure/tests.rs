//! Small tables by hand, and an attacker with everything that is shown.

use nalgebra::{DMatrix, DVector};

use super::*;

const SCALE: Question = Question { low: 1.0, high: 5.0 };

fn flat(groups: usize) -> Dimension {
    Dimension { parents: vec![None; groups] }
}

/// Ballots of one question in one dimension: the answers of each group.
fn ballots(groups: &[&[i32]]) -> Vec<Ballot> {
    let of_group = |(group, answers): (usize, &&[i32])| {
        answers
            .iter()
            .map(|answer| Ballot { groups: vec![group], answers: vec![Some(f64::from(*answer))] })
            .collect::<Vec<_>>()
    };
    groups.iter().enumerate().flat_map(of_group).collect()
}

/// What is shown of the whole and of each group.
fn shown(dimension: Dimension, groups: &[&[i32]]) -> Vec<bool> {
    let cells = release(&[dimension], &[SCALE], &ballots(groups), &Rule::default()).unwrap();
    cells.iter().map(|cell| cell.shown.is_some()).collect()
}

#[test]
fn a_cell_of_four_is_hidden_and_so_is_what_would_give_it_away() {
    // Of 6 and 4, the whole less the 6 is the 4.
    assert_eq!(shown(flat(2), &[&[1, 5, 2, 4, 3, 3], &[2, 4, 1, 5]]), [true, false, false]);
    // Of 6, 8 and 3, the smaller of the two others hides the 3.
    let three: [&[i32]; 3] = [&[1, 5, 2, 4, 3, 3], &[1, 5, 2, 4, 3, 3, 2, 4], &[2, 4, 3]];
    assert_eq!(shown(flat(3), &three), [true, false, true, false]);
}

#[test]
fn cells_of_five_and_more_are_all_shown_with_their_means() {
    let cells =
        release(&[flat(2)], &[SCALE], &ballots(&[&[1, 2, 3, 4, 5], &[5; 6]]), &Rule::default()).unwrap();
    let found: Vec<_> = cells.iter().map(|cell| cell.shown.map(|shown| (shown.n, shown.mean))).collect();
    assert_eq!(found, [Some((11, 45.0 / 11.0)), Some((5, 3.0)), Some((6, 5.0))]);
}

/// Nine hidden answers that sum to 45 are all fives, though no mean is shown.
#[test]
fn hidden_answers_at_the_end_of_the_scale_take_more_with_them() {
    let groups: [&[i32]; 3] = [&[5; 6], &[1, 5, 2, 4, 3, 3, 2, 4], &[5, 5, 5]];
    assert_eq!(shown(flat(3), &groups), [true, false, false, false]);
}

/// A department with four members of its own beside one unit: ten less six are four.
#[test]
fn two_shown_cells_never_differ_by_a_few() {
    let tree = Dimension { parents: vec![None, Some(0), None] };
    let groups: [&[i32]; 3] = [&[2, 4, 3, 3], &[1, 5, 2, 4, 3, 3], &[1, 5, 2, 4, 3, 3, 2]];
    assert_eq!(shown(tree, &groups), [true, true, false, true]);
}

/// Two cannot hide a mean of six: of their sum of 24 the six have between 14 and 22, a range of 1.33 of the scale's 4.
#[test]
fn a_hidden_mean_is_not_bounded_closely() {
    let tree = Dimension { parents: vec![None, Some(0), None] };
    let groups: [&[i32]; 3] = [&[2, 4], &[1, 5, 2, 4, 3, 3], &[1, 5, 2, 4, 3, 3, 2]];
    assert_eq!(shown(tree.clone(), &groups), [true, false, false, false]);
    let lenient = Rule { widest: 0.3, ..Rule::default() };
    let cells = release(&[tree], &[SCALE], &ballots(&groups), &lenient).unwrap();
    let found: Vec<bool> = cells.iter().map(|cell| cell.shown.is_some()).collect();
    assert_eq!(found, [true, true, false, true]);
}

#[test]
fn a_question_that_few_answered_is_hidden_by_itself() {
    let mut ballots = ballots(&[&[1, 2, 3, 4, 5, 3], &[1, 2, 3, 4, 5, 3]]);
    for (at, ballot) in ballots.iter_mut().enumerate() {
        ballot.answers.push((at % 3 == 0).then_some(3.0));
    }
    let cells = release(&[flat(2)], &[SCALE, SCALE], &ballots, &Rule::default()).unwrap();
    let hidden: Vec<_> = cells.iter().filter(|cell| cell.shown.is_none()).map(|cell| cell.question).collect();
    assert_eq!(hidden, [1, 1, 1]);
}

#[test]
fn the_threshold_cannot_be_lowered() {
    let rule = Rule { k: 4, ..Rule::default() };
    let refused = release(&[flat(1)], &[SCALE], &[], &rule);
    assert_eq!(refused, Err(RuleError::TooSmall { k: 4, least: 5 }));
}

#[test]
fn a_group_above_itself_is_refused() {
    let tree = Dimension { parents: vec![Some(1), Some(0)] };
    let refused = release(&[tree], &[SCALE], &[], &Rule::default());
    assert_eq!(refused, Err(RuleError::Loop { dimension: 0, group: 0 }));
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % count as u64).unwrap()
    }
}

/// A tree of 3 to 24 units up to four levels deep, now and then with a second dimension across it.
fn company(dice: &mut Dice) -> (Vec<Dimension>, Vec<Ballot>) {
    let units = 3 + dice.below(22);
    let parents =
        (0..units).map(|unit| (unit > 2 && dice.below(4) > 0).then(|| dice.below(unit.min(8)))).collect();
    let mut dimensions = vec![Dimension { parents }];
    if dice.below(2) == 0 {
        dimensions.push(flat(2 + dice.below(3)));
    }
    let extreme = dice.below(4) == 0;
    let ballots = (0..20 + dice.below(140))
        .map(|_| Ballot {
            groups: dimensions.iter().map(|dimension| dice.below(dimension.parents.len())).collect(),
            answers: vec![Some(if extreme && dice.below(6) > 0 { 5.0 } else { 1.0 + dice.below(5) as f64 })],
        })
        .collect();
    (dimensions, ballots)
}

/// Tells whether a ballot belongs to a cell.
fn belongs(dimensions: &[Dimension], ballot: &Ballot, group: Option<(usize, usize)>) -> bool {
    let Some((dimension, group)) = group else { return true };
    let mut at = Some(ballot.groups[dimension]);
    while let Some(here) = at {
        if here == group {
            return true;
        }
        at = dimensions[dimension].parents[here];
    }
    false
}

/// Every shown sum is an equation over the single ballots; whatever lies in their row space is known.
struct Attacker {
    space: DMatrix<f64>,
}

impl Attacker {
    fn knowing(rows: &[Vec<f64>], ballots: usize) -> Self {
        if rows.is_empty() {
            return Self { space: DMatrix::zeros(ballots, 0) };
        }
        let shown = DMatrix::from_fn(ballots, rows.len(), |ballot, row| rows[row][ballot]);
        let found = shown.svd(true, false);
        let rank = found.singular_values.iter().filter(|value| **value > 1e-8).count();
        Self { space: found.u.unwrap().columns(0, rank).into_owned() }
    }

    fn knows(&self, target: &[f64]) -> bool {
        let target = DVector::from_row_slice(target);
        let rest = &target - &self.space * (self.space.transpose() * &target);
        rest.norm() < 1e-7 * target.norm()
    }
}

/// On 200 random companies, with everything that is shown: no hidden cell, no combination of groups with fewer than five
/// answers, and no difference of two shown cells that leaves fewer than five.
#[test]
fn the_attacker_recovers_nothing_that_is_hidden() {
    let (mut attacked, mut visible) = (0, 0);
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let (dimensions, ballots) = company(&mut dice);
        let cells = release(&dimensions, &[SCALE], &ballots, &Rule::default()).unwrap();
        let row = |group| -> Vec<f64> {
            ballots.iter().map(|ballot| f64::from(u8::from(belongs(&dimensions, ballot, group)))).collect()
        };
        let shown: Vec<Vec<f64>> =
            cells.iter().filter(|cell| cell.shown.is_some()).map(|cell| row(cell.group)).collect();
        let attacker = Attacker::knowing(&shown, ballots.len());
        let hidden = cells.iter().filter(|cell| cell.shown.is_none()).map(|cell| row(cell.group));
        let few = ballots.iter().map(|one| {
            let same = ballots.iter().map(|other| f64::from(u8::from(other.groups == one.groups)));
            same.collect::<Vec<f64>>()
        });
        let few = few.filter(|combination| combination.iter().sum::<f64>() < 5.0);
        let differences = shown.iter().flat_map(|outer| {
            shown.iter().map(move |inner| outer.iter().zip(inner).map(|(a, b)| a - b).collect::<Vec<f64>>())
        });
        let differences =
            differences.filter(|rest| rest.iter().all(|part| *part >= 0.0) && rest.iter().sum::<f64>() < 5.0);
        for target in
            hidden.chain(few).chain(differences).filter(|target| target.iter().any(|part| *part > 0.0))
        {
            attacked += 1;
            assert!(!attacker.knows(&target), "seed {seed}: {target:?}");
        }
        visible += shown.len();
    }
    // The attack has targets, and the tables still say something.
    assert!(attacked > 2_000 && visible > 600, "{attacked} targets, {visible} shown cells");
}
