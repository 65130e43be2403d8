//! One record while it grows from line to line.

use std::borrow::Cow;
use std::time::Duration;

use super::rules::{Continuation, JoinRules, RecordState, trim_end};
use crate::input::log_line::{self, LogLine};
use crate::input::record::Timestamp;

/// A record that may grow. `'a` is the chunk it began in; one that began in an earlier chunk owns its bytes.
#[derive(Debug, Clone)]
pub(crate) struct OpenRecord<'a> {
    /// The entry of its first line.
    first: Cow<'a, [u8]>,
    /// The text so far; the first line's alone is still in its entry, too.
    text: Cow<'a, [u8]>,
    lines: u32,
    /// Whether its last line brought its own end.
    is_ended: bool,
    state: RecordState,
    /// Set while a line of several pieces is not whole.
    piece: Option<OpenPiece<'a>>,
    /// Whether the first line came in pieces.
    began_as_piece: bool,
    last_time: Timestamp,
    /// Lines that are parts of the record only if another one follows.
    possible: Vec<PossibleLine<'a>>,
    /// What these would add to the text.
    possible_bytes: usize,
}

/// A line that may turn out not to be part of the record.
#[derive(Debug, Clone)]
struct PossibleLine<'a> {
    entry: Cow<'a, [u8]>,
    text: Cow<'a, [u8]>,
    state: RecordState,
}

#[derive(Debug, Clone)]
struct OpenPiece<'a> {
    id: Cow<'a, [u8]>,
    next: Option<u32>,
}

/// What a line did to the open record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is a part, and so are the possible ones before it: this many lines became parts.
    Certain(u64),
    /// It may be a part.
    Possible,
}

impl<'a> OpenRecord<'a> {
    /// A record that begins with this line; `None` when nothing can follow.
    pub(super) fn begin(rules: &JoinRules, line: &LogLine<'a>) -> Option<Self> {
        let piece = open_piece(rules, line);
        let is_inner =
            rules.pieces && line.piece.is_some_and(|piece| piece.ordinal.is_some_and(|nth| nth > 1));
        let state = if is_inner { RecordState::Complete } else { rules.begin(trim_end(line.text)) };
        if is_inner || (piece.is_none() && state == RecordState::Complete) {
            return None;
        }
        Some(Self {
            first: Cow::Borrowed(line.entry),
            text: Cow::Borrowed(line.text),
            lines: 1,
            is_ended: line.text.ends_with(b"\n"),
            state,
            began_as_piece: piece.is_some(),
            piece,
            last_time: line.time,
            possible: Vec::new(),
            possible_bytes: 0,
        })
    }

    /// Takes the line if it continues the record.
    pub(super) fn take(&mut self, rules: &JoinRules, line: &LogLine<'a>) -> Option<Taken> {
        if distance(self.last_time, line.time) > rules.wait || self.len() + line.text.len() >= rules.max_bytes
        {
            return None;
        }
        let taken = match &self.piece {
            Some(piece) => {
                if !piece.is_followed_by(line) {
                    return None;
                }
                self.text.to_mut().extend_from_slice(line.text);
                self.is_ended = line.text.ends_with(b"\n");
                self.lines += 1;
                Taken::Certain(1)
            }
            None => self.take_line(rules, line)?,
        };
        if let Taken::Certain(_) = taken {
            self.piece = open_piece(rules, line);
        }
        self.last_time = line.time;
        Some(taken)
    }

    fn take_line(&mut self, rules: &JoinRules, line: &LogLine<'a>) -> Option<Taken> {
        let state = self.possible.last().map_or(self.state, |line| line.state);
        let is_piece = rules.pieces && line.piece.is_some();
        if is_piece && line.piece.is_some_and(|piece| piece.ordinal.is_some_and(|nth| nth > 1)) {
            return None;
        }
        match rules.continues(state, trim_end(line.text))? {
            Continuation::Certain(state) => {
                let parts = 1 + self.possible.len() as u64;
                self.commit();
                self.append(line.text);
                self.state = state;
                Some(Taken::Certain(parts))
            }
            // A piece of a line that may belong elsewhere is too much to keep in mind.
            Continuation::Possible(_) if is_piece => None,
            Continuation::Possible(state) => {
                let entry = Cow::Borrowed(line.entry);
                self.possible_bytes += line.text.len() + 1;
                self.possible.push(PossibleLine { entry, text: Cow::Borrowed(line.text), state });
                Some(Taken::Possible)
            }
        }
    }

