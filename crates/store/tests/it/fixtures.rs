//! Nouns with every field filled, so that a column that is lost shows.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::connection::{LookupHealth, RefreshHealth};
use model::id::uuid_v7;
use model::{
    ApiKey, ApiKeyId, ConnectSession, Connection, ConnectionId, ConnectionKey, EndUser, Environment,
    EnvironmentId, EnvironmentName, Integration, IntegrationId, IntegrationKey, Organization, PendingFlow,
    Scopes, SessionId, Tags,
};
use protocol::CredentialKind;
use serde_json::{Map, Value};
use store::{Error, Store, Tx, connections, environments, integrations, sessions};
use uuid::Uuid;
use vault::{Context, Key, KeyRing, Sealed};

/// The time that tests begin at.
pub(crate) const START: i64 = 1_700_000_000_123;

/// So many seconds after the beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(START).expect("in range") + SignedDuration::from_secs(seconds)
}

/// An identifier that is told from others by `n`.
pub(crate) fn uuid(n: u64) -> Uuid {
    let [_, _, _, _, _, _, a, b] = n.to_be_bytes();
    uuid_v7(START.unsigned_abs() + n, [a, b, 3, 4, 5, 6, 7, 8, 9, 10])
}

/// Runs a transaction that succeeds.
pub(crate) async fn write<T>(store: &Store, work: impl AsyncFnOnce(&mut Tx) -> Result<T, Error>) -> T {
    let mut tx = store.begin().await.expect("a transaction begins");
    let value = work(&mut tx).await.expect("the write succeeds");
    tx.commit().await.expect("the transaction commits");
    value
}

/// Runs a transaction that fails, and answers why.
pub(crate) async fn refused(store: &Store, work: impl AsyncFnOnce(&mut Tx) -> Result<(), Error>) -> Error {
    let mut tx = store.begin().await.expect("a transaction begins");
    work(&mut tx).await.expect_err("the write is refused")
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::new(Key::new([7; 32]), Vec::new())
}

/// A sealed value, bound to nowhere in particular.
pub(crate) fn sealed(text: &str) -> Sealed {
    let nowhere = Context { table: "t", column: "c", environment: [0; 16], row: [0; 16], version: 0 };
    ring().seal(&nowhere, text.as_bytes(), [9; 24])
}

pub(crate) fn environment(n: u64) -> Environment {
    Environment {
        id: EnvironmentId(uuid(n)),
        name: EnvironmentName::parse(&format!("env-{n}")).expect("a good name"),
        app_name: Some("Acme".to_owned()),
        created_at: at(0),
    }
}

pub(crate) fn api_key(n: u64, environment: EnvironmentId) -> ApiKey {
    ApiKey {
        id: ApiKeyId(uuid(n)),
        environment,
        public_id: format!("public-{n}"),
        hash: [1; 32],
        name: format!("key {n}"),
        scopes: Scopes::full(),
        created_at: at(0),
        expires_at: Some(at(60)),
        revoked_at: None,
        last_used_at: Some(at(1)),
    }
}

pub(crate) fn integration(n: u64, environment: EnvironmentId) -> Integration {
    Integration {
        id: IntegrationId(uuid(n)),
        environment,
        key: IntegrationKey::parse(&format!("github-{n}")).expect("a good key"),
        provider: "github".to_owned(),
        display_name: Some("GitHub of Acme".to_owned()),
        forward_webhooks: true,
        client_id: Some("client".to_owned()),
        scopes: vec!["repo".to_owned(), "read:org".to_owned()],
        config: BTreeMap::from([("subdomain".to_owned(), "acme".to_owned())]),
        custom: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        secrets: sealed("integration secrets"),
        secret_names: vec!["client_secret".to_owned()],
        version: 1,
        created_at: at(0),
        updated_at: at(1),
    }
}

pub(crate) fn object(key: &str, value: &str) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), Value::from(value))])
}

pub(crate) fn tags(pairs: &[(&str, &str)]) -> Tags {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Tags::parse(pairs).expect("good tags")
}

pub(crate) fn end_user() -> EndUser {
    EndUser {
        id: "user-1".to_owned(),
        email: Some("Ada@Example.org".to_owned()),
        display_name: Some("Ada Ünal".to_owned()),
        tags: Some(BTreeMap::from([("Team".to_owned(), "x".to_owned())])),
        organization: Some(Organization { id: "org-1".to_owned(), display_name: Some("Acme".to_owned()) }),
    }
}

