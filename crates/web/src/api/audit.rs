//! `/v1/audit`: who did what.

use axum::extract::State;
use axum::response::Response;
use engine::right::ReadAudit;
use http::StatusCode;
use model::{AuditEntry, AuditId, IssueCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{InData, data};
use super::input::{Flaw, RawQuery, whole_number};
use super::times::Zulu;
use crate::AppState;
use crate::auth::Key;
use crate::problem::Problem;

const USUAL_LIMIT: u32 = 100;
const MOST: u32 = 1000;

/// One entry.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryJson {
    /// Sortable by time; give the last one as `before` to read on.
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Zulu,
    /// A key, a session, `system` or `operator`.
    actor: String,
    /// For instance `credential.read`.
    action: String,
    /// The thing it was done to.
    subject: String,
    detail: Option<String>,
}

/// The newest entries first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Audit",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 1000, 100 when absent."),
        ("before" = Option<String>, Query, description = "Only entries older than the one with this id.")
    ),
    responses((status = 200, description = "Entries.", body = InData<Vec<EntryJson>>)),
    security(("api_key" = ["environment:logs:read"]))
)]
pub(super) async fn list(
    Key(by): Key<ReadAudit>,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    let (limit, before) = query.read(|query| {
        let limit = query.optional("limit", whole_number(1, MOST)).unwrap_or(USUAL_LIMIT);
        Some((limit, query.optional("before", entry_id)))
    })?;
    let entries = state.engine.audit_trail(&by, limit, before).await?;
    Ok(data(StatusCode::OK, entries.into_iter().map(shown).collect::<Vec<_>>()))
}

fn entry_id(text: &str) -> Result<AuditId, Flaw> {
    text.parse().map_err(|_| Flaw::new(IssueCode::InvalidFormat, "must be the id of an entry (aud_…)"))
}

fn shown(entry: AuditEntry) -> EntryJson {
    EntryJson {
        id: entry.id.to_string(),
        at: Zulu(entry.at),
        actor: entry.actor,
        action: entry.action.into_owned(),
        subject: entry.subject,
        detail: entry.detail,
    }
}
