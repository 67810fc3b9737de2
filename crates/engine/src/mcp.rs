//! Servers of the Model Context Protocol: finding their endpoints, and coming to a client there.
//!
//! What is discovered is remembered for an hour. What is registered is kept sealed with the integration, once for each
//! authorization server.

mod registered;

use std::sync::Arc;

use catalog::Provider;
use catalog::provider::{ClientAuth, Registration};
use egress::Limits;
use model::{Environment, Integration, IntegrationKey};
use protocol::mcp::registration::{self, ClientMetadata};
use protocol::mcp::{self, Server, Step};
use protocol::{Client, Fields, RequestError};
use serde_json::{Map, Value};
use url::Url;

use crate::Engine;
use crate::client::may_be_registered;
use crate::error::{Error, Rule, Thing};

pub(crate) use registered::Registrations;

/// What an authorization server calls the client when the environment has no name of its own for the app.
const CLIENT_NAME: &str = "Claviger";

impl Engine {
    /// The provider as it is at the server that the connection names.
    pub(crate) async fn resolved_mcp(
        &self,
        integration: &Integration,
        provider: &Arc<Provider>,
        config: &Map<String, Value>,
    ) -> Result<Arc<Provider>, Error> {
        let fields = self.fields(provider, integration, config);
        let Some(server) = self.server_of(provider, &fields).await? else {
            let Some(token) = &provider.token else { return Ok(Arc::clone(provider)) };
            let endpoint = registration::endpoint(provider, &fields).ok();
            let known = match &endpoint {
                Some(endpoint) => self.registered_auth(integration, endpoint.as_str())?,
                None => None,
            };
            let Some(client_auth) = known.filter(|known| *known != token.client_auth) else {
                return Ok(Arc::clone(provider));
            };
            let mut resolved = Provider::clone(provider);
            resolved.token = Some(catalog::provider::TokenEndpoint { client_auth, ..token.clone() });
            return Ok(Arc::new(resolved));
        };
        let client_auth = match self.registered_auth(integration, &server.metadata.issuer)? {
            Some(registered) => registered,
            None if integration.client_id.is_some() => entered_auth(&server),
            None => ClientAuth::None,
        };
        let resolved = mcp::provider(provider, &server, client_auth);
        resolved.map(Arc::new).map_err(|error| self.undiscovered(&error.to_string()))
    }

    /// The client to set out with: entered, named by our own document, or registered, now if it was not before. The
    /// integration comes back as it is stored then.
    pub(crate) async fn client_at_server(
        &self,
        environment: &Environment,
        integration: &Integration,
        config: &Map<String, Value>,
    ) -> Result<(Integration, Client), Error> {
        let provider = self.provider_of(integration)?;
        if integration.client_id.as_ref().is_some_and(|id| !id.is_empty()) {
            return Ok((integration.clone(), self.own_client(integration)?));
        }
        let fields = self.all_fields(&provider, integration, config, &crate::seals::SecretMap::new())?;
        let server = self.server_of(&provider, &fields).await?;
        let has_public_https = self.public_url().scheme() == "https";
        let way = match &server {
            Some(server) => registration::way(&server.metadata, has_public_https),
            None => provider.mcp.as_ref().map_or(Registration::Static, |mcp| mcp.registration),
        };
        match way {
            Registration::MetadataDocument if has_public_https => {
                let id = self.client_document_url(integration).to_string();
                Ok((integration.clone(), Client { id, secret: None }))
            }
            Registration::Dynamic => {
                let unusable = |error: RequestError| Error::refused(Rule::Draft, error.to_string());
                let (place, endpoint) = if let Some(server) = server {
                    let none = || self.undiscovered("the server names no registration endpoint");
                    let endpoint = server.metadata.registration_endpoint.clone().ok_or_else(none)?;
                    (server.metadata.issuer.clone(), endpoint)
                } else {
                    let endpoint = registration::endpoint(&provider, &fields).map_err(unusable)?;
                    (endpoint.to_string(), endpoint)
                };
                let us = self.client_metadata(environment);
                let request = registration::request(&provider, &endpoint, &us, &fields).map_err(unusable)?;
                self.registered(integration, &place, request).await
            }
            Registration::MetadataDocument => {
                let message = "this server knows clients by a document at a public https address, which this server \
                               does not have; set --public-url to one";
                Err(Error::refused(Rule::Draft, message))
            }
            Registration::Static => {
                let message =
                    "this server registers no clients by itself: the operator has to enter a client_id";
                Err(Error::refused(Rule::Draft, message))
            }
        }
    }

