//! Suggestions for a misspelt word: the known word that was probably meant.

use strsim::osa_distance;

/// The known word closest to `word`, if it is close enough to be a typing error.
pub(crate) fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    let candidates = known.into_iter().filter_map(|known| {
        let distance = osa_distance(&word, &known.to_ascii_lowercase());
        let shorter = known.len().min(word.len());
        // In a word of two letters, one wrong letter already makes another word.
        (shorter >= 3 && distance <= 1 + shorter / 5).then_some((distance, known))
    });
    candidates.min().map(|(_, known)| known)
}

/// Like [`closest`], but also finds words that contain each other: `log_group` for `log_group_name`, `event_bus` for `bus`.
pub(crate) fn closest_or_part<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = word.to_ascii_lowercase();
    let is_prefix = |known: &str| lower.strip_prefix(known).is_some_and(|rest| rest.starts_with('_'));
    let overlaps = |known: &str| {
        known.len().min(lower.len()) >= 4 && (lower.contains(known) || known.contains(lower.as_str()))
    };
    longest(known, is_prefix)
        .or_else(|| with_word(&lower, known))
        .or_else(|| closest(word, known.iter().copied()))
        .or_else(|| longest(known, overlaps))
}

/// The shortest name that has this word in it.
fn with_word<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let has = |known: &&&str| word.len() >= 3 && known.split('_').any(|part| part == word);
    known.iter().filter(has).min_by_key(|known| known.len()).copied()
}

fn longest<'k>(known: &[&'k str], is_candidate: impl Fn(&str) -> bool) -> Option<&'k str> {
    known.iter().copied().filter(|known| is_candidate(known)).max_by_key(|known| known.len())
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
            assert_eq!(closest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn a_part_of_a_word_is_recognised() {
        let known = ["log_group", "log_stream", "log_group_tags", "key"];
        assert_eq!(closest_or_part("log_group_name", &known), Some("log_group"));
        assert_eq!(closest_or_part("log_stream_prefix", &known), Some("log_stream"));
        assert_eq!(closest_or_part("key_format", &known), Some("key"));
        assert_eq!(closest_or_part("bus", &["event_bus", "fips"]), Some("event_bus"));
        assert_eq!(closest_or_part("group", &known), Some("log_group"));
        assert_eq!(closest_or_part("donkeys", &known), None, "too short a part");
    }

    #[test]
    fn a_swap_of_neighbours_is_one_error() {
        assert_eq!(closest("tpye", ["type"]), Some("type"));
        assert_eq!(closest("txxe", ["type"]), None);
    }
}
