//! An environment: development, staging, production. Nothing crosses its wall.

use jiff::Timestamp;

use crate::id::EnvironmentId;
use crate::key::EnvironmentName;

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Row identifier.
    pub id: EnvironmentId,
    /// Unique name.
    pub name: EnvironmentName,
    /// What end users are told they connect to ("Connect GitHub to Acme"); nothing is said when absent.
    pub app_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}
