#![doc = include_str!("../README.md")]

mod actor;
mod after_connect;
mod audit;
mod callback;
mod canary;
mod client;
mod connect;
mod connections;
mod deliver;
mod device;
mod discover;
mod entered;
mod environments;
mod error;
mod import;
mod integrations;
mod introspect;
mod jobs;
mod journey;
mod keys;
mod keys_seen;
mod mcp;
mod metadata;
mod mint;
mod notify;
pub mod ports;
mod purge;
mod read;
mod refresh;
mod revoke;
mod save;
mod scrub;
mod seals;
mod send;
mod servers;
mod sessions;
mod token_calls;
mod usage;
mod verify;
mod webhooks;

use std::sync::{Arc, OnceLock};

use catalog::Catalog;
use egress::Egress;
use store::{AuditLog, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use vault::{KeyRing, Veil};

pub use actor::{AuthError, AuthOutage, Caller, Grant, Right, SessionCaller, right};
pub use callback::{CallbackFailure, FailureKind};
pub use canary::{CanaryError, check as check_canary};
pub use connect::{Choice, Connected, Form, FormField, Scheme, Shown, Submitted};
pub use connections::{ConnectionPatch, Deleted, ListQuery, Listed};
pub use device::{AwaitedDevice, DeviceFlow};
pub use error::{Error, Refusal, Rule, Thing, Upstream};
pub use import::{Imported, NewConnection};
pub use integrations::{ClientInput, IntegrationPatch, IntegrationSecrets, IntegrationView, NewIntegration};
pub use keys::{NewKey, NewKeySecret};
pub use metadata::MetadataWrite;
pub use read::{ReadConnection, ReadError, ReadOptions};
pub use revoke::{RevocationOutcome, Revoked};
pub use sessions::{CreatedSession, NewSession, Reconnect, SessionDetails};
pub use webhooks::{WebhookPatch, WebhookSettingsView};

use audit::AuditWriter;
use discover::Discovered;
use jobs::Nudge;
use keys_seen::KeysSeen;
use ports::{Chance, Clock, Ports};
use usage::Usage;

/// What an engine is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// Where the audit trail is kept.
    pub audit: AuditLog,
    /// The master keys.
    pub keys: KeyRing,
    /// The way out.
    pub egress: Egress,
    /// The providers.
    pub catalog: Catalog,
    /// Time.
    pub clock: Box<dyn Clock>,
    /// Chance.
    pub chance: Box<dyn Chance>,
    /// What browsers and providers see; the callback is `<public-url>/oauth/callback`.
    pub public_url: Url,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    audit: AuditWriter,
    keys: KeyRing,
    veil: OnceLock<Veil>,
    egress: Egress,
    catalog: Catalog,
    ports: Ports,
    public_url: Url,
    keys_seen: KeysSeen,
    usage: Usage,
    refreshes: refresh::Running,
    discovered: Discovered,
    registrations: mcp::Registrations,
    nudge: Nudge,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Engine {
    /// Proves the master key against the store, then starts the writer of the audit trail. Background work starts
    /// with [`Engine::start_jobs`].
    ///
    /// Tasks are tracked by `tasks` and end after `stop` is cancelled.
    pub async fn open(
        parts: Parts,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, CanaryError> {
        let Parts { store, audit, keys, egress, catalog, clock, chance, public_url } = parts;
        let time_and_chance = Ports::new(clock, chance);
        canary::prove(&store, &keys, &time_and_chance).await?;
        let audit = AuditWriter::start(audit, tasks);
        Ok(Self(Arc::new(Inner {
            store,
            audit,
            keys,
            veil: OnceLock::new(),
            egress,
            catalog,
            ports: time_and_chance,
            public_url,
            keys_seen: KeysSeen::default(),
            usage: Usage::default(),
            refreshes: refresh::Running::default(),
            discovered: Discovered::default(),
            registrations: mcp::Registrations::default(),
            nudge: Nudge::default(),
            tasks: tasks.clone(),
            stop: stop.clone(),
        })))
    }

    /// The providers.
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// What browsers and providers see.
    pub fn public_url(&self) -> &Url {
        &self.0.public_url
    }

    /// Where providers send the browser back to.
    pub fn callback_url(&self) -> Url {
        let mut url = self.0.public_url.clone();
        url.set_path(&format!("{}/oauth/callback", url.path().trim_end_matches('/')));
        url
    }

    /// Whether the store answers.
    pub async fn ready(&self) -> bool {
        self.store().ping().await.is_ok()
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    /// Made when it is first needed: the first chance that a process draws takes some 50 ms, and a start need not wait.
    fn veil(&self) -> &Veil {
        self.0.veil.get_or_init(|| Veil::new(self.ports().random()))
    }

    fn ports(&self) -> &Ports {
        &self.0.ports
    }

    fn keys_seen(&self) -> &KeysSeen {
        &self.0.keys_seen
    }

    fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// Runs work to its end even when the request that asked for it goes away: a token that was spent at a provider
    /// must be stored whether or not somebody still waits.
    async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        match self.0.tasks.spawn(work).await {
            Ok(result) => result,
            Err(error) => {
                tracing::error!(%error, "a task ended without a result");
                Err(Error::Internal)
            }
        }
    }
}
