//! The one released table of a wave: units down, participation, constructs and items across; and its comments.
//!
//! Screens, files and reports read this table and nothing else of the wave. Ballots of an anonymous wave and responses of
//! a confidential one go the same way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::release::{Ballot, Dimension, Question, Rule, RuleError, Shown, check, column};

/// The id of a unit.
pub type UnitId = [u8; 16];

/// Fewest comments of a question that are shown.
pub const LEAST_COMMENTS: usize = 10;

/// Index points: the scale of every score.
const INDEX: Question = Question { low: 0.0, high: 100.0 };

/// A department, shop or team, with whom was asked there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// The unit above it; `None` right under the whole.
    pub parent: Option<UnitId>,
    /// People invited in it alone, without the units below it.
    pub invited: usize,
}

/// Several items that are read as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Construct {
    /// Its key.
    pub key: String,
    /// Positions of its items.
    pub items: Vec<usize>,
}

/// What was asked, whom, and how careful the release is.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// The tree of units, in the order in which siblings are to be shown.
    pub units: Vec<Unit>,
    /// People invited who belong to none of the units.
    pub invited_elsewhere: usize,
    /// Keys of the items.
    pub items: Vec<String>,
    /// Constructs of these items.
    pub constructs: Vec<Construct>,
    /// How careful it is.
    pub rule: Rule,
}

/// One opened ballot, or one response of a confidential wave.
#[derive(Clone, PartialEq)]
pub struct Answered {
    /// The units that it counts for: one unit and those above it, in any order.
    pub units: Vec<UnitId>,
    /// Index points from 0 to 100 per item, turned round where low is better; `None` where it was not answered.
    pub scores: Vec<Option<f64>>,
}

/// The released table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Answers below which a cell is hidden.
    pub k: usize,
    /// What stands across.
    pub columns: Vec<Column>,
    /// The whole, then every unit with those below it.
    pub rows: Vec<Row>,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Ballots per hundred people invited; its `n` are ballots.
    Participation,
    /// A construct: the mean of the means of its items, shown where all of these are; its `n` is the least of theirs.
    Construct(String),
    /// An item: the mean of its index points.
    Item(String),
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The unit; `None` for the whole.
    pub unit: Option<UnitId>,
    /// Units above it, the whole included.
    pub level: usize,
    /// One per column.
    pub cells: Vec<Released>,
}

/// A cell as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Released {
    /// Its answers and their mean.
    Shown {
        /// Answers.
        n: usize,
        /// Their mean, in index points or per cent.
        mean: f64,
    },
    /// Nothing, and not why.
    Hidden,
}

/// A table that cannot be released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The rule is too weak, a score is off the scale, or a unit stands above itself.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Two units have one id.
    #[error("unit {unit} has the id of another")]
    TwiceTheSame {
        /// Position of the later unit.
        unit: usize,
    },
    /// The unit above is not there.
    #[error("the unit above unit {unit} is not among the units")]
    NoParent {
        /// Position of the unit.
        unit: usize,
    },
    /// A construct has no items, or names one that is not there.
    #[error("construct {construct} has no items, or one that is not there")]
    Construct {
        /// Position of the construct.
        construct: usize,
    },
}

