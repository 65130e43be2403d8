//! Compressors side by side, on bodies of one megabyte of each kind of record.

use std::hint::black_box;
use std::io::Write as _;

use crate::corpora::corpora;
use crate::cpu::in_turns;

const ROUNDS: usize = 9;

type Codec = (&'static str, fn(&[u8]) -> Vec<u8>);

const CODECS: [Codec; 9] = [
    ("ours", ours),
    ("zlib-rs 1", |body| zlib(1, body)),
    ("zlib-rs 3", |body| zlib(3, body)),
    ("zlib-rs 6", |body| zlib(6, body)),
    ("libdeflate 1", |body| libdeflate(1, body)),
    ("libdeflate 6", |body| libdeflate(6, body)),
    ("zstd -1", |body| zstd(-1, body)),
    ("zstd 1", |body| zstd(1, body)),
    ("zstd 3", |body| zstd(3, body)),
];

/// As the router does it.
pub(crate) fn ours(body: &[u8]) -> Vec<u8> {
    ecs_router::deflate::gzip(std::iter::once(body))
}

pub(crate) fn zlib(level: u32, body: &[u8]) -> Vec<u8> {
    let room = Vec::with_capacity(body.len() / 6);
    let mut encoder = flate2::write::GzEncoder::new(room, flate2::Compression::new(level));
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn libdeflate(level: i32, body: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(level).unwrap());
    let mut out = vec![0; compressor.gzip_compress_bound(body.len())];
    let length = compressor.gzip_compress(body, &mut out).unwrap();
    out.truncate(length);
    out
}

fn zstd(level: i32, body: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(body, level).unwrap()
}

/// Prints the table of README.md: MB/s of CPU time and how many times smaller, by kind of record.
pub(crate) fn table() {
    let corpora = corpora();
    let names: Vec<&str> = corpora.iter().map(|(name, _)| *name).collect();
    println!("| MB/s and times smaller | {} |\n|{}", names.join(" | "), "---|".repeat(names.len() + 1));
    let mut cells = vec![Vec::new(); CODECS.len()];
    for (_, body) in &corpora {
        let works: Vec<Box<dyn Fn()>> = CODECS.iter().map(|codec| work(codec, body)).collect();
        let works: Vec<&dyn Fn()> = works.iter().map(|work| &**work).collect();
        let times = in_turns(ROUNDS, &works);
        for ((cells, time), (_, compress)) in cells.iter_mut().zip(times).zip(CODECS) {
            let speed = body.len() as f64 / 1e6 / time.as_secs_f64();
            let ratio = body.len() as f64 / compress(body).len() as f64;
            cells.push(format!("{speed:.0}, {ratio:.1}"));
        }
    }
    for ((name, _), cells) in CODECS.iter().zip(cells) {
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn work<'b>((_, compress): &'b Codec, body: &'b [u8]) -> Box<dyn Fn() + 'b> {
    Box::new(move || drop(black_box(compress(body))))
}
