//! `limit`: whether a line is in a sample, as far as its trace decides.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ecs_router::classify::classes::Class;
use ecs_router::config::{Problem, Settings};
use ecs_router::input::decode;
use ecs_router::limit::{SampleShare, TraceFields};
use serde_json::Value;

/// A share, as in the key `sample.<class>`, with the usual fields.
pub(crate) struct SampleRule {
    share: SampleShare,
    trace: TraceFields,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleVerdict {
    /// With its whole trace.
    Kept,
    /// With its whole trace.
    Dropped,
    /// It names no trace.
    Drawn,
}

impl SampleVerdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Dropped => "dropped",
            Self::Drawn => "drawn",
        }
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Kept => "kept, as every line of its trace or request",
            Self::Dropped => "dropped, as every line of its trace or request",
            Self::Drawn => "drawn by chance: it names no trace and no request",
        }
    }
}

impl SampleRule {
    pub(crate) fn read(share: &str) -> Result<Self, Vec<Problem>> {
        let keys = BTreeMap::from([
            ("route.default".to_owned(), "stdout".to_owned()),
            ("sample.stdout".to_owned(), share.to_owned()),
        ]);
        let problems = RefCell::new(Vec::new());
        let limits = Settings::read(&keys, &problems).limits;
        let of_stdout = limits.by_class.get(Class::Stdout.index()).and_then(Option::as_ref);
        match of_stdout.and_then(|limits| limits.sample) {
            Some(share) if problems.borrow().is_empty() => Ok(Self { share, trace: limits.trace }),
            _ => Err(problems.into_inner()),
        }
    }

    pub(crate) fn judge(&self, record: &Value) -> SampleVerdict {
        // A JSON value always has a msgpack form.
        let chunk = rmp_serde::to_vec(&(0u64, record)).unwrap_or_default();
        let mut hash = None;
        decode::records(&chunk, |record| hash = self.trace.trace_hash(record));
        match hash {
            Some(hash) if self.share.keeps(hash) => SampleVerdict::Kept,
            Some(_) => SampleVerdict::Dropped,
            None => SampleVerdict::Drawn,
        }
    }
}
