//! `grep`: rules that keep only one of an application's two outputs.

use crate::check::finding::Finding;
use crate::config::{Section, Setting};

/// Reports rules about `source`, which drop standard error or all else before the plugin sees it.
pub(super) fn check(filter: &Section) -> Vec<Finding> {
    filter.settings.iter().filter_map(of_rule).collect()
}

fn of_rule(setting: &Setting) -> Option<Finding> {
    let words = super::words(setting);
    let [field, pattern] = words.as_slice() else { return None };
    let key = setting.key.to_ascii_lowercase();
    let is_source = field.trim_start_matches('$') == "source";
    let lost = match (key.as_str(), pattern.contains("stderr"), pattern.contains("stdout")) {
        ("exclude", true, false) | ("regex", false, true) => "standard error",
        ("exclude", false, true) | ("regex", true, false) => "standard output",
        _ => return None,
    };
    let message = format!("takes {lost} away before the plugin sees it");
    let instead = format!(
        "write route.{} drop in the output",
        if lost == "standard error" { "stderr" } else { "stdout" }
    );
    is_source.then(|| Finding::warn_of(setting, message, instead))
}
