//! What the table says of one key.

use super::kind::DestinationKind;

/// Where a key may be.
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
    /// `on` or `off`.
    Flag,
    /// `10s`, `500ms`, `5m`.
    Duration,
    /// A whole number.
    Number,
    /// `64k`, `5MB`, `1MiB`.
    Size,
    /// `a, b, c`.
    List,
    /// `name=value, …`.
    Pairs,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl KeyForm {
    /// Describes the form in words, for the reference.
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

/// A key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Where the key may be.
    pub scope: Scope,
    /// Name of the key; `<class>` and `<name>` stand for a name of the user's.
    pub name: &'static str,
    /// What a value looks like.
    pub form: KeyForm,
    /// Value of a key that is not set.
    pub default: Option<&'static str>,
    /// The types of destination that have another default, and that default.
    pub default_of_kinds: Option<(&'static [DestinationKind], &'static str)>,
    /// Whether values must never be shown.
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
    Key { scope, name, form, default: None, default_of_kinds: None, secret: false, doc, example }
}

impl Key {
    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Sets another default for some types of destination.
    pub(super) const fn default_for(
        mut self,
        kinds: &'static [DestinationKind],
        default: &'static str,
    ) -> Self {
        self.default_of_kinds = Some((kinds, default));
        self
    }

    /// Keeps values from being shown, even in a problem.
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The default for an output (`kind` is `None`) or a destination of this type.
    #[must_use]
    pub fn default_value(&self, kind: Option<DestinationKind>) -> Option<&'static str> {
        match self.default_of_kinds {
            Some((kinds, default)) if kind.is_some_and(|kind| kinds.contains(&kind)) => Some(default),
            _ => self.default,
        }
    }

    /// The names of the types that have another default, and that default.
    #[must_use]
    pub fn exception(&self) -> Option<(String, &'static str)> {
        let (kinds, default) = self.default_of_kinds?;
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        Some((names.join(", "), default))
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
