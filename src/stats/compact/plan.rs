//! Which columns of which rows go into a model, and how a tile of them is laid out.

use rayon::prelude::*;

use super::kernel::{Column, TILE};
use super::{BLOCK, Block, Cells, Compact, MISSING};
use crate::factor::power_of_two_below_inverse;
use crate::{Column as Name, Count, Refusal, Warning};

/// Share of rows without an outcome above which no model is fitted.
const TOO_MANY_DROPPED: f64 = 0.4;
/// Share above which it warns.
const MANY_DROPPED: f64 = 0.1;

/// Centre, unit and gaps of one column over the rows that have an outcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    /// Power of two by which centred values are multiplied.
    pub(crate) scale: f64,
    pub(crate) missing: usize,
    low: f64,
    high: f64,
}

/// A model's columns.
pub(crate) struct Plan<'a> {
    data: &'a Compact,
    outcome: usize,
    drivers: &'a [usize],
    /// Of the drivers, then of the outcome.
    pub(crate) moments: Vec<Moments>,
    /// Centred, scaled value of each byte, per driver.
    tables: Vec<[f64; 256]>,
    /// Rows with an outcome.
    pub(crate) rows: usize,
    pub(crate) warnings: Vec<Warning>,
}

/// 128 rows of a model: intercept, then the drivers, centred and scaled; 0 throughout in rows that do not
/// count.
pub(crate) struct Tile {
    pub(crate) x: Vec<Column>,
    pub(crate) y: Column,
    /// 1 where the row counts.
    pub(crate) counts: Column,
    /// Number of the first row.
    pub(crate) first: usize,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(data: &'a Compact, outcome: usize, drivers: &'a [usize]) -> Result<Self, Refusal> {
        let wanted = drivers.iter().chain([&outcome]);
        if let Some(found) = wanted.copied().find(|column| *column >= data.columns) {
            return Err(Refusal::LengthMismatch { expected: data.columns, found });
        }
        let all: Vec<usize> = drivers.iter().copied().chain([outcome]).collect();
        let whole = |block: &Block| (0..block.rows).all(|row| block.columns[outcome].get(row).is_some());
        let full: Vec<bool> = data.blocks.par_iter().map(whole).collect();
        let moments: Vec<Moments> =
            all.par_iter().map(|column| moments(data, &full, outcome, *column)).collect();
        let available = data.rows();
        let dropped = moments.last().map_or(0, |own| own.missing);
        let rows = available - dropped;
        if dropped as f64 > TOO_MANY_DROPPED * available as f64 {
            return Err(Refusal::TooManyDropped { dropped, available });
        }
        let parameters = drivers.len() + 1;
        if rows <= parameters || drivers.is_empty() {
            let (have, need) = (rows as f64, parameters as f64 + 1.0);
            let what = if drivers.is_empty() { Count::Drivers } else { Count::Observations };
            return Err(Refusal::TooFew { what, have: if drivers.is_empty() { 0.0 } else { have }, need });
        }
        let mut warnings = Vec::new();
        if dropped as f64 > MANY_DROPPED * available as f64 {
            warnings.push(Warning::Missing { dropped, available });
        }
        let need = parameters as f64 + 10.0;
        if (rows as f64) < need {
            warnings.push(Warning::Few { what: Count::Observations, have: rows as f64, need });
        }
        for (k, own) in moments.iter().enumerate() {
            let name = if k < drivers.len() { Name::Driver(k) } else { Name::Outcome };
            if own.high <= own.low || own.high - own.low == 0.0 {
                return Err(Refusal::NoVariance { column: name });
            }
            if !(own.mean.is_finite() && (own.high - own.low).is_finite()) {
                return Err(Refusal::OutOfRange);
            }
            if k < drivers.len() && own.missing > 0 {
                warnings.push(Warning::Imputed { column: name, cells: own.missing });
            }
        }
        let table = |own: &Moments| {
            let mut table = [0.0; 256];
            for value in -127..=127_i8 {
                table[usize::from(value.cast_unsigned())] = (f64::from(value) - own.mean) * own.scale;
            }
            table
        };
        let tables = moments[..drivers.len()].iter().map(table).collect();
        Ok(Self { data, outcome, drivers, moments, tables, rows, warnings })
    }

