#![doc = include_str!("../README.md")]

pub mod after_connect;
pub mod after_token;
pub mod api;
pub mod app_installation;
pub mod authorize;
pub mod aws;
pub mod callback;
mod claims;
mod client_auth;
pub mod client_credentials;
mod credential;
pub mod device;
pub mod discovery;
pub mod dpop;
pub mod exchange;
mod fields;
pub mod identity;
pub mod introspect;
mod jose;
mod json_path;
pub mod jwt;
pub mod jwt_bearer;
mod lifetime;
pub mod login;
pub mod mcp;
mod message;
pub mod oauth1;
mod occasion;
mod parameters;
pub mod pkce;
pub mod plugin;
pub mod pushed;
mod quirks;
pub mod refresh;
mod refusal;
pub mod resolve;
pub mod revoke;
mod said;
mod saml;
mod scopes;
mod sealed_json;
pub mod second_token;
mod text;
mod token_call;
pub mod token_exchange;
mod token_response;
pub mod verify;
pub mod wsse;
mod xml;

pub use authorize::Flow;
pub use credential::{
    Assertion, AwsKeys, CorruptCredential, Credential, CredentialKind, InstallationToken, Kept, Minted,
    OAuth2Tokens,
};
pub use dpop::DpopKey;
pub use fields::{Client, Fields};
pub use message::{ClientCertificate, Request, RequestError, Response};
pub use occasion::Occasion;
pub use refusal::TokenError;
pub use scopes::{known_scopes, missing_scopes, requested_scopes};
pub use text::safe_text;
