//! What several tests say in the same words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::{
    CallbackFailure, Caller, ClientInput, Connected, Error, Grant, Listed, NewConnection, NewIntegration,
    ReadConnection, ReadError, ReadOptions, Refusal, Right, Rule, SessionCaller, Submitted, Upstream,
    WebhookPatch, right,
};
use jiff::Timestamp;
use model::{AuditEntry, Connection, ConnectionKey, IntegrationKey, Scopes};
use protocol::{Credential, OAuth2Tokens};
use sandbox::{Endpoint, Fault, RecordedRequest};
use serde_json::{Map, Value};
use testkit::World;
use testkit::world::Consented;
use vault::Secret;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Past the margin of an hour's token, which is a fifth of it; the token still works.
pub(crate) const DUE: Duration = Duration::from_mins(50);
/// Past the end of an hour's token.
pub(crate) const EXPIRED: Duration = Duration::from_mins(61);

pub(crate) const FORCED: ReadOptions = ReadOptions { force_refresh: true, include_refresh_token: false };

/// An established connection, by its names.
pub(crate) struct Established {
    pub(crate) integration: IntegrationKey,
    pub(crate) key: ConnectionKey,
}

pub(crate) async fn established(world: &World) -> Established {
    let integration = world.integration("op").await;
    let key = world.connect(&integration).await.connection;
    Established { integration, key }
}

impl Established {
    pub(crate) async fn read(&self, world: &World) -> Result<ReadConnection, ReadError> {
        self.read_with(world, ReadOptions::default()).await
    }

    pub(crate) async fn read_with(
        &self,
        world: &World,
        options: ReadOptions,
    ) -> Result<ReadConnection, ReadError> {
        let by = world.may::<right::ReadConnection>();
        world.engine.read_connection(&by, &self.integration, &self.key, options).await
    }

    /// The access token of a read that succeeds.
    pub(crate) async fn token(&self, world: &World) -> String {
        access_token(&succeeded(self.read(world).await))
    }

    /// The failure of a read that does not.
    pub(crate) async fn failure(&self, world: &World) -> Upstream {
        failing(self.read(world).await)
    }

    pub(crate) async fn stored(&self, world: &World) -> Connection {
        let environment = world.caller.environment.id;
        let found = store::connections::find(&world.store, environment, &self.integration, &self.key).await;
        Arc::unwrap_or_clone(found.expect("the store answers").expect("the connection is there").connection)
    }
}

pub(crate) fn succeeded(read: Result<ReadConnection, ReadError>) -> ReadConnection {
    match read {
        Ok(read) => read,
        Err(ReadError::Error(error)) => panic!("the connection is read: {error}"),
        Err(ReadError::Failing { upstream, .. }) => panic!("the connection is read: {upstream:?}"),
    }
}

pub(crate) fn failing(read: Result<ReadConnection, ReadError>) -> Upstream {
    match read {
        Err(ReadError::Failing { upstream, connection }) => {
            assert!(connection.credential.is_none(), "a failing read carries no credential");
            upstream
        }
        Err(ReadError::Error(error)) => panic!("the provider is to blame, not: {error}"),
        Ok(_) => panic!("the read fails"),
    }
}

pub(crate) fn unread(read: Result<ReadConnection, ReadError>) -> Error {
    match read {
        Err(ReadError::Error(error)) => error,
        Err(ReadError::Failing { upstream, .. }) => panic!("not the provider is to blame: {upstream:?}"),
        Ok(_) => panic!("the read fails"),
    }
}

pub(crate) fn access_token(read: &ReadConnection) -> String {
    let credential = read.credential.as_ref().expect("the credential is part of the answer");
    credential.tokens().expect("an OAuth credential").access_token.expose().clone()
}

/// The error of a use case, whose success cannot be printed.
pub(crate) fn refused<T>(result: Result<T, Error>) -> Error {
    result.err().expect("the use case is refused")
}

