//! Hints: what to check next, by category and cause. Rows of `reason`, `external` and `exit_code` that know better
//! bring their own.
//!
//! AWS's own runbook: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resolve-stopped-errors.html>

use crate::stop::kind::{Category, Cause};

/// A row without a cause matches every cause of its category, so it stands last.
#[rustfmt::skip]
const HINTS: &[(Category, Option<Cause>, &str)] = &[
    (Category::ImagePull, Some(Cause::Permission), "Let the execution role (on EC2: the instance role) pull from the repository (ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer) and check the repository policy; a private registry needs `repositoryCredentials`."),
    (Category::ImagePull, Some(Cause::NotFound), "Check that repository, tag and region exist: the tag may never have been pushed, or a lifecycle policy has expired it."),
    (Category::ImagePull, Some(Cause::Network), "Check the task's way to the registry: a public address or NAT, or endpoints for ecr.api, ecr.dkr and S3 that admit port 443 from the task's security group."),
    (Category::ImagePull, Some(Cause::RateLimit), "Log in to the registry, mirror the image into ECR, or use a pull-through cache."),
    (Category::ImagePull, Some(Cause::DiskFull), "Enlarge the disk (Fargate: `ephemeralStorage`), clean up images on the instance, or shrink the image."),
    (Category::ImagePull, Some(Cause::PlatformMismatch), "Build the image for the task's `runtimePlatform` (linux/amd64 or linux/arm64), or as a multi-platform image."),
    (Category::ImagePull, Some(Cause::Invalid), "Check the image reference in the task definition, and that the image has a format the runtime knows (no attestation in place of an image)."),
    (Category::ImagePull, Some(Cause::Timeout), "Check the task's way to the registry, and try the image on another zone: the pull was given up."),
    (Category::ImagePull, None, "Check that the image exists, that the execution role may pull it, and that the subnet reaches the registry; the message was cut or names no cause."),

    (Category::Secret, Some(Cause::Permission), "Let the execution role (not the task role) read the secret: secretsmanager:GetSecretValue or ssm:GetParameters, and kms:Decrypt for a key of your own."),
    (Category::Secret, Some(Cause::NotFound), "Check the name, ARN and region in `secrets[].valueFrom`: the secret or parameter does not exist there, or is being deleted."),
    (Category::Secret, Some(Cause::Network), "Check the task's way to Secrets Manager or Parameter Store: NAT, or endpoints for secretsmanager, ssm and kms that admit port 443 from the task's security group."),
    (Category::Secret, Some(Cause::RateLimit), "Too many tasks read secrets at once: start fewer at a time, or raise the service's throughput quota."),
    (Category::Secret, None, "Check that the secret exists, that the execution role may read it, and that the subnet reaches its service."),

    (Category::Logging, Some(Cause::Permission), "Let the execution role write logs: logs:CreateLogStream, logs:PutLogEvents, and logs:CreateLogGroup if `awslogs-create-group` is on."),
    (Category::Logging, Some(Cause::NotFound), "Create the log group in the region that `awslogs-region` names, or turn on `awslogs-create-group`."),
    (Category::Logging, Some(Cause::Network), "Check the task's way to CloudWatch Logs: NAT, or an endpoint for logs that admits port 443 from the task's security group."),
    (Category::Logging, Some(Cause::Timeout), "The log driver's check was given up: as a rule the subnet does not reach CloudWatch Logs; check NAT or the logs endpoint."),
    (Category::Logging, Some(Cause::Invalid), "Check `logConfiguration`: an option is missing, unknown or misspelt."),
    (Category::Logging, None, "Check `logConfiguration`, the execution role's permissions, and the way to the log service."),

    (Category::Storage, Some(Cause::DiskFull), "Free or enlarge the volume."),
    (Category::Storage, None, "Check the volume in the task definition: that it exists, that the task's role may use it, and that its network path is open."),

    (Category::Network, Some(Cause::RateLimit), "Too many interfaces were asked for at once; the service tries again. Start fewer tasks at a time if it goes on."),
    (Category::Network, Some(Cause::Permission), "Something forbids ECS to create the interface: check service control and tag policies, and the service-linked role."),
    (Category::Network, None, "Mostly passing, and the service tries again; if it goes on, check free addresses in the subnet, the interface limit of the instance type, and the agent."),

    (Category::Capacity, None, "Check free CPU, memory, GPUs and ports of the cluster's instances against what the task asks for, and whether the capacity provider can scale out."),

    (Category::ContainerStart, Some(Cause::NotFound), "Check entry point, command and working directory against what the image really contains; a volume mounted over them hides them."),
    (Category::ContainerStart, Some(Cause::Permission), "This is a file's mode, not IAM: make the entry point executable in the image (chmod +x) for the user it runs as."),
    (Category::ContainerStart, Some(Cause::PlatformMismatch), "Build the image for the task's `runtimePlatform` (linux/amd64 or linux/arm64)."),
    (Category::ContainerStart, Some(Cause::DiskFull), "The instance's container storage is full: clean up, enlarge it, or replace the instance."),
    (Category::ContainerStart, Some(Cause::Invalid), "The runtime refuses the container's configuration: check mounts (a directory over a file?), devices, limits and `linuxParameters`."),
    (Category::ContainerStart, None, "Read `container_reason` and `stopped_reason`, and try the image with the same command locally; on EC2 ecs-agent.log says more."),

    (Category::Platform, Some(Cause::Timeout), "The container runtime was too slow: check the instance's load and disk (burst credits), dockerd and containerd; on Fargate start again."),
    (Category::Platform, None, "Start again; if it goes on, check the VPC's DNS settings, ecs-agent.log on EC2, and the AWS Health Dashboard, or open a case with the task's ARN."),

    (Category::Oom, None, "Raise the container's memory limit or fix the leak; compare MemoryUtilized in Container Insights, and tell runtimes such as the JVM or Node.js about the limit."),
    (Category::AppError, None, "Read the container's last lines; the exit code is the application's own."),
    (Category::AppSignal, None, "Read the container's last lines, and find out who sent the signal or which instruction raised it."),
    (Category::AppCompleted, None, "Check whether the container was meant to end."),
    (Category::HealthCheck, None, "Compare the health check's settings with what the application answers, and with how long it takes to start."),
    (Category::Deployment, None, "Look at the stopped tasks of the new task definition: their reports say why the deployment did not become steady."),
    (Category::User, None, "Look up StopTask in CloudTrail to learn who it was, if that is a surprise."),
    (Category::Spot, None, "Keep a base of on-demand capacity if interruptions hurt."),
    (Category::Host, None, "Check what happened to the instance."),
    (Category::ServiceEvent, None, "Read the service's events, and the reports of its stopped tasks at that time."),
    (Category::Unknown, None, "Read the containers' last lines; exit codes can be missing when the host or the agent died, so check those, too."),
];

/// The hint for a category and cause.
pub(in crate::stop) fn find(category: Category, cause: Option<Cause>) -> &'static str {
    HINTS
        .iter()
        .find(|row| row.0 == category && (row.1.is_none() || row.1 == cause))
        .map_or("", |(_, _, hint)| hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATEGORIES: [Category; 19] = [
        Category::ImagePull,
        Category::Secret,
        Category::Logging,
        Category::Storage,
        Category::Network,
        Category::Capacity,
        Category::ContainerStart,
        Category::Platform,
        Category::Oom,
        Category::AppError,
        Category::AppSignal,
        Category::AppCompleted,
        Category::HealthCheck,
        Category::Deployment,
        Category::User,
        Category::Spot,
        Category::Host,
        Category::ServiceEvent,
        Category::Unknown,
    ];

    #[test]
    fn every_category_has_a_hint_without_a_cause() {
        for category in CATEGORIES {
            assert!(find(category, None).ends_with('.'), "{category:?}");
        }
    }

    #[test]
    fn no_row_is_hidden_by_one_before_it() {
        for (index, (category, cause, hint)) in HINTS.iter().enumerate() {
            assert_eq!(find(*category, *cause), *hint, "row {index}");
        }
    }
}
