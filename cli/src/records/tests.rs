use super::*;

/// The line, and the field `n` or the error.
fn read_all(text: &str) -> Vec<(usize, Result<i64, String>)> {
    let mut all = Vec::new();
    read(text.as_bytes(), &mut |line, record| {
        let number = record.map(|value| value["n"].as_i64().unwrap_or(-1));
        all.push((line, number.map_err(|error| error.to_string())));
        Ok(())
    })
    .unwrap();
    all
}

fn numbers(text: &str) -> Vec<i64> {
    read_all(text)
        .into_iter()
        .map(|(line, number)| number.unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

#[test]
fn every_way_to_write_records_is_read() {
    assert_eq!(numbers("{\"n\":1}\n\n{\"n\":2}"), [1, 2]);
    assert_eq!(numbers("[{\"n\":1},{\"n\":2}]"), [1, 2]);
    assert_eq!(numbers("[\n  {\"n\":1},\n  {\n    \"n\":2\n  }\n]\n"), [1, 2]);
    assert_eq!(numbers("{\n  \"n\": 1,\n  \"s\": \"}\"\n}\n{\n  \"n\": 2\n}\n"), [1, 2]);
    assert_eq!(numbers("\u{feff}{\"n\":1}\r\n{\"n\":2}\r\n"), [1, 2]);
    assert_eq!(numbers(""), [0; 0]);
}

#[test]
fn a_file_of_powershell_or_gzip_is_named_once() {
    let text: Vec<u8> = "\u{feff}{\"n\":1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = Vec::new();
    let mut visit = |line: usize, record: Result<Value, RecordError>| {
        found.push((line, record.map_err(|error| error.to_string())));
        Ok(())
    };
    read(text.as_slice(), &mut visit).unwrap();
    read(b"\x1f\x8b\x08\n\x00\n\x01\n".as_slice(), &mut visit).unwrap();
    let [(1, Err(message)), (1, Err(compressed))] = found.as_slice() else { panic!("{found:?}") };
    assert!(message.contains("is UTF-16") && message.contains("Out-File -Encoding utf8"), "{message}");
    assert!(compressed.starts_with("is compressed with gzip"), "{compressed}");
}

#[test]
fn a_line_that_is_no_json_is_named_and_the_others_are_read() {
    let all = read_all("{\"n\":1}\nnonsense\n{\"n\":2}\n{\"n\":\n{\"n\":3}\n7\n");
    let lines: Vec<(usize, Option<i64>)> = all.iter().map(|(line, n)| (*line, n.clone().ok())).collect();
    assert_eq!(lines, [(1, Some(1)), (2, None), (3, Some(2)), (4, None), (5, Some(3)), (6, None)]);
    assert!(all[1].1.as_ref().is_err_and(|message| message.starts_with("is not valid JSON: ")), "{all:?}");
    assert!(all[3].1.as_ref().is_err_and(|message| message == "ends in the middle"), "{all:?}");
    assert!(
        all[5].1.as_ref().is_err_and(|message| message.contains("neither an event nor a record")),
        "{all:?}"
    );
}

#[test]
fn a_record_with_one_item_of_its_list_on_each_line_is_one_record() {
    assert_eq!(numbers("{\"n\":1,\"events\":[\n{\"n\":2},\n{\"n\":3}\n]}\n{\"n\":4}\n"), [1, 4]);
    assert_eq!(numbers("{\"n\":1,\"events\":[\n{\"n\":2}\n]}\n"), [1]);
    let cut = read_all("{\"n\":1,\"events\":[\n{\"n\":2}\n{\"n\":3}\n");
    assert_eq!(cut[0], (1, Err("ends in the middle".to_owned())));
    assert_eq!(cut[1..], [(2, Ok(2)), (3, Ok(3))], "what is behind a cut one is read");
}

#[test]
fn a_broken_record_of_several_lines_is_one_fault() {
    let all = read_all("{\n  \"n\": 1,\n  \"s\" 2\n}\n{\n  \"n\": 2\n}\n");
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!((all[0].0, all[0].1.is_err()), (3, true));
    assert_eq!(all[1], (5, Ok(2)));
    let cut = read_all("[\n {\"n\":1},\n {\"n\":\n");
    assert_eq!(cut[0].1, Ok(1));
    assert!(cut[1].1.is_err() && cut.len() == 2, "{cut:?}");
}