    /// The possible lines are parts of the record after all.
    fn commit(&mut self) {
        self.possible_bytes = 0;
        for line in std::mem::take(&mut self.possible) {
            self.append(&line.text);
        }
    }

    fn append(&mut self, line: &[u8]) {
        let text = self.text.to_mut();
        if !self.is_ended {
            text.push(b'\n');
        }
        text.extend_from_slice(line);
        self.is_ended = line.ends_with(b"\n");
        self.lines += 1;
    }

    /// Whether nothing can follow.
    pub(super) fn is_complete(&self) -> bool {
        self.piece.is_none() && self.possible.is_empty() && self.state == RecordState::Complete
    }

    /// Whether the record has more lines than its first.
    pub(super) fn is_joined(&self) -> bool {
        self.lines > 1
    }

    /// The bytes that it holds.
    pub(super) fn len(&self) -> usize {
        self.text.len() + self.possible_bytes
    }

    /// The entry of the record as it is now, without the possible lines.
    pub(super) fn entry(&self) -> Cow<'_, [u8]> {
        if !self.is_joined() {
            return Cow::Borrowed(&self.first);
        }
        let is_whole = self.began_as_piece && self.piece.is_none();
        Cow::Owned(log_line::with_text(&self.first, &self.text, is_whole))
    }

    /// The entries of the record and of the lines that turned out not to be part of it.
    pub(crate) fn entries(&self) -> Vec<u8> {
        let mut entries = self.entry().into_owned();
        self.possible.iter().for_each(|line| entries.extend_from_slice(&line.entry));
        entries
    }

    /// Forgets the last of the possible lines, which are in the chunk themselves.
    pub(super) fn forget_possible(&mut self, count: usize) {
        let kept = self.possible.len().saturating_sub(count);
        for line in self.possible.drain(kept..) {
            self.possible_bytes -= line.text.len() + 1;
        }
    }

    /// The record with bytes of its own.
    pub(super) fn into_owned(self) -> OpenRecord<'static> {
        let own = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        let own_line = |line: PossibleLine<'_>| PossibleLine {
            entry: own(line.entry),
            text: own(line.text),
            state: line.state,
        };
        OpenRecord {
            first: own(self.first),
            text: own(self.text),
            lines: self.lines,
            is_ended: self.is_ended,
            state: self.state,
            piece: self.piece.map(|piece| OpenPiece { id: own(piece.id), next: piece.next }),
            began_as_piece: self.began_as_piece,
            last_time: self.last_time,
            possible: self.possible.into_iter().map(own_line).collect(),
            possible_bytes: self.possible_bytes,
        }
    }
}

impl OpenPiece<'_> {
    fn is_followed_by(&self, line: &LogLine<'_>) -> bool {
        line.piece.is_some_and(|piece| {
            piece.id == &*self.id
                && (self.next.is_none() || piece.ordinal.is_none() || piece.ordinal == self.next)
        })
    }
}

/// What is still to come of the line.
fn open_piece<'a>(rules: &JoinRules, line: &LogLine<'a>) -> Option<OpenPiece<'a>> {
    let piece = line.piece.filter(|piece| rules.pieces && !piece.is_last)?;
    Some(OpenPiece { id: Cow::Borrowed(piece.id), next: piece.ordinal.map(|nth| nth.saturating_add(1)) })
}

/// How far two times are from each other.
pub(super) fn distance(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::from_millis(later.millis().abs_diff(earlier.millis()))
}
