//! `claviger serve`

use crate::config::Settings;
use crate::serving::Server;
use crate::{telemetry, terminal};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    telemetry::start(&settings)?;
    let server = Server::open(&settings).await?;
    let url = server.house.engine.public_url().as_str().trim_end_matches('/').to_owned();
    if settings.listen.port() == 0 {
        terminal::say(&format!("listening on http://{}", server.address));
    }
    tracing::info!(address = %server.address, public_url = url, "claviger serves");
    server.serve().await
}
