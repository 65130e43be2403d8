//! `explain`: what the plugin makes of events and records.

mod human;
mod reply;

use std::fmt;
use std::io::{self, BufRead, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use ecs_router::config::Problem;
use serde_json::{Map, Value, json};

use self::reply::OpenedReply;
use crate::adapter::classify::{self, ClassifiedRecord};
use crate::adapter::lines::{ExplainedRecord, LineFate, LineKeys, LineRules};
use crate::adapter::probe;
use crate::adapter::redaction::{MaskedRecord, MaskingRules};
use crate::adapter::sampling::{SampleRule, SampleVerdict};
use crate::records::{self, RecordError};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArguments {
    /// JSON lines, an array, one event over several lines, or a reply of AWS: describe-tasks, describe-services,
    /// receive-message, filter-log-events, get-query-results, lookup-events; `-` reads standard input
    #[arg(required_unless_present = "task", conflicts_with = "task")]
    file: Option<PathBuf>,
    /// Asks ECS for this task, with this environment's credentials; they need ecs:DescribeTasks
    #[arg(long, value_name = "ARN")]
    task: Option<String>,
    /// Another address of ECS for --task; otherwise what AWS's variables and the profile say (AWS_ENDPOINT_URL_ECS,
    /// AWS_USE_FIPS_ENDPOINT, …)
    #[arg(long, value_name = "URL", requires = "task")]
    endpoint: Option<String>,
    /// Masks what these rules match, and tells how much that is: email, card, …
    #[arg(long, value_name = "RULES")]
    redact: Option<String>,
    /// Tells of each line whether this sample has it: 10%
    #[arg(long, value_name = "SHARE")]
    sample: Option<String>,
    /// Joins the lines that are one record: traces, partial, both
    #[arg(long, value_name = "WHAT")]
    join: Option<String>,
    /// Tells of each line on standard output whether this limit drops it, by the times of the records: "500/s per
    /// container, burst 2000"
    #[arg(long, value_name = "RATE")]
    limit: Option<String>,
    /// Tells which lines a flight recorder with this window holds and releases, by the times of the records: 5m
    #[arg(long, value_name = "WINDOW")]
    recorder: Option<String>,
    /// One JSON object a line, in the same order: {"class": …, "event": … or null}
    #[arg(long)]
    json: bool,
}

/// How long ECS has to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Explains every record of the file, or the task. Errors go to standard error, and any of them makes the command fail.
pub(crate) fn run(arguments: &ExplainArguments) -> io::Result<ExitCode> {
    let input = match open(arguments) {
        Ok(input) => input,
        Err(error) => {
            terminal::complain(format_args!("ecs-router: {error}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let rules = match ExplainRules::read(arguments) {
        Ok(rules) => rules,
        Err(problems) => {
            problems.iter().for_each(complain_of_option);
            return Ok(ExitCode::FAILURE);
        }
    };
    let out = terminal::output();
    let mut explanation = Explanation {
        arguments,
        rules,
        out,
        records: 0,
        waiting: Vec::new(),
        has_input: false,
        code: ExitCode::SUCCESS,
    };
    records::read(input, &mut |line, record| explanation.add(line, record))?;
    explanation.explain_waiting()?;
    if !explanation.has_input {
        terminal::complain(format_args!("ecs-router: {}: is empty", source(arguments)));
        return Ok(ExitCode::FAILURE);
    }
    explanation.out.flush()?;
    Ok(explanation.code)
}

/// Records that wait to be joined. More are never in memory; a trace that lies across is two records.
const MAX_WAITING: usize = 10_000;

/// What is shown beside the class of a record.
struct ExplainRules {
    masking: Option<MaskingRules>,
    sample: Option<SampleRule>,
    lines: LineRules,
}

impl ExplainRules {
    fn read(arguments: &ExplainArguments) -> Result<Self, Vec<Problem>> {
        let ExplainArguments { redact, sample, join, limit, recorder, .. } = arguments;
        let lines =
            LineKeys { join: join.as_deref(), limit: limit.as_deref(), recorder: recorder.as_deref() };
        Ok(Self {
            masking: redact.as_deref().map(MaskingRules::read).transpose()?,
            sample: sample.as_deref().map(SampleRule::read).transpose()?,
            lines: LineRules::read(lines)?,
        })
    }
}

/// What rules make of a record.
#[derive(Default)]
struct Effects {
    masked: Option<MaskedRecord>,
    sample: Option<SampleVerdict>,
    is_joined: bool,
    fate: Option<LineFate>,
}

/// An option is called like its key, without the class.
fn complain_of_option(problem: &Problem) {
    let Problem { key, what } = problem;
    let option = key.split('.').next().unwrap_or_default();
    terminal::complain(format_args!("ecs-router: --{option}: {what}"));
}

/// The file, or what ECS says of the task.
fn open(arguments: &ExplainArguments) -> Result<Box<dyn BufRead>, String> {
    let Some(task) = &arguments.task else {
        let path = arguments.file.as_deref().unwrap_or(Path::new("-"));
        return records::open(path).map_err(|error| error.to_string());
    };
    let reply = probe::describe_task(task, arguments.endpoint.as_deref(), LIMIT)?;
    Ok(Box::new(io::Cursor::new(reply)))
}

/// What the records come from, for messages.
fn source(arguments: &ExplainArguments) -> String {
    match (&arguments.task, &arguments.file) {
        (Some(task), _) => task.clone(),
        (None, Some(file)) => file.display().to_string(),
        (None, None) => "-".to_owned(),
    }
}

struct Explanation<'a, W> {
    arguments: &'a ExplainArguments,
    rules: ExplainRules,
    out: W,
    records: usize,
    /// Records that may be joined with those that follow.
    waiting: Vec<Value>,
    /// Something was read, be it an error.
    has_input: bool,
    code: ExitCode,
}

impl<W: io::Write> Explanation<'_, W> {
    fn add(&mut self, line: usize, record: Result<Value, RecordError>) -> io::Result<()> {
        self.has_input = true;
        match record {
            Ok(record) => {
                let OpenedReply { records, remarks } = reply::open(record);
                self.take(line, records)?;
                remarks.iter().try_for_each(|remark| self.fail(line, remark))
            }
            Err(error) => self.fail(line, &error),
        }
    }

    /// Explains these records, or has them wait where lines are joined.
    fn take(&mut self, line: usize, records: Vec<Value>) -> io::Result<()> {
        if !self.rules.lines.joins() {
            return records.iter().try_for_each(|record| self.explain(line, record, false));
        }
        self.waiting.extend(records);
        if self.waiting.len() >= MAX_WAITING { self.explain_waiting() } else { Ok(()) }
    }

    fn explain_waiting(&mut self) -> io::Result<()> {
        let records = self.rules.lines.join(std::mem::take(&mut self.waiting));
        let mut records = records.iter();
        records.try_for_each(|ExplainedRecord { record, is_joined }| self.explain(0, record, *is_joined))
    }

    fn explain(&mut self, line: usize, record: &Value, is_joined: bool) -> io::Result<()> {
        let Some(mut judged) = classify::classify(record) else {
            return self.fail(line, &"cannot be written as msgpack");
        };
        let ExplainRules { masking, sample, lines } = &self.rules;
        // Stops are never dropped.
        let sample = sample.as_ref().filter(|_| judged.stops.is_empty()).map(|sample| sample.judge(record));
        let masked = masking.as_ref().map(|rules| rules.mask(record, &mut judged.stops));
        let effects = Effects { masked, sample, is_joined, fate: lines.judge(record) };
        if self.arguments.json {
            let object = json_line(&judged, &effects);
            return writeln!(self.out, "{}", terminal::json_line(&object));
        }
        self.records += 1;
        let shown = effects.masked.as_ref().map_or(record, |masked| &masked.record);
        human::print(&mut self.out, self.records, shown, &judged)?;
        self.print_effects(record, &effects)
    }

    fn print_effects(&mut self, record: &Value, effects: &Effects) -> io::Result<()> {
        let Effects { masked, sample, is_joined, fate } = effects;
        if *is_joined {
            human::print_joined(&mut self.out, record)?;
        }
        masked.iter().try_for_each(|masked| human::print_masked(&mut self.out, &masked.counts))?;
        sample.iter().try_for_each(|verdict| human::print_sample(&mut self.out, *verdict))?;
        fate.iter().try_for_each(|fate| human::print_fate(&mut self.out, *fate))
    }

    /// Reports an error in the order of the input, also when both outputs go to one terminal.
    fn fail(&mut self, line: usize, error: &dyn fmt::Display) -> io::Result<()> {
        self.explain_waiting()?;
        self.code = ExitCode::FAILURE;
        self.out.flush()?;
        terminal::complain(format_args!("{}:{line}: {error}", source(self.arguments)));
        Ok(())
    }
}

/// One line of `--json`. A record with several stop events has the first as `event`, and all of them as `events`; one
/// whose event lost its envelope says `without_envelope`, an event of ECS that makes no report says why as `unreported`, and one that tells its level has it as `level`, with the class
/// that it has with `level auto`. With `--redact` it shows the record and what was masked, with
/// `--sample` whether a sample has it, with `--join` whether it was several, with `--limit` whether the limit drops it, with
/// `--recorder` whether it is held, or how many lines it releases.
fn json_line(judged: &ClassifiedRecord, effects: &Effects) -> Value {
    let mut line = match judged.stops.as_slice() {
        [] => json!({"class": judged.class, "event": null}),
        [stop] => json!({"class": judged.class, "event": stop}),
        [first, ..] => json!({"class": judged.class, "event": first, "events": judged.stops}),
    };
    let Value::Object(fields) = &mut line else { return line };
    if judged.lacks_envelope {
        fields.insert("without_envelope".to_owned(), json!(true));
    }
    if let Some(why) = &judged.unreported {
        fields.insert("unreported".to_owned(), json!(why));
    }
    if let Some((level, class)) = &judged.level {
        fields.insert("level".to_owned(), json!(level));
        fields.insert("class_with_level_auto".to_owned(), json!(class));
    }
    if effects.is_joined {
        fields.insert("joined".to_owned(), json!(true));
    }
    if let Some(masked) = &effects.masked {
        fields.insert("record".to_owned(), masked.record.clone());
        fields.insert("masked".to_owned(), json!(masked.counts));
    }
    if let Some(verdict) = effects.sample {
        fields.insert("sample".to_owned(), json!(verdict.word()));
    }
    insert_fate(fields, effects.fate.unwrap_or_default());
    line
}

fn insert_fate(fields: &mut Map<String, Value>, fate: LineFate) {
    let LineFate { is_dropped, is_held, released } = fate;
    if let Some(is_dropped) = is_dropped {
        fields.insert("limit".to_owned(), json!(if is_dropped { "dropped" } else { "kept" }));
    }
    if is_held {
        fields.insert("held".to_owned(), json!(true));
    }
    if released > 0 {
        fields.insert("released".to_owned(), json!(released));
    }
}
