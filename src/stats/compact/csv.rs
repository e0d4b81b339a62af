//! Numeric columns of a CSV file, straight into compact blocks.

use std::io::Read;

use rayon::prelude::*;

use super::{BLOCK, Block, Cells, Compact, MISSING, byte};

/// Bytes of a piece that one thread reads.
const PIECE: usize = 1 << 20;
/// Powers of ten that double precision holds exactly.
const TENS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The source failed.
    #[error("the file cannot be read: {0}")]
    Source(#[from] std::io::Error),
    /// The file has no first line.
    #[error("the file is empty; its first line has to name the columns")]
    Empty,
    /// A column is not there.
    #[error("there is no column `{name}`")]
    NoColumn {
        /// Which.
        name: String,
    },
    /// Two columns have the name.
    #[error("two columns are named `{name}`; rename one of them")]
    Twice {
        /// Which.
        name: String,
    },
    /// A cell is neither a number nor missing.
    #[error("line {line}, column `{name}`: `{text}` is not a number; correct it or leave it empty")]
    NotNumber {
        /// Line, the header being 1.
        line: usize,
        /// Column.
        name: String,
        /// The cell.
        text: String,
    },
    /// A line has more or fewer cells than the header.
    #[error("line {line} has {found} cells where the header has {expected}")]
    Ragged {
        /// Line, the header being 1.
        line: usize,
        /// Cells of the line.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
}

/// Reads the named columns, in the order of the names, from a CSV file with a header and commas. Empty cells
/// and NA are missing. Cells may be quoted; lines may end in either way.
///
/// # Errors
///
/// See [`ReadFault`]; the first fault in the order of the lines.
pub fn read(mut source: impl Read, names: &[&str]) -> Result<Compact, ReadFault> {
    let mut pieces = Pieces { source: &mut source, kept: Vec::new(), ended: false };
    let mut first = pieces.next()?.ok_or(ReadFault::Empty)?;
    let header_end = line_end(&first).unwrap_or(first.len());
    let layout = Layout::new(&first[..header_end], names)?;
    // Lines before the piece.
    let mut line = newlines(&first[..header_end]);
    first.drain(..header_end);
    let mut filling = Filling::new(names.len());
    let mut waiting = vec![first];
    loop {
        while waiting.len() < rayon::current_num_threads() {
            let Some(piece) = pieces.next()? else { break };
            waiting.push(piece);
        }
        if waiting.is_empty() {
            return Ok(filling.finish());
        }
        let parsed: Vec<Result<Parsed, Fault>> =
            waiting.par_iter().map(|piece| layout.parse(piece)).collect();
        for (piece, parsed) in waiting.drain(..).zip(parsed) {
            let parsed = parsed.map_err(|fault| layout.fault(&piece, &fault, line, names))?;
            line += parsed.lines;
            filling.push(parsed);
        }
    }
}

/// Whole lines of the source, a piece at a time.
struct Pieces<'a, R> {
    source: &'a mut R,
    kept: Vec<u8>,
    ended: bool,
}

impl<R: Read> Pieces<'_, R> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, ReadFault> {
        let mut piece = std::mem::take(&mut self.kept);
        let mut wanted = PIECE;
        loop {
            let missing = wanted.saturating_sub(piece.len()) as u64;
            if !self.ended {
                self.source.by_ref().take(missing).read_to_end(&mut piece)?;
                self.ended = piece.len() < wanted;
            }
            if self.ended {
                return Ok((!piece.is_empty()).then_some(piece));
            }
            if let Some(end) = last_line_end(&piece) {
                self.kept = piece.split_off(end);
                return Ok(Some(piece));
            }
            wanted *= 2;
        }
    }
}

fn newlines(bytes: &[u8]) -> usize {
    count(bytes, b'\n')
}

/// How often a byte occurs; sums of at most 255 fit into a byte, of which a register holds many.
fn count(bytes: &[u8], wanted: u8) -> usize {
    let short = |part: &[u8]| usize::from(part.iter().map(|byte| u8::from(*byte == wanted)).sum::<u8>());
    bytes.chunks(255).map(short).sum()
}

/// Position behind the first line that ends outside of quotes.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let mut quoted = false;
    bytes
        .iter()
        .position(|b| {
            quoted ^= *b == b'"';
            *b == b'\n' && !quoted
        })
        .map(|at| at + 1)
}