/// Makes the released table of a wave, once, from all that was answered.
///
/// Every item is protected by itself by [`release`](super::release()), over all units at once. Constructs are computed
/// from what is then shown, so that they tell nothing more. Participation is shown where some item is, under the same rule
/// but for the bounds: nobody's answer is in it.
///
/// # Errors
///
/// [`TableError`]; nothing is released then.
pub fn table(poll: &Poll, answered: &[Answered]) -> Result<Table, TableError> {
    let (tree, places) = tree(poll)?;
    let wrong = |construct: &Construct| {
        construct.items.is_empty() || construct.items.iter().any(|&item| item >= poll.items.len())
    };
    if let Some(construct) = poll.constructs.iter().position(wrong) {
        return Err(TableError::Construct { construct });
    }
    let scales = vec![INDEX; poll.items.len()];
    let ballots: Vec<Ballot> = answered
        .iter()
        .map(|one| Ballot { groups: vec![lowest(&tree, &places, &one.units)], answers: one.scores.clone() })
        .collect();
    let dimensions = [tree];
    check(&dimensions, &scales, &ballots, &poll.rule)?;

    let items: Vec<Vec<Option<Shown>>> = (0..poll.items.len())
        .map(|item| column(&dimensions, &ballots, (item, &INDEX), &poll.rule, None))
        .collect();
    let participation = participation(poll, &dimensions, &ballots, &items);
    let constructs = poll.constructs.iter().map(|construct| {
        let parts: Vec<&Vec<Option<Shown>>> = construct.items.iter().map(|&item| &items[item]).collect();
        (0..=poll.units.len()).map(|cell| together(parts.iter().map(|part| part[cell]))).collect()
    });
    let columns: Vec<Vec<Option<Shown>>> =
        std::iter::once(participation).chain(constructs).chain(items.iter().cloned()).collect();
    let heads = std::iter::once(Column::Participation)
        .chain(poll.constructs.iter().map(|construct| Column::Construct(construct.key.clone())))
        .chain(poll.items.iter().map(|item| Column::Item(item.clone())));
    let rows = order(&dimensions[0]).into_iter().map(|(unit, level)| Row {
        unit: unit.map(|unit| poll.units[unit].id),
        level,
        cells: columns
            .iter()
            .map(|column| match column[unit.map_or(0, |unit| unit + 1)] {
                Some(Shown { n, mean }) => Released::Shown { n, mean },
                None => Released::Hidden,
            })
            .collect(),
    });
    Ok(Table { k: poll.rule.k, columns: heads.collect(), rows: rows.collect() })
}

/// Returns the comments on one question, in the order of their letters, which has nothing to do with that of the ballots;
/// `None` where there are fewer than ten, or than `k`.
///
/// They are for the whole only, and apart from all ratings and from the comments on other questions.
pub fn comments(texts: impl IntoIterator<Item = String>, rule: &Rule) -> Option<Vec<String>> {
    let mut texts: Vec<String> =
        texts.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    texts.sort_unstable();
    (texts.len() >= LEAST_COMMENTS.max(rule.k)).then_some(texts)
}

/// The units as a tree without circles, and the position of each.
fn tree(poll: &Poll) -> Result<(Dimension, BTreeMap<UnitId, usize>), TableError> {
    let places = places(&poll.units)?;
    let parents = poll.units.iter().map(|unit| unit.parent.and_then(|parent| places.get(&parent).copied()));
    let tree = Dimension { parents: parents.collect() };
    check(std::slice::from_ref(&tree), &[], &[], &poll.rule)?;
    Ok((tree, places))
}

/// The position of each unit.
fn places(units: &[Unit]) -> Result<BTreeMap<UnitId, usize>, TableError> {
    let mut places = BTreeMap::new();
    for (unit, one) in units.iter().enumerate() {
        if places.insert(one.id, unit).is_some() {
            return Err(TableError::TwiceTheSame { unit });
        }
    }
    let orphan = |unit: &Unit| unit.parent.is_some_and(|parent| !places.contains_key(&parent));
    match units.iter().position(orphan) {
        Some(unit) => Err(TableError::NoParent { unit }),
        None => Ok(places),
    }
}

/// A unit and all units above it.
fn line(tree: &Dimension, unit: usize) -> Vec<usize> {
    std::iter::successors(Some(unit), |&at| tree.parents[at]).collect()
}

/// The unit among those named from which a line to the whole passes all others; `None` where there is none.
fn lowest(tree: &Dimension, places: &BTreeMap<UnitId, usize>, units: &[UnitId]) -> Option<usize> {
    // Who has moved to a unit where nobody was asked still counts for those above it where somebody was.
    let named: Vec<usize> = units.iter().filter_map(|unit| places.get(unit).copied()).collect();
    named.iter().copied().find(|&unit| {
        let line = line(tree, unit);
        named.iter().all(|other| line.contains(other))
    })
}

