//! Whether a form was sent from one of our own pages.
//!
//! The session cookie is `SameSite=Lax`, so a form on another site already comes without it. This is the second lock,
//! for hosts that share our site. `Origin: null` is not held against a request: our own pages send it, because their
//! `Referrer-Policy: no-referrer` tells browsers to leave the origin out (Fetch standard, "append a request `Origin`
//! header"). Every current browser sends `Sec-Fetch-Site` on https, which decides then.

use axum::http::header::{HeaderMap, HeaderValue, ORIGIN};
use url::Url;

/// Whether the request may change something.
pub(crate) fn is_own(headers: &HeaderMap, public_url: &Url) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => matches!(site, b"same-origin" | b"none"),
        None => headers.get(ORIGIN).is_none_or(|origin| {
            origin == "null" || origin == public_url.origin().ascii_serialization().as_str()
        }),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_own(&headers, &Url::parse("https://connect.acme.example").expect("a constant URL"))
    }

    #[test]
    fn a_form_from_our_own_page_is_accepted() {
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(own(&[("sec-fetch-site", "none")]));
        assert!(own(&[("origin", "https://connect.acme.example")]));
        assert!(own(&[]));
    }

    #[test]
    fn a_form_from_elsewhere_is_refused() {
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site"), ("origin", "https://connect.acme.example")]));
        assert!(!own(&[("origin", "https://evil.example")]));
        assert!(!own(&[("origin", "https://connect.acme.example.evil.example")]));
        assert!(!own(&[("origin", "http://connect.acme.example")]));
    }
}
