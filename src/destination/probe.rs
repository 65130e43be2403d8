//! What a destination is asked before it is deployed: names as a record of FireLens's would give them, though none is sent.

use super::Vendor;
use super::object_store::UUID_PLACEHOLDER;
use crate::classify::classes::{Class, Entry};
use crate::encode::template::RenderContext;
use crate::input::decode;

/// Stands for what a name gets from the router itself; nothing is ever stored under it.
pub(super) const NAME: &str = "ecs-router-check";

/// A line of FireLens's, as it would arrive.
fn sample() -> Vec<u8> {
    let record = serde_json::json!({
        "log": NAME,
        "source": "stdout",
        "container_id": NAME,
        "container_name": NAME,
        "ecs_cluster": NAME,
        "ecs_task_arn": format!("arn:aws:ecs:us-east-1:111122223333:task/{NAME}/{NAME}"),
        "ecs_task_definition": format!("{NAME}:1"),
    });
    // What is made here can be written.
    rmp_serde::to_vec(&(0u64, record)).unwrap_or_default()
}

/// The target that the sample has at the vendor, with [`NAME`] for every uuid.
pub(super) fn target(vendor: &dyn Vendor) -> Vec<u8> {
    let context = RenderContext { tag: NAME.as_bytes(), uuid: NAME, chunk: NAME, task: None, overflow: None };
    let mut target = Vec::new();
    decode::records(&sample(), |record| {
        let entry = Entry::new(record, Class::Stdout, Class::Stdout.name(), None);
        vendor.target(&entry, &context, &mut target);
    });
    let parts: Vec<&[u8]> = target.split(|byte| *byte == UUID_PLACEHOLDER).collect();
    match vendor.store() {
        Some(_) => parts.join(NAME.as_bytes()),
        None => target,
    }
}
