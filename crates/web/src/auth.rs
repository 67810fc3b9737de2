//! Who asks: bearer tokens become callers, and callers with a right become grants.
//!
//! The published clients send `Authorization: Bearer <token>`; a bare token is accepted as well, because that is how
//! the contract's server reads the header. No other header and no query parameter is looked at.

use axum::extract::FromRequestParts;
use engine::{AuthError, AuthOutage, Caller, Grant, Right, SessionCaller};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use model::token::{SessionTokenForm, session_token_form};

use crate::AppState;
use crate::problem::{Code, Problem};

/// The holder of an API key that has a right.
pub(crate) struct Key<R>(pub(crate) Grant<R>);

/// The browser of a connect session.
pub(crate) struct Session(pub(crate) SessionCaller);

/// A reader of the provider list: any key or session of an environment. Providers are no secret, but only callers
/// who are somebody may ask.
pub(crate) struct Anybody;

/// Either a key with a right or a connect session, for what both may list.
pub(crate) enum KeyOrSession<R> {
    Key(Grant<R>),
    Session(Box<SessionCaller>),
}

impl<R: Right> FromRequestParts<AppState> for Key<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        caller(&parts.headers, state).await?.grant().map(Self).map_err(Problem::from)
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?;
        if session_token_form(token) != SessionTokenForm::WellFormed {
            return Err(refusal(AuthError::SessionFormat));
        }
        Ok(Self(state.engine.authenticate_session(token).await?))
    }
}

impl FromRequestParts<AppState> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if is_session(bearer(&parts.headers)?) {
            Session::from_request_parts(parts, state).await.map(|_| Self)
        } else {
            caller(&parts.headers, state).await.map(|_| Self)
        }
    }
}

impl<R: Right> FromRequestParts<AppState> for KeyOrSession<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if is_session(bearer(&parts.headers)?) {
            let Session(caller) = Session::from_request_parts(parts, state).await?;
            return Ok(Self::Session(Box::new(caller)));
        }
        Key::from_request_parts(parts, state).await.map(|Key(grant)| Self::Key(grant))
    }
}

/// A token with the session prefix is never tried as a key.
fn is_session(token: &str) -> bool {
    session_token_form(token) != SessionTokenForm::Other
}

async fn caller(headers: &HeaderMap, state: &AppState) -> Result<Caller, Problem> {
    Ok(state.engine.authenticate_key(bearer(headers)?).await?)
}

/// What follows the last `Bearer ` of the header, or all of it.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = given.next() else {
        return Err(Problem::legacy_401(
            Code::MissingAuthHeader,
            "the Authorization header is missing; send Authorization: Bearer <API key>",
        ));
    };
    if given.next().is_some() {
        let message = "the Authorization header was sent more than once";
        return Err(Problem::legacy_401(Code::MalformedAuthHeader, message));
    }
    let Ok(text) = header.to_str() else {
        let message = "the Authorization header holds characters that no token has";
        return Err(Problem::legacy_401(Code::MalformedAuthHeader, message));
    };
    if text.is_empty() {
        let message = "the Authorization header is empty; send Authorization: Bearer <API key>";
        return Err(Problem::legacy_401(Code::MissingAuthHeader, message));
    }
    Ok(text.rsplit_once("Bearer ").map_or(text, |(_, token)| token))
}

impl From<AuthOutage> for Problem {
    fn from(outage: AuthOutage) -> Self {
        match outage {
            AuthOutage::Refused(error) => refusal(error),
            AuthOutage::Store(error) => Self::from(engine::Error::from(error)),
        }
    }
}

fn refusal(error: AuthError) -> Problem {
    let code = match error {
        AuthError::KeyFormat => Code::InvalidSecretKeyFormat,
        AuthError::UnknownKey => Code::UnknownAccount,
        AuthError::SessionFormat => Code::InvalidConnectSessionTokenFormat,
        AuthError::UnknownSession => Code::UnknownConnectSessionToken,
    };
    Problem::legacy_401(code, &error.to_string())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(header: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(header).expect("a header value"));
        bearer(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn the_token_is_what_follows_the_last_bearer() {
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("Bearer x Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer abc").as_deref(), Some("bearer abc"));
        assert_eq!(token("Bearer  abc").as_deref(), Some(" abc"));
    }

    #[test]
    fn a_second_authorization_header_is_refused() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        assert!(bearer(&headers).is_err());
    }
}
