//! What others say, as it may stand in one line of our log.

/// Characters of it that are shown.
const MOST: usize = 300;

/// Without what would break the line or command the terminal, and not too much of it.
pub(super) fn shown(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')).take(MOST)
}
