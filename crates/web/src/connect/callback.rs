//! Where providers send the browser back to. The engine reads the answer; this only carries it in and out.

use std::sync::{Mutex, PoisonError};

use axum::extract::{RawQuery, State};
use axum::http::header::{HeaderMap, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use engine::{Connected, Form, SessionCaller};

use crate::AppState;
use crate::connect::cookies::{self, Name, Purpose};
use crate::connect::done::Done;
use crate::connect::stopped::Stopped;
use crate::connect::visitor::Errand;
use crate::connect::{addresses, page, visitor};

/// `GET /oauth/callback`
pub(crate) async fn receive(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Stopped> {
    let asked_for = Mutex::new(Vec::new());
    let flow_cookie = |suffix: &str| {
        let name = Name::new(Purpose::Flow, suffix, &state.public_url);
        let value = cookies::find(&headers, &name).map(str::to_owned);
        asked_for.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        value
    };
    let outcome = state.engine.callback(&query.unwrap_or_default(), flow_cookie).await;
    let mut response = match outcome {
        Ok(connected) => arrive(&state, &headers, &connected).await.ok_or_else(Stopped::internal)?,
        Err(failure) => Stopped::from_callback(failure).into_response(),
    };
    // An answer of the provider is good for one try, so its cookie goes either way.
    for name in asked_for.into_inner().unwrap_or_else(PoisonError::into_inner) {
        response.headers_mut().extend(name.forget().map(|cookie| (SET_COOKIE, cookie)));
    }
    Ok(response)
}

/// Leads to the last page at a clean address, without the code and the state (RFC 9700 §4.2.4).
pub(crate) async fn arrive(state: &AppState, headers: &HeaderMap, connected: &Connected) -> Option<Response> {
    let known = recall(state, headers, connected).await;
    let done = match &known {
        Some((caller, form)) => Done::new(Some((&Errand::of(caller), form)), connected),
        None => Done::new(None, connected),
    };
    page::see_other(
        &addresses::done(connected.session, connected.integration.as_str()),
        [done.cookie(state, connected)?],
    )
}

/// Names for the last page. The account is connected, so not finding them is no reason to fail.
async fn recall(
    state: &AppState,
    headers: &HeaderMap,
    connected: &Connected,
) -> Option<(SessionCaller, Form)> {
    let name = Name::of_session(Purpose::Session, connected.session, &state.public_url);
    let caller = visitor::authenticate(state, cookies::find(headers, &name)?).await.ok()?;
    let form = state.engine.form(&caller, &connected.integration).await.ok()?;
    Some((caller, form))
}