pub(crate) fn rule<T>(result: Result<T, Error>) -> Rule {
    let error = refused(result);
    let Error::Refused(Refusal { rule, .. }) = error else { panic!("a rule forbids it, not: {error}") };
    rule
}

/// The places of all wrong fields, as dotted paths.
pub(crate) fn wrong_fields<T>(result: Result<T, Error>) -> Vec<String> {
    let error = refused(result);
    let Error::Invalid(issues) = error else { panic!("fields are wrong, not: {error}") };
    issues.into_iter().map(|issue| issue.path.join(".")).collect()
}

/// A right that a key with these scopes holds.
pub(crate) async fn only<R: Right>(world: &World, scopes: &[&str]) -> Grant<R> {
    caller(world, "test", scopes).await.grant().expect("one of the scopes gives the right")
}

pub(crate) async fn caller(world: &World, environment: &str, scopes: &[&str]) -> Caller {
    let scopes = Scopes::parse(scopes.iter().map(ToString::to_string)).expect("known scopes");
    world.key(environment, scopes).await.0
}

pub(crate) async fn callback(world: &World, consented: &Consented) -> Result<Connected, CallbackFailure> {
    world.engine.callback(&consented.query, |_| Some(consented.cookie.clone())).await
}

pub(crate) async fn listed(world: &World) -> Vec<Listed> {
    let by = world.may::<right::ListConnections>();
    world
        .engine
        .connections(&by, &engine::ListQuery::default(), 100, 0)
        .await
        .expect("connections are listed")
}

pub(crate) async fn redirected(world: &World, by: &SessionCaller, to: &IntegrationKey) -> url::Url {
    match submitted(world, by, to, &[]).await {
        Ok(Submitted::Redirect { url, .. }) => url,
        Ok(Submitted::Connected(_) | Submitted::Device { .. }) => {
            panic!("a redirect scheme leads to the provider")
        }
        Err(error) => panic!("the authorization starts: {error}"),
    }
}

pub(crate) async fn submitted(
    world: &World,
    by: &SessionCaller,
    to: &IntegrationKey,
    values: &[(&str, &str)],
) -> Result<Submitted, Error> {
    world.engine.submit(by, to, texts(values)).await
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("not an object: {value}") };
    object
}

pub(crate) fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

// --- the audit trail ---

pub(crate) async fn audit(world: &World) -> Vec<AuditEntry> {
    world.engine.audit_trail(&world.may::<right::ReadAudit>(), 1000, None).await.expect("the trail is read")
}

/// How many entries tell of an action.
pub(crate) async fn traces(world: &World, action: &str) -> usize {
    audit(world).await.iter().filter(|entry| entry.action == action).count()
}

// --- the app's webhook, played by the provider's API ---

const HOOK: &str = "/api/hook";

/// Lets the environment's events go to a receiver that answers 200 once the faults before it are used up.
pub(crate) async fn receive_events(world: &World) {
    let patch = WebhookPatch { primary_url: Some(hook_url(world)), ..WebhookPatch::default() };
    let set = world.engine.update_webhooks(&world.may::<right::UpdateWebhooks>(), patch).await;
    set.unwrap_or_else(|error| panic!("the webhook is set: {error}"));
    world.sandbox.fail(Endpoint::Api, Fault::garbage("{}"), None);
}

pub(crate) fn hook_url(world: &World) -> String {
    format!("{}{HOOK}", world.sandbox.url())
}

/// The attempts to deliver so far.
pub(crate) fn attempts(world: &World) -> Vec<RecordedRequest> {
    world.sandbox.requests(HOOK)
}

/// Delivers what is due and gives the events of all attempts so far.
pub(crate) async fn events(world: &World) -> Vec<Value> {
    world.engine.run_due_jobs().await.expect("jobs run");
    attempts(world)
        .iter()
        .map(|request| serde_json::from_str(&request.body).expect("events are JSON"))
        .collect()
}

// --- integrations and imports ---

