//! Signatures, worked out from the bytes that arrived.

pub(crate) mod minted;
pub(crate) mod oauth1;
pub(crate) mod saml;
pub(crate) mod sigv4;
