//! `explain`: what the plugin makes of events and records.

mod readable;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::adapter::classify::{self, ClassifiedRecord};
use crate::records;

/// What is explained, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// JSON lines, an array, or one event over several lines; `-` reads standard input
    file: PathBuf,
    /// One JSON object a line, in the same order: {"class": …, "event": … or null}
    #[arg(long)]
    json: bool,
}

/// Explains everything in the file. Lines that are no JSON are named on standard error and make it fail.
pub(crate) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let input = match records::open(&arguments.file) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("ecs-router: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut number, mut code) = (0, ExitCode::SUCCESS);
    let mut visit = |line, found: records::Found| {
        let fault = match found {
            Ok(record) => match classify::classify(&record) {
                Some(judged) if arguments.json => return writeln!(out, "{}", machine(&judged)),
                Some(judged) => {
                    number += 1;
                    return readable::print(&mut out, number, &record, &judged);
                }
                None => "cannot be written as msgpack".to_owned(),
            },
            Err(fault) => fault,
        };
        code = ExitCode::FAILURE;
        // In the order of the input, also when both go to one terminal.
        out.flush()?;
        eprintln!("{}:{line}: {fault}", arguments.file.display());
        Ok(())
    };
    records::read(input, &mut visit)?;
    out.flush()?;
    Ok(code)
}

/// `event` is the first of several; all of them stand in `events` then.
fn machine(judged: &ClassifiedRecord) -> Value {
    match judged.stops.as_slice() {
        [] => json!({"class": judged.class, "event": null}),
        [stop] => json!({"class": judged.class, "event": stop}),
        [first, ..] => json!({"class": judged.class, "event": first, "events": judged.stops}),
    }
}
