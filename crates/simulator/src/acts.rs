//! What happens between an engine and a provider, act by act. Each act says which calls it expects, from the entry and
//! the standards alone.

mod api;
mod authorize;
mod aws;
mod device;
mod direct;
mod exchange;
mod install;
mod introspect;
mod login;
mod mcp;
mod oauth1;
mod proof;
mod pushed;
mod refresh;
mod revoke;
mod token_call;

pub use api::ApiCall;
pub use authorize::behind_fragment;
pub(crate) use aws::Keys;
