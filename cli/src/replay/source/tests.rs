use std::fmt::Arguments;

use super::*;

#[derive(Default)]
struct Kept {
    chunks: Vec<(String, Vec<u8>)>,
    errors: Vec<String>,
}

impl Sink for Kept {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        self.chunks.push((tag.to_owned(), bytes.to_vec()));
        Ok(())
    }

    fn unmatched(&mut self, tag: &str, records: u64, matcher: &TagMatcher) -> io::Result<()> {
        self.errors.push(unmatched_message(tag, records, matcher));
        Ok(())
    }

    fn error(&mut self, message: Arguments<'_>) -> io::Result<()> {
        self.errors.push(message.to_string());
        Ok(())
    }
}

impl Kept {
    fn records(&self) -> usize {
        self.chunks.iter().map(|(_, chunk)| decode::records(chunk, |_| {}).records).sum()
    }
}

/// This many records of this many bytes each.
fn recording(records: usize, bytes: usize) -> Vec<u8> {
    let mut chunk = Vec::new();
    (0..records).for_each(|n| write(&serde_json::json!({"n": n, "log": "x".repeat(bytes)}), &mut chunk));
    chunk
}

fn of_msgpack(bytes: &[u8]) -> Kept {
    let mut kept = Kept::default();
    msgpack(bytes, "t", Path::new("f"), &mut kept).unwrap();
    kept
}

#[test]
fn a_long_recording_comes_in_chunks_of_whole_entries() {
    for (records, bytes) in [(0, 0), (1, 10), (5_000, 1_000), (3, 3 << 20)] {
        let recorded = recording(records, bytes);
        let kept = of_msgpack(&recorded);
        assert_eq!((kept.records(), kept.errors.len()), (records, 0), "{records} of {bytes}");
        let largest = kept.chunks.iter().map(|(_, chunk)| chunk.len()).max().unwrap_or(0);
        assert!(largest <= CHUNK_BYTES.max(4 * bytes), "{largest} bytes at one time");
        let whole: Vec<u8> = kept.chunks.into_iter().flat_map(|(_, chunk)| chunk).collect();
        assert!(whole == recorded, "nothing is changed");
    }
}

#[test]
fn what_is_malformed_is_named_and_what_stands_before_it_is_read() {
    let mut recorded = recording(3, 100);
    let good = recorded.len();
    recorded.extend([0xc1, 0xc1]);
    let kept = of_msgpack(&recorded);
    assert_eq!(
        (kept.records(), kept.errors),
        (3, vec![format!("f: byte {good}: a byte that msgpack never uses")])
    );
    let cut = of_msgpack(&recording(2, 100)[..150]);
    assert_eq!((cut.records(), cut.errors.len()), (1, 1));
}

#[test]
fn a_chunk_file_brings_its_tag_and_ends_where_it_says() {
    let chunk = recording(2, 10);
    let length = u32::try_from(chunk.len()).unwrap();
    for (metadata, announced, padding) in
        [(b"\xf1\x77\x00\x00web-firelens-1".as_slice(), length, 100), (b"web-firelens-1".as_slice(), 0, 0)]
    {
        let mut file = vec![0xc1, 0, 1, 2, 3, 4, 0, 0, 0, 0];
        file.extend(announced.to_be_bytes());
        file.extend([0; 8]);
        file.extend(u16::try_from(metadata.len()).unwrap().to_be_bytes());
        file.extend(metadata);
        file.extend(&chunk);
        file.extend(vec![0; padding]);
        let mut kept = Kept::default();
        storage(file.as_slice(), None, Path::new("f"), &mut kept).unwrap();
        assert_eq!(kept.chunks, [("web-firelens-1".to_owned(), chunk.clone())]);
        assert_eq!(kept.errors, [""; 0]);
    }
}

#[test]
fn json_records_come_in_chunks_too() {
    let line = format!("{{\"log\":\"{}\"}}\n", "x".repeat(10_000));
    let text = format!("{}nonsense\n{line}", line.repeat(300));
    let mut kept = Kept::default();
    json(text.as_bytes(), "t", Path::new("f"), &mut kept).unwrap();
    assert_eq!(kept.records(), 301);
    assert!(kept.chunks.len() == 3 && kept.errors.len() == 1, "{} {:?}", kept.chunks.len(), kept.errors);
    assert!(kept.errors[0].starts_with("f:301: is not valid JSON"), "{:?}", kept.errors);
}

#[test]
fn what_holds_no_record_at_all_is_told_once() {
    let scratch = crate::scratch::Scratch::new().unwrap();
    let path = scratch.path().join("records");
    for (bytes, part) in [
        (b"".as_slice(), "is empty"),
        (b"\xff\xfe{\x00}\x00\n\x00{\x00}\x00\n\x00", "is UTF-16"),
        (b"\x1f\x8b\x08\n{}\n\xff\n", "is compressed with gzip"),
    ] {
        let mut kept = Kept::default();
        std::fs::write(&path, bytes).unwrap();
        read_all(&path, None, true, &mut kept).unwrap();
        assert!(matches!(kept.errors.as_slice(), [one] if one.contains(part)), "{part}: {:?}", kept.errors);
        assert_eq!(kept.records(), 0);
    }
}
