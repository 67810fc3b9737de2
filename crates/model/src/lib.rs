#![doc = include_str!("../README.md")]

pub mod api_key;
pub mod audit;
pub mod connection;
pub mod end_user;
pub mod environment;
pub mod fields;
pub mod flow;
pub mod freshness;
pub mod id;
pub mod integration;
pub mod issue;
pub mod key;
pub mod outbox;
pub mod scope;
pub mod session;
pub mod tags;
pub mod token;
pub mod webhook;

pub use api_key::ApiKey;
pub use audit::{Actor, AuditEntry};
pub use connection::Connection;
pub use end_user::{EndUser, Organization};
pub use environment::Environment;
pub use flow::PendingFlow;
pub use freshness::{Freshness, RefreshMargin};
pub use id::{ApiKeyId, AuditId, ConnectionId, EnvironmentId, IntegrationId, OutboxId, SessionId};
pub use integration::Integration;
pub use issue::{Issue, IssueCode};
pub use key::{ConnectionKey, EnvironmentName, IntegrationKey};
pub use outbox::OutboxMessage;
pub use scope::{Scope, Scopes};
pub use session::ConnectSession;
pub use tags::Tags;
pub use webhook::WebhookSettings;
