use std::io::Read as _;

use super::*;
use crate::destination::object_store::SpoolSettings;
use crate::encode::payload::Payload;

const PIECE: usize = 200_000;

/// A spool file of `size` bytes in batches of these sizes, turn about, and what stands in it.
fn spooled(size: usize, batches: [usize; 2], packs: bool) -> (std::path::PathBuf, Spool, Vec<u8>) {
    let dir = std::env::temp_dir().join(format!("ecs_router-pieces-{}", uuid::Uuid::new_v4()));
    let label = "pieces".to_owned();
    let spool = Spool::open(SpoolSettings {
        dir: dir.clone(),
        label,
        object_size: u64::MAX,
        object_age: PAUSE,
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

fn pieces(spool: &Spool, encoding: ObjectEncoding) -> Vec<Vec<u8>> {
    let Some(object) = spool.take_due() else { return Vec::new() };
    let Found::Lines(_, mut pieces, first) = read_first(&object.path, encoding, PIECE).unwrap() else {
        panic!()
    };
    let (mut all, mut cut) = (Vec::new(), first);
    loop {
        assert_eq!(cut.piece, crate::destination::PartBody::new(cut.piece.body.clone()));
        all.push(cut.piece.body.to_vec());
        if cut.last {
            spool.put_back(object, Instant::now());
            return all;
        }
        cut = pieces.next(cut.piece.body.into()).unwrap();
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
fn pieces_make_the_content_and_all_but_the_last_are_large_enough_for_a_part() {
    for size in [1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 1_000_001] {
        let (dir, spool, lines) = spooled(size, [30_000; 2], true);
        for encoding in ENCODINGS {
            let pieces = pieces(&spool, encoding);
            let (last, others) = pieces.split_last().unwrap();
            assert!(others.iter().all(|piece| piece.len() >= PIECE), "{size} {encoding:?}");
            assert!(!last.is_empty());
            assert!(decoded(encoding, pieces.concat()) == lines, "{size} {encoding:?}");
        }
        drop(spool);
        std::fs::remove_dir_all(dir).unwrap();
    }
}

/// Packed batches alone, before, between and after plain ones, and under settings that were others when it was filled.
#[test]
fn however_batches_were_written_the_object_holds_their_lines() {
    let (small, large) = (40_000, 300_000);
    for batches in [[small; 2], [large; 2], [small, large], [large, small]] {
        for packs in [true, false] {
            let (dir, spool, lines) = spooled(1_500_000, batches, packs);
            assert_eq!(spool.left().1 < 1_450_000, packs && batches != [small; 2], "what is on the disk");
            for encoding in ENCODINGS {
                let pieces = pieces(&spool, encoding);
                let (_, others) = pieces.split_last().unwrap();
                assert!(others.iter().all(|piece| piece.len() >= PIECE));
                assert!(decoded(encoding, pieces.concat()) == lines, "{batches:?} {packs} {encoding:?}");
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
    assert!(read_first(&object.path, ObjectEncoding::Zstd, PIECE).is_err());
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
        assert!(matches!(read_first(&path, ObjectEncoding::Gzip, PIECE).unwrap(), Found::Nothing), "{torn}");
    }
    std::fs::remove_file(path).unwrap();
}
