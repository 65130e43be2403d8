//! The figures as Markdown.

use std::fmt::Write as _;

use crate::figures::{Figures, Row};

const HEAD: &str = "\
| pipeline | CPU above `null` | of the built-in one | peak RSS | idle RSS above `null` | to CloudWatch | to S3 | of the built-in one | to Datadog | stop events: p50 / p99 / max | told | errors |
|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// A table with a row for each pipeline.
pub(crate) fn markdown(figures: &Figures) -> String {
    let (cpu, idle, peak) = figures.null;
    let mut text = format!(
        "Fluent Bit {}; `null`: {cpu:.2} s, peak {peak:.1} MiB, idle {idle:.1} MiB\n\n{HEAD}",
        figures.version
    );
    for (pipeline, row) in &figures.rows {
        let cells = match row {
            Ok(row) => cells(row),
            Err(why) => format!("failed: {} |", why.lines().next().unwrap_or_default()),
        };
        writeln!(text, "| `{}` | {cells}", pipeline.name).unwrap();
    }
    text
}

fn cells(row: &Row) -> String {
    format!(
        "{:.2} s | {} | {:.1} MiB | {:.1} MiB | {} | {} | {} | {} | {} | {} | {} |",
        row.cpu,
        optional(row.cpu_ratio),
        row.peak,
        row.idle,
        megabytes(row.cloudwatch),
        megabytes(row.s3),
        optional(row.s3_ratio),
        megabytes(row.datadog),
        latency(row),
        told(row),
        errors(row),
    )
}

fn optional(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

fn megabytes(value: f64) -> String {
    if value > 0.0 { format!("{value:.2} MB") } else { String::new() }
}

fn latency(row: &Row) -> String {
    if row.latencies.is_empty() {
        return String::new();
    }
    let [half, most, all] = [0.5, 0.99, 1.0].map(|part| percentile(&row.latencies, part));
    format!("{half:.2} / {most:.2} / {all:.2} s")
}

/// The smallest value that this part of all does not exceed.
fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

/// Where task-stop events go to Datadog: how many of them came.
fn told(row: &Row) -> String {
    match row.latencies.len() {
        0 => String::new(),
        told => format!("{told} of {}", row.stops),
    }
}

fn errors(row: &Row) -> String {
    match row.endings.as_slice() {
        [] => row.errors.to_string(),
        endings => format!("{}, ended with {}", row.errors, endings.join(", ")),
    }
}
