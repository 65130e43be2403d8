//! Takes off what the layers between ECS and the cause wrap around a reason, so that a short quote keeps its point.

/// Beginnings that say which layer speaks and nothing else, each followed by a colon; a `*` stands for anything but one.
#[rustfmt::skip]
const LAYERS: [&str; 29] = [
    "Error response from daemon", "failed to create task for container", "failed to create shim task", "OCI runtime create failed",
    "runc create failed", "unable to start container process", "error during container init", "container_linux.go*",
    "starting container process caused", "process_linux.go*", "rootfs_linux.go*", "standard_init_linux.go*", "container init caused",
    "failed to create new container runtime task", "failed to create new container runtime container", "execution resource retrieval failed",
    "service call has been retried *", "pull image manifest has been retried *", "ref pull has been retried *",
    "create stream has been retried *", "driver failed programming external connectivity on endpoint *", "API error (*)",
    "resource cannot be initialized for task *", "(service *) was unable to place a task. Reason",
    "Unexpected EC2 error while attempting to *", "container resource provisioning", "failed to setup network namespace",
    "cni setup", "invalid header field value *",
];
/// Beginnings of sentences that name no cause either, to be taken off only where the text is too long as it is.
const OUTER: [&str; 7] = [
    "failed to ",
    "unable to ",
    "Unable to ",
    "error ",
    "Error ",
    "stderr",
    "inspect image has been retried ",
];

/// What comes before the point of a sentence, as far as its beginning and its end are known.
const BEGINNINGS: [(&str, &str); 5] = [
    ("(service ", "was unable to place a task because no container instance met all of its requirements. "),
    ("Service deployment rolled back because of ", "because of "),
    ("error running hook #", "stderr: "),
    ("error running prestart hook #", "stderr: "),
    ("Auto-detected mode as ", "'legacy'"),
];

/// `reason` without its layers and, where it is longer than `max_chars`, without what wraps the innermost statement.
pub(in crate::stop) fn strip(reason: &str, max_chars: usize) -> &str {
    let mut rest = without_layers(reason);
    while rest.chars().count() > max_chars {
        let Some(inner) = inner(rest) else { break };
        rest = without_layers(inner);
    }
    rest
}

fn without_layers(reason: &str) -> &str {
    let mut rest = without_beginning(reason.trim());
    while let Some(inner) = below_layer(rest) {
        rest = without_beginning(inner);
    }
    rest
}

fn without_beginning(reason: &str) -> &str {
    let mut rest = reason;
    while let Some((_, end)) = BEGINNINGS.iter().find(|(start, _)| rest.starts_with(start))
        && let Some((_, inner)) = rest.split_once(end)
    {
        rest = inner.trim_start();
    }
    rest
}

/// What is below the outermost layer. The name of an error is one where a layer follows it, else the statement.
fn below_layer(reason: &str) -> Option<&str> {
    let (first, inner) = reason.split_once(": ")?;
    let inner = inner.trim_start();
    let is_wrapper = LAYERS.iter().any(|layer| is_layer(layer, first))
        || is_error_name(first) && below_layer(inner).is_some();
    (is_wrapper && !inner.is_empty()).then_some(inner)
}

fn is_layer(layer: &str, text: &str) -> bool {
    match layer.split_once('*') {
        Some((start, end)) => text.starts_with(start) && text.ends_with(end),
        None => text == layer,
    }
}

fn is_error_name(text: &str) -> bool {
    text.ends_with("Error") && !text.contains(' ')
}

fn inner(reason: &str) -> Option<&str> {
    let (first, inner) = reason.split_once(": ")?;
    let is_outer = is_error_name(first) || OUTER.iter().any(|start| first.starts_with(start));
    (is_outer && inner.trim().chars().count() > 8).then_some(inner.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_is_kept() {
        for (reason, point) in [
            (
                "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error setting rlimit type 7: operation not permitted: unknown",
                "error setting rlimit type 7: operation not permitted: unknown",
            ),
            (
                "CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on endpoint ecs-web-42-app (9c81): Bind for 0.0.0.0:8080 failed: port is already allocated",
                "Bind for 0.0.0.0:8080 failed: port is already allocated",
            ),
            ("InternalError: an internal error occurred", "InternalError: an internal error occurred"),
            ("RESOURCE:CPU", "RESOURCE:CPU"),
            (
                "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching container-instance i-1 is low on CPU",
                "The closest matching container-instance i-1 is low on CPU",
            ),
            (
                "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
                "InsufficientFreeAddressesInSubnet",
            ),
            ("Service deployment rolled back because of one alarm", "one alarm"),
            (
                "OCI runtime create failed: error running hook #0: error running hook: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'\nnvidia-container-cli: initialization error: driver rpc error: timed out",
                "nvidia-container-cli: initialization error: driver rpc error: timed out",
            ),
            ("Error response from daemon: ", "Error response from daemon:"),
            ("", ""),
        ] {
            assert_eq!(strip(reason, 70), point, "{reason}");
        }
    }

    #[test]
    fn a_short_text_keeps_the_name_of_its_error() {
        let reason =
            "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m";
        assert_eq!(strip(reason, 120), reason);
        assert_eq!(strip("CannotStartContainerError: Error response from daemon: no", 120), "no");
    }
}
