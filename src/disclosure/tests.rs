//! Small tables by hand; the attacker is in a file of its own.

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
            .map(|answer| Ballot { groups: vec![Some(group)], answers: vec![Some(f64::from(*answer))] })
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
        release(&[flat(2)], &[SCALE], &ballots(&[&[1, 2, 3, 4, 5], &[4; 6]]), &Rule::default()).unwrap();
    let found: Vec<_> = cells.iter().map(|cell| cell.shown.map(|shown| (shown.n, shown.mean))).collect();
    assert_eq!(found, [Some((11, 39.0 / 11.0)), Some((5, 3.0)), Some((6, 4.0))]);
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

/// Of 17 in units of 6, 8, 2 and 1, the whole less the 6 and the 8 is the sum of the three.
#[test]
fn several_hidden_units_have_the_threshold_together() {
    let units: [&[i32]; 4] = [&[1, 5, 2, 4, 3, 3], &[1, 5, 2, 4, 3, 3, 2, 4], &[2, 4], &[5]];
    assert_eq!(shown(flat(4), &units), [true, false, true, false, false]);
    // Two and three are five: nothing else is hidden.
    let units: [&[i32]; 4] = [&[1, 5, 2, 4, 3, 3], &[1, 5, 2, 4, 3, 3, 2, 4], &[2, 5], &[5, 3, 1]];
    assert_eq!(shown(flat(4), &units), [true, true, true, false, false]);
}

/// A unit and a tenure of ten each that share nine: the two who are not in both stand against each other.
#[test]
fn two_cells_that_overlap_never_differ_by_a_few() {
    let ballot = |unit, tenure, answer| Ballot {
        groups: vec![Some(unit), Some(tenure)],
        answers: vec![Some(f64::from(answer))],
    };
    let answers = [1, 5, 2, 4, 3, 3, 2, 4, 3];
    let mut ballots: Vec<Ballot> = answers.iter().map(|answer| ballot(0, 0, *answer)).collect();
    ballots.extend(answers.iter().map(|answer| ballot(1, 1, *answer)));
    ballots.extend([ballot(0, 1, 5), ballot(1, 0, 1)]);
    let lenient = Rule { widest: 0.1, ..Rule::default() };
    let cells = release(&[flat(2), flat(2)], &[SCALE], &ballots, &lenient).unwrap();
    let found: Vec<bool> = cells.iter().map(|cell| cell.shown.is_some()).collect();
    // The whole, both units, no tenure; or the other way round.
    assert_eq!(found.iter().filter(|shown| **shown).count(), 3, "{found:?}");
    assert!(found[0] && found[1] == found[2] && found[3] == found[4]);
}

#[test]
fn ballots_outside_of_all_groups_count_for_the_whole_and_are_protected() {
    let mut ballots = ballots(&[&[1, 2, 3, 4, 5, 3]]);
    ballots.extend(
        [2, 4, 1, 5].map(|answer| Ballot { groups: vec![None], answers: vec![Some(f64::from(answer))] }),
    );
    let cells = release(&[flat(1)], &[SCALE], &ballots, &Rule::default()).unwrap();
    let found: Vec<_> = cells.iter().map(|cell| cell.shown.map(|shown| shown.n)).collect();
    assert_eq!(found, [Some(10), None]);
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

#[test]
fn a_third_dimension_an_answer_off_the_scale_and_a_scale_without_ends_are_refused() {
    let three = release(&[flat(1), flat(1), flat(1)], &[SCALE], &[], &Rule::default());
    assert_eq!(three, Err(RuleError::TooManyDimensions { dimensions: 3 }));
    for answer in [0.9, 5.1, f64::NAN] {
        let ballot = Ballot { groups: vec![Some(0)], answers: vec![Some(answer)] };
        let refused = release(&[flat(1)], &[SCALE], &[ballot], &Rule::default());
        assert_eq!(refused, Err(RuleError::Misfit { ballot: 0 }));
    }
    let none = Question { low: 1.0, high: 1.0 };
    assert_eq!(release(&[], &[none], &[], &Rule::default()), Err(RuleError::Scale { question: 0 }));
}