/// Ballots per hundred people invited, for the whole and every unit.
fn participation(
    poll: &Poll,
    dimensions: &[Dimension; 1],
    ballots: &[Ballot],
    items: &[Vec<Option<Shown>>],
) -> Vec<Option<Shown>> {
    let mut invited = vec![0; poll.units.len() + 1];
    invited[0] = poll.invited_elsewhere;
    for (place, unit) in poll.units.iter().enumerate() {
        invited[0] += unit.invited;
        for at in line(&dimensions[0], place) {
            invited[at + 1] += unit.invited;
        }
    }
    // A count beside a row of hidden cells would say why they are hidden.
    let allowed: Vec<bool> =
        (0..invited.len()).map(|cell| items.iter().any(|item| item[cell].is_some())).collect();
    let sent: Vec<Ballot> = ballots
        .iter()
        .map(|ballot| Ballot { groups: ballot.groups.clone(), answers: vec![Some(100.0)] })
        .collect();
    let rule = Rule { widest: 0.0, ..poll.rule };
    let counted = column(dimensions, &sent, (0, &INDEX), &rule, Some(&allowed));
    counted
        .into_iter()
        .zip(invited)
        .map(|(shown, invited)| {
            // Somebody who moved after the invitation may have answered where fewer were asked.
            shown.map(|Shown { n, .. }| Shown { n, mean: 100.0 * n as f64 / invited.max(n) as f64 })
        })
        .collect()
}

/// The mean of means that are all shown.
fn together(parts: impl Iterator<Item = Option<Shown>>) -> Option<Shown> {
    let parts: Vec<Shown> = parts.collect::<Option<_>>()?;
    let n = parts.iter().map(|part| part.n).min()?;
    Some(Shown { n, mean: parts.iter().map(|part| part.mean).sum::<f64>() / parts.len() as f64 })
}

