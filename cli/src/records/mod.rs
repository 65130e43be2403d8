//! JSON records from a file or a pipe: one per line, an array of them, or written over several lines.
//!
//! Reads as it goes; only one record is in memory at a time. Does not own: what a record means.

mod array;
mod depth;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde_json::Value;

use self::depth::Depth;

/// A record, or what is wrong with the text in its place.
pub(crate) type Found = Result<Value, String>;

/// What is done with each; the number is that of its first line.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(usize, Found) -> io::Result<()>;

/// A file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    Ok(Box::new(BufReader::new(File::open(path).map_err(named)?)))
}

/// Hands every record on, in order. Text that is no JSON is handed on too, and does not end the reading.
pub(crate) fn read(mut input: impl BufRead, visit: Visit<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut lines = Lines { number: 0, open: None, skipping: false };
    while next_line(&mut input, &mut line)? {
        lines.number += 1;
        // Files made on Windows may begin with a byte order mark.
        if lines.number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if lines.is_long_array(&line) {
            return array::read(io::Cursor::new(line).chain(input), lines.number, visit);
        }
        lines.take(&line, visit)?;
    }
    lines.end(visit)
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(input.read_until(b'\n', line)? > 0)
}

/// Where the reading is.
struct Lines {
    number: usize,
    /// A record that began on an earlier line.
    open: Option<Open>,
    /// Behind a broken record of several lines, up to the beginning of the next.
    skipping: bool,
}

struct Open {
    line: usize,
    text: Vec<u8>,
    depth: Depth,
}

impl Lines {
    /// An array that goes on behind the first line; it may be longer than memory.
    fn is_long_array(&self, line: &[u8]) -> bool {
        let begins = self.open.is_none() && line.trim_ascii_start().starts_with(b"[");
        begins && parse(line).is_err_and(|error| error.is_eof())
    }

    fn take(&mut self, line: &[u8], visit: Visit<'_>) -> io::Result<()> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let begins = line.starts_with(b"{");
        match &mut self.open {
            None if self.skipping && !begins => Ok(()),
            None => self.begin(line, visit),
            Some(open) if begins && parse(line).is_ok() => {
                let cut = open.line;
                self.open = None;
                visit(cut, Err("ends in the middle".to_owned()))?;
                self.begin(line, visit)
            }
            Some(_) => self.go_on(line, visit),
        }
    }

    fn begin(&mut self, line: &[u8], visit: Visit<'_>) -> io::Result<()> {
        self.skipping = false;
        match parse(line) {
            Ok(value) => hand_on(self.number, value, visit),
            Err(error) if error.is_eof() => {
                self.open = Some(Open {
                    line: self.number,
                    text: line.to_vec(),
                    depth: Depth::default().after(line),
                });
                Ok(())
            }
            Err(error) => visit(self.number, Err(describe(&error))),
        }
    }

    fn go_on(&mut self, line: &[u8], visit: Visit<'_>) -> io::Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.text.extend_from_slice(line);
        open.depth = open.depth.after(line);
        if !open.depth.is_closed() {
            self.open = Some(open);
            return Ok(());
        }
        match parse(&open.text) {
            Ok(value) => hand_on(open.line, value, visit),
            Err(error) => {
                self.skipping = true;
                visit(open.line + error.line() - 1, Err(describe(&error)))
            }
        }
    }

    fn end(self, visit: Visit<'_>) -> io::Result<()> {
        let Some(open) = self.open else { return Ok(()) };
        match parse(&open.text) {
            Ok(value) => hand_on(open.line, value, visit),
            Err(error) => visit(open.line, Err(describe(&error))),
        }
    }
}

fn parse(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text)
}

/// An array on one line is as many records.
fn hand_on(line: usize, value: Value, visit: Visit<'_>) -> io::Result<()> {
    match value {
        Value::Array(items) => items.into_iter().try_for_each(|item| hand_on_one(line, item, visit)),
        value => hand_on_one(line, value, visit),
    }
}

fn hand_on_one(line: usize, value: Value, visit: Visit<'_>) -> io::Result<()> {
    match value {
        Value::Object(_) => visit(line, Ok(value)),
        _ => visit(line, Err("is JSON, but neither an event nor a record: those are objects".to_owned())),
    }
}

fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    format!("is no JSON: {reason} in column {}", error.column())
}

#[cfg(test)]
mod tests;
