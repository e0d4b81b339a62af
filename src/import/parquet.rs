//! Columns of a Parquet file, as a plain CSV file has them.

use std::fs::File;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::table::{Labels, Table, TableError, place};

/// How a Parquet file begins.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Reads the named columns of numbers and of labels. Numbers may be of any numeric type, booleans (0 and 1) or texts that are
/// numbers; days and moments are labels as ISO 8601 writes them.
pub(super) fn read(
    path: &Path,
    numbers: &[String],
    labels: &[String],
    missing: &[String],
) -> Result<Table, TableError> {
    let failed =
        |error: ParquetError| TableError::Parquet { path: path.to_owned(), message: error.to_string() };
    let file = File::open(path).map_err(|source| TableError::File { path: path.to_owned(), source })?;
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let header: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
    let of = |names: &[String]| -> Result<Vec<usize>, TableError> {
        names.iter().map(|name| place(&header, name, path)).collect()
    };
    let (number_places, label_places) = (of(numbers)?, of(labels)?);
    let mut table = Table {
        rows: 0,
        numbers: vec![Vec::new(); numbers.len()],
        labels: vec![Labels::default(); labels.len()],
    };
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let cells = |place: usize| -> Result<Vec<Cell>, TableError> {
            let column = schema.column(place);
            let reader = group.get_column_reader(place).map_err(failed)?;
            let cells = cells(reader, &column, rows).map_err(failed)?;
            let message = format!(
                "the column {:?} holds lists, or a type that is no number and no text",
                header[place]
            );
            cells.ok_or(TableError::Parquet { path: path.to_owned(), message })
        };
        for ((column, place), name) in table.numbers.iter_mut().zip(&number_places).zip(numbers) {
            for (row, cell) in cells(*place)?.into_iter().enumerate() {
                // Rows count from 1, as there is no header line.
                let line = (table.rows + row + 1) as u64;
                column.push(match cell {
                    Cell::Missing => None,
                    Cell::Number(value) if value.is_nan() || missing.contains(&value.to_string()) => None,
                    Cell::Number(value) => {
                        super::table::finite(value, path, line, name, || value.to_string())?
                    }
                    Cell::Text(text) => super::table::number(text.as_bytes(), missing, path, line, name)?,
                });
            }
        }
        for (column, place) in table.labels.iter_mut().zip(&label_places) {
            for cell in cells(*place)? {
                match cell {
                    Cell::Missing => column.push("", missing),
                    Cell::Number(value) => column.push(&value.to_string(), missing),
                    Cell::Text(text) => column.push(text.trim(), missing),
                }
            }
        }
        table.rows += rows;
    }
    if table.rows == 0 {
        return Err(TableError::Empty { path: path.to_owned() });
    }
    Ok(table)
}

/// One cell.
enum Cell {
    Missing,
    Number(f64),
    Text(String),
}

/// The cells of a column in one group of rows; `None` where its type is no number and no text.
fn cells(
    reader: ColumnReader,
    column: &ColumnDescriptor,
    rows: usize,
) -> Result<Option<Vec<Cell>>, ParquetError> {
    if column.max_rep_level() > 0 {
        return Ok(None);
    }
    let (logical, converted) = (column.logical_type_ref(), column.converted_type());
    if matches!(logical, Some(LogicalType::Decimal { .. })) || converted == ConvertedType::DECIMAL {
        return Ok(None);
    }
    let levels = column.max_def_level();
    let is_day = matches!(logical, Some(LogicalType::Date)) || converted == ConvertedType::DATE;
    let moment = moment_scale(logical, converted);
    Ok(Some(match reader {
        ColumnReader::BoolColumnReader(reader) => {
            fill(reader, levels, rows, |flag| Cell::Number(f64::from(*flag)))?
        }
        ColumnReader::Int32ColumnReader(reader) if is_day => fill(reader, levels, rows, |days| day(*days))?,
        ColumnReader::Int32ColumnReader(reader) => {
            fill(reader, levels, rows, |value| Cell::Number(f64::from(*value)))?
        }
        ColumnReader::Int64ColumnReader(reader) => fill(reader, levels, rows, |value| match moment {
            Some(nanos) => instant(i128::from(*value) * nanos),
            // Keys beyond 2^53 would lose their last digits as numbers.
            None if value.unsigned_abs() > 1 << 53 => Cell::Text(value.to_string()),
            None => Cell::Number(*value as f64),
        })?,
        ColumnReader::FloatColumnReader(reader) => {
            fill(reader, levels, rows, |value| Cell::Number(f64::from(*value)))?
        }
        ColumnReader::DoubleColumnReader(reader) => fill(reader, levels, rows, |value| Cell::Number(*value))?,
        ColumnReader::ByteArrayColumnReader(reader) => fill(reader, levels, rows, |bytes| {
            Cell::Text(String::from_utf8_lossy(bytes.data()).into_owned())
        })?,
        ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
            return Ok(None);
        }
    }))
}

