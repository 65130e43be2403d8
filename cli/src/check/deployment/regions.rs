//! A region that none of the other destinations has.

use super::{Finding, FindingSeverity};
use crate::config::{Configuration, Setting};

/// With fewer destinations, nobody can say which of them is the odd one.
const LEAST_DESTINATIONS: usize = 3;

pub(super) fn odd(deployment: &Configuration) -> Option<Finding> {
    let settings = deployment.ours().flat_map(|section| &section.settings);
    let regions: Vec<(&Setting, &str)> = settings
        .filter(|setting| setting.key.to_ascii_lowercase().ends_with(".region"))
        .filter_map(|setting| Some((setting, setting.value.text()?)))
        .collect();
    if regions.len() < LEAST_DESTINATIONS {
        return None;
    }
    let usual =
        |wanted: &str| regions.iter().filter(|(_, region)| *region == wanted).count() + 1 == regions.len();
    let (_, most) = regions.iter().find(|(_, region)| usual(region))?;
    let (setting, region) = regions.iter().find(|(_, region)| region != most)?;
    let message = format!("is {region}, and every other destination is in {most}");
    let instead = "nothing to do if it is meant";
    Some(Finding::new(FindingSeverity::Note, &setting.location, &setting.key, message, instead))
}
