//! `parser`: takes a line apart. Without `Reserve_Data`, the line's own fields are all that is left of the record.

use super::{exclude, is_on, mark, touched};
use crate::check::finding::Finding;
use crate::config::Section;

pub(super) fn check(filter: &Section) -> Vec<Finding> {
    reserve_data(filter).into_iter().chain(key_name(filter)).collect()
}

fn reserve_data(filter: &Section) -> Option<Finding> {
    let setting = filter.get("reserve_data");
    let is_kept = match setting {
        Some(setting) => setting.value.text().is_none_or(is_on),
        None => filter.open,
    };
    let message = "is not on, so that a line that the parser reads becomes the whole record: source, container_name \
                   and ecs_* are gone, and an application can print its own; what it prints is of class other";
    (!is_kept).then(|| Finding::warn(filter, "Reserve_Data", message, "write Reserve_Data On in this filter"))
}

/// Reports a mark that is parsed, and thereby removed.
fn key_name(filter: &Section) -> Option<Finding> {
    let setting = filter.get("key_name")?;
    let mark = mark(setting.value.text()?)?;
    let is_kept = filter.get("preserve_key").is_some_and(|setting| setting.value.text().is_none_or(is_on));
    (!is_kept).then(|| {
        touched(
            setting,
            "takes apart",
            mark,
            &exclude(mark).replace("leave the line out, and", "write Key_Name log, or Preserve_Key On;"),
        )
    })
}
