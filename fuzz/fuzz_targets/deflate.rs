//! The encoder of log records: three decoders read what was compressed, however it was split.
//!
//! The input is a program that makes a body, because no input is long enough to reach past a chunk or the window.

#![no_main]

use std::io::Read as _;

use ecs_router::deflate::gzip;
use libfuzzer_sys::fuzz_target;

const MAX_BODY_BYTES: usize = 200_000;

/// What gzip puts before and after the deflated bytes.
const HEAD_BYTES: usize = 10;
const END_BYTES: usize = 8;

fuzz_target!(|data: &[u8]| {
    let body = body(data);
    let split = data.first().map_or(0, |first| body.len() * usize::from(*first) / 255);
    let parts = body.split_at(split);
    let member = gzip([parts.0, parts.1].into_iter());

    let mut read = Vec::with_capacity(body.len());
    flate2::read::GzDecoder::new(&*member).read_to_end(&mut read).unwrap();
    assert!(read == body, "zlib-rs");

    read.fill(0);
    let length = libdeflater::Decompressor::new().gzip_decompress(&member, &mut read).unwrap();
    assert!(length == body.len() && read == body, "libdeflate");

    let deflated = &member[HEAD_BYTES..member.len() - END_BYTES];
    assert!(miniz_oxide::inflate::decompress_to_vec(deflated).unwrap() == body, "miniz_oxide");
});

/// Each step is new bytes, as they are in the input, or bytes from before once more.
fn body(mut steps: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(([kind, low, high], rest)) = steps.split_first_chunk() {
        let number = usize::from(u16::from_le_bytes([*low, *high]));
        if kind % 2 == 0 {
            let new = rest.len().min(usize::from(kind / 2));
            body.extend_from_slice(&rest[..new]);
            steps = &rest[new..];
        } else {
            repeat(&mut body, number, usize::from(*kind) * usize::from(*kind));
            steps = rest;
        }
        body.truncate(MAX_BODY_BYTES);
    }
    body
}

fn repeat(body: &mut Vec<u8>, back: usize, length: usize) {
    let start = body.len().saturating_sub(back + 1);
    for at in start..start + length {
        body.push(body.get(at).copied().unwrap_or_default());
    }
}
