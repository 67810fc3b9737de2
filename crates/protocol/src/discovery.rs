//! Finding the endpoints of an issuer (RFC 8414 §3, `OpenID` Connect Discovery 1.0 §4).

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::message::{Request, Response};

/// What an issuer says about itself, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The issuer, exactly as it was asked for.
    pub issuer: String,
    /// The authorization endpoint; servers for machines only have none.
    pub authorization_endpoint: Option<Url>,
    /// The token endpoint.
    pub token_endpoint: Option<Url>,
    /// RFC 7009.
    pub revocation_endpoint: Option<Url>,
    /// RFC 7662.
    pub introspection_endpoint: Option<Url>,
    /// `OpenID` Connect Core §5.3.
    pub userinfo_endpoint: Option<Url>,
    /// Whether authorization responses name their issuer (RFC 9207 §3).
    pub iss_in_response: bool,
    /// How clients may prove themselves; empty when the issuer does not say.
    #[serde(default)]
    pub client_auth_methods: Vec<String>,
    /// RFC 7591.
    #[serde(default)]
    pub registration_endpoint: Option<Url>,
    /// RFC 8628.
    #[serde(default)]
    pub device_authorization_endpoint: Option<Url>,
    /// RFC 9126.
    #[serde(default)]
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// Whether authorizations must be pushed (RFC 9126 §5).
    #[serde(default)]
    pub requires_pushed_requests: bool,
    /// Whether a client's identifier may be the URL of its metadata document.
    #[serde(default)]
    pub client_id_metadata_document: bool,
    /// Algorithms of proofs for bound tokens (RFC 9449 §5.1); empty when tokens cannot be bound.
    #[serde(default)]
    pub dpop_algorithms: Vec<String>,
    /// PKCE methods; empty when the issuer does not say.
    #[serde(default)]
    pub code_challenge_methods: Vec<String>,
    /// Scopes that the issuer names.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
}

/// Why there is no metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The issuer is no issuer identifier (RFC 8414 §2).
    #[error("the issuer {reason}")]
    Issuer {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no document at this place; another candidate may have one.
    #[error("the issuer's metadata was answered with status {}", status.as_u16())]
    NotFound {
        /// The status of the answer.
        status: StatusCode,
    },
    /// The document is no metadata.
    #[error("the issuer's metadata cannot be read")]
    Unreadable,
    /// The document speaks for another issuer (RFC 8414 §3.3).
    #[error("the metadata belongs to another issuer")]
    OtherIssuer,
    /// The server does not know PKCE with `S256`.
    #[error("the server does not support PKCE with S256")]
    NoPkce,
    /// An endpoint is not a URL that may be used.
    #[error("the metadata's {name} is not an acceptable URL")]
    Endpoint {
        /// Which endpoint.
        name: &'static str,
    },
}

/// The places to ask, in order; the first with metadata counts.
pub fn requests(issuer: &str) -> Result<Vec<Request>, DiscoveryError> {
    let issuer = parse_issuer(issuer)?;
    let path = issuer.path().trim_end_matches('/').to_owned();
    let mut places = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ];
    if !path.is_empty() {
        // RFC 8414 §5: `OpenID` documents at the place that §3 describes.
        places.push(format!("/.well-known/openid-configuration{path}"));
    }
    let request = |place: String| {
        let mut url = issuer.clone();
        url.set_path(&place);
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Request::new(Method::GET, url, headers, Vec::new())
    };
    Ok(places.into_iter().map(request).collect())
}

/// The metadata in an answer.
pub fn outcome(issuer: &str, response: &Response) -> Result<Metadata, DiscoveryError> {
    let asked = parse_issuer(issuer)?;
    if response.status != StatusCode::OK {
        return Err(DiscoveryError::NotFound { status: response.status });
    }
    let document: Document =
        serde_json::from_slice(response.body.expose()).map_err(|_| DiscoveryError::Unreadable)?;
    // Exactly equal, character by character (§3.3): else one server could speak in the name of another.
    if document.issuer != issuer {
        return Err(DiscoveryError::OtherIssuer);
    }
    let endpoint = |name, said: Option<String>| endpoint(name, said, asked.scheme());
    Ok(Metadata {
        issuer: document.issuer,
        authorization_endpoint: endpoint("authorization_endpoint", document.authorization_endpoint)?,
        token_endpoint: endpoint("token_endpoint", document.token_endpoint)?,
        revocation_endpoint: endpoint("revocation_endpoint", document.revocation_endpoint)?,
        introspection_endpoint: endpoint("introspection_endpoint", document.introspection_endpoint)?,
        userinfo_endpoint: endpoint("userinfo_endpoint", document.userinfo_endpoint)?,
        iss_in_response: document.authorization_response_iss_parameter_supported,
        client_auth_methods: document.token_endpoint_auth_methods_supported,
        // A client can be had without registering, so a bad endpoint costs only that.
        registration_endpoint: endpoint("registration_endpoint", document.registration_endpoint)
            .unwrap_or(None),
        device_authorization_endpoint: endpoint(
            "device_authorization_endpoint",
            document.device_authorization_endpoint,
        )?,
        pushed_authorization_request_endpoint: endpoint(
            "pushed_authorization_request_endpoint",
            document.pushed_authorization_request_endpoint,
        )?,
        requires_pushed_requests: document.require_pushed_authorization_requests,
        client_id_metadata_document: document.client_id_metadata_document_supported,
        dpop_algorithms: document.dpop_signing_alg_values_supported,
        code_challenge_methods: document.code_challenge_methods_supported,
        scopes_supported: document.scopes_supported,
    })
}

/// The document as issuers write it.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    registration_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    #[serde(default)]
    client_id_metadata_document_supported: bool,
    #[serde(default)]
    dpop_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// An issuer is a URL without query and fragment (RFC 8414 §2). Plain http is left to the guarded client, which allows
/// it only where the operator does.
pub(crate) fn parse_issuer(issuer: &str) -> Result<Url, DiscoveryError> {
    let refused = |reason| DiscoveryError::Issuer { reason };
    let url = Url::parse(issuer).map_err(|_| refused("is not a URL"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(refused("is not an http or https URL"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("has a query or a fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("has a user name"));
    }
    Ok(url)
}

/// The address of a protected resource (RFC 9728 §1.2). A query is part of it in name only: no document is found by it.
pub(crate) fn parse_resource(resource: &Url) -> Result<Url, DiscoveryError> {
    let mut plain = resource.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    parse_issuer(plain.as_str())
}

/// An endpoint is no less protected than its issuer.
fn endpoint(
    name: &'static str,
    said: Option<String>,
    issuer_scheme: &str,
) -> Result<Option<Url>, DiscoveryError> {
    let Some(said) = said else { return Ok(None) };
    let refused = DiscoveryError::Endpoint { name };
    let url = Url::parse(&said).map_err(|_| refused.clone())?;
    let protected = url.scheme() == "https" || (url.scheme() == "http" && issuer_scheme == "http");
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if protected && plain { Ok(Some(url)) } else { Err(refused) }
}
