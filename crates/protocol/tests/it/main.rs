//! Every step with literal HTTP on both sides.

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing has failed, and says where")]

mod answers;
mod api;
mod authorize;
mod callback;
mod client_credentials;
mod credential;
mod discovery;
mod exchange;
mod given;
mod identity;
mod refresh;
mod render;
mod resolve;
mod revoke;
mod shipped;
mod verify;
