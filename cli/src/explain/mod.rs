//! `explain`: what the plugin makes of events and records.

mod human;
mod reply;

use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::adapter::classify::{self, ClassifiedRecord};
use crate::records::{self, RecordError};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArguments {
    /// JSON lines, an array, or one event over several lines; `-` reads standard input
    file: PathBuf,
    /// One JSON object a line, in the same order: {"class": …, "event": … or null}
    #[arg(long)]
    json: bool,
}

/// Explains every record of the file. Errors go to standard error, and any of them makes the command fail.
pub(crate) fn run(arguments: &ExplainArguments) -> io::Result<ExitCode> {
    let input = match records::open(&arguments.file) {
        Ok(input) => input,
        Err(error) => {
            terminal::complain(format_args!("ecs-router: {error}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let out = terminal::output();
    let mut explanation =
        Explanation { arguments, out, records: 0, has_input: false, code: ExitCode::SUCCESS };
    records::read(input, &mut |line, record| explanation.add(line, record))?;
    if !explanation.has_input {
        terminal::complain(format_args!("ecs-router: {}: is empty", arguments.file.display()));
        return Ok(ExitCode::FAILURE);
    }
    explanation.out.flush()?;
    Ok(explanation.code)
}

struct Explanation<'a, W> {
    arguments: &'a ExplainArguments,
    out: W,
    records: usize,
    /// Something was read, be it an error.
    has_input: bool,
    code: ExitCode,
}

impl<W: io::Write> Explanation<'_, W> {
    fn add(&mut self, line: usize, record: Result<Value, RecordError>) -> io::Result<()> {
        self.has_input = true;
        match record {
            Ok(record) => reply::open(record).iter().try_for_each(|record| self.explain(line, record)),
            Err(error) => self.fail(line, &error),
        }
    }

    fn explain(&mut self, line: usize, record: &Value) -> io::Result<()> {
        match classify::classify(record) {
            Some(judged) if self.arguments.json => {
                writeln!(self.out, "{}", terminal::json_line(&json_line(&judged)))
            }
            Some(judged) => {
                self.records += 1;
                human::print(&mut self.out, self.records, record, &judged)
            }
            None => self.fail(line, &"cannot be written as msgpack"),
        }
    }

    /// Reports an error in the order of the input, also when both outputs go to one terminal.
    fn fail(&mut self, line: usize, error: &dyn fmt::Display) -> io::Result<()> {
        self.code = ExitCode::FAILURE;
        self.out.flush()?;
        terminal::complain(format_args!("{}:{line}: {error}", self.arguments.file.display()));
        Ok(())
    }
}

/// One line of `--json`. A record with several stop events has the first as `event`, and all of them as `events`; one
/// whose event lost its envelope says `without_envelope`.
fn json_line(judged: &ClassifiedRecord) -> Value {
    let mut line = match judged.stops.as_slice() {
        [] => json!({"class": judged.class, "event": null}),
        [stop] => json!({"class": judged.class, "event": stop}),
        [first, ..] => json!({"class": judged.class, "event": first, "events": judged.stops}),
    };
    if let Value::Object(fields) = &mut line
        && judged.lacks_envelope
    {
        fields.insert("without_envelope".to_owned(), json!(true));
    }
    line
}
