//! Registries: a router's image that lies elsewhere than the others is often one of another stage.

use super::{ContainerView, TaskFindings};

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for container in &view.containers {
        check_form(findings, container);
    }
    for router in view.routers() {
        check_registry(findings, router);
    }
    let others = view.containers.iter().filter(|container| container.firelens().is_none());
    let mut hosts: Vec<&str> = others.filter_map(registry).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let [usual] = hosts.as_slice() else { return };
    for router in view.routers() {
        let Some(entry) = router.node.entry("image") else { continue };
        let Some(own) = registry(router).filter(|own| own != usual) else { continue };
        let message = format!("lies in {own}, and the other images of the task in {usual}");
        let instead = "nothing to do if it is meant: the execution role must be allowed to pull from there";
        findings.note(router.at(entry.line, "image"), message, instead);
    }
}

/// What Docker, or ECR's domain, refuses.
fn check_form(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let Some(entry) = container.node.entry("image") else { return };
    let Some(text) = entry.value.text().filter(|text| !text.contains(['$', '{', ' '])) else { return };
    let message = if text.starts_with("arn:") {
        format!("'{text}' is an ARN, not the address of an image")
    } else if text.trim() != text {
        "ends with a line end or a blank".to_owned()
    } else if has_two_tags(text) {
        format!("'{text}' has two tags")
    } else if let Some(digest) = wrong_digest(text) {
        format!("'{digest}' is not a digest: that is sha256: and 64 digits from 0 to f")
    } else if let Some(domain) = wrong_domain(text) {
        format!("ECR's hosts in that region end with {domain}")
    } else {
        return;
    };
    let instead = "write for example 111122223333.dkr.ecr.eu-west-1.amazonaws.com/ecs-router:1";
    findings.error(container.at_entry(entry), message, instead);
}

fn has_two_tags(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    name.split('@').next().is_some_and(|name| name.matches(':').count() > 1)
}

fn wrong_digest(text: &str) -> Option<&str> {
    let (_, digest) = text.split_once('@')?;
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!is_digest).then_some(digest)
}

/// The domain of ECR in the region of the image, where it has another one.
fn wrong_domain(text: &str) -> Option<&'static str> {
    let (_, rest) = text.split('/').next()?.split_once(".dkr.ecr.")?;
    let (region, domain) = rest.split_once('.')?;
    let wanted = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let is_usual = !region.contains("iso") && !region.starts_with("eusc-");
    (is_usual && domain != wanted).then_some(wanted)
}

/// A name without a host is one of Docker Hub, where nobody has pushed this project's image.
fn check_registry(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(entry) = router.node.entry("image") else { return };
    let Some(text) = entry.value.text().filter(|text| text.starts_with("ecs-router")) else { return };
    if text.contains('/') {
        return;
    }
    let message = format!("'{text}' has no registry, so that ECS pulls it from Docker Hub");
    findings.note(router.at(entry.line, "image"), message, "write the registry that it was pushed to");
}

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, of an image in ECR.
fn registry<'t>(container: &ContainerView<'t>) -> Option<&'t str> {
    let image = container.node.text_of("image")?;
    let (host, _) = image.split_once('/')?;
    (host.contains(".dkr.ecr.") && !host.contains(['$', '{', '<'])).then_some(host)
}

#[cfg(test)]
mod tests {
    use crate::check::check_deployment;
    use crate::check::task::tests::{assert_says, said, task};
    use crate::config::read_as;

    fn of(registry: &str) -> Vec<String> {
        let text = task("", "", "")
            .replace("web:1", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1")
            .replace("ecs-router:1", &format!("{registry}.dkr.ecr.eu-west-1.amazonaws.com/ecs-router:1"));
        check_deployment(vec![read_as("x", &text)]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn addresses_that_nobody_can_pull_from_are_errors() {
        let host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        for (image, part) in [
            ("arn:aws:ecr:eu-west-1:111122223333:repository/web".to_owned(), "is an ARN"),
            (format!("{host}/web:1:2"), "has two tags"),
            (format!("{host}/web@sha256:abc"), "is not a digest"),
            (format!("{host}.cn/web:1"), "end with amazonaws.com"),
            (format!("{host}/web:1\\n"), "ends with a line end"),
        ] {
            assert_says(&task("", "", "").replace("web:1", &image), "error", part);
        }
        let digest = format!("{host}/web@sha256:{}", "0".repeat(64));
        assert_eq!(said(&task("", "", "").replace("web:1", &digest)), [""; 0]);
    }

    #[test]
    fn an_image_from_elsewhere_is_worth_a_note() {
        let found = of("444455556666");
        assert!(
            matches!(found.as_slice(), [one] if one.contains("note: container log_router: image: lies in 4444")),
            "{found:?}"
        );
        assert_eq!(of("111122223333"), [""; 0]);
    }
}
