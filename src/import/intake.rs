//! Reads a file on a thread of its own and hands typed rows over, set by set.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Sender;

use super::form::{Form, Source};
use super::line::{Fault, Given, Line, Value};
use super::report::Fill;
use super::row::{Reader, label};
use super::source::{FileError, Record, Table};
use crate::digest::hex;
use crate::store::identity::{Identifier, Owner};

/// Rows of one set: large enough that statements are few, small enough to hold.
const SET: usize = 1000;

/// A row, or why it is left out.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) line: u64,
    /// The lines of further rows that were added up into this one.
    pub(super) others: Vec<u64>,
    pub(super) result: Result<Line, Fault>,
}

impl Parsed {
    fn one(line: u64, result: Result<Line, Fault>) -> Self {
        Self { line, others: Vec::new(), result }
    }
}

/// What the reading thread hands over.
#[derive(Debug)]
pub(super) enum Parcel {
    /// Some rows, and the part of the file that has been read.
    Rows { rows: Vec<Parsed>, read: (u64, u64) },
    /// The end, with what was seen of the columns.
    End(Vec<Fill>),
    /// A fault that refuses the file.
    Failed(FileError),
}

/// Reads the whole table and sends it; stops when nobody listens any more.
pub(super) fn send(table: Table, reader: Reader, sender: &Sender<Parcel>) {
    let mut intake = Intake::new(reader);
    if let Err(error) = intake.run(table, sender) {
        // A closed channel means that the import has already failed for a reason of its own.
        let _ = sender.blocking_send(Parcel::Failed(error));
    }
}

struct Intake {
    reader: Reader,
    fills: Vec<(usize, Vec<String>, Fill)>,
    occurrences: HashMap<[u8; 16], u32>,
    groups: Groups,
}

impl Intake {
    fn new(reader: Reader) -> Self {
        let mut fills: Vec<(usize, Vec<String>, Fill)> = Vec::new();
        for (fills_what, source) in sources(&reader) {
            for &column in source.form.columns() {
                if let Some((_, _, fill)) = fills.iter_mut().find(|(known, ..)| *known == column) {
                    fill.fills = format!("{}, {fills_what}", fill.fills);
                    continue;
                }
                let name = reader.columns.get(column).cloned().unwrap_or_default();
                let fill = Fill { column: name, fills: fills_what.clone(), filled: 0, example: None };
                fills.push((column, source.missing.clone(), fill));
            }
        }
        Self { reader, fills, occurrences: HashMap::new(), groups: Groups::default() }
    }

    fn run(&mut self, mut table: Table, sender: &Sender<Parcel>) -> Result<(), FileError> {
        let mut rows = Vec::with_capacity(SET);
        let mut any = false;
        while let Some(record) = table.next()? {
            any = true;
            self.note_fill(&record);
            let parsed = self.parse(&record);
            if self.reader.map.sums() {
                self.group(&record, parsed, &mut rows);
            } else {
                rows.push(parsed);
            }
            if rows.len() >= SET {
                let full = std::mem::replace(&mut rows, Vec::with_capacity(SET));
                if sender.blocking_send(Parcel::Rows { rows: full, read: table.progress() }).is_err() {
                    return Ok(());
                }
            }
        }
        if !any {
            return Err(table.refuse("the file has a header and no row"));
        }
        rows.extend(std::mem::take(&mut self.groups).finish());
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(SET));
            let set = std::mem::replace(&mut rows, rest);
            if sender.blocking_send(Parcel::Rows { rows: set, read: table.progress() }).is_err() {
                return Ok(());
            }
        }
        let fills = self.fills.drain(..).map(|(_, _, fill)| fill).collect();
        // Nobody listens only if the import has failed already.
        let _ = sender.blocking_send(Parcel::End(fills));
        Ok(())
    }

    fn note_fill(&mut self, record: &Record) {
        for (column, missing, fill) in &mut self.fills {
            let cell = record.cells.get(*column).unwrap_or("").trim();
            if cell.is_empty() || missing.iter().any(|word| word == cell) {
                continue;
            }
            fill.filled += 1;
            if fill.example.is_none() {
                fill.example = Some(cell.chars().take(40).collect());
            }
        }
    }

    fn parse(&mut self, record: &Record) -> Parsed {
        let mut result = self.reader.line(record);
        if let (Ok(line), true) = (&mut result, self.reader.map.twins) {
            let twin = self.twin_key(record);
            if let Some(key) = line.given.first_mut() {
                *key = Given::Is(Value::Id(twin));
            }
        }
        Parsed::one(record.line, result)
    }

    /// Builds a key from all mapped cells and the number of the row among its twins.
    ///
    /// One number is kept per different row: with a key in the file, memory stays flat.
    fn twin_key(&mut self, record: &Record) -> Identifier {
        let mut columns: Vec<(&str, usize)> =
            self.fills.iter().map(|(column, _, fill)| (fill.column.as_str(), *column)).collect();
        columns.sort_unstable();
        let mut hash = Sha256::new();
        for (name, column) in columns {
            let cell = record.cells.get(column).unwrap_or("").trim();
            for part in [name, cell] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        let digest = hash.finalize();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        let occurrence = self.occurrences.entry(short).or_insert(0);
        *occurrence += 1;
        Identifier {
            owner: Owner::LedgerEntry,
            scheme: "content".into(),
            value: format!("{}#{occurrence}", hex(&short)),
        }
    }

    /// Adds a row to the others of its key; a row without readable key goes on its own.
    fn group(&mut self, record: &Record, parsed: Parsed, rows: &mut Vec<Parsed>) {
        let place = self.reader.map.kind.fields().iter().position(|field| field.name == "key");
        let source = place.and_then(|place| self.reader.bound.fields[place].as_ref());
        let key = source.and_then(|source| self.reader.cell(record, source).ok().flatten());
        match key {
            Some(key) => self.groups.add(key, parsed, &self.reader),
            None => rows.push(parsed),
        }
    }
}