    /// Columns of a tile.
    pub(crate) fn width(&self) -> usize {
        self.drivers.len() + 1
    }

    pub(crate) fn outcome_range(&self) -> (f64, f64) {
        self.moments.last().map_or((0.0, 0.0), |own| (own.low, own.high))
    }

    pub(crate) fn blocks(&self) -> usize {
        self.data.blocks.len()
    }

    /// The first row whose outcome is of this kind.
    pub(crate) fn find_outcome(&self, bad: impl Fn(f64) -> bool + Sync) -> Option<usize> {
        (self.data.blocks.par_iter().enumerate())
            .filter_map(|(index, block)| {
                let cells = &block.columns[self.outcome];
                (0..block.rows).find(|row| cells.get(*row).is_some_and(&bad)).map(|row| index * BLOCK + row)
            })
            .min()
    }

    /// Runs `each` over the tiles of every block that `takes` and adds what they give, in the order of the
    /// rows.
    pub(crate) fn sum<A: Sum + Send>(
        &self,
        takes: impl Fn(usize) -> bool + Sync,
        start: impl Fn() -> A + Sync,
        each: impl Fn(&mut A, &mut Tile) + Sync,
    ) -> A {
        let blocks: Vec<(usize, &Block)> =
            self.data.blocks.iter().enumerate().filter(|(index, _)| takes(*index)).collect();
        let parts: Vec<A> = blocks
            .into_par_iter()
            .map_init(
                || self.tile(),
                |tile, (index, block)| {
                    let mut part = start();
                    for first in (0..block.rows).step_by(TILE) {
                        self.fill(block, first, tile);
                        tile.first = index * BLOCK + first;
                        each(&mut part, tile);
                    }
                    part
                },
            )
            .collect();
        let mut total = start();
        for part in &parts {
            total.add(part);
        }
        total
    }

    fn tile(&self) -> Tile {
        let zeros = [0.0; TILE];
        Tile { x: vec![zeros; self.width()], y: zeros, counts: zeros, first: 0 }
    }

    /// Lays out the rows of a block from `first` on.
    fn fill(&self, block: &Block, first: usize, tile: &mut Tile) {
        let rows = TILE.min(block.rows - first);
        let range = first..first + rows;
        let Tile { y, counts, .. } = tile;
        let nan = |value: f64, there: bool| if there { value } else { f64::NAN };
        let present = match &block.columns[self.outcome] {
            Cells::Bytes(values) => fill_outcome(
                &values[range.clone()],
                |value| nan(f64::from(value), value != MISSING),
                y,
                counts,
            ),
            Cells::Single(values) => fill_outcome(&values[range.clone()], f64::from, y, counts),
            Cells::Double(values) => fill_outcome(&values[range.clone()], |value| value, y, counts),
        };
        let gaps = rows < TILE || !present;
        tile.y[rows..].fill(0.0);
        tile.counts[rows..].fill(0.0);
        if let Some((intercept, columns)) = tile.x.split_first_mut() {
            *intercept = tile.counts;
            for (k, target) in columns.iter_mut().enumerate() {
                self.fill_driver(k, &block.columns[self.drivers[k]], range.clone(), target);
                if gaps {
                    target[rows..].fill(0.0);
                    for (value, counts) in target.iter_mut().zip(&tile.counts) {
                        *value *= counts;
                    }
                }
            }
        }
    }

    fn fill_driver(&self, k: usize, cells: &Cells, rows: std::ops::Range<usize>, target: &mut Column) {
        let own = &self.moments[k];
        match cells {
            Cells::Bytes(values) => {
                let table = &self.tables[k];
                for (target, value) in target.iter_mut().zip(&values[rows]) {
                    *target = table[usize::from(value.cast_unsigned())];
                }
            }
            Cells::Single(values) => {
                for (target, value) in target.iter_mut().zip(&values[rows]) {
                    let centred = (f64::from(*value) - own.mean) * own.scale;
                    *target = if value.is_nan() { 0.0 } else { centred };
                }
            }
            Cells::Double(values) => {
                for (target, value) in target.iter_mut().zip(&values[rows]) {
                    *target = if value.is_nan() { 0.0 } else { (value - own.mean) * own.scale };
                }
            }
        }
    }
}

