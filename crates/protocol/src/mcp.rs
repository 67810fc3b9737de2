//! OAuth at servers of the Model Context Protocol (its specification's section "Authorization").
//!
//! The server's address leads to its protected-resource metadata (RFC 9728), that to an authorization server and its
//! metadata (RFC 8414), and that to a client: registered by request (RFC 7591), entered, or named by a document of
//! our own. What comes out is a provider like any other.

pub mod registration;

use std::collections::{BTreeMap, VecDeque};

use catalog::provider::{Authorization, BodyFormat, ClientAuth, Pkce, Texts, TokenEndpoint, TokenResponse};
use catalog::{Alternatives, Provider, Template};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::discovery::{self, DiscoveryError, Metadata};
use crate::fields::{Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::resolve::revocation_at;

/// How many scopes of a server's list are asked for at most.
const MOST_SCOPES: usize = 100;

/// A server and who grants access to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The identifier of the resource, sent as `resource` (RFC 8707); nothing when the server has no metadata.
    pub resource: Option<String>,
    /// The authorization server.
    pub metadata: Metadata,
    /// Scopes that the resource or else the authorization server names.
    pub scopes: Vec<String>,
}

/// Where the search stands.
pub enum Step {
    /// This request is to be sent, and its answer given to [`Search::answered`].
    Ask(Box<Request>, Box<Search>),
    /// The server is known.
    Found(Box<Server>),
}

/// A search under way.
pub struct Search {
    server: Url,
    resource: Option<Resource>,
    phase: Phase,
}

enum Phase {
    /// Looking for the metadata of the resource, at these places yet.
    Resource(VecDeque<Url>),
    /// Looking for the metadata of the issuer, at these places yet.
    Issuer(String, VecDeque<Request>),
}

/// Protected-resource metadata (RFC 9728 §2).
#[derive(Debug, Clone, Deserialize)]
struct Resource {
    #[serde(rename = "resource")]
    name: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// The server's address, where the definition leaves the endpoints to be found.
pub fn server_url(provider: &Provider, fields: &Fields) -> Option<Result<Url, RequestError>> {
    let template = provider.mcp.as_ref()?.server_url.as_ref()?;
    Some(Filling::new(provider, fields).url("MCP server URL", &template.clone().into()))
}

/// Begins at the server's address.
pub fn search(server_url: &Url) -> Result<Step, DiscoveryError> {
    let server = discovery::parse_resource(server_url)?;
    let path = server.path().trim_end_matches('/');
    // RFC 9728 §3.1 puts the path behind the well-known name; many servers have one document for the whole host.
    let mut places = VecDeque::from([format!("/.well-known/oauth-protected-resource{path}")]);
    if !path.is_empty() {
        places.push_back("/.well-known/oauth-protected-resource".to_owned());
    }
    let places = places.into_iter().map(|place| at(&server, &place)).collect();
    Search { server, resource: None, phase: Phase::Resource(places) }.ask()
}

impl Search {
    /// Goes on with the answer; without one when none came.
    pub fn answered(self, response: Option<&Response>) -> Result<Step, DiscoveryError> {
        let Self { server, resource, phase } = self;
        match phase {
            Phase::Resource(places) => {
                let found = response.and_then(|response| read(&server, response));
                let phase = match found {
                    Some(_) => Phase::Resource(VecDeque::new()),
                    None => Phase::Resource(places),
                };
                Self { server, resource: found, phase }.ask()
            }
            Phase::Issuer(issuer, places) => {
                let outcome = match response {
                    Some(response) => discovery::outcome(&issuer, response),
                    None => Err(DiscoveryError::Unreadable),
                };
                match outcome {
                    Ok(metadata) => found(resource, metadata).map(|server| Step::Found(Box::new(server))),
                    Err(error) if places.is_empty() => Err(error),
                    Err(_) => Self { server, resource, phase: Phase::Issuer(issuer, places) }.ask(),
                }
            }
        }
    }

