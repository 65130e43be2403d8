//! JSON records from a file or a pipe: one per line, an array of them, or written over several lines.
//!
//! Streams: one record is in memory at a time. Does not own: what a record means.

mod array;
mod depth;
pub(crate) mod timestamp;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde_json::Value;

use self::depth::Depth;

/// Why a piece of the input is not a record.
#[derive(Debug)]
pub(crate) enum RecordError {
    /// Another record begins before its end.
    Truncated,
    NotJson {
        reason: String,
        column: usize,
    },
    NotAnObject,
    /// The whole file is in another encoding.
    Utf16,
    /// The whole file is compressed.
    Gzip,
}

impl fmt::Display for RecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => formatter.write_str("ends in the middle"),
            Self::NotJson { reason, column } => {
                write!(formatter, "is not valid JSON: {reason} in column {column}")
            }
            Self::NotAnObject => {
                formatter.write_str("is JSON, but neither an event nor a record: those are objects")
            }
            Self::Utf16 => formatter.write_str(
                "is UTF-16, as PowerShell's > writes it; save it as UTF-8, for example with | Out-File -Encoding utf8",
            ),
            Self::Gzip => formatter.write_str("is compressed with gzip; unpack it, for example with gunzip -c FILE, whose output can be read as -"),
        }
    }
}

/// Called with each record or error, and the number of its first line.
pub(crate) type RecordVisitor<'v> = &'v mut dyn FnMut(usize, Result<Value, RecordError>) -> io::Result<()>;

/// Opens a file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(open_file(path)?)))
}

/// Opens a file; an error names it.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    File::open(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Visits every record in order. Text that is not JSON is visited as an error, and reading goes on after it.
pub(crate) fn read(mut input: impl BufRead, visit: RecordVisitor<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut lines = Lines { number: 0, open: None, skipping: false, is_second_reading: false };
    while next_line(&mut input, &mut line)? {
        lines.number += 1;
        // Files made on Windows may begin with a byte order mark.
        if lines.number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if lines.number == 1 && (line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF")) {
            return visit(1, Err(RecordError::Utf16));
        }
        if lines.number == 1 && line.starts_with(b"\x1F\x8B") {
            return visit(1, Err(RecordError::Gzip));
        }
        if lines.is_long_array(&line) {
            return array::read(io::Cursor::new(line).chain(input), lines.number, visit);
        }
        lines.push(&line, visit)?;
    }
    lines.end(visit)
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(input.read_until(b'\n', line)? > 0)
}

struct Lines {
    number: usize,
    /// A record whose end has not been read.
    open: Option<Open>,
    /// Between a malformed record of several lines and the beginning of the next record.
    skipping: bool,
    /// Lines that were taken for items of a record without an end are read again, now each as a record.
    is_second_reading: bool,
}

#[derive(Default)]
struct Open {
    line: usize,
    text: Vec<u8>,
    depth: Depth,
    /// Where a line stands that is either an item of this record or a record of its own, and its number: it is the
    /// latter if this record has no end.
    doubt: Option<(usize, usize)>,
}

impl Lines {
    /// Whether an array begins here and continues on later lines; it may be larger than memory.
    fn is_long_array(&self, line: &[u8]) -> bool {
        let begins = self.open.is_none() && line.trim_ascii_start().starts_with(b"[");
        begins && parse(line).is_err_and(|error| error.is_eof())
    }

    fn push(&mut self, line: &[u8], visit: RecordVisitor<'_>) -> io::Result<()> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let begins = line.starts_with(b"{");
        match &mut self.open {
            None if self.skipping && !begins => Ok(()),
            None => self.begin(line, visit),
            Some(open) if begins && open.depth.awaits_item() && !self.is_second_reading => {
                self.continue_in_doubt(line, visit)
            }
            Some(open) if begins && parse(line).is_ok() => {
                let cut = std::mem::take(open);
                self.open = None;
                cut.give_up(visit)?;
                self.begin(line, visit)
            }
            Some(_) => self.continue_record(line, visit),
        }
    }

    fn begin(&mut self, line: &[u8], visit: RecordVisitor<'_>) -> io::Result<()> {
        self.skipping = false;
        match parse(line) {
            Ok(value) => emit(self.number, value, visit),
            Err(error) if error.is_eof() => {
                self.open = Some(Open {
                    line: self.number,
                    text: line.to_vec(),
                    depth: Depth::default().after(line),
                    doubt: None,
                });
                Ok(())
            }
            Err(error) => visit(self.number, Err(not_json(&error))),
        }
    }

    fn continue_in_doubt(&mut self, line: &[u8], visit: RecordVisitor<'_>) -> io::Result<()> {
        let number = self.number;
        if let Some(open) = &mut self.open {
            open.doubt.get_or_insert((open.text.len(), number));
        }
        self.continue_record(line, visit)
    }

    fn continue_record(&mut self, line: &[u8], visit: RecordVisitor<'_>) -> io::Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.text.extend_from_slice(line);
        open.depth = std::mem::take(&mut open.depth).after(line);
        if !open.depth.is_closed() {
            self.open = Some(open);
            return Ok(());
        }
        match parse(&open.text) {
            Ok(value) => emit(open.line, value, visit),
            Err(error) => {
                self.skipping = true;
                visit(open.line + error.line() - 1, Err(not_json(&error)))
            }
        }
    }

    fn end(self, visit: RecordVisitor<'_>) -> io::Result<()> {
        let Some(open) = self.open else { return Ok(()) };
        match (parse(&open.text), open.doubt) {
            (Ok(value), _) => emit(open.line, value, visit),
            (Err(_), Some(_)) => open.give_up(visit),
            (Err(error), None) => visit(open.line, Err(not_json(&error))),
        }
    }
}

impl Open {
    /// Names a record that has no end, and reads the lines that were taken for its items.
    fn give_up(self, visit: RecordVisitor<'_>) -> io::Result<()> {
        visit(self.line, Err(RecordError::Truncated))?;
        let Some((at, number)) = self.doubt else { return Ok(()) };
        let mut lines = Lines { number: number - 1, open: None, skipping: false, is_second_reading: true };
        for line in self.text.get(at..).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            lines.number += 1;
            lines.push(line, visit)?;
        }
        lines.end(visit)
    }
}

fn parse(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text)
}

/// Visits a value, or each item of an array on one line.
fn emit(line: usize, value: Value, visit: RecordVisitor<'_>) -> io::Result<()> {
    match value {
        Value::Array(items) => items.into_iter().try_for_each(|item| emit_one(line, item, visit)),
        value => emit_one(line, value, visit),
    }
}

fn emit_one(line: usize, value: Value, visit: RecordVisitor<'_>) -> io::Result<()> {
    match value {
        Value::Object(_) => visit(line, Ok(value)),
        _ => visit(line, Err(RecordError::NotAnObject)),
    }
}

fn not_json(error: &serde_json::Error) -> RecordError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
    RecordError::NotJson { reason, column: error.column() }
}

#[cfg(test)]
mod tests;
