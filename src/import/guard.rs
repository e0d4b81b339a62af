//! Watches a text file on its way to the CSV reader, so that one open quotation mark cannot fill the memory.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030};

use super::source::FileError;

/// The largest cell, in bytes.
const CELL_LIMIT: usize = 1 << 20;

/// Passes bytes on and stops at a cell of more than 1 MB or at an open quotation mark at the end.
pub(super) struct Guard<R> {
    inner: R,
    delimiter: u8,
    state: State,
    line: u64,
    cell_line: u64,
    cell_length: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    CellStart,
    Bare,
    Quoted,
    /// After a quotation mark inside quotes: the end of the cell, or the first half of a doubled mark.
    MaybeClosed,
}

impl<R: Read> Guard<R> {
    pub(super) fn new(inner: R, delimiter: u8) -> Self {
        Self { inner, delimiter, state: State::CellStart, line: 1, cell_line: 1, cell_length: 0 }
    }

    fn step(&mut self, byte: u8) {
        if byte == b'\n' {
            self.line += 1;
        }
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::MaybeClosed,
            (State::CellStart | State::MaybeClosed, b'"') | (State::Quoted, _) => State::Quoted,
            (_, b'\n' | b'\r') => State::CellStart,
            (_, other) if other == self.delimiter => State::CellStart,
            _ => State::Bare,
        };
        if self.state == State::CellStart {
            self.cell_length = 0;
            self.cell_line = self.line;
        } else {
            self.cell_length += 1;
        }
    }

    fn stop(&self, message: &str) -> io::Error {
        io::Error::other(FileError {
            file: String::new(),
            line: Some(self.cell_line),
            message: message.into(),
        })
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        if length == 0 && !buffer.is_empty() && self.state == State::Quoted {
            return Err(self.stop("the quotation mark that opens here is never closed"));
        }
        for &byte in &buffer[..length] {
            self.step(byte);
            if self.cell_length > CELL_LIMIT {
                return Err(self.stop(
                    "the cell that begins here is larger than 1 MB: a quotation mark is probably not closed",
                ));
            }
        }
        Ok(length)
    }
}

/// Turns GB18030 into UTF-8 while it is read.
pub(super) struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    given: usize,
    lines: u64,
    ended: bool,
}

impl<R: Read> Transcoder<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            decoder: GB18030.new_decoder_without_bom_handling(),
            input: vec![0; 1 << 14],
            output: Vec::new(),
            given: 0,
            lines: 1,
            ended: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let length = self.inner.read(&mut self.input)?;
        self.ended = length == 0;
        let room = self.decoder.max_utf8_buffer_length(length).unwrap_or(length * 4 + 16);
        self.output.resize(room, 0);
        self.given = 0;
        let (result, _, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.input[..length],
            &mut self.output,
            self.ended,
        );
        self.output.truncate(written);
        self.lines += self.output.split(|&byte| byte == b'\n').count() as u64 - 1;
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::Malformed(..) | DecoderResult::OutputFull => Err(io::Error::other(FileError {
                file: String::new(),
                line: Some(self.lines),
                message: "not GB18030, as the map says: save the file as UTF-8, or correct `encoding`".into(),
            })),
        }
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.ended {
            self.fill()?;
        }
        let length = buffer.len().min(self.output.len() - self.given);
        buffer[..length].copy_from_slice(&self.output[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(text: &str) -> io::Result<String> {
        let mut read = String::new();
        Guard::new(text.as_bytes(), b',').read_to_string(&mut read).map(|_| read)
    }

    fn line(error: &io::Error) -> Option<u64> {
        error.get_ref().and_then(|inner| inner.downcast_ref::<FileError>()).and_then(|fault| fault.line)
    }

    #[test]
    fn sound_text_passes_unchanged() {
        for text in ["", "a,b\n", "\"a\nb\",c\r\n", "5\" pipe,x\n", "\"he said \"\"yes\"\"\"", "\"\"\n"] {
            assert_eq!(pass(text).unwrap(), text);
        }
    }

    #[test]
    fn an_open_quotation_mark_is_named_by_its_line() {
        assert_eq!(line(&pass("a,b\nc,\"d\ne,f\n").unwrap_err()), Some(2));
        assert_eq!(line(&pass("\"a\"\"").unwrap_err()), Some(1));
    }

    #[test]
    fn a_cell_of_one_megabyte_passes_and_a_larger_one_does_not() {
        assert!(pass(&format!("a,{}\n", "x".repeat(CELL_LIMIT))).is_ok());
        assert_eq!(line(&pass(&format!("a\nb,{}\n", "x".repeat(CELL_LIMIT + 1))).unwrap_err()), Some(2));
    }

    #[test]
    fn gb18030_becomes_utf_8_wherever_the_reader_is_cut() {
        let mut read = String::new();
        Transcoder::new(&b"\xB9\xAB\xCB\xBE\x84\x31\xA4\x37,1\n"[..]).read_to_string(&mut read).unwrap();
        assert!(read.starts_with("公司"), "{read}");
        assert!(read.ends_with(",1\n"));
    }
}
