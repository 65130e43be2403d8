//! What is wrong with a configuration, in words for the person who wrote it.

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct Problem {
    /// The key, as the user writes it.
    pub key: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

/// Why one value cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigError {
    #[error("'{0}' is neither on nor off")]
    NotAFlag(String),
    #[error("'{text}' is not a {expected}")]
    Malformed { text: String, expected: &'static str },
    #[error("'{0}' is not of the form name=value")]
    NotAPair(String),
    #[error("'{text}' is not one of {}", words.join(", "))]
    UnknownWord { text: String, words: &'static [&'static str] },
    #[error("must be at least 1")]
    Zero,
    #[error("is too large")]
    TooLarge,
    #[error("has the wrong format (the value is secret and not shown)")]
    MalformedSecret,
}

impl ConfigError {
    pub(super) fn malformed(expected: &'static str, text: &str) -> Self {
        Self::Malformed { text: text.to_owned(), expected }
    }
}
