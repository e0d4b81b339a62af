//! Columns of a plain CSV or Parquet file, for fits without a database.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Bytes that one cell may hold.
const LONGEST_CELL: usize = 1 << 20;
/// Bytes that are looked at to tell what kind of file it is.
const HEAD: usize = 512;

/// Columns of a file, in the order asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Rows below the header.
    pub rows: usize,
    /// One column per name: `None` for an empty cell and for `NA`.
    pub numbers: Vec<Vec<Option<f64>>>,
    /// One column of labels per name.
    pub labels: Vec<Labels>,
}

/// A column of labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    /// For each row the position of its label in `names`; `None` for an empty cell and for `NA`.
    pub ids: Vec<Option<usize>>,
    /// The labels in order of first appearance.
    pub names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Labels {
    pub(super) fn push(&mut self, cell: &str, missing: &[String]) {
        if is_missing(cell, missing) {
            self.ids.push(None);
            return;
        }
        if let Some(place) = self.places.get(cell) {
            self.ids.push(Some(*place));
            return;
        }
        self.ids.push(Some(self.names.len()));
        self.places.insert(cell.to_owned(), self.names.len());
        self.names.push(cell.to_owned());
    }
}

/// What is wrong with a file. Lines count from 1, the header included; columns are named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be opened or read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is of another kind.
    #[error("{}: this is {kind}, not a CSV file; save it as CSV (UTF-8, comma) and try again", path.display())]
    Kind {
        /// Which file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The file holds nothing, or a header alone.
    #[error("{}: the file has no data below its header", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// A column is not there.
    #[error("{}, line 1: there is no column {name:?}; there are: {found}{hint}", path.display())]
    MissingColumn {
        /// Which file.
        path: PathBuf,
        /// The column.
        name: String,
        /// The columns of the file.
        found: String,
        /// What may be the reason.
        hint: &'static str,
    },
    /// A column is there twice.
    #[error("{}, line 1: the column {name:?} is there more than once; rename one of them", path.display())]
    DoubledColumn {
        /// Which file.
        path: PathBuf,
        /// The column.
        name: String,
    },
    /// A row has more or fewer cells than the header.
    #[error("{}, line {line}: {found} cells where the header has {expected}; correct the row", path.display())]
    Ragged {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// Cells of the header.
        expected: u64,
        /// Cells of the row.
        found: u64,
    },
    /// A cell is not a number.
    #[error(
        "{}, line {line}, column {column:?}: {text:?} is not a number; write numbers with a decimal point, and \
         leave the cell empty or write NA where there is none",
        path.display()
    )]
    NotNumber {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// In which column.
        column: String,
        /// The beginning of the cell.
        text: String,
    },
    /// A cell is infinite, NaN or too large for a number.
    #[error(
        "{}, line {line}, column {column:?}: {text:?} is not a finite number; leave the cell empty if there is \
         none",
        path.display()
    )]
    NotFinite {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// In which column.
        column: String,
        /// The cell.
        text: String,
    },
    /// A cell is longer than any that belongs into a table of numbers.
    #[error("{}, line {line}: a cell holds {bytes} bytes; is a closing quote missing?", path.display())]
    LongCell {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// How long it is.
        bytes: usize,
    },
    /// A quote is opened and never closed.
    #[error("{}: a quotation mark is opened and never closed; correct the file", path.display())]
    OpenQuote {
        /// Which file.
        path: PathBuf,
    },
    /// The text is not UTF-8.
    #[error("{}, line {line}: the text is not UTF-8; save the file as CSV (UTF-8)", path.display())]
    Encoding {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: u64,
    },
    /// A Parquet file cannot be read.
    #[error("{}: {message}", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

