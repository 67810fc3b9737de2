//! What surrounds every endpoint, in one function for speed: request id, deadline, panics, headers.
//!
//! Order for the API: content type (415) → body and JSON (413, 400) → the endpoint, which authenticates first (401),
//! then checks the right (403), then the request's parts (400). Browsers of other origins may call the API, because
//! keys travel in a header that no browser adds by itself; pages get no such permission.

mod cors;
mod request_id;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode, Uri};
use tower::ServiceExt;
use tracing::Instrument;

use crate::AppState;
use crate::api::input::receive;
use crate::problem::{Code, Problem};
use crate::timer::{Elapsed, ReusedTimer};

/// An answer that takes longer is given up. Calls to providers have shorter limits of their own.
const DEADLINE: Duration = Duration::from_mins(1);

/// The surroundings of API routes.
pub(crate) fn around_api(routes: Router<AppState>) -> Router<AppState> {
    routes.fallback(no_route).method_not_allowed_fallback(no_method).layer(middleware::from_fn(api))
}

/// The surroundings of pages. They set their own headers.
pub(crate) fn around_pages(routes: Router<AppState>) -> Router<AppState> {
    routes.layer(middleware::from_fn(page))
}

/// A path with a slash at its end means the path without it. Only requests that found no route pay for this.
pub(crate) fn forgive_trailing_slash(routes: Router) -> Router {
    let inner = routes.clone();
    routes.fallback(move |request: Request| again_without_slash(inner.clone(), request))
}

async fn api(mut request: Request, next: Next) -> Response {
    if cors::is_preflight(&request) {
        return cors::preflight();
    }
    let id = request_id::of(&request);
    let timer = timer_of(&mut request);
    // Browsers name the page that asks; servers, which ask most, need no permission and are spared its headers.
    let from_a_page = request.headers().contains_key(ORIGIN);
    let answer = guarded(&id, &timer, DEADLINE, async {
        match receive(&mut request).await {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        }
    });
    let mut response = answer.await;
    let headers = response.headers_mut();
    if from_a_page {
        cors::allow(headers);
    }
    // Nearly every answer holds something that no cache should keep.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    finish(response, id)
}

async fn page(mut request: Request, next: Next) -> Response {
    let id = request_id::of(&request);
    let timer = timer_of(&mut request);
    let response = guarded(&id, &timer, DEADLINE, next.run(request)).await;
    finish(response, id)
}

/// The timer that [`crate::serve()`] lends to the requests of a connection.
fn timer_of(request: &mut Request) -> ReusedTimer {
    request.extensions_mut().remove().unwrap_or_else(ReusedTimer::new)
}

/// Runs an endpoint to its end, its deadline or its panic.
async fn guarded(
    id: &HeaderValue,
    timer: &ReusedTimer,
    deadline: Duration,
    endpoint: impl Future<Output = Response>,
) -> Response {
    // Whatever is logged on the way carries the id.
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let endpoint = AssertUnwindSafe(endpoint).catch_unwind();
    match timer.within(deadline, endpoint.instrument(span)).await {
        Ok(Ok(response)) => {
            if response.status().is_server_error() {
                tracing::error!(request_id = ?id, status = response.status().as_u16(), "answered with an error");
            }
            response
        }
        Ok(Err(_panic)) => {
            // The panic hook has logged the place; what the panic says may hold a secret and is not repeated.
            tracing::error!(request_id = ?id, "an endpoint panicked");
            Problem::internal().into_response()
        }
        Err(Elapsed) => {
            tracing::error!(request_id = ?id, "an endpoint exceeded its deadline");
            let message = "the answer took too long; what was begun may still come about";
            Problem::new(StatusCode::GATEWAY_TIMEOUT, Code::Timeout, message).into_response()
        }
    }
}

fn finish(mut response: Response, id: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(request_id::HEADER, id);
    response
}

async fn no_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        Code::NotFound,
        "there is nothing at this path; see /openapi.json for what there is",
    )
}

async fn no_method(method: Method) -> Problem {
    let message = format!("{method} is not possible at this path; the Allow header names what is");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, message)
}

async fn again_without_slash(inner: Router, mut request: Request) -> Result<Response, Infallible> {
    if let Some(uri) = without_slash(request.uri()) {
        *request.uri_mut() = uri;
    }
    inner.oneshot(request).await
}

fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'))?;
    let target = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use http_body_util::BodyExt;

    use super::*;

    async fn guarded_answer(deadline: Duration, endpoint: impl Future<Output = Response>) -> (u16, String) {
        let (id, timer) = (HeaderValue::from_static("id"), ReusedTimer::new());
        let response = guarded(&id, &timer, deadline, endpoint).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body in memory").to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_does_not_repeat_it() {
        let (status, body) = guarded_answer(DEADLINE, async { panic!("swordfish") }).await;
        assert_eq!(status, 500);
        assert!(body.contains("server_error") && !body.contains("swordfish"));
    }

    #[tokio::test]
    async fn an_endpoint_that_never_ends_is_given_up() {
        let (status, body) = guarded_answer(Duration::ZERO, pending()).await;
        assert_eq!(status, 504);
        assert!(body.contains("timeout"));
    }

    fn trimmed(uri: &'static str) -> Option<String> {
        without_slash(&Uri::from_static(uri)).map(|uri| uri.to_string())
    }

    #[test]
    fn one_slash_at_the_end_is_forgiven() {
        assert_eq!(trimmed("/providers/").as_deref(), Some("/providers"));
        assert_eq!(trimmed("/connections/?limit=1").as_deref(), Some("/connections?limit=1"));
        assert_eq!(trimmed("/providers"), None);
        assert_eq!(trimmed("/providers//"), None);
        assert_eq!(trimmed("/"), None);
    }
}
