#![doc = include_str!("../README.md")]

#[macro_use]
mod db;

pub mod api_keys;
pub mod audit;
pub mod canary;
mod columns;
pub mod connections;
pub mod environments;
mod error;
pub mod flows;
pub mod integrations;
mod last_used;
mod location;
mod memory;
pub mod outbox;
pub mod sessions;
pub mod webhooks;

pub use audit::AuditLog;
#[cfg(feature = "testing")]
pub use db::admin;
pub use db::{Store, Tx};
pub use error::{Cause, Constraint, Error, OpenError};
pub use location::Location;
