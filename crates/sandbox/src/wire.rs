//! What every request passes on its way in and out: it is recorded, and it meets the faults that replace or withhold
//! the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::faults::{Endpoint, Fault};
use crate::requests::RecordedRequest;
use crate::state::Shared;

/// Request bodies are held in memory up to here.
const MOST_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Marks an answer that the connection loop must not send.
#[derive(Clone, Copy)]
pub(crate) struct Lost;

pub(crate) async fn pass(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/_") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let fault = {
        let recorded = RecordedRequest::new(&parts, &body, shared.clock.now());
        let mut memory = shared.lock();
        memory.requests.record(recorded);
        Endpoint::of_path(parts.uri.path())
            .and_then(|endpoint| memory.faults.take(endpoint, Fault::is_on_the_wire))
    };
    let request = Request::from_parts(parts, Body::from(body));
    match fault {
        Some(fault) => misbehave(fault, request, next).await,
        None => next.run(request).await,
    }
}

async fn misbehave(fault: Fault, request: Request, next: Next) -> Response {
    match fault {
        Fault::Status { status, retry_after, body, content_type } => {
            let body = body.unwrap_or_else(|| error_body(status).to_owned());
            let mut response = typed(status, body, content_type.as_deref());
            if let Some(retry_after) = retry_after {
                insert(&mut response, header::RETRY_AFTER, &retry_after);
            }
            response
        }
        Fault::Redirect { location, status } => {
            let mut response = typed(status, String::new(), None);
            insert(&mut response, header::LOCATION, &location);
            response
        }
        Fault::Garbage { body, content_type } => typed(200, body, content_type.as_deref()),
        Fault::Slow { millis } => {
            let response = next.run(request).await;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            response
        }
        Fault::Never => {
            let _withheld = next.run(request).await;
            std::future::pending().await
        }
        Fault::Lost => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(Lost);
            response
        }
        Fault::Truncate { bytes } => truncate(next.run(request).await, bytes).await,
        // Only faults on the wire are taken here; the endpoints ask for the others themselves.
        Fault::MissingRefreshToken
        | Fault::NoExpiry
        | Fault::ExpiresIn { .. }
        | Fault::PartialConsent { .. }
        | Fault::WrongIss { .. }
        | Fault::OmitIss
        | Fault::ExpireNow
        | Fault::RevokeAll => next.run(request).await,
    }
}

/// Promises the whole body and breaks off after `bytes` of it.
async fn truncate(response: Response, bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if bytes >= whole.len() {
        return Response::from_parts(parts, Body::from(whole));
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let beginning = Some(whole.slice(..bytes));
    let broken = stream::unfold(beginning, |beginning| async move {
        if let Some(beginning) = beginning {
            return Some((Ok::<Bytes, &str>(beginning), None));
        }
        // The connection loop flushes what it has when the body is not ready; then the error closes the connection.
        tokio::task::yield_now().await;
        Some((Err("the answer is cut here"), None))
    });
    Response::from_parts(parts, Body::from_stream(broken))
}

fn typed(status: u16, body: String, content_type: Option<&str>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    insert(&mut response, header::CONTENT_TYPE, content_type.unwrap_or("application/json"));
    response
}

/// A value that cannot stand in a header is left out.
fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn error_body(status: u16) -> &'static str {
    match status {
        429 => r#"{"error":"rate_limited"}"#,
        500.. => r#"{"error":"server_error"}"#,
        _ => r#"{"error":"invalid_request"}"#,
    }
}