/// Nanoseconds in the unit of a column of moments.
fn moment_scale(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<i128> {
    match (logical, converted) {
        (Some(LogicalType::Timestamp(moment)), _) => Some(match moment.unit {
            TimeUnit::MILLIS => 1_000_000,
            TimeUnit::MICROS => 1_000,
            TimeUnit::NANOS => 1,
        }),
        (_, ConvertedType::TIMESTAMP_MILLIS) => Some(1_000_000),
        (_, ConvertedType::TIMESTAMP_MICROS) => Some(1_000),
        _ => None,
    }
}

fn day(days: i32) -> Cell {
    let epoch = jiff::civil::date(1970, 1, 1);
    match epoch.checked_add(jiff::Span::new().days(days)) {
        Ok(day) => Cell::Text(day.to_string()),
        Err(_) => Cell::Missing,
    }
}

fn instant(nanos: i128) -> Cell {
    jiff::Timestamp::from_nanosecond(nanos).map_or(Cell::Missing, |at| Cell::Text(at.to_string()))
}

fn fill<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    levels: i16,
    rows: usize,
    cell: impl Fn(&T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let (mut values, mut present) = (Vec::new(), Vec::new());
    let (read, _, _) = reader.read_records(rows, Some(&mut present), None, &mut values)?;
    let mut values = values.iter();
    // A column that must be there has no levels.
    let mut cells: Vec<Cell> = if levels == 0 {
        values.map(cell).collect()
    } else {
        let cells = present.iter().map(|level| match (*level == levels).then(|| values.next()).flatten() {
            Some(value) => cell(value),
            None => Cell::Missing,
        });
        cells.collect()
    };
    cells.truncate(read);
    cells.resize_with(rows, || Cell::Missing);
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::super::table;

    const SCHEMA: &str =
        "message rows { optional double score; required int32 visits; optional binary shop (UTF8);
        optional int32 bought (DATE); optional int64 at (TIMESTAMP(MILLIS,true)); }";

    /// Scores, which are there, visits and shops of a group of rows.
    type Group<'a> = (&'a [f64], &'a [i16], &'a [i32], &'a [&'a str]);

    /// Three rows in two groups.
    fn file() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(file.reopen().unwrap(), schema, properties).unwrap();
        let groups: [Group<'_>; 2] =
            [(&[7.5], &[1, 0], &[3, 4], &["north", "south"]), (&[9.0], &[1], &[5], &["north"])];
        for (scores, present, visits, shops) in groups {
            let all = vec![1; visits.len()];
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<DoubleType>().write_batch(scores, Some(present), None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int32Type>().write_batch(visits, None, None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let texts: Vec<ByteArray> = shops.iter().map(|shop| ByteArray::from(*shop)).collect();
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&all), None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let days = vec![20_454; visits.len()];
            column.typed::<Int32Type>().write_batch(&days, Some(&all), None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let moments = vec![1_767_225_600_000; visits.len()];
            column.typed::<Int64Type>().write_batch(&moments, Some(&all), None).unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.close().unwrap();
        file
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_read_as_those_of_a_csv_file() {
        let file = file();
        let table =
            table::read(file.path(), &names(&["visits", "score"]), &names(&["shop", "bought", "at"]), &[])
                .unwrap();
        assert_eq!(table.rows, 3);
        assert_eq!(table.numbers[0], [Some(3.0), Some(4.0), Some(5.0)]);
        assert_eq!(table.numbers[1], [Some(7.5), None, Some(9.0)]);
        assert_eq!(table.labels[0].ids, [Some(0), Some(1), Some(0)]);
        assert_eq!(table.labels[1].names, ["2026-01-01"]);
        assert_eq!(table.labels[2].names, ["2026-01-01T00:00:00Z"]);
    }

    #[test]
    fn what_is_not_there_or_no_number_is_refused_by_name() {
        let file = file();
        let code = |numbers: &[&str]| table::read(file.path(), &names(numbers), &[], &[]).unwrap_err().code();
        assert_eq!(code(&["absent"]), "E_MISSING_COLUMN");
        assert_eq!(code(&["shop"]), "E_NOT_A_NUMBER");
        let mut broken = std::fs::read(file.path()).unwrap();
        broken.truncate(broken.len() - 9);
        std::fs::write(file.path(), broken).unwrap();
        assert_eq!(code(&["score"]), "E_PARQUET");
    }
}
