//! The connections that are asked for: imported over the API, as a customer would bring them.

use serde_json::json;

use super::http::Connection;
use crate::clock::Stopwatch;

const INTEGRATION: &str = "bench";
const THREADS: usize = 16;

/// Where a connection is read.
pub(crate) fn path(number: usize) -> String {
    format!("/connections/customer-{number}?provider_config_key={INTEGRATION}")
}

/// Imports so many; answers how many a second.
pub(crate) fn fill(authority: &str, key: &str, count: usize) -> anyhow::Result<f64> {
    let integration = json!({
        "provider": "oauth2-generic",
        "unique_key": INTEGRATION,
        "credentials": { "type": "OAUTH2", "client_id": "bench", "client_secret": "bench-secret", "scopes": "read" },
        "integration_config": {
            "authorization_url": "https://provider.example/authorize",
            "token_url": "https://provider.example/token",
        },
    });
    Connection::open(authority)?.post("/integrations", key, &integration)?;
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|first| scope.spawn(move || import(authority, key, first, count))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a thread of ours does not panic"))
    })?;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    Ok(count as f64 / watch.elapsed().as_secs_f64())
}

/// Every sixteenth connection, from `first` on.
fn import(authority: &str, key: &str, first: usize, count: usize) -> anyhow::Result<()> {
    let mut connection = Connection::open(authority)?;
    for number in (first..count).step_by(THREADS) {
        let body = json!({
            "provider_config_key": INTEGRATION,
            "connection_id": format!("customer-{number}"),
            "tags": { "end_user_id": format!("user-{number}") },
            // Tokens as long as those of the large providers; valid for years, so that nothing is refreshed.
            "credentials": {
                "type": "OAUTH2",
                "access_token": format!("access-{number}-{}", "a".repeat(200)),
                "refresh_token": format!("refresh-{number}-{}", "r".repeat(60)),
                "expires_at": "2099-01-01T00:00:00Z",
            },
        });
        connection.post("/connections", key, &body)?;
    }
    Ok(())
}
