//! The end of a poll: ballots are opened once, the one table is released, and the key and the ballots go.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::WaveError;
use super::file::{Mode, WaveFile};
use super::remind::{end, find};
use crate::clock::Instant;
use crate::disclosure::{self, Answered, Column, Construct, Poll, Released, Row, Rule, Table, Unit, UnitId};
use crate::seal::{self, Answer, LockedHalf, PollKey};
use crate::store::fielding::{self, WaveState};
use crate::store::poll::{self as rows, ReleasedCell, ReleasedComment};
use crate::store::record::put;
use crate::store::{Db, Tx, intake};
use crate::survey::{self, Instrument, ItemKind};

/// What the end of a poll brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollClosed {
    /// Ballots or responses that count.
    pub answered: usize,
    /// Ballots that could not be opened: damaged, or not sealed to this wave's key.
    pub broken: usize,
    /// Cells that are shown.
    pub shown: usize,
    /// Cells that are hidden.
    pub hidden: usize,
}

/// What was asked of whom, and what was answered.
struct Opened {
    poll: Poll,
    answered: Vec<Answered>,
    /// Texts by item.
    texts: BTreeMap<String, Vec<String>>,
    broken: usize,
}

/// Makes the pair of keys of an anonymous wave: what ballots are sealed to, and the half that the passphrase locks.
///
/// It takes a quarter of a second and 64 MiB, so that passphrases cannot be tried quickly.
pub fn poll_keys(passphrase: &str) -> Result<(Vec<u8>, Vec<u8>), WaveError> {
    let (public, locked) =
        PollKey::create(passphrase).map_err(|error| WaveError::Passphrase(error.to_string()))?;
    Ok((public.to_bytes().to_vec(), locked.as_bytes().to_vec()))
}

/// Ends a poll and releases its table, once. Of an anonymous wave the passphrase opens the ballots; then they are deleted, and
/// so is the locked key. Single ballots are not kept: nothing reads them, and beside the means of small units they could be
/// told apart.
///
/// A crash half-way leaves the wave closed and the ballots sealed; closing again goes on from there.
///
/// # Errors
///
/// Refuses a named wave, a wrong passphrase, and a poll that was released before.
pub async fn close_poll(
    db: &Db,
    key: &str,
    passphrase: Option<String>,
    now: Instant,
) -> Result<PollClosed, WaveError> {
    let (wave, file) = find(&mut db.read().await?, key).await?;
    if file.mode == Mode::Named {
        return Err(WaveError::NotAPoll { key: key.into() });
    }
    if !rows::cells(&mut db.read().await?, wave.wave_id).await?.is_empty() {
        // A crash after the release can have left what was deleted in free pages.
        db.scrub().await?;
        return Err(WaveError::Released { key: key.into() });
    }
    let private = match (file.mode, passphrase) {
        (Mode::Anonymous, None) => return Err(WaveError::NoPassphrase),
        (Mode::Anonymous, Some(passphrase)) => {
            let locked = fielding::locked_key(&mut db.read().await?, wave.wave_id).await?;
            Some(unlock(locked.unwrap_or_default(), passphrase).await?)
        }
        _ => None,
    };
    let ending = wave.clone();
    let ended: Result<bool, WaveError> =
        db.write(move |tx| Box::pin(async move { Ok(end(tx, &ending, now).await?) })).await;
    ended?;
    // Nothing comes in any more: what is read now is all there is.
    let survey =
        survey::parse("survey", &wave.document).map_err(|error| WaveError::Stored(error.to_string()))?;
    let mut tx = db.read().await?;
    let poll = poll_of(&mut tx, &wave, &survey).await?;
    let opened = if let Some(private) = private {
        let sealed = intake::sealed(&mut tx, wave.wave_id).await?;
        drop(tx);
        blocking(move || open(poll, &private, &sealed, &survey)).await??
    } else {
        let opened = read(&mut tx, poll, &wave, &survey).await?;
        drop(tx);
        opened
    };
    let (table, opened) =
        blocking(move || disclosure::table(&opened.poll, &opened.answered).map(|t| (t, opened)))
            .await?
            .map_err(|error| WaveError::Stored(error.to_string()))?;
    let closed = counted(&table, &opened);
    write(db, &wave, &file, table, opened).await?;
    db.scrub().await?;
    Ok(closed)
}

