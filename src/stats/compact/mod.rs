//! Models of many rows: columns kept as small as their values allow, read in blocks, fitted in blocks.
//!
//! Rows stand in blocks of 4,096 by their number, each block is worked on by one thread, and what the blocks
//! give is added in the order of the rows: a result has the same bits on any number of threads. Sums have a
//! fixed number of running parts and no fused operations, so that they have the same bits on any processor
//! too. A missing driver takes the mean of its column, and how many did is told; a row without an outcome is
//! left out.

mod basis;
mod csv;
mod fit;
mod glm;
mod kernel;
mod plan;

pub use csv::{ReadFault, read};
pub use fit::{CompactErrors, CompactFit, gamma, linear, logit};

/// Rows of a block.
pub const BLOCK: usize = 4_096;
/// The byte that stands for a missing value.
const MISSING: i8 = i8::MIN;

/// The values of one column in one block, in the smallest form that holds each of them exactly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cells {
    /// Whole numbers from -127 to 127.
    Bytes(Vec<i8>),
    /// Numbers that single precision holds exactly; NaN is missing.
    Single(Vec<f32>),
    /// Any numbers; NaN is missing.
    Double(Vec<f64>),
}

#[expect(clippy::cast_possible_truncation, clippy::float_cmp, reason = "kept only where nothing is lost")]
impl Cells {
    /// NaN is missing.
    fn new(values: &[f64]) -> Self {
        if let Some(bytes) = values.iter().map(|value| byte(*value)).collect() {
            return Self::Bytes(bytes);
        }
        if values.iter().all(|value| value.is_nan() || f64::from(*value as f32) == *value) {
            return Self::Single(values.iter().map(|value| *value as f32).collect());
        }
        Self::Double(values.to_vec())
    }

    /// Value of a row; `None` where it is missing.
    pub(crate) fn get(&self, row: usize) -> Option<f64> {
        match self {
            Self::Bytes(values) => values.get(row).filter(|value| **value != MISSING).map(|x| f64::from(*x)),
            Self::Single(values) => values.get(row).filter(|value| !value.is_nan()).map(|x| f64::from(*x)),
            Self::Double(values) => values.get(row).filter(|value| !value.is_nan()).copied(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Single(values) => 4 * values.len(),
            Self::Double(values) => 8 * values.len(),
        }
    }
}

/// The byte of a value, where it has one.
#[expect(clippy::cast_possible_truncation, reason = "within the range")]
fn byte(value: f64) -> Option<i8> {
    if value.is_nan() {
        return Some(MISSING);
    }
    // A zero with a sign would lose it, which no sum notices.
    (value.abs() <= 127.0 && value.fract() == 0.0).then_some(value as i8)
}

/// Up to 4,096 rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Cells>,
}

/// Columns of numbers in blocks of rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compact {
    blocks: Vec<Block>,
    columns: usize,
}

impl Compact {
    /// Takes columns of equal length; NaN is missing, and so is an infinite value.
    pub fn from_columns(columns: &[&[f64]]) -> Self {
        let rows = columns.iter().map(|column| column.len()).min().unwrap_or(0);
        let mut packed = Self { blocks: Vec::new(), columns: columns.len() };
        for start in (0..rows).step_by(BLOCK) {
            let end = rows.min(start + BLOCK);
            let finite = |value: &f64| if value.is_finite() { *value } else { f64::NAN };
            let part = |column: &&[f64]| column[start..end].iter().map(finite).collect::<Vec<f64>>();
            let columns = columns.iter().map(|column| Cells::new(&part(column))).collect();
            packed.blocks.push(Block { rows: end - start, columns });
        }
        packed
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.blocks.iter().map(|block| block.rows).sum()
    }

    /// Columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes that the values take.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().flat_map(|block| &block.columns).map(Cells::bytes).sum()
    }
}
