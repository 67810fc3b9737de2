//! The connection loop: time limits against slow clients, a cap on connections, a soft stop.
//!
//! HTTP/1.1 only: Claviger stands behind a proxy that ends TLS and speaks HTTP/1.1 to it, and what is not spoken needs
//! no defence.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::timer::ReusedTimer;

/// A client that has not sent its headers by then is cut off.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Connections open at the same time; more wait in the listener's queue.
const MOST_CONNECTIONS: usize = 10_000;
/// A longer request head is refused.
const LONGEST_HEAD: usize = 64 * 1024;
/// How long requests under way may take after the stop was asked for.
const SOFT_STOP: Duration = Duration::from_secs(25);
/// Pause after a failed accept: the process is out of file descriptors and a new try would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is cancelled, then lets requests under way finish.
///
/// # Errors
///
/// None at present: failures to accept are logged and tried again.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // A token of its own: each wait locks its token, and all connections would meet at one.
                let served = one(stream, router.clone(), shutdown.child_token());
                connections.spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

async fn one(stream: TcpStream, router: Router, shutdown: CancellationToken) {
    // Answers are small and written at once: waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let answer_timer = ReusedTimer::new();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(answer_timer.clone());
        request
    });
    let connection = http1::Builder::new()
        .timer(ReusedTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(SOFT_STOP, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        Err(_elapsed) => tracing::warn!("a request under way was cut off by the stop"),
    }
}
