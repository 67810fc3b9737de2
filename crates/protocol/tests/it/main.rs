//! Every step with literal HTTP on both sides.

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing has failed, and says where")]

mod after_connect;
mod after_token;
mod answer_shapes;
mod answers;
mod api;
mod api_parts;
mod authorize;
mod aws;
mod callback;
mod client_credentials;
mod credential;
mod discovery;
mod exchange;
mod given;
mod grants;
mod identity;
mod installs;
mod jwt;
mod login;
mod mcp;
mod oauth1;
mod refresh;
mod render;
mod resolve;
mod revoke;
mod saml;
mod shipped;
mod shipped_schemes;
mod signing;
mod token_calls;
mod verify;
mod wsse;
