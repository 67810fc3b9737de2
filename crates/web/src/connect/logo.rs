//! The picture of a provider: the operator's file where there is one, else a drawn mark.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

use crate::AppState;
use crate::connect::assets::fnv;
use crate::connect::monogram;
use crate::logos::{Kind, Picture};

/// `GET /images/template-logos/{provider}.svg`. The ending is part of the address, whatever kind of picture there is.
pub(crate) async fn serve(
    State(state): State<AppState>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(slug) = file.strip_suffix(".svg").filter(|slug| monogram::is_slug(slug)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let own = state.logos.find(state.engine.catalog(), slug).await;
    let drawn = || Picture { kind: Kind::Svg, bytes: monogram::draw(slug).into() };
    answer(own.unwrap_or_else(drawn), &headers)
}

/// A picture that runs nothing when somebody opens it by itself: an SVG can hold scripts. Apps show these pictures on
/// their own pages, also on those that load only what says it may be loaded.
fn answer(picture: Picture, asked: &HeaderMap) -> Response {
    let tag = format!("\"{:016x}\"", fnv(&picture.bytes));
    let known = asked.get_all(IF_NONE_MATCH).iter().any(|value| names(value, &tag));
    let headers = [
        (CONTENT_TYPE, picture.kind.media_type()),
        (CACHE_CONTROL, "public, max-age=3600"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (ETAG, &tag),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, picture.bytes).into_response()
    }
}

/// Whether `If-None-Match` names a version, by the weak comparison (RFC 9110 §13.1.2).
fn names(value: &HeaderValue, tag: &str) -> bool {
    let named = value.to_str().unwrap_or_default().split(',').map(str::trim);
    named.map(|named| named.strip_prefix("W/").unwrap_or(named)).any(|named| named == "*" || named == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(asked: &HeaderMap) -> Response {
        answer(Picture { kind: Kind::Svg, bytes: monogram::draw("slack").into() }, asked)
    }

    #[test]
    fn a_picture_cannot_run_anything() {
        let response = drawn(&HeaderMap::new());
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], policy);
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn a_version_that_is_known_is_not_sent_again() {
        let tag = drawn(&HeaderMap::new()).headers()[ETAG].clone();
        for (asked, status) in [
            (tag.to_str().expect("plain").to_owned(), 304),
            (format!("\"other\", W/{}", tag.to_str().expect("plain")), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, asked.parse().expect("a plain header"))]);
            assert_eq!(drawn(&headers).status().as_u16(), status, "{asked}");
        }
    }
}
