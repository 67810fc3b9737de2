//! The running server: bound, served, stopped softly.

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::Logos;

use crate::config::Settings;
use crate::house::{self, House, Role};

/// A server that listens but does not serve yet.
pub(crate) struct Server {
    pub(crate) house: House,
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    logos: Logos,
}

impl Server {
    /// Binds first, because the public URL may depend on the port; then opens the store.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let logos = house::logos(settings)?;
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        let address = listener.local_addr()?;
        let house = House::open(settings, house::public_url(settings, address)?, Role::Server).await?;
        Ok(Self { house, address, listener, logos })
    }

    /// Serves until the process is asked to stop, then lets work under way finish.
    pub(crate) async fn serve(self) -> anyhow::Result<()> {
        let Self { house, listener, logos, .. } = self;
        let public_url = house.engine.public_url().clone();
        house.engine.start_jobs();
        let router = web::router(house.engine.clone(), web::Settings { public_url, logos });
        let asked = CancellationToken::new();
        let signal = asked.clone();
        house.tasks.spawn(async move {
            wait_for_signal().await;
            tracing::info!("stopping: requests under way are finished");
            signal.cancel();
        });
        let served = web::serve(listener, router, asked).await;
        house.close().await;
        Ok(served?)
    }
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be awaited; only Ctrl-C stops this server");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
