//! One task as ECS describes it, for whoever asks why it stopped: with the credentials of the caller.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>, read 2026-11.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::config::Identity;
use crate::destination::{Endpoint, HttpRequest, Network, Reply};
use crate::transport::http::Failure;
use crate::transport::{SendRequest as _, Transport};

/// The parts of a task's ARN that a request needs.
struct TaskName<'a> {
    partition: &'a str,
    region: &'a str,
    /// `None` in the short form, which older clusters still give: then the cluster is `default`.
    cluster: Option<&'a str>,
}

impl<'a> TaskName<'a> {
    /// `arn:aws:ecs:eu-west-1:111122223333:task/prod/0123…`
    fn parse(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "ecs", region, _, resource] = parts.as_slice() else { return None };
        let path = resource.strip_prefix("task/").filter(|path| !path.is_empty())?;
        let cluster = path.split_once('/').map(|(cluster, _)| cluster);
        (!region.is_empty()).then_some(Self { partition, region, cluster })
    }

    fn endpoint(&self) -> String {
        let domain = match self.partition {
            "aws-cn" => "amazonaws.com.cn",
            "aws-eusc" => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        format!("https://ecs.{}.{domain}/", self.region)
    }
}

/// Asks ECS for the task of this ARN, and returns its reply to `DescribeTasks` as JSON. `endpoint` stands for the address
/// of ECS in the task's region.
///
/// # Errors
/// Words for the user: not the ARN of a task, no credentials, no reply within `limit`, or what ECS refused.
pub fn describe(arn: &str, endpoint: Option<&str>, limit: Duration) -> Result<String, String> {
    let name = TaskName::parse(arn).ok_or_else(|| {
        format!("'{arn}' is not the ARN of a task; it looks like arn:aws:ecs:eu-west-1:111122223333:task/CLUSTER/ID")
    })?;
    let identity = Identity { region: name.region.to_owned(), ..Identity::default() };
    let network = Network { timeout: limit, identity: Some(identity), ..Network::default() };
    let transport = Transport::remote(&network)?;
    let url = endpoint.map_or_else(|| name.endpoint(), str::to_owned);
    let request = Endpoint::Http(request(arn, &name, url));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot ask ECS: {error}"))?;
    match runtime.block_on(async { tokio::time::timeout(limit, transport.send(&request)).await }) {
        Ok(Ok(reply)) => read(&reply),
        Ok(Err(failure)) => Err(failed(&failure)),
        Err(_elapsed) => Err(format!("ECS did not answer within {} s", limit.as_secs())),
    }
}

/// Whoever asks sits at a terminal more often than in a task.
fn failed(failure: &Failure) -> String {
    match failure {
        Failure::Credentials(reason) => format!(
            "cannot ask ECS: no AWS credentials: {reason}; log in with aws sso login and name the profile in AWS_PROFILE, \
             or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; in a task or on an instance its role is taken"
        ),
        failure => format!("cannot ask ECS: {failure}"),
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
            (
                "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123",
                Some(("https://ecs.eu-west-1.amazonaws.com/", "prod")),
            ),
            (
                "arn:aws-cn:ecs:cn-north-1:111122223333:task/prod/0123",
                Some(("https://ecs.cn-north-1.amazonaws.com.cn/", "prod")),
            ),
            (
                "arn:aws:ecs:eu-west-1:111122223333:task/0123",
                Some(("https://ecs.eu-west-1.amazonaws.com/", "default")),
            ),
            ("arn:aws:ecs:eu-west-1:111122223333:service/prod/web", None),
            ("0123", None),
        ] {
            let name = TaskName::parse(arn);
            let told = name.map(|name| (name.endpoint(), name.cluster.unwrap_or("default").to_owned()));
            assert_eq!(told, expected.map(|(url, cluster)| (url.to_owned(), cluster.to_owned())), "{arn}");
        }
    }
}
