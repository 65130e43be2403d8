use std::io::Read as _;

use super::*;
use crate::destination::object_store::SpoolSettings;
use crate::encode::payload::Payload;

const PART_BYTES: usize = 200_000;

/// A spool file of `size` bytes in batches of these sizes, alternately, and what is in it.
fn spooled(size: usize, batches: [usize; 2], packs: bool) -> (std::path::PathBuf, Spool, Vec<u8>) {
    let dir = std::env::temp_dir().join(format!("ecs_router-parts-{}", uuid::Uuid::new_v4()));
    let label = "parts".to_owned();
    let spool = Spool::open(SpoolSettings {
        dir: Some(dir.clone()),
        label,
        object_size: u64::MAX,
        object_age: REQUEUE_PAUSE,
        limit: u64::MAX,
        deflate_batches: packs,
    });
    let lines = lines(size);
    let spool = spool.unwrap();
    let (mut rest, mut turn) = (lines.as_slice(), 0);
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(batches[turn].min(rest.len()));
        spool.append(b"key-\0", &Payload::from(batch.to_vec())).unwrap();
        (rest, turn) = (others, 1 - turn);
    }
    spool.seal_all();
    (dir, spool, lines)
}

/// Half of it no compression makes smaller, half of it repeats what stood shortly before, across batches too.
fn lines(size: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(3);
    let mut lines = Vec::new();
    while lines.len() < size {
        let mut noise = [0; 500];
        random.fill(&mut noise);
        lines.extend_from_slice(&noise);
        let from = lines.len().saturating_sub(random.usize(500..20_000));
        lines.extend_from_within(from..from + 500);
    }
    lines.truncate(size);
    lines
}

fn all_parts(spool: &Spool, encoding: ObjectEncoding) -> Vec<Vec<u8>> {
    let Some(object) = spool.take_due() else { return Vec::new() };
    let Opened::Object { mut parts, first, .. } = read_first(&object.path, encoding, PART_BYTES).unwrap()
    else {
        panic!()
    };
    let mut all = Vec::new();
    let mut part = first;
    loop {
        assert_eq!(part.content, crate::destination::PartBody::new(part.content.body.clone()));
        all.push(part.content.body.to_vec());
        if part.is_last {
            spool.requeue(object, Instant::now());
            return all;
        }
        part = parts.next(part.content.body.into()).unwrap();
    }
}

fn decoded(encoding: ObjectEncoding, sent: Vec<u8>) -> Vec<u8> {
    match encoding {
        ObjectEncoding::Plain => sent,
        ObjectEncoding::Zstd => zstd::decode_all(sent.as_slice()).unwrap(),
        ObjectEncoding::Gzip => {
            let mut content = Vec::new();
            let mut decoder = flate2::bufread::GzDecoder::new(sent.as_slice());
            decoder.read_to_end(&mut content).unwrap();
            assert!(decoder.into_inner().is_empty(), "one member");
            content
        }
    }
}

const ENCODINGS: [ObjectEncoding; 3] = [ObjectEncoding::Plain, ObjectEncoding::Gzip, ObjectEncoding::Zstd];

#[test]
fn parts_make_the_content_and_all_but_the_last_are_large_enough() {
    for size in [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 1_000_001] {
        let (dir, spool, lines) = spooled(size, [30_000; 2], true);
        for encoding in ENCODINGS {
            let parts = all_parts(&spool, encoding);
            let (last, others) = parts.split_last().unwrap();
            assert!(others.iter().all(|part| part.len() >= PART_BYTES), "{size} {encoding:?}");
            assert!(!last.is_empty());
            assert!(decoded(encoding, parts.concat()) == lines, "{size} {encoding:?}");
        }
        drop(spool);
        std::fs::remove_dir_all(dir).unwrap();
    }
}

