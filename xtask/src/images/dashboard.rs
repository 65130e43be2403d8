//! The upper part of CloudWatch's dashboard, drawn from its definition and from what the plugin makes of a recorded crash
//! loop. Does not own: the definition, which `examples/alarms` deploys.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{escape, terminal};
use crate::tools;

const DASHBOARD: &str = "examples/alarms/cloudwatch/dashboard.json";
const RECORDING: &str = "examples/crash-loop.jsonl";

const WIDTH: usize = 760;
const CHART_HEIGHT: usize = 150;
const GAP: usize = 20;
/// Bars of a chart.
const BARS: usize = 24;
/// Rows of the table.
const ROWS: usize = 5;
/// Characters of a summary.
const COLUMNS: usize = 68;
const ROW_HEIGHT: usize = 20;
const COLOURS: [&str; 4] = ["#2074d5", "#e0701e", "#2ca02c", "#8c44ad"];

/// A stop, as far as a widget shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stop {
    minute: usize,
    at: String,
    service: String,
    category: String,
    summary: String,
}

pub(super) fn draw() -> Result<String, String> {
    let said = terminal::output_of(&format!("explain --json {RECORDING}"))?;
    let mut stops: Vec<Stop> = said.lines().filter_map(stop).collect();
    stops.sort_by_key(|stop| stop.minute);
    let titles = titles()?;
    let title = |name: &str| match titles.iter().any(|title| title == name) {
        true => Ok(name.to_owned()),
        false => Err(format!("{DASHBOARD} has no widget '{name}'; draw the ones it has")),
    };
    let half = (WIDTH - 3 * GAP) / 2;
    let services = chart(&title("Failed stops by service")?, &stops, |stop| &stop.service);
    let categories = chart(&title("Stops by category")?, &stops, |stop| &stop.category);
    let table = table(&title("What failed last")?, &stops);
    let below = CHART_HEIGHT + 4 * GAP;
    let height = below + (ROWS + 2) * ROW_HEIGHT + GAP;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <style>text {{ font: 12px Lato, Helvetica, Arial, sans-serif; fill: #16191f }} .h {{ font-weight: bold; font-size: 14px }}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#fff\" stroke=\"#ddd\"/>\n\
         <g transform=\"translate({GAP},{GAP})\">\n{services}</g>\n\
         <g transform=\"translate({},{GAP})\">\n{categories}</g>\n\
         <g transform=\"translate({GAP},{below})\">\n{table}</g>\n</svg>\n",
        2 * GAP + half
    ))
}

/// The titles of the dashboard's widgets.
fn titles() -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(tools::root().join(DASHBOARD))
        .map_err(|error| format!("{DASHBOARD}: {error}"))?;
    let dashboard: Value = serde_json::from_str(&text).map_err(|error| format!("{DASHBOARD}: {error}"))?;
    let widgets = dashboard["widgets"].as_array().cloned().unwrap_or_default();
    Ok(widgets
        .iter()
        .filter_map(|widget| widget["properties"]["title"].as_str().map(str::to_owned))
        .collect())
}

/// A line of `explain --json`; `None` for what is not a task's stop.
fn stop(line: &str) -> Option<Stop> {
    let event = serde_json::from_str::<Value>(line).ok()?.get("event")?.clone();
    let text = |key: &str| event[key].as_str().map(str::to_owned);
    let at = text("stopped_at")?;
    // 2026-11-19T21:00:00Z
    let number = |from: usize| at.get(from..from + 2)?.parse::<usize>().ok();
    let minute = (number(8)? * 24 + number(11)?) * 60 + number(14)?;
    Some(Stop {
        minute,
        service: text("service")?,
        category: text("category")?,
        summary: text("summary")?,
        at,
    })
}

/// Bars over time, stacked by what `group` says, with a legend.
fn chart(title: &str, stops: &[Stop], group: impl Fn(&Stop) -> &str) -> String {
    let mut svg = heading(title);
    let first = stops.first().map_or(0, |stop| stop.minute);
    let span = stops.last().map_or(1, |stop| stop.minute - first + 1);
    let mut counts: BTreeMap<&str, [usize; BARS]> = BTreeMap::new();
    for stop in stops {
        let bar = (stop.minute - first) * BARS / span;
        counts.entry(group(stop)).or_insert([0; BARS])[bar] += 1;
    }
    let total = |bar: usize| counts.values().map(|bars| bars[bar]).sum::<usize>();
    let most = (0..BARS).map(total).max().unwrap_or(1).max(1);
    let width = (WIDTH - 3 * GAP) / 2 / BARS;
    for bar in 0..BARS {
        let mut bottom = CHART_HEIGHT;
        for (bars, colour) in counts.values().zip(COLOURS) {
            let height = bars[bar] * (CHART_HEIGHT - 2 * GAP) / most;
            bottom -= height;
            let x = bar * width;
            if height > 0 {
                writeln!(
                    svg,
                    "<rect x=\"{x}\" y=\"{bottom}\" width=\"{}\" height=\"{height}\" fill=\"{colour}\"/>",
                    width - 2
                )
                .ok();
            }
        }
    }
    let mut x = 0;
    for (name, colour) in counts.keys().zip(COLOURS) {
        let y = CHART_HEIGHT + GAP;
        writeln!(svg, "<rect x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>", y - 10).ok();
        writeln!(svg, "<text x=\"{}\" y=\"{y}\">{}</text>", x + 15, escape(name)).ok();
        x += 40 + 8 * name.len();
    }
    svg
}

/// The last stops, latest first.
fn table(title: &str, stops: &[Stop]) -> String {
    let mut svg = heading(title);
    for (row, stop) in stops.iter().rev().take(ROWS).enumerate() {
        let y = (row + 2) * ROW_HEIGHT;
        for (x, text) in
            [(0, &stop.at), (150, &stop.service), (210, &stop.category), (280, &cut(&stop.summary))]
        {
            writeln!(svg, "<text x=\"{x}\" y=\"{y}\">{}</text>", escape(text)).ok();
        }
    }
    svg
}

/// As much as fits beside the other columns.
fn cut(text: &str) -> String {
    match text.chars().count() > COLUMNS {
        true => text.chars().take(COLUMNS - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn heading(title: &str) -> String {
    format!("<text y=\"12\" class=\"h\">{}</text>\n", escape(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_read_and_what_is_none_is_left_out() {
        let event =
            r#"{"stopped_at":"2026-11-02T01:30:00Z","service":"web","category":"oom","summary":"Task 1"}"#;
        let read = stop(&format!("{{\"class\":\"stop\",\"event\":{event}}}")).unwrap();
        assert_eq!((read.minute, read.service.as_str()), (2 * 1_440 + 90, "web"));
        assert_eq!(stop(r#"{"class":"other","event":null}"#), None);
    }

    #[test]
    fn every_stop_is_in_a_bar_and_the_table_shows_the_last() {
        let stops: Vec<Stop> = (0..10)
            .map(|minute| Stop {
                minute,
                at: format!("at {minute}"),
                service: "a & b".to_owned(),
                category: String::new(),
                summary: String::new(),
            })
            .collect();
        let drawn = chart("Stops", &stops, |stop| &stop.service);
        assert_eq!(drawn.matches("fill=\"#2074d5\"").count(), 11, "ten bars and the legend");
        assert!(drawn.contains("a &amp; b"));
        let drawn = table("Last", &stops);
        assert!(drawn.contains("at 9") && drawn.contains("at 5") && !drawn.contains("at 4"));
    }
}
