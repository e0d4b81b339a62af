//! Opens a file by what is in it, not by its name, and reads it row by row.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use jiff::civil::DateTime;
use sha2::{Digest, Sha256};

use crate::digest::hex;

use super::guard::{Guard, Transcoder};
use super::sheet::Sheet;

/// How much of a file is looked at to see what it is.
const HEAD: usize = 8192;

/// A fault that refuses the whole file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The file as the user named it.
    pub file: String,
    /// The line, where one is at fault.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message),
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}

/// How a text file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    Utf8,
    /// GB18030, which includes GBK and GB 2312.
    Gb18030,
}

/// What must be known beforehand to read a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The encoding of a text file.
    pub encoding: Encoding,
    /// What stands between the cells of a text file.
    pub delimiter: u8,
    /// The sheet of a workbook; the first one where none is named.
    pub sheet: Option<String>,
}

/// One row of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// Its cells as text.
    pub(super) cells: csv::StringRecord,
    /// The cells that a workbook holds as numbers or dates, not as text.
    pub(super) native: Vec<(usize, Native)>,
}

/// What a workbook knows about a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Native {
    /// A number, written with a decimal point whatever the map says.
    Number,
    /// A date, whatever format the map names.
    Date(DateTime),
}

/// An open file with its header read.
pub(super) struct Table {
    /// The columns, in the order of the file.
    pub(super) columns: Vec<String>,
    file: String,
    rows: Rows,
    position: Arc<AtomicU64>,
    size: u64,
}

enum Rows {
    Text(Box<csv::Reader<Box<dyn Read + Send>>>),
    Sheet(Sheet),
}

/// Computes a file's SHA-256 in hexadecimal digits.
pub(super) fn sha256(path: &Path) -> Result<String, FileError> {
    let unreadable = |error: std::io::Error| fault(path, None, error.to_string());
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block).map_err(unreadable)? {
            0 => return Ok(hex(&hash.finalize())),
            length => hash.update(&block[..length]),
        }
    }
}

fn fault(path: &Path, line: Option<u64>, message: impl Into<String>) -> FileError {
    FileError { file: path.display().to_string(), line, message: message.into() }
}

impl Table {
    /// Opens a file and reads its header.
    pub(super) fn open(path: &Path, reading: &Reading) -> Result<Self, FileError> {
        let unreadable = |error: std::io::Error| fault(path, None, error.to_string());
        let file = File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let position = Arc::new(AtomicU64::new(0));
        let counted = BufReader::new(Counted { inner: file, position: Arc::clone(&position) });
        let (head, rest) = peek(counted).map_err(unreadable)?;
        if head.is_empty() {
            return Err(fault(path, None, "the file is empty"));
        }
        let (head, text): (Vec<u8>, Box<dyn Read + Send>) = if head.starts_with(&[0x1f, 0x8b]) {
            let packed = BufReader::new(Cursor::new(head).chain(rest));
            let (head, rest) = peek(MultiGzDecoder::new(packed))
                .map_err(|error| fault(path, None, format!("the gzip file cannot be unpacked: {error}")))?;
            if head.starts_with(b"PK\x03\x04") {
                return Err(fault(path, None, "this is a workbook inside gzip: unpack it first"));
            }
            (head, Box::new(rest))
        } else {
            (head, Box::new(rest))
        };
        if let Some(what) = misnamed(&head) {
            return Err(fault(path, None, format!("this is {what}, not CSV: save it as .xlsx or .csv")));
        }
        let mut table = if head.starts_with(b"PK\x03\x04") {
            let sheet =
                Sheet::open(path, reading.sheet.as_deref()).map_err(|message| fault(path, None, message))?;
            Self {
                columns: Vec::new(),
                file: path.display().to_string(),
                rows: Rows::Sheet(sheet),
                position,
                size,
            }
        } else {
            let rows = text_rows(&head, text, reading);
            Self { columns: Vec::new(), file: path.display().to_string(), rows, position, size }
        };
        table.read_header()?;
        Ok(table)
    }

    /// Returns the part of the file that has been read, in bytes of `size`.
    pub(super) fn progress(&self) -> (u64, u64) {
        let read = match &self.rows {
            Rows::Text(_) => self.position.load(Ordering::Relaxed),
            Rows::Sheet(sheet) => {
                let (done, all) = sheet.progress();
                self.size.saturating_mul(done) / all.max(1)
            }
        };
        (read.min(self.size), self.size)
    }

