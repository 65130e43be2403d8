//! The page of the ECS console that shows what stopped.
//!
//! Consoles of the partitions: <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>,
//! read 2026-11.

use super::stops::Stop;

/// Of the task, or of the service when there is none. `None` when a part is missing, or is no name that may stand in
/// an address.
pub(super) fn link(stop: &Stop) -> Option<String> {
    let name = |key| stop.text(key).filter(|text| is_name(text));
    let (region, cluster) = (name("region")?, name("cluster")?);
    let page = match (name("task_id"), name("service")) {
        (Some(task), _) => format!("tasks/{task}/configuration"),
        (None, Some(service)) => format!("services/{service}/health"),
        (None, None) => return None,
    };
    let domain = domain(region);
    Some(format!("https://{region}.{domain}/ecs/v2/clusters/{cluster}/{page}?region={region}"))
}

fn domain(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn",
        government if government.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// Regions, clusters, services and task ids are made of these; nothing else may get into markup unescaped.
fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
