//! An SVG of relative costs over a logarithmic x, with a line at twice the first point, which no curve may cross.

use std::fmt::Write as _;

use crate::Curve;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 290.0;
const TOP: f64 = 30.0;
const RIGHT: f64 = 700.0;
/// The relative cost at the upper edge.
const MAX_RELATIVE_COST: f64 = 2.5;
const COLOURS: [&str; 3] = ["#1f6feb", "#d1242f", "#1a7f37"];

pub(crate) fn svg(curves: &[Curve]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for relative in [0.0, 0.5, 1.0, 1.5, 2.0, 2.5] {
        let y = y_of(relative);
        let stroke = if relative == 2.0 { "#d1242f\" stroke-dasharray=\"6 4" } else { "#d0d7de" };
        writeln!(svg, "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{stroke}\"/>")
            .unwrap();
        writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{relative} ×</text>", LEFT - 8.0, y + 4.0)
            .unwrap();
    }
    for x in [1u32, 10, 100, 1_000, 10_000, 100_000] {
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{x}</text>",
            x_of(f64::from(x)),
            BOTTOM + 18.0
        )
        .unwrap();
    }
    for (number, ((name, _, points), colour)) in curves.iter().zip(COLOURS).enumerate() {
        let first = points[0].1;
        let line: Vec<String> =
            points.iter().map(|(x, cost)| format!("{:.1},{:.1}", x_of(*x), y_of(cost / first))).collect();
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            line.join(" ")
        )
        .unwrap();
        for point in &line {
            let (x, y) = point.split_once(',').unwrap();
            writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/>").unwrap();
        }
        let y = BOTTOM - 50.0 + 16.0 * number as f64;
        writeln!(svg, "<text x=\"{}\" y=\"{y}\" fill=\"{colour}\">{name}</text>", LEFT + 14.0).unwrap();
    }
    svg + "</svg>\n"
}

fn y_of(relative: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * (relative / MAX_RELATIVE_COST).min(1.0)
}

/// The position of a value between 1 and 100,000 on the logarithmic axis.
fn x_of(x: f64) -> f64 {
    LEFT + 20.0 + (RIGHT - LEFT - 40.0) * x.log10() / 5.0
}
