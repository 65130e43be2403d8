//! What is wrong with a template, in words for the user.

/// What is wrong with a template, and what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A field does not end.
    #[error("'{0}' has a $( without its )")]
    Unclosed(String),
    /// A field without a name.
    #[error("$() names no field; write for example $(ecs_cluster)")]
    NoField,
    /// `$(tag[…])` without a number.
    #[error("$({field}): '{position}' is not a position; the first is 0")]
    NotAPosition {
        /// The field as written.
        field: String,
        /// The text between the brackets.
        position: String,
    },
    /// The user's own text holds a character that the kind of name forbids.
    #[error("'{character}' may not stand in {kind}")]
    Forbidden {
        /// The first such character.
        character: char,
        /// The kind of name, and what may be in it.
        kind: &'static str,
    },
    /// strftime does not know a specifier.
    #[error(
        "'{specifier}' is not part of a date; write dates as %Y/%m/%d/%H, fields as $(name), and a percent sign as %%"
    )]
    NotATimeFormat {
        /// The part of the user's text.
        specifier: String,
    },
}
