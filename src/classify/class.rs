//! The classes there are. What gets which is decided in `classes`.

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// An ECS event that says something stopped or failed.
    Stop,
    /// A stop event that was planned: a deployment, a scale-in, a user's request.
    ExpectedStop,
    /// Output that an application wrote to standard error.
    Stderr,
    /// The rest of an application's output.
    Stdout,
    /// Everything else.
    Other,
    /// A line that says it is an error, on whatever stream. Only with `level auto`.
    Error,
    /// A line that says it is a warning, on whatever stream. Only with `level auto` and `route.warn`.
    Warn,
    /// The user's class at this position in `classes`.
    Own(u8),
}

/// The classes that always exist, in the order of their index.
pub const BUILT_IN: [Class; 7] =
    [Class::Stop, Class::ExpectedStop, Class::Stderr, Class::Stdout, Class::Other, Class::Error, Class::Warn];

impl Class {
    /// The row of this class in tables with one row per class: the built-in ones, then the user's.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Class::Stop => 0,
            Class::ExpectedStop => 1,
            Class::Stderr => 2,
            Class::Stdout => 3,
            Class::Other => 4,
            Class::Error => 5,
            Class::Warn => 6,
            Class::Own(position) => BUILT_IN.len() + usize::from(position),
        }
    }

    /// The name in `$(class)` and the counters; the classifier knows those of the user's own classes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Stop | Class::ExpectedStop => "stop",
            Class::Stderr => "stderr",
            Class::Stdout => "stdout",
            Class::Other => "other",
            Class::Error => "error",
            Class::Warn => "warn",
            Class::Own(_) => "own",
        }
    }
}
