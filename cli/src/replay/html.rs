//! `--html`: one page with a picture of where records and bytes went. It loads nothing and runs nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::cost::Cost;
use super::tally::{FlowEnd, ReplayTally, Volume};
use crate::adapter::pipeline::DryRun;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;\
    color-scheme:light dark}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}svg{width:100%;height:auto}\
    svg text{font-size:13px;fill:currentColor}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;\
    text-align:left}td.n,th.n{text-align:right}";

/// Colours that people who see no red or green tell apart (Okabe and Ito), one for each class in turn.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"];

const WIDTH: f64 = 760.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 560.0;
const BAR: f64 = 14.0;
/// Between two bars of a side.
const GAP: f64 = 22.0;
/// All bars of a side together.
const HEIGHT: f64 = 260.0;
/// Bands and bars are at least so high, that nothing is invisible.
const MIN_BAND: f64 = 2.0;

/// Writes the page.
pub(super) fn write(path: &Path, dry: &DryRun, tally: &ReplayTally, cost: Option<&Cost>) -> io::Result<()> {
    let names: Vec<&str> = dry.destinations().map(|(name, _)| name).collect();
    let page = page(&names, tally, cost);
    std::fs::write(path, page).map_err(|error| {
        io::Error::new(error.kind(), format!("{}: cannot write the page: {error}", path.display()))
    })
}

fn page(names: &[&str], tally: &ReplayTally, cost: Option<&Cost>) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Where the records go</title>\
         <style>{STYLE}</style>\n<h1>Where {} records go</h1>\n",
        tally.records
    );
    let flows = named_flows(names, tally);
    page.push_str("<h2>Records</h2>\n");
    page.push_str(&picture(&flows, |volume| volume.records));
    page.push_str("<h2>Bytes, as they are sent, before they are compressed</h2>\n");
    page.push_str(&picture(&flows, |volume| volume.bytes));
    page.push_str(&flow_table(&flows));
    page.push_str(&cost.map(cost_table).unwrap_or_default());
    page.push_str("</html>\n");
    page
}

/// Records and bytes by class and the name of where they go.
fn named_flows(names: &[&str], tally: &ReplayTally) -> Vec<(String, String, Volume)> {
    let flows = tally.flows.iter().map(|((class, end), volume)| {
        let end = match end {
            FlowEnd::Destination(position) => names.get(*position).copied().unwrap_or_default(),
            FlowEnd::LeftOut => "left out",
            FlowEnd::Dropped => "dropped",
            FlowEnd::Held => "held by the recorder",
        };
        (class.clone(), end.to_owned(), *volume)
    });
    flows.collect()
}

/// One side of the picture: where each bar is, and how much of it is taken by bands.
struct Side {
    bars: BTreeMap<String, SideBar>,
    scale: f64,
}

struct SideBar {
    top: f64,
    height: f64,
    used: f64,
    amount: u64,
}

impl Side {
    fn new(amounts: &BTreeMap<String, u64>) -> Self {
        let sum: u64 = amounts.values().sum();
        let scale = HEIGHT / float(sum.max(1));
        let mut top = GAP;
        let mut bars = BTreeMap::new();
        for (name, amount) in amounts {
            let height = (float(*amount) * scale).max(MIN_BAND);
            bars.insert(name.clone(), SideBar { top, height, used: 0.0, amount: *amount });
            top += height + GAP;
        }
        Self { bars, scale }
    }

    /// Takes the next part of a bar; its top.
    fn take(&mut self, name: &str, amount: u64) -> f64 {
        let height = (float(amount) * self.scale).max(MIN_BAND);
        let Some(bar) = self.bars.get_mut(name) else { return 0.0 };
        let top = bar.top + bar.used;
        bar.used += height;
        top
    }

    fn bottom(&self) -> f64 {
        self.bars.values().map(|bar| bar.top + bar.height).fold(0.0, f64::max)
    }
}

