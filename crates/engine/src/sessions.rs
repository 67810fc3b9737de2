//! Connect sessions: the app's server asks for one, the end user's browser uses it.

use std::collections::BTreeMap;

use model::audit::Action;
use model::session::{Defaults, DefaultsByIntegration, LIFETIME};
use model::{
    ConnectSession, Connection, ConnectionKey, EndUser, IntegrationKey, Issue, IssueCode, Organization,
    SessionId, Tags,
};
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use crate::Engine;
use crate::actor::{Caller, Grant, SessionCaller, right};
use crate::audit::Event;
use crate::error::{Error, Rule};
use crate::seals::Place;

/// A session to be made. Shapes were checked by the caller; existence and tags are checked here.
#[derive(Default)]
pub struct NewSession {
    /// The person it is for.
    pub end_user: Option<EndUser>,
    /// The person's organization.
    pub organization: Option<Organization>,
    /// Explicit tags, which win over derived ones.
    pub tags: Option<Tags>,
    /// Integrations that may be used; empty means all.
    pub allowed_integrations: Vec<String>,
    /// Server-side defaults by integration.
    pub defaults: Option<DefaultsByIntegration>,
    /// Page settings by integration.
    pub overrides: Option<BTreeMap<String, Map<String, Value>>>,
    /// Where webhooks of the new connection go.
    pub webhook_url_override: Option<String>,
}

/// Which connection to authorize again.
pub struct Reconnect {
    /// Its integration.
    pub integration: IntegrationKey,
    /// Its name.
    pub connection: ConnectionKey,
}

/// A new session, with its token for the only time.
pub struct CreatedSession {
    /// The token.
    pub token: Secret<String>,
    /// Where to send the end user.
    pub connect_link: Secret<String>,
    /// When both stop working.
    pub expires_at: jiff::Timestamp,
}

/// What a session's browser may know of it.
pub struct SessionDetails {
    /// The person it is for.
    pub end_user: Option<EndUser>,
    /// Integrations that may be used, when limited.
    pub allowed_integrations: Vec<String>,
    /// Defaults, when there are any.
    pub defaults: DefaultsByIntegration,
    /// Page settings by integration.
    pub overrides: BTreeMap<String, Map<String, Value>>,
    /// Whether it authorizes an existing connection again.
    pub reconnecting: bool,
}

impl Engine {
    /// Makes a session.
    pub async fn create_session(
        &self,
        by: &Grant<right::CreateSession>,
        new: NewSession,
    ) -> Result<CreatedSession, Error> {
        self.insert_session(by, new, None).await
    }

    /// Makes a session that authorizes an existing connection again.
    pub async fn create_reconnect_session(
        &self,
        by: &Grant<right::CreateSession>,
        target: &Reconnect,
        mut new: NewSession,
    ) -> Result<CreatedSession, Error> {
        let environment = by.environment.id;
        let found =
            store::connections::find(self.store(), environment, &target.integration, &target.connection)
                .await?;
        let connection = found.map(|found| found.connection).ok_or_else(|| {
            let message =
                "there is no such connection for this integration; use POST /connect/sessions for a new one";
            Error::refused(Rule::Body, message)
        })?;
        new.allowed_integrations = vec![target.integration.as_str().to_owned()];
        keep_what_is_known(&mut new, &connection);
        self.insert_session(by, new, Some(&connection)).await
    }

    async fn insert_session(
        &self,
        by: &Caller,
        new: NewSession,
        reconnects: Option<&Connection>,
    ) -> Result<CreatedSession, Error> {
        let environment = by.environment.id;
        self.check_integrations(by, &new).await?;
        let tags = session_tags(&new)?;
        let token = model::token::mint_session_token(self.ports().random());
        let id = SessionId(self.ports().row_id());
        let now = self.ports().now();
        let expires_at = now + LIFETIME;
        let defaults = new.defaults.unwrap_or_default();
        let session = ConnectSession {
            id,
            environment,
            token_hash: model::token::hash(token.expose()),
            end_user: new.end_user.map(|user| EndUser { organization: new.organization.clone(), ..user }),
            organization: new.organization,
            tags,
            allowed_integrations: new.allowed_integrations,
            defaults: self.seal_defaults(&Place::session_defaults(environment, id.0), &defaults),
            overrides: new.overrides.unwrap_or_default(),
            webhook_url_override: new.webhook_url_override.filter(|url| !url.is_empty()),
            reconnects: reconnects.map(|connection| connection.id),
            created_at: now,
            expires_at,
        };
        let mut tx = self.store().begin().await?;
        store::sessions::create(&mut tx, &session).await?;
        self.commit(
            tx,
            Event {
                environment,
                actor: by.actor(),
                action: Action::SessionCreated,
                subject: &id.to_string(),
                detail: session.end_user.as_ref().map(|user| format!("end_user {}", user.id)),
            },
        )
        .await?;
        let connect_link = token.map(|token| self.connect_link(token));
        Ok(CreatedSession { token, connect_link, expires_at })
    }

