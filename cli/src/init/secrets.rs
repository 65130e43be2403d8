//! The secrets that destinations need.

use ecs_router::config::keys::DestinationKind;

use super::InitArguments;
use super::plan::{PlannedDestination, partition};

/// A variable that comes from a secret.
#[derive(Debug, Clone)]
pub(super) struct PlannedSecret {
    pub(super) variable: &'static str,
    /// Its name in Secrets Manager.
    pub(super) name: String,
    pub(super) arn: String,
    /// Whether the command line names it, so that it exists already.
    pub(super) is_given: bool,
}

/// The variable and the name of the secret that a type needs.
pub(super) const fn secret_of(kind: DestinationKind) -> Option<(&'static str, &'static str)> {
    match kind {
        DestinationKind::Newrelic => Some(("NEW_RELIC_LICENSE_KEY", "new-relic-license-key")),
        DestinationKind::Datadog => Some(("DD_API_KEY", "datadog-api-key")),
        DestinationKind::Slack => Some(("SLACK_WEBHOOK_URL", "slack-webhook")),
        DestinationKind::Teams => Some(("TEAMS_WEBHOOK_URL", "teams-webhook")),
        DestinationKind::Pagerduty => Some(("PAGERDUTY_INTEGRATION_KEY", "pagerduty-integration-key")),
        DestinationKind::FirehoseHttp => Some(("FIREHOSE_ACCESS_KEY", "firehose-access-key")),
        _ => None,
    }
}

/// Every variable once; the reasons why a secret of the command line is of no use.
pub(super) fn planned_secrets(
    arguments: &InitArguments,
    destinations: &[PlannedDestination],
    account: &str,
    region: &str,
    name: &str,
) -> Result<Vec<PlannedSecret>, Vec<String>> {
    let mut secrets: Vec<PlannedSecret> = Vec::new();
    let wanted = destinations.iter().filter_map(|destination| secret_of(destination.kind));
    for (variable, secret) in wanted {
        if secrets.iter().any(|known| known.variable == variable) {
            continue;
        }
        let given = arguments.secrets.iter().filter_map(|given| given.split_once('='));
        let given = given.filter(|(name, _)| *name == variable).map(|(_, arn)| arn.to_owned()).next();
        let partition = partition(region);
        let secret = format!("{name}/{secret}");
        let default = format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}-AbCdEf");
        let is_given = given.is_some();
        secrets.push(PlannedSecret { variable, name: secret, arn: given.unwrap_or(default), is_given });
    }
    let is_known = |given: &&String| {
        let variable = given.split_once('=').map(|(variable, _)| variable);
        secrets.iter().any(|secret| Some(secret.variable) == variable)
    };
    let names: Vec<&str> = secrets.iter().map(|secret| secret.variable).collect();
    let unknown: Vec<String> = arguments
        .secrets
        .iter()
        .filter(|given| !is_known(given))
        .map(|given| {
            let name = given.split('=').next().unwrap_or_default();
            format!("--secret {name}: no destination needs it; needed: {}", list(&names))
        })
        .collect();
    let is_wrong = |secret: &&PlannedSecret| secret.is_given && !is_place(&secret.arn);
    let wrong = secrets.iter().filter(is_wrong).map(|secret| {
        let example = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:name-AbCdEf";
        format!(
            "--secret {}: what stands behind = is not the ARN of a secret; write for example {example}",
            secret.variable
        )
    });
    let reasons: Vec<String> = unknown.into_iter().chain(wrong).collect();
    if reasons.is_empty() { Ok(secrets) } else { Err(reasons) }
}

/// Whether it is the ARN of a secret or a parameter.
fn is_place(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "secretsmanager" | "ssm", _, _, name] if !name.is_empty())
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
