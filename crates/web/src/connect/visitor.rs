//! Who is at a connect page: the session named in the path, proved by the cookie of that session.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use engine::{AuthOutage, SessionCaller};
use model::{EndUser, SessionId};

use crate::AppState;
use crate::connect::cookies::{self, Name, Purpose};
use crate::connect::stopped::Stopped;

/// A browser that holds the session it asks for.
pub(crate) struct Visitor(pub(crate) SessionCaller);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Stopped;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Stopped> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Stopped::expired())?;
        let named = params.iter().find(|(name, _)| *name == "session").and_then(|(_, id)| id.parse().ok());
        let session: SessionId = named.ok_or_else(Stopped::expired)?;
        let name = Name::of_session(Purpose::Session, session, &state.public_url);
        let token = cookies::find(&parts.headers, &name).ok_or_else(Stopped::expired)?;
        let caller = authenticate(state, token).await?;
        // Cookie names hold only a part of the id, so the whole of it is compared here.
        if caller.session.id == session { Ok(Self(caller)) } else { Err(Stopped::expired()) }
    }
}

/// What a visitor is here for, as pages tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) session: SessionId,
    /// The app that gets the access, when it has a name.
    pub(crate) app: Option<&'a str>,
    /// Whose account it is, in the app's words.
    pub(crate) person: Option<&'a str>,
    /// Whether a connection is authorized again.
    pub(crate) again: bool,
}

impl<'a> Errand<'a> {
    /// The errand of a session.
    pub(crate) fn of(caller: &'a SessionCaller) -> Self {
        Self {
            session: caller.session.id,
            app: caller.environment.app_name.as_deref().filter(|name| !name.is_empty()),
            person: caller.session.end_user.as_ref().map(EndUser::label),
            again: caller.session.reconnects.is_some(),
        }
    }
}

/// Finds the session of a token.
pub(crate) async fn authenticate(state: &AppState, token: &str) -> Result<SessionCaller, Stopped> {
    state.engine.authenticate_session(token).await.map_err(|outage| match outage {
        AuthOutage::Refused(_) => Stopped::expired(),
        AuthOutage::Store(_) => Stopped::outage(),
    })
}
