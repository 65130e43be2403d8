//! Network, capacity, and what stops a task from outside, as EC2, Docker and ECS word it.

use super::super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Container, Fargate, Instances, NoContainers, Scheduler, User};
use Category::{Capacity, Deployment, HealthCheck, Host, Network};
use Cause::{Invalid, NotFound, Permission, Quota};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (Fargate, "ResourceInitializationError: failed to configure ENI: failed to setup regular eni: netplugin failed with no error message", Network, None, "Retry"),
    (NoContainers, "Unexpected EC2 error while attempting to attach network interface to instance", Network, None, "Usually transient"),
    (NoContainers, "Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation", Network, Some(Permission), "Something forbids ECS to create the interface"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0': AuthFailure", Network, Some(Permission), "Something forbids ECS to create the interface"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0': InvalidSecurityGroupId.Malformed: Invalid id: \"sg-x\"", Network, Some(Invalid), "security group"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-0': InternalError", Network, None, "Usually transient"),
    (Container, "CannotStartContainerError: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network", Network, None, "Docker on the instance could not connect the container to"),
    (Container, "CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on endpoint ecs-web-1-app (ab):  (iptables failed: iptables --wait -t nat -A DOCKER -p tcp -d 0/0 --dport 32768 -j DNAT --to-destination 172.17.0.2:80 ! -i docker0: iptables: No chain/target/match by that name. (exit status 1))", Network, None, "Docker"),
    (Container, "ContainerNetworkingError: container resource provisioning: cannot setup task network namespace due to error inspecting pause container: No such container: ab", Network, None, "Retry"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create endpoint ecs-web-1-app on network bridge: adding interface veth12ab to bridge docker0 failed: exchange full", Network, None, "Docker on the instance could not connect the container to"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create endpoint ecs-web-1-app on network bridge: failed to add the host (veth1) <=> sandbox (veth2) pair interfaces: operation not supported", Network, None, "Docker on the instance could not connect the container to"),
    (Container, "CannotStartContainerError: Error response from daemon: network ecs-bridge not found", Network, Some(NotFound), "network"),
    (Fargate, "ResourceInitializationError: failed to setup task network namespace: unable to find network interface with mac address 0a:1b", Network, None, "Retry"),
    (NoContainers, "MemberOf placement constraint unsatisfied.", Capacity, None, "constraint"),
    (NoContainers, "You've reached the limit on the number of vCPUs you can run concurrently", Capacity, Some(Quota), "quota"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. InvalidParameterCombination: Your requested instance type (t4g.medium) is not supported in your requested Availability Zone (us-east-1e).", Capacity, Some(Invalid), "instance"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. PendingVerification: Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete.", Capacity, None, "AWS still verifies the account in this region"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. InvalidAMIID.NotFound: The image id '[ami-0123]' does not exist", Capacity, Some(NotFound), "Correct the capacity provider"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/ecsInfrastructureRole/x is not authorized to perform: iam:PassRole on resource: ecsInstanceRole", Capacity, Some(Permission), "infrastructure role"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request.", Capacity, None, "address"),
    (NoContainers, "RESOURCE:PORTS:8080", Capacity, None, "port"),
    (Scheduler, "service web instance i-0 draining: Task stopped because the instance is being drained", Host, None, "drain"),
    (Scheduler, "(service web) (task 0123) failed health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/1) due to (reason Request timed out)", HealthCheck, None, "target group"),
    (Scheduler, "Task failed container health checks", HealthCheck, None, "health check"),
    (User, "Dependent container exited", Category::User, None, "look up StopTask in CloudTrail to learn who called it"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0': UnauthorizedOperation: You are not authorized to perform this operation because of a service control policy", Network, Some(Permission), "service control"),
    (NoContainers, "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0': SecurityGroupsPerInterfaceLimitExceeded: The maximum number of security groups per interface has been reached.", Network, Some(Quota), "quota"),
    (Container, "CannotStartContainerError: Error response from daemon: failed to create endpoint ecs-x on network bridge: failed to add IPv6 address: operation not permitted", Network, None, "Docker"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. MaxSpotInstanceCountExceeded: Max spot instance count exceeded", Capacity, Some(Quota), "Spot"),
    (Instances, "ResourceInitializationError: Unable to launch instance(s) for capacity provider mi. Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state", Capacity, None, "Enable the KMS key"),
    (NoContainers, "Fargate capacity is unavailable at this time. Please try again later.", Capacity, None, "zones"),
    (Scheduler, "(service web) has begun draining connections on 1 tasks.", Deployment, None, "Read `stopped_reason` and the service's events of that"),
    (Scheduler, "ECS is performing maintenance on the underlying infrastructure hosting the task", Host, None, "Nothing to fix"),
];
