//! Where the app's link leads: the token is checked, moved into a cookie, and taken out of the address.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use crate::AppState;
use crate::connect::cookies::{Name, Purpose};
use crate::connect::stopped::Stopped;
use crate::connect::{addresses, page, visitor};

/// `GET /connect?session_token=…`
pub(crate) async fn enter(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Stopped> {
    let query = query.unwrap_or_default();
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "session_token");
    let (_, token) = token.ok_or_else(Stopped::no_token)?;
    let session = visitor::authenticate(&state, &token).await?.session.id;
    // The server decides when the session ends; the cookie only must not end sooner.
    let cookie = Name::of_session(Purpose::Session, session, &state.public_url)
        .keep(&token, model::session::LIFETIME)
        .ok_or_else(Stopped::expired)?;
    page::see_other(&addresses::list(session), [cookie]).ok_or_else(Stopped::internal)
}
