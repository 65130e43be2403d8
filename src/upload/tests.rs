use std::io::Read as _;

use super::*;
use crate::spool::Rules;

const PIECE: usize = 200_000;

/// A spool file of `size` bytes that no compression makes much smaller, and what stands in it.
fn spooled(size: usize) -> (std::path::PathBuf, Spool, Vec<u8>) {
    let dir = std::env::temp_dir().join(format!("ecs_router-pieces-{}", uuid::Uuid::new_v4()));
    let label = "pieces".to_owned();
    let spool = Spool::open(Rules {
        dir: dir.clone(),
        label,
        object_size: u64::MAX,
        object_age: PAUSE,
        limit: u64::MAX,
    });
    let mut lines = vec![0; size];
    fastrand::Rng::with_seed(3).fill(&mut lines);
    let spool = spool.unwrap();
    lines.chunks(30_000).for_each(|batch| spool.append(b"key-\0", batch).unwrap());
    spool.seal_all();
    (dir, spool, lines)
}

fn pieces(spool: &Spool, encoding: Encoding) -> Vec<Vec<u8>> {
    let Some(object) = spool.take_due() else { return Vec::new() };
    let Found::Lines(_, mut pieces, first) = read_first(&object.path, encoding, PIECE).unwrap() else {
        panic!()
    };
    let (mut all, mut cut) = (Vec::new(), first);
    loop {
        assert_eq!(cut.piece, crate::destination::Piece::new(cut.piece.body.clone()));
        all.push(cut.piece.body.to_vec());
        if cut.last {
            spool.put_back(object, Instant::now());
            return all;
        }
        cut = pieces.next(cut.piece.body.into()).unwrap();
    }
}

#[test]
fn pieces_make_the_content_and_all_but_the_last_are_large_enough_for_a_part() {
    for size in [1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 1_000_001] {
        let (dir, spool, lines) = spooled(size);
        for encoding in [Encoding::Plain, Encoding::Gzip, Encoding::Zstd] {
            let pieces = pieces(&spool, encoding);
            let (last, others) = pieces.split_last().unwrap();
            assert!(others.iter().all(|piece| piece.len() >= PIECE), "{size} {encoding:?}");
            assert!(!last.is_empty());
            let sent = pieces.concat();
            let content = match encoding {
                Encoding::Plain => sent,
                Encoding::Zstd => zstd::decode_all(sent.as_slice()).unwrap(),
                Encoding::Gzip => {
                    let mut content = Vec::new();
                    flate2::read::GzDecoder::new(sent.as_slice()).read_to_end(&mut content).unwrap();
                    content
                }
            };
            assert!(content == lines, "{size} {encoding:?}");
        }
        drop(spool);
        std::fs::remove_dir_all(dir).unwrap();
    }
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
        assert!(matches!(read_first(&path, Encoding::Gzip, PIECE).unwrap(), Found::Nothing), "{torn}");
    }
    std::fs::remove_file(path).unwrap();
}
