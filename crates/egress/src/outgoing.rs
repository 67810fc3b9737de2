//! A request body that remembers whether the connection has begun to write the request.
//!
//! Whether a request may be sent again depends on it: a refresh token that may have been used must not be used twice.
//! The connection asks a body for its end or its bytes only when it writes the head of the request, on HTTP/1.1 and
//! HTTP/2 alike, so the first such question marks the request as sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body that is handed to the client.
pub(crate) struct Outgoing {
    bytes: Option<Bytes>,
    begun: Arc<AtomicBool>,
}

/// The sender's view of an [`Outgoing`].
pub(crate) struct Progress(Arc<AtomicBool>);

impl Outgoing {
    pub(crate) fn new(bytes: Vec<u8>) -> (Self, Progress) {
        let begun = Arc::new(AtomicBool::new(false));
        let bytes = (!bytes.is_empty()).then(|| Bytes::from(bytes));
        (Self { bytes, begun: begun.clone() }, Progress(begun))
    }
}

impl Progress {
    /// Whether the request has begun to be written by now.
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Whether the request may have been written, asked after it was given up.
    ///
    /// It has surely not when its body is gone and was never asked for. While the body still exists, a connection
    /// may be taking it up at this moment, so the answer is yes.
    pub(crate) fn may_have_been_sent(self) -> bool {
        Arc::try_unwrap(self.0).map_or(true, AtomicBool::into_inner)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.begun.store(true, Ordering::SeqCst);
        Poll::Ready(self.bytes.take().map(Frame::data).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.begun.store(true, Ordering::SeqCst);
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, Bytes::len) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_body_that_nobody_asked_was_not_sent() {
        let (body, progress) = Outgoing::new(b"grant_type=refresh_token".to_vec());
        assert_eq!(body.size_hint().exact(), Some(24));
        drop(body);
        assert!(!progress.has_begun());
        assert!(!progress.may_have_been_sent());
    }

    #[test]
    fn a_body_that_was_asked_may_have_been_sent() {
        let (body, progress) = Outgoing::new(Vec::new());
        assert!(body.is_end_stream());
        drop(body);
        assert!(progress.may_have_been_sent());
    }

    #[test]
    fn a_body_that_still_exists_may_be_sent() {
        let (body, progress) = Outgoing::new(Vec::new());
        assert!(progress.may_have_been_sent());
        drop(body);
    }
}
