//! Fluent Bit's classic format, as strictly as Fluent Bit reads it: indentation included.
//!
//! Source: `read_config` in `src/config_format/flb_cf_fluentbit.c`, tried on 1.9.10 and 5.1.1.

use std::path::Path;
use std::rc::Rc;

use super::include::Includes;
use super::{Configuration, Origin, Place, Section, Setting, Written};

/// What one line is.
#[derive(Debug, PartialEq, Eq)]
enum Line<'t> {
    Nothing,
    Header(&'t str),
    Pair(&'t str, &'t str),
    Include(&'t str),
    Set(&'t str),
    /// What is wrong, and what to write instead.
    Fault(&'static str, &'static str),
}

/// Reads a whole file into the configuration.
pub(super) fn read(
    file: &Rc<str>,
    path: &Path,
    text: &str,
    includes: &mut Includes,
    configuration: &mut Configuration,
) {
    let mut reader = Reader { indent: None, group: false, current: Current::None };
    for (line, number) in text.split('\n').zip(1..) {
        let place = Place { file: Rc::clone(file), line: number };
        match reader.line(line.strip_suffix('\r').unwrap_or(line)) {
            Line::Nothing => {}
            Line::Header(name) => reader.current = begin(name, place, configuration),
            Line::Pair(key, value) => add(&reader.current, key, value, place, configuration),
            Line::Include(target) => includes.follow(target.trim(), path, &place, configuration),
            Line::Set(pair) => set(pair, configuration),
            Line::Fault(what, instead) => configuration.fault(place, what, instead),
        }
    }
}

/// Where the next pair goes.
enum Current {
    /// No section has begun.
    None,
    Service,
    /// The position among the outputs.
    Output(usize),
    Other,
}

struct Reader<'t> {
    /// The blanks of the first pair; every other pair of the file must have the same.
    indent: Option<&'t str>,
    /// Inside `[group]` of a section, whose keys are not the section's.
    group: bool,
    current: Current,
}

const TOO_LOW: Line<'_> = Line::Fault(
    "the line is indented less than the first key of the file; Fluent Bit refuses that, in comments and blank lines too",
    "indent every line of a section alike, or begin it with # in the first column",
);
const TOO_HIGH: Line<'_> = Line::Fault(
    "the line is indented more than the first key of the file; Fluent Bit refuses that, in comments and blank lines too",
    "indent every line of a section alike",
);
const MIXED: Line<'_> = Line::Fault(
    "the line mixes tabs and blanks at its beginning; Fluent Bit refuses that",
    "indent every line of the file with blanks",
);

impl<'t> Reader<'t> {
    fn line(&mut self, line: &'t str) -> Line<'t> {
        if line.is_empty() || line.starts_with('#') {
            return Line::Nothing;
        }
        if let Some(target) = included(line) {
            return Line::Include(target);
        }
        if line.starts_with('@') && line.len() > 3 {
            return directive(line);
        }
        if let Some(rest) = line.strip_prefix('[') {
            return match rest.split_once(']') {
                Some((name, _)) => Line::Header(name),
                None => Line::Fault("the line begins with [ but has no ]", "write for example [OUTPUT]"),
            };
        }
        self.indented(line)
    }

    fn indented(&mut self, line: &'t str) -> Line<'t> {
        let inside = line.trim_start_matches([' ', '\t']);
        let blanks = line.strip_suffix(inside).unwrap_or_default();
        let indent = match self.indent {
            Some(indent) => indent,
            None if blanks.is_empty() => {
                return Line::Fault(
                    "the line is neither a section nor indented",
                    "begin keys with four blanks",
                );
            }
            None => {
                self.indent = Some(blanks);
                blanks
            }
        };
        match blanks.strip_prefix(indent) {
            // Twice as deep stands for a group inside the section.
            Some("") => {
                self.group = inside.starts_with('[');
                if self.group { Line::Nothing } else { pair(inside) }
            }
            Some(extra) if extra.len() == indent.len() && self.group => Line::Nothing,
            Some(extra) if extra.len() == indent.len() => pair(inside),
            Some(_) => TOO_HIGH,
            None if indent.starts_with(blanks) => TOO_LOW,
            None => MIXED,
        }
    }
}

/// `@INCLUDE file`, whatever its case.
fn included(line: &str) -> Option<&str> {
    let (head, target) = line.split_at_checked("@INCLUDE ".len())?;
    (head.eq_ignore_ascii_case("@INCLUDE ") && !target.is_empty()).then_some(target)
}

fn directive(line: &str) -> Line<'_> {
    match line.split_once(' ') {
        Some((word, pair)) if word.eq_ignore_ascii_case("@SET") => Line::Set(pair),
        Some(_) => Line::Nothing,
        None => Line::Fault("the line is no directive", "write @INCLUDE file or @SET NAME=value"),
    }
}

fn pair(inside: &str) -> Line<'_> {
    if inside.is_empty() || inside.starts_with('#') {
        return Line::Nothing;
    }
    if inside.starts_with('@') {
        return Line::Fault(
            "the line is a directive, but inside a section it is taken for a key",
            "write @INCLUDE and @SET in the first column",
        );
    }
    match inside.split_once(' ') {
        Some((key, value)) if !value.trim().is_empty() => Line::Pair(key.trim(), value.trim()),
        _ if inside.contains('\t') => Line::Fault(
            "the line has no blank between key and value",
            "separate them with blanks, not with a tab",
        ),
        _ => Line::Fault("the line has a key but no value", "write key and value, or leave the line out"),
    }
}

/// The first of these that the name abbreviates; Fluent Bit compares only as many letters as the name has.
fn begin(name: &str, place: Place, configuration: &mut Configuration) -> Current {
    let abbreviates = |full: &str| {
        !name.is_empty() && full.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    if abbreviates("service") {
        return Current::Service;
    }
    if !abbreviates("outputs") {
        return Current::Other;
    }
    let section = Section { place, origin: Origin::FluentBit, settings: Vec::new(), open: false };
    configuration.outputs.push(section);
    Current::Output(configuration.outputs.len() - 1)
}

fn add(current: &Current, key: &str, value: &str, place: Place, configuration: &mut Configuration) {
    let setting = Setting { place, key: key.to_owned(), value: Written::new(value) };
    match current {
        Current::None => {
            configuration.fault(
                setting.place,
                "the line stands before the first section",
                "begin with [OUTPUT]",
            );
        }
        Current::Service => configuration.service.push(setting),
        Current::Output(position) => {
            if let Some(section) = configuration.outputs.get_mut(*position) {
                section.settings.push(setting);
            }
        }
        Current::Other => {}
    }
}

fn set(pair: &str, configuration: &mut Configuration) {
    if let Some((name, value)) = pair.split_once('=') {
        configuration.variables.insert(name.trim().to_owned(), value.trim().to_owned());
    }
}
