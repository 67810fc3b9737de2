//! API keys: made, listed and revoked at the command line.

use jiff::Timestamp;
use model::audit::Action;
use model::token::ApiKeyToken;
use model::{Actor, ApiKey, ApiKeyId, Environment, EnvironmentName, Scopes};
use store::Constraint;
use vault::Secret;

use crate::Engine;
use crate::audit::Event;
use crate::error::{Error, Rule, Thing};

/// A key to be made.
pub struct NewKey {
    /// A name for people.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// A new key with its secret, for the only time.
pub struct NewKeySecret {
    /// The stored key.
    pub key: ApiKey,
    /// The token its holder sends.
    pub secret: Secret<String>,
}

impl Engine {
    /// Makes a key.
    pub async fn create_key(&self, environment: &Environment, new: NewKey) -> Result<NewKeySecret, Error> {
        let token = ApiKeyToken::mint(self.ports().random(), self.ports().random());
        let key = ApiKey {
            id: ApiKeyId(self.ports().row_id()),
            environment: environment.id,
            public_id: token.public_id.clone(),
            hash: token.hash(),
            name: new.name,
            scopes: new.scopes,
            created_at: self.ports().now(),
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let mut tx = self.store().begin().await?;
        store::api_keys::create(&mut tx, &key).await.map_err(|error| match error {
            store::Error::Conflict(Constraint::ApiKeyName) => {
                let message = format!("the environment has a live key named «{}» already", key.name);
                Error::refused(Rule::Conflict, message)
            }
            other @ (store::Error::Conflict(_)
            | store::Error::Corrupt { .. }
            | store::Error::Unavailable(_)) => other.into(),
        })?;
        self.commit(tx, trace(&key, Action::KeyCreated, &key.id.to_string())).await?;
        Ok(NewKeySecret { key, secret: token.text().clone() })
    }

    /// All keys of all environments, with the environment's name.
    pub async fn keys(&self) -> Result<Vec<(ApiKey, EnvironmentName)>, Error> {
        Ok(store::api_keys::list(self.store()).await?)
    }

    /// Revokes a key. In this process it stops at once, in others within a second.
    pub async fn revoke_key(&self, id: ApiKeyId) -> Result<(), Error> {
        let keys = store::api_keys::list(self.store()).await?;
        let found = keys.into_iter().map(|(key, _)| key).find(|key| key.id == id);
        let key = found.ok_or(Error::NotFound(Thing::ApiKey))?;
        let mut tx = self.store().begin().await?;
        store::api_keys::revoke(&mut tx, id, self.ports().now()).await?;
        let written = self.commit(tx, trace(&key, Action::KeyRevoked, &id.to_string())).await;
        self.keys_seen().forget_all();
        written
    }
}

fn trace<'a>(key: &ApiKey, action: Action, subject: &'a str) -> Event<'a> {
    Event {
        environment: key.environment,
        actor: Actor::Operator,
        action,
        subject,
        detail: Some(key.name.clone()),
    }
}
