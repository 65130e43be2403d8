use super::*;
use crate::stop::catalogue::{cause, hint};
use crate::stop::kind::Cause;

/// Wordings as they were reported, most of them cut as Fargate cuts them, and a part of the hint.
#[rustfmt::skip]
const REPORTED: &[(&str, Category, Option<Cause>, &str)] = &[
    ("OutOfMemoryError: Container killed due to memory usage", Category::Oom, None, "memory limit or fix the leak"),
    ("OutOfMemoryError: container killed due to memory usage", Category::Oom, None, "memory limit or fix the leak"),
    ("CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: container init was OOM-killed (memory limit too low?): unknown", Category::Oom, None, "memory limit or fix the leak"),

    ("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 123456789012.dkr.ecr.us-east-1.amazonaws.com/api:v42: 123456789012.dkr.ecr.us-east-1.amazonaws.com/api:v42: not found", Category::ImagePull, Some(Cause::NotFound), "expired it"),
    ("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 123456789012.dkr.ecr.us-east-1.amazonaws.com/api:v42: failed to do request: Head \"https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/api/manifests/v42\": dial tcp 52.94.1.2:443: i/o timeout", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.eu-central-1.amazonaws.com/agent:v1: unexpected status from HEAD request to https://111122223333.dkr.ec", Category::ImagePull, None, "the message does not say which"),
    ("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.eu-central-1.amazonaws.com/agent:v1: unexpected status from HEAD request to https://111122223333.dkr.ecr.eu-central-1.amazonaws.com/v2/agent/manifests/v1: 403 Forbidden", Category::ImagePull, Some(Cause::Permission), "ecr:BatchGetImage"),
    ("CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref ghcr.io/team/api:latest: failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized", Category::ImagePull, Some(Cause::Permission), "`repositoryCredentials`"),
    ("CannotPullContainerError: failed to resolve ref docker.io/library/nginx:latest: failed to authorize: failed to fetch anonymous token: Get \"https://auth.docker.io/token\": dial tcp 44.1.2.3:443: i/o timeout", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'", Category::ImagePull, Some(Cause::PlatformMismatch), "multi-platform image"),
    ("CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: unexpected status code https://", Category::ImagePull, None, "the message does not say which"),
    ("CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer sha256:7c52: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/86/fs: no space left on device: unknown", Category::ImagePull, Some(Cause::DiskFull), "`ephemeralStorage`"),
    ("CannotPullContainerError: ref pull has been retried 1 time(s): failed to unpack image on snapshotter overlayfs: failed to extract layer sha256:c023: failed to get stream processor for application/vnd.in-toto+json: no processor for media-type: unknown", Category::ImagePull, Some(Cause::Invalid), "attestation"),
    ("CannotPullContainerError: The task cannot pull 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1 from the registry. There is a connection issue between the task and the registry. Check your task network configuration. : failed to copy: httpRe", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullContainerError: The task can’t pull the image. Check that the role has the permissions to pull images from the registry. Error response from daemon: pull access denied for 111122223333.dkr.ecr.us-east-1.amazonaws.com/web, repository does not exist or may require 'docker login': denied: User: arn:aws:sts::111122223333:assumed-role/r/i is not authorized to perform: ecr:BatchGetImage", Category::ImagePull, Some(Cause::Permission), "ecr:BatchGetImage"),
    ("CannotPullContainerError: The task can’t pull the image. Check whether the image exists. Error response from daemon: pull access denied for web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", Category::ImagePull, Some(Cause::NotFound), "expired it"),
    ("CannotPullContainerError: The task can’t pull the image. Check your network configuration. Error response from daemon: Get https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while waiting for connection", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullContainerError: Error response from daemon: pull access denied for web, repository does not exist or may require 'docker login'", Category::ImagePull, Some(Cause::Permission), "ecr:BatchGetImage"),
    ("CannotPullImageManifestError: Error response from daemon: manifest for registry.local/web:9 not found: manifest unknown: manifest unknown", Category::ImagePull, Some(Cause::NotFound), "expired it"),
    ("CannotPullImageManifestError: Error response from daemon: toomanyrequests: Request exceeded pull rate limit for IP 203.0.113.7", Category::ImagePull, Some(Cause::RateLimit), "pull-through cache"),
    ("CannotPullContainerError: inspect image has been retried 1 time(s): httpReaderSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/nginx/manifests/sha256:1: 429 Too Many Requests", Category::ImagePull, Some(Cause::RateLimit), "pull-through cache"),
    ("CannotPullContainerError: API error (404): repository web not found", Category::ImagePull, Some(Cause::NotFound), "expired it"),
    ("CannotPullContainerError: API error (500): Get https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while waiting for connection", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullContainerError: failed to register layer: Error processing tar file(exit status 1): write /tmp/my_large_file: no space left on device", Category::ImagePull, Some(Cause::DiskFull), "`ephemeralStorage`"),
    ("CannotPullContainerError: Error response from daemon: Get \"https://111122223333.dkr.ecr.us-west-2.amazonaws.commm/v2/\": dial tcp: lookup 111122223333.dkr.ecr.us-west-2.amazonaws.commm on 10.0.0.2:53: no such host", Category::ImagePull, Some(Cause::Network), "VPC's DNS"),
    ("CannotPullContainerError: containerd: pull command failed: panic: runtime error: invalid memory address or nil pointer dereference", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullContainerError: context canceled", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/r/i is not authorized to perform: ecr:GetAuthorizationToken on resource: *", Category::ImagePull, Some(Cause::Permission), "ecr:GetAuthorizationToken"),
    ("Task failed to reach RUNNING status: CannotPullContainerError: pull image manifest has been retried 5 time(s)", Category::ImagePull, None, "the message does not say which"),

    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post \"https://api.ecr.us-east-2.amazonaws.com/\": dial tcp 10.0.0.1:443: i/o timeout", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken", Category::ImagePull, Some(Cause::Network), "endpoints for ecr.api"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 1, api error AccessDeniedException", Category::ImagePull, Some(Cause::Permission), "ecr:GetAuthorizationToken"),

    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: User: arn:aws:sts::1:assumed-role/r/i is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-east-1:1:parameter/x", Category::Secret, Some(Cause::Permission), "ssm:GetParameters"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network configuration.", Category::Secret, Some(Cause::Network), "endpoints for ssm"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: operation error SSM: GetParameters, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded", Category::Secret, Some(Cause::Network), "endpoints for ssm"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: invalid ssm parameters: /path/name", Category::Secret, Some(Cause::NotFound), "there is no such secret"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:1:secret:x from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 0, ResourceNotFoundException: Secrets Manager can't find the specified secret.", Category::Secret, Some(Cause::NotFound), "there is no such secret"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key API_KEY", Category::Secret, Some(Cause::NotFound), "key that `valueFrom` names"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to get registry auth from asm: service call has been retried 1 time(s): AccessDeniedException", Category::Secret, Some(Cause::Permission), "secretsmanager:GetSecretValue"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: : signal: killed", Category::Secret, None, "the subnet reaches neither"),
    ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retr", Category::Secret, None, "execution role may read it, and"),
    ("Fetching secret data from AWS Secrets Manager in region eu-west-1: secret arn:aws:secretsmanager:eu-west-1:1:secret:x: AccessDeniedException: User: arn:aws:sts::1:assumed-role/r/i is not authorized to perform: secretsmanager:GetSecretValue on resource: x status code: 400", Category::Secret, Some(Cause::Permission), "secretsmanager:GetSecretValue"),
    ("Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /demo/dev/KEY", Category::Secret, Some(Cause::NotFound), "there is no such secret"),
    ("ResourceNotFoundException: The task can't retrieve the secret with ARN 'arn:x' from AWS Secrets Manager. Check whether the secret exists in the specified Region.", Category::Secret, Some(Cause::NotFound), "there is no such secret"),

    ("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, AccessDeniedException: User: arn:x is not authorized to perform: logs:CreateLogStream on resource: arn:y : exit status 1", Category::Logging, Some(Cause::Permission), "logs:CreateLogStream"),
    ("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1", Category::Logging, Some(Cause::NotFound), "`awslogs-create-group`"),
    ("ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed", Category::Logging, Some(Cause::Network), "endpoint for logs"),
    ("ResourceInitializationError: failed to validate logger args: : signal: killed", Category::Logging, None, "does not reach CloudWatch Logs"),
    ("ResourceInitializationError: failed to validate logger args: unable to get awslogs driver arguments: awslogs-region is required", Category::Logging, Some(Cause::Invalid), "misspelt"),
    ("CannotStartContainerError: ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ResourceNotFoundException: The specified log group does not exist.", Category::Logging, Some(Cause::NotFound), "`awslogs-create-group`"),
    ("CannotStartContainerError: ResourceInitializationError: failed to initialize logging driver: failed to get fluentd log driver arguments: logging driver specified of container app, but no log configuration specified", Category::Logging, Some(Cause::Invalid), "Give the log driver its option"),
    ("CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.", Category::Logging, Some(Cause::NotFound), "`awslogs-create-group`"),
    ("CannotStartContainerError: Error response from daemon: failed to initialize logging driver: dial unix /var/run/fluent.sock: connect: no such file or directory", Category::Logging, Some(Cause::NotFound), "log router was not there"),
    ("CannotStartContainerError: API error (500): failed to initialize logging driver: dial tcp 127.0.0.1:24224: getsockopt: connection refused", Category::Logging, Some(Cause::Network), "log router was not there"),

    ("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection reset by peer' : unsuccessful EFS utils command execution; code: 32", Category::Storage, Some(Cause::Network), "port 2049"),
    ("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0e4a.efs.us-east-1.amazonaws.com\" - check that your file system ID is correct", Category::Storage, Some(Cause::Network), "DNS resolution"),
    ("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'", Category::Storage, Some(Cause::Permission), "Let the task role mount the fi"),
    ("ResourceInitializationError: failed to download env files: service call has been retried 1 time(s): operation error S3: HeadObject, https response error StatusCode: 403, api error Forbidden: Forbidden.", Category::Storage, Some(Cause::Permission), "s3:GetObject on it"),
    ("ResourceInitializationError: failed to download env files: file download command: non-empty error stream: RequestCanceled: request context cancelled caused by: context deadline exceeded", Category::Storage, Some(Cause::Network), "Give the subnet a route to S3, w"),
    ("CannotCreateContainerError: failed to copy file info for /var/lib/ecs/volumes/ecs-data: failed to chown /var/lib/ecs/volumes/x: operation not permitted", Category::Storage, Some(Cause::Permission), "directory's owner"),
    ("CannotStartContainerError: API error (500): error while mounting volume '/var/lib/docker/plugins/2ec1/rootfs': VolumeDriver.Mount: Mount failed, get service member error Timeout", Category::Storage, Some(Cause::Timeout), "volume's plugin"),
    ("Timeout waiting for EphemeralStorage provisioning to complete.", Category::Storage, Some(Cause::Timeout), "AWS could not provide the disk"),

    ("Timeout waiting for network interface provisioning to complete.", Category::Network, Some(Cause::Timeout), "free addresses and the AWS"),
    ("Network interface provision complete error timeout wait for network interface provision.", Category::Network, Some(Cause::Timeout), "free addresses and the AWS"),
    ("Rate limit exceeded while preparing network interface to be attached to instance", Category::Network, Some(Cause::RateLimit), "Too many interfaces"),
    ("Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-1'", Category::Network, None, "what the text names"),
    ("Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': InsufficientFreeAddressesInSubnet", Category::Network, None, "run out of free addresses"),
    ("Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation", Category::Network, Some(Cause::Permission), "Something forbids ECS to creat"),
    ("ResourceInitializationError: failed to configure ENI: failed to setup regular eni: netplugin failed with no error message", Category::Network, None, "network could not be set up"),
    ("Unable to attach network interface to unused device index", Category::Network, None, "No network interface is left o"),
    ("TaskFailedToStart: RESOURCE:ENI", Category::Capacity, None, "No network interface is left o"),

    ("TaskFailedToStart: RESOURCE:CPU", Category::Capacity, None, "free CPU: lower"),
    ("TaskFailedToStart: AGENT", Category::Capacity, None, "agent on the container instance is disconnected"),
    ("AGENT", Category::Capacity, None, "agent on the container instance is disconnected"),
    ("TaskFailedToStart: ATTRIBUTE", Category::Capacity, None, "placement constraints"),
    ("TaskFailedToStart: EMPTY CAPACITY PROVIDER", Category::Capacity, None, "The cluster has no instance fo"),
    ("The selected task definition is not compatible with the selected compute strategy", Category::Capacity, Some(Cause::Invalid), "`requiresCompatibilities`"),
    ("Capacity is unavailable at this time. Please try again later or in a different availability zone", Category::Capacity, None, "AWS had no capacity"),

    ("CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/home/app/run.py\": permission denied: unknown", Category::ContainerStart, Some(Cause::Permission), "chmod +x"),
    ("CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"python\": executable file not found in $PATH", Category::ContainerStart, Some(Cause::NotFound), "the command is not there"),
    ("CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: OCI runtime create failed: container_linux.go:370: starting container process caused: exec: \"/opt/run.sh\": stat /opt/run.sh...no such file or direct...", Category::ContainerStart, Some(Cause::NotFound), "the command is not there"),
    ("CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: error mounting \"/var/lib/x/volumes/1/api\" to rootfs at \"/app/settings.json\": not a directory", Category::ContainerStart, Some(Cause::Invalid), "Mount a file onto a file or a "),
    ("CannotStartContainerError: Error response from daemon: error gathering device information while adding custom device \"/dev/dri/renderD130\": no such file or directory", Category::ContainerStart, Some(Cause::NotFound), "Create what the mount or devic"),
    ("CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on endpoint ecs-web: Bind for 0.0.0.0:8080 failed: port is already allocated", Category::ContainerStart, None, "holds the host port"),
    ("CannotCreateContainerError: API error (500): devmapper: Thin Pool has 4350 free data blocks which is less than minimum required", Category::ContainerStart, Some(Cause::DiskFull), "`ephemeralStorage`"),
    ("CannotStartContainerError: exec /app: exec format error", Category::ContainerStart, Some(Cause::PlatformMismatch), "`runtimePlatform`"),
    ("CannotStartContainerError: Error response from dae", Category::ContainerStart, None, "same command locally"),

    ("CannotStartContainerError: Error response from daemon: context deadline exceeded", Category::Platform, Some(Cause::Timeout), "container runtime was too slow"),
    ("ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: <reason>", Category::Platform, Some(Cause::Timeout), "container runtime was too slow"),
    ("DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s", Category::Platform, Some(Cause::Timeout), "container runtime was too slow"),
    ("CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s", Category::Platform, Some(Cause::Timeout), "container runtime was too slow"),
    ("InternalError: unexpected", Category::Platform, None, "AWS Health Dashboard"),
    ("ResourceInitializationError: something new", Category::Platform, None, "AWS Health Dashboard"),
    ("TaskStateError: Agent could not progress task's state to stopped", Category::Platform, None, "gave no answer"),
    ("ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task. Please verify that the role being passed has the proper trust relationship", Category::Platform, Some(Cause::Permission), "ecs-tasks.amazonaws.com"),
];

#[test]
fn reported_wordings() {
    for (text, category, cause, word) in REPORTED {
        let statements = [normalize(text)];
        let found =
            find(&statements).map(|(rule, statement)| (rule.category, cause::find(rule.category, statement)));
        assert_eq!(found, Some((*category, *cause)), "{text}");
        let hint = hint::find(*category, *cause, &statements);
        assert!(hint.contains(word), "{text}: {hint}");
    }
}

#[test]
fn what_no_rule_knows() {
    for text in [
        "",
        "Essential container in task exited",
        "Task failed to start",
        "the agent said hello",
        "on resource: arn:aws:x",
    ] {
        assert!(find(&[normalize(text)]).is_none(), "{text}");
    }
}

#[test]
fn words_are_lower_case() {
    for rule in RULES {
        assert!(rule.patterns.iter().all(|words| **words == words.to_lowercase()), "{rule:?}");
    }
}

#[test]
fn hollow_words_are_known() {
    for text in [
        "Essential container in task exited",
        "task failed to start.",
        "CannotStopContainerError: x",
        "TaskFailedToStart",
    ] {
        assert!(is_uninformative(&normalize(text)), "{text}");
    }
}

#[test]
fn what_repeats_the_stop_code_is_taken_off() {
    for (text, bare) in [
        ("Essential container in task exited", ""),
        (
            "Essential container in task exited - OutOfMemoryError: Container killed",
            "outofmemoryerror: container killed",
        ),
        ("TaskFailedToStart: Task failed to start: AGENT.", "agent"),
        ("the task failed to start", "the task failed to start"),
    ] {
        assert_eq!(normalize(text), bare);
    }
}

#[test]
fn a_huge_text_is_cut() {
    assert_eq!(normalize(&"Ä".repeat(1_000_000)).chars().count(), MAX_REASON_CHARS);
}