pub(crate) fn connection(n: u64, integration: &Integration) -> Connection {
    Connection {
        id: ConnectionId(uuid(n)),
        number: i64::try_from(n).expect("small"),
        environment: integration.environment,
        integration: integration.id,
        key: ConnectionKey::parse(&format!("connection-{n}")).expect("a good key"),
        end_user: Some(end_user()),
        tags: tags(&[("plan", "gold"), ("region", "eu")]),
        metadata: Some(object("z", "1")),
        config: object("subdomain", "acme"),
        webhook_url_override: Some("https://hooks.example/1".to_owned()),
        credential: sealed("credential"),
        kind: CredentialKind::OAuth2,
        version: 1,
        obtained_at: at(0),
        expires_at: Some(at(3600)),
        refreshable: true,
        refresh: health(),
        missing_scopes: vec!["repo".to_owned()],
        account: Some("octocat".to_owned()),
        lookups: LookupHealth::default(),
        last_fetched_at: Some(at(2)),
        created_at: at(i64::try_from(n).expect("small")),
        updated_at: at(3),
    }
}

pub(crate) fn health() -> RefreshHealth {
    RefreshHealth {
        failures: 2,
        retry_at: Some(at(90)),
        needs_reauth: true,
        error_code: Some("grant_gone".to_owned()),
        error_log_id: Some("log-1".to_owned()),
    }
}

pub(crate) fn session(n: u64, environment: EnvironmentId) -> ConnectSession {
    let mut token_hash = [1; 32];
    token_hash[..8].copy_from_slice(&n.to_be_bytes());
    ConnectSession {
        id: SessionId(uuid(n)),
        environment,
        token_hash,
        end_user: Some(end_user()),
        organization: end_user().organization,
        tags: tags(&[("plan", "gold")]),
        allowed_integrations: vec!["github-1".to_owned()],
        defaults: sealed("defaults"),
        overrides: BTreeMap::from([("github-1".to_owned(), object("docs", "https://docs.example"))]),
        webhook_url_override: Some("https://hooks.example/1".to_owned()),
        reconnects: Some(ConnectionId(uuid(99))),
        created_at: at(0),
        expires_at: at(1800),
    }
}

pub(crate) fn flow(n: u64, session: &ConnectSession, integration: IntegrationId) -> PendingFlow {
    let mut state_hash = [2; 32];
    state_hash[..8].copy_from_slice(&n.to_be_bytes());
    PendingFlow {
        id: uuid(n),
        state_hash,
        environment: session.environment,
        integration,
        session: session.id,
        browser_hash: [3; 32],
        sealed: sealed("flow"),
        created_at: at(0),
        expires_at: at(600),
    }
}

/// An environment with an integration, both stored. Identifiers begin at `n`.
pub(crate) async fn stored_integration(store: &Store, n: u64) -> Integration {
    let environment = environment(n);
    let integration = integration(n + 1, environment.id);
    write(store, async |tx| {
        environments::create(tx, &environment).await?;
        integrations::create(tx, &integration).await
    })
    .await;
    integration
}

pub(crate) async fn stored_connection(store: &Store, n: u64, integration: &Integration) -> Connection {
    let connection = connection(n, integration);
    write(store, async |tx| connections::insert(tx, &connection).await).await;
    connection
}

pub(crate) async fn stored_session(store: &Store, n: u64, environment: EnvironmentId) -> ConnectSession {
    let session = session(n, environment);
    write(store, async |tx| sessions::create(tx, &session).await).await;
    session
}

/// Nouns that hold sealed values have no `PartialEq`; their debug form shows every field but the sealed bytes.
pub(crate) fn assert_same<T: std::fmt::Debug>(left: &T, right: &T) {
    assert_eq!(format!("{left:#?}"), format!("{right:#?}"));
}

/// Runs the same task several times at once, and answers what each one answered.
pub(crate) async fn at_once<T, Fut>(times: u64, task: impl Fn(u64) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let tasks: tokio::task::JoinSet<T> = (0..times).map(task).collect();
    tasks.join_all().await
}
