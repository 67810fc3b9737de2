//! A whole engine on a fresh database, with a simulated provider, a key that may do everything and a still clock.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use catalog::Catalog;
use egress::{Egress, Limits, Policy};
use engine::{
    Caller, ClientInput, Connected, Engine, Grant, NewIntegration, NewKey, NewSession, Parts, Right,
    SessionCaller, Submitted, right,
};
use jiff::SignedDuration;
use model::{EndUser, EnvironmentName, IntegrationKey, Scopes};
use sandbox::{Sandbox, SandboxOptions};
use store::{AuditLog, Location, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use vault::{Key, KeyRing, Secret};

use crate::chance::SeededChance;
use crate::clock::TestClock;
use crate::databases::{Opened, audit_location, each_location};

/// What browsers are told the server is called.
pub const PUBLIC_URL: &str = "http://127.0.0.1:3003";

/// Everything a product test needs.
pub struct World {
    /// The use cases.
    pub engine: Engine,
    /// The store under them.
    pub store: Store,
    /// Where the store is.
    pub location: Location,
    /// The engine's clock; see [`World::advance`] for the provider's as well.
    pub clock: TestClock,
    /// The simulated provider.
    pub sandbox: Arc<Sandbox>,
    /// The holder of a key with every right in the environment `test`.
    pub caller: Caller,
    /// That key.
    pub api_key: String,
    catalog: Catalog,
    public_url: String,
    browser: Egress,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Runs a test in a fresh world on each kind of database.
///
/// # Panics
///
/// When the test does, or when the world cannot be made.
pub async fn each_world<F, Fut>(test: F)
where
    F: Fn(World) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    // A whole world is a large future; on the heap it does not weigh on the stack of its test.
    each_location(|location| Box::pin(async move { test(World::at(location).await).await })).await;
}

impl World {
    /// A world on a fresh database.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn at(location: Location) -> Self {
        Self::with(location, SandboxOptions::default()).await
    }

    /// A world whose provider has its own settings.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn with(location: Location, options: SandboxOptions) -> Self {
        Self::beside(location, sandbox_with(options).await).await
    }

    /// A world on a database that may be in use already, with a provider that is there already.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn beside(location: Location, sandbox: impl Into<Arc<Sandbox>>) -> Self {
        Self::with_catalog_beside(location, sandbox, Catalog::embedded(), PUBLIC_URL).await
    }

    /// A world whose browsers see it at an https address.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn on_https(location: Location, public_url: &str) -> Self {
        Self::with_catalog_beside(location, sandbox().await, Catalog::embedded(), public_url).await
    }

    /// A world with providers of its own.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn with_catalog(location: Location, catalog: Catalog) -> Self {
        Self::with_catalog_beside(location, sandbox().await, catalog, PUBLIC_URL).await
    }

    /// A world that knows one provider more: a file of the catalog's format, under this slug.
    ///
    /// # Panics
    ///
    /// When it cannot be made, or the file has a mistake.
    pub async fn knowing(location: Location, slug: &str, file: &str) -> Self {
        let directory = tempfile::tempdir().expect("the directory for temporary files is writable");
        std::fs::write(directory.path().join(format!("{slug}.toml")), file).expect("the file is written");
        let catalog = Catalog::with_overlay(directory.path());
        let catalog = catalog.unwrap_or_else(|error| panic!("the provider is well formed: {error}"));
        Self::with_catalog(location, catalog).await
    }

    async fn with_catalog_beside(
        location: Location,
        sandbox: impl Into<Arc<Sandbox>>,
        catalog: Catalog,
        public_url: &str,
    ) -> Self {
        let (clock, chance, egress) = (TestClock::default(), SeededChance::default(), loopback_egress());
        let opened = Opened::at(location).await;
        Self::build(opened, sandbox.into(), catalog, clock, chance, egress, public_url).await
    }

    /// A second node on this world's database, with the same clock, provider and public address. `number` tells it from others; this
    /// world is number 0.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn node(&self, number: u32) -> Self {
        self.node_behind(number, loopback_egress()).await
    }

    /// [`World::node`], with a way out of its own.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn node_behind(&self, number: u32, egress: Egress) -> Self {
        let chance = SeededChance::of_node(number);
        let opened = Opened::at(self.location.clone()).await;
        let (sandbox, catalog) = (Arc::clone(&self.sandbox), self.catalog.clone());
        Self::build(opened, sandbox, catalog, self.clock.clone(), chance, egress, &self.public_url).await
    }

    /// A world whose server is the only one of its store, so that it remembers connections it read.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn alone(location: Location) -> Self {
        let opened = Opened::at(location).await.remembering();
        let (clock, chance, egress) = (TestClock::default(), SeededChance::default(), loopback_egress());
        Self::build(opened, sandbox().await, Catalog::embedded(), clock, chance, egress, PUBLIC_URL).await
    }

    async fn build(
        opened: Opened,
        sandbox: Arc<Sandbox>,
        catalog: Catalog,
        clock: TestClock,
        chance: SeededChance,
        egress: Egress,
        public_url: &str,
    ) -> Self {
        let Opened { location, store } = opened;
        let audit = AuditLog::open(&audit_location(&location), false).await.expect("the audit trail opens");
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let parts = Parts {
            store: store.clone(),
            audit,
            keys: KeyRing::new(Key::new([7; 32]), Vec::new()),
            egress,
            catalog: catalog.clone(),
            clock: Box::new(clock.clone()),
            chance: Box::new(chance),
            public_url: Url::parse(public_url).expect("a literal URL"),
        };
        let engine = Engine::open(parts, &tasks, &stop).await.expect("the engine opens");
        let (caller, api_key) = key(&engine, "test", Scopes::full()).await;
        Self {
            engine,
            store,
            location,
            clock,
            sandbox,
            caller,
            api_key,
            catalog,
            public_url: public_url.to_owned(),
            browser: loopback_egress(),
            tasks,
            stop,
        }
    }

    /// A right of the key that may do everything.
    ///
    /// # Panics
    ///
    /// Never: the key holds every right.
    pub fn may<R: Right>(&self) -> Grant<R> {
        self.caller.clone().grant().expect("the key holds every right")
    }

    /// The holder of a new key in an environment, which is made when it is missing, and the key itself.
    pub async fn key(&self, environment: &str, scopes: Scopes) -> (Caller, String) {
        key(&self.engine, environment, scopes).await
    }

    /// Moves the clocks of engine and provider.
    ///
    /// # Panics
    ///
    /// When it moves by ages.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(SignedDuration::try_from(by).expect("a test moves by less than ages"));
        self.sandbox.advance(by);
    }

    /// An integration with the simulated provider, by its issuer.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn integration(&self, key: &str) -> IntegrationKey {
        let credentials = ClientInput {
            mode: "OAUTH2".to_owned(),
            client_id: Some("sandbox-client".to_owned()),
            client_secret: Some(Secret::new("sandbox-secret".to_owned())),
            scopes: Some(vec!["profile".to_owned()]),
            ..ClientInput::default()
        };
        let new = NewIntegration {
            provider: "oauth2-generic".to_owned(),
            key: key.to_owned(),
            forward_webhooks: true,
            credentials: Some(credentials),
            config: [("issuer".to_owned(), self.sandbox.url().to_owned())].into(),
            ..NewIntegration::default()
        };
        let view = self.engine.create_integration(&self.may::<right::CreateIntegration>(), new).await;
        view.unwrap_or_else(|error| panic!("the integration is made: {error}")).integration.key
    }

    /// A connect session for the end user `u_1`.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn session(&self) -> SessionCaller {
        let person = EndUser {
            id: "u_1".to_owned(),
            email: Some("ada@example.com".to_owned()),
            display_name: Some("Ada".to_owned()),
            tags: None,
            organization: None,
        };
        self.session_with(NewSession { end_user: Some(person), ..NewSession::default() }).await
    }

    /// A connect session of any kind.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub async fn session_with(&self, new: NewSession) -> SessionCaller {
        let created = self.engine.create_session(&self.may::<right::CreateSession>(), new).await;
        let created = created.unwrap_or_else(|error| panic!("the session is made: {error}"));
        let caller = self.engine.authenticate_session(created.token.expose()).await;
        caller.unwrap_or_else(|error| panic!("the session is found: {error}"))
    }

    /// Sets out to the provider, agrees there, and stops before the callback.
    ///
    /// # Panics
    ///
    /// When one of the steps fails.
    pub async fn consent(&self, by: &SessionCaller, integration: &IntegrationKey) -> Consented {
        Box::pin(self.visit(by, integration, "allow")).await
    }

    /// Sets out to the provider and declines there.
    ///
    /// # Panics
    ///
    /// When one of the steps fails.
    pub async fn decline(&self, by: &SessionCaller, integration: &IntegrationKey) -> Consented {
        Box::pin(self.visit(by, integration, "deny")).await
    }

    async fn visit(&self, by: &SessionCaller, integration: &IntegrationKey, decision: &str) -> Consented {
        let submitted = self.engine.submit(by, integration, BTreeMap::new()).await;
        let submitted = submitted.unwrap_or_else(|error| panic!("the authorization starts: {error}"));
        let Submitted::Redirect { mut url, cookie_value, .. } = submitted else {
            panic!("a redirect scheme leads to the provider")
        };
        url.query_pairs_mut().append_pair("auto", decision);
        let request = http::Request::get(url.as_str()).body(Vec::new()).expect("a URL of the provider");
        let answer = self.browser.send(request, &Limits::token()).await.expect("the provider answers");
        let location = answer.headers().get("location").expect("the provider sends the browser back");
        let back = Url::parse(location.to_str().expect("a URL in ASCII")).expect("a callback URL");
        Consented { query: back.query().unwrap_or_default().to_owned(), cookie: cookie_value.into_inner() }
    }

    /// A whole connection through the simulated provider.
    ///
    /// # Panics
    ///
    /// When one of the steps fails.
    pub async fn connect(&self, integration: &IntegrationKey) -> Connected {
        let session = self.session().await;
        let consented = Box::pin(self.consent(&session, integration)).await;
        let connected =
            Box::pin(self.engine.callback(&consented.query, |_| Some(consented.cookie.clone()))).await;
        connected.unwrap_or_else(|failure| panic!("the callback succeeds: {failure:?}"))
    }

    /// Waits until the provider was asked so often at a path. For requests that get no answer yet.
    ///
    /// # Panics
    ///
    /// When that takes longer than ten seconds.
    pub async fn asked(&self, path: &str, times: usize) {
        for _ in 0..2000 {
            if self.sandbox.requests(path).len() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the provider was asked {} times at {path}, not {times}", self.sandbox.requests(path).len());
    }

    /// Ends the tasks of the engine, as a clean stop does. The provider stops with the last world that uses it.
    pub async fn stop(self) {
        let Self { engine, tasks, stop, store, sandbox, .. } = self;
        stop.cancel();
        drop(engine);
        tasks.close();
        tasks.wait().await;
        store.close().await;
        if let Ok(sandbox) = Arc::try_unwrap(sandbox) {
            sandbox.shutdown().await;
        }
    }
}

