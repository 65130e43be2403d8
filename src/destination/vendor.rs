//! What differs from vendor to vendor; [`super::Destination`] holds what they share.

use std::fmt;

use bytes::Bytes;

use super::object_store::ObjectStore;
use super::{Encoded, NotTaken, Purpose, Reply, ReplyAction, Request};
use crate::classify::classes::Entry;
use crate::config::Common;
use crate::encode::accepted_times::AcceptedTimes;
use crate::encode::batch::{Batch, Limits};
use crate::encode::partition::Partitions;
use crate::encode::template::RenderContext;
use crate::metrics::Reason;

/// One vendor's service. [`super::Destination`] documents the methods under the same names.
pub(crate) trait Vendor: fmt::Debug + Send {
    fn store(&self) -> Option<&dyn ObjectStore> {
        None
    }

    /// By default every entry has the same target.
    fn target<'t>(
        &'t self,
        _entry: &Entry<'_, '_, '_>,
        _context: &RenderContext<'_>,
        _out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        None
    }

    fn outer_name<'n>(&self, _target: &'n [u8]) -> Option<&'n [u8]> {
        None
    }

    /// By default all of the target.
    fn name<'n>(&self, target: &'n [u8]) -> &'n [u8] {
        target
    }

    /// By default the service is asked.
    fn accepted_times(&self) -> Option<AcceptedTimes> {
        None
    }

    /// By default one target in each batch.
    fn pack(&self, partitions: Partitions, limits: &Limits) -> Vec<Batch> {
        partitions.pack(limits)
    }

    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded;

    fn deduplicates_requests(&self) -> bool {
        false
    }

    fn request(&self, batch: &Batch) -> Request;

    fn classify_reply(&self, common: &Common, purpose: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction;

    /// By default it has no name.
    fn prepared_resource(&self) -> Option<&'static str> {
        None
    }

    /// By default the reason's name.
    fn rejection_text(&self, reason: Reason) -> &'static str {
        reason.name()
    }

    /// By default requests have no entity.
    fn refused_entity(&self, _common: &Common, _batch: &Batch, _reply: &Reply) -> Option<String> {
        None
    }

    /// By default the form of a request does not depend on it.
    fn note_unanswered(&self, _purpose: Purpose) {}

    /// By default a request keeps its form.
    fn is_made_anew(&self, _purpose: Purpose) -> bool {
        false
    }

    /// By default nobody reads it.
    fn headline(&self, _batch: &Batch) -> Option<String> {
        None
    }

    /// By default what the items count for by the destination's rules.
    fn billed_bytes(&self, batch: &Batch, not_taken: &NotTaken, _sent: u64) -> u64 {
        let taken = batch.items.iter().enumerate().filter(|(position, _)| !not_taken.contains(*position));
        taken.map(|(_, item)| item.size as u64).sum()
    }

    /// By default a batch without any records; not for a service that refuses those to everybody.
    fn probe(&self) -> Request {
        self.request(&Batch::empty(Bytes::new()))
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        self.classify_reply(common, Purpose::Deliver, &Batch::empty(Bytes::new()), reply)
    }
}
