//! Cost per record as records, streams and routes grow: `cargo bench --bench scaling`, or with `-- --plot FILE` also as a
//! plot. Costs are relative to the first point of a curve; a flat curve scales.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

mod common;
mod plot;

use common::{BenchRouter, CHUNK_BYTES, median, push, time};
use serde_json::json;

const ROUNDS: usize = 15;

/// A curve: its name, the unit of x, and its points.
pub(crate) type Curve = (&'static str, &'static str, Vec<(f64, f64)>);

fn main() {
    let curves: [Curve; 3] = [
        (
            "records of … bytes, cost per byte",
            "bytes",
            [100, 300, 1_000, 3_000, 10_000, 30_000, 100_000].map(by_size).to_vec(),
        ),
        ("log streams, cost per record", "streams", [1, 3, 10, 30, 100, 300, 1_000].map(by_streams).to_vec()),
        (
            "destinations on one route, cost per copy",
            "destinations",
            [1, 2, 5, 10, 20].map(by_routes).to_vec(),
        ),
    ];
    for (name, unit, points) in &curves {
        println!("{name}");
        let first = points[0].1;
        for (x, cost) in points {
            println!("  {x:>8} {unit:<12} {cost:>8.3} ns   {:.2} × the first", cost / first);
        }
    }
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(file) =
        arguments.iter().position(|argument| argument == "--plot").map(|at| &arguments[at + 1])
    {
        std::fs::write(file, plot::svg(&curves)).unwrap();
    }
}

fn record(number: usize, bytes: usize, stream: usize) -> serde_json::Value {
    let line = format!("n={number} GET /orders/{number} 200 12ms user=\"u{number}\" ");
    json!({
        "log": line.chars().cycle().take(bytes).collect::<String>(), "source": "stdout",
        "container_id": format!("{stream:064}"), "container_name": format!("/c{stream}"), "ecs_task_definition": "web:42",
    })
}

fn chunk(records: usize, bytes: usize, streams: usize) -> Vec<u8> {
    let mut chunk = Vec::new();
    for number in 0..records {
        push(&mut chunk, u32::try_from(number).unwrap(), &record(number, bytes, number % streams));
    }
    chunk
}

fn nanos(router: &BenchRouter, chunk: &[u8], units: usize) -> f64 {
    let duration = median((0..ROUNDS).map(|_| time(|| router.process(chunk))).collect());
    duration.as_nanos() as f64 / units as f64
}

fn one_stream_per_container() -> BenchRouter {
    BenchRouter::new([
        ("route.default", "cloudwatch"),
        ("cloudwatch.log_group", "/ecs/$(ecs_task_family)"),
        ("cloudwatch.log_stream", "$(container_name)"),
    ])
}

fn by_size(bytes: usize) -> (f64, f64) {
    let records = (CHUNK_BYTES / bytes).max(20);
    (bytes as f64, nanos(&one_stream_per_container(), &chunk(records, bytes, 1), records * bytes))
}

fn by_streams(streams: usize) -> (f64, f64) {
    (streams as f64, nanos(&one_stream_per_container(), &chunk(4_000, 400, streams), 4_000))
}

fn by_routes(count: usize) -> (f64, f64) {
    let names: Vec<String> = (0..count).map(|number| format!("d{number}")).collect();
    let mut keys = vec![("route.default".to_owned(), names.join(", "))];
    for name in &names {
        let settings = [
            ("type", "cloudwatch"),
            ("log_group", "/ecs/$(ecs_task_family)"),
            ("log_stream", "$(container_name)"),
        ];
        keys.extend(settings.map(|(key, value)| (format!("{name}.{key}"), value.to_owned())));
    }
    let router = BenchRouter::new(keys.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    (count as f64, nanos(&router, &chunk(2_000, 400, 4), 2_000 * count))
}
