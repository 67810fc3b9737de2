//! Putting an engine together from settings, for every command that needs one.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use catalog::Catalog;
use egress::{Egress, Policy};
use engine::ports::{SystemChance, SystemClock};
use engine::{Engine, Parts};
use store::{AuditLog, Location, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use vault::{KeyRing, Secret};
use web::Logos;

use crate::config::Settings;
use crate::master_key::{self, WhenMissing};
use crate::sole::Sole;

/// An engine with the tasks it runs.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    _sole: Option<Sole>,
}

/// What the engine is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// To serve: the only server on a SQLite store, which may therefore remember what it read.
    Server,
    /// For one command beside a running server.
    Command,
}

impl House {
    /// Opens store and engine. A wrong or missing key refuses before anything is written.
    pub(crate) async fn open(settings: &Settings, public_url: Url, role: Role) -> anyhow::Result<Self> {
        let (location, keys) = store_and_key(settings).await?;
        let catalog = catalog(settings)?;
        let egress = egress(settings)?;
        let mut store = Store::open(&location).await.context("the store cannot be opened")?;
        let sole = match (&location, role) {
            (Location::Sqlite { .. }, Role::Server) => Some(Sole::take(settings)?),
            (Location::Sqlite { .. }, Role::Command) | (Location::Postgres { .. }, _) => None,
        };
        if sole.is_some() {
            store = store.remembering();
        }
        let audit_location = audit_location(settings, &location);
        let unopened = "the audit trail cannot be opened";
        let mut audit = AuditLog::open(&audit_location, settings.audit_sync).await.context(unopened)?;
        if sole.is_some() && !settings.audit_sync {
            audit = audit.journaling().await.context(unopened)?;
        }
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let parts = Parts {
            store: store.clone(),
            audit,
            keys,
            egress,
            catalog,
            clock: Box::new(SystemClock),
            chance: Box::new(SystemChance),
            public_url,
        };
        let engine = Engine::open(parts, &tasks, &stop).await?;
        Ok(Self { engine, store, tasks, stop, _sole: sole })
    }

    /// Lets tasks finish and closes the store.
    pub(crate) async fn close(self) {
        let Self { engine, store, tasks, stop, _sole } = self;
        stop.cancel();
        // The writer of the audit trail ends when the last engine is gone.
        drop(engine);
        tasks.close();
        tasks.wait().await;
        store.close().await;
    }
}

/// The store's place, and the key proven against it where there is a store already.
pub(crate) async fn store_and_key(settings: &Settings) -> anyhow::Result<(Location, KeyRing)> {
    let location = location(settings)?;
    let is_new = match &location {
        Location::Sqlite { path } => !path.exists(),
        Location::Postgres { .. } => false,
    };
    let keys = master_key::find(settings, if is_new { WhenMissing::Make } else { WhenMissing::Refuse })?;
    if !is_new {
        engine::check_canary(&location, &keys).await?;
    }
    Ok((location, keys))
}

/// Where the store is.
pub(crate) fn location(settings: &Settings) -> anyhow::Result<Location> {
    let url = match (&settings.database_url, &settings.database_url_file) {
        (Some(url), _) => Some(url.clone()),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            Some(text.trim().to_owned())
        }
        (None, None) => None,
    };
    Ok(match url {
        Some(url) => Location::Postgres { url: Secret::new(url), behind_pooler: settings.database_pooler },
        None => Location::Sqlite { path: settings.data_dir.join("claviger.db") },
    })
}

fn audit_location(settings: &Settings, store: &Location) -> Location {
    match store {
        Location::Sqlite { .. } => Location::Sqlite { path: audit_file(settings) },
        Location::Postgres { .. } => store.clone(),
    }
}

fn audit_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("audit.db")
}

/// The catalog with the operator's overlay.
pub(crate) fn catalog(settings: &Settings) -> anyhow::Result<Catalog> {
    match &settings.providers_dir {
        Some(directory) => Ok(Catalog::with_overlay(directory)?),
        None => Ok(Catalog::embedded()),
    }
}

/// The operator's logos.
pub(crate) fn logos(settings: &Settings) -> anyhow::Result<Logos> {
    let Some(directory) = &settings.logos_dir else { return Ok(Logos::default()) };
    Logos::in_directory(directory)
        .with_context(|| format!("--logos-dir: {} cannot be listed", directory.display()))
}

/// The guarded way out.
pub(crate) fn egress(settings: &Settings) -> anyhow::Result<Egress> {
    let policy = Policy {
        allow: settings.egress_allow.clone(),
        user_agent: concat!("claviger/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    Ok(Egress::new(policy)?)
}

/// What browsers and providers see: as set, else the address that is listened on.
pub(crate) fn public_url(settings: &Settings, listening: SocketAddr) -> anyhow::Result<Url> {
    match &settings.public_url {
        Some(url) => Ok(url.clone()),
        None => Url::parse(&format!("http://{listening}")).context("the listen address makes no URL"),
    }
}