/// Ends an anonymous wave that nobody has opened in time: ballots and key go unread. The caller scrubs the database.
pub async fn discard_poll(tx: &mut Tx, key: &str, now: Instant) -> Result<(), WaveError> {
    fielding::lock(tx).await?;
    let (wave, _) = find(tx, key).await?;
    end(tx, &wave, now).await?;
    intake::drop_sealed(tx, wave.wave_id).await?;
    fielding::destroy_key(tx, wave.wave_id).await?;
    Ok(())
}

async fn unlock(locked: Vec<u8>, passphrase: String) -> Result<seal::PrivateHalf, WaveError> {
    let locked = LockedHalf::from_bytes(&locked).map_err(|error| WaveError::Stored(error.to_string()))?;
    blocking(move || locked.unlock(&passphrase)).await?.map_err(|_| WaveError::WrongPassphrase)
}

/// Runs work that keeps a core busy where it holds up nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, WaveError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| WaveError::Stored(error.to_string()))
}

/// What was asked of whom: the units of those invited with the units above them, and the items that have a scale.
async fn poll_of(tx: &mut Tx, wave: &WaveState, survey: &Instrument) -> Result<Poll, WaveError> {
    let units = fielding::units(tx).await?;
    let parents: HashMap<Uuid, Option<Uuid>> = units.iter().map(|(id, parent, _)| (*id, *parent)).collect();
    let mut invited: HashMap<Uuid, usize> = HashMap::new();
    let mut invited_elsewhere = 0;
    for unit in rows::first_units(rows::invited_units(tx, wave.wave_id).await?) {
        match unit {
            Some(unit) => *invited.entry(unit).or_default() += 1,
            None => invited_elsewhere += 1,
        }
    }
    let mut concerned: BTreeSet<Uuid> = BTreeSet::new();
    for unit in invited.keys() {
        let mut next = Some(*unit);
        while let Some(unit) = next.filter(|unit| concerned.insert(*unit)) {
            next = parents.get(&unit).copied().flatten();
        }
    }
    let tree = units.into_iter().filter(|(id, ..)| concerned.contains(id)).map(|(id, parent, _)| Unit {
        id: id.into_bytes(),
        parent: parent.map(Uuid::into_bytes),
        invited: invited.get(&id).copied().unwrap_or(0),
    });
    let items: Vec<&survey::Item> = scored(survey).collect();
    let constructs = survey.constructs.iter().filter_map(|construct| {
        let of = |item: &&survey::Item| item.construct.as_deref() == Some(construct.key.as_str());
        let places: Vec<usize> =
            items.iter().enumerate().filter(|(_, item)| of(item)).map(|(at, _)| at).collect();
        (!places.is_empty()).then(|| Construct { key: construct.key.clone(), items: places })
    });
    Ok(Poll {
        units: tree.collect(),
        invited_elsewhere,
        constructs: constructs.collect(),
        items: items.iter().map(|item| item.key.clone()).collect(),
        rule: Rule { k: usize::try_from(wave.k).unwrap_or(usize::MAX), ..Rule::default() },
    })
}

/// The items whose answers have a place on a scale.
fn scored(survey: &Instrument) -> impl Iterator<Item = &survey::Item> {
    survey.items.iter().filter(|item| item.scale.is_some())
}

/// Index points of one respondent's numbers.
fn scores(survey: &Instrument, number: impl Fn(&str) -> Option<f64>) -> Vec<Option<f64>> {
    scored(survey).map(|item| item.scale.and_then(|scale| scale.score(number(&item.key)?))).collect()
}

/// Opens sealed ballots; they come out shuffled.
fn open(
    poll: Poll,
    private: &seal::PrivateHalf,
    sealed: &[Vec<u8>],
    survey: &Instrument,
) -> Result<Opened, WaveError> {
    let seal::Opened { ballots, broken } =
        seal::open_all(private, sealed).map_err(|error| WaveError::Stored(error.to_string()))?;
    let mut opened =
        Opened { poll, answered: Vec::with_capacity(ballots.len()), texts: BTreeMap::new(), broken };
    for ballot in ballots {
        let number = |key: &str| match ballot.answers.get(key) {
            Some(Answer::Number(number)) => Some(*number),
            _ => None,
        };
        opened.answered.push(Answered { units: ballot.units.clone(), scores: scores(survey, number) });
        for (key, answer) in &ballot.answers {
            if let Answer::Text(text) = answer
                && is_comment(survey, key)
            {
                opened.texts.entry(key.clone()).or_default().push(text.clone());
            }
        }
    }
    Ok(opened)
}