pub(crate) async fn set_up(
    world: &World,
    provider: &str,
    key: &str,
    config: &[(&str, &str)],
) -> Result<engine::IntegrationView, Error> {
    let new = NewIntegration {
        provider: provider.to_owned(),
        key: key.to_owned(),
        config: texts(config),
        ..NewIntegration::default()
    };
    world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await
}

/// A connection by client credentials.
pub(crate) async fn machine(world: &World) -> Established {
    let token_url = format!("{}/token", world.sandbox.url());
    let integration =
        key_of(set_up(world, "oauth2-cc-generic", "machine", &[("token_url", &token_url)]).await);
    let entered = [("client_id", "sandbox-client"), ("client_secret", "sandbox-secret")];
    match submitted(world, &world.session().await, &integration, &entered).await {
        Ok(Submitted::Connected(connected)) => Established { integration, key: connected.connection },
        Ok(Submitted::Redirect { .. } | Submitted::Device { .. }) => panic!("a machine is not redirected"),
        Err(error) => panic!("the client is connected: {error}"),
    }
}

/// An integration by API key whose keys are tried at the simulated provider.
pub(crate) async fn verified_keys(world: &World) -> IntegrationKey {
    let verify_url = format!("{}/api/key", world.sandbox.url());
    let config = [("api_base_url", world.sandbox.url()), ("verify_url", verify_url.as_str())];
    key_of(set_up(world, "api-key-generic", "keys", &config).await)
}

/// An integration by API key that takes every key.
pub(crate) async fn plain_keys(world: &World, key: &str) -> IntegrationKey {
    key_of(set_up(world, "api-key-generic", key, &[("api_base_url", world.sandbox.url())]).await)
}

pub(crate) fn key_of(made: Result<engine::IntegrationView, Error>) -> IntegrationKey {
    made.unwrap_or_else(|error| panic!("the integration is made: {error}")).integration.key
}

pub(crate) fn client(id: &str, secret: &str) -> ClientInput {
    ClientInput {
        mode: "OAUTH2".to_owned(),
        client_id: Some(id.to_owned()),
        client_secret: Some(Secret::new(secret.to_owned())),
        ..ClientInput::default()
    }
}

pub(crate) fn connection_key(text: &str) -> ConnectionKey {
    ConnectionKey::parse(text).expect("a valid name")
}

pub(crate) fn integration_key(text: &str) -> IntegrationKey {
    IntegrationKey::parse(text).expect("a valid name")
}

pub(crate) fn api_key(text: &str) -> Credential {
    Credential::ApiKey { api_key: Secret::new(text.to_owned()) }
}

pub(crate) fn tokens(access: &str, refresh: Option<&str>, expires_at: Option<Timestamp>) -> OAuth2Tokens {
    OAuth2Tokens {
        access_token: Secret::new(access.to_owned()),
        refresh_token: refresh.map(|token| Secret::new(token.to_owned())),
        expires_at,
        scope: None,
        raw: Secret::new("{}".to_owned()),
        client_override: None,
        kept: protocol::Kept::default(),
    }
}

pub(crate) fn new_connection(
    integration: &IntegrationKey,
    key: &str,
    credential: Credential,
) -> NewConnection {
    NewConnection {
        integration: integration.clone(),
        key: Some(connection_key(key)),
        credential,
        config: None,
        metadata: None,
        tags: None,
        end_user: None,
        webhook_url_override: None,
    }
}

pub(crate) async fn import(world: &World, new: NewConnection) -> Result<engine::Imported, Error> {
    world.engine.import_connection(&world.may::<right::CreateConnection>(), new).await
}

/// A connection by import that succeeds.
pub(crate) async fn imported(world: &World, new: NewConnection) -> Established {
    let integration = new.integration.clone();
    match import(world, new).await {
        Ok(imported) => Established { integration, key: imported.connection.connection.key.clone() },
        Err(error) => panic!("the connection is imported: {error}"),
    }
}

/// Waits for something that happens by itself.
pub(crate) async fn until(what: &str, happened: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if happened().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("this did not happen within ten seconds: {what}");
}
