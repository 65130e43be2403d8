//! Detects the format of a file by its content.

use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// Fluent Bit's own format.
    Classic,
    Json,
    Yaml,
}

/// Detects the format of a text. The path decides only when the text does not.
pub(super) fn detect(path: &Path, text: &str) -> FileFormat {
    let first_line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    match first_line {
        Some(line) if is_header(line) || line.starts_with('@') => FileFormat::Classic,
        Some(line) if line.starts_with(['{', '[', '/']) => FileFormat::Json,
        Some(line) if is_yaml_section(line) => FileFormat::Yaml,
        _ if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("conf")) => {
            FileFormat::Classic
        }
        _ => FileFormat::Yaml,
    }
}

/// Whether it is a section's header such as `[SERVICE]`, which in YAML would be a list of one word.
fn is_header(line: &str) -> bool {
    let name = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_'))
}

/// Whether it is the first section of a configuration in YAML.
fn is_yaml_section(line: &str) -> bool {
    let name = line.strip_suffix(':');
    name.is_some_and(|name| {
        matches!(name, "service" | "pipeline" | "env" | "includes" | "parsers" | "plugins")
    })
}

/// What Fluent Bit makes of a file whose name ends for another format than it has, and what to do.
pub(super) fn misnamed(path: &Path, format: FileFormat) -> Option<(&'static str, &'static str)> {
    let extension = path.extension()?.to_ascii_lowercase();
    match (format, extension.to_str()?) {
        (FileFormat::Classic, "yaml" | "yml") => Some((
            "the file has the classic format, but Fluent Bit reads a file of this name as YAML and does not start",
            "let its name end in .conf",
        )),
        (FileFormat::Yaml, "conf") => Some((
            "the file is YAML, but Fluent Bit reads a file of this name in the classic format and does not start",
            "let its name end in .yaml, or write the classic format where FireLens includes it",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_says_something_decides() {
        for (text, kind) in [
            ("# comment\n\n[SERVICE]\n    Flush 1\n", FileFormat::Classic),
            ("@INCLUDE other.conf\n", FileFormat::Classic),
            ("{\"family\": \"web\"}", FileFormat::Json),
            ("[\n  {\"name\": \"app\"}\n]", FileFormat::Json),
            ("service:\n  flush: 1\n", FileFormat::Yaml),
            ("---\nResources: {}\n", FileFormat::Yaml),
            ("", FileFormat::Yaml),
        ] {
            assert_eq!(detect(Path::new("x"), text), kind, "{text}");
        }
        assert_eq!(detect(Path::new("x.conf"), "service:\n    flush: 1\n"), FileFormat::Yaml);
        assert_eq!(detect(Path::new("x.conf"), "# only a comment\n"), FileFormat::Classic);
    }
}
