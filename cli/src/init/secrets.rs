//! The secrets that destinations need.

use ecs_router::config::endpoint::partition_id;
use ecs_router::config::keys::DestinationKind;

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

/// Where secrets that nobody named are expected.
pub(super) struct SecretOwner<'p> {
    pub(super) account: &'p str,
    pub(super) region: &'p str,
    /// The service, which is the first part of the secret's name.
    pub(super) service: &'p str,
}

/// The secrets of these destinations, each variable once; `given` is `VARIABLE=ARN` of the command line. Otherwise the
/// reasons why one of those is of no use.
pub(super) fn planned_secrets(
    given: &[String],
    kinds: &[DestinationKind],
    owner: &SecretOwner<'_>,
) -> Result<Vec<PlannedSecret>, Vec<String>> {
    let mut secrets: Vec<PlannedSecret> = Vec::new();
    for (variable, name) in kinds.iter().filter_map(|kind| secret_of(*kind)) {
        if secrets.iter().all(|known| known.variable != variable) {
            secrets.push(planned(variable, name, given, owner));
        }
    }
    let reasons = [unneeded(given, &secrets), not_arns(&secrets)].concat();
    if reasons.is_empty() { Ok(secrets) } else { Err(reasons) }
}

fn planned(variable: &'static str, name: &str, given: &[String], owner: &SecretOwner<'_>) -> PlannedSecret {
    let SecretOwner { account, region, service } = owner;
    let name = format!("{service}/{name}");
    let pairs = given.iter().filter_map(|given| given.split_once('='));
    let given = pairs.filter(|(of, _)| *of == variable).map(|(_, arn)| arn.to_owned()).next();
    let is_given = given.is_some();
    let partition = partition_id(region);
    let default = format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-AbCdEf");
    PlannedSecret { variable, name, arn: given.unwrap_or(default), is_given }
}

/// Secrets of the command line that no destination needs.
fn unneeded(given: &[String], secrets: &[PlannedSecret]) -> Vec<String> {
    let is_needed = |given: &&String| {
        let variable = given.split_once('=').map(|(variable, _)| variable);
        secrets.iter().any(|secret| Some(secret.variable) == variable)
    };
    let needed: Vec<&str> = secrets.iter().map(|secret| secret.variable).collect();
    let unneeded = given.iter().filter(|given| !is_needed(given)).map(|given| {
        let name = given.split('=').next().unwrap_or_default();
        format!("--secret {name}: no destination needs it; needed: {}", list(&needed))
    });
    unneeded.collect()
}

/// Secrets of the command line that are not ARNs of secrets.
fn not_arns(secrets: &[PlannedSecret]) -> Vec<String> {
    let wrong = secrets.iter().filter(|secret| secret.is_given && !is_arn_of_secret(&secret.arn));
    let reasons = wrong.map(|secret| {
        let example = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:name-AbCdEf";
        format!(
            "--secret {}: what stands behind = is not the ARN of a secret; write for example {example}",
            secret.variable
        )
    });
    reasons.collect()
}

/// Whether it is the ARN of a secret or a parameter.
fn is_arn_of_secret(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "secretsmanager" | "ssm", _, _, name] if !name.is_empty())
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