fn picture(flows: &[(String, String, Volume)], amount: impl Fn(&Volume) -> u64) -> String {
    let mut of_class: BTreeMap<String, u64> = BTreeMap::new();
    let mut of_end: BTreeMap<String, u64> = BTreeMap::new();
    let shown = flows.iter().filter(|(_, _, volume)| amount(volume) > 0);
    let shown: Vec<(&String, &String, u64)> =
        shown.map(|(class, end, volume)| (class, end, amount(volume))).collect();
    for (class, end, amount) in &shown {
        *of_class.entry((*class).clone()).or_default() += amount;
        *of_end.entry((*end).clone()).or_default() += amount;
    }
    let mut classes = Side::new(&of_class);
    let mut ends = Side::new(&of_end);
    let colours: BTreeMap<String, &str> = of_class.keys().cloned().zip(COLOURS.into_iter().cycle()).collect();
    let mut bands = String::new();
    for (class, end, amount) in shown {
        let height = (float(amount) * classes.scale).max(MIN_BAND);
        let colour = colours.get(class).copied().unwrap_or("#999999");
        let title = format!("{class} to {end}: {amount}");
        bands.push_str(&band(classes.take(class, amount), ends.take(end, amount), height, colour, &title));
    }
    let height = classes.bottom().max(ends.bottom()) + GAP;
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">\n{bands}{}{}</svg>\n",
        labels(&classes, LEFT - BAR, LEFT - BAR - 8.0, "end"),
        labels(&ends, RIGHT, RIGHT + BAR + 8.0, "start")
    )
}

fn band(from: f64, to: f64, height: f64, colour: &str, title: &str) -> String {
    let start = from + height / 2.0;
    let end = to + height / 2.0;
    let middle = (LEFT + RIGHT) / 2.0;
    format!(
        "<path d=\"M{LEFT} {start:.1}C{middle} {start:.1} {middle} {end:.1} {RIGHT} {end:.1}\" fill=\"none\" \
         stroke=\"{colour}\" stroke-opacity=\"0.55\" stroke-width=\"{height:.1}\"><title>{}</title></path>\n",
        escaped(title)
    )
}

fn labels(side: &Side, x: f64, text_x: f64, anchor: &str) -> String {
    let mut labels = String::new();
    for (name, SideBar { top, height, amount, .. }) in &side.bars {
        let middle = top + height / 2.0 + 4.0;
        // Writing to a text does not fail.
        writeln!(
            labels,
            "<rect x=\"{x}\" y=\"{top:.1}\" width=\"{BAR}\" height=\"{height:.1}\" fill=\"currentColor\"/>\
             <text x=\"{text_x}\" y=\"{middle:.1}\" text-anchor=\"{anchor}\">{} {amount}</text>",
            escaped(name)
        )
        .ok();
    }
    labels
}

fn flow_table(flows: &[(String, String, Volume)]) -> String {
    let rows = flows.iter().map(|(class, end, Volume { records, bytes })| {
        [class.clone(), end.clone(), records.to_string(), bytes.to_string()]
    });
    let rows: Vec<Vec<String>> = rows.map(Vec::from).collect();
    format!("<h2>Numbers</h2>\n{}", table(&["class", "goes to", "records", "bytes"], &rows))
}

fn cost_table(cost: &Cost) -> String {
    let rows: Vec<Vec<String>> = cost.rows().into_iter().map(Vec::from).collect();
    let table = table(&["destination", "type", "GB a month", "taken", "kept"], &rows);
    format!("<h2>Cost a month</h2>\n<p>{}.</p>\n{table}", escaped(&cost.basis()))
}

/// A table whose columns from the third on are numbers.
fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let class = |column: usize| if column < 2 { "" } else { " class=\"n\"" };
    let cells = |tag: &str, row: &mut dyn Iterator<Item = &str>| -> String {
        let cells = row.enumerate();
        cells.map(|(column, cell)| format!("<{tag}{}>{}</{tag}>", class(column), escaped(cell))).collect()
    };
    let head = cells("th", &mut heads.iter().copied());
    let body: String = rows
        .iter()
        .map(|row| format!("<tr>{}</tr>\n", cells("td", &mut row.iter().map(String::as_str))))
        .collect();
    format!("<table>\n<tr>{head}</tr>\n{body}</table>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[allow(clippy::cast_precision_loss, reason = "pixels are coarser")]
fn float(number: u64) -> f64 {
    number as f64
}
