//! The figures as Markdown: a column for each pipeline, with the targets of ours in parentheses.

use std::fmt::Write as _;

use crate::agent::AgentRun;
use crate::figures::{Figures, Row, median};
use crate::pipeline::Pipeline;

/// A line of the table: its label, and its cell for a pipeline.
type Line = (&'static str, fn(&Pipeline, &Row) -> String);

const LINES: [Line; 14] = [
    ("CPU above `null`", |_, row| format!("{:.2} s", row.cpu)),
    ("… of the built-in one", |pipeline, row| match (row.cpu_ratio, pipeline.against) {
        (Some(ratio), Some((_, most))) => format!("{ratio:.2} (≤ {most:.2})"),
        _ => String::new(),
    }),
    ("CPU of the output's own threads", |_, row| format!("{:.2} s", row.output_cpu)),
    ("… of the built-in one", |_, row| ratio(row.output_ratio)),
    ("… of hashing, encrypting and writing its bytes uncompressed", |_, row| ratio(row.output_floors)),
    ("peak resident memory (not above the built-in one)", |_, row| format!("{:.1} MiB", row.peak)),
    ("idle resident memory above `null` (≤ 12 MiB)", |_, row| format!("{:.1} MiB", row.idle)),
    ("to CloudWatch", |_, row| megabytes(row.cloudwatch)),
    ("to S3", |_, row| megabytes(row.s3)),
    ("… of the built-in one", |_, row| ratio(row.s3_ratio)),
    ("to Datadog", |_, row| megabytes(row.datadog)),
    ("stop events, socket to endpoint: p50 / p99 (≤ 1.5 s) / max", |_, row| latency(row)),
    ("stop events told", |_, row| reported(row)),
    ("errors in the log", |_, row| errors(row)),
];

/// The table, followed by the errors of pipelines that could not be measured.
pub(crate) fn markdown(figures: &Figures) -> String {
    let (cpu, idle, peak) = figures.null;
    let null = format!("`null` takes {cpu:.2} s, {peak:.1} MiB at its peak, {idle:.1} MiB when idle");
    let names: String = figures.rows.iter().map(|(pipeline, _)| format!(" `{}` |", pipeline.name)).collect();
    let floor = format!("Hashing, encrypting and writing takes {:.2} ms/MB", figures.floor * 1e3);
    let mut text = format!("Fluent Bit {}; {null}. {floor}.\n\n", figures.version);
    writeln!(text, "| |{names}\n|{}", "---|".repeat(figures.rows.len() + 1)).unwrap();
    for (label, cell) in LINES {
        let cells: String = figures
            .rows
            .iter()
            .map(|(pipeline, row)| {
                row.as_ref().map_or_else(|_| "failed".to_owned(), |row| cell(pipeline, row))
            })
            .map(|cell| format!(" {cell} |"))
            .collect();
        writeln!(text, "| {label} |{cells}").unwrap();
    }
    for (pipeline, row) in &figures.rows {
        if let Err(error) = row {
            writeln!(text, "\n`{}`: {}", pipeline.name, error.lines().next().unwrap_or_default()).unwrap();
        }
    }
    text
}

/// What AWS's agent in Python took for the same lines, in one sentence.
pub(crate) fn agent(runs: &[AgentRun]) -> String {
    let median_of = |field: fn(&AgentRun) -> f64| median(runs.iter().map(field).collect());
    format!(
        "AWS's agent for CloudWatch Logs in Python takes {:.1} s of CPU and {:.1} MiB at its peak for the whole process, and \
         sends {:.2} MB of gzip (median of {} run(s)).",
        median_of(|run| run.cpu),
        median_of(|run| run.peak),
        median_of(|run| run.megabytes),
        runs.len()
    )
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

fn megabytes(value: f64) -> String {
    if value > 0.0 { format!("{value:.2} MB") } else { String::new() }
}

fn latency(row: &Row) -> String {
    if row.latencies.is_empty() {
        return String::new();
    }
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|part| percentile(&row.latencies, part));
    format!("{p50:.2} / {p99:.2} / {max:.2} s")
}

/// The smallest value that this fraction of all values does not exceed.
fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

/// Empty where task-stop events do not go to Datadog.
fn reported(row: &Row) -> String {
    match row.latencies.len() {
        0 => String::new(),
        reported => format!("{reported} of {}", row.stops),
    }
}

fn errors(row: &Row) -> String {
    match row.bad_exits.as_slice() {
        [] => row.errors.to_string(),
        exits => format!("{}; {}", row.errors, exits.join(", ")),
    }
}
