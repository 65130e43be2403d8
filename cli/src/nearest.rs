//! What somebody may have meant: the known word nearest to one that is not known.

/// The nearest of `known`, if it is near enough to be meant.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    let near = |known: &'k str| {
        let distance = distance(&word, &known.to_ascii_lowercase());
        // A letter of a short word makes another word.
        let long = known.len().min(word.len()) >= 3;
        (long && distance <= 1 + known.len().min(word.len()) / 5).then_some((distance, known))
    };
    known.into_iter().filter_map(near).min().map(|(_, known)| known)
}

/// The same among words that may be parts of each other: `log_group` for `log_group_name`.
pub(crate) fn nearest_or_part<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = word.to_ascii_lowercase();
    let shares = |known: &&&'k str| {
        known.len().min(lower.len()) >= 4 && (lower.contains(**known) || known.contains(lower.as_str()))
    };
    let longest = |known: &mut dyn Iterator<Item = &&'k str>| known.max_by_key(|known| known.len()).copied();
    let begins = |known: &&&'k str| lower.strip_prefix(**known).is_some_and(|rest| rest.starts_with('_'));
    let head = longest(&mut known.iter().filter(begins));
    head.or_else(|| nearest(word, known.iter().copied()))
        .or_else(|| longest(&mut known.iter().filter(shares)))
}

/// Insertions, deletions, changes and swaps of neighbours that make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, a) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in other.iter().enumerate() {
            let change = last[column] + usize::from(a != b);
            let swapped = row > 0 && column > 0 && one[row - 1] == *b && other[column - 1] == *a;
            let swap = if swapped { before_last[column - 1] + 1 } else { usize::MAX };
            current.push(change.min(swap).min(last[column + 1] + 1).min(current[column] + 1));
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_recognised_and_other_words_are_not() {
        let known = ["bucket", "key", "log_group", "log_stream", "log_group_tags", "1"];
        for (word, meant) in [
            ("buckt", Some("bucket")),
            ("log_gruop", Some("log_group")),
            ("Log_Steam", Some("log_stream")),
            ("loggroup", Some("log_group")),
            ("kye", Some("key")),
            ("region", None),
            ("31", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn a_part_of_a_word_is_recognised() {
        let known = ["log_group", "log_stream", "log_group_tags", "key"];
        assert_eq!(nearest_or_part("log_group_name", &known), Some("log_group"));
        assert_eq!(nearest_or_part("log_stream_prefix", &known), Some("log_stream"));
        assert_eq!(nearest_or_part("key_format", &known), Some("key"));
        assert_eq!(nearest_or_part("donkeys", &known), None, "too short a part");
    }

    #[test]
    fn a_swap_of_neighbours_is_one_error() {
        assert_eq!(distance("gruop", "group"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