fn sources(reader: &Reader) -> Vec<(String, &Source<usize>)> {
    let fields = reader.map.kind.fields().iter().zip(&reader.bound.fields);
    let mut all: Vec<(String, &Source<usize>)> =
        fields.filter_map(|(field, source)| Some((field.name.to_owned(), source.as_ref()?))).collect();
    all.extend(reader.bound.aliases.iter().map(|source| (format!("{} (alias)", source.scheme), source)));
    all.extend(reader.bound.attributes.iter().map(|(name, source)| (name.to_string(), source)));
    if let Some(survey) = &reader.map.survey {
        let items = &survey.instrument.items;
        all.extend(reader.bound.answers.iter().map(|(place, source)| (items[*place].key.clone(), source)));
    }
    all
}

/// Rows added up per key: the one form of import whose memory grows with the number of keys.
#[derive(Debug, Default)]
struct Groups {
    places: HashMap<String, usize>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    sum: Option<Line>,
    lines: Vec<u64>,
    faults: Vec<(u64, Fault)>,
}

impl Groups {
    fn add(&mut self, key: String, parsed: Parsed, reader: &Reader) {
        let next = self.groups.len();
        let place = match self.places.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.groups.push(Group { sum: None, lines: Vec::new(), faults: Vec::new() });
                *new.insert(next)
            }
        };
        let group = &mut self.groups[place];
        match parsed.result.and_then(|line| group.with(line, reader)) {
            Ok(()) => group.lines.push(parsed.line),
            Err(fault) => group.faults.push((parsed.line, fault)),
        }
    }

    /// Returns one row per key; where one row of a key is at fault, all of them are left out.
    fn finish(self) -> Vec<Parsed> {
        let mut rows = Vec::with_capacity(self.groups.len());
        for group in self.groups {
            match group.sum {
                Some(line) if group.faults.is_empty() => {
                    let others = group.lines.into_iter().skip(1).collect();
                    rows.push(Parsed { line: line.number_in_file, others, result: Ok(line) });
                }
                _ => {
                    let spoilt = || {
                        Fault::of_row("another row of the same key cannot be read: the sum would be wrong")
                    };
                    let others = group.lines.into_iter().map(|line| (line, spoilt()));
                    let faults = group.faults.into_iter().chain(others);
                    rows.extend(faults.map(|(line, fault)| Parsed::one(line, Err(fault))));
                }
            }
        }
        rows
    }
}

impl Group {
    fn with(&mut self, line: Line, reader: &Reader) -> Result<(), Fault> {
        let Some(sum) = &mut self.sum else {
            self.sum = Some(line);
            return Ok(());
        };
        for (place, (before, added)) in sum.given.iter_mut().zip(line.given).enumerate() {
            let Some(source) = &reader.bound.fields[place] else { continue };
            match (&mut *before, added, &source.form) {
                (Given::Is(Value::Money(total)), Given::Is(Value::Money(more)), Form::Sum(_)) => {
                    *total = total.checked_add(more).ok_or_else(|| Fault {
                        column: label(source, &reader.columns),
                        reason: "the sum is too large an amount".into(),
                        cell: None,
                    })?;
                }
                (_, Given::Missing, Form::Sum(_)) => {}
                (Given::Missing, added, Form::Sum(_)) => *before = added,
                (before, added, _) if *before == added => {}
                _ => {
                    return Err(Fault {
                        column: label(source, &reader.columns),
                        reason: "differs from the other rows of its key, which are summed".into(),
                        cell: None,
                    });
                }
            }
        }
        Ok(())
    }
}
