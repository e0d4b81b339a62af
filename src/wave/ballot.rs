//! Anonymous ballots: from replies to a sealed ballot of fixed size.

use uuid::Uuid;

use super::WaveError;
use crate::clock::Instant;
use crate::seal::{self, Answer, Ballot, PublicHalf, UnitId};
use crate::store::{Tx, fielding, intake};
use crate::survey::{Given, Item, ItemKind, LONG_TEXT, Reply, SHORT_TEXT};

/// Most units that a ballot counts for: the department and those above it.
const MOST_UNITS: usize = 8;

/// Bytes of a character of a text, at most.
const CHARACTER: usize = 4;

/// The unit of an invited person and those above it, from the lowest up.
pub async fn unit_paths(tx: &mut Tx, invitation: Uuid, now: Instant) -> Result<Vec<Uuid>, WaveError> {
    let units = fielding::units(tx).await?;
    let mut path: Vec<Uuid> = Vec::new();
    let mut next = intake::units_of(tx, invitation, now).await?.first().copied();
    while let Some(unit) = next.filter(|unit| path.len() < MOST_UNITS && !path.contains(unit)) {
        path.push(unit);
        next = units.iter().find(|(id, _, _)| *id == unit).and_then(|(_, parent, _)| *parent);
    }
    Ok(path)
}

/// Seals a ballot. All ballots of a wave have the same size, whatever was answered.
pub fn seal_ballot(
    public: &[u8],
    items: &[&Item],
    replies: Vec<(String, Reply)>,
    units: Vec<Uuid>,
) -> Result<Vec<u8>, WaveError> {
    let stored = |error: String| WaveError::Stored(error);
    let public: [u8; 32] =
        public.try_into().map_err(|_| stored("the wave has no key that ballots can be sealed to".into()))?;
    let answers = replies.into_iter().filter_map(|(key, reply)| match reply {
        Reply::Given(given) => Some((key, answer(given))),
        Reply::Skipped => None,
    });
    let ballot =
        Ballot { units: units.into_iter().map(Uuid::into_bytes).collect(), answers: answers.collect() };
    let size = largest(items).length().map_err(|error| stored(error.to_string()))?;
    let plain = ballot.to_bytes(size).map_err(|error| stored(error.to_string()))?;
    seal::seal(&PublicHalf::from_bytes(public), &plain).map_err(|error| stored(error.to_string()))
}

fn answer(given: Given) -> Answer {
    match given {
        Given::Number(number) => Answer::Number(number),
        Given::Option(option) => Answer::Choice(option),
        Given::Options(options) => Answer::List(options),
        Given::Text(text) => Answer::Text(text),
    }
}

/// The largest ballot that these questions can give.
fn largest(items: &[&Item]) -> Ballot {
    let of = |item: &&Item| {
        let longest = || item.options.iter().map(|option| option.key.clone()).max_by_key(String::len);
        match item.kind {
            ItemKind::Rating | ItemKind::Nps | ItemKind::Number => Answer::Number(0.0),
            ItemKind::SingleChoice => Answer::Choice(longest().unwrap_or_default()),
            ItemKind::MultipleChoice | ItemKind::Ranking => {
                Answer::List(item.options.iter().map(|option| option.key.clone()).collect())
            }
            ItemKind::Date => Answer::Text("2000-01-01".into()),
            ItemKind::ShortText => Answer::Text("x".repeat(CHARACTER * SHORT_TEXT)),
            ItemKind::LongText => Answer::Text("x".repeat(CHARACTER * LONG_TEXT)),
        }
    };
    let units: Vec<UnitId> = (0..MOST_UNITS).map(|_| Uuid::nil().into_bytes()).collect();
    Ballot { units, answers: items.iter().map(|item| (item.key.clone(), of(item))).collect() }
}
