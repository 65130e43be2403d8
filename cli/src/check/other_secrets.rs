//! Secrets of other outputs, in clear text or by their ARN. Findings never show their values.

use std::collections::BTreeMap;

use super::finding::{Finding, FindingSeverity};
use super::secrets::{SECRET_HEADER_PARTS, instead, is_set_here};
use crate::config::{Section, Setting, SettingValue};

/// Keys for secrets, of Fluent Bit's own outputs and of those that AWS's image brings.
const SECRET_KEYS: [&str; 30] = [
    "api_key",
    "apikey",
    "authorization_endpoint_bearer_token",
    "authorization_endpoint_password",
    "bearer_token",
    "client_secret",
    "cloud_auth",
    "configuration_endpoint_bearer_token",
    "configuration_endpoint_password",
    "http_api_key",
    "http_passwd",
    "http_password",
    "http_token",
    "license_key",
    "licensekey",
    "oauth2.client_secret",
    "passwd",
    "password",
    "proxy_password",
    "rdkafka.sasl.password",
    "rdkafka.ssl.key.password",
    "sas_token",
    "schema.registry.bearer.token",
    "schema.registry.http.password",
    "schema_registry_bearer_token",
    "schema_registry_http_passwd",
    "shared_key",
    "splunk_token",
    "tls.key_passwd",
    "webhook",
];

/// Reports every secret that the output is given itself.
pub(super) fn check(output: &Section, variables: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    if output.get("name").is_none() {
        return;
    }
    let secrets = output.settings.iter().filter(|setting| is_secret(setting));
    let found = secrets.filter_map(|setting| finding(output, setting, variables));
    findings.extend(found.map(|finding| finding.in_container(output.container.as_deref())));
}

fn finding(output: &Section, setting: &Setting, variables: &BTreeMap<String, String>) -> Option<Finding> {
    if is_set_here(setting, variables) {
        let message = "is a secret that the file itself sets, in clear text";
        let instead = "give the container that variable from its secrets instead";
        return Some(Finding::warn_of(setting, message, instead));
    }
    let text = setting.value.text().filter(|text| !text.is_empty())?;
    let (severity, message) =
        if text.starts_with("arn:") && [":secretsmanager:", ":ssm:"].iter().any(|part| text.contains(part)) {
            (
                FindingSeverity::Error,
                "is the ARN of a secret, and the output gets the ARN itself: ECS reads it from secrets only",
            )
        } else {
            (FindingSeverity::Warning, "is a secret, in clear text")
        };
    let instead = instead(output.origin, setting);
    Some(Finding::new(severity, &setting.location, &setting.key, message, instead))
}

/// Most headers are not secret.
fn is_secret(setting: &Setting) -> bool {
    let key = setting.key.to_ascii_lowercase();
    let (SettingValue::Text(text) | SettingValue::Interpolated(text)) = &setting.value else { return false };
    match key.as_str() {
        "header" => {
            let name = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            SECRET_HEADER_PARTS.iter().any(|part| name.contains(part))
        }
        key => SECRET_KEYS.contains(&key),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    fn of_file(lines: &str) -> Vec<String> {
        let found = said(
            "x",
            &format!(
                "[OUTPUT]\n    Name ecs_router\n    Match *\n[OUTPUT]\n    Match x\n    {}\n",
                lines.replace('|', "\n    ")
            ),
        );
        found.into_iter().filter(|line| line.contains("secret")).collect()
    }

    fn of_options(options: &str) -> Vec<String> {
        let text = format!(
            r#"{{"name": "app", "image": "i", "logConfiguration": {{"logDriver": "awsfirelens", "options": {{{options}}}}}}}"#
        );
        said("x.json", &text).into_iter().filter(|line| line.contains("secret")).collect()
    }

    #[test]
    fn a_secret_of_another_output_is_reported_without_its_value() {
        for lines in [
            "Name datadog|apikey 0123abc",
            "Name nrlogs|license_key 0123abc",
            "Name newrelic|licenseKey 0123abc",
            "Name splunk|Splunk_Token 0123abc",
            "Name http|Header Authorization Bearer 0123abc",
            "Name es|HTTP_Passwd 0123abc",
            "Name kafka|rdkafka.sasl.password 0123abc",
        ] {
            let found = of_file(lines);
            let is_told =
                matches!(found.as_slice(), [one] if one.contains("is a secret, in clear text; write ${"));
            assert!(is_told && !found[0].contains("0123abc"), "{lines}: {found:?}");
        }
        let found = of_options(r#""Name": "datadog", "apikey": "0123abc""#);
        let expected =
            "container app: apikey: is a secret, in clear text; move apikey from options to secretOptions";
        assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{found:?}");
    }

    #[test]
    fn the_arn_of_a_secret_is_not_the_secret() {
        let found = of_options(
            r#""Name": "datadog", "apikey": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:dd-AbCdEf""#,
        );
        assert!(
            matches!(found.as_slice(), [one] if one.contains("error: ") && one.contains("the ARN itself")),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_no_secret_or_comes_from_one_is_not() {
        for lines in [
            "Name datadog|apikey ${KEY}",
            "Name http|Header Content-Type application/json",
            "Name http|Header Authorization Bearer ${TOKEN}",
            "Name es|HTTP_User elastic",
        ] {
            assert_eq!(of_file(lines), [""; 0], "{lines}");
        }
    }
}
