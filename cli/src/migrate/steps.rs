//! What is left to do by hand after a migration.

use std::path::Path;

use crate::config::TaskDialect;
use crate::init::{Owner, SidecarParts, image_steps};

/// What the steps of one task speak of.
#[derive(Debug)]
pub(super) struct TaskSteps<'p> {
    pub(super) parts: &'p SidecarParts,
    pub(super) owner: &'p Owner,
    pub(super) dialect: TaskDialect,
    /// In front of the files' names.
    pub(super) prefix: &'p str,
    /// The file with the task definition or its parts.
    pub(super) file: &'p str,
    /// Whether that file is a whole task definition.
    pub(super) is_whole: bool,
    /// Log groups that have to be created.
    pub(super) groups: &'p [String],
}

impl TaskSteps<'_> {
    /// The steps in the order in which they work.
    pub(super) fn list(&self) -> Vec<String> {
        let Self { parts, prefix, file, .. } = self;
        let SidecarParts { image, registry, region, .. } = parts;
        let mut steps: Vec<String> = self.account().into_iter().collect();
        steps.extend(self.groups.iter().map(|group| created(group, region)));
        steps.extend(image_steps(image, registry, region, &format!("{prefix}Dockerfile")));
        steps.push(match self.is_whole {
            true => format!(
                "ecs-router check {prefix}extra.conf {file} && aws ecs register-task-definition --region {region} \
                 --cli-input-json file://{file}"
            ),
            false => format!(
                "put the parts of {file} where the task definition is made: logConfiguration and dependsOn into the \
                 application's container, the router as another container, the volume beside them"
            ),
        });
        steps
    }

    fn account(&self) -> Option<String> {
        let is_unknown = self.owner.account.is_none();
        let is_resolved = self.dialect == TaskDialect::CloudFormation;
        let place = if is_resolved { "in the Dockerfile and below" } else { "in every file" };
        is_unknown.then(|| format!("replace 111122223333 with your account {place}"))
    }
}

/// How a log group comes to be; a template creates those whose names only it knows.
fn created(group: &str, region: &str) -> String {
    match group.contains("${") {
        true => format!("create the log group {group} in the template"),
        false => format!("aws logs create-log-group --region {region} --log-group-name {group}"),
    }
}

/// The next steps of a Fluent Bit configuration.
pub(super) fn of_configuration(file: &Path) -> Vec<String> {
    let file = file.display();
    vec![
        format!(
            "put {file} into the router's image, with a Dockerfile of two lines: 'FROM \
             111122223333.dkr.ecr.eu-west-1.amazonaws.com/ecs-router:1' (your account and region) and 'COPY {file} \
             /ecs-router/'"
        ),
        "push that image under a name of the service's own, for example ecs-router-web:1; ecs-router:1 is the base image \
         of all services"
            .to_owned(),
        format!(
            "in the task definition, name it as the router's image, with config-file-type file, config-file-value \
             /ecs-router/{file} and the health check [\"CMD\", \"/ecs-router/ecs-router\", \"health\"]"
        ),
        format!("ecs-router check {file} task-definition.json"),
    ]
}