impl TableError {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "E_FILE",
            Self::Kind { .. } => "E_FILE_KIND",
            Self::Empty { .. } => "E_EMPTY",
            Self::MissingColumn { .. } => "E_MISSING_COLUMN",
            Self::DoubledColumn { .. } => "E_DOUBLED_COLUMN",
            Self::Ragged { .. } => "E_RAGGED_ROW",
            Self::NotNumber { .. } => "E_NOT_A_NUMBER",
            Self::NotFinite { .. } => "E_NOT_FINITE",
            Self::LongCell { .. } => "E_LONG_CELL",
            Self::OpenQuote { .. } => "E_OPEN_QUOTE",
            Self::Encoding { .. } => "E_ENCODING",
            Self::Parquet { .. } => "E_PARQUET",
        }
    }
}

/// Reads the named columns of numbers and of labels from a Parquet file, or from a CSV file with a header line: UTF-8 with or
/// without a byte order mark, separated by commas (or by blanks alone), packed by gzip or not (told by its content, not its name).
/// Empty cells, `NA` and what is in `missing` are missing.
///
/// Cells of other columns may hold anything. A row without any character is skipped.
///
/// # Errors
///
/// The first fault ends the reading; see [`TableError`].
pub fn read(
    path: &Path,
    numbers: &[String],
    labels: &[String],
    missing: &[String],
) -> Result<Table, TableError> {
    if is_parquet(path)? {
        return super::parquet::read(path, numbers, labels, missing);
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_reader(QuoteCount::new(open_text(path)?));
    let mut record = csv::ByteRecord::new();
    if !next(&mut reader, &mut record, path)? {
        return Err(TableError::Empty { path: path.to_owned() });
    }
    let header = header(&record, path)?;
    let places = numbers.iter().map(|name| place(&header, name, path)).collect::<Result<Vec<_>, _>>()?;
    let label_places = labels.iter().map(|name| place(&header, name, path)).collect::<Result<Vec<_>, _>>()?;
    let mut table = Table {
        rows: 0,
        numbers: vec![Vec::new(); numbers.len()],
        labels: vec![Labels::default(); labels.len()],
    };
    let mut rows = || -> Result<(), TableError> {
        while next(&mut reader, &mut record, path)? {
            let line = record.position().map_or(0, csv::Position::line);
            table.rows += 1;
            for ((column, place), name) in table.numbers.iter_mut().zip(&places).zip(numbers) {
                column.push(number(&record[*place], missing, path, line, name)?);
            }
            for (column, place) in table.labels.iter_mut().zip(&label_places) {
                column.push(text(&record[*place], path, line)?, missing);
            }
        }
        Ok(())
    };
    let read = rows();
    // A quote that is never closed swallows the rest of the file into one cell, which then fails in some other
    // way: the quote is what the reader of the message has to find.
    let at_end = read.is_ok() || matches!(next(&mut reader, &mut record, path), Ok(false));
    if at_end && reader.get_ref().odd {
        return Err(TableError::OpenQuote { path: path.to_owned() });
    }
    read?;
    if table.rows == 0 {
        return Err(TableError::Empty { path: path.to_owned() });
    }
    Ok(table)
}

fn is_parquet(path: &Path) -> Result<bool, TableError> {
    let failed = |source| TableError::File { path: path.to_owned(), source };
    let mut head = Vec::new();
    File::open(path).map_err(failed)?.take(4).read_to_end(&mut head).map_err(failed)?;
    Ok(head == super::parquet::MAGIC)
}

/// Opens a file, unpacks it if it is packed, and refuses what is not text.
///
/// # Errors
///
/// [`TableError::File`] and [`TableError::Kind`].
pub fn open_text(path: &Path) -> Result<Box<dyn BufRead>, TableError> {
    let failed = |source| TableError::File { path: path.to_owned(), source };
    let mut source: Box<dyn BufRead> = Box::new(BufReader::new(File::open(path).map_err(failed)?));
    let mut head = beginning(&mut source).map_err(failed)?;
    if head.starts_with(&[0x1f, 0x8b]) {
        let packed = Cursor::new(head).chain(source);
        source = Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(packed)));
        head = beginning(&mut source).map_err(failed)?;
    }
    if let Some(kind) = foreign_kind(&head) {
        return Err(TableError::Kind { path: path.to_owned(), kind });
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let blanks = is_separated_by_blanks(&head);
    let whole = Cursor::new(head).chain(source);
    if blanks {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, Blanks::new(whole))));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, whole)))
}

