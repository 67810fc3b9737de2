//! Sending the end user to the provider (RFC 6749 §4.1.1), and what is kept until they come back.
//!
//! Everything the token request will depend on is frozen here: a definition that changes while the user is away can
//! neither send the code elsewhere nor weaken a check.

mod seal_text;

use std::collections::BTreeMap;

use catalog::provider::{Authorization, ClientAuth, Pkce};
use catalog::{Alternatives, Placeholder, Provider, Template};
use url::Url;
use vault::Secret;

use crate::dpop::DpopKey;
use crate::fields::{Client, Fields, Filling};
use crate::message::RequestError;
use crate::parameters::Parameters;
use crate::pkce::Verifier;
use crate::{quirks, scopes};

pub use seal_text::CorruptFlow;

/// Everything an authorization begins with.
pub struct Start<'a> {
    /// The provider, resolved.
    pub provider: &'a Provider,
    /// The client that asks.
    pub client: &'a Client,
    /// Values for templates.
    pub fields: &'a Fields,
    /// Where the provider sends the user back to.
    pub redirect_uri: &'a Url,
    /// Scopes configured on the integration; empty means the provider's default.
    pub scopes: &'a [String],
    /// Scopes that are asked of the user and not of the app. Only Slack knows the difference.
    pub user_scopes: &'a [String],
    /// Further query parameters, from the app's own server and never from the browser.
    pub extra_params: &'a BTreeMap<String, String>,
    /// Binds the answer to this authorization (RFC 6749 §10.12).
    pub state: &'a str,
    /// Chance for the PKCE verifier.
    pub verifier_random: [u8; 32],
}

/// An authorization that is under way.
pub struct Started {
    /// The authorization endpoint, with the query that is its own (RFC 6749 §3.1).
    pub endpoint: Url,
    /// Where to send the browser.
    pub url: Url,
    /// What is needed when it comes back.
    pub flow: Flow,
}

/// What is kept, sealed, while the user is at the provider.
#[derive(Clone)]
pub struct Flow {
    /// Where the code will be redeemed.
    pub token_url: TokenUrl,
    /// The redirect URI as it was sent (RFC 6749 §4.1.3 wants the same again).
    pub redirect_uri: Url,
    /// The client that asked.
    pub client_id: String,
    /// The PKCE verifier; none when the provider breaks on PKCE.
    pub verifier: Option<Secret<String>>,
    /// The issuer the answer has to come from, when it is known.
    pub issuer: Option<String>,
    /// Whether the answer must name its issuer (RFC 9207 §2.4).
    pub iss_required: bool,
    /// How the client proves itself when it redeems the code.
    pub client_auth: ClientAuth,
    /// The scopes that were asked for.
    pub requested_scopes: Vec<String>,
    /// The key that the tokens will be bound to (RFC 9449), where they will.
    pub dpop_key: Option<DpopKey>,
}

/// Where a code will be redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenUrl {
    /// Known from the start.
    Known(Url),
    /// The callback will name a part of it; the rest is this definition's, frozen.
    NamedByCallback(Alternatives),
}

/// Why an authorization cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// An extra parameter names one that is ours.
    #[error("the parameter {name} cannot be set from outside")]
    Reserved {
        /// The name as it was given.
        name: String,
    },
    /// The URL cannot be built.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Parameters that nobody but this module sets. Names are compared without regard to case, because some servers do so.
pub const RESERVED: &[&str] = &[
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "user_scope",
];

/// Whether a parameter is ours alone; see [`RESERVED`].
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name.trim()))
}

/// Begins an authorization.
pub fn begin(start: &Start<'_>) -> Result<Started, StartError> {
    if let Some(name) = start.extra_params.keys().find(|name| is_reserved(name)) {
        return Err(StartError::Reserved { name: name.clone() });
    }
    let provider = start.provider;
    let authorization =
        provider.authorization.as_ref().ok_or(RequestError::NoSuchStep { step: "authorization endpoint" })?;
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, start.fields).with_client(start.client);
    let requested_scopes = scopes::wanted(start.scopes, &filling)?;
    let verifier = match authorization.pkce {
        Pkce::S256 => Some(Verifier::from_random(start.verifier_random)),
        Pkce::None => None,
    };
    let base = filling.url("authorization URL", &authorization.url)?;
    let query = query(start, authorization, &filling, &requested_scopes, verifier.as_ref());
    let endpoint = base.clone();
    let url = address(authorization, base, query)?;
    let flow = Flow {
        token_url: token_url(provider, &token.url, &filling)?,
        redirect_uri: start.redirect_uri.clone(),
        client_id: start.client.id.clone(),
        verifier: verifier.map(Verifier::into_secret),
        issuer: authorization.issuer.clone(),
        iss_required: authorization.iss_in_response,
        client_auth: token.client_auth,
        requested_scopes,
        dpop_key: None,
    };
    Ok(Started { endpoint, url, flow })
}

