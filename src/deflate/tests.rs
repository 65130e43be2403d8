use std::io::{Read as _, Write as _};

use fastrand::Rng;
use proptest::prelude::*;

use super::*;

/// What zlib-rs and libdeflate read, which have to agree with the check sum and the length as well.
fn inflate(member: &[u8], length: usize) -> Vec<u8> {
    let mut read = Vec::with_capacity(length);
    flate2::read::GzDecoder::new(member).read_to_end(&mut read).unwrap();
    let mut other = vec![0; length];
    let written = libdeflater::Decompressor::new().gzip_decompress(member, &mut other).unwrap();
    assert_eq!(written, length);
    assert!(read == other, "two decoders read different bytes");
    read
}

fn check(body: &[u8]) {
    let member = gzip(std::iter::once(body));
    assert!(inflate(&member, body.len()) == body, "{} bytes", body.len());
}

/// A table that led to an earlier body would make matches out of what is not in this one.
#[test]
fn a_body_is_the_same_whatever_was_compressed_before() {
    let logs = records(300_000, words);
    let bodies =
        [logs.clone(), noise(90_000), b"short".repeat(3), logs[1..].to_vec(), logs[..40_000].to_vec()];
    for body in bodies.iter().chain(bodies.iter().rev()) {
        let mut fresh = DeflateEncoder { workspace: Box::default(), ..DeflateEncoder::new(&[]) };
        let mut used = DeflateEncoder::new(&[]);
        fresh.write(body);
        used.write(body);
        assert!(fresh.finish(&[]) == used.finish(&[]), "{} bytes", body.len());
        check(body);
    }
}

/// Aligned blocks stand for themselves: in any order they are one stream.
#[test]
fn aligned_blocks_refer_to_nothing_before_them() {
    let logs = records(300_000, words);
    let pieces = [&logs[..100_000], &[], &logs[50_000..50_009], &logs[..250_000]];
    let blocks = pieces.map(|piece| {
        let mut encoder = DeflateEncoder::new(&[]);
        encoder.write(piece);
        encoder.into_blocks()
    });
    let mut one = DeflateEncoder::new(&[]);
    let mut out = Vec::new();
    for piece in pieces {
        one.write(piece);
        one.align();
        one.drain(&mut out);
    }
    assert!(out == blocks.concat());
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]] {
        let mut stream = order.map(|index| blocks[index].as_slice()).concat();
        stream.extend(DeflateEncoder::new(&[]).finish(&[]));
        let mut read = Vec::new();
        flate2::read::DeflateDecoder::new(&*stream).read_to_end(&mut read).unwrap();
        assert!(read == order.map(|index| pieces[index]).concat());
    }
}

fn zlib(level: u32, body: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap().len()
}

/// Records as FireLens makes them, of lines by `log`.
fn records(bytes: usize, log: impl Fn(&mut Rng) -> String) -> Vec<u8> {
    let mut random = Rng::with_seed(7);
    let mut body = Vec::new();
    while body.len() < bytes {
        let line = log(&mut random);
        writeln!(
            body,
            r#"{{"container_id":"d23f0824128b2f330c5c7fd0a6a3a450","container_name":"/ecs-web-42-app-c8d2a1","ecs_cluster":"prod","ecs_task_arn":"arn:aws:ecs:ap-northeast-1:111122223333:task/prod/9531985d5d9dc9f8","log":"{line}","source":"stdout"}}"#
        )
        .unwrap();
    }
    body
}

fn words(random: &mut Rng) -> String {
    let words = ["GET", "POST", "/api/v1/orders", "latency_ms=", "cache", "retry", "upstream", "accepted"];
    let word = |random: &mut Rng| match random.u8(0..6) {
        0 => random.u32(0..100_000).to_string(),
        _ => (*random.choice(words).unwrap()).to_owned(),
    };
    (0..random.usize(6..28)).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

fn token(random: &mut Rng) -> String {
    (0..random.usize(200..900)).map(|_| random.alphanumeric()).collect()
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut random = Rng::with_seed(7);
    (0..bytes).map(|_| random.u8(..)).collect()
}

#[test]
fn records_are_as_short_as_zlib_makes_them_at_level_3() {
    for body in [records(700_000, words), records(700_000, token)] {
        let member = gzip(std::iter::once(&*body));
        assert!(inflate(&member, body.len()) == body);
        let others = [1, 3].map(|level| zlib(level, &body));
        assert!(member.len() <= others[1] / 100 * 101, "{} bytes, zlib {others:?}", member.len());
        assert!(member.len() <= others[0] / 100 * 80, "{} bytes, zlib {others:?}", member.len());
    }
}

#[test]
fn short_bodies_have_the_codes_of_the_rfc() {
    for body in ["", "a", "ab", "abcabcabc", "{\"log\":\"started\"}"] {
        check(body.as_bytes());
        let length = gzip(std::iter::once(body.as_bytes())).len();
        // Head and end of gzip, and at most a byte that the block begins and ends with.
        assert!(length <= body.len() + 20, "{body}: {length}");
    }
}

#[test]
fn bodies_that_end_around_a_chunk_of_the_ring_are_whole() {
    let text = records(200_000, words);
    let zeros = vec![0; 200_000];
    for chunk in 1..=5 {
        for length in (chunk * CHUNK_BYTES - 12)..(chunk * CHUNK_BYTES + 12) {
            check(text.get(..length).unwrap());
            check(zeros.get(..length).unwrap());
        }
    }
}

/// The farthest that RFC 1951 knows is 32,768 back; what is farther must not be found.
#[test]
fn matches_reach_as_far_as_the_window_and_no_farther() {
    for distance in 32_760..32_776 {
        let mut body = noise(distance);
        body.extend_from_within(..200);
        body.extend_from_within(distance - 100..);
        check(&body);
    }
}

#[test]
fn bytes_that_do_not_repeat_get_a_hundredth_longer_at_most() {
    let body = noise(500_000);
    check(&body);
    assert!(gzip(std::iter::once(&*body)).len() < body.len() / 100 * 101);
}

#[test]
fn how_a_body_is_split_makes_no_difference() {
    let body = records(150_000, words);
    let whole = gzip(std::iter::once(&*body));
    for length in [1, 7, 1_000, 32_767, 32_768, 32_769, 100_000] {
        assert!(gzip(body.chunks(length)) == whole, "parts of {length} bytes");
    }
}

/// A body of pieces: new bytes of a small or a full alphabet, and repetitions of what came before.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = (any::<bool>(), 1usize..400, 0usize..70_000, 1u8..=255);
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| {
        let mut body: Vec<u8> = Vec::new();
        let mut random = Rng::with_seed(pieces.len() as u64);
        for (repeats, length, back, alphabet) in pieces {
            let start = body.len().saturating_sub(back);
            for at in start..start + length {
                let new = random.u8(..alphabet);
                let again = body.get(at).copied().filter(|_| repeats);
                body.push(again.unwrap_or(new));
            }
            // Now and then a chunk further, so that the pieces reach across its end.
            if length == back % 400 + 1 {
                body.extend(std::iter::repeat_n(alphabet, 30_000));
            }
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_compressed_is_read_again(body in body()) {
        check(&body);
    }
}
