//! How a client comes to its identifier: by request (RFC 7591) or by a document of its own (OAuth Client ID Metadata
//! Document, an Internet-Draft of the OAuth working group).

use std::collections::BTreeMap;

use catalog::provider::{ClientAuth, Registration};
use catalog::{Provider, Tree};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;
use vault::Secret;

use crate::discovery::Metadata;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::refusal::{self, TokenError};

/// Who we are to an authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMetadata {
    /// The name that people see when they consent.
    pub name: String,
    /// Where they are sent back to.
    pub redirect_uri: Url,
    /// A page about the client.
    pub client_uri: Option<Url>,
    /// Its picture.
    pub logo_uri: Option<Url>,
}

/// A client that was registered.
pub struct Registered {
    /// The client.
    pub client: Client,
    /// How it proves itself.
    pub client_auth: ClientAuth,
    /// When its secret ends; nothing when it does not.
    pub secret_expires_at: Option<Timestamp>,
}

/// How a client is to be had at a server: by our own document, else by request; else only the operator can help.
pub const fn way(metadata: &Metadata, has_public_https: bool) -> Registration {
    if metadata.client_id_metadata_document && has_public_https {
        Registration::MetadataDocument
    } else if metadata.registration_endpoint.is_some() {
        Registration::Dynamic
    } else {
        Registration::Static
    }
}

/// The registration request (RFC 7591 §3.1) of a public client.
pub fn request(
    provider: &Provider,
    endpoint: &Url,
    client: &ClientMetadata,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let mut body = metadata(client);
    if let Some(mcp) = &provider.mcp {
        body.extend(more(provider, &mcp.registration_params, fields)?);
    }
    let headers = HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("application/json")),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ]);
    Ok(Request::new(Method::POST, endpoint.clone(), headers, Value::Object(body).to_string().into_bytes()))
}

/// The registration endpoint that the definition names.
pub fn endpoint(provider: &Provider, fields: &Fields) -> Result<Url, RequestError> {
    let no_such = RequestError::NoSuchStep { step: "registration endpoint" };
    let url = provider.mcp.as_ref().and_then(|mcp| mcp.registration_url.as_ref()).ok_or(no_such)?;
    Filling::new(provider, fields).url("registration URL", url)
}

/// The client in the answer (RFC 7591 §3.2.1). A server may give a secret to a client that asked to be a public one.
pub fn outcome(response: &Response, now: Timestamp) -> Result<Registered, TokenError> {
    let answer: Option<Value> = serde_json::from_slice(response.body.expose()).ok();
    if !response.status.is_success() {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let answer = answer.ok_or(TokenError::Unreadable { reason: "it is not JSON" })?;
    let id = text_at(&answer, "client_id").ok_or(TokenError::Unreadable { reason: "it has no client_id" })?;
    let secret = text_at(&answer, "client_secret").map(Secret::new);
    let client_auth = match (text_at(&answer, "token_endpoint_auth_method").as_deref(), &secret) {
        (_, None) | (Some("none"), _) => ClientAuth::None,
        (Some("client_secret_post"), Some(_)) => ClientAuth::ClientSecretPost,
        // RFC 7591 §2: Basic is what holds when nothing is said.
        (_, Some(_)) => ClientAuth::ClientSecretBasic,
    };
    let ends = answer.get("client_secret_expires_at").filter(|end| end.as_i64() != Some(0));
    let secret_expires_at = ends.and_then(|end| crate::lifetime::at(end, now));
    Ok(Registered { client: Client { id, secret }, client_auth, secret_expires_at })
}

/// The document that stands at the URL which is the client's identifier.
pub fn metadata_document(client_id: &Url, client: &ClientMetadata) -> Value {
    let mut document = Map::from_iter([("client_id".to_owned(), json!(client_id.as_str()))]);
    document.extend(metadata(client));
    Value::Object(document)
}

fn metadata(client: &ClientMetadata) -> Map<String, Value> {
    let mut metadata = Map::from_iter([
        ("client_name".to_owned(), json!(client.name)),
        ("redirect_uris".to_owned(), json!([client.redirect_uri.as_str()])),
        ("grant_types".to_owned(), json!(["authorization_code", "refresh_token"])),
        ("response_types".to_owned(), json!(["code"])),
        ("token_endpoint_auth_method".to_owned(), json!("none")),
    ]);
    let pages = [("client_uri", &client.client_uri), ("logo_uri", &client.logo_uri)];
    for (name, page) in pages {
        metadata.extend(page.as_ref().map(|page| (name.to_owned(), json!(page.as_str()))));
    }
    metadata
}

fn more(
    provider: &Provider,
    params: &BTreeMap<String, Tree>,
    fields: &Fields,
) -> Result<Map<String, Value>, RequestError> {
    let filling = Filling::new(provider, fields);
    let each = params.iter().map(|(name, value)| {
        let unfilled = |error: catalog::Unfilled| RequestError::Unfilled {
            place: "registration".to_owned(),
            reason: error.to_string(),
        };
        Ok((name.clone(), value.fill(&filling).map_err(unfilled)?))
    });
    each.collect()
}
