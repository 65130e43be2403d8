//! The last lines of one container, copied from their chunks.

use std::collections::VecDeque;

use super::container_key::ContainerKey;
use super::line::{MAX_CONTAINER_LINES, TailLine};
use crate::stop::last_lines::MAX_CONTAINER_BYTES;

#[derive(Debug)]
pub(super) struct ContainerTail {
    pub(super) key: ContainerKey<'static>,
    pub(super) lines: VecDeque<TailLine<'static>>,
    /// Lines that are the first of their record.
    pub(super) record_count: usize,
    /// Bytes of its lines, as reports show them.
    bytes: usize,
    /// The lines count only as long as no others come.
    are_fallback: bool,
}

impl ContainerTail {
    pub(super) fn new(key: ContainerKey<'_>) -> Self {
        Self { key: key.into_owned(), lines: VecDeque::new(), record_count: 0, bytes: 0, are_fallback: true }
    }

    /// The text of each record: a secret may go over several of its lines.
    pub(super) fn records(&self) -> Vec<String> {
        let mut records: Vec<String> = Vec::new();
        for line in &self.lines {
            let text = String::from_utf8_lossy(&line.text);
            match records.last_mut().filter(|_| !line.is_first) {
                Some(record) => {
                    record.push('\n');
                    record.push_str(&text);
                }
                None => records.push(text.into_owned()),
            }
        }
        records
    }

    /// Adds a line. It takes the place of lines that counted only as long as no others came.
    pub(super) fn push(&mut self, line: TailLine<'_>, max_lines: usize) {
        if std::mem::take(&mut self.are_fallback) {
            self.lines.clear();
            self.record_count = 0;
            self.bytes = 0;
        }
        self.append(line, max_lines);
    }

    /// Adds a line that counts only as long as no others come.
    pub(super) fn push_fallback(&mut self, line: TailLine<'_>, max_lines: usize) {
        if self.are_fallback {
            self.append(line, max_lines);
        }
    }

    fn append(&mut self, line: TailLine<'_>, max_lines: usize) {
        match self.lines.back_mut() {
            Some(last) if last.continues_in(&line) => {
                self.bytes -= last.shown_bytes();
                last.append(&line);
                self.bytes += last.shown_bytes();
            }
            _ => {
                self.bytes += line.shown_bytes();
                self.record_count += usize::from(line.is_first);
                self.lines.push_back(line.into_owned());
            }
        }
        while self.record_count > max_lines {
            self.pop_line();
            while self.lines.front().is_some_and(|line| !line.is_first) {
                self.pop_line();
            }
        }
        while self.bytes > MAX_CONTAINER_BYTES || self.lines.len() > MAX_CONTAINER_LINES {
            self.pop_line();
        }
    }

    fn pop_line(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            self.record_count -= usize::from(line.is_first);
            self.bytes -= line.shown_bytes();
        }
    }
}
