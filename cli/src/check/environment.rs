//! Variables that a task gives to its router, put where the configuration beside it asks for them.

use std::collections::BTreeMap;

use super::startup::row;
use super::task::{REGION_VARIABLES, TaskView};
use super::values::is_region;
use super::variables;
use crate::config::{Configuration, Location, Section, Setting, SettingValue};

/// A variable for which an output or `[SERVICE]` asks.
#[derive(Debug)]
pub(super) struct AskedVariable {
    pub(super) name: String,
    pub(super) location: Location,
    pub(super) key: String,
}

/// Every variable of the plugin's outputs and of `[SERVICE]`.
pub(super) fn asked(configurations: &[Configuration]) -> Vec<AskedVariable> {
    let outputs = configurations.iter().flat_map(Configuration::ours).flat_map(|section| &section.settings);
    let services = configurations.iter().flat_map(|configuration| &configuration.service);
    outputs.chain(services).flat_map(asked_by).collect()
}

fn asked_by(setting: &Setting) -> Vec<AskedVariable> {
    let SettingValue::Interpolated(text) = &setting.value else { return Vec::new() };
    let variable = |name: &str| AskedVariable {
        name: name.to_owned(),
        location: setting.location.clone(),
        key: setting.key.clone(),
    };
    variables::names(text).map(variable).collect()
}

/// What the routers get from `environment`. Left out is what a template fills in, and what two routers do not agree on.
pub(super) fn given(configurations: &[Configuration]) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for task in configurations.iter().flat_map(|configuration| &configuration.tasks) {
        for router in TaskView::new(task).with_plugin() {
            for item in router.node.items_of("environment") {
                let Some(name) = item.text_of("name") else { continue };
                let value = item.text_of("value").filter(|text| variables::is_final(text));
                let value = value.map(str::to_owned);
                let known = found.entry(name.to_owned()).or_insert_with(|| value.clone());
                if *known != value {
                    *known = None;
                }
            }
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The region that the AWS SDK takes first, where a router's `environment` names one.
fn region(given: &BTreeMap<String, String>) -> Option<&String> {
    REGION_VARIABLES.iter().find_map(|name| given.get(*name)).filter(|region| is_region(region))
}

/// Puts in what is known, except for secrets: whether a file holds one in clear text is about the file.
pub(super) fn fill(configuration: &mut Configuration, given: &BTreeMap<String, String>) {
    configuration.router_region = region(given).cloned();
    let own = &configuration.variables;
    let known: BTreeMap<String, String> = given
        .iter()
        .filter(|(name, _)| !own.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if known.is_empty() {
        return;
    }
    let sections = [&mut configuration.inputs, &mut configuration.filters, &mut configuration.outputs];
    sections.into_iter().flatten().for_each(|section| fill_section(section, &known));
    configuration.service.iter_mut().for_each(|setting| fill_setting(setting, &known));
}

fn fill_section(section: &mut Section, known: &BTreeMap<String, String>) {
    let keys: Vec<String> = section.settings.iter().map(|setting| setting.key.clone()).collect();
    let secrets: Vec<bool> = keys.iter().map(|key| row(section, key).is_some_and(|row| row.secret)).collect();
    let settings = section.settings.iter_mut().zip(secrets).filter(|(_, is_secret)| !is_secret);
    settings.for_each(|(setting, _)| fill_setting(setting, known));
}

fn fill_setting(setting: &mut Setting, known: &BTreeMap<String, String>) {
    let SettingValue::Interpolated(text) = &setting.value else { return };
    let text =
        known.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value));
    setting.value = match text.contains("${") {
        true => SettingValue::Interpolated(text),
        false => SettingValue::Text(text.trim().to_owned()),
    };
}
