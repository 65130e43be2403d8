//! What is sent, in parts: the records where they were encoded, and what a request puts around them.
//!
//! Sending, digesting and compressing read the parts where they are, so no record is copied on its way from the partition
//! to the socket.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use sha2::{Digest as _, Sha256};

/// Bytes in one or more parts; equal to any payload of the same bytes.
#[derive(Debug, Clone, Default)]
pub struct Payload(Vec<Bytes>);

impl Payload {
    /// Length in bytes, all parts together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Bytes::is_empty)
    }

    /// The parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|part| &**part)
    }

    /// The payload as one part, which is a copy when there are more.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match self.0.as_slice() {
            [part] => part.clone(),
            parts => parts.concat().into(),
        }
    }

    /// SHA-256 of all parts together.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        self.parts().for_each(|part| hasher.update(part));
        hasher.finalize().into()
    }
}

impl FromIterator<Bytes> for Payload {
    fn from_iter<I: IntoIterator<Item = Bytes>>(parts: I) -> Self {
        Self(parts.into_iter().collect())
    }
}

impl<T: Into<Bytes>> From<T> for Payload {
    fn from(bytes: T) -> Self {
        Self(vec![bytes.into()])
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.parts().flatten().eq(other.parts().flatten())
    }
}

impl Eq for Payload {}

/// A request body being sent: the parts that are still to go.
#[derive(Debug)]
pub struct PayloadStream(VecDeque<Bytes>);

impl From<&Payload> for PayloadStream {
    fn from(payload: &Payload) -> Self {
        Self(payload.0.iter().filter(|part| !part.is_empty()).cloned().collect())
    }
}

impl http_body::Body for PayloadStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|part| part.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(parts: &[&'static str]) -> Payload {
        parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect()
    }

    #[test]
    fn how_it_is_split_makes_no_difference() {
        let one = payload(&["abcdef"]);
        let three = payload(&["ab", "", "cdef"]);
        assert_eq!(one, three);
        assert_eq!((one.len(), one.sha256()), (three.len(), three.sha256()));
        assert_eq!(three.to_bytes(), "abcdef");
        assert_ne!(one, payload(&["abcde", "g"]));
        assert_ne!(one, payload(&["abcde"]));
        assert!(payload(&[]).is_empty() && payload(&["", ""]).is_empty() && !one.is_empty());
    }

    #[tokio::test]
    async fn its_length_is_known_before_it_is_sent_and_an_empty_part_is_not_its_end() {
        use http_body::Body as _;
        let mut stream = PayloadStream::from(&payload(&["ab", "", "c"]));
        assert_eq!(stream.size_hint().exact(), Some(3));
        let mut sent = Vec::new();
        while let Some(Ok(frame)) =
            std::future::poll_fn(|context| Pin::new(&mut stream).poll_frame(context)).await
        {
            sent.extend_from_slice(frame.data_ref().unwrap());
        }
        assert!(sent == b"abc" && stream.is_end_stream());
    }
}
