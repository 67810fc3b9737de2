//! An app that is installed in an account and signs for its own short tokens, as GitHub has it ("Authenticating as a
//! GitHub App installation" in its documentation).
//!
//! The browser goes to the installation page and comes back with the number of the installation, with a code for the
//! user's own token as well where the scheme has both. A token is then asked for with a signed token of the app.

use catalog::Provider;
use catalog::provider::App;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;
use vault::Secret;

use crate::callback::{CallbackError, Query};
use crate::credential::{InstallationToken, OAuth2Tokens};
use crate::fields::{Client, Fields, Filling};
use crate::jose::Signer;
use crate::json_path::text_at;
use crate::lifetime;
use crate::message::{Request, RequestError, Response};
use crate::parameters::authorization;
use crate::refusal::{self, TokenError};
use crate::text::safe_text;

/// The app's own token lives ten minutes at most, counted from a minute ago in case our clock is ahead.
const BACKDATED: i64 = 60;
const LIFETIME: i64 = 540;

/// What the browser brings back.
pub enum Installation {
    /// The app is installed.
    Installed {
        /// The number of the installation.
        installation_id: String,
        /// A code for the user's own token.
        code: Option<Secret<String>>,
    },
    /// Only the user is known: somebody else has to agree to the installation first.
    Awaited {
        /// A code for the user's own token.
        code: Option<Secret<String>>,
    },
    /// The provider refused.
    Refused {
        /// The error code, fit to be shown.
        error: String,
    },
}

/// The installation page, with the state that comes back.
pub fn begin(provider: &Provider, fields: &Fields, state: &str) -> Result<Url, RequestError> {
    let no_such = RequestError::NoSuchStep { step: "installation page" };
    let page = provider.authorization.as_ref().ok_or(no_such)?;
    let mut url = Filling::new(provider, fields).url("installation URL", &page.url)?;
    url.query_pairs_mut().append_pair("state", state);
    Ok(url)
}

/// Reads what the browser brings back. The state has been checked by whoever found the connection by it.
pub fn read(query: &str) -> Result<Installation, CallbackError> {
    let query = Query::parse(query)?;
    if let Some(error) = query.single("error")? {
        return Ok(Installation::Refused { error: safe_text(error) });
    }
    let code = query.single("code")?.map(|code| Secret::new(code.to_owned()));
    let is_asked_for = query.single("setup_action")? == Some("request");
    match query.single("installation_id")?.filter(|_| !is_asked_for) {
        // It goes into a path; what GitHub gives is a number.
        Some(id) if id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Ok(Installation::Installed { installation_id: id.to_owned(), code })
        }
        None if is_asked_for || code.is_some() => Ok(Installation::Awaited { code }),
        Some(_) | None => Err(CallbackError::Missing { name: "installation_id".to_owned() }),
    }
}

/// The app's own token, good for ten minutes.
pub fn app_token(
    provider: &Provider,
    client: Option<&Client>,
    fields: &Fields,
) -> Result<Secret<String>, RequestError> {
    let app = section(provider)?;
    let filling = filling(provider, client, fields);
    let filled = |template: &catalog::Template, field| {
        template.fill(&filling).map(Secret::new).map_err(|_| RequestError::Missing { field })
    };
    let app_id = filled(&app.app_id, "the identifier of the app")?;
    let key = filled(&app.private_key, "the private key of the app")?;
    let occasion = fields.occasion.ok_or(RequestError::Missing { field: "the time" })?;
    let now = occasion.now.as_second();
    let claims = Map::from_iter([
        ("iat".to_owned(), json!(now.saturating_sub(BACKDATED))),
        ("exp".to_owned(), json!(now.saturating_add(LIFETIME))),
        ("iss".to_owned(), json!(app_id.expose())),
    ]);
    let bad_key = RequestError::Key { field: "the private key of the app" };
    let signer = Signer::for_algorithm(catalog::provider::JwtAlgorithm::Rs256, key.expose());
    signer.and_then(|signer| signer.sign(Map::new(), &claims)).map_err(|_| bad_key)
}

/// The request for a token of the installation. Its number is the connection field that the URL names.
pub fn request(
    provider: &Provider,
    client: Option<&Client>,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let app = section(provider)?;
    let url = filling(provider, client, fields).url("installation token URL", &app.token_url)?;
    let bearer = app_token(provider, client, fields)?.map(|token| format!("Bearer {token}"));
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(AUTHORIZATION, authorization(bearer.expose(), "the app's own token")?);
    Ok(Request::new(Method::POST, url, headers, b"{}".to_vec()))
}

/// The token in the answer. An installation that is gone, or suspended, cannot be mended by trying again.
pub fn outcome(response: &Response, now: Timestamp) -> Result<InstallationToken, TokenError> {
    let text = String::from_utf8_lossy(response.body.expose());
    let answer: Option<Value> = serde_json::from_str(&text).ok();
    if matches!(response.status.as_u16(), 404 | 410) {
        let description = answer.as_ref().and_then(|answer| text_at(answer, "message"));
        let description = description.map(|said| safe_text(&said));
        return Err(TokenError::Grant {
            code: "installation_gone".to_owned(),
            description,
            status: response.status,
        });
    }
    if !response.status.is_success() {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let answer = answer.ok_or(TokenError::Unreadable { reason: "it is not JSON" })?;
    let token = text_at(&answer, "token").or_else(|| text_at(&answer, "access_token"));
    Ok(InstallationToken {
        access_token: Secret::new(token.ok_or(TokenError::Unreadable { reason: "it has no access token" })?),
        expires_at: answer.get("expires_at").and_then(|end| lifetime::at(end, now)),
        raw: Secret::new(text.into_owned()),
    })
}

/// A call with the user's own token that succeeds only when the installation is theirs; nothing when the definition has no place to ask.
pub fn proof_request(
    provider: &Provider,
    client: &Client,
    user: &OAuth2Tokens,
    fields: &Fields,
) -> Option<Result<Request, RequestError>> {
    let url = provider.app.as_ref()?.proof_url.as_ref()?;
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(user);
    Some(filling.url("installation list URL", url).and_then(|url| {
        let bearer = user.access_token.map(|token| format!("Bearer {token}"));
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(AUTHORIZATION, authorization(bearer.expose(), "the user's token")?);
        Ok(Request::new(Method::GET, url, headers, Vec::new()))
    }))
}

/// Whether the user's token reached the installation.
pub fn is_proved(response: &Response) -> bool {
    response.status.is_success()
}

fn section(provider: &Provider) -> Result<&App, RequestError> {
    provider.app.as_ref().ok_or(RequestError::NoSuchStep { step: "installed app" })
}

fn filling<'a>(provider: &'a Provider, client: Option<&'a Client>, fields: &'a Fields) -> Filling<'a> {
    let filling = Filling::new(provider, fields);
    match client {
        Some(client) => filling.with_client(client),
        None => filling,
    }
}
