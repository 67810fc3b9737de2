//! Oddities that catalog data cannot express, one file each.

pub(crate) mod bot_and_user_tokens;
pub(crate) mod bullhorn_rest_login;
pub(crate) mod refresh_md5_secret;
pub(crate) mod revolut_client_assertion;
pub(crate) mod shopline_signed_token;
pub(crate) mod user_scope;