/// Tells whether columns are set apart by blanks: the first two lines hold the same number of words, more than one,
/// and no other separator.
fn is_separated_by_blanks(head: &[u8]) -> bool {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let words = |line: Option<&[u8]>| -> Option<usize> {
        let line = line?;
        let other = line.iter().any(|byte| b",;\t|\"".contains(byte));
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
        (!other && words > 1).then_some(words)
    };
    let header = words(lines.next());
    header.is_some() && header == words(lines.next())
}

/// Puts a comma in the place of the blanks between two words, and takes away those around a line.
struct Blanks<R> {
    inner: R,
    /// Blanks have been read that nothing stands for yet.
    blank: bool,
    /// Nothing of the line has been passed on.
    begins: bool,
}

impl<R> Blanks<R> {
    fn new(inner: R) -> Self {
        Self { inner, blank: false, begins: true }
    }
}

impl<R: Read> Read for Blanks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        // A separator and its word leave together, so that a part may grow by one byte.
        let room = buffer.len().saturating_sub(1);
        let mut part = vec![0; room];
        loop {
            let read = self.inner.read(&mut part)?;
            let mut written = 0;
            for byte in part.iter().take(read).copied() {
                let ends = matches!(byte, b'\n' | b'\r');
                if byte == b' ' {
                    self.blank = true;
                    continue;
                }
                if self.blank && !ends && !self.begins {
                    buffer[written] = b',';
                    written += 1;
                }
                (self.blank, self.begins) = (false, ends);
                buffer[written] = byte;
                written += 1;
            }
            if written > 0 || read == 0 {
                return Ok(written);
            }
        }
    }
}

fn beginning(source: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    source.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// What a file is that is not text, told by how it begins.
fn foreign_kind(head: &[u8]) -> Option<&'static str> {
    let holds = |text: &[u8]| head.windows(text.len()).any(|window| window == text);
    let starts = |text: &[u8]| head.starts_with(text);
    if starts(b"PK\x03\x04") {
        return Some(if holds(b"opendocument.spreadsheet") {
            "an OpenDocument spreadsheet (ODS)"
        } else if holds(b"[Content_Types].xml") || holds(b"xl/") {
            "an Excel workbook (XLSX)"
        } else {
            "a ZIP archive"
        });
    }
    let kinds: [(&[u8], &'static str); 9] = [
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
        (b"%PDF", "a PDF document"),
        (b"PAR1", "a packed Parquet file"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\xff\xfe", "text in UTF-16"),
        (b"\xfe\xff", "text in UTF-16"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"$FL2", "an SPSS file"),
        (b"\x1f\x8b", "a file packed twice by gzip"),
    ];
    if let Some((_, kind)) = kinds.iter().find(|(start, _)| starts(start)) {
        return Some(kind);
    }
    let lower = head.to_ascii_lowercase();
    let trimmed = lower.trim_ascii_start();
    if trimmed.starts_with(b"<!doctype html") || trimmed.starts_with(b"<html") {
        return Some("a web page (HTML)");
    }
    head.contains(&0).then_some("a binary file")
}

/// Counts quotation marks, to find one that is never closed: the CSV reader takes the end of the file for its
/// end.
struct QuoteCount<R> {
    inner: R,
    odd: bool,
}

impl<R> QuoteCount<R> {
    fn new(inner: R) -> Self {
        Self { inner, odd: false }
    }
}

impl<R: Read> Read for QuoteCount<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for byte in &buffer[..read] {
            self.odd ^= *byte == b'"';
        }
        Ok(read)
    }
}

