//! Where the connect pages are. Paths are written once here, with what stands in them percent-encoded.

use model::SessionId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The list of a session, which is also where it begins.
pub(crate) fn list(session: SessionId) -> String {
    format!("/connect/s/{session}")
}

/// The form of one integration.
pub(crate) fn form(session: SessionId, integration: &str) -> String {
    format!("/connect/s/{session}/{}", utf8_percent_encode(integration, RESERVED))
}

/// The page that says an account is connected.
pub(crate) fn done(session: SessionId, integration: &str) -> String {
    format!("/connect/s/{session}/done/{}", utf8_percent_encode(integration, RESERVED))
}

/// The page of an authorization on another device.
pub(crate) fn device(flow: &str) -> String {
    format!("/connect/device/{}", utf8_percent_encode(flow, RESERVED))
}

/// The picture of a provider.
pub(crate) fn logo(provider: &str) -> String {
    format!("/images/template-logos/{}.svg", utf8_percent_encode(provider, RESERVED))
}

/// A link to somebody else's page, when it is one a browser may follow: `javascript:` and the like are not.
pub(crate) fn outside(text: &str) -> Option<&str> {
    let url = url::Url::parse(text).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integration_keys_are_percent_encoded_in_paths() {
        let session = SessionId(uuid::Uuid::nil());
        let key = "acme prod:1@eu";
        assert!(form(session, key).ends_with("/acme%20prod%3A1%40eu"));
        assert!(done(session, key).ends_with("/done/acme%20prod%3A1%40eu"));
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(outside("https://docs.example/keys").is_some());
        for bad in
            ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "/relative", ""]
        {
            assert_eq!(outside(bad), None, "{bad}");
        }
    }
}
