//! The three cookies of the connect pages: who is connecting, which authorization is under way, what has just been done.
//!
//! On https every name has the `__Host-` prefix (RFC 6265bis §4.1.3), so that no other host and no plain connection can
//! set it. On plain http, which is for a developer's own machine, browsers would refuse the prefix and `Secure`.
//! `SameSite=Lax` keeps the cookies out of requests that other sites make, but sends them when a provider sends the
//! browser back to us.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use jiff::SignedDuration;
use model::SessionId;
use url::Url;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Holds the session token.
    Session,
    /// Ties an authorization to the browser that began it (RFC 6749 §10.12).
    Flow,
    /// Holds what the last page shows; nothing secret.
    Done,
}

/// A cookie's full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    text: String,
    secure: bool,
}

impl Name {
    /// The name for a purpose, a suffix that keeps several tabs apart, and the scheme browsers see.
    pub(crate) fn new(purpose: Purpose, suffix: &str, public_url: &Url) -> Self {
        let secure = public_url.scheme() == "https";
        let prefix = if secure { "__Host-" } else { "" };
        let purpose = match purpose {
            Purpose::Session => "session",
            Purpose::Flow => "flow",
            Purpose::Done => "done",
        };
        Self { text: format!("{prefix}clv_{purpose}_{suffix}"), secure }
    }

    /// The name for a session. The last characters of its id are used, because the first are the time, which two
    /// sessions of the same minute share.
    pub(crate) fn of_session(purpose: Purpose, session: SessionId, public_url: &Url) -> Self {
        let id = session.0.simple().to_string();
        Self::new(purpose, &id[id.len() - 8..], public_url)
    }

    /// A `Set-Cookie` value that keeps the cookie for a while. None when the value has characters a header cannot hold.
    pub(crate) fn keep(&self, value: &str, kept_for: SignedDuration) -> Option<HeaderValue> {
        self.header(value, kept_for.as_secs())
    }

    /// A `Set-Cookie` value that removes the cookie.
    pub(crate) fn forget(&self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    fn header(&self, value: &str, max_age_s: i64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let text =
            format!("{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}", self.text);
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// The value a browser sent under a name; the first when there are several.
pub(crate) fn find<'h>(headers: &'h HeaderMap, name: &Name) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name.text).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Url {
        Url::parse(url).expect("a constant URL")
    }

    fn session() -> SessionId {
        "ses_0190d1f35a0070008000aaaabbbbcccc".parse().expect("a constant id")
    }

    #[test]
    fn on_https_a_cookie_belongs_to_this_host_alone() {
        let name = Name::of_session(Purpose::Session, session(), &at("https://connect.acme.example"));
        let header = name.keep("token", SignedDuration::from_mins(30)).expect("a plain value");
        assert_eq!(
            header,
            "__Host-clv_session_bbbbcccc=token; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn on_http_a_cookie_has_neither_prefix_nor_secure() {
        let name = Name::new(Purpose::Flow, "1234abcd", &at("http://127.0.0.1:3003"));
        let header = name.keep("value", SignedDuration::from_mins(10)).expect("a plain value");
        assert_eq!(header, "clv_flow_1234abcd=value; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_forgotten_cookie_ends_at_once() {
        let name = Name::new(Purpose::Flow, "1234abcd", &at("https://connect.acme.example"));
        let header = name.forget().expect("a plain value");
        assert_eq!(header, "__Host-clv_flow_1234abcd=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn a_value_cannot_add_a_header() {
        let name = Name::new(Purpose::Done, "1234abcd", &at("https://connect.acme.example"));
        assert!(name.keep("a\r\nSet-Cookie: b=c", SignedDuration::from_mins(1)).is_none());
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let name = Name::new(Purpose::Flow, "1234abcd", &at("http://127.0.0.1:3003"));
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("clv_flow_1234abcde=no; other=1"));
        headers.append(COOKIE, HeaderValue::from_static("a=b; clv_flow_1234abcd=yes=="));
        assert_eq!(find(&headers, &name), Some("yes=="));
    }
}
