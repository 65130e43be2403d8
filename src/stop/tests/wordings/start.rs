//! What keeps a task from starting: images, secrets, logging, storage.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Agent, Container, Ebs, Fargate, NoContainers};
use Category::{ImagePull, Logging, Secret, Storage};
use Cause::{DiskFull, Invalid, Network, NotFound, Permission, PlatformMismatch, Quota, RateLimit, Timeout};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    // Images.
    (Container, "CannotPullContainerError: Error response from daemon: unauthorized", ImagePull, Some(Permission), "pull"),
    (Container, "CannotPullImageManifestError: Error response from daemon: Head \"https://ghcr.io/v2/acme/api/manifests/7\": unauthorized", ImagePull, Some(Permission), "pull"),
    (Fargate, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref registry.acme.io/api:7: unexpected status from HEAD request: unauthorized", ImagePull, Some(Permission), "pull"),
    (Container, "CannotPullECRContainerError: engine ecr credentials: not found", ImagePull, Some(Permission), "role"),
    (Container, "CannotPullContainerAuthError: engine docker private registry credentials: not found", ImagePull, Some(Permission), "repositoryCredentials"),
    (Container, "CannotPullContainerError: Error response from daemon: no matching manifest for windows/amd64 10.0.17763 in the manifest list entries", ImagePull, Some(PlatformMismatch), "Windows"),
    (Container, "CannotPullContainerError: Error response from daemon: a Windows version 10.0.26100-based image is incompatible with a 10.0.20348 host", ImagePull, Some(PlatformMismatch), "Windows"),
    (Container, "CannotPullContainerError: Error response from daemon: image operating system \"windows\" cannot be used on this platform: operating system is not supported", ImagePull, Some(PlatformMismatch), "runtimePlatform"),
    (Container, "CannotPullContainerError: Error response from daemon: image with reference acme/api:7 was found but does not match the specified platform: wanted linux/amd64, actual: linux/arm64", ImagePull, Some(PlatformMismatch), "runtimePlatform"),
    (Fargate, "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/ab12/3344?X-Amz-Security-Token=x: 403 Forbidden", ImagePull, Some(Permission), "starport-layer-bucket"),
    (Fargate, "CannotPullContainerError: failed to resolve ref 111122223333.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/library/nginx:1: User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: ecr:BatchImportUpstreamImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/docker-hub/library/nginx", ImagePull, Some(Permission), "ecr:BatchImportUpstreamImage"),
    (Container, "CannotPullContainerError: Error response from daemon: Head \"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/v2/quay/acme/api/manifests/7\": denied: User is not authorized to perform: ecr:CreateRepository", ImagePull, Some(Permission), "ecr:CreateRepository"),
    (Container, "CannotPullContainerError: Error response from daemon: Get \"https://registry.acme.internal/v2/\": x509: certificate signed by unknown authority", ImagePull, Some(Network), "certificate"),
    (Fargate, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref registry.acme.internal/api:7: failed to do request: Head \"https://registry.acme.internal/v2/api/manifests/7\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid", ImagePull, Some(Network), "certificate"),
    (Container, "CannotPullContainerError: Error response from daemon: [DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 support is disabled by default and will be removed in an upcoming release", ImagePull, Some(Invalid), "schema"),
    (Fargate, "CannotPullContainerError: ref pull has been retried 1 time(s): media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is no longer supported since containerd v2.1", ImagePull, Some(Invalid), "schema"),
    (Fargate, "CannotPullContainerError: failed to decrypt layer: AccessDeniedException: User is not authorized to perform: kms:Decrypt on the KMS key of the repository", ImagePull, Some(Permission), "kms:Decrypt"),
    (Container, "CannotPullContainerError: Error response from daemon: failed to register layer: write /usr/lib/libLLVM.so: no space left on device", ImagePull, Some(DiskFull), "disk"),
    (Container, "CannotPullContainerError: Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit", ImagePull, Some(RateLimit), "pull-through"),
    (Container, "CannotPullContainerError: failed to find a repo digest matching 'acme/api:7'", ImagePull, Some(NotFound), "tag"),
    (Container, "CannotPullContainerError: Error parsing reference: \"Acme/API:7\" is not a valid repository/tag: invalid reference format: repository name must be lowercase", ImagePull, Some(Invalid), "reference"),
    (Fargate, "CannotPullContainerError: The task cannot pull the image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/api:7: LimitExceededException: The number of images in the repository exceeds the quota", ImagePull, Some(Quota), "quota"),

    // Secrets.
    (Agent, "trying to retrieve secret with value prod/db resulted in error: an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.", Secret, Some(Invalid), "ARN"),
    (Agent, "could not find a secretsmanager secretID from value arn:aws:secretsmanager:eu-west-1:111122223333:secret", Secret, Some(Invalid), "ARN"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: unexpected ARN format with parameters when trying to retrieve ASM secret", Secret, Some(Invalid), "ARN"),
    (Agent, "ASM secret resource: unable to find execution role credentials", Secret, Some(Permission), "execution role"),
    (Agent, "ssm secret resource: unable to find execution role credentials", Secret, Some(Permission), "execution role"),
    (Agent, "unable to create SSM client in eu-west-1: operation error STS: AssumeRole", Secret, None, "secret"),
    (Agent, "asm fetching secret from the service for prod/registry: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/x/i is not authorized to perform: secretsmanager:GetSecretValue", Secret, Some(Permission), "execution role"),
    (Agent, "asm fetching authorization data: unable to unmarshal secret value, invalid schema", Secret, Some(Invalid), "username"),
    (Agent, "asm fetching username: AuthorizationData is malformed, empty field", Secret, Some(Invalid), "username"),
    (Container, "DockerClientConfigError: task secret data: unable to fetch SSM Secrets resource", Secret, None, "secret"),
    (Agent, "fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /prod/db/password,/prod/db/user", Secret, Some(NotFound), "valueFrom"),
    (Agent, "fetching secret data from SSM Parameter Store in eu-west-1: operation error SSM: GetParameters, https response error StatusCode: 400, ValidationException: Invalid name. Must be a valid name containing alphanumeric characters", Secret, Some(Invalid), "valueFrom"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: api error AccessDeniedException: Access to KMS is not allowed", Secret, Some(Permission), "kms:Decrypt"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: api error InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.", Secret, Some(Invalid), "deletion"),
    (Fargate, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: ThrottlingException: Rate exceeded", Secret, Some(RateLimit), "throughput"),
    (Agent, "credentialspec resource: unable to find execution role credentials", Secret, Some(Permission), "gMSA"),
    (Agent, "unsupported credentialspec ARN, only s3/ssm ARNs are valid", Secret, Some(Invalid), "gMSA"),
    (Agent, "failed to retrieve credentials for domainless gMSA user arn:aws:secretsmanager:eu-west-1:111122223333:secret:gmsa: ResourceNotFoundException", Secret, Some(NotFound), "gMSA"),

    // Logging.
    (Agent, "unable to download firelens s3 config file: unable to download s3 config conf/extra.conf from bucket acme-config: operation error S3: GetObject, https response error StatusCode: 403, api error AccessDenied: Access Denied", Logging, Some(Permission), "s3:GetObject"),
    (Agent, "unable to download firelens s3 config file: unable to download s3 config conf/extra.conf from bucket acme-config: NoSuchKey: The specified key does not exist.", Logging, Some(NotFound), "S3"),
    (Agent, "unable to download firelens s3 config file: unable to parse bucket and key from s3 arn: invalid s3 arn: acme-config/conf/extra.conf", Logging, Some(Invalid), "ARN"),
    (Agent, "unable to download firelens s3 config file: unable to get execution role credentials", Logging, Some(Permission), "execution role"),
    (Agent, "unable to generate firelens config file: unable to generate firelens config: unable to apply log options of container app to firelens config: missing output key Name which is required for firelens configuration of type fluentbit", Logging, Some(Invalid), "Name"),
    (Agent, "unable to initialize resource directory /var/lib/ecs/data/firelens/0123: unable to create socket directory: mkdir: no space left on device", Logging, Some(DiskFull), "disk"),
    (Agent, "invalid firelens configuration type: fluentbt", Logging, Some(Invalid), "firelensConfiguration"),
    (Container, "CannotCreateContainerError: failed to create container - container uses awsfirelens log driver and we failed to generate the Firelens log config", Logging, None, "FireLens"),
    (Container, "CannotStartContainerError: failed to start firelens container: context canceled", Logging, Some(Network), "router"),
    (Container, "HostConfigError: No execution credentials set for the task", Logging, Some(Permission), "execution role"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to initialize logging driver: splunk: splunk-token is expected", Logging, Some(Invalid), "splunk"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: splunk: failed to verify connection - 403 Forbidden", Logging, Some(Permission), "token"),
    (Fargate, "CannotStartContainerError: ResourceInitializationError: failed to initialize logging driver: failed to initialize splunk logging driver: Options \"https://splunk.acme.io:8088/services/collector/event/1.0\": dial tcp 10.0.9.9:8088: connect: connection refused", Logging, Some(Network), "Splunk"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: gelf: cannot connect to GELF endpoint: graylog.acme.io:12201 dial udp: lookup graylog.acme.io: no such host", Logging, Some(Network), "gelf-address"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: error creating syslog connection: dial tcp 10.0.0.7:514: i/o timeout", Logging, Some(Network), "syslog-address"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: logger: no log driver named 'journald' is registered", Logging, Some(Invalid), "log driver"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log group: LimitExceededException: Resource limit exceeded.", Logging, Some(Quota), "quota"),
    (Fargate, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ThrottlingException: Rate exceeded", Logging, Some(RateLimit), "at once"),

    // Storage.
    (Agent, "environment file resource: unable to find execution role credentials", Storage, Some(Permission), "execution role"),
    (Agent, "unable to parse bucket and key from s3 ARN specified in environmentFile s3://acme-config/app.env, error: invalid s3 arn: s3://acme-config/app.env", Storage, Some(Invalid), "ARN"),
    (Agent, "unable to download env file with key app.env from bucket acme-config, error: operation error S3: GetObject, https response error StatusCode: 404, NoSuchKey: The specified key does not exist.", Storage, Some(NotFound), "S3"),
    (Agent, "invalid path: bucket \"acme\" key \"../../x.env\" escapes envfile resource directory", Storage, Some(Invalid), "environment file"),
    (Agent, "unable to initialize envfile resource directory, error: mkdir /var/lib/ecs/data/envfiles: no space left on device", Storage, Some(DiskFull), "disk"),
    (Agent, "fsxwindowsfileserver resource: unable to find execution role credentials", Storage, Some(Permission), "FSx"),
    (Agent, "unsupported credentialsParameter, only ssm/secretsmanager ARNs are valid", Storage, Some(Invalid), "credentialsParameter"),
    (Agent, "unxpected error. expected fsx credential ssm arn but did not find string 'parameter' in the arn", Storage, Some(Invalid), "credentialsParameter"),
    (Agent, "invalid credentials for mounting fsxwindowsfileserver volume on the container instance", Storage, Some(Invalid), "FSx"),
    (Agent, "fsx describing filesystem(s) from the service for [fs-0123]: FileSystemNotFound: File system 'fs-0123' does not exist.", Storage, Some(NotFound), "FSx"),
    (Agent, "failed to verify fsxwindowsfileserver resource map on the container instance", Storage, None, "FSx"),
    (Agent, "ResourceInitializationError: resource cannot be initialized for task arn:aws:ecs:eu-west-1:111122223333:task/x: initialize volume: volume detection failed, volume 'data' does not exist and autoprovision is set to false", Storage, Some(NotFound), "volume"),
    (Agent, "volume [data]: transition to CREATED impossible", Storage, None, "volume"),
    (Container, "InvalidVolumeError: Invalid volume referenced: cache", Storage, Some(Invalid), "volume"),
    (Ebs, "VolumeLimitExceeded: Maximum number of volumes exceeded.", Storage, Some(Quota), "quota"),
    (Ebs, "MaxIOPSLimitExceeded: You have exceeded your maximum total IOPS limit for volumes of type io2", Storage, Some(Quota), "quota"),
    (Ebs, "RequestLimitExceeded: Request limit exceeded.", Storage, Some(RateLimit), "at once"),
    (Ebs, "InvalidSnapshot.NotFound: The snapshot 'snap-0123' does not exist.", Storage, Some(NotFound), "snapshot"),
    (Ebs, "The KMS key arn:aws:kms:eu-west-1:111122223333:key/x is disabled or the infrastructure role is not authorized to use it", Storage, Some(Permission), "KMS"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-0123.efs.eu-west-1.amazonaws.com:/data failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32", Storage, Some(NotFound), "directory"),
    (Fargate, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0123.efs.eu-west-1.amazonaws.com\" - check that your file system ID is correct", Storage, Some(Network), "DNS"),
    (NoContainers, "Timeout waiting for EphemeralStorage provisioning to complete.", Storage, Some(Timeout), "disk"),
];
