//! What sending costs without a router: SHA-256, AES-GCM and one write of the very bytes that ours sends, in CPU time of
//! one thread; the same for gzip of them; and compressors by kind of record.
//!
//! `cargo bench --bench floor`, or with `floor` or `codecs` one table only. Everything is measured in turns within one
//! run, and each figure is the median: compare rows of one run, never of two.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

#[path = "../common/mod.rs"]
mod common;

mod codecs;
mod corpora;
mod cpu;
mod sending;

use common::{BenchRouter, chunk};
use cpu::in_turns;
use ecs_router::destination::{Endpoint, HttpRequest};
use ecs_router::encode::payload::Payload;
use sending::Wire;

const ROUNDS: usize = 41;

fn main() {
    let wanted = std::env::args().nth(1).filter(|name| !name.starts_with('-'));
    let wants = |table: &str| wanted.as_deref().is_none_or(|name| name == table);
    if wants("floor") {
        floor();
    }
    if wants("codecs") {
        codecs::table();
    }
}

/// Everything to one stream of CloudWatch, whole records.
fn router(compress: &'static str) -> BenchRouter {
    BenchRouter::new([
        ("route.default", "logs"),
        ("logs.type", "cloudwatch"),
        ("logs.log_group", "/ecs/web"),
        ("logs.log_stream", "app"),
        ("logs.compress", compress),
    ])
}

/// The requests of one chunk.
fn requests(router: &BenchRouter, chunk: &[u8]) -> Vec<HttpRequest> {
    let batches = router.process(chunk).remove(0);
    let request = |batch| match router.destinations[0].request(batch).endpoint {
        Endpoint::Http(request) => request,
        _ => unreachable!("CloudWatch is behind a network"),
    };
    batches.iter().map(request).collect()
}

fn bytes(requests: &[HttpRequest]) -> usize {
    requests.iter().map(|request| request.body.len()).sum()
}

fn floor() {
    let chunk = chunk();
    let plain_router = router("off");
    let gzip_router = router("gzip");
    let plain = requests(&plain_router, &chunk);
    let packed = requests(&gzip_router, &chunk);
    let bodies: Vec<Vec<u8>> = plain.iter().map(|request| request.body.to_bytes().to_vec()).collect();
    let by_zlib: Vec<Payload> = bodies.iter().map(|body| codecs::zlib(1, body).into()).collect();
    let small: Vec<Payload> = bodies.iter().map(|body| codecs::libdeflate(1, body).into()).collect();
    let wire = Wire::open();
    let times = in_turns(
        ROUNDS,
        &[
            &|| plain.iter().for_each(|request| sending::sha256(&request.body)),
            &|| bodies.iter().for_each(|body| wire.encrypt(body)),
            &|| bodies.iter().for_each(|body| wire.write(body)),
            &|| plain.iter().for_each(|request| wire.send(&request.body)),
            &|| bodies.iter().for_each(|body| drop(codecs::zlib(1, body))),
            &|| by_zlib.iter().for_each(|body| wire.send(body)),
            &|| bodies.iter().for_each(|body| drop(codecs::libdeflate(1, body))),
            &|| small.iter().for_each(|body| wire.send(body)),
            &|| bodies.iter().for_each(|body| drop(codecs::ours(body))),
            &|| packed.iter().for_each(|request| wire.send(&request.body)),
            &|| requests(&plain_router, &chunk).iter().for_each(|request| wire.send(&request.body)),
            &|| requests(&gzip_router, &chunk).iter().for_each(|request| wire.send(&request.body)),
        ],
    );
    let all = bytes(&plain) as f64 / 1e6;
    let per_mb: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6 / all).collect();
    let floor = per_mb[3];
    let line = |name: &str, us: f64, length: usize| {
        println!(
            "{name:<44} {us:>7.0} µs/MB {:>6.2} × the floor {:>7.1} times smaller",
            us / floor,
            bytes(&plain) as f64 / length as f64
        );
    };
    let length = |bodies: &[Payload]| bodies.iter().map(Payload::len).sum();
    println!("{:.2} MB of bodies from {:.2} MB of msgpack", all, chunk.len() as f64 / 1e6);
    line("SHA-256", per_mb[0], bytes(&plain));
    line("AES-256-GCM, records of 16 KB", per_mb[1], bytes(&plain));
    line("write to a local socket", per_mb[2], bytes(&plain));
    line("the floor: these three in a row", floor, bytes(&plain));
    line("gzip by zlib-rs 1, then the three", per_mb[4] + per_mb[5], length(&by_zlib));
    line("gzip by libdeflate 1, then the three", per_mb[6] + per_mb[7], length(&small));
    line("gzip by ours, then the three", per_mb[8] + per_mb[9], bytes(&packed));
    line("ours, msgpack to the socket, compress off", per_mb[10], bytes(&plain));
    line("ours, msgpack to the socket, compress gzip", per_mb[11], bytes(&packed));
}
