//! The body of an answer, read piece by piece within its limits.

use bytes::Bytes;
use http::HeaderMap;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::error::{Error, Truncated};
use crate::limits::{Limits, Overflow};

/// The body of an answer that is still arriving. Dropping it closes what is left unread.
pub struct Incoming {
    response: reqwest::Response,
    host: String,
    deadline: Instant,
    room: usize,
    overflow: Overflow,
}

impl Incoming {
    /// Splits an answer into its head and its body.
    pub(crate) fn split(
        mut response: reqwest::Response,
        host: String,
        deadline: Instant,
        limits: &Limits,
    ) -> Result<http::Response<Self>, Error> {
        let headers = std::mem::take(response.headers_mut());
        if header_bytes(&headers) > limits.header_bytes {
            return Err(Error::TooLarge { host });
        }
        let (status, version) = (response.status(), response.version());
        let (room, overflow) = (limits.body_bytes, limits.overflow);
        let mut answer = http::Response::new(Self { response, host, deadline, room, overflow });
        *answer.status_mut() = status;
        *answer.version_mut() = version;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// The next piece of the body, decompressed; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.room == 0 && self.overflow == Overflow::Cut {
            return Ok(None);
        }
        let read = timeout_at(self.deadline, self.response.chunk()).await;
        let chunk = match read {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(_)) => return Err(Error::Protocol { host: self.host.clone() }),
            Err(_) => return Err(Error::Timeout { host: self.host.clone(), sent: true }),
        };
        if chunk.len() > self.room && self.overflow == Overflow::Fail {
            return Err(Error::TooLarge { host: self.host.clone() });
        }
        let chunk = chunk.slice(..chunk.len().min(self.room));
        self.room -= chunk.len();
        Ok(Some(chunk))
    }
}

/// Reads a body to its end. When it breaks off, the received part goes into the error.
pub(crate) async fn collect(answer: http::Response<Incoming>) -> Result<http::Response<Vec<u8>>, Error> {
    let (head, mut incoming) = answer.into_parts();
    let mut body = Zeroizing::new(Vec::new());
    loop {
        match incoming.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(http::Response::from_parts(head, std::mem::take(&mut *body))),
            Err(error @ Error::TooLarge { .. }) => return Err(error),
            Err(_) => {
                let received = Box::new(Truncated { status: head.status, headers: head.headers, body });
                return Err(Error::Truncated { host: incoming.host, received });
            }
        }
    }
}

/// The size of the header section as HTTP/1.1 writes it: each line with a colon, a space and its end.
fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
