//! OAuth 1.0a (RFC 5849).
//!
//! Three requests make a credential: one for temporary credentials ([`temporary`], §2.1), the browser's way to the
//! provider and back ([`authorize`], §2.2), one for the token itself ([`token`], §2.3). They are signed like every
//! call to the API afterwards (§3). The token never ends by itself and is never refreshed. A token that was made in
//! the vendor's console skips the three and is only signed with.

pub mod authorize;
mod base_string;
mod form_answer;
mod rsa_sha1;
mod signature;
pub mod temporary;
pub mod token;

pub use authorize::{CorruptFlow, Flow};
pub(crate) use signature::Signer;