impl Started {
    /// Binds the code, and the tokens it becomes, to a key of this authorization (RFC 9449 §10).
    pub fn bound_to(mut self, key: DpopKey) -> Result<Self, RequestError> {
        let thumbprint = key.thumbprint()?;
        self.url.query_pairs_mut().append_pair("dpop_jkt", &thumbprint);
        self.flow.dpop_key = Some(key);
        Ok(self)
    }
}

/// Where the parameters are pushed first (RFC 9126), when the definition says so.
pub fn pushed_url(
    provider: &Provider,
    client: &Client,
    fields: &Fields,
) -> Option<Result<Url, RequestError>> {
    let url = provider.authorization.as_ref()?.pushed_url.as_ref()?;
    Some(Filling::new(provider, fields).with_client(client).url("pushed authorization URL", url))
}

/// Where the code will go. A URL that the callback takes part in cannot be filled yet.
fn token_url(
    provider: &Provider,
    url: &Alternatives,
    filling: &Filling<'_>,
) -> Result<TokenUrl, RequestError> {
    let captured = &provider.captures.callback;
    let comes_back = |placeholder: &&Placeholder| {
        let is_captured = matches!(placeholder, Placeholder::Connection(name)
            if captured.contains_key(name) && !filling.fields.connection.contains_key(name));
        is_captured || matches!(placeholder, Placeholder::Callback(_))
    };
    let is_late = |template: &Template| template.placeholders().iter().any(comes_back);
    let mut early = url.iter().take_while(|template| !is_late(template));
    if url.iter().any(is_late) && early.all(|template| template.fill_url(filling).is_err()) {
        return Ok(TokenUrl::NamedByCallback(url.clone()));
    }
    filling.url("token URL", url).map(TokenUrl::Known)
}

/// The query, weakest first: what the definition adds, what the app adds, what is ours.
fn query(
    start: &Start<'_>,
    authorization: &Authorization,
    filling: &Filling<'_>,
    scopes: &[String],
    verifier: Option<&Verifier>,
) -> Parameters {
    let separator = start.provider.scopes.separator();
    let mut query = Parameters::default();
    query.fill(&authorization.params, filling);
    for (name, value) in start.extra_params {
        query.set(name, value.clone());
    }
    query.set("response_type", authorization.response_type.clone().unwrap_or_else(|| "code".to_owned()));
    query.set("client_id", start.client.id.clone());
    query.set("redirect_uri", start.redirect_uri.to_string());
    query.set("state", start.state.to_owned());
    if let Some(scope) = scopes::joined(scopes, separator) {
        query.set("scope", scope);
    }
    if let Some(verifier) = verifier {
        query.set("code_challenge", verifier.challenge());
        query.set("code_challenge_method", "S256".to_owned());
    }
    if quirks::user_scope::applies(start.provider) {
        let mut of_user = Vec::new();
        start.user_scopes.iter().for_each(|scope| scopes::add(&mut of_user, scope));
        if let Some(scope) = scopes::joined(&of_user, separator) {
            query.set("user_scope", scope);
        }
    }
    query
}

/// The whole URL: left out and renamed as the vendor has it, the scope as it is where it must be, and the query behind
/// the fragment for consent pages that are one script.
fn address(authorization: &Authorization, mut url: Url, mut query: Parameters) -> Result<Url, RequestError> {
    url.set_fragment(None);
    for name in &authorization.omit {
        query.remove(name);
    }
    let scope = authorization.raw_scope.then(|| query.take("scope")).flatten();
    query.rename(&authorization.rename);
    query.write_query(&mut url);
    if let Some(scope) = scope {
        let name = authorization.rename.get("scope").map_or("scope", String::as_str);
        let known = url.query().map(|query| format!("{query}&")).unwrap_or_default();
        url.set_query(Some(&format!("{known}{name}={}", raw(scope.expose())?)));
    }
    if let Some(route) = &authorization.fragment {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        url.set_query(None);
        url.set_fragment(Some(&format!("{route}{query}")));
    }
    Ok(url)
}

/// A scope that stands in a URL as it is. What would end the parameter cannot stand there.
fn raw(scope: &str) -> Result<String, RequestError> {
    if scope.contains(['&', '#']) || scope.chars().any(char::is_control) {
        let reason = "it holds characters that end a parameter".to_owned();
        return Err(RequestError::Unfilled { place: "scope".to_owned(), reason });
    }
    Ok(scope.replace('%', "%25").replace(' ', "%20"))
}
