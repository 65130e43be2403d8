//! How findings are written: for people, for GitHub's annotations, as SARIF for code scanning, as one JSON object.

use std::io::{self, Write};

use ecs_router::printable;
use serde::Serialize;
use serde_json::json;

use super::finding::{Finding, FindingSeverity};
use crate::terminal::{self, Emphasis, Shown};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FindingFormat {
    /// One line for each finding
    #[default]
    Text,
    /// Annotations of a pull request, as GitHub Actions reads them
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// One JSON object
    Json,
}

/// Writes everything that was found in a number of files.
pub(super) fn write(
    out: &mut Shown<impl Write>,
    format: FindingFormat,
    findings: &[Finding],
    files: usize,
) -> io::Result<()> {
    let errors = count(findings, FindingSeverity::Error);
    let warnings = count(findings, FindingSeverity::Warning);
    match format {
        FindingFormat::Text => {
            let width = terminal::is_interactive().then(terminal::width);
            findings.iter().try_for_each(|finding| write_line(out, finding, width))?;
            writeln!(out, "{files} file(s): {errors} error(s), {warnings} warning(s)")
        }
        FindingFormat::Github => {
            findings.iter().try_for_each(|finding| writeln!(out, "{}", annotation(finding)))
        }
        FindingFormat::Sarif => {
            let log = serde_json::to_value(SarifLog::new(findings))?;
            writeln!(out, "{}", terminal::json_line(&log))
        }
        FindingFormat::Json => {
            let findings: Vec<_> = findings.iter().map(Finding::json).collect();
            let found = json!({"errors": errors, "warnings": warnings, "findings": findings});
            writeln!(out, "{}", terminal::json_line(&found))
        }
    }
}

