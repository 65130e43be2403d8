//! The summary line: what one destination did, in words.

use std::fmt::{self, Display};

use super::{Reason, Snapshot};

impl Snapshot {
    /// Whether anything was counted; objects that only wait in the spool are not traffic.
    #[must_use]
    pub fn has_traffic(&self) -> bool {
        let counted = [self.delivered, self.bytes, self.requests, self.retries, self.cut, self.objects];
        counted.iter().any(|count| *count > 0) || !self.lost.is_empty()
    }

    /// `120 records delivered in 3 requests (4096 bytes), 1 retries, 2 lost (too_old 2), 1 cut`, and what is in the spool.
    #[must_use]
    pub fn summary(&self) -> impl Display + '_ {
        fmt::from_fn(|out| {
            let Self { delivered, requests, bytes, retries, .. } = self;
            write!(out, "{delivered} records delivered in {requests} requests ({bytes} bytes)")?;
            write!(out, ", {retries} retries")?;
            self.write_reasons(out, "lost", |reason| reason.is_loss())?;
            if self.lost.iter().any(|(reason, _)| !reason.is_loss()) {
                self.write_reasons(out, "left out", |reason| !reason.is_loss())?;
            }
            out.write_str(&self.cut_words())?;
            self.write_objects(out)
        })
    }

    /// `, 3 cut`, or nothing: records that arrived without their end.
    pub(crate) fn cut_words(&self) -> String {
        cut_words(self.cut)
    }

    fn write_reasons(
        &self,
        out: &mut fmt::Formatter<'_>,
        word: &str,
        wanted: impl Fn(Reason) -> bool,
    ) -> fmt::Result {
        let named: Vec<_> = self.lost.iter().filter(|(reason, _)| wanted(*reason)).collect();
        let all: u64 = named.iter().map(|(_, count)| count).sum();
        write!(out, ", {all} {word}")?;
        for (position, (reason, count)) in named.iter().enumerate() {
            let before = if position == 0 { " (" } else { ", " };
            write!(out, "{before}{} {count}", reason.name())?;
        }
        if named.is_empty() { Ok(()) } else { out.write_str(")") }
    }

    fn write_objects(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.objects > 0 {
            write!(out, ", {} objects uploaded", self.objects)?;
        }
        if self.spool_objects > 0 {
            write!(out, ", {} objects ({} bytes) in the spool", self.spool_objects, self.spool_bytes)?;
        }
        Ok(())
    }
}

/// `, 3 cut`, or nothing.
pub(super) fn cut_words(cut: u64) -> String {
    if cut > 0 { format!(", {cut} cut") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_was_lost_and_why() {
        let counters = Snapshot {
            delivered: 120,
            bytes: 4096,
            requests: 3,
            retries: 1,
            lost: vec![(Reason::TooOld, 2), (Reason::Refused, 1), (Reason::Filtered, 7)],
            cut: 6,
            objects: 4,
            spool_objects: 5,
            spool_bytes: 600,
            ..Snapshot::default()
        };
        assert_eq!(
            counters.summary().to_string(),
            "120 records delivered in 3 requests (4096 bytes), 1 retries, 3 lost (too_old 2, refused 1), \
             7 left out (filtered 7), 6 cut, 4 objects uploaded, 5 objects (600 bytes) in the spool"
        );
        assert_eq!(
            Snapshot::default().summary().to_string(),
            "0 records delivered in 0 requests (0 bytes), 0 retries, 0 lost"
        );
    }

    #[test]
    fn only_what_came_since_is_traffic() {
        let before = Snapshot { delivered: 7, lost: vec![(Reason::Refused, 2)], ..Snapshot::default() };
        let after = Snapshot { spool_objects: 1, spool_bytes: 9, ..before.clone() };
        assert!(!after.since(&before).has_traffic());
        let after = Snapshot { lost: vec![(Reason::TooOld, 1), (Reason::Refused, 5)], ..after };
        let since = after.since(&before);
        assert!(since.has_traffic());
        assert_eq!((since.delivered, since.spool_bytes), (0, 9));
        assert_eq!(since.lost, [(Reason::TooOld, 1), (Reason::Refused, 3)]);
    }
}
