//! A whole engine on a fresh database, with a way out that leads to simulated providers.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use catalog::Catalog;
use egress::{Egress, Policy, Stage};
use engine::{Caller, Engine, Grant, NewKey, Parts, Right};
use jiff::Timestamp;
use model::{EnvironmentName, Scopes};
use simulator::{Filling, Listener, Simulator};
use store::{AuditLog, Location, Store};
use tempfile::TempDir;
use testkit::chance::SeededChance;
use testkit::clock::TestClock;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use vault::{Key, KeyRing};

use crate::scene::Way;

/// What browsers are told the server is called.
const PUBLIC_URL: &str = "https://broker.example.org/claviger";

/// One engine and one listener; entries play in it one after the other.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: TestClock,
    pub(crate) listener: Listener,
    /// The way out of browsers and of apps that make API calls.
    pub(crate) outside: Egress,
    caller: Caller,
    numbers: AtomicU64,
    runtime: Option<Runtime>,
    _directory: TempDir,
}

impl World {
    /// A new world.
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("threads can be started");
        let mut world = runtime.block_on(Self::build());
        world.runtime = Some(runtime);
        world
    }

    async fn build() -> Self {
        let directory = tempfile::tempdir().expect("the directory for temporary files is writable");
        let at = |name: &str| Location::Sqlite { path: directory.path().join(name) };
        let listener = Listener::open().await.expect("a free port on loopback");
        let clock = TestClock::default();
        let parts = Parts {
            store: Store::open(&at("claviger.db")).await.expect("the database opens"),
            audit: AuditLog::open(&at("audit.db"), false).await.expect("the audit trail opens"),
            keys: KeyRing::new(Key::new([7; 32]), Vec::new()),
            egress: way_out(&listener, "Claviger-test"),
            catalog: Catalog::embedded(),
            clock: Box::new(clock.clone()),
            chance: Box::new(SeededChance::default()),
            public_url: Url::parse(PUBLIC_URL).expect("a literal URL"),
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let engine = Engine::open(parts, &tasks, &stop).await.expect("the engine opens");
        let caller = caller(&engine).await;
        let outside = way_out(&listener, "browser");
        Self {
            engine,
            clock,
            listener,
            outside,
            caller,
            numbers: AtomicU64::new(1),
            runtime: None,
            _directory: directory,
        }
    }

    /// Plays an entry and says what was wrong.
    pub(crate) fn play(&self, slug: &str, filling: Filling, way: Way) -> Vec<String> {
        let runtime = self.runtime.as_ref().expect("a world is used once it is built");
        runtime.block_on(crate::act::play(self, slug, filling, way))
    }

    pub(crate) fn may<R: Right>(&self) -> Grant<R> {
        self.caller.clone().grant().expect("the key holds every right")
    }

    /// Puts a provider into its seat.
    pub(crate) fn seat(&self, simulator: Simulator) {
        *self.listener.seat().lock().unwrap_or_else(PoisonError::into_inner) = Some(simulator);
    }

    /// Asks or tells the provider something.
    pub(crate) fn provider<T>(&self, ask: impl FnOnce(&mut Simulator) -> T) -> T {
        let mut seat = self.listener.seat().lock().unwrap_or_else(PoisonError::into_inner);
        ask(seat.as_mut().expect("a provider sits there during a scene"))
    }

    /// A number that is used once.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Timestamp {
        engine::ports::Clock::now(&self.clock)
    }
}

fn way_out(listener: &Listener, user_agent: &str) -> Egress {
    let stage = Stage { address: listener.address(), authority: listener.authority().to_vec() };
    let allow = "127.0.0.0/8".parse().expect("a literal list");
    let policy = Policy { allow, user_agent: user_agent.to_owned() };
    Egress::on_stage(policy, &stage).expect("the client is set up")
}

async fn caller(engine: &Engine) -> Caller {
    let name = EnvironmentName::parse("test").expect("a valid name");
    let environment = engine.environment(&name).await.expect("the environment is made");
    let new = NewKey { name: "all".to_owned(), scopes: Scopes::full(), expires_at: None };
    let made =
        engine.create_key(&environment, new).await.unwrap_or_else(|error| panic!("the key is made: {error}"));
    engine.authenticate_key(made.secret.expose()).await.expect("the key opens its environment")
}
