//! A chunk while it is written again: its entries stay, make way for a joined record, or are left out.

use std::ops::Range;

/// The chunk as it will be, in fragments.
#[derive(Debug)]
pub(super) struct ChunkRewrite<'a> {
    chunk: &'a [u8],
    fragments: Vec<Fragment>,
    is_changed: bool,
}

/// One entry of the new chunk, or several that follow each other.
#[derive(Debug)]
enum Fragment {
    /// Bytes of the old chunk.
    Kept(Range<usize>),
    /// One entry of the old chunk, which may yet be replaced or left out.
    Apart(Range<usize>),
    /// A joined record.
    Written(Vec<u8>),
    /// Nothing: the entry is part of another record.
    LeftOut,
}

/// An entry that may yet be replaced or left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    fragment: usize,
    /// The entry's position among those of the old chunk.
    pub(super) position: u32,
}

impl<'a> ChunkRewrite<'a> {
    pub(super) const fn new(chunk: &'a [u8]) -> Self {
        Self { chunk, fragments: Vec::new(), is_changed: false }
    }

    /// Keeps the next entry as it is.
    pub(super) fn keep(&mut self, place: Range<usize>) {
        match self.fragments.last_mut() {
            Some(Fragment::Kept(last)) if last.end == place.start => last.end = place.end,
            _ => self.fragments.push(Fragment::Kept(place)),
        }
    }

    /// Keeps the next entry as it is for now.
    pub(super) fn keep_apart(&mut self, position: u32, place: Range<usize>) -> Slot {
        self.fragments.push(Fragment::Apart(place));
        Slot { fragment: self.fragments.len() - 1, position }
    }

    /// Leaves the next entry out.
    pub(super) const fn leave_out(&mut self) {
        self.is_changed = true;
    }

    /// Leaves out an entry that was kept apart.
    pub(super) fn remove(&mut self, slot: Slot) {
        self.set(slot, Fragment::LeftOut);
    }

    /// Writes a joined record in place of an entry that was kept apart.
    pub(super) fn replace(&mut self, slot: Slot, entry: Vec<u8>) {
        self.set(slot, Fragment::Written(entry));
    }

    fn set(&mut self, slot: Slot, fragment: Fragment) {
        self.is_changed = true;
        if let Some(place) = self.fragments.get_mut(slot.fragment) {
            *place = fragment;
        }
    }

    /// The new chunk; `None`: it is the old one.
    pub(super) fn finish(&self) -> Option<Vec<u8>> {
        self.is_changed.then(|| self.written())
    }

    fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.chunk.len());
        for fragment in &self.fragments {
            match fragment {
                Fragment::Kept(place) | Fragment::Apart(place) => {
                    bytes.extend_from_slice(self.chunk.get(place.clone()).unwrap_or_default())
                }
                Fragment::Written(entry) => bytes.extend_from_slice(entry),
                Fragment::LeftOut => {}
            }
        }
        bytes
    }
}
