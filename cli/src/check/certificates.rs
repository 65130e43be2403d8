//! Files of the certificates that destinations show to servers, where this machine has them.

use std::path::PathBuf;

use ecs_router::config::{ClientCertificate, is_key_material};

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
        let files = [(setting, &cert_file), (key_setting, &key_file)];
        if let Some((setting, _)) = files.into_iter().find(|(_, path)| is_key_material(path)) {
            findings.push(not_a_path(setting));
            continue;
        }
        let absent = files.into_iter().find(|(_, path)| !path.exists());
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

fn not_a_path(setting: &Setting) -> Finding {
    let message = "is the text of a key or certificate, not the path of a file";
    let instead = "write the text to a file, and its path here";
    Finding::error_of(setting, message, instead)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read_as;

    fn said(cert: &str, key: &str) -> Vec<String> {
        let lines = format!("    d.tls_cert_file {cert}\n    d.tls_key_file {key}\n");
        let configuration = read_as("x", &format!("[OUTPUT]\n    Name ecs_router\n{lines}"));
        let mut findings = Vec::new();
        configuration.ours().for_each(|section| check(section, &mut findings));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn files_that_no_server_would_take_are_errors_and_those_elsewhere_are_noted() {
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let folder = env!("CARGO_MANIFEST_DIR");
        for (cert, key, expected) in [
            (text, text, "x:3: error: d.tls_cert_file: "),
            (folder, text, "x:3: error: d.tls_cert_file: cannot read"),
            (
                "/nowhere/c.pem",
                text,
                "x:3: note: d.tls_cert_file: names /nowhere/c.pem, which is not on this machine",
            ),
            (text, "/nowhere/c.key", "x:4: note: d.tls_key_file: names /nowhere/c.key"),
        ] {
            let found = said(cert, key);
            assert!(matches!(found.as_slice(), [one] if one.starts_with(expected)), "{expected}: {found:?}");
        }
        assert_eq!(said("${CERT}", "/nowhere/c.key"), [""; 0]);
    }

    #[test]
    fn a_key_instead_of_its_path_is_an_error_that_does_not_show_it() {
        let found = said("/nowhere/c.pem", "-----BEGIN PRIVATE KEY----- hunter2");
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with("x:4: error: d.tls_key_file: is the text of a key")),
            "{found:?}"
        );
        assert!(!found.concat().contains("hunter2"), "{found:?}");
        let found = said("-----BEGIN CERTIFICATE----- hunter2", "/nowhere/c.key");
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with("x:3: error: d.tls_cert_file: is the text of a key")),
            "{found:?}"
        );
        assert!(!found.concat().contains("hunter2"), "{found:?}");
    }
}
