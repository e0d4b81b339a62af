//! Reads one sheet of an XLSX workbook.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Range, Reader, Xlsx};
use jiff::civil::DateTime;

use super::source::{Native, Record};

/// A sheet in memory with the place of the next row.
pub(super) struct Sheet {
    cells: Range<Data>,
    next: usize,
    first_line: u64,
}

impl Sheet {
    /// Opens a sheet, the first one where none is named.
    pub(super) fn open(path: &Path, name: Option<&str>) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut book = Xlsx::new(BufReader::new(file)).map_err(|_| {
            "this is a zip archive without a workbook: unpack it, or save it as .xlsx".to_owned()
        })?;
        let names = book.sheet_names();
        let wanted = match name {
            Some(name) if names.iter().any(|known| known == name) => name.to_owned(),
            Some(name) => {
                return Err(format!("there is no sheet {name:?}; the workbook has {}", names.join(", ")));
            }
            None => names.into_iter().next().ok_or("the workbook has no sheet")?,
        };
        let cells = book
            .worksheet_range(&wanted)
            .map_err(|error| format!("the sheet {wanted:?} cannot be read: {error}"))?;
        let first_line = cells.start().map_or(1, |(row, _)| u64::from(row) + 1);
        Ok(Self { cells, next: 0, first_line })
    }

    /// Returns the rows that have been read, and all rows.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.next as u64, self.cells.height() as u64)
    }

    /// Returns the next row that is not blank, with as many cells as the header has.
    pub(super) fn next(&mut self, columns: usize) -> Option<Record> {
        while self.next < self.cells.height() {
            let row = &self.cells[self.next];
            let line = self.first_line + self.next as u64;
            self.next += 1;
            if row.iter().all(|cell| matches!(cell, Data::Empty)) {
                continue;
            }
            let mut record = Record { line, ..Record::default() };
            for (place, cell) in row.iter().enumerate() {
                let (text, native) = read_cell(cell);
                record.cells.push_field(&text);
                record.native.extend(native.map(|native| (place, native)));
            }
            while record.cells.len() < columns {
                record.cells.push_field("");
            }
            return Some(record);
        }
        None
    }
}

fn read_cell(cell: &Data) -> (String, Option<Native>) {
    match cell {
        Data::Empty => (String::new(), None),
        Data::Int(number) => (number.to_string(), Some(Native::Number)),
        Data::Float(number) => (number_text(*number), Some(Native::Number)),
        Data::DateTime(excel) if excel.is_datetime() => {
            let (year, month, day, hour, minute, second, milli) = excel.to_ymd_hms_milli();
            let small = |part: u8| i8::try_from(part).unwrap_or(i8::MAX);
            let date = DateTime::new(
                i16::try_from(year).unwrap_or(i16::MAX),
                small(month),
                small(day),
                small(hour),
                small(minute),
                small(second),
                i32::from(milli) * 1_000_000,
            );
            match date {
                Ok(date) => (date.to_string(), Some(Native::Date(date))),
                Err(_) => (excel.as_f64().to_string(), None),
            }
        }
        other => (other.to_string(), None),
    }
}

/// Writes a workbook's number with the 15 digits that the workbook shows, whole numbers without decimals.
fn number_text(number: f64) -> String {
    let shown: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_an_id_has_no_decimals() {
        assert_eq!(read_cell(&Data::Float(20_417.0)).0, "20417");
    }

    #[test]
    fn the_noise_beyond_fifteen_digits_is_not_read() {
        assert_eq!(number_text(0.1 + 0.2), "0.3");
        assert_eq!(number_text(1_234.56), "1234.56");
    }
}
