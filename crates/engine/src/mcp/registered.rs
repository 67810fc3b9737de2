//! Clients that were registered by request (RFC 7591), kept among the secrets of their integration.
//!
//! People who connect at the same moment share one registration: on this node the first registers while the others
//! wait; of two nodes the one that stores its client first wins. A grant keeps the client it was given to, so that a
//! registration which goes away costs no connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::provider::ClientAuth;
use egress::Limits;
use jiff::Timestamp;
use model::{Integration, IntegrationId};
use protocol::mcp::registration;
use protocol::{Client, Request};
use serde::Deserialize;
use serde_json::json;
use vault::Secret;

use crate::Engine;
use crate::error::{Error, Rule, Thing};
use crate::seals::SecretMap;
use crate::send::token_failure;

/// Begins the name of such a secret. No input of a definition can have a colon in its name.
const PREFIX: &str = "registered_client:";

/// End users may name servers, so there is a bound to how many are remembered; the oldest go first.
const MOST_KEPT: usize = 100;

/// Tries to store a registration beside other writes of the same integration.
const MOST_TRIES: usize = 5;

/// Whose turn it is to register, by integration and server.
#[derive(Default)]
pub(crate) struct Registrations(Mutex<HashMap<(IntegrationId, String), Turn>>);

/// Held by whoever registers.
type Turn = Arc<tokio::sync::Mutex<()>>;

impl Registrations {
    fn turn(&self, integration: IntegrationId, place: &str) -> Turn {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits holds the lock's other end.
        table.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(table.entry((integration, place.to_owned())).or_default())
    }
}

/// A registered client as it is kept.
#[derive(Deserialize)]
struct Kept {
    client_id: String,
    client_secret: Option<Secret<String>>,
    client_auth: ClientAuth,
    redirect_uri: String,
    registered_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl Kept {
    fn text(&self) -> Secret<String> {
        let secret = self.client_secret.as_ref().map(|secret| secret.expose().as_str());
        let object = json!({
            "client_id": self.client_id,
            "client_secret": secret,
            "client_auth": self.client_auth,
            "redirect_uri": self.redirect_uri,
            "registered_at": self.registered_at,
            "expires_at": self.expires_at,
        });
        Secret::new(object.to_string())
    }

    fn client(&self) -> Client {
        Client { id: self.client_id.clone(), secret: self.client_secret.clone() }
    }

    fn is_good(&self, redirect_uri: &str, now: Timestamp) -> bool {
        self.redirect_uri == redirect_uri && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Engine {
    /// How the client that was registered at a server proves itself there.
    pub(super) fn registered_auth(
        &self,
        integration: &Integration,
        place: &str,
    ) -> Result<Option<ClientAuth>, Error> {
        if !integration.secret_names.contains(&name_of(place)) {
            return Ok(None);
        }
        Ok(kept(&self.open_integration(integration)?, place).map(|kept| kept.client_auth))
    }

    /// The client of this identifier, if it was registered or is named by our own document.
    pub(crate) fn registered_client(
        &self,
        integration: &Integration,
        id: &str,
    ) -> Result<Option<Client>, Error> {
        if self.client_document_url(integration).as_str() == id {
            return Ok(Some(Client { id: id.to_owned(), secret: None }));
        }
        let secrets = self.open_integration(integration)?;
        let all = secrets.iter().filter(|(name, _)| name.starts_with(PREFIX));
        let found = all.filter_map(|(_, text)| read(text)).find(|kept| kept.client_id == id);
        Ok(found.map(|kept| kept.client()))
    }

    /// The client at a server, registered by this request if it was not before.
    pub(super) async fn registered(
        &self,
        integration: &Integration,
        place: &str,
        request: Request,
    ) -> Result<(Integration, Client), Error> {
        let turn = self.0.registrations.turn(integration.id, place);
        let _turn = turn.lock().await;
        let current = self.integration_now(integration).await?;
        if let Some(client) = self.good(&self.open_integration(&current)?, place) {
            return Ok((current, client));
        }
        let response = self.send(request, &Limits::token()).await.map_err(|no_answer| {
            self.upstream(no_answer.code, format!("a client could not be registered: {}", no_answer.message))
        })?;
        let now = self.ports().now();
        let registered = registration::outcome(&response, now).map_err(|error| {
            let (code, message) = token_failure(&error, &[]);
            self.upstream(code, format!("a client could not be registered: {message}"))
        })?;
        let kept = Kept {
            client_id: registered.client.id,
            client_secret: registered.client.secret,
            client_auth: registered.client_auth,
            redirect_uri: self.callback_url().to_string(),
            registered_at: now,
            expires_at: registered.secret_expires_at,
        };
        self.keep_registered(current, place, kept).await
    }

    async fn keep_registered(
        &self,
        mut current: Integration,
        place: &str,
        kept: Kept,
    ) -> Result<(Integration, Client), Error> {
        for _ in 0..MOST_TRIES {
            let expected = current.version;
            let mut secrets = self.open_integration(&current)?;
            if let Some(client) = self.good(&secrets, place) {
                return Ok((current, client));
            }
            secrets.insert(name_of(place), kept.text());
            forget_oldest(&mut secrets);
            self.reseal(&mut current, &secrets);
            let mut tx = self.store().begin().await?;
            let written =
                store::integrations::update(&mut tx, current.environment, &current, expected).await?;
            if written {
                tx.commit().await?;
                return Ok((current, kept.client()));
            }
            drop(tx);
            current = self.integration_now(&current).await?;
        }
        Err(Error::refused(Rule::Conflict, "the integration was changed at the same moment; try again"))
    }

    fn good(&self, secrets: &SecretMap, place: &str) -> Option<Client> {
        let redirect_uri = self.callback_url();
        let kept = kept(secrets, place)?;
        kept.is_good(redirect_uri.as_str(), self.ports().now()).then(|| kept.client())
    }

    async fn integration_now(&self, known: &Integration) -> Result<Integration, Error> {
        let found = store::integrations::find_by_id(self.store(), known.environment, known.id).await?;
        found.ok_or(Error::NotFound(Thing::Integration))
    }
}

fn name_of(place: &str) -> String {
    format!("{PREFIX}{}", hex::encode(&vault::sha256(place.as_bytes())[..16]))
}

fn kept(secrets: &SecretMap, place: &str) -> Option<Kept> {
    read(secrets.get(&name_of(place))?)
}

fn read(text: &Secret<String>) -> Option<Kept> {
    serde_json::from_str(text.expose()).ok()
}

fn forget_oldest(secrets: &mut SecretMap) {
    loop {
        let all = secrets.iter().filter(|(name, _)| name.starts_with(PREFIX));
        let mut ages: Vec<_> =
            all.map(|(name, text)| (read(text).map(|kept| kept.registered_at), name.clone())).collect();
        if ages.len() <= MOST_KEPT {
            return;
        }
        ages.sort();
        secrets.remove(&ages[0].1);
    }
}