    fn connect_link(&self, token: &str) -> String {
        let mut link: Url = self.public_url().clone();
        link.set_path(&format!("{}/connect", link.path().trim_end_matches('/')));
        link.query_pairs_mut().clear().append_pair("session_token", token);
        link.into()
    }

    /// Every integration a session names must exist; all that do not are reported.
    async fn check_integrations(&self, by: &Caller, new: &NewSession) -> Result<(), Error> {
        let all = store::integrations::list(self.store(), by.environment.id).await?;
        let missing = |key: &str| !all.iter().any(|integration| integration.key.as_str() == key);
        let mut issues = Vec::new();
        for (index, key) in new.allowed_integrations.iter().enumerate() {
            if missing(key) {
                issues.push(unknown(&["allowed_integrations", &index.to_string()], key));
            }
        }
        for key in new.defaults.iter().flat_map(BTreeMap::keys).filter(|key| missing(key)) {
            issues.push(unknown(&["integrations_config_defaults", key], key));
        }
        for key in new.overrides.iter().flat_map(BTreeMap::keys).filter(|key| missing(key)) {
            issues.push(unknown(&["overrides", key], key));
        }
        for (key, defaults) in new.defaults.iter().flatten() {
            issues.extend(reserved_params(key, defaults));
        }
        if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
    }

    /// What the browser of a session may know.
    pub fn session_details(&self, by: &SessionCaller) -> Result<SessionDetails, Error> {
        let session = &by.session;
        Ok(SessionDetails {
            end_user: session.end_user.clone(),
            allowed_integrations: session.allowed_integrations.clone(),
            defaults: self.open_defaults(session)?,
            overrides: session.overrides.clone(),
            reconnecting: session.reconnects.is_some(),
        })
    }

    /// Ends a session.
    pub async fn delete_session(&self, by: &SessionCaller) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        store::sessions::delete(&mut tx, by.environment.id, by.session.id).await?;
        self.commit(
            tx,
            Event {
                environment: by.environment.id,
                actor: by.actor(),
                action: Action::SessionDeleted,
                subject: &by.session.id.to_string(),
                detail: None,
            },
        )
        .await
    }
}

/// A reconnection keeps the stored person, tags and webhook URL unless the app sends others: clearing them by
/// omission is a known trap.
fn keep_what_is_known(new: &mut NewSession, connection: &Connection) {
    if new.end_user.is_none() && new.tags.is_none() {
        new.tags = Some(connection.tags.clone());
    }
    if new.end_user.is_none() {
        new.end_user.clone_from(&connection.end_user);
    }
    if new.organization.is_none() {
        new.organization = new.end_user.as_ref().and_then(|user| user.organization.clone());
    }
    if new.webhook_url_override.is_none() {
        new.webhook_url_override.clone_from(&connection.webhook_url_override);
    }
}

fn session_tags(new: &NewSession) -> Result<Tags, Error> {
    let organization = new.organization.as_ref().filter(|_| new.end_user.is_some());
    let derived = Tags::derived(new.end_user.as_ref(), organization);
    let explicit = new.tags.clone().unwrap_or_default();
    derived
        .overlaid(&explicit)
        .map_err(|issues| Error::Invalid(issues.into_iter().map(|issue| issue.under("tags")).collect()))
}

fn unknown(path: &[&str], key: &str) -> Issue {
    Issue::new(
        IssueCode::Custom,
        path.iter().copied(),
        format!("there is no integration «{key}» in this environment"),
    )
}

/// Parameters that Claviger owns cannot be set, not even by the app's server: they carry the protection of the flow.
fn reserved_params(key: &str, defaults: &Defaults) -> Vec<Issue> {
    let params = defaults.authorization_params.iter().flat_map(BTreeMap::keys);
    params
        .filter(|name| protocol::authorize::is_reserved(name))
        .map(|name| {
            let path = ["integrations_config_defaults", key, "authorization_params", name];
            Issue::new(IssueCode::Custom, path, "this parameter is set by Claviger and cannot be overridden")
        })
        .collect()
}