    /// Reads the next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// A row with more or fewer cells than the header, an open quotation mark, a cell of more than 1 MB, bytes
    /// outside the encoding.
    pub(super) fn next(&mut self) -> Result<Option<Record>, FileError> {
        match &mut self.rows {
            Rows::Sheet(sheet) => Ok(sheet.next(self.columns.len())),
            Rows::Text(reader) => {
                let mut bytes = csv::ByteRecord::new();
                let found =
                    reader.read_byte_record(&mut bytes).map_err(|error| text_fault(&self.file, &error))?;
                if !found {
                    return Ok(None);
                }
                let line = bytes.position().map_or(0, csv::Position::line);
                let cells = csv::StringRecord::from_byte_record(bytes)
                    .map_err(|error| self.encoding_fault(line, error.utf8_error().field()))?;
                Ok(Some(Record { line, cells, native: Vec::new() }))
            }
        }
    }

    fn read_header(&mut self) -> Result<(), FileError> {
        let header = self.next()?.ok_or_else(|| self.fault(None, "the file has no header"))?;
        self.columns = header.cells.iter().map(|name| name.trim().to_owned()).collect();
        if self.columns.iter().all(String::is_empty) {
            return Err(self.fault(Some(header.line), "the header names no column"));
        }
        Ok(())
    }

    /// Builds a fault of the file as a whole.
    pub(super) fn refuse(&self, message: &str) -> FileError {
        self.fault(None, message)
    }

    fn fault(&self, line: Option<u64>, message: impl Into<String>) -> FileError {
        FileError { file: self.file.clone(), line, message: message.into() }
    }

    fn encoding_fault(&self, line: u64, field: usize) -> FileError {
        let column = self.columns.get(field).map_or_else(String::new, |name| format!(", column {name:?}"));
        self.fault(
            Some(line),
            format!("not UTF-8{column}: save the file as UTF-8, or write encoding = \"gb18030\" in the map"),
        )
    }
}

fn text_rows(head: &[u8], rest: Box<dyn Read + Send>, reading: &Reading) -> Rows {
    let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let bytes = Cursor::new(body.to_vec()).chain(rest);
    let decoded: Box<dyn Read + Send> = match reading.encoding {
        Encoding::Utf8 => Box::new(bytes),
        Encoding::Gb18030 => Box::new(Transcoder::new(bytes)),
    };
    let guarded: Box<dyn Read + Send> = Box::new(Guard::new(decoded, reading.delimiter));
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(reading.delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(guarded);
    Rows::Text(Box::new(reader))
}

fn text_fault(file: &str, error: &csv::Error) -> FileError {
    let (line, message) = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => (
            pos.as_ref().map(csv::Position::line),
            format!(
                "{len} cells where the header has {expected_len}: a separator or a quotation mark is wrong"
            ),
        ),
        csv::ErrorKind::Io(error) => {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<FileError>()) {
                Some(known) => (known.line, known.message.clone()),
                None => (None, error.to_string()),
            }
        }
        _ => (error.position().map(csv::Position::line), error.to_string()),
    };
    FileError { file: file.into(), line, message }
}

/// Reads up to [`HEAD`] bytes without losing them: they come back first.
fn peek<R: Read>(mut reader: R) -> std::io::Result<(Vec<u8>, R)> {
    let mut head = Vec::with_capacity(HEAD);
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head, reader))
}

/// Tells what a file is that is neither text nor a workbook.
fn misnamed(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 11] = [
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls)"),
        (b"%PDF", "a PDF document"),
        (b"PAR1", "a Parquet file"),
        (b"SQLite format 3", "a SQLite database"),
        (b"BZh", "a bzip2 archive"),
        (b"7z\xBC\xAF", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\xFD7zXZ", "an xz archive"),
        (b"\x28\xB5\x2F\xFD", "a zstd archive"),
        (b"\xFF\xFE", "UTF-16 text"),
        (b"\xFE\xFF", "UTF-16 text"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    if head.starts_with(b"PK\x03\x04") {
        let mimetype = b"mimetypeapplication/vnd.oasis.opendocument.";
        return head
            .windows(mimetype.len())
            .take(128)
            .any(|window| window == mimetype)
            .then_some("an OpenDocument spreadsheet");
    }
    if head.contains(&0) {
        return Some("a binary file");
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let begins =
        |with: &str| text.len() >= with.len() && text[..with.len()].eq_ignore_ascii_case(with.as_bytes());
    match () {
        () if begins("<!doctype html") || begins("<html") => Some("a web page"),
        () if begins("<?xml") => Some("an XML file"),
        () if begins("{") => Some("a JSON file"),
        () => None,
    }
}

struct Counted {
    inner: File,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.position.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
