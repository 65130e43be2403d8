//! Which records reach which output: tags, and the patterns that match them.

use std::collections::BTreeSet;

use crate::config::{Origin, Section};

/// The tags that FireLens gives: `<container>-firelens-<task id>`.
pub(super) const FIRELENS_TAGS: &str = "*-firelens-*";

/// The tags that a filter or output takes, as a pattern; those that are not known may be any.
pub(super) fn pattern(section: &Section) -> &str {
    section.text("match").unwrap_or("*")
}

/// Whether the pattern fits a tag of FireLens, which ends in the id of a task: hexadecimal digits, in groups or not.
pub(super) fn takes_firelens(pattern: &str) -> bool {
    let end = pattern.rsplit('*').next().unwrap_or_default();
    let end = end.rsplit("-firelens-").next().unwrap_or_default();
    let is_end_of_id = end.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_end_of_id && !pattern.contains('.') && intersect(&[pattern, FIRELENS_TAGS])
}

/// Whether lines that FireLens brings reach the output.
pub(super) fn takes_lines(output: &Section) -> bool {
    let fits = || match output.get("match_regex") {
        Some(regex) => regex.value.text().is_some_and(|text| text.contains("firelens")),
        None => takes_firelens(pattern(output)),
    };
    output.origin == Origin::FireLens || fits()
}

/// Whether FireLens's records pass both.
pub(super) fn share_firelens_records(one: &Section, other: &Section) -> bool {
    let patterns = [pattern(one), pattern(other), FIRELENS_TAGS];
    // Neither names of containers nor ids of tasks hold a dot.
    patterns.iter().all(|pattern| !pattern.contains('.')) && intersect(&patterns)
}

/// Whether there is a text that all of the patterns match.
pub(super) fn intersect(patterns: &[&str]) -> bool {
    let patterns: Vec<&[u8]> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
    // For each pattern, how much of it the text has matched so far.
    let start = vec![0; patterns.len()];
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(positions) = open.pop() {
        let rests: Vec<&[u8]> = patterns
            .iter()
            .zip(&positions)
            .map(|(pattern, at)| pattern.get(*at..).unwrap_or_default())
            .collect();
        if rests.iter().all(|rest| rest.iter().all(|byte| *byte == b'*')) {
            return true;
        }
        let next = skip_star(&rests, &positions).into_iter().chain(take_byte(&rests, &positions));
        open.extend(next.filter(|positions| seen.insert(positions.clone())));
    }
    false
}

/// One pattern's star ends: one successor for each pattern that is at a star.
fn skip_star(rests: &[&[u8]], positions: &[usize]) -> Vec<Vec<usize>> {
    let at_star = (0..).zip(rests).filter(|(_, rest)| rest.first() == Some(&b'*'));
    at_star.map(|(index, _): (usize, _)| advanced(positions, |other| other == index)).collect()
}

/// The text goes on with the byte that some pattern wants, if all of them allow it there.
fn take_byte(rests: &[&[u8]], positions: &[usize]) -> Option<Vec<usize>> {
    let wanted = rests.iter().find_map(|rest| rest.first().filter(|byte| **byte != b'*'))?;
    let allowed =
        rests.iter().all(|rest| matches!(rest.first(), Some(byte) if *byte == b'*' || byte == wanted));
    let is_literal = |index: usize| rests.get(index).is_some_and(|rest| rest.first() != Some(&b'*'));
    allowed.then(|| advanced(positions, is_literal))
}

fn advanced(positions: &[usize], moves: impl Fn(usize) -> bool) -> Vec<usize> {
    positions.iter().enumerate().map(|(index, at)| at + usize::from(moves(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_one_text_matches_all() {
        for (patterns, met) in [
            (vec!["*", "*-firelens-*"], true),
            (vec!["web-firelens-*", "*-firelens-*"], true),
            (vec!["web-*", "*-firelens-*"], true),
            (vec!["http.0", "*-firelens-*"], false),
            (vec!["*-firelens-1", "web-*", "*-firelens-*"], true),
            (vec!["*-firelens-1", "*-firelens-2"], false),
            (vec!["a*b", "*c*"], true),
            (vec!["a*b", "*c"], false),
            (vec!["", "*"], true),
            (vec!["", "a"], false),
            (vec!["*a*a*a*a*a*a*", "*b*b*b*b*b*b*", "*c"], true),
        ] {
            assert_eq!(intersect(&patterns), met, "{patterns:?}");
        }
    }
}
