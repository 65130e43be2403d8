//! What somebody may have meant: the known word nearest to one that is not known.

/// The nearest of `known`, if it is near enough to be meant.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    let near = |known: &'k str| {
        let distance = distance(&word, &known.to_ascii_lowercase());
        // Half of a short word is another word.
        (distance <= 1 + known.len().min(word.len()) / 5).then_some((distance, known))
    };
    known.into_iter().filter_map(near).min().map(|(_, known)| known)
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
        let known = ["bucket", "key", "log_group", "log_stream", "log_group_tags"];
        for (word, meant) in [
            ("buckt", Some("bucket")),
            ("log_gruop", Some("log_group")),
            ("Log_Steam", Some("log_stream")),
            ("loggroup", Some("log_group")),
            ("kye", Some("key")),
            ("region", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_error() {
        assert_eq!(distance("gruop", "group"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
