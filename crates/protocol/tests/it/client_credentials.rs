use insta::assert_snapshot;
use protocol::{Fields, client_credentials};
use serde_json::json;

use crate::{given, render};

#[test]
fn the_client_asks_for_itself() {
    let provider = given::provider(json!({
        "auth": "oauth2_client_credentials",
        "token": {"params": {"audience": "{connection.audience}"}, "client_auth": "client_secret_basic"},
    }));
    let fields = given::connection(&[("audience", "https://api.example.com")]);
    let scopes = ["read".to_owned(), "write".to_owned()];
    let request = client_credentials::request(&provider, &given::client(), &scopes, &fields);
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://login.example.com/token
    accept: application/json
    authorization: Basic YXBwKzE6czNjcmV0JTJGJTJC (sensitive)
    content-type: application/x-www-form-urlencoded

    grant_type=client_credentials&audience=https%3A%2F%2Fapi.example.com&scope=read+write
    ");
}

#[test]
fn a_definition_may_name_another_grant() {
    let provider = given::provider(json!({"token": {"params": {"grant_type": "account_credentials"}}}));
    let request = client_credentials::request(&provider, &given::client(), &[], &Fields::default());
    let text = render::text(&request.ok().unwrap());
    assert!(
        text.ends_with("\n\ngrant_type=account_credentials&client_id=app+1&client_secret=s3cret%2F%2B"),
        "{text}"
    );
}

#[test]
fn a_token_without_a_lifetime_is_renewed_within_the_hour() {
    let response = given::response("200\n\n{\"access_token\":\"a\",\"refresh_token\":\"r\"}");
    let tokens = client_credentials::outcome(&given::provider(json!({})), &response, given::now());
    assert_eq!(given::shown(&tokens.ok().unwrap()), "access=a refresh=- left=3300s scope=-");
}

#[test]
fn the_lifetime_of_the_definition_counts_before_the_usual_one() {
    let response = given::response("200\n\n{\"access_token\":\"a\"}");
    let provider = given::provider(json!({"token": {"lifetime_s": 60}}));
    let tokens = client_credentials::outcome(&provider, &response, given::now());
    assert_eq!(given::shown(&tokens.ok().unwrap()), "access=a refresh=- left=60s scope=-");
}

#[test]
fn a_private_key_stands_in_place_of_a_secret_and_is_kept_under_its_own_name() {
    let entered = [("client_id", "c"), ("client_private_key", "PEM"), ("client_secret", "")]
        .map(|(name, value)| (name.to_owned(), given::secret(value)));
    let entered = std::collections::BTreeMap::from(entered);
    let client = client_credentials::client(&entered);
    assert_eq!(client.id, "c");
    assert!(client.secret.is_some_and(|secret| secret.matches(b"PEM")));
    let credential = client_credentials::credential(given::tokens(), entered);
    let kept = credential.entered();
    assert!(kept["client_private_key"].matches(b"PEM") && !kept.contains_key("client_secret"));
    let hidden = credential.secrets();
    for secret in ["old-access", "old-refresh", "PEM"] {
        assert!(hidden.iter().any(|known| known.matches(secret.as_bytes())), "{secret} would be repeated");
    }
}
