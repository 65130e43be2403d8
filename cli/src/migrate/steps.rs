//! What is left to do by hand after a migration.

use super::MigratedFile;
use crate::config::TaskDialect;
use crate::init::{self, Owner, PLUGINS, SidecarParts, image_steps};

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

/// The image of a service whose configuration was translated.
pub(super) struct ServiceImage<'n> {
    /// The configuration's file.
    pub(super) configuration: &'n str,
    /// What it loads plugins from already.
    pub(super) plugins_file: Option<&'n str>,
    /// Whether it lists its plugins itself.
    pub(super) lists_plugins: bool,
    pub(super) parts: SidecarParts,
    pub(super) is_of_known_account: bool,
}

impl ServiceImage<'_> {
    fn needs_plugins_file(&self) -> bool {
        self.plugins_file.is_none() && !self.lists_plugins
    }

    /// What makes the image: a Dockerfile, and what loads the plugin unless the configuration loads plugins already.
    pub(super) fn files(&self) -> Vec<MigratedFile> {
        let plugins = if self.needs_plugins_file() { "plugins.conf " } else { "" };
        let copy = format!("{} {plugins}/ecs-router/", self.configuration);
        let file = |name: &str, text| MigratedFile { name: name.to_owned(), text, is_checked: false };
        let plugins = self.needs_plugins_file().then(|| file("plugins.conf", PLUGINS.to_owned()));
        let dockerfile = file("Dockerfile", init::dockerfile(&self.parts.base_image, &copy));
        std::iter::once(dockerfile).chain(plugins).collect()
    }

    /// What the configuration's own list of plugins lacks.
    fn plugin(&self) -> Option<String> {
        let list = match self.plugins_file {
            Some(file) => file,
            None if self.lists_plugins => self.configuration,
            None => return None,
        };
        Some(format!("add the plugin to [PLUGINS] in {list}: Path /ecs-router/libout_ecs_router.so"))
    }
}

/// The next steps of a Fluent Bit configuration.
pub(super) fn of_configuration(image: &ServiceImage<'_>) -> Vec<String> {
    let SidecarParts { image: name, registry, region, .. } = &image.parts;
    let file = image.configuration;
    let account = (!image.is_of_known_account)
        .then(|| "replace 111122223333 with your account in the Dockerfile and below".to_owned());
    let mut steps: Vec<String> = account.into_iter().chain(image.plugin()).collect();
    steps.extend(image_steps(name, registry, region, "Dockerfile"));
    steps.push(format!(
        "in the task definition, name {name} as the router's image (the service's own; ecs-router:1 is the base image of \
         all services), with config-file-type file, config-file-value /ecs-router/{file} and the health check [\"CMD\", \
         \"/ecs-router/ecs-router\", \"health\"]"
    ));
    steps.push(format!("ecs-router check {file} task-definition.json"));
    steps
}
