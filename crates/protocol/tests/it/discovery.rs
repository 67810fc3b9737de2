use protocol::discovery::{DiscoveryError, Metadata, outcome, requests};
use serde_json::json;

use crate::given;

fn places(issuer: &str) -> Vec<String> {
    requests(issuer).ok().unwrap().iter().map(|request| request.url.to_string()).collect()
}

#[test]
fn an_issuer_without_a_path_is_asked_in_two_places() {
    let expected = [
        "https://id.example/.well-known/oauth-authorization-server",
        "https://id.example/.well-known/openid-configuration",
    ];
    assert_eq!(places("https://id.example"), expected);
    assert_eq!(places("https://id.example/"), expected);
}

#[test]
fn an_issuer_with_a_path_is_asked_in_three_places() {
    let expected = [
        "https://id.example:8443/.well-known/oauth-authorization-server/t/1",
        "https://id.example:8443/t/1/.well-known/openid-configuration",
        "https://id.example:8443/.well-known/openid-configuration/t/1",
    ];
    assert_eq!(places("https://id.example:8443/t/1"), expected);
}

#[test]
fn what_is_no_issuer_is_asked_nowhere() {
    let table = [
        ("id.example", "the issuer is not a URL"),
        ("ftp://id.example", "the issuer is not an http or https URL"),
        ("https://id.example?x=1", "the issuer has a query or a fragment"),
        ("https://id.example/#a", "the issuer has a query or a fragment"),
        ("https://user@id.example", "the issuer has a user name"),
    ];
    for (issuer, expected) in table {
        assert_eq!(requests(issuer).err().unwrap().to_string(), expected, "{issuer}");
    }
}

fn read(issuer: &str, document: &serde_json::Value) -> Result<Metadata, DiscoveryError> {
    outcome(issuer, &given::response(&format!("200\n\n{document}")))
}

#[test]
fn the_endpoints_of_the_issuer_are_read() {
    let document = json!({
        "issuer": "https://id.example",
        "authorization_endpoint": "https://id.example/auth",
        "token_endpoint": "https://api.other.example/token",
        "revocation_endpoint": "https://id.example/revoke",
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "scopes_supported": ["openid"],
    });
    let metadata = read("https://id.example", &document).unwrap();
    assert_eq!(
        metadata.token_endpoint.as_ref().map(url::Url::as_str),
        Some("https://api.other.example/token")
    );
    assert_eq!(metadata.introspection_endpoint, None);
    assert!(metadata.iss_in_response);
    let stored = serde_json::to_string(&metadata).unwrap();
    assert_eq!(serde_json::from_str::<Metadata>(&stored).unwrap(), metadata);
}

#[test]
fn metadata_of_another_issuer_is_refused() {
    for other in ["https://id.example/", "https://ID.example", "https://evil.example", ""] {
        let error = read("https://id.example", &json!({"issuer": other})).err();
        assert_eq!(error, Some(DiscoveryError::OtherIssuer), "{other}");
    }
}

#[test]
fn an_endpoint_is_no_less_protected_than_its_issuer() {
    let hostile = [
        "http://id.example/token",
        "http://169.254.169.254/token",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:pw@id.example/token",
        "https://id.example/token#x",
        "/token",
    ];
    for endpoint in hostile {
        let error =
            read("https://id.example", &json!({"issuer": "https://id.example", "token_endpoint": endpoint}))
                .err();
        assert_eq!(error, Some(DiscoveryError::Endpoint { name: "token_endpoint" }), "{endpoint}");
    }
    let plain = json!({"issuer": "http://127.0.0.1:9", "token_endpoint": "http://127.0.0.1:9/token"});
    assert!(read("http://127.0.0.1:9", &plain).is_ok());
}

#[test]
fn what_is_no_metadata_is_told_from_a_missing_document() {
    let missing = outcome("https://id.example", &given::response("404"));
    assert!(matches!(missing, Err(DiscoveryError::NotFound { .. })));
    for body in ["", "<html>", "[]", "{}", "{\"issuer\":7}"] {
        let unreadable = outcome("https://id.example", &given::response(&format!("200\n\n{body}")));
        assert_eq!(unreadable.err(), Some(DiscoveryError::Unreadable), "{body}");
    }
}
