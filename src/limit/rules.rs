//! What the user allows: rates and shares, by class.

use std::fmt;

use super::trace::TraceFields;
use crate::classify::classes::{BUILT_IN, Class};

/// `500/s per container, burst 2000`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Lines in each unit of time, 1 or more.
    pub count: u64,
    /// The unit of time.
    pub unit: RateUnit,
    /// Lines that may come at one time after a silence, 1 or more.
    pub burst: u64,
}

/// What a rate counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateUnit {
    /// `/s`
    Second,
    /// `/m`
    Minute,
    /// `/h`
    Hour,
}

impl RateUnit {
    /// The unit's length in milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        match self {
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
        }
    }

    /// The word after the slash.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, unit, burst } = self;
        write!(formatter, "{count}/{} per container, burst {burst}", unit.word())
    }
}

/// A share of all lines, in millionths: more than none, less than all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleShare {
    /// 1 … 999,999.
    pub millionths: u32,
}

impl SampleShare {
    /// Whether what has this hash is in the sample. What is in a sample is in every larger one.
    #[must_use]
    pub fn keeps(self, hash: u64) -> bool {
        u128::from(hash) * 1_000_000 < u128::from(self.millionths) << 64
    }
}

impl fmt::Display for SampleShare {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", f64::from(self.millionths) / 10_000.0)
    }
}

/// What is allowed to the lines of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassLimits {
    /// `limit.<class>`
    pub rate: Option<RateLimit>,
    /// `sample.<class>`
    pub sample: Option<SampleShare>,
}

impl ClassLimits {
    /// A rule as the user would write it; `None` where there is none.
    #[must_use]
    pub fn text(&self, rule: DropRule) -> Option<String> {
        match rule {
            DropRule::Limit => self.rate.map(|rate| rate.to_string()),
            DropRule::Sample => self.sample.map(|share| share.to_string()),
        }
    }
}

/// The key by which a line is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropRule {
    /// `limit.<class>`
    Limit,
    /// `sample.<class>`
    Sample,
}

impl DropRule {
    /// The first part of the key.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Sample => "sample",
        }
    }
}

/// What is allowed to each class.
#[derive(Debug, Clone, Default)]
pub struct LimitRules {
    /// By `Class::index`; what is missing after the last has no limits either.
    pub by_class: Vec<Option<ClassLimits>>,
    /// Where a line says which trace it belongs to.
    pub trace: TraceFields,
}

impl LimitRules {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_class.iter().all(Option::is_none)
    }

    #[inline]
    pub(super) fn get(&self, class: Class) -> Option<&ClassLimits> {
        self.by_class.get(class.index())?.as_ref()
    }

    /// The classes that have limits.
    pub(super) fn classes(&self) -> impl Iterator<Item = Class> {
        let limited = self.by_class.iter().enumerate().filter(|(_, limits)| limits.is_some());
        limited.filter_map(|(index, _)| class_at(index))
    }
}

fn class_at(index: usize) -> Option<Class> {
    let own = || u8::try_from(index.checked_sub(BUILT_IN.len())?).ok().map(Class::Own);
    BUILT_IN.into_iter().find(|class| class.index() == index).or_else(own)
}