/// Position behind the last line that ends outside of quotes; the bytes begin outside of them.
fn last_line_end(bytes: &[u8]) -> Option<usize> {
    let mut odd = count(bytes, b'"') % 2 == 1;
    bytes
        .iter()
        .rposition(|b| {
            odd ^= *b == b'"';
            *b == b'\n' && !odd
        })
        .map(|at| at + 1)
}

/// A cell without its quotes and outer blanks.
fn text(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    let text = text.trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\"").trim().to_owned(),
        None => text.to_owned(),
    }
}

/// Which cell of a line goes where.
struct Layout {
    slots: Vec<Option<usize>>,
    wanted: usize,
}

/// A fault in a piece.
struct Fault {
    /// Position of the line in the piece.
    start: usize,
    kind: FaultKind,
}

enum FaultKind {
    NotNumber { slot: usize, text: String },
    Ragged { found: usize },
}

struct Parsed {
    columns: Vec<Growing>,
    rows: usize,
    lines: usize,
}

/// A column while it grows: bytes as long as they do.
enum Growing {
    Bytes(Vec<i8>),
    Doubles(Vec<f64>),
}

impl Growing {
    fn doubles(&mut self) -> &mut Vec<f64> {
        if let Self::Bytes(bytes) = self {
            *self = Self::Doubles(
                bytes.iter().map(|b| if *b == MISSING { f64::NAN } else { f64::from(*b) }).collect(),
            );
        }
        match self {
            Self::Doubles(values) => values,
            // Just replaced.
            Self::Bytes(_) => unreachable!("bytes were turned into numbers"),
        }
    }

    fn push_byte(&mut self, value: i8) {
        match self {
            Self::Bytes(values) => values.push(value),
            Self::Doubles(values) => values.push(if value == MISSING { f64::NAN } else { f64::from(value) }),
        }
    }

    fn push(&mut self, value: f64) {
        match byte(value) {
            Some(value) => self.push_byte(value),
            None => self.doubles().push(value),
        }
    }

    fn append(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Bytes(own), Self::Bytes(more)) => own.extend(more),
            (_, mut other) => {
                let more = std::mem::take(other.doubles());
                self.doubles().extend(more);
            }
        }
    }

    /// The values of these rows.
    fn cells(&self, rows: std::ops::Range<usize>) -> Cells {
        match self {
            Self::Bytes(values) => Cells::Bytes(values[rows].to_vec()),
            Self::Doubles(values) => Cells::new(&values[rows]),
        }
    }

    /// Takes the first rows off.
    fn forget(&mut self, rows: usize) {
        match self {
            Self::Bytes(values) => drop(values.drain(..rows)),
            Self::Doubles(values) => drop(values.drain(..rows)),
        }
    }
}

impl Layout {
    fn new(header: &[u8], names: &[&str]) -> Result<Self, ReadFault> {
        let header = header.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(header);
        let found: Vec<String> = cells(header).map(text).collect();
        let mut slots = vec![None; found.len()];
        for (slot, name) in names.iter().enumerate() {
            let mut places = (0..found.len()).filter(|place| found[*place] == *name);
            let place = places.next().ok_or_else(|| ReadFault::NoColumn { name: (*name).to_owned() })?;
            if places.next().is_some() || slots[place].is_some() {
                return Err(ReadFault::Twice { name: (*name).to_owned() });
            }
            slots[place] = Some(slot);
        }
        Ok(Self { slots, wanted: names.len() })
    }

    fn fault(&self, piece: &[u8], fault: &Fault, line: usize, names: &[&str]) -> ReadFault {
        let line = line + 1 + newlines(&piece[..fault.start]);
        match &fault.kind {
            FaultKind::Ragged { found } => {
                ReadFault::Ragged { line, found: *found, expected: self.slots.len() }
            }
            FaultKind::NotNumber { slot, text } => {
                ReadFault::NotNumber { line, name: names[*slot].to_owned(), text: text.clone() }
            }
        }
    }

    fn parse(&self, piece: &[u8]) -> Result<Parsed, Fault> {
        let guess = piece.len() / 40;
        let mut columns: Vec<Growing> =
            (0..self.wanted).map(|_| Growing::Bytes(Vec::with_capacity(guess))).collect();
        let (mut at, mut rows) = (0, 0);
        while at < piece.len() {
            let start = at;
            if let Some(blank) = blank_line(&piece[at..]) {
                at += blank;
                continue;
            }
            let mut place = 0;
            loop {
                let slot = self.slots.get(place).copied().flatten();
                let end = match slot {
                    Some(slot) => {
                        number(piece, at, &mut columns, slot).map_err(|kind| Fault { start, kind })?
                    }
                    None => cell_end(piece, at),
                };
                place += 1;
                at = end + 1;
                if piece.get(end) != Some(&b',') {
                    break;
                }
            }
            if place != self.slots.len() {
                return Err(Fault { start, kind: FaultKind::Ragged { found: place } });
            }
            rows += 1;
        }
        Ok(Parsed { columns, rows, lines: newlines(piece) })
    }
}

