//! Fluent Bit's classic format, read as strictly as Fluent Bit reads it, including the indentation.
//!
//! Source: `read_config` in `src/config_format/flb_cf_fluentbit.c`, tried on 1.9.10 and 5.1.1.

use std::path::Path;
use std::rc::Rc;

use super::encoding::{BLANKS_OF_WORD_PROCESSORS, ODD_BLANK};
use super::include::Includes;
use super::{Configuration, Location, Origin, Section, Setting, SettingValue};
use crate::suggest::closest;

/// Sections that Fluent Bit, or one of the files that it reads beside the configuration, knows.
const SECTIONS: [&str; 17] = [
    "service",
    "input",
    "filter",
    "output",
    "inputs",
    "filters",
    "outputs",
    "parser",
    "multiline_parser",
    "plugins",
    "customs",
    "stream_processor",
    "stream_task",
    "upstream_servers",
    "upstream",
    "node",
    "custom",
];

#[derive(Debug, PartialEq, Eq)]
enum Line<'t> {
    Nothing,
    Header(&'t str),
    /// A header that Fluent Bit does not take for one: the name that was meant, a message, and what to write instead.
    FaultyHeader(&'t str, &'static str, &'static str),
    Pair(&'t str, &'t str),
    Include(&'t str),
    Set(&'t str),
    /// A message, and what to write instead.
    Invalid(&'static str, &'static str),
}

/// Reads a whole file into the configuration.
pub(super) fn read(
    file: &Rc<str>,
    path: &Path,
    text: &str,
    includes: &mut Includes,
    configuration: &mut Configuration,
) {
    let mut reader = Reader { indent: None, in_group: false, current: Current::None };
    let mut faults = Faults::default();
    for (line, number) in text.split('\n').zip(1..) {
        let location = Location { file: Rc::clone(file), line: number };
        match reader.line(line.strip_suffix('\r').unwrap_or(line)) {
            Line::Nothing => {}
            Line::Header(name) => reader.current = begin(name, location, configuration),
            Line::FaultyHeader(name, message, instead) => {
                faults.add(location.clone(), message, instead);
                reader.current = begin(name, location, configuration);
            }
            Line::Pair(key, value) => add(&reader.current, key, value, location, configuration),
            Line::Include(target) => includes.follow(target.trim(), path, &location, configuration),
            Line::Set(pair) => set(pair, location, configuration),
            Line::Invalid(message, instead) => faults.add(location, message, instead),
        }
    }
    faults.report(configuration);
}

/// Faults of lines: each kind is told once, at its first line.
#[derive(Default)]
struct Faults(Vec<LineFault>);

struct LineFault {
    location: Location,
    message: &'static str,
    instead: &'static str,
    more: usize,
}

impl Faults {
    fn add(&mut self, location: Location, message: &'static str, instead: &'static str) {
        match self.0.iter_mut().find(|fault| fault.message == message) {
            Some(fault) => fault.more += 1,
            None => self.0.push(LineFault { location, message, instead, more: 0 }),
        }
    }

    fn report(self, configuration: &mut Configuration) {
        for LineFault { location, message, instead, more } in self.0 {
            let message = match more {
                0 => message.to_owned(),
                1 => format!("{message} (and another line alike)"),
                more => format!("{message} (and {more} more lines alike)"),
            };
            configuration.error(location, message, instead);
        }
    }
}

/// The section that the next pair belongs to.
enum Current {
    /// Before the first section.
    None,
    Service,
    /// The index of an output.
    Output(usize),
    /// The last input.
    Input,
    /// The last filter.
    Filter,
    Other,
}

struct Reader<'t> {
    /// The indentation of the first pair, which every other pair of the file must have.
    indent: Option<&'t str>,
    /// Inside a `[group]` of a section, whose keys are not the section's.
    in_group: bool,
    current: Current,
}

const TOO_SHALLOW: Line<'_> = Line::Invalid(
    "the line is indented less than the first key of the file; Fluent Bit refuses that, in comments and blank lines too",
    "indent every line of a section alike, or begin it with # in the first column",
);
const TOO_DEEP: Line<'_> = Line::Invalid(
    "the line is indented more than the first key of the file; Fluent Bit refuses that, in comments and blank lines too",
    "indent every line of a section alike",
);
const MIXED_BLANKS: Line<'_> = Line::Invalid(
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
                // The keys that follow belong to the section that was meant.
                None if is_whole_section(rest.trim()) => {
                    Line::FaultyHeader(rest.trim(), UNCLOSED.0, UNCLOSED.1)
                }
                None => Line::Invalid(UNCLOSED.0, UNCLOSED.1),
            };
        }
        if line.get(.."INCLUDE ".len()).is_some_and(|head| head.eq_ignore_ascii_case("INCLUDE ")) {
            return Line::Invalid("the line includes nothing without its @", "write @INCLUDE and the file");
        }
        self.indented(line)
    }

    fn indented(&mut self, line: &'t str) -> Line<'t> {
        let inside = line.trim_start_matches([' ', '\t']);
        let blanks = line.strip_suffix(inside).unwrap_or_default();
        if inside.starts_with(BLANKS_OF_WORD_PROCESSORS) {
            return Line::Invalid(ODD_BLANK_IN_LINE, ODD_BLANK.1);
        }
        if let Some(name) = indented_header(inside) {
            self.in_group = false;
            return Line::FaultyHeader(name, INDENTED_HEADER.0, INDENTED_HEADER.1);
        }
        let indent = match self.indent {
            Some(indent) => indent,
            None if blanks.is_empty() => {
                return Line::Invalid(
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
            // A group's keys are indented twice as deep.
            Some("") => {
                self.in_group = inside.starts_with('[');
                if self.in_group { Line::Nothing } else { pair(inside) }
            }
            Some(extra) if extra.len() == indent.len() && self.in_group => Line::Nothing,
            Some(extra) if extra.len() == indent.len() => pair(inside),
            Some(_) => TOO_DEEP,
            None if indent.starts_with(blanks) => TOO_SHALLOW,
            None => MIXED_BLANKS,
        }
    }
}

const UNCLOSED: (&str, &str) = ("the line begins with [ but has no ]", "write for example [OUTPUT]");
const INDENTED_HEADER: (&str, &str) = (
    "the section's header is indented; Fluent Bit refuses the file, or gives the keys to the section before it",
    "begin it in the first column",
);

/// The name of a section whose header is indented. Any other name is that of a group.
fn indented_header(inside: &str) -> Option<&str> {
    let (name, rest) = inside.strip_prefix('[')?.split_once(']')?;
    (is_whole_section(name) && rest.trim().is_empty()).then_some(name)
}

/// Whether it is the name of a section of a configuration, without an abbreviation.
fn is_whole_section(name: &str) -> bool {
    ["service", "input", "filter", "output", "parser", "multiline_parser"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The file of `@INCLUDE file`, in any case.
fn included(line: &str) -> Option<&str> {
    let (head, target) = line.split_at_checked("@INCLUDE ".len())?;
    (head.eq_ignore_ascii_case("@INCLUDE ") && !target.is_empty()).then_some(target)
}

fn directive(line: &str) -> Line<'_> {
    match line.split_once(' ') {
        Some((word, pair)) if word.eq_ignore_ascii_case("@SET") => Line::Set(pair),
        Some(_) => Line::Nothing,
        None => Line::Invalid("the line is not a directive", "write @INCLUDE file or @SET NAME=value"),
    }
}

const ODD_BLANK_IN_LINE: &str = "the line has a blank that is not an ordinary one (a no-break space or the like), which is taken for a letter";

fn pair(inside: &str) -> Line<'_> {
    if inside.is_empty() || inside.starts_with('#') {
        return Line::Nothing;
    }
    if inside.starts_with('@') {
        return Line::Invalid(
            "the line is a directive, but inside a section it is taken for a key",
            "write @INCLUDE and @SET in the first column",
        );
    }
    match inside.split_once(' ') {
        Some((key, value)) if !value.trim_ascii().is_empty() => {
            Line::Pair(key.trim_ascii(), value.trim_ascii())
        }
        _ if inside.contains(BLANKS_OF_WORD_PROCESSORS) => Line::Invalid(ODD_BLANK_IN_LINE, ODD_BLANK.1),
        _ if inside.contains('\t') => Line::Invalid(
            "the line has no blank between key and value",
            "separate them with blanks, not with a tab",
        ),
        _ => Line::Invalid("the line has a key but no value", "write key and value, or leave the line out"),
    }
}

/// Begins a section. Fluent Bit compares only as many letters as the name has, so that `[OUT]` is an output.
fn begin(name: &str, location: Location, configuration: &mut Configuration) -> Current {
    configuration.has_content = true;
    if abbreviates(name, "service") {
        return Current::Service;
    }
    configuration.lists_plugins |= abbreviates(name, "plugins");
    let origin = Origin::FluentBit;
    let section =
        Section { location: location.clone(), origin, container: None, settings: Vec::new(), open: false };
    if abbreviates(name, "inputs") {
        configuration.inputs.push(section);
        return Current::Input;
    }
    if abbreviates(name, "filters") {
        configuration.filters.push(section);
        return Current::Filter;
    }
    if ["parser", "multiline_parser"].iter().any(|parser| name.eq_ignore_ascii_case(parser)) {
        configuration.parsers.push(location.clone());
    }
    if !abbreviates(name, "outputs") {
        report_unknown(name, location, configuration);
        return Current::Other;
    }
    configuration.outputs.push(section);
    Current::Output(configuration.outputs.len() - 1)
}

/// Fluent Bit passes over a section that it does not know.
fn report_unknown(name: &str, location: Location, configuration: &mut Configuration) {
    if is_known_section(name) {
        return;
    }
    let instead = match closest(name.trim(), SECTIONS) {
        Some(near) => format!("did you mean [{}]?", near.to_ascii_uppercase()),
        None => "write [SERVICE], [INPUT], [FILTER] or [OUTPUT], or leave it out".to_owned(),
    };
    let message = format!("there is no section [{name}]; Fluent Bit passes over it and its keys");
    configuration.warn(location, message, instead);
}

/// Whether Fluent Bit knows the section `[name]`.
pub(super) fn is_known_section(name: &str) -> bool {
    SECTIONS.iter().any(|full| abbreviates(name, full))
}

fn abbreviates(name: &str, full: &str) -> bool {
    !name.is_empty() && full.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn add(current: &Current, key: &str, value: &str, location: Location, configuration: &mut Configuration) {
    let setting = Setting { location, key: key.to_owned(), value: SettingValue::new(value) };
    match current {
        Current::None => {
            configuration.error(
                setting.location,
                "the line stands before the first section",
                "begin with [OUTPUT]",
            );
        }
        Current::Service => configuration.service.push(setting),
        Current::Output(index) => {
            if let Some(section) = configuration.outputs.get_mut(*index) {
                section.settings.push(setting);
            }
        }
        Current::Input => add_to_last(&mut configuration.inputs, setting),
        Current::Filter => add_to_last(&mut configuration.filters, setting),
        Current::Other => {}
    }
}

fn add_to_last(sections: &mut [Section], setting: Setting) {
    if let Some(section) = sections.last_mut() {
        section.settings.push(setting);
    }
}

/// Fluent Bit takes blanks around the `=` for a part of the name and of the value.
fn set(pair: &str, location: Location, configuration: &mut Configuration) {
    let Some((name, value)) = pair.split_once('=') else {
        configuration.warn(location, "sets nothing, for it has no =", "write @SET NAME=value");
        return;
    };
    if name != name.trim() || value != value.trim_start() {
        let message =
            format!("the blanks around = become a part of the name and the value of '{}'", name.trim());
        configuration.warn(location, message, format!("write @SET {}={}", name.trim(), value.trim()));
    }
    configuration.variables.insert(name.trim().to_owned(), value.trim().to_owned());
}