/// Reads the responses of a confidential wave.
async fn read(tx: &mut Tx, poll: Poll, wave: &WaveState, survey: &Instrument) -> Result<Opened, WaveError> {
    let parents: HashMap<UnitId, Option<UnitId>> =
        poll.units.iter().map(|unit| (unit.id, unit.parent)).collect();
    let mut numbers: HashMap<Uuid, HashMap<String, f64>> = HashMap::new();
    for (response, item, number) in rows::numbers(tx, wave.wave_id).await? {
        numbers.entry(response).or_default().insert(item, number);
    }
    let mut answered = Vec::new();
    for (response, unit) in rows::responses(tx, wave.wave_id).await? {
        let mut units = Vec::new();
        let mut next = unit.map(Uuid::into_bytes);
        while let Some(unit) = next.filter(|unit| !units.contains(unit) && parents.contains_key(unit)) {
            units.push(unit);
            next = parents.get(&unit).copied().flatten();
        }
        let own = numbers.get(&response);
        let number = |key: &str| own.and_then(|own| own.get(key)).copied();
        answered.push(Answered { units, scores: scores(survey, number) });
    }
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (item, text) in rows::texts(tx, wave.wave_id).await? {
        if is_comment(survey, &item) {
            texts.entry(item).or_default().push(text);
        }
    }
    Ok(Opened { poll, answered, texts, broken: 0 })
}

fn is_comment(survey: &Instrument, key: &str) -> bool {
    let words = |item: &survey::Item| matches!(item.kind, ItemKind::ShortText | ItemKind::LongText);
    survey.item(key).is_some_and(words)
}

fn counted(table: &Table, opened: &Opened) -> PollClosed {
    let cells = || table.rows.iter().flat_map(|row| &row.cells);
    let shown = cells().filter(|cell| matches!(cell, Released::Shown { .. })).count();
    PollClosed {
        answered: opened.answered.len(),
        broken: opened.broken,
        shown,
        hidden: cells().count() - shown,
    }
}

/// Writes the released table and removes what it was made from, in one transaction; of two who close at a time only one does.
async fn write(
    db: &Db,
    wave: &WaveState,
    file: &WaveFile,
    table: Table,
    opened: Opened,
) -> Result<(), WaveError> {
    let (key, wave, anonymous) = (wave.key.clone(), wave.wave_id, file.mode == Mode::Anonymous);
    let comments = comments(wave, file, &opened);
    db.write(move |tx| {
        Box::pin(async move {
            fielding::lock(tx).await?;
            // Whoever came second has found the ballots gone, and would write an empty table over the full one.
            if !rows::cells(tx, wave).await?.is_empty() {
                return Err(WaveError::Released { key });
            }
            let cells = cells_of(wave, &table);
            for set in cells.chunks(1000) {
                put(tx, &set.iter().collect::<Vec<_>>()).await?;
            }
            put(tx, &comments.iter().collect::<Vec<_>>()).await?;
            if anonymous {
                intake::drop_sealed(tx, wave).await?;
                fielding::destroy_key(tx, wave).await?;
            }
            Ok(())
        })
    })
    .await
}

fn comments(wave: Uuid, file: &WaveFile, opened: &Opened) -> Vec<ReleasedComment> {
    if file.mode == Mode::Anonymous && !file.free_text {
        return Vec::new();
    }
    let released = opened.texts.iter().filter_map(|(item, texts)| {
        Some((item, disclosure::comments(texts.iter().cloned(), &opened.poll.rule)?))
    });
    released
        .flat_map(|(item, texts)| {
            (0_i64..).zip(texts).map(move |(place, comment)| ReleasedComment {
                wave_id: wave,
                item_key: item.clone(),
                place,
                comment,
            })
        })
        .collect()
}

fn cells_of(wave: Uuid, table: &Table) -> Vec<ReleasedCell> {
    let rows = (0_i64..).zip(&table.rows);
    rows.flat_map(|(row_number, row)| {
        table.columns.iter().zip(&row.cells).map(move |(column, cell)| {
            let (respondents, mean) = match cell {
                Released::Shown { n, mean } => (i64::try_from(*n).ok(), Some(*mean)),
                Released::Hidden => (None, None),
            };
            ReleasedCell {
                wave_id: wave,
                row_number,
                column_key: column_key(column),
                unit_id: row.unit.map(Uuid::from_bytes),
                respondents,
                mean,
            }
        })
    })
    .collect()
}

