#![doc = include_str!("../README.md")]

mod api;
mod authorize;
mod client_auth;
mod control;
mod faults;
mod form;
mod introspect;
mod ledger;
mod metadata;
mod options;
mod pages;
mod ports;
mod refusal;
mod requests;
mod revoke;
mod routes;
mod serve;
mod state;
mod token;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use faults::{Endpoint, Fault};
pub use ledger::Issued;
pub use options::{Client, Pkce, RefreshPolicy, SandboxOptions};
pub use requests::RecordedRequest;
use state::Shared;

/// A running simulated provider. Dropping it stops it too; [`Sandbox::shutdown`] also waits for the end.
pub struct Sandbox {
    shared: Arc<Shared>,
    stop: DropGuard,
    running: JoinHandle<()>,
}

impl Sandbox {
    /// Listens on `listen` (port 0 picks one) with the published default client and keys.
    pub async fn start(listen: SocketAddr) -> io::Result<Self> {
        Self::start_with(listen, SandboxOptions::default()).await
    }

    /// Listens on `listen` with other clients, lifetimes or secrets.
    pub async fn start_with(listen: SocketAddr, options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(url, options));
        let stop = CancellationToken::new();
        #[expect(
            clippy::disallowed_methods,
            reason = "the sandbox owns this task and ends it in shutdown and drop"
        )]
        let running = tokio::spawn(serve::run(listener, routes::all(Arc::clone(&shared)), stop.clone()));
        Ok(Self { shared, stop: stop.drop_guard(), running })
    }

    /// Where it listens, which is also its issuer identifier: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Moves this server's own clock forward, so that tokens expire without anyone sleeping.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Adds a client, or replaces the one of the same id.
    pub fn register_client(&self, client: Client) {
        self.shared.lock().ledger.register(client);
    }

    /// Issues tokens as if an account had just consented, for tests that begin with an existing connection.
    pub fn grant(&self, client_id: &str, scopes: &[&str]) -> Issued {
        let scopes = scopes.iter().map(ToString::to_string).collect();
        let terms = self.shared.terms(true);
        self.shared.lock().ledger.grant(client_id, pages::ACCOUNTS[0].id, scopes, &terms)
    }

    /// Switches a fault on. `times` counts down with each use; `None` keeps it on until [`Sandbox::clear_faults`].
    /// [`Fault::ExpireNow`] and [`Fault::RevokeAll`] act at once and ignore both `endpoint` and `times`.
    pub fn fail(&self, endpoint: Endpoint, fault: Fault, times: Option<u32>) {
        self.shared.switch_on(endpoint, fault, times);
    }

    /// Switches every fault off. Connections that a fault already holds stay held.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Makes every access token that was issued so far expire now. Refresh tokens stay good.
    pub fn expire_now(&self) {
        self.shared.switch_on(Endpoint::Token, Fault::ExpireNow, None);
    }

    /// Ends every grant, as an account does that disconnects the app in its settings.
    pub fn revoke_all(&self) {
        self.shared.switch_on(Endpoint::Token, Fault::RevokeAll, None);
    }

    /// The requests to exactly this path so far, oldest first, those that met a fault included.
    pub fn requests(&self, path: &str) -> Vec<RecordedRequest> {
        self.shared.lock().requests.to_path(path)
    }

    /// Forgets the recorded requests.
    pub fn forget_requests(&self) {
        self.shared.lock().requests.clear();
    }

    /// Stops listening and cuts the open connections, answers in flight included.
    pub async fn shutdown(self) {
        drop(self.stop);
        // The loop has no way to fail; a panic in it has already been printed.
        let _ended = self.running.await;
    }
}