/// Lays out the outcome, 0 where it is missing (NaN), and whether the row counts; returns whether all do.
fn fill_outcome<T: Copy>(
    values: &[T],
    number: impl Fn(T) -> f64,
    y: &mut Column,
    counts: &mut Column,
) -> bool {
    let mut present = true;
    for ((y, counts), value) in y.iter_mut().zip(counts).zip(values) {
        let value = number(*value);
        let there = !value.is_nan();
        present &= there;
        (*y, *counts) = if there { (value, 1.0) } else { (0.0, 0.0) };
    }
    present
}

/// What the blocks give, to be added in the order of the rows.
pub(crate) trait Sum {
    fn add(&mut self, other: &Self);
}

/// Adds the numbers of one slice to another.
pub(crate) fn add_all(own: &mut [f64], other: &[f64]) {
    for (own, other) in own.iter_mut().zip(other) {
        *own += other;
    }
}

/// Moments of a column over the rows with an outcome; `full` says of each block that it has no row without.
fn moments(data: &Compact, full: &[bool], outcome: usize, column: usize) -> Moments {
    let mut range = Range { low: f64::INFINITY, high: f64::NEG_INFINITY, missing: 0, there: 0 };
    let mut whole = Some(0_i64);
    for (block, full) in data.blocks.iter().zip(full) {
        match &block.columns[column] {
            Cells::Bytes(values) if *full || column == outcome => {
                whole = whole.map(|sum| sum + range.take_bytes(values));
            }
            cells => {
                whole = None;
                let of = &block.columns[outcome];
                for row in 0..block.rows {
                    if column == outcome || of.get(row).is_some() {
                        range.take(cells.get(row));
                    }
                }
            }
        }
    }
    let scale = power_of_two_below_inverse(range.high - range.low);
    let mean = match whole {
        Some(sum) => sum as f64 / range.there as f64,
        None => mean(data, outcome, column, &range),
    };
    Moments { mean, scale, missing: range.missing, low: range.low, high: range.high }
}

struct Range {
    low: f64,
    high: f64,
    missing: usize,
    there: usize,
}

impl Range {
    fn take(&mut self, value: Option<f64>) {
        match value {
            Some(value) => {
                (self.low, self.high) = (self.low.min(value), self.high.max(value));
                self.there += 1;
            }
            None => self.missing += 1,
        }
    }

    /// Takes the bytes of a block and returns their sum.
    fn take_bytes(&mut self, values: &[i8]) -> i64 {
        // Two histograms in turn: the same place is not written to twice in a row.
        let mut counts = [[0_u32; 256]; 2];
        for (row, value) in values.iter().enumerate() {
            counts[row % 2][usize::from(value.cast_unsigned())] += 1;
        }
        let count = |value: i8| {
            let place = usize::from(value.cast_unsigned());
            counts[0][place] + counts[1][place]
        };
        self.missing += count(MISSING) as usize;
        let mut sum = 0;
        for value in -127..=127_i8 {
            let count = count(value);
            if count > 0 {
                self.there += count as usize;
                sum += i64::from(value) * i64::from(count);
                (self.low, self.high) = (self.low.min(f64::from(value)), self.high.max(f64::from(value)));
            }
        }
        sum
    }
}

/// Mean, summed in units in which the largest value is about 1, so that no sum leaves the range of numbers.
fn mean(data: &Compact, outcome: usize, column: usize, range: &Range) -> f64 {
    let unit = power_of_two_below_inverse(range.low.abs().max(range.high.abs()));
    let mut total = 0.0;
    for block in &data.blocks {
        let (cells, of) = (&block.columns[column], &block.columns[outcome]);
        let counted = |row: &usize| column == outcome || of.get(*row).is_some();
        let values = (0..block.rows).filter(counted).filter_map(|row| cells.get(row));
        total += values.map(|value| value * unit).sum::<f64>();
    }
    // A mean lies between the ends; where all values are 0, the unit is 0.
    if unit > 0.0 { total / range.there as f64 / unit } else { 0.0 }
}