fn column_key(column: &Column) -> String {
    match column {
        Column::Participation => "participation".into(),
        Column::Construct(key) => format!("construct:{key}"),
        Column::Item(key) => format!("item:{key}"),
    }
}

/// A released poll, with the names that its page needs.
#[derive(Debug, Clone, PartialEq)]
pub struct PollResults {
    /// The released table.
    pub table: Table,
    /// The wave's name.
    pub name: String,
    /// Whether the poll was anonymous.
    pub anonymous: bool,
    /// People invited.
    pub invited: usize,
    /// When the wave ended.
    pub closed_at: Instant,
    /// Names of the units.
    pub units: BTreeMap<UnitId, String>,
    /// The survey, for the names of what stands across.
    pub survey: Instrument,
    /// Comments by item; `None` where a question takes comments and none are released.
    pub comments: Vec<(String, Option<Vec<String>>)>,
}

/// Reads the released table of a poll.
///
/// # Errors
///
/// Refuses a poll that has not been closed.
pub async fn poll_results(tx: &mut Tx, key: &str) -> Result<PollResults, WaveError> {
    let (wave, file) = find(tx, key).await?;
    let cells = rows::cells(tx, wave.wave_id).await?;
    let closed_at = wave.closed_at.filter(|_| !cells.is_empty());
    let closed_at = closed_at.ok_or_else(|| WaveError::NotReleased { key: key.into() })?;
    let survey =
        survey::parse("survey", &wave.document).map_err(|error| WaveError::Stored(error.to_string()))?;
    let units = fielding::units(tx).await?;
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (item, comment) in rows::comments(tx, wave.wave_id).await? {
        said.entry(item).or_default().push(comment);
    }
    let asked = survey.items.iter().filter(|item| is_comment(&survey, &item.key));
    let asked = asked.filter(|_| file.mode != Mode::Anonymous || file.free_text);
    let comments = asked.map(|item| (item.key.clone(), said.get(&item.key).cloned())).collect();
    Ok(PollResults {
        table: table_of(&wave, &survey, &cells, &units),
        name: file.name,
        anonymous: file.mode == Mode::Anonymous,
        invited: usize::try_from(fielding::count_invited(tx, wave.wave_id).await?).unwrap_or(0),
        closed_at,
        units: units.into_iter().map(|(id, _, name)| (id.into_bytes(), name)).collect(),
        survey,
        comments,
    })
}

/// Puts the stored cells together as the table that was released.
fn table_of(
    wave: &WaveState,
    survey: &Instrument,
    cells: &[ReleasedCell],
    units: &[(Uuid, Option<Uuid>, String)],
) -> Table {
    let items = || scored(survey).map(|item| Column::Item(item.key.clone()));
    let constructs = survey.constructs.iter().map(|construct| Column::Construct(construct.key.clone()));
    let known: BTreeSet<&str> = cells.iter().map(|cell| cell.column_key.as_str()).collect();
    let columns: Vec<Column> = std::iter::once(Column::Participation)
        .chain(constructs)
        .chain(items())
        .filter(|column| known.contains(column_key(column).as_str()))
        .collect();
    let by_place: HashMap<(i64, String), &ReleasedCell> =
        cells.iter().map(|cell| ((cell.row_number, cell.column_key.clone()), cell)).collect();
    let numbers: BTreeMap<i64, Option<Uuid>> =
        cells.iter().map(|cell| (cell.row_number, cell.unit_id)).collect();
    let level = |unit: Option<Uuid>| {
        let mut level = 0;
        let mut next = unit;
        while let Some(unit) = next.filter(|_| level < 64) {
            level += 1;
            next = units.iter().find(|(id, ..)| *id == unit).and_then(|(_, parent, _)| *parent);
        }
        level
    };
    let rows: Vec<Row> = numbers
        .into_iter()
        .map(|(number, unit)| Row {
            unit: unit.map(Uuid::into_bytes),
            level: level(unit),
            cells: columns
                .iter()
                .map(|column| {
                    let cell = by_place.get(&(number, column_key(column)));
                    match cell.and_then(|cell| Some((cell.respondents?, cell.mean?))) {
                        Some((n, mean)) => Released::Shown { n: usize::try_from(n).unwrap_or(0), mean },
                        None => Released::Hidden,
                    }
                })
                .collect(),
        })
        .collect();
    Table { k: usize::try_from(wave.k).unwrap_or(0), columns, rows }
}