    fn ask(mut self) -> Result<Step, DiscoveryError> {
        if let Phase::Resource(places) = &mut self.phase {
            if let Some(place) = places.pop_front() {
                return Ok(Step::Ask(Box::new(document(place)), Box::new(self)));
            }
            // Without metadata the server answers for itself, at the root of its host.
            let named = self.resource.as_ref().and_then(|known| known.authorization_servers.first().cloned());
            let issuer = named.unwrap_or_else(|| self.server.origin().ascii_serialization());
            let places = discovery::requests(&issuer)?.into();
            self.phase = Phase::Issuer(issuer, places);
        }
        match &mut self.phase {
            Phase::Issuer(_, places) => match places.pop_front() {
                Some(request) => Ok(Step::Ask(Box::new(request), Box::new(self))),
                None => Err(DiscoveryError::Unreadable),
            },
            Phase::Resource(_) => Err(DiscoveryError::Unreadable),
        }
    }
}

/// The provider as it is at this server. How the client proves itself came out of its registration.
pub fn provider(
    provider: &Provider,
    server: &Server,
    client_auth: ClientAuth,
) -> Result<Provider, DiscoveryError> {
    let metadata = &server.metadata;
    let needed = |url: &Option<Url>, name| url.clone().ok_or(DiscoveryError::Endpoint { name });
    let authorization_url = needed(&metadata.authorization_endpoint, "authorization_endpoint")?;
    let token_url = needed(&metadata.token_endpoint, "token_endpoint")?;
    let resource = server.resource.iter();
    let params: Texts = resource.map(|resource| ("resource".to_owned(), literal(resource))).collect();
    let mut resolved = provider.clone();
    resolved.authorization = Some(Authorization {
        url: literal(authorization_url.as_str()),
        params: params.clone(),
        pushed_url: metadata.pushed_authorization_request_endpoint.as_ref().map(|url| literal(url.as_str())),
        response_type: None,
        rename: BTreeMap::new(),
        omit: Vec::new(),
        fragment: None,
        raw_scope: false,
        pkce: Pkce::S256,
        issuer: Some(metadata.issuer.clone()),
        iss_in_response: metadata.iss_in_response,
        code_param: None,
    });
    resolved.token = Some(TokenEndpoint {
        url: literal(token_url.as_str()),
        client_auth,
        body: BodyFormat::Form,
        params,
        rename: BTreeMap::new(),
        omit: Vec::new(),
        in_query: Vec::new(),
        headers: Texts::new(),
        response: TokenResponse::default(),
        lifetime_s: None,
        dpop: false,
    });
    let revocation = metadata.revocation_endpoint.as_ref().map(|url| revocation_at(literal(url.as_str())));
    resolved.revocation = revocation.or(resolved.revocation.take());
    if resolved.scopes.default.is_empty() {
        resolved.scopes.default.clone_from(&server.scopes);
    }
    Ok(resolved)
}

/// The metadata in an answer, when it is metadata of this server. Failures here are no reason to give up.
fn read(server: &Url, response: &Response) -> Option<Resource> {
    if !response.status.is_success() {
        return None;
    }
    let resource: Resource = serde_json::from_slice(response.body.expose()).ok()?;
    // RFC 9728 §3.3: a document that speaks of another resource must not be used. One for the whole host may.
    let named = Url::parse(&resource.name).ok()?;
    let is_above = server.path().trim_end_matches('/').starts_with(named.path().trim_end_matches('/'));
    (named.origin() == server.origin() && is_above).then_some(resource)
}

fn found(resource: Option<Resource>, metadata: Metadata) -> Result<Server, DiscoveryError> {
    // OAuth 2.1 §7.5.1 and the MCP specification: a server that does not know S256 is not safe to use.
    let methods = &metadata.code_challenge_methods;
    if !methods.is_empty() && !methods.iter().any(|method| method == "S256") {
        return Err(DiscoveryError::NoPkce);
    }
    let (resource, of_resource) = match resource {
        Some(known) => (Some(known.name), known.scopes_supported),
        None => (None, Vec::new()),
    };
    let mut scopes = if of_resource.is_empty() { metadata.scopes_supported.clone() } else { of_resource };
    scopes.truncate(MOST_SCOPES);
    Ok(Server { resource, metadata, scopes })
}

fn at(server: &Url, place: &str) -> Url {
    let mut url = server.clone();
    url.set_path(place);
    url
}

fn document(url: Url) -> Request {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    Request::new(Method::GET, url, headers, Vec::new())
}

fn literal(text: &str) -> Alternatives {
    let doubled = text.replace('{', "{{").replace('}', "}}");
    Template::parse(&doubled)
        .expect("doubled braces are literal, and nothing else in a template means anything")
        .into()
}
