//! The floor: the product's HTTP stack with a router, one path parameter and nothing behind it.

use std::io::{Write as _, stdout};
use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use tokio::net::TcpListener;

/// Serves until the process is told to stop.
pub(crate) async fn serve(listen: SocketAddr, size: usize) -> anyhow::Result<()> {
    let body = constant_body(size);
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], body) };
    let router = Router::new().route("/connections/{id}", get(answer));

    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let mut output = stdout();
    writeln!(output, "http://{}/connections/x", listener.local_addr()?)?;
    output.flush()?;
    // Nagle's algorithm would hold answers back. A connection on which it stays on is slower, not wrong.
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    Ok(axum::serve(listener, router).await?)
}

/// A JSON object of exactly `size` bytes, or the smallest one when that is longer.
fn constant_body(size: usize) -> Bytes {
    let frame = r#"{"value":""}"#.len();
    let filling = "x".repeat(size.saturating_sub(frame));
    Bytes::from(format!(r#"{{"value":"{filling}"}}"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_length_that_was_asked_for() {
        assert_eq!(constant_body(1200).len(), 1200);
    }
}
