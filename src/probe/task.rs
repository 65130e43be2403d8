//! One task as ECS describes it, for whoever asks why it stopped: with the credentials of the caller.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>, read 2026-11.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};

use super::without_reply;
use crate::config::Identity;
use crate::config::endpoint::{self, AwsService};
use crate::destination::{Endpoint, HttpRequest, Network, Purpose, Reply, Request};
use crate::instance;
use crate::transport::{SendRequest as _, Transport};

/// The parts of a task's ARN that a request needs.
struct TaskName<'a> {
    region: &'a str,
    /// `None` in the short form, which older clusters still give: then the cluster is `default`.
    cluster: Option<&'a str>,
}

impl<'a> TaskName<'a> {
    /// `arn:aws:ecs:eu-west-1:111122223333:task/prod/0123…`
    fn parse(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "ecs", region, _, resource] = parts.as_slice() else { return None };
        let path = resource.strip_prefix("task/").filter(|path| !path.is_empty())?;
        let cluster = path.split_once('/').map(|(cluster, _)| cluster);
        (!region.is_empty()).then_some(Self { region, cluster })
    }

    /// The address that the environment or the profile names, or AWS's own in the task's region.
    fn endpoint(&self) -> Result<String, String> {
        let environment = instance::aws_environment();
        if let Some(named) = environment.endpoints.get(&AwsService::Ecs) {
            return Ok(named.clone());
        }
        let host = endpoint::host(AwsService::Ecs, self.region, environment.variant);
        host.map(|host| format!("https://{host}/")).map_err(|error| format!("cannot ask ECS: {error}"))
    }
}

/// Asks ECS for the task of this ARN, and returns its reply to `DescribeTasks` as JSON. `endpoint` stands for the address
/// of ECS that the environment names, or that AWS has in the task's region.
///
/// # Errors
/// Words for the user: not the ARN of a task, no credentials, no reply within `limit`, or what ECS refused.
pub fn describe(arn: &str, endpoint: Option<&str>, limit: Duration) -> Result<String, String> {
    let name = TaskName::parse(arn).ok_or_else(|| {
        format!("'{arn}' is not the ARN of a task; it looks like arn:aws:ecs:eu-west-1:111122223333:task/CLUSTER/ID")
    })?;
    let identity = Identity { region: name.region.to_owned(), ..Identity::default() };
    let network = Network { timeout: limit, identity: Some(identity), ..Network::default() };
    let transport = Transport::remote(&network).map_err(|file| file.what)?;
    let url = endpoint.map_or_else(|| name.endpoint(), |url| Ok(url.to_owned()))?;
    let endpoint = Endpoint::Http(request(arn, &name, url));
    let mut request = Request { purpose: Purpose::Deliver, endpoint };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot ask ECS: {error}"))?;
    match runtime.block_on(async { tokio::time::timeout(limit, transport.send(&mut request)).await }) {
        Ok(Ok(reply)) => read(&reply),
        Ok(Err(failure)) => Err(format!("cannot ask ECS: {}", without_reply(&failure))),
        Err(_elapsed) => Err(format!("ECS did not answer within {} s", limit.as_secs())),
    }
}

fn request(arn: &str, name: &TaskName<'_>, url: String) -> HttpRequest {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    headers.insert(
        HeaderName::from_static("x-amz-target"),
        HeaderValue::from_static("AmazonEC2ContainerServiceV20141113.DescribeTasks"),
    );
    let body = json!({"cluster": name.cluster.unwrap_or("default"), "tasks": [arn]});
    HttpRequest { method: Method::POST, url, headers, body: body.to_string().into(), sign: Some("ecs") }
}

fn read(reply: &Reply) -> Result<String, String> {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    if reply.status == 200 {
        return Ok(text);
    }
    let error: Value = serde_json::from_str(&text).unwrap_or_default();
    let field = |names: &[&str]| names.iter().find_map(|name| error.get(name)?.as_str());
    let kind = field(&["__type"]).and_then(|kind| kind.rsplit('#').next()).unwrap_or("no reason");
    let message = field(&["message", "Message"]).unwrap_or_default();
    Err(format!("ECS answered {}: {kind}: {message}; the caller needs ecs:DescribeTasks", reply.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_and_cluster_are_those_of_the_arn() {
        for (arn, expected) in [
            ("arn:aws:ecs:eu-west-1:111122223333:task/prod/0123", Some(("eu-west-1", Some("prod")))),
            ("arn:aws-cn:ecs:cn-north-1:111122223333:task/prod/0123", Some(("cn-north-1", Some("prod")))),
            ("arn:aws:ecs:eu-west-1:111122223333:task/0123", Some(("eu-west-1", None))),
            ("arn:aws:ecs:eu-west-1:111122223333:service/prod/web", None),
            ("0123", None),
        ] {
            let name = TaskName::parse(arn);
            assert_eq!(name.map(|name| (name.region, name.cluster)), expected, "{arn}");
        }
    }
}
