//! APIs of AWS to which `http` and `otlp` send: the address tells which keys go with it, and what the task's role needs.

use ecs_router::config::endpoint::signed_host;
use ecs_router::config::keys::DestinationKind;

use super::plan::Plan;
use crate::address;

/// What a document becomes for the bulk API of OpenSearch.
const BULK_BODY: &str =
    r#"{"create": {}}$(newline){"@timestamp": "$(time)", "class": "$(class)", "record": $(.:json)}"#;

/// An API of AWS by its address.
struct SignedApi {
    /// As signatures name it.
    service: &'static str,
    region: String,
    /// The first label of the host.
    id: String,
}

/// What the task's role may do with an API.
#[derive(Debug)]
pub(super) struct ApiRight {
    pub(super) sid: &'static str,
    pub(super) actions: &'static [&'static str],
    /// Behind `arn:<partition>:`.
    pub(super) resource: String,
}

fn api(url: &str) -> Option<SignedApi> {
    let host = address::host(url)?.to_ascii_lowercase();
    let named = signed_host(&host)?;
    let id = host.split('.').next()?.to_owned();
    Some(SignedApi { service: named.service, region: named.region.to_owned(), id })
}

/// The keys beside the address; none for an address that is not AWS's.
pub(super) fn keys(plan: &Plan, url: &str) -> Vec<(&'static str, String)> {
    let Some(api) = api(url) else { return Vec::new() };
    let mut keys = vec![("auth", "aws".to_owned())];
    if matches!(api.service, "es" | "aoss") && url.ends_with("/_bulk") {
        keys.extend([("format", "ndjson".to_owned()), ("body", BULK_BODY.to_owned())]);
    }
    if api.service == "logs" {
        keys.push(("#", "Group and stream must exist; the log says so while they do not.".to_owned()));
        keys.push(("headers", format!("x-aws-log-group={}, x-aws-log-stream=router", group(plan))));
    }
    keys
}

/// What the role needs for the addresses of the plan.
pub(super) fn rights(plan: &Plan) -> Vec<ApiRight> {
    let addresses = [(DestinationKind::Http, &plan.http_url), (DestinationKind::Otlp, &plan.otlp_endpoint)];
    let used = addresses.into_iter().filter(|(kind, _)| plan.uses(*kind));
    used.filter_map(|(_, url)| right(plan, &api(url)?)).collect()
}

fn right(plan: &Plan, api: &SignedApi) -> Option<ApiRight> {
    let SignedApi { service, region, id } = api;
    let named = named(id);
    let (sid, actions, resource): (_, &[&str], _) = match *service {
        "logs" => ("SendToOneLogGroup", &["logs:PutLogEvents"], format!("log-group:{}:*", group(plan))),
        "es" => ("WriteToOneDomain", &["es:ESHttpPost"], format!("domain/{named}/*")),
        "aoss" => ("WriteToOneCollection", &["aoss:APIAccessAll"], format!("collection/{id}")),
        "osis" => ("SendToOnePipeline", &["osis:Ingest"], format!("pipeline/{named}")),
        "execute-api" => ("InvokeOneApi", &["execute-api:Invoke"], format!("{id}/*")),
        // The address does not tell the function's name.
        "lambda" => (
            "InvokeOneFunction",
            &["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
            "function:FUNCTION".to_owned(),
        ),
        _ => return None,
    };
    Some(ApiRight { sid, actions, resource: format!("{service}:{region}:{}:{resource}", plan.account) })
}

/// The log group of CloudWatch's OTLP endpoint.
fn group(plan: &Plan) -> String {
    format!("/ecs/{}/otlp", plan.name)
}

/// The name of a domain or pipeline in its host: `shop` of `search-shop-abc123`.
fn named(label: &str) -> &str {
    let label = label.strip_prefix("search-").or_else(|| label.strip_prefix("vpc-")).unwrap_or(label);
    label.rsplit_once('-').map_or(label, |(name, _)| name)
}
