//! Registries: a router's image that lies elsewhere than the others is often one of another stage.

use super::{ContainerView, TaskFindings};
use crate::config::Node;

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
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
        findings.container_note(router, entry.line, "image", message, instead);
    }
}

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, of an image in ECR.
fn registry<'t>(container: &ContainerView<'t>) -> Option<&'t str> {
    let image = container.node.get("image").and_then(Node::text)?;
    let (host, _) = image.split_once('/')?;
    (host.contains(".dkr.ecr.") && !host.contains(['$', '{', '<'])).then_some(host)
}

#[cfg(test)]
mod tests {
    use crate::check::check_deployment;
    use crate::check::task::tests::task;
    use crate::config::read_as;

    fn of(registry: &str) -> Vec<String> {
        let text = task("", "", "")
            .replace("web:1", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1")
            .replace("ecs-router:1", &format!("{registry}.dkr.ecr.eu-west-1.amazonaws.com/ecs-router:1"));
        check_deployment(vec![read_as("x", &text)]).iter().map(ToString::to_string).collect()
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
