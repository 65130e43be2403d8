//! The figures as an SVG: for each pair of pipelines a grey bar for the built-in outputs, a blue one for ours, and a red
//! line at ours' target.

use std::fmt::Write as _;

use crate::figures::{Figures, Row};

const PANEL: f64 = 360.0;
const HEIGHT: f64 = 330.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 260.0;
const LEFT: f64 = 20.0;
const BAR: f64 = 40.0;

/// One quantity of all pairs.
struct Panel {
    title: &'static str,
    pairs: Vec<Pair>,
}

struct Pair {
    name: &'static str,
    /// The version of Fluent Bit.
    version: String,
    builtin: f64,
    ours: f64,
    /// The highest value that ours may have.
    target: f64,
}

pub(crate) fn svg(all: &[Figures]) -> String {
    let panels = [
        Panel {
            title: "CPU above null, seconds",
            pairs: pairs(all, |row| row.cpu, |builtin, part| builtin * part),
        },
        Panel { title: "peak resident memory, MiB", pairs: pairs(all, |row| row.peak, |builtin, _| builtin) },
    ];
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        2.0 * PANEL
    );
    for (number, panel) in panels.iter().enumerate() {
        draw(&mut svg, panel, PANEL * number as f64 + LEFT);
    }
    legend(&mut svg);
    svg + "</svg>\n"
}

/// The values of the pipelines that have a built-in counterpart.
fn pairs(all: &[Figures], field: fn(&Row) -> f64, target: fn(f64, f64) -> f64) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for figures in all {
        let value = |name: &str| {
            let (_, row) = figures.rows.iter().find(|(pipeline, _)| pipeline.name == name)?;
            row.as_ref().ok().map(field)
        };
        for (pipeline, _) in &figures.rows {
            let Some((against, part)) = pipeline.against else { continue };
            let (Some(builtin), Some(ours)) = (value(against), value(pipeline.name)) else { continue };
            let name = pipeline.name.trim_start_matches("ours-");
            pairs.push(Pair {
                name,
                version: figures.version.clone(),
                builtin,
                ours,
                target: target(builtin, part),
            });
        }
    }
    pairs
}

fn draw(svg: &mut String, panel: &Panel, left: f64) {
    let highest =
        panel.pairs.iter().flat_map(|pair| [pair.builtin, pair.ours]).fold(f64::MIN_POSITIVE, f64::max);
    let step = (PANEL - 2.0 * LEFT) / panel.pairs.len().max(1) as f64;
    let bar = BAR.min(step / 3.0);
    text(svg, (left, 24.0), "start\" font-weight=\"bold", panel.title);
    for (number, pair) in panel.pairs.iter().enumerate() {
        let middle = left + step * (number as f64 + 0.5);
        let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / highest;
        for (value, x, colour) in
            [(pair.builtin, middle - bar - 2.0, "#8c959f"), (pair.ours, middle + 2.0, "#1f6feb")]
        {
            let top = y(value);
            writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{bar:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                BOTTOM - top
            )
            .unwrap();
            text(
                svg,
                (x + bar / 2.0, BOTTOM - 6.0),
                "middle\" font-size=\"11\" fill=\"white",
                &number_of(value),
            );
        }
        line(svg, (middle - 2.0, middle + bar + 6.0), y(pair.target), "#d1242f\" stroke-dasharray=\"4 3");
        text(svg, (middle, BOTTOM + 16.0), "middle", pair.name);
        text(svg, (middle, BOTTOM + 30.0), "middle", &pair.version);
    }
    line(svg, (left, left + PANEL - 2.0 * LEFT), BOTTOM, "#57606a");
}

fn number_of(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

fn legend(svg: &mut String) {
    let y = HEIGHT - 14.0;
    for (x, colour, what) in [
        (LEFT, "#8c959f", "built-in outputs"),
        (180.0, "#1f6feb", "ecs_router"),
        (300.0, "#d1242f", "target"),
    ] {
        writeln!(svg, "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"10\" fill=\"{colour}\"/>", y - 9.0)
            .unwrap();
        text(svg, (x + 18.0, y), "start", what);
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, what: &str) {
    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{what}</text>").unwrap();
}

fn line(svg: &mut String, (from, to): (f64, f64), y: f64, stroke: &str) {
    writeln!(
        svg,
        "<line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{stroke}\" stroke-width=\"1.5\"/>"
    )
    .unwrap();
}
