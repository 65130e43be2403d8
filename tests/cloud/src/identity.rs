//! Where credentials come from: the ECS container credentials endpoint, and STS.
//!
//! Keys handed out here are on the cloud's keyring at once. IMDS and web identity are not served.

use std::time::Duration;

use serde_json::json;

use crate::{
    core::Core,
    keyring::Key,
    received::Received,
    reply::{REQUEST_ID, Refusal, Reply, escape},
    route::{self, Api},
};

/// The account that everything belongs to.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A role assumed through STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// `RoleArn` of the request.
    pub role_arn: String,
    /// `RoleSessionName` of the request.
    pub session_name: String,
    /// `ExternalId` of the request, if it had one.
    pub external_id: Option<String>,
    /// The access key handed out for it.
    pub access_key_id: String,
}

/// What identity requests need to know and leave behind.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) body: Option<String>,
    pub(crate) lifetime: Duration,
    pub(crate) roles: Vec<AssumedRole>,
}

impl Default for Store {
    fn default() -> Self {
        Self { body: None, lifetime: Duration::from_secs(3600), roles: Vec::new() }
    }
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    match request.api {
        Api::Credentials => Ok(credentials(core)),
        Api::GetCallerIdentity => Ok(sts_reply("GetCallerIdentity", &caller())),
        _ => assume_role(core, request),
    }
}

fn credentials(core: &Core) -> Reply {
    if let Some(body) = &core.identity.lock().body {
        return Reply::new(200, "application/json", body.clone());
    }
    let key = core.keyring.lock().current();
    let body = json!({
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/task"),
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "Token": key.session_token(),
        "Expiration": expiration(core),
    });
    Reply::json(200, &body)
}

/// When keys handed out now end; by the machine's clock, because clients use theirs.
fn expiration(core: &Core) -> String {
    let lifetime = core.identity.lock().lifetime;
    let end = jiff::Timestamp::now() + lifetime;
    end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn assume_role(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let fields = route::form(&request.body);
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let required = |name: &str| {
        let missing = || {
            Refusal::broken("ValidationError", format!("1 validation error detected: Value null at '{name}'"))
        };
        field(name).filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let number = core.identity.lock().roles.len() + 1;
    let role = AssumedRole {
        role_arn: required("RoleArn")?,
        session_name: required("RoleSessionName")?,
        external_id: field("ExternalId"),
        access_key_id: format!("ASIAROLE{number:04}"),
    };
    let key = new_key(core, &role.access_key_id);
    let reply = sts_reply("AssumeRole", &assumed(&role, &key, &expiration(core)));
    core.identity.lock().roles.push(role);
    Ok(reply)
}

/// Puts a key for a role on the keyring.
fn new_key(core: &Core, id: &str) -> Key {
    let (secret, token) = (format!("{id}-secret"), format!("{id}-token"));
    let mut keyring = core.keyring.lock();
    keyring.add(id, &secret, Some(&token));
    keyring.get(id).expect("the key just added")
}

fn assumed(role: &AssumedRole, key: &Key, expiration: &str) -> String {
    let AssumedRole { role_arn, session_name, .. } = role;
    format!(
        "<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:{session}</AssumedRoleId><Arn>{arn}/{session}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
         <SessionToken>{}</SessionToken><Expiration>{expiration}</Expiration></Credentials>",
        key.id,
        key.secret,
        key.session_token(),
        session = escape(session_name),
        arn = escape(role_arn),
    )
}

fn caller() -> String {
    format!(
        "<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/task/1</Arn><UserId>AROAEXAMPLE:1</UserId><Account>{ACCOUNT}</Account>"
    )
}

fn sts_reply(action: &str, result: &str) -> Reply {
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>"
    );
    Reply::new(200, "text/xml", body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Api, Cloud, testing::Call};

    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        text.split_once(start).unwrap().1.split_once(end).unwrap().0
    }

    #[test]
    fn the_key_accepted_last_is_handed_out() {
        let cloud = Cloud::start();
        let get = || Call::new("GET", "/credentials").send(&cloud).unwrap().json();
        assert_eq!(
            (get()["AccessKeyId"].as_str(), get()["Token"].as_str()),
            (Some("AKIDEXAMPLE"), Some("session-token"))
        );
        cloud.accept_credentials("ASIANEW", "new", Some("t"));
        assert_eq!((get()["SecretAccessKey"].as_str(), get()["Token"].as_str()), (Some("new"), Some("t")));
        cloud.set_credentials_body(json!({"code": "broken"}));
        assert_eq!(get()["code"], "broken");
        assert_eq!(cloud.attempts(Api::Credentials), 5);
    }

    #[test]
    fn an_assumed_role_may_call() {
        let cloud = Cloud::start();
        let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=s&ExternalId=x";
        let form =
            Call::new("POST", "/").header("content-type", "application/x-www-form-urlencoded").body(form);
        let reply = form.sign(&cloud, "sts").text();
        assert_eq!(cloud.assumed_roles()[0].role_arn, "arn:aws:iam::1:role/r");
        assert_eq!(cloud.assumed_roles()[0].external_id.as_deref(), Some("x"));

        let part = |name: &str| between(&reply, &format!("<{name}>"), &format!("</{name}>"));
        let whoami = Call::new("POST", "/").body("Action=GetCallerIdentity&Version=2011-06-15");
        let whoami = whoami.key(part("AccessKeyId"), part("SecretAccessKey"));
        assert_eq!(whoami.clone().sign(&cloud, "sts").status, 403);
        assert_eq!(cloud.take_complaints().len(), 1);
        assert_eq!(
            whoami.header("x-amz-security-token", part("SessionToken")).sign(&cloud, "sts").status,
            200
        );
        cloud.assert_no_complaints();
    }
}
