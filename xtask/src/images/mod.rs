//! The pictures of the documents, drawn from what the programs really say. Does not own: the architecture's picture, which
//! somebody drew.
//!
//! - `dashboard` – stops on CloudWatch's dashboard
//! - `terminal` – a command and its output
//! - `slack` – a message, from the request that the tests keep on file

mod dashboard;
mod slack;
mod terminal;

use std::path::PathBuf;

use crate::tools;

/// Draws all pictures into `docs/images`.
pub(crate) fn draw() -> Result<(), String> {
    for (name, svg) in pictures()? {
        std::fs::write(place(name), svg).map_err(|error| format!("cannot write {name}: {error}"))?;
    }
    Ok(())
}

/// Says which pictures do not show what the programs say now.
pub(crate) fn check() -> Result<(), String> {
    let pictures = pictures()?.into_iter();
    let is_old =
        |(name, svg): &(&str, String)| std::fs::read_to_string(place(name)).ok().as_ref() != Some(svg);
    let old: Vec<_> = pictures.filter(is_old).map(|(name, _)| name).collect();
    match old.is_empty() {
        true => Ok(()),
        false => Err(format!("docs/images: {} is old; cargo xtask images draws it again", old.join(", "))),
    }
}

fn pictures() -> Result<Vec<(&'static str, String)>, String> {
    Ok(vec![
        ("check.svg", terminal::ecs_router(CHECK)?),
        ("explain.svg", terminal::ecs_router("explain tests/fixtures/events/oom-killed.json")?),
        ("demo.svg", terminal::demo()?),
        ("slack.svg", slack::message(MESSAGE)?),
        ("dashboard.svg", dashboard::draw()?),
    ])
}

/// A report as the plugin sends it.
const MESSAGE: &str = "tests/suite/requests/slack/essential-exit-137.http";

const CHECK: &str = "check tests/fixtures/config/broken/misspelt-destination-key.conf tests/fixtures/config/broken/host-defaults.conf";

fn escape(text: &str) -> String {
    let plain = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn place(name: &str) -> PathBuf {
    tools::root().join("docs/images").join(name)
}
