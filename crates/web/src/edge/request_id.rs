//! A name for each request, so that an answer can be found in the log.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use http::{HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// Tells processes apart; it is no secret and needs no strength.
static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The caller's own id when it is a harmless text, else a new one.
pub(super) fn of(request: &Request) -> HeaderValue {
    if let Some(given) = request.headers().get(HEADER).filter(|given| is_harmless(given)) {
        return given.clone();
    }
    let id = format!("{:016x}-{:x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_str(&id).expect("hexadecimal digits are a header value")
}

fn is_harmless(given: &HeaderValue) -> bool {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:/".contains(b);
    (1..=LONGEST).contains(&given.len()) && given.as_bytes().iter().all(allowed)
}
