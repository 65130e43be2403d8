//! Addresses of pages in the AWS console: a task, its logs, a service, a stream of CloudWatch Logs.
//!
//! Owns: the console's domain in each partition, and how names are written in its addresses. A name that no resource of AWS can
//! have makes no address, because reports show addresses as links.

use std::fmt::Write as _;

use super::event::StopEvent;

/// A stream of CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// AWS region; `None`: the one of the stop.
    pub region: Option<String>,
    /// The log group.
    pub group: String,
    /// The log stream.
    pub stream: String,
}

/// Fills in the addresses of the task and its logs, or of the service's logs when there is no task.
pub(super) fn link(stop: &mut StopEvent) {
    let Some((region, cluster)) = stop.region.as_deref().zip(stop.cluster.as_deref()) else { return };
    let task = stop.task_id.as_deref();
    let task_url = task.and_then(|task| ecs_page(region, cluster, &["tasks", task, "configuration"]));
    let logs_url = match (task, stop.service.as_deref().filter(|_| !stop.is_daemon)) {
        (Some(task), _) => ecs_page(region, cluster, &["tasks", task, "logs"]),
        (None, Some(service)) => ecs_page(region, cluster, &["services", service, "logs"]),
        (None, None) => None,
    };
    stop.task_url = task_url;
    stop.logs_url = logs_url;
}

/// The page of a service's health in the ECS console.
#[must_use]
pub fn service_page(region: &str, cluster: &str, service: &str) -> Option<String> {
    ecs_page(region, cluster, &["services", service, "health"])
}

/// The page of a cluster's services in the ECS console.
#[must_use]
pub fn cluster_page(region: &str, cluster: &str) -> Option<String> {
    ecs_page(region, cluster, &["services"])
}

fn ecs_page(region: &str, cluster: &str, page: &[&str]) -> Option<String> {
    let origin = origin(region)?;
    let is_address = is_name(cluster) && page.iter().all(|part| is_name(part));
    is_address.then(|| format!("{origin}/ecs/v2/clusters/{cluster}/{}?region={region}", page.join("/")))
}

/// The page of a log stream in the CloudWatch console.
pub(super) fn stream_page(region: &str, group: &str, stream: &str) -> Option<String> {
    let origin = origin(region)?;
    let (group, stream) = (twice_encoded(group), twice_encoded(stream));
    Some(format!(
        "{origin}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}/log-events/{stream}"
    ))
}

/// Where the console of a region is; `None` in partitions whose console has no public address.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>, read 2026-11.
fn origin(region: &str) -> Option<String> {
    let domain = match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn",
        government if government.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        european if european.starts_with("eusc-") => "console.amazonaws-eusc.eu",
        isolated if isolated.contains("-iso") => return None,
        _ => "console.aws.amazon.com",
    };
    is_name(region).then(|| format!("https://{region}.{domain}"))
}

/// Regions, clusters, services and task ids consist of these characters; nothing else may get into a link unescaped.
fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// As the CloudWatch console writes names after the `#`: percent-encoded twice, with `$` for the outer `%`.
fn twice_encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'-' | b'_' | b'.' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            // Writing to a text cannot fail.
            _ => write!(encoded, "$25{byte:02X}").unwrap_or_default(),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stop;

    fn urls(region: &str, cluster: &str) -> (Option<String>, Option<String>) {
        let task = format!("arn:aws:ecs:{region}:111122223333:task/{cluster}/0123abcd");
        let stop =
            stop::read(json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "region": region,
            "detail": {"lastStatus": "STOPPED", "taskArn": task, "group": "service:web",
            "clusterArn": format!("arn:aws:ecs:{region}:111122223333:cluster/{cluster}"),
            "containers": [{"name": "app", "exitCode": 1}]}}));
        let stop = stop.unwrap();
        (stop.task_url, stop.logs_url)
    }

    #[test]
    fn a_task_and_its_logs_have_addresses_in_each_partition() {
        for (region, host) in [
            ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
            ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
            ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
            ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
        ] {
            let page = |name: &str| {
                Some(format!("https://{host}/ecs/v2/clusters/prod/tasks/0123abcd/{name}?region={region}"))
            };
            assert_eq!(urls(region, "prod"), (page("configuration"), page("logs")));
        }
        for (region, cluster) in
            [("us-iso-east-1", "prod"), ("eu-west-1", "prod|<!channel>"), ("a.b/c?", "prod")]
        {
            assert_eq!(urls(region, cluster), (None, None), "{region} {cluster}");
        }
    }

    #[test]
    fn a_service_has_logs_and_no_task() {
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "region": "eu-west-1",
            "resources": ["arn:aws:ecs:eu-west-1:111122223333:service/prod/web"],
            "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED", "reason": "…"}});
        let stop = stop::read(event).unwrap();
        let logs = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/web/logs?region=eu-west-1";
        assert_eq!((stop.task_url, stop.logs_url.as_deref()), (None, Some(logs)));
    }

    #[test]
    fn a_streams_address_is_the_one_that_the_console_shows() {
        assert_eq!(
            stream_page("eu-west-1", "/ecs/web", "web/app/0123abcd").unwrap(),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/\
             $252Fecs$252Fweb/log-events/web$252Fapp$252F0123abcd"
        );
        assert!(
            stream_page("eu-west-1", "g", "[$LATEST] ü|<")
                .unwrap()
                .ends_with("/$255B$2524LATEST$255D$2520$25C3$25BC$257C$253C")
        );
        assert_eq!(stream_page("us-isob-east-1", "g", "s"), None);
    }
}
