//! Oddities that catalog data cannot express, one file each.

pub(crate) mod refresh_md5_secret;
pub(crate) mod user_scope;
