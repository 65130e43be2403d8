//! What one row of the table says of a key.

use super::kind::DestinationKind;

/// Where a key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Once per `[OUTPUT]`.
    Output,
    /// `<destination>.<key>` of any type.
    Destination,
    /// `<destination>.<key>` of these types.
    Only(&'static [DestinationKind]),
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// Free text.
    Text,
    /// Text with `$(field)` and strftime.
    Template,
    /// on or off
    Flag,
    /// 10s, 500ms, 5m
    Duration,
    /// A whole number.
    Number,
    /// 64k, 5MB, 1MiB
    Size,
    /// a, b, c
    List,
    /// name=value, …
    Pairs,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl KeyForm {
    /// In words, for the reference.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            KeyForm::Text => "text".into(),
            KeyForm::Template => "template".into(),
            KeyForm::Flag => "on/off".into(),
            KeyForm::Duration => "duration".into(),
            KeyForm::Number => "number".into(),
            KeyForm::Size => "size".into(),
            KeyForm::List => "list".into(),
            KeyForm::Pairs => "name=value list".into(),
            KeyForm::Choice(words) => words.join(" / "),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Where it stands.
    pub scope: Scope,
    /// Its name; `<class>` and `<name>` stand for a name of the user's.
    pub name: &'static str,
    /// What its value looks like.
    pub form: KeyForm,
    /// What holds when it is not set.
    pub default: Option<&'static str>,
    /// One type for which something else holds then.
    pub exception: Option<(DestinationKind, &'static str)>,
    /// Its value must never be shown.
    pub secret: bool,
    /// One or two sentences for the reference.
    pub doc: &'static str,
    /// A value as one would write it.
    pub example: &'static str,
}

pub(super) const fn key(
    scope: Scope,
    name: &'static str,
    form: KeyForm,
    doc: &'static str,
    example: &'static str,
) -> Key {
    Key { scope, name, form, default: None, exception: None, secret: false, doc, example }
}

impl Key {
    pub(super) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// For one type, another default.
    pub(super) const fn except(mut self, kind: DestinationKind, default: &'static str) -> Self {
        self.exception = Some((kind, default));
        self
    }

    /// Its value is never shown, not even in a problem.
    pub(super) const fn masked(mut self) -> Self {
        self.secret = true;
        self
    }

    /// What holds for this type when it is not set.
    #[must_use]
    pub fn default_of(&self, kind: Option<DestinationKind>) -> Option<&'static str> {
        let exception = self.exception.filter(|(only, _)| kind == Some(*only));
        exception.map(|(_, default)| default).or(self.default)
    }

    /// Whether it is a key of an output (`kind` is `None`) or of a destination of this type.
    #[must_use]
    pub fn applies_to(&self, kind: Option<DestinationKind>) -> bool {
        match (self.scope, kind) {
            (Scope::Output, None) | (Scope::Destination, Some(_)) => true,
            (Scope::Only(kinds), Some(kind)) => kinds.contains(&kind),
            _ => false,
        }
    }
}
