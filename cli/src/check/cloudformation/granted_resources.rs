//! On what the statements of a role allow something, and on what an output needs it: groups, buckets, streams, topics and
//! buses, by their names.

use std::fmt;

use ecs_router::config::keys::DestinationKind;

use super::statements::{WrittenArn, choices, written};
use super::{TemplateChecker, reference};
use crate::config::{Node, matches};

/// A kind of resource: its service, how its ARN goes on after the account, and what CloudFormation calls it.
struct ResourceKind {
    destination: DestinationKind,
    /// The key that names it in the configuration.
    key: &'static str,
    title: &'static str,
    service: &'static str,
    start: &'static str,
    resource_type: &'static str,
    name_property: &'static str,
}

const KINDS: [ResourceKind; 6] = [
    ResourceKind {
        destination: DestinationKind::Cloudwatch,
        key: "log_group",
        title: "log group",
        service: "logs",
        start: "log-group:",
        resource_type: "AWS::Logs::LogGroup",
        name_property: "LogGroupName",
    },
    ResourceKind {
        destination: DestinationKind::S3,
        key: "bucket",
        title: "bucket",
        service: "s3",
        start: "",
        resource_type: "AWS::S3::Bucket",
        name_property: "BucketName",
    },
    ResourceKind {
        destination: DestinationKind::Firehose,
        key: "delivery_stream",
        title: "delivery stream",
        service: "firehose",
        start: "deliverystream/",
        resource_type: "AWS::KinesisFirehose::DeliveryStream",
        name_property: "DeliveryStreamName",
    },
    ResourceKind {
        destination: DestinationKind::Kinesis,
        key: "stream",
        title: "stream",
        service: "kinesis",
        start: "stream/",
        resource_type: "AWS::Kinesis::Stream",
        name_property: "Name",
    },
    ResourceKind {
        destination: DestinationKind::Sns,
        key: "topic_arn",
        title: "topic",
        service: "sns",
        start: "",
        resource_type: "AWS::SNS::Topic",
        name_property: "TopicName",
    },
    ResourceKind {
        destination: DestinationKind::Eventbridge,
        key: "event_bus",
        title: "event bus",
        service: "events",
        start: "event-bus/",
        resource_type: "AWS::Events::EventBus",
        name_property: "Name",
    },
];

/// The resources of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GrantedResources {
    /// All, or some that nobody knows before deployment.
    Any,
    Named(Vec<GrantedResource>),
}

/// One of them, whose name may have `*` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GrantedResource {
    service: String,
    name: String,
}

/// What an output writes to.
pub(super) struct NeededResource {
    kind: &'static ResourceKind,
    name: String,
}

/// The key of a destination that names what it writes to.
pub(super) fn name_key(destination: DestinationKind) -> Option<&'static str> {
    kind_of(destination).map(|kind| kind.key)
}

fn kind_of(destination: DestinationKind) -> Option<&'static ResourceKind> {
    KINDS.iter().find(|kind| kind.destination == destination)
}

impl TemplateChecker<'_> {
    /// On what a statement allows its actions.
    pub(super) fn granted_resources(&self, statement: &Node) -> GrantedResources {
        let Some(resource) = statement.get("Resource") else { return GrantedResources::Any };
        let named: Option<Vec<_>> =
            choices(resource).into_iter().map(|node| self.granted_resource(node)).collect();
        named.filter(|named| !named.is_empty()).map_or(GrantedResources::Any, GrantedResources::Named)
    }

    /// `None` if it may be any.
    pub(super) fn granted_resource(&self, node: &Node) -> Option<GrantedResource> {
        match reference(node) {
            Some((_, name)) => self.of_template(name),
            None => GrantedResource::read(&written(node)?),
        }
    }

    /// A resource of the template that has a name of its own.
    fn of_template(&self, name: &str) -> Option<GrantedResource> {
        let resource = self.resources().iter().find(|resource| resource.key == name)?;
        let kind = KINDS.iter().find(|kind| self.kind_of(name) == Some(kind.resource_type))?;
        let name = written(resource.value.get("Properties")?.get(kind.name_property)?)?;
        Some(GrantedResource { service: kind.service.to_owned(), name: name.replace('$', "*") })
    }
}

impl GrantedResource {
    /// The one of an ARN with `$` for what CloudFormation fills in.
    fn read(text: &str) -> Option<Self> {
        let open = text.replace(['$', '?'], "*");
        let arn = WrittenArn::read(&open)?;
        let kind = KINDS.iter().find(|kind| kind.service == arn.service);
        let name = match kind {
            Some(kind) => kind.name_in(arn.rest)?,
            None if arn.service.contains('*') => return None,
            None => arn.rest,
        };
        Some(Self { service: arn.service.to_owned(), name: name.to_owned() })
    }

