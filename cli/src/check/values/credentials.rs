//! How requests prove who sends them: what goes beside `auth`, what an address of AWS wants, and the scopes of a token.

use ecs_router::config::endpoint::signed_host;
use ecs_router::config::keys::DestinationKind;

use crate::check::finding::Finding;
use crate::check::placeholders::destination_kind;
use crate::check::templates::written;
use crate::config::{Section, Setting, SettingValue};

/// Keys that write an `Authorization` header themselves.
const HEADER_KEYS: [&str; 3] = ["user", "password", "bearer_token"];

/// Services whose APIs may be open to everybody.
const MAY_BE_OPEN: [&str; 2] = ["execute-api", "lambda"];

pub(super) fn of_value(section: &Section, setting: &Setting) -> Option<Finding> {
    let (destination, name) = setting.key.rsplit_once('.')?;
    let kind = destination_kind(section, destination)?;
    if !matches!(kind, DestinationKind::Http | DestinationKind::Otlp) {
        return None;
    }
    let auth = section.get(&format!("{destination}.auth")).map(|setting| &setting.value);
    match name.to_ascii_lowercase().as_str() {
        name if auth.is_some() && HEADER_KEYS.contains(&name) => beside_auth(setting),
        "headers" => place(setting).or_else(|| header_beside_auth(setting).filter(|_| auth.is_some())),
        "url" => bulk(section, setting, destination).or_else(|| unsigned(section, setting, destination)),
        "endpoint" => unsigned(section, setting, destination),
        "scope" => commas(setting).or_else(|| of_entra(section, setting, destination)),
        _ => None,
    }
}

/// A value that is known is refused by the plugin itself.
fn open_text(setting: &Setting) -> Option<&str> {
    match &setting.value {
        SettingValue::Interpolated(text) => Some(text),
        _ => None,
    }
}

fn beside_auth(setting: &Setting) -> Option<Finding> {
    open_text(setting)?;
    let message = "stands beside auth, and a request has one Authorization header".to_owned();
    Some(Finding::warn_of(setting, message, "keep one of them".to_owned()))
}

fn header_beside_auth(setting: &Setting) -> Option<Finding> {
    let text = open_text(setting)?.to_ascii_lowercase();
    let is_there = text.split(',').any(|pair| pair.trim().starts_with("authorization="));
    let message = "sets Authorization, which auth writes".to_owned();
    is_there.then(|| Finding::warn_of(setting, message, "leave that header out".to_owned()))
}

/// An address of AWS with nothing that proves who sends.
fn unsigned(section: &Section, setting: &Setting, destination: &str) -> Option<Finding> {
    let text = written(&setting.value)?;
    let host = text.split_once("://")?.1.split('/').next()?.to_ascii_lowercase();
    let is_signed = signed_host(&host).is_some_and(|host| !MAY_BE_OPEN.contains(&host.service));
    let proves = HEADER_KEYS.into_iter().chain(["auth", "headers"]).any(|key| {
        let setting = section.get(&format!("{destination}.{key}"));
        setting.is_some_and(|setting| key != "headers" || has_authorization(setting))
    });
    if section.open || proves || !is_signed {
        return None;
    }
    let message = format!(
        "is {host}, where AWS refuses requests without a signature unless a policy lets everybody in"
    );
    Some(Finding::warn_of(setting, message, format!("write {destination}.auth aws")))
}

/// OpenSearch and Elasticsearch take many documents at once below `_bulk` only, as lines of an action and a document.
fn bulk(section: &Section, setting: &Setting, destination: &str) -> Option<Finding> {
    let text = written(&setting.value)?;
    let (host, path) = text.split_once("://")?.1.split_once('/')?;
    let is_bulk = path.split('?').next()?.ends_with("_bulk");
    let is_search = signed_host(host).is_some_and(|host| matches!(host.service, "es" | "aoss"));
    let has_body = section.open || section.get(&format!("{destination}.body")).is_some();
    if is_bulk && !has_body {
        let message = "takes lines of an action and a document, and refuses anything else".to_owned();
        let instead = format!(
            r#"write {destination}.format ndjson, and {destination}.body {{"create": {{}}}}$(newline){{"record": $(.:json)}}"#
        );
        return Some(Finding::warn_of(setting, message, instead));
    }
    let message = "names no _bulk, and only that takes many documents at once".to_owned();
    let index = path.trim_end_matches('/');
    (is_search && !is_bulk)
        .then(|| Finding::warn_of(setting, message, format!("write https://{host}/{index}/_bulk")))
}

/// A log group of CloudWatch's OTLP endpoint as it is not written in a header.
fn place(setting: &Setting) -> Option<Finding> {
    let text = written(&setting.value)?;
    let values = text.split(',').filter_map(|pair| pair.split_once('='));
    let mut places =
        values.filter(|(name, _)| name.trim().starts_with("x-aws-log-")).map(|(_, value)| value.trim());
    let value = places.find(|value| value.starts_with(['"', '\'']) || value.starts_with("arn:"))?;
    let message = format!("has {value}, where the name alone is wanted");
    let name = value.trim_matches(['"', '\'']).split(":log-group:").last()?.split(':').next()?;
    Some(Finding::warn_of(setting, message, format!("write {name}")))
}