/// Takes the next row; `false` at the end of the file.
fn next<R: Read>(
    reader: &mut csv::Reader<R>,
    record: &mut csv::ByteRecord,
    path: &Path,
) -> Result<bool, TableError> {
    let more = reader.read_byte_record(record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => TableError::Ragged {
            path: path.to_owned(),
            line: pos.map_or(0, |pos| pos.line()),
            expected: expected_len,
            found: len,
        },
        csv::ErrorKind::Io(source) => TableError::File { path: path.to_owned(), source },
        other => TableError::File {
            path: path.to_owned(),
            source: std::io::Error::other(format!("it cannot be read as CSV: {other:?}")),
        },
    })?;
    if let Some(cell) = record.iter().find(|cell| cell.len() > LONGEST_CELL) {
        let line = record.position().map_or(0, csv::Position::line);
        return Err(TableError::LongCell { path: path.to_owned(), line, bytes: cell.len() });
    }
    Ok(more)
}

fn header(record: &csv::ByteRecord, path: &Path) -> Result<Vec<String>, TableError> {
    let cells = record.iter().map(|cell| text(cell, path, 1).map(str::to_owned));
    cells.collect()
}

pub(super) fn place(header: &[String], name: &str, path: &Path) -> Result<usize, TableError> {
    let mut places = header.iter().enumerate().filter(|(_, cell)| *cell == name).map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(TableError::DoubledColumn { path: path.to_owned(), name: name.to_owned() }),
        (None, _) => {
            let separated = |sign: char| header.len() == 1 && header[0].contains(sign);
            let hint = if separated(';') || separated('\t') {
                " (the file is separated by semicolons or tabs; save it with commas)"
            } else {
                ""
            };
            Err(TableError::MissingColumn {
                path: path.to_owned(),
                name: name.to_owned(),
                found: shown(&header.join(", ")),
                hint,
            })
        }
    }
}

fn text<'a>(cell: &'a [u8], path: &Path, line: u64) -> Result<&'a str, TableError> {
    std::str::from_utf8(cell).map(str::trim).map_err(|_| TableError::Encoding { path: path.to_owned(), line })
}

fn is_missing(cell: &str, missing: &[String]) -> bool {
    cell.is_empty() || cell == "NA" || missing.iter().any(|code| code == cell)
}

pub(super) fn number(
    cell: &[u8],
    missing: &[String],
    path: &Path,
    line: u64,
    column: &str,
) -> Result<Option<f64>, TableError> {
    let cell = text(cell, path, line)?;
    if is_missing(cell, missing) {
        return Ok(None);
    }
    if let Ok(value) = cell.parse::<f64>() {
        return finite(value, path, line, column, || shown(cell));
    }
    Err(TableError::NotNumber { path: path.to_owned(), line, column: column.to_owned(), text: shown(cell) })
}

/// A number that is one; `cell` is how the file writes it.
pub(super) fn finite(
    value: f64,
    path: &Path,
    line: u64,
    column: &str,
    cell: impl FnOnce() -> String,
) -> Result<Option<f64>, TableError> {
    if value.is_finite() {
        return Ok(Some(value));
    }
    Err(TableError::NotFinite { path: path.to_owned(), line, column: column.to_owned(), text: cell() })
}

