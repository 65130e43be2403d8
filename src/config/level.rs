//! The keys about levels, and what of them has no effect.

use super::error::Problem;
use super::reader::{KeyReader, Lookup};
use crate::classify::classes::{Class, OwnClass};
use crate::classify::levels::{LevelMode, LevelRules};
use crate::level::LevelReader;

/// Classes that lines get by their level.
pub(super) const LEVEL_CLASSES: [Class; 2] = [Class::Error, Class::Warn];

/// Reads `level` and `level.field`, and whether warnings have a route.
pub(super) fn read(reader: &KeyReader<'_>) -> LevelRules {
    let field = reader.written("level.field");
    let mode = match reader.choice("level") {
        Some("auto") => LevelMode::Auto(LevelReader::new(field.as_deref())),
        Some("stream") => LevelMode::Stream,
        _ => LevelMode::Off,
    };
    if let Some(field) =
        field.as_deref().filter(|field| field.starts_with('$') || field.contains(['[', '(', ',', ' ']))
    {
        let what = format!(
            "'{field}' is not the name of a field; write the name alone, with dots into nested fields, for example: level.field record.level.name"
        );
        reader.problem("level.field", what);
    }
    if field.is_some() && !matches!(mode, LevelMode::Auto(_)) {
        reader.problem("level.field", "has no effect without level auto");
    }
    LevelRules { mode, separates_warnings: reader.list("route.warn").is_some() }
}

/// Routes of levels that no record will take, because `level` is not `auto`. They do no harm, so that an output which had
/// such a key before there were levels still starts.
#[must_use]
pub fn idle_level_routes(lookup: &dyn Lookup, levels: &LevelRules, classes: &[OwnClass]) -> Vec<Problem> {
    if levels.reads_records() {
        return Vec::new();
    }
    let problems = std::cell::RefCell::default();
    let reader = KeyReader::new(lookup, &problems);
    let level = reader.choice("level").unwrap_or_default();
    let is_own = |class: &Class| classes.iter().any(|own| own.name == class.name());
    let idle = LEVEL_CLASSES.iter().filter(|class| !is_own(class)).filter_map(|class| {
        let key = format!("route.{}", class.name());
        reader.written(&key)?;
        let what = format!(
            "has no effect with level {level}, which reads no record; write level auto, or leave {key} out"
        );
        Some(Problem { key, what })
    });
    idle.collect()
}
