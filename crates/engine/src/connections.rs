//! Connections as the app sees them: list, change, delete.

use model::audit::Action;
use model::{ConnectionKey, EndUser, IntegrationKey, Issue, Tags};
use store::connections::{ListFilter, Profile};

pub use store::connections::{ListFilter as ListQuery, Listed};

use crate::Engine;
use crate::actor::{Grant, right};
use crate::audit::Event;
use crate::error::{Error, Thing};
use crate::revoke::Revoked;

/// Changes to a connection; what is absent stays.
#[derive(Default)]
pub struct ConnectionPatch {
    /// The person; tags are derived anew.
    pub end_user: Option<EndUser>,
    /// Replaces all tags (over those derived from `end_user`).
    pub tags: Option<Tags>,
    /// Where webhooks go; empty clears it.
    pub webhook_url_override: Option<String>,
}

/// A connection was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// What became of the grant at the provider.
    pub revocation: Revoked,
}

impl Engine {
    /// Connections that match the filter, newest first.
    pub async fn connections(
        &self,
        by: &Grant<right::ListConnections>,
        filter: &ListFilter,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<Listed>, Error> {
        Ok(store::connections::list(self.store(), by.environment.id, filter, limit, offset).await?)
    }

    /// Changes a connection's person, tags or webhook URL.
    pub async fn update_connection(
        &self,
        by: &Grant<right::UpdateConnection>,
        integration: &IntegrationKey,
        key: &ConnectionKey,
        patch: ConnectionPatch,
    ) -> Result<(), Error> {
        let environment = by.environment.id;
        let integration = store::integrations::find(self.store(), environment, integration).await?;
        let integration = integration.ok_or(Error::NotFound(Thing::Integration))?;
        let mut tx = self.store().begin().await?;
        let found = store::connections::find_to_change(&mut tx, environment, integration.id, key).await?;
        let connection = found.ok_or(Error::NotFound(Thing::Connection))?;
        let tags = match (&patch.end_user, &patch.tags) {
            (None, None) => connection.tags,
            (end_user, tags) => merged(end_user.as_ref(), tags.as_ref())?,
        };
        let profile = Profile {
            end_user: patch.end_user.or(connection.end_user),
            tags,
            webhook_url_override: match patch.webhook_url_override {
                Some(url) => Some(url).filter(|url| !url.is_empty()),
                None => connection.webhook_url_override,
            },
        };
        let now = self.ports().now();
        if !store::connections::update_profile(&mut tx, environment, connection.id, &profile, now).await? {
            return Err(Error::NotFound(Thing::Connection));
        }
        self.commit(
            tx,
            Event {
                environment,
                actor: by.actor(),
                action: Action::ConnectionUpdated,
                subject: &connection.id.to_string(),
                detail: Some("end_user, tags or webhook_url_override".to_owned()),
            },
        )
        .await
    }

    /// Deletes a connection: its credential is destroyed at once, then the grant is ended at the provider where the
    /// provider offers that.
    pub async fn delete_connection(
        &self,
        by: &Grant<right::DeleteConnection>,
        integration: &IntegrationKey,
        key: &ConnectionKey,
    ) -> Result<Deleted, Error> {
        let connection = self.find_connection(by, integration, key).await?.0.connection;
        let (engine, by) = (self.clone(), by.clone());
        self.to_the_end(async move {
            let mut tx = engine.store().begin().await?;
            if !store::connections::delete(&mut tx, by.environment.id, connection.id).await? {
                return Err(Error::NotFound(Thing::Connection));
            }
            tx.commit().await?;
            let subject = connection.id.to_string();
            let event = |action, detail| Event {
                environment: by.environment.id,
                actor: by.actor(),
                action,
                subject: &subject,
                detail,
            };
            let recorded =
                engine.record(event(Action::ConnectionDeleted, Some(connection.key.to_string()))).await;
            // Only here the token is still known, so the grant is ended whether or not the trail could be written.
            let revocation = engine.revoke(&connection).await;
            recorded?;
            engine.record(event(Action::GrantRevoked, Some(revocation.detail()))).await?;
            Ok(Deleted { revocation })
        })
        .await
    }
}

/// Tags derived from the person, with explicit ones laid over them.
pub(crate) fn merged(end_user: Option<&EndUser>, explicit: Option<&Tags>) -> Result<Tags, Error> {
    let organization = end_user.and_then(|user| user.organization.as_ref());
    let derived = Tags::derived(end_user, organization);
    let empty = Tags::default();
    derived.overlaid(explicit.unwrap_or(&empty)).map_err(|issues: Vec<Issue>| {
        Error::Invalid(issues.into_iter().map(|issue| issue.under("tags")).collect())
    })
}
