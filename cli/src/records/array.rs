//! An array over several lines, read element by element.

use std::fmt;
use std::io::{self, BufRead};

use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::Value;

use super::{RecordVisitor, emit_one, not_json};

/// Reads the array that begins on this line of the input.
pub(super) fn read(input: impl BufRead, line: usize, visit: RecordVisitor<'_>) -> io::Result<()> {
    let mut stopped = None;
    let elements = Elements { line, visit: &mut *visit, stopped: &mut stopped };
    let mut reader = serde_json::Deserializer::from_reader(input);
    let read = reader.deserialize_seq(elements).and_then(|()| reader.end());
    match (stopped, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => visit(line + error.line().saturating_sub(1), Err(not_json(&error))),
    }
}

struct Elements<'e, 'v> {
    line: usize,
    visit: RecordVisitor<'e>,
    stopped: &'v mut Option<io::Error>,
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<Value>()? {
            if let Err(error) = emit_one(self.line, element, self.visit) {
                *self.stopped = Some(error);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