/// The beginning of a text, short enough for a message.
fn shown(text: &str) -> String {
    const LENGTH: usize = 200;
    if text.chars().count() <= LENGTH {
        return text.to_owned();
    }
    text.chars().take(LENGTH).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn columns(content: &[u8], names: &[&str]) -> Result<Table, TableError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        read(file(content).path(), &names, &[], &[])
    }

    fn code(content: &[u8]) -> &'static str {
        columns(content, &["a"]).unwrap_err().code()
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_name() {
        let table = columns(b"\xef\xbb\xbfa,b\n1,x\n", &["a"]).unwrap();
        assert_eq!(table.numbers, [[Some(1.0)]]);
    }

    #[test]
    fn blanks_alone_separate_columns() {
        let table = columns(b" id  a date\r\n 007   1.5 x\r\n 008 2  y \r\n", &["a"]).unwrap();
        assert_eq!(table.numbers, [[Some(1.5), Some(2.0)]]);
        // One column whose name has two words is one column.
        let table = columns(b"my a,b\n1,2\n", &["my a"]).unwrap();
        assert_eq!(table.numbers, [[Some(1.0)]]);
        assert!(!is_separated_by_blanks(b"my score\n3\n4\n"));
    }

    #[test]
    fn empty_and_na_are_missing() {
        let table = columns(b"a,b\n,1\nNA,2\n 3 ,3\n", &["a"]).unwrap();
        assert_eq!(table.numbers, [[None, None, Some(3.0)]]);
    }

    #[test]
    fn a_packed_file_reads_like_the_plain_one() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"a\n1\n2\n").unwrap();
        let table = columns(&packed.finish().unwrap(), &["a"]).unwrap();
        assert_eq!(table.numbers, [[Some(1.0), Some(2.0)]]);
    }

    #[test]
    fn each_fault_has_its_code() {
        assert_eq!(code(b""), "E_EMPTY");
        assert_eq!(code(b"a,b\n"), "E_EMPTY");
        assert_eq!(code(b"x,b\n1,2\n"), "E_MISSING_COLUMN");
        assert_eq!(code(b"a,a\n1,2\n"), "E_DOUBLED_COLUMN");
        assert_eq!(code(b"a,b\n1\n"), "E_RAGGED_ROW");
        assert_eq!(code(b"a,b\n1,2\nyes,2\n"), "E_NOT_A_NUMBER");
        assert_eq!(code(b"a\nNaN\n"), "E_NOT_FINITE");
        assert_eq!(code(b"a\ninf\n"), "E_NOT_FINITE");
        assert_eq!(code(b"a\n1e999\n"), "E_NOT_FINITE");
        assert_eq!(code(b"a\n\"1\n2\n"), "E_OPEN_QUOTE");
        assert_eq!(code(b"a\n\xe4\xf6\n"), "E_ENCODING");
        assert_eq!(code(b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "E_FILE_KIND");
    }

    #[test]
    fn a_file_of_another_kind_is_named_as_what_it_is() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"PK\x03\x04 [Content_Types].xml").unwrap();
        let files: [(&[u8], &str); 7] = [
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "(ODS)"),
            (b"PK\x03\x04 [Content_Types].xml", "(XLSX)"),
            (&packed.finish().unwrap(), "(XLSX)"),
            (b"%PDF-1.7 ...", "PDF"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1", "(XLS)"),
            (b"a,b\n\x00\x01", "a binary file"),
            (b"<!DOCTYPE html><html>", "(HTML)"),
        ];
        for (content, kind) in files {
            let error = columns(content, &["a"]).unwrap_err();
            assert!(error.code() == "E_FILE_KIND" && error.to_string().contains(kind), "{kind}: {error}");
        }
    }

    #[test]
    fn a_packed_file_that_breaks_off_is_refused() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"a\n1\n2\n").unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(code(&packed[..packed.len() - 9]), "E_FILE");
    }

    #[test]
    fn a_fault_names_line_and_column() {
        let message = columns(b"a,b\n1,2\n\n\"2\",3\nyes,2\n", &["a"]).unwrap_err().to_string();
        assert!(message.contains("line 5, column \"a\": \"yes\""), "{message}");
    }

    #[test]
    fn a_cell_of_ten_megabytes_is_refused() {
        let mut content = b"a\n\"".to_vec();
        content.extend(std::iter::repeat_n(b'1', 10 << 20));
        content.extend(b"\"\n");
        assert_eq!(code(&content), "E_LONG_CELL");
    }

    #[test]
    fn labels_become_positions_in_order_of_appearance_and_codes_that_mean_missing_are_none() {
        let file = file(b"a,shop\n1,north\n2,south\n3,north\n4,\n");
        let table =
            read(file.path(), &["a".to_owned()], &["shop".to_owned()], &["south".to_owned()]).unwrap();
        assert_eq!(table.labels[0].ids, [Some(0), None, Some(0), None]);
        assert_eq!(table.labels[0].names, ["north"]);
    }
}
