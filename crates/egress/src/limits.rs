//! How long a request may take and how much may come back.

use std::time::Duration;

/// The bounds of one request. There is no request without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time until the request begins to be written: resolving, connecting and TLS.
    pub connect: Duration,
    /// Time until the last byte of the answer, counted from the start.
    pub total: Duration,
    /// Size of the answer's body in bytes, after decompression.
    pub body_bytes: usize,
    /// Size of the answer's header section in bytes. Over HTTP/2 and above 64 KiB the connection refuses it earlier.
    pub header_bytes: usize,
    /// What happens to a longer body.
    pub overflow: Overflow,
}

/// What happens to a body that is longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The request fails, for a part would be misread as the whole.
    Fail,
    /// The rest is not read, for only a person looks at the beginning.
    Cut,
}

impl Limits {
    /// For token endpoints: 10 s to connect, 20 s in all, 1 MiB of body, 64 KiB of headers.
    pub const fn token() -> Self {
        Self {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(20),
            body_bytes: 1 << 20,
            header_bytes: 64 << 10,
            overflow: Overflow::Fail,
        }
    }

    /// For webhooks: as for tokens, but only the first 1 KiB of the body is read.
    pub const fn webhook() -> Self {
        Self { body_bytes: 1 << 10, overflow: Overflow::Cut, ..Self::token() }
    }

    /// For discovery documents, key sets and the like: 5 s to connect, 10 s in all, 1 MiB of body.
    pub const fn metadata() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(10), ..Self::token() }
    }
}