/// What the browser brings back from the provider.
#[derive(Debug, Clone)]
pub struct Consented {
    /// The query of the callback.
    pub query: String,
    /// The cookie that binds the flow to the browser.
    pub cookie: String,
}

async fn key(engine: &Engine, environment: &str, scopes: Scopes) -> (Caller, String) {
    let name = EnvironmentName::parse(environment).expect("a valid name");
    let environment = engine.environment(&name).await.expect("the environment is made");
    let count = engine.keys().await.expect("keys are listed").len();
    let new = NewKey { name: format!("key {count}"), scopes, expires_at: None };
    let made =
        engine.create_key(&environment, new).await.unwrap_or_else(|error| panic!("the key is made: {error}"));
    let secret = made.secret.into_inner();
    let caller = engine.authenticate_key(&secret).await.expect("the key opens its environment");
    (caller, secret)
}

async fn sandbox() -> Arc<Sandbox> {
    sandbox_with(SandboxOptions::default()).await
}

async fn sandbox_with(options: SandboxOptions) -> Arc<Sandbox> {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Arc::new(Sandbox::start_with(local, options).await.expect("a free port on loopback"))
}

/// The guarded way out, with loopback allowed.
///
/// # Panics
///
/// Never: the list is a literal.
pub fn loopback_egress() -> Egress {
    let allow = "127.0.0.0/8,::1/128".parse().expect("a literal list");
    Egress::new(Policy { allow, user_agent: "claviger-test".to_owned() }).expect("the client is set up")
}