/// Puts the number that begins at `at` into its column; returns the position of the comma or line end
/// behind it.
fn number(piece: &[u8], at: usize, columns: &mut [Growing], slot: usize) -> Result<usize, FaultKind> {
    let column = &mut columns[slot];
    // Most cells of a survey: up to two digits, or nothing.
    let [a, b, c] = [0, 1, 2].map(|k| piece.get(at + k).copied().unwrap_or(b'\n'));
    let ends = |byte: u8| byte == b',' || byte == b'\n';
    if a.is_ascii_digit() {
        let one = a - b'0';
        if ends(b) {
            column.push_byte(one.cast_signed());
            return Ok(at + 1);
        }
        if b.is_ascii_digit() && ends(c) {
            column.push_byte((10 * one + (b - b'0')).cast_signed());
            return Ok(at + 2);
        }
    } else if ends(a) {
        column.push_byte(MISSING);
        return Ok(at);
    }
    let end = cell_end(piece, at);
    let cell = &piece[at..end];
    match decimal(cell).map_or_else(|| other(cell), Ok) {
        Ok(value) => column.push(value),
        Err(text) => return Err(FaultKind::NotNumber { slot, text }),
    }
    Ok(end)
}

/// Length of an empty line at the beginning.
fn blank_line(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// Position of the comma or line end behind the cell that begins at `at`.
fn cell_end(bytes: &[u8], at: usize) -> usize {
    let mut quoted = false;
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().position(|b| {
        quoted ^= *b == b'"';
        !quoted && (*b == b',' || *b == b'\n')
    });
    at + length.unwrap_or(rest.len())
}

/// The cells of one line.
fn cells(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = Some(0);
    std::iter::from_fn(move || {
        let start = at?;
        let end = cell_end(line, start);
        at = (line.get(end) == Some(&b',')).then_some(end + 1);
        line.get(start..end)
    })
}

/// A plain decimal of at most 15 digits: its whole number over a power of ten, both exact, so that the quotient
/// is the nearest number there is.
fn decimal(cell: &[u8]) -> Option<f64> {
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let digits = digits.strip_suffix(b"\r").unwrap_or(digits);
    let (mut whole, mut count, mut decimals, mut point) = (0_u64, 0, 0, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                whole = 10 * whole + u64::from(byte - b'0');
                count += 1;
                decimals += usize::from(point);
                if count > 15 {
                    return None;
                }
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    let value = whole as f64 / TENS.get(decimals)?;
    (count > 0).then_some(if negative { -value } else { value })
}

/// Any other cell: quoted, with an exponent, long, or missing (NaN).
fn other(cell: &[u8]) -> Result<f64, String> {
    let text = text(cell);
    if text.is_empty() || text == "NA" {
        return Ok(f64::NAN);
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or(text)
}

/// Blocks while they fill.
struct Filling {
    waiting: Vec<Growing>,
    rows: usize,
    full: Compact,
}

impl Filling {
    fn new(columns: usize) -> Self {
        let waiting = (0..columns).map(|_| Growing::Bytes(Vec::new())).collect();
        Self { waiting, rows: 0, full: Compact { blocks: Vec::new(), columns } }
    }

    fn push(&mut self, parsed: Parsed) {
        self.rows += parsed.rows;
        for (own, more) in self.waiting.iter_mut().zip(parsed.columns) {
            own.append(more);
        }
        self.cut(self.rows - self.rows % BLOCK);
    }

    /// Makes blocks of the first rows.
    fn cut(&mut self, rows: usize) {
        for start in (0..rows).step_by(BLOCK) {
            let end = rows.min(start + BLOCK);
            let columns = self.waiting.iter().map(|column| column.cells(start..end)).collect();
            self.full.blocks.push(Block { rows: end - start, columns });
        }
        for column in &mut self.waiting {
            column.forget(rows);
        }
        self.rows -= rows;
    }

    fn finish(mut self) -> Compact {
        self.cut(self.rows);
        self.full
    }
}
