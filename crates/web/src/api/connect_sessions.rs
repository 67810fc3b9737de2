//! `/connect/sessions` for the app's server, `/connect/session` for the browser of the session.

mod body;
mod show;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::right::CreateSession;
use http::StatusCode;
use model::{Issue, IssueCode};

use super::answer::{InData, data};
use super::input::{self, RawQuery, Received, no_body};
use crate::AppState;
use crate::auth::{Key, Session};
use crate::problem::{Part, Problem};
use body::{Asked, NewSessionBody, ReconnectBody};
use show::{CreatedJson, SessionJson};

/// Makes a connect session for one end user; valid for 30 minutes.
#[utoipa::path(
    post, path = "/connect/sessions", tag = "Connect sessions",
    request_body(content = NewSessionBody),
    responses(
        (status = 201, description = "The session. Send the end user to `connect_link`.", body = InData<CreatedJson>),
        (status = 400, description = "`invalid_body`.")
    ),
    security(("api_key" = ["environment:connect_sessions:write"]))
)]
pub(super) async fn create(
    Key(by): Key<CreateSession>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let asked = input::body(received, |body| Some(body::new_session(body)))?;
    check_webhook_urls(&state.engine, &asked)?;
    let created = state.engine.create_session(&by, asked.session).await?;
    Ok(data(StatusCode::CREATED, CreatedJson::of(&created)))
}

/// Makes a session that authorizes an existing connection again.
#[utoipa::path(
    post, path = "/connect/sessions/reconnect", tag = "Connect sessions",
    request_body(content = ReconnectBody),
    responses(
        (status = 201, description = "The session.", body = InData<CreatedJson>),
        (status = 400, description = "`invalid_body`: a field is wrong, or there is no such connection.")
    ),
    security(("api_key" = ["environment:connect_sessions:write"]))
)]
pub(super) async fn reconnect(
    Key(by): Key<CreateSession>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let (target, asked) = input::body(received, body::reconnect)?;
    check_webhook_urls(&state.engine, &asked)?;
    let created = state.engine.create_reconnect_session(&by, &target, asked.session).await?;
    Ok(data(StatusCode::CREATED, CreatedJson::of(&created)))
}

/// What the browser of a session may know of it.
#[utoipa::path(
    get, path = "/connect/session", tag = "Connect sessions",
    responses((status = 200, description = "The session.", body = InData<SessionJson>)),
    security(("connect_session" = []))
)]
pub(super) async fn read(
    Session(by): Session,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    no_body(&received)?;
    Ok(data(StatusCode::OK, SessionJson::of(&state.engine.session_details(&by)?)))
}

/// Ends a session.
#[utoipa::path(
    delete, path = "/connect/session", tag = "Connect sessions",
    responses((status = 204, description = "Gone.")),
    security(("connect_session" = []))
)]
pub(super) async fn delete(
    Session(by): Session,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    no_body(&received)?;
    state.engine.delete_session(&by).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whether webhooks may go where the session says, before it is made.
fn check_webhook_urls(engine: &Engine, asked: &Asked) -> Result<(), Problem> {
    let refused = |(path, url): &(Vec<String>, String)| {
        let message = engine.check_webhook_url(url).err()?;
        Some(Issue::new(IssueCode::Custom, path.iter().map(String::as_str), message))
    };
    let issues: Vec<_> = asked.webhook_urls.iter().filter_map(refused).collect();
    if issues.is_empty() { Ok(()) } else { Err(Problem::invalid(Part::Body, issues)) }
}