    /// The document that names the client, for servers that look it up at the address which is its identifier.
    pub async fn client_document(&self, environment: &str, key: &str) -> Result<Value, Error> {
        let gone = || Error::NotFound(Thing::Integration);
        if self.public_url().scheme() != "https" {
            return Err(gone());
        }
        let id = environment.parse().map_err(|_| gone())?;
        let environment = store::environments::find(self.store(), model::EnvironmentId(id)).await?;
        let environment = environment.ok_or_else(gone)?;
        let key = IntegrationKey::parse(key).map_err(|_| gone())?;
        let integration = store::integrations::find(self.store(), environment.id, &key).await?;
        let integration = integration.ok_or_else(gone)?;
        let provider = self.provider_of(&integration)?;
        if !may_be_registered(&provider) {
            return Err(gone());
        }
        let url = self.client_document_url(&integration);
        Ok(registration::metadata_document(&url, &self.client_metadata(&environment)))
    }

    pub(super) fn client_document_url(&self, integration: &Integration) -> Url {
        let mut url = self.public_url().clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["oauth", "client-metadata"]);
            path.push(&integration.environment.0.to_string()).push(integration.key.as_str());
        }
        url
    }

    fn client_metadata(&self, environment: &Environment) -> ClientMetadata {
        ClientMetadata {
            name: environment.app_name.clone().unwrap_or_else(|| CLIENT_NAME.to_owned()),
            redirect_uri: self.callback_url(),
            client_uri: Some(self.public_url().clone()).filter(|url| url.scheme() == "https"),
            logo_uri: None,
        }
    }

    /// The server whose metadata leads to the endpoints; none where the definition has these.
    async fn server_of(&self, provider: &Provider, fields: &Fields) -> Result<Option<Arc<Server>>, Error> {
        let Some(url) = mcp::server_url(provider, fields) else { return Ok(None) };
        let url = url.map_err(|error| Error::refused(Rule::Body, error.to_string()))?;
        let now = self.ports().now();
        if let Some(known) = self.0.discovered.servers.find(url.as_str(), now) {
            return Ok(Some(known));
        }
        let mut step = mcp::search(&url).map_err(|error| self.undiscovered(&error.to_string()))?;
        let server = loop {
            let (request, search) = match step {
                Step::Found(server) => break Arc::new(*server),
                Step::Ask(request, search) => (request, search),
            };
            let response = self.send(*request, &Limits::metadata()).await.ok();
            step =
                search.answered(response.as_ref()).map_err(|error| self.undiscovered(&error.to_string()))?;
        };
        self.0.discovered.servers.keep(url.as_str(), &server, now);
        Ok(Some(server))
    }

    fn undiscovered(&self, reason: &str) -> Error {
        self.upstream("discovery_failed", format!("the MCP server cannot be used: {reason}"))
    }
}

/// How an entered client proves itself: by the first method we know among those that the server names.
fn entered_auth(server: &Server) -> ClientAuth {
    let named = &server.metadata.client_auth_methods;
    let supports = |method: &str| named.iter().any(|known| known == method);
    if supports("client_secret_post") {
        ClientAuth::ClientSecretPost
    } else if named.is_empty() || supports("client_secret_basic") {
        // RFC 8414 §2: Basic is what holds when nothing is said.
        ClientAuth::ClientSecretBasic
    } else {
        ClientAuth::None
    }
}
