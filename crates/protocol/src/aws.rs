//! Amazon Web Services: temporary keys of a role, and requests signed with them.

mod identity;
mod sigv4;
mod sts;

pub use identity::{outcome as identity_outcome, request as identity_request};
pub(crate) use sigv4::{Draft, Keys, Payload, Scope, authorization, host, sha256_hex, sign, stamp};
pub use sts::{Role, outcome, request, role};
