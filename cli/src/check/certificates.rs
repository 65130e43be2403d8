//! Files of the certificates that destinations show to servers, where this machine has them.

use std::path::PathBuf;

use ecs_router::config::ClientCertificate;

use super::finding::{Finding, FindingSeverity};
use crate::adapter::probe;
use crate::config::{Section, Setting};

/// Reports files that the plugin could not use. One that is elsewhere is noted, for nobody has read it.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let Some(destination) = destination(setting) else { continue };
        let key_setting = section.get(&format!("{destination}.tls_key_file"));
        let Some(key_setting) = key_setting else { continue };
        let Some(cert_file) = path(setting) else { continue };
        let Some(key_file) = path(key_setting) else { continue };
        let absent =
            [(setting, &cert_file), (key_setting, &key_file)].into_iter().find(|(_, path)| !path.exists());
        findings.extend(match absent {
            Some((setting, path)) => Some(elsewhere(setting, &path.display().to_string())),
            None => unusable(section, destination, &ClientCertificate { cert_file, key_file }),
        });
    }
}

/// The destination whose certificate the setting names.
fn destination(setting: &Setting) -> Option<&str> {
    let (destination, name) = setting.key.rsplit_once('.')?;
    name.eq_ignore_ascii_case("tls_cert_file").then_some(destination)
}

fn path(setting: &Setting) -> Option<PathBuf> {
    setting.value.text().filter(|text| !text.is_empty()).map(PathBuf::from)
}

fn elsewhere(setting: &Setting, path: &str) -> Finding {
    let message = format!("names {path}, which is not on this machine and was not read");
    let instead = "run check where the router runs to have certificate and key compared";
    Finding::new(FindingSeverity::Note, &setting.location, &setting.key, message, instead)
}

fn unusable(section: &Section, destination: &str, certificate: &ClientCertificate) -> Option<Finding> {
    let problem = probe::certificate_problem(certificate)?;
    let key = format!("{destination}.{}", problem.key);
    let location = section.get(&key).map_or(&section.location, |setting| &setting.location);
    let (message, instead) = problem.what.split_once("; ").unwrap_or((&problem.what, ""));
    Some(Finding::new(FindingSeverity::Error, location, &key, message, instead))
}
