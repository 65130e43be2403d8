//! Takes names out of ARNs and image references, in their old and new forms. Knows no event.
//!
//! Task ARNs of before 2018 carry no cluster name, so the last segment is the only one to rely on:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids>

/// The last segment: a task's id, a cluster's, service's or daemon's name, `family:revision`.
pub(super) fn name(arn: &str) -> Option<&str> {
    let last = arn.rsplit('/').next().unwrap_or(arn);
    (!last.is_empty()).then_some(last)
}

/// The cluster in `…:service/<cluster>/<name>`; absent in the old form.
pub(super) fn cluster(arn: &str) -> Option<&str> {
    let mut segments = arn.rsplit('/').skip(1);
    let cluster = segments.next()?;
    segments.next().is_some().then_some(cluster).filter(|name| !name.is_empty())
}

/// Region or account: the fourth and fifth part of `arn:partition:service:region:account:…`.
pub(super) fn part(arn: &str, index: usize) -> Option<&str> {
    arn.strip_prefix("arn:")?;
    arn.split(':').nth(index).filter(|part| !part.is_empty())
}

/// The repository in `registry:port/name:tag@digest`: without tag and digest.
pub(super) fn repository(image: &str) -> &str {
    let without_digest = image.split('@').next().unwrap_or(image);
    match without_digest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => without_digest,
    }
}

/// The repository without its registry's host.
pub(super) fn path_in_registry(image: &str) -> &str {
    let repository = repository(image);
    let with_host = repository.split_once('/').filter(|(host, _)| host.contains(['.', ':']));
    with_host.map_or(repository, |(_, path)| path)
}

/// The tag in `registry:port/name:tag@digest`.
#[must_use]
pub fn image_tag(image: &str) -> Option<&str> {
    let without_digest = image.split('@').next()?;
    let (_, tag) = name(without_digest)?.split_once(':')?;
    (!tag.is_empty()).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_without_tag_digest_and_host() {
        for (image, expected, path) in [
            ("side:5", "side", "side"),
            ("side@sha256:0a", "side", "side"),
            ("localhost:5000/team/side:5@sha256:0a", "localhost:5000/team/side", "team/side"),
            ("ghcr.io/team/side", "ghcr.io/team/side", "team/side"),
        ] {
            assert_eq!((repository(image), path_in_registry(image)), (expected, path));
        }
    }

    #[test]
    fn names_of_old_and_new_arns() {
        assert_eq!(name("arn:aws:ecs:us-east-1:1:task/prod/0123abcd"), Some("0123abcd"));
        assert_eq!(name("arn:aws:ecs:us-east-1:1:task/0123-abcd"), Some("0123-abcd"));
        assert_eq!(name("arn:aws:ecs:us-east-1:1:task-definition/web:7"), Some("web:7"));
        assert_eq!(name("prod"), Some("prod"));
        assert_eq!(name("arn:aws:ecs:us-east-1:1:task/"), None);
    }

    #[test]
    fn a_cluster_only_where_there_is_one() {
        assert_eq!(cluster("arn:aws:ecs:us-east-1:1:service/prod/web"), Some("prod"));
        assert_eq!(cluster("arn:aws:ecs:us-east-1:1:service/web"), None);
        assert_eq!(cluster("web"), None);
    }

    #[test]
    fn region_and_account() {
        assert_eq!(part("arn:aws-cn:ecs:cn-north-1:111122223333:task/x", 3), Some("cn-north-1"));
        assert_eq!(part("arn:aws:ecs:us-east-1", 4), None);
        assert_eq!(part("task/x", 0), None);
    }

    #[test]
    fn tags_of_images() {
        assert_eq!(image_tag("nginx:1.27"), Some("1.27"));
        assert_eq!(image_tag("registry.local:5000/team/web:v42@sha256:7110eb63"), Some("v42"));
        assert_eq!(image_tag("registry.local:5000/team/web"), None);
        assert_eq!(image_tag("web@sha256:7110eb63"), None);
        assert_eq!(image_tag(""), None);
    }
}