fn has_authorization(setting: &Setting) -> bool {
    written(&setting.value).is_none_or(|text| text.to_ascii_lowercase().contains("authorization"))
}

fn commas(setting: &Setting) -> Option<Finding> {
    let text = setting.value.text().filter(|text| text.contains(','))?;
    let scopes: Vec<&str> = text.split([',', ' ']).filter(|scope| !scope.is_empty()).collect();
    let message = "has commas, which are taken for parts of the scopes".to_owned();
    Some(Finding::warn_of(setting, message, format!("write {} {}", setting.key, scopes.join(" "))))
}

/// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, read 2026-11.
fn of_entra(section: &Section, setting: &Setting, destination: &str) -> Option<Finding> {
    let token_url =
        section.get(&format!("{destination}.token_url")).and_then(|setting| written(&setting.value))?;
    let scope = setting.value.text().filter(|scope| !scope.ends_with("/.default"))?;
    let message = format!(
        "is {scope}, but Entra ID gives a client that acts for itself only a scope that ends in /.default"
    );
    let instead = format!("write {} API/.default, with the id of the API", setting.key);
    token_url.contains("login.microsoftonline.com").then(|| Finding::warn_of(setting, message, instead))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    const OAUTH2: &str = "http.url https://x/|http.auth oauth2|http.token_url https://l/t|http.client_id i|http.client_secret ${S}|";

    fn of(lines: &str) -> Vec<String> {
        of_lines(&format!("    route.default http\n    {}\n", lines.replace('|', "\n    ")))
    }

    #[test]
    fn two_proofs_are_one_too_many_also_where_they_are_variables() {
        for (lines, expected) in [
            ("http.bearer_token ${T}", "http.bearer_token: stands beside auth"),
            (
                "http.headers X-A=b, Authorization=Bearer ${T}",
                "http.headers: sets Authorization, which auth writes",
            ),
            ("http.scope logs.write, logs.read", "write http.scope logs.write logs.read"),
        ] {
            let found = of(&format!("{OAUTH2}{lines}"));
            assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{lines}: {found:?}");
        }
        for lines in ["http.scope logs.write logs.read", "http.headers X-A=${T}", "http.audience ${A}"] {
            assert_eq!(of(&format!("{OAUTH2}{lines}")), [""; 0], "{lines}");
        }
    }

    #[test]
    fn entra_gives_default_scopes() {
        let entra = OAUTH2.replace("https://l/t", "https://login.microsoftonline.com/x/oauth2/v2.0/token");
        let found = of(&format!("{entra}http.scope api://x/logs.write"));
        assert!(matches!(found.as_slice(), [one] if one.contains("ends in /.default")), "{found:?}");
        assert_eq!(of(&format!("{entra}http.scope api://x/.default")), [""; 0]);
    }

    #[test]
    fn a_bulk_api_wants_actions_and_documents() {
        let auth = "http.auth aws";
        let body = "http.format ndjson|http.body {\"create\": {}}$(newline){\"r\": $(.:json)}";
        let host = "https://search-x.eu-west-1.es.amazonaws.com";
        let found = of(&format!("http.url {host}/logs/_bulk|{auth}"));
        assert!(matches!(found.as_slice(), [one] if one.contains("write http.format ndjson")), "{found:?}");
        let found = of(&format!("http.url {host}/logs|{auth}|{body}"));
        assert!(matches!(found.as_slice(), [one] if one.contains("/logs/_bulk")), "{found:?}");
        assert_eq!(of(&format!("http.url {host}/logs/_bulk?refresh=false|{auth}|{body}")), [""; 0]);
        assert_eq!(of("http.url https://logs.example.com/logs"), [""; 0]);
    }

    #[test]
    fn a_log_group_in_a_header_is_a_name() {
        let with = |group: &str| {
            of_lines(&format!(
                "    route.default otlp\n    otlp.endpoint https://logs.eu-west-1.amazonaws.com\n    otlp.auth aws\n    \
                 otlp.headers x-aws-log-group={group}, x-aws-log-stream=router\n"
            ))
        };
        for group in ["\"/ecs/otlp\"", "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/otlp:*"] {
            let found = with(group);
            assert!(matches!(found.as_slice(), [one] if one.contains("; write /ecs/otlp")), "{found:?}");
        }
        assert_eq!(with("/ecs/otlp"), [""; 0]);
    }

    #[test]
    fn addresses_of_aws_want_a_signature() {
        let url = "http.format ndjson|http.body {\"create\": {}}$(newline){\"r\": $(.:json)}|http.url https://search-x.eu-west-1.es.amazonaws.com/logs/_bulk";
        let found = of(url);
        assert!(matches!(found.as_slice(), [one] if one.contains("write http.auth aws")), "{found:?}");
        for more in [
            "http.auth aws",
            "http.user u|http.password ${P}",
            "http.headers Authorization=Basic ${P}",
            "http.bearer_token ${T}",
        ] {
            assert_eq!(of(&format!("{url}|{more}")), [""; 0], "{more}");
        }
        assert_eq!(of("http.url https://search.example.com/logs"), [""; 0]);
    }
}