/// The whole, then every unit followed by those below it, with the number of cells above each.
fn order(tree: &Dimension) -> Vec<(Option<usize>, usize)> {
    let mut rows = Vec::new();
    let mut next = vec![(None, 0)];
    while let Some((cell, level)) = next.pop() {
        rows.push((cell, level));
        let below = (0..tree.parents.len()).rev().filter(|&unit| tree.parents[unit] == cell);
        next.extend(below.map(|unit| (Some(unit), level + 1)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> UnitId {
        let mut id = [0; 16];
        id[0] = u8::try_from(number).unwrap();
        id
    }

    fn unit(number: usize, parent: Option<usize>, invited: usize) -> Unit {
        Unit { id: id(number), parent: parent.map(id), invited }
    }

    /// A department (1) of two teams (2, 3) and a department without teams (4); ten people in each of the lowest.
    fn poll() -> Poll {
        Poll {
            units: vec![unit(4, None, 10), unit(2, Some(1), 10), unit(1, None, 0), unit(3, Some(1), 10)],
            invited_elsewhere: 2,
            items: ["pay", "tools"].map(str::to_owned).to_vec(),
            constructs: vec![Construct { key: "work".to_owned(), items: vec![0, 1] }],
            rule: Rule::default(),
        }
    }

    /// Ballots of one unit with these scores on both items.
    fn ballots(units: &[usize], scores: &[f64]) -> Vec<Answered> {
        let units: Vec<UnitId> = units.iter().map(|unit| id(*unit)).collect();
        scores.iter().map(|score| Answered { units: units.clone(), scores: vec![Some(*score); 2] }).collect()
    }

    const EIGHT: [f64; 8] = [0.0, 25.0, 50.0, 75.0, 100.0, 25.0, 50.0, 75.0];

    fn full() -> Vec<Answered> {
        let mut answered = ballots(&[1, 2], &EIGHT);
        answered.extend(ballots(&[3, 1], &EIGHT));
        answered.extend(ballots(&[4], &EIGHT));
        answered
    }

    fn shown(n: usize, mean: f64) -> Released {
        Released::Shown { n, mean }
    }

    #[test]
    fn rows_are_the_whole_and_every_unit_with_those_below_it() {
        let table = table(&poll(), &full()).unwrap();
        let rows: Vec<_> = table.rows.iter().map(|row| (row.unit, row.level)).collect();
        let expected = [(None, 0), (Some(4), 1), (Some(1), 1), (Some(2), 2), (Some(3), 2)];
        assert_eq!(rows, expected.map(|(unit, level)| (unit.map(id), level)));
        assert_eq!(
            table.columns,
            [
                Column::Participation,
                Column::Construct("work".to_owned()),
                Column::Item("pay".to_owned()),
                Column::Item("tools".to_owned())
            ]
        );
    }

    /// Of 32 invited 24 answered; the mean of the eight scores is 400 / 8.
    #[test]
    fn where_all_groups_are_large_all_is_shown() {
        let table = table(&poll(), &full()).unwrap();
        assert_eq!(table.rows[0].cells, [shown(24, 75.0), shown(24, 50.0), shown(24, 50.0), shown(24, 50.0)]);
        assert_eq!(table.rows[2].cells[0], shown(16, 80.0));
        assert_eq!(table.rows[3].cells, [shown(8, 80.0), shown(8, 50.0), shown(8, 50.0), shown(8, 50.0)]);
    }

    /// Team 3 has four ballots: without team 2, the department less team 2 would be team 3.
    #[test]
    fn a_team_of_four_is_hidden_in_every_column_and_so_is_its_neighbour() {
        let mut answered = ballots(&[1, 2], &EIGHT[..6]);
        answered.extend(ballots(&[1, 3], &EIGHT[..4]));
        answered.extend(ballots(&[4], &EIGHT));
        let table = table(&poll(), &answered).unwrap();
        assert!(matches!(table.rows[2].cells[2], Released::Shown { n: 10, .. }));
        assert_eq!(table.rows[3].cells, [Released::Hidden; 4]);
        assert_eq!(table.rows[4].cells, [Released::Hidden; 4]);
    }

    /// One of eight left out "tools": the construct is still what the items say, not the mean over persons.
    #[test]
    fn a_construct_tells_nothing_that_its_items_do_not() {
        let mut answered = full();
        answered[0].scores[1] = None;
        let table = table(&poll(), &answered).unwrap();
        for row in &table.rows {
            let [_, construct, pay, tools] = row.cells.as_slice() else { panic!("four columns") };
            let (Released::Shown { n: first, mean: pay }, Released::Shown { n: second, mean: tools }) =
                (pay, tools)
            else {
                panic!("all are large")
            };
            assert_eq!(*construct, shown(*first.min(second), (pay + tools) / 2.0));
        }
    }

    #[test]
    fn a_construct_is_hidden_with_any_of_its_items() {
        let mut answered = full();
        for one in &mut answered[..4] {
            one.scores[1] = None;
        }
        let table = table(&poll(), &answered).unwrap();
        assert_eq!(table.rows[3].cells[1], Released::Hidden);
        assert_eq!(table.rows[3].cells[2], shown(8, 50.0));
        assert_eq!(table.rows[3].cells[3], Released::Hidden);
    }

    #[test]
    fn no_count_stands_beside_a_row_of_hidden_cells() {
        // Six ballots of team 3 answer nothing.
        let mut answered = full();
        answered.truncate(8);
        answered.extend(ballots(&[4], &EIGHT));
        answered.extend((0..6).map(|_| Answered { units: vec![id(3), id(1)], scores: vec![None; 2] }));
        let table = table(&poll(), &answered).unwrap();
        assert_eq!(table.rows[4].cells, [Released::Hidden; 4]);
        // Nor does the count follow from those of the department and the other team.
        let counted = |row: usize| matches!(table.rows[row].cells[0], Released::Shown { .. });
        assert!(!(counted(2) && counted(3)));
        assert!(counted(0));
    }

    #[test]
    fn ballots_of_no_line_of_units_count_for_the_whole_only() {
        let mut answered = full();
        answered.extend(ballots(&[2, 4], &EIGHT[..5]));
        answered.extend(ballots(&[9], &EIGHT[..5]));
        answered.extend(ballots(&[], &EIGHT[..5]));
        let table = table(&poll(), &answered).unwrap();
        assert!(matches!(table.rows[0].cells[2], Released::Shown { n: 39, .. }));
        assert_eq!(table.rows[3].cells[2], shown(8, 50.0));
    }

    #[test]
    fn a_ballot_of_a_unit_where_nobody_was_asked_counts_for_those_above_it() {
        let mut answered = full();
        answered.extend(ballots(&[9, 1], &EIGHT));
        let table = table(&poll(), &answered).unwrap();
        assert!(matches!(table.rows[2].cells[2], Released::Shown { n: 24, .. }));
        assert_eq!(table.rows[3].cells[2], shown(8, 50.0));
    }

    /// Five who all chose the lowest, and five of whom one stands a single step of four above it, could be told apart from
    /// nobody; two steps leave open who took them.
    #[test]
    fn a_mean_that_says_what_each_answered_is_hidden() {
        let of = |scores: &[f64]| {
            let mut answered = ballots(&[1, 2], &EIGHT);
            answered.extend(ballots(&[1, 3], &EIGHT));
            answered.extend(ballots(&[4], scores));
            table(&poll(), &answered).unwrap().rows[1].cells[2]
        };
        for told in [[0.0; 5], [100.0; 5], [0.0, 0.0, 25.0, 0.0, 0.0], [100.0, 75.0, 100.0, 100.0, 100.0]] {
            assert_eq!(of(&told), Released::Hidden, "{told:?}");
        }
        assert_eq!(of(&[0.0, 25.0, 25.0, 0.0, 0.0]), shown(5, 10.0));
        assert_eq!(of(&[100.0, 50.0, 100.0, 100.0, 100.0]), shown(5, 90.0));
    }

    #[test]
    fn the_order_of_ballots_changes_nothing() {
        let mut turned = full();
        turned.reverse();
        assert_eq!(table(&poll(), &turned), table(&poll(), &full()));
    }

    #[test]
    fn faults_of_the_plan_release_nothing() {
        let broken = |change: fn(&mut Poll)| {
            let mut poll = poll();
            change(&mut poll);
            table(&poll, &full()).unwrap_err()
        };
        assert_eq!(broken(|poll| poll.units[1].id = id(4)), TableError::TwiceTheSame { unit: 1 });
        assert_eq!(broken(|poll| poll.units[0].parent = Some(id(9))), TableError::NoParent { unit: 0 });
        assert_eq!(broken(|poll| poll.constructs[0].items.clear()), TableError::Construct { construct: 0 });
        let circle = broken(|poll| poll.units[2].parent = Some(id(3)));
        assert!(matches!(circle, TableError::Rule(RuleError::Loop { .. })));
        let low = broken(|poll| poll.rule.k = 4);
        assert_eq!(low, TableError::Rule(RuleError::TooSmall { k: 4, least: 5 }));
        let mut off = full();
        off[3].scores[0] = Some(101.0);
        assert_eq!(table(&poll(), &off), Err(TableError::Rule(RuleError::Misfit { ballot: 3 })));
    }

    #[test]
    fn nine_comments_are_not_shown_and_ten_stand_in_the_order_of_their_letters() {
        let texts = |count: u8| (0..count).rev().map(|at| format!(" {} ", char::from(b'a' + at)));
        let rule = Rule::default();
        assert_eq!(comments(texts(9).chain([" ".to_owned()]), &rule), None);
        let ten = comments(texts(10), &rule).unwrap();
        assert_eq!(ten, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
        assert_eq!(comments(texts(11), &Rule { k: 12, ..rule }), None);
    }

    #[test]
    fn a_stored_table_comes_back_as_it_was() {
        let table = table(&poll(), &full()).unwrap();
        let stored = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Table>(&stored).unwrap(), table);
    }
}