pub(super) fn count(findings: &[Finding], severity: FindingSeverity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

/// Writes the finding on a line, or, for people, on lines of this width. Programs read one line each.
fn write_line(out: &mut Shown<impl Write>, finding: &Finding, width: Option<usize>) -> io::Result<()> {
    let text = finding.to_string();
    let severity = finding.severity.name();
    let mark = format!(": {severity}: ");
    let lines = match width {
        Some(width) => terminal::wrap(&text, width.saturating_sub(INDENT.len())),
        None => vec![text],
    };
    for (position, line) in lines.iter().enumerate() {
        let indent = if position == 0 { "" } else { INDENT };
        match line.split_once(&mark).or_else(|| line.split_once(mark.trim_end())).filter(|_| position == 0) {
            Some((place, rest)) => {
                write!(out, "{place}: ")?;
                out.write_emphasised(emphasis(finding.severity), severity)?;
                writeln!(out, ": {rest}")?;
            }
            None => writeln!(out, "{indent}{line}")?,
        }
    }
    Ok(())
}

/// Before the second line of a finding and those that follow.
const INDENT: &str = "    ";

const fn emphasis(severity: FindingSeverity) -> Emphasis {
    match severity {
        FindingSeverity::Error => Emphasis::Error,
        FindingSeverity::Warning => Emphasis::Warning,
        FindingSeverity::Note => Emphasis::Note,
    }
}

/// A workflow command: `::error file=…,line=…,title=…::message`.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>
fn annotation(finding: &Finding) -> String {
    let level = match finding.severity {
        FindingSeverity::Note => "notice",
        other => other.name(),
    };
    let file = escaped(&finding.location.file).replace(':', "%3A").replace(',', "%2C");
    let line = finding.location.line;
    format!("::{level} file={file},line={line},title=ecs-router check::{}", escaped(&finding.text()))
}

fn escaped(text: &str) -> String {
    printable::lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
#[derive(Debug, Serialize)]
struct SarifLog {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun; 1],
}

#[derive(Debug, Serialize)]
struct SarifRun {
    tool: SarifTool,
    results: Vec<SarifResult>,
}

#[derive(Debug, Serialize)]
struct SarifTool {
    driver: SarifDriver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifDriver {
    name: &'static str,
    version: &'static str,
    rules: Vec<SarifRule>,
}

#[derive(Debug, Serialize)]
struct SarifRule {
    id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    level: &'static str,
    message: SarifMessage,
    locations: [SarifLocation; 1],
}

#[derive(Debug, Serialize)]
struct SarifMessage {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation {
    physical_location: SarifPhysicalLocation,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifPhysicalLocation {
    artifact_location: SarifArtifactLocation,
    region: SarifRegion,
}

#[derive(Debug, Serialize)]
struct SarifArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
}

impl SarifLog {
    fn new(findings: &[Finding]) -> Self {
        let mut ids: Vec<String> = findings.iter().map(rule_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let rules = ids.into_iter().map(|id| SarifRule { id }).collect();
        let driver = SarifDriver { name: "ecs-router check", version: env!("CARGO_PKG_VERSION"), rules };
        let results = findings.iter().map(SarifResult::new).collect();
        Self {
            schema: "https://json.schemastore.org/sarif-2.1.0.json",
            version: "2.1.0",
            runs: [SarifRun { tool: SarifTool { driver }, results }],
        }
    }
}

impl SarifResult {
    fn new(finding: &Finding) -> Self {
        let artifact_location = SarifArtifactLocation { uri: uri(&finding.location.file) };
        let region = SarifRegion { start_line: finding.location.line.max(1) };
        Self {
            rule_id: rule_id(finding),
            level: finding.severity.name(),
            message: SarifMessage { text: finding.text() },
            locations: [SarifLocation {
                physical_location: SarifPhysicalLocation { artifact_location, region },
            }],
        }
    }
}

/// The last part of the key, so that dismissing a rule dismisses its kind: `log_group` for `stops.log_group`.
fn rule_id(finding: &Finding) -> String {
    let key = finding.key.as_deref().and_then(|key| key.rsplit('.').next()).unwrap_or("file");
    key.to_ascii_lowercase()
}

/// A relative reference as RFC 3986 wants it.
fn uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Location;

    use super::*;

    fn finding() -> Finding {
        let location = Location { file: "a b,c.conf".into(), line: 7 };
        Finding::new(FindingSeverity::Error, &location, "s3.bucket", "100 %\nwrong", "write x")
            .in_container(Some("app"))
    }

    fn written(format: FindingFormat) -> String {
        let mut out = Shown::in_memory(false);
        write(&mut out, format, &[finding()], 1).expect("memory");
        out.text()
    }

    #[test]
    fn people_get_whole_words_within_their_width_and_programs_one_line() {
        let with = |width: Option<usize>, has_colour: bool| {
            let mut out = Shown::in_memory(has_colour);
            write_line(&mut out, &finding(), width).expect("memory");
            out.text()
        };
        let whole = "a b,c.conf:7: error: container app: s3.bucket: 100 % wrong; write x\n";
        assert_eq!(with(None, false), whole);
        let narrow = with(Some(40), false);
        assert!(
            narrow.lines().count() > 1 && narrow.lines().all(|line| line.chars().count() <= 40),
            "{narrow}"
        );
        let words: Vec<&str> = narrow.split_whitespace().collect();
        assert_eq!(words, whole.split_whitespace().collect::<Vec<_>>());
        assert!(with(Some(110), true).starts_with("a b,c.conf:7: \u{1b}[1;31merror\u{1b}[0m: container app"));
    }

    #[test]
    fn annotations_are_escaped() {
        let expected = "::error file=a b%2Cc.conf,line=7,title=ecs-router check::container app: s3.bucket: 100 %25%0Awrong; write x\n";
        assert_eq!(written(FindingFormat::Github), expected);
    }

    #[test]
    fn sarif_has_what_its_schema_requires() {
        let log: serde_json::Value = serde_json::from_str(&written(FindingFormat::Sarif)).expect("JSON");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "ecs-router check");
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "bucket");
        let result = &run["results"][0];
        assert_eq!((&result["ruleId"], &result["level"]), (&json!("bucket"), &json!("error")));
        assert_eq!(result["message"]["text"], "container app: s3.bucket: 100 %\nwrong; write x");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b%2Cc.conf");
        assert_eq!(place["region"]["startLine"], 7);
    }
}
