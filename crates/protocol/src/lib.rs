#![doc = include_str!("../README.md")]

pub mod api;
pub mod authorize;
pub mod callback;
mod client_auth;
pub mod client_credentials;
mod credential;
pub mod discovery;
pub mod exchange;
mod fields;
pub mod identity;
mod json_path;
mod lifetime;
mod message;
mod parameters;
pub mod pkce;
mod quirks;
pub mod refresh;
mod refusal;
pub mod resolve;
pub mod revoke;
mod scopes;
mod sealed_json;
mod text;
mod token_response;
pub mod verify;

pub use authorize::Flow;
pub use credential::{CorruptCredential, Credential, CredentialKind, OAuth2Tokens};
pub use fields::{Client, Fields};
pub use message::{Request, RequestError, Response};
pub use refusal::TokenError;
pub use text::safe_text;