    /// Whether its name fits that of what is needed.
    pub(super) fn may_be(&self, needed: &NeededResource) -> bool {
        self.service == needed.kind.service && matches(&self.name, &needed.name)
    }
}

impl ResourceKind {
    /// The name in the last part of an ARN; `None` if it may be any.
    fn name_in<'t>(&self, rest: &'t str) -> Option<&'t str> {
        let Some(name) = rest.strip_prefix(self.start) else {
            return (!rest.contains('*')).then_some(rest);
        };
        match self.destination {
            DestinationKind::Cloudwatch => name.split(':').next(),
            DestinationKind::S3 => name.split('/').next(),
            _ => Some(name),
        }
    }
}

impl GrantedResources {
    /// Whether what is needed may be among them.
    pub(super) fn may_hold(&self, needed: &NeededResource) -> bool {
        match self {
            Self::Any => true,
            Self::Named(named) => named.iter().any(|one| one.may_be(needed)),
        }
    }

    /// Their names, for people.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let named = match self {
            Self::Any => &[][..],
            Self::Named(named) => named,
        };
        named.iter().map(|one| one.name.as_str())
    }
}

impl NeededResource {
    /// What a destination writes to by this value of its key; `None` if it is not known before deployment.
    pub(super) fn of(destination: DestinationKind, value: &str) -> Option<Self> {
        let kind = kind_of(destination)?;
        let name = match WrittenArn::read(value) {
            Some(arn) => kind.name_in(arn.rest)?,
            None => value,
        };
        let is_known = !name.is_empty() && !name.contains(['$', '%', '{', '}', '<', '*', ':']);
        is_known.then(|| Self { kind, name: name.to_owned() })
    }

    /// How the ARN ends that a statement has to name.
    pub(super) fn arn_end(&self) -> String {
        let Self { kind, name } = self;
        match kind.destination {
            DestinationKind::Cloudwatch => format!("{}{name}:*", kind.start),
            DestinationKind::S3 => format!("arn:aws:s3:::{name}/*"),
            _ => format!("{}{name}", kind.start),
        }
    }
}

impl fmt::Display for NeededResource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the {} {}", self.kind.title, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_holds_what_its_arns_may_name() {
        for (arn, destination, name, holds) in [
            ("arn:aws:logs:$:$:log-group:/ecs/web:*", DestinationKind::Cloudwatch, "/ecs/web", true),
            ("arn:aws:logs:$:$:log-group:/ecs/*:*", DestinationKind::Cloudwatch, "/ecs/web", true),
            ("arn:aws:logs:$:$:log-group:/ecs/$:*", DestinationKind::Cloudwatch, "/ecs/web", true),
            ("arn:aws:logs:*:*:*", DestinationKind::Cloudwatch, "/ecs/web", true),
            ("arn:aws:logs:$:$:log-group:/ecs/other:*", DestinationKind::Cloudwatch, "/ecs/web", false),
            ("arn:aws:s3:::my-logs/ecs/*", DestinationKind::S3, "my-logs", true),
            ("arn:aws:s3:::*", DestinationKind::S3, "my-logs", true),
            ("arn:aws:s3:::my-log/*", DestinationKind::S3, "my-logs", false),
            ("arn:aws:sns:eu-west-1:1:stops", DestinationKind::Sns, "arn:aws:sns:eu-west-1:1:stops", true),
            ("arn:aws:sns:eu-west-1:1:stop", DestinationKind::Sns, "arn:aws:sns:eu-west-1:1:stops", false),
            ("arn:aws:firehose:*:*:deliverystream/a", DestinationKind::Firehose, "b", false),
            ("arn:aws:kinesis:*:*:stream/a*", DestinationKind::Kinesis, "ab", true),
            ("arn:aws:events:*:*:event-bus/a", DestinationKind::Eventbridge, "a", true),
            ("arn:aws:s3:::/ecs/web", DestinationKind::Cloudwatch, "/ecs/web", false),
        ] {
            let granted = GrantedResource::read(arn)
                .map_or(GrantedResources::Any, |one| GrantedResources::Named(vec![one]));
            let needed = NeededResource::of(destination, name).unwrap();
            assert_eq!(granted.may_hold(&needed), holds, "{arn} {name}");
        }
        for unknown in ["$(container_name)", "/ecs/${NAME}", "%Y", ""] {
            assert!(NeededResource::of(DestinationKind::Cloudwatch, unknown).is_none(), "{unknown}");
        }
    }
}
