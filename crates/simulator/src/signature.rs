//! Signatures over whole requests, worked out from the bytes that arrived.

pub(crate) mod sigv4;