/// Deflated batches alone, before, between and after plain ones, and under settings that were others when it was filled.
#[test]
fn however_batches_were_written_the_object_holds_their_lines() {
    let (small, large) = (40_000, 300_000);
    for batches in [[small; 2], [large; 2], [small, large], [large, small]] {
        for packs in [true, false] {
            let (dir, spool, lines) = spooled(1_500_000, batches, packs);
            assert_eq!(spool.left().1 < 1_450_000, packs && batches != [small; 2], "what is on the disk");
            for encoding in ENCODINGS {
                let parts = all_parts(&spool, encoding);
                let (_, others) = parts.split_last().unwrap();
                assert!(others.iter().all(|part| part.len() >= PART_BYTES));
                assert!(decoded(encoding, parts.concat()) == lines, "{batches:?} {packs} {encoding:?}");
            }
            drop(spool);
            std::fs::remove_dir_all(dir).unwrap();
        }
    }
}

#[test]
fn a_damaged_batch_is_an_error_and_not_an_object() {
    let (dir, spool, _) = spooled(300_000, [300_000; 2], true);
    let object = spool.take_due().unwrap();
    let mut file = std::fs::read(&object.path).unwrap();
    let content = file.windows(7).position(|text| text == b"crc32\":").unwrap() + 7;
    file[content] = if file[content] == b'1' { b'2' } else { b'1' };
    std::fs::write(&object.path, file).unwrap();
    assert!(read_first(&object.path, ObjectEncoding::Zstd, PART_BYTES).is_err());
    drop(spool);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_object_without_a_whole_batch_is_nothing() {
    let path = std::env::temp_dir().join(format!("ecs_router-nothing-{}", uuid::Uuid::new_v4()));
    for torn in [
        "",
        "{\"key\":\"k\",\"op",
        "{\"key\":\"k\",\"opened\":\"now\"}\n",
        "{\"key\":\"k\",\"opened\":\"now\"}\n{\"bytes\":9}\nhalf",
    ] {
        std::fs::write(&path, torn).unwrap();
        assert!(
            matches!(read_first(&path, ObjectEncoding::Gzip, PART_BYTES).unwrap(), Opened::Empty),
            "{torn}"
        );
    }
    std::fs::remove_file(path).unwrap();
}

/// As version 0.1.0 wrote it, which compressed with zlib and ended its blocks by a sync flush; between plain batches.
#[test]
fn an_object_that_zlib_deflated_holds_its_lines() {
    let path = std::env::temp_dir().join(format!("ecs_router-zlib-{}", uuid::Uuid::new_v4()));
    let lines = lines(700_000);
    let (plain, deflated) = lines.split_at(40_000);
    let mut file = b"{\"key\":\"k\",\"opened\":\"now\"}\n".to_vec();
    let mut add = |frame: serde_json::Value, bytes: &[u8]| {
        file.extend(frame.to_string().into_bytes());
        file.push(b'\n');
        file.extend_from_slice(bytes);
    };
    let frame = |bytes: usize| serde_json::json!({ "bytes": bytes });
    add(frame(plain.len()), plain);
    for batch in deflated.chunks(330_000) {
        let mut zlib = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(3));
        io::Write::write_all(&mut zlib, batch).unwrap();
        io::Write::flush(&mut zlib).unwrap();
        let mut frame = frame(zlib.get_ref().len());
        frame["deflated"] = serde_json::json!({"bytes": batch.len(), "crc32": crc32fast::hash(batch)});
        add(frame, zlib.get_ref());
        add(serde_json::json!({ "bytes": plain.len() }), plain);
    }
    std::fs::write(&path, file).unwrap();
    let expected =
        [&[plain][..], &deflated.chunks(330_000).flat_map(|batch| [batch, plain]).collect::<Vec<_>>()];
    for encoding in ENCODINGS {
        let Opened::Object { first, .. } = read_first(&path, encoding, usize::MAX >> 8).unwrap() else {
            panic!()
        };
        assert!(
            first.is_last && decoded(encoding, first.content.body.to_vec()) == expected.concat().concat()
        );
    }
    std::fs::remove_file(path).unwrap();
}
