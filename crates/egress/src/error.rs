//! How a request can fail, sorted by what the caller may do next.
//!
//! Messages name the host and never the path, the query, a header or the body: all of these may hold secrets. The
//! errors of the HTTP client quote URLs, so they are read here and not passed on.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use http::{HeaderMap, StatusCode};
use zeroize::Zeroizing;

use crate::guard::Denied;
use crate::lookup::Unresolved;

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The target may not be reached. Nothing was sent.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The name of the host has no address, or the resolver failed. Nothing was sent.
    #[error("the name {host} was not resolved")]
    Resolve {
        /// The host of the request.
        host: String,
    },
    /// No connection was made. Nothing was sent.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// The host of the request.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The TLS handshake failed. Nothing was sent.
    #[error("no TLS connection to {host}: {reason}")]
    Tls {
        /// The host of the request.
        host: String,
        /// What the TLS library said.
        reason: String,
    },
    /// The client certificate or its key cannot be used. Nothing was sent.
    #[error("the client certificate or its private key cannot be read, or they do not belong together")]
    Certificate,
    /// The time ran out before the head of the answer.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host of the request.
        host: String,
        /// Whether the request may have been sent.
        sent: bool,
    },
    /// The answer was larger than allowed.
    #[error("the answer of {host} is larger than allowed")]
    TooLarge {
        /// The host of the request.
        host: String,
    },
    /// The answer began and did not end.
    #[error("the answer of {host} ended early")]
    Truncated {
        /// The host of the request.
        host: String,
        /// What was received.
        received: Box<Truncated>,
    },
    /// The connection broke after the request was sent, or the answer is not HTTP.
    #[error("{host} closed the connection or did not answer in HTTP")]
    Protocol {
        /// The host of the request.
        host: String,
    },
}

/// The part of an answer that was received before the connection broke, its encoding turned out broken, or the time
/// ran out. It may hold secrets, so `Debug` prints the status and the length, and the body is wiped when dropped.
pub struct Truncated {
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The beginning of the body, decompressed.
    pub body: Zeroizing<Vec<u8>>,
}

impl Error {
    /// Whether the other side may have seen the request, so that sending it again could act twice.
    pub const fn may_have_been_sent(&self) -> bool {
        match self {
            Self::Denied(_)
            | Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Certificate => false,
            Self::Timeout { sent, .. } => *sent,
            Self::TooLarge { .. } | Self::Truncated { .. } | Self::Protocol { .. } => true,
        }
    }

    /// Reads an error of the client about a request of which it is known whether it may have been sent.
    pub(crate) fn read(error: &reqwest::Error, host: String, sent: bool) -> Self {
        if let Some(denied) = find::<Denied>(error) {
            return denied.clone().into();
        }
        if find::<Unresolved>(error).is_some() {
            return Self::Resolve { host };
        }
        let sent = sent && !error.is_connect();
        if error.is_timeout() {
            return Self::Timeout { host, sent };
        }
        if sent {
            return Self::Protocol { host };
        }
        match find::<rustls::Error>(error) {
            Some(tls) => Self::Tls { host, reason: tls.to_string() },
            None => Self::Connect { host, reason: root(error).to_string() },
        }
    }
}

impl fmt::Debug for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Truncated({}, {} bytes)", self.status, self.body.len())
    }
}

/// The cause of an error. An `io::Error` shows the error it wraps through `get_ref` only, not as its source.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |error| cause(*error)).find_map(|error| error.downcast_ref())
}

fn root<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    std::iter::successors(Some(error), |error| cause(*error)).last().unwrap_or(error)
}
