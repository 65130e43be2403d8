//! How findings are written: for people, for GitHub's annotations, as SARIF for code scanning, as one JSON object.

use std::io::{self, Write};

use ecs_router::printable;
use serde::Serialize;
use serde_json::json;

use super::finding::{Finding, FindingSeverity};
use crate::terminal;

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
    out: &mut impl Write,
    format: FindingFormat,
    findings: &[Finding],
    files: usize,
) -> io::Result<()> {
    let errors = count(findings, FindingSeverity::Error);
    let warnings = count(findings, FindingSeverity::Warning);
    match format {
        FindingFormat::Text => {
            findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
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
        let mut out = Vec::new();
        write(&mut out, format, &[finding()], 1).expect("memory");
        String::from_utf8(out).expect("UTF-8")
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
