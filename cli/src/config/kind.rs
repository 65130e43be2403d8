//! Which language a file is written in, by its content.

use std::path::Path;

/// The languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Fluent Bit's classic format.
    Classic,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// A language of somebody else: fluentd's sections begin with `<`.
    Other,
}

/// Of a text; the path decides only where the text says nothing.
pub(super) fn detect(path: &Path, text: &str) -> Kind {
    let lines = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    match lines {
        Some(line) if is_header(line) || line.starts_with('@') => Kind::Classic,
        Some(line) if line.starts_with('<') => Kind::Other,
        Some(line) if line.starts_with(['{', '[']) => Kind::Json,
        _ if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("conf")) => {
            Kind::Classic
        }
        _ => Kind::Yaml,
    }
}

/// `[SERVICE]`, which as YAML would be a list of one word.
fn is_header(line: &str) -> bool {
    let name = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_says_something_decides() {
        for (text, kind) in [
            ("# comment\n\n[SERVICE]\n    Flush 1\n", Kind::Classic),
            ("@INCLUDE other.conf\n", Kind::Classic),
            ("{\"family\": \"web\"}", Kind::Json),
            ("[\n  {\"name\": \"app\"}\n]", Kind::Json),
            ("service:\n  flush: 1\n", Kind::Yaml),
            ("---\nResources: {}\n", Kind::Yaml),
            ("# fluentd\n<match **>\n", Kind::Other),
            ("", Kind::Yaml),
        ] {
            assert_eq!(detect(Path::new("x"), text), kind, "{text}");
        }
        assert_eq!(detect(Path::new("x.conf"), "# only a comment\n"), Kind::Classic);
    }
}
