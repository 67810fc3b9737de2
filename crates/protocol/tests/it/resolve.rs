use std::collections::BTreeMap;

use catalog::Provider;
use catalog::provider::{ApiAuth, ClientAuth, Pkce};
use protocol::discovery::Metadata;
use protocol::resolve::{ResolveError, check_config, needs_metadata, provider};
use protocol::{Credential, Fields, verify};
use serde_json::json;

use crate::{given, render};

fn generic(auth: &str) -> Provider {
    let definition = json!({
        "slug": "generic", "name": "Any", "auth": auth, "category": "generic", "quirks": ["operator-defined"],
    });
    serde_json::from_value(definition).unwrap()
}

fn metadata() -> Metadata {
    let document = json!({
        "issuer": "https://id.example",
        "authorization_endpoint": "https://id.example/auth",
        "token_endpoint": "https://id.example/token",
        "revocation_endpoint": "https://id.example/revoke",
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
    });
    let response = given::response(&format!("200\n\n{document}"));
    protocol::discovery::outcome("https://id.example", &response).unwrap()
}

fn problems(auth: &str, config: &[(&str, &str)]) -> Vec<String> {
    let problems = check_config(&generic(auth), &given::texts(config));
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_catalog_provider_stays_as_it_is() {
    let ready = given::provider(json!({}));
    let config =
        given::texts(&[("token_url", "https://evil.example/token"), ("issuer", "https://evil.example")]);
    let resolved = provider(&ready, &config, None).unwrap();
    assert_eq!(json!(resolved), json!(ready));
    assert_eq!(needs_metadata(&ready, &config), None);
    assert!(check_config(&ready, &config).is_empty());
}

#[test]
fn settings_become_endpoints() {
    let config = given::texts(&[
        ("authorization_url", "https://id.example/auth?tenant={1}"),
        ("token_url", "https://id.example/token"),
        ("refresh_url", "https://id.example/refresh"),
        ("revocation_url", "https://id.example/revoke"),
        ("api_base_url", "https://api.example"),
        ("client_auth", "client_secret_basic"),
        ("pkce", "none"),
        ("scope_separator", ","),
        ("authorization_params", r#"{"prompt":"{consent}","n":1,"b":true}"#),
        ("token_params", r#"{"audience":"x"}"#),
        ("verify_url", "https://api.example/me"),
    ]);
    assert_eq!(needs_metadata(&generic("oauth2"), &config), None);
    let resolved = provider(&generic("oauth2"), &config, None).unwrap();
    let authorization = resolved.authorization.unwrap();
    let token = resolved.token.unwrap();
    assert_eq!(authorization.pkce, Pkce::None);
    assert_eq!(token.client_auth, ClientAuth::ClientSecretBasic);
    assert_eq!(json!(authorization.params), json!({"b": "true", "n": "1", "prompt": "{{consent}}"}));
    assert_eq!(json!(authorization.url), json!("https://id.example/auth?tenant={{1}}"));
    assert_eq!(json!(token.params), json!({"audience": "x"}));
    assert_eq!(json!(resolved.refresh.url), json!("https://id.example/refresh"));
    assert_eq!(
        json!(resolved.revocation.map(|revocation| revocation.url)),
        json!("https://id.example/revoke")
    );
    assert_eq!(json!(resolved.api.base_url), json!("https://api.example"));
    assert_eq!(resolved.scopes.separator(), ",");
    assert_eq!(json!(resolved.verify.map(|verify| verify.url)), json!("https://api.example/me"));
}

#[test]
fn an_issuer_alone_is_enough_once_its_metadata_is_there() {
    let config = given::texts(&[("issuer", "https://id.example")]);
    assert_eq!(needs_metadata(&generic("oauth2"), &config).as_deref(), Some("https://id.example"));
    assert_eq!(provider(&generic("oauth2"), &config, None).err(), Some(ResolveError::MetadataNeeded));
    let resolved = provider(&generic("oauth2"), &config, Some(&metadata())).unwrap();
    let authorization = resolved.authorization.unwrap();
    assert_eq!(json!(authorization.url), json!("https://id.example/auth"));
    assert_eq!(authorization.issuer.as_deref(), Some("https://id.example"));
    assert!(authorization.iss_in_response);
    let token = resolved.token.unwrap();
    assert_eq!(json!(token.url), json!("https://id.example/token"));
    assert_eq!(token.client_auth, ClientAuth::ClientSecretBasic);
    assert!(resolved.revocation.is_some());
}

#[test]
fn a_setting_counts_before_the_metadata() {
    let config = given::texts(&[
        ("issuer", "https://id.example"),
        ("token_url", "https://id.example/other"),
        ("client_auth", "none"),
    ]);
    let resolved = provider(&generic("oauth2"), &config, Some(&metadata())).unwrap();
    let token = resolved.token.unwrap();
    assert_eq!(json!(token.url), json!("https://id.example/other"));
    assert_eq!(token.client_auth, ClientAuth::None);
}

#[test]
fn metadata_without_a_needed_endpoint_is_named() {
    let config = given::texts(&[("issuer", "https://id.example")]);
    let metadata = Metadata { authorization_endpoint: None, ..metadata() };
    let error = provider(&generic("oauth2"), &config, Some(&metadata)).err();
    assert_eq!(error, Some(ResolveError::NoEndpoint { endpoint: "authorization_endpoint" }));
    assert!(provider(&generic("oauth2_client_credentials"), &config, Some(&metadata)).is_ok());
}

/// Scheme, settings, what is said about them.
type Row = (&'static str, Vec<(&'static str, &'static str)>, Vec<&'static str>);

#[test]
fn what_is_wrong_with_settings_is_said_all_at_once() {
    let complete = [("authorization_url", "https://id.example/a"), ("token_url", "https://id.example/t")];
    let with = |more: &[(&'static str, &'static str)]| [&complete, more].concat();
    let table: Vec<Row> = vec![
        (
            "oauth2",
            vec![],
            vec![
                "authorization_url is missing: give it, or an issuer alone",
                "token_url is missing: give it, or an issuer alone",
            ],
        ),
        (
            "oauth2",
            vec![("issuer", " ")],
            vec![
                "authorization_url is missing: give it, or an issuer alone",
                "token_url is missing: give it, or an issuer alone",
            ],
        ),
        ("oauth2", vec![("issuer", "https://id.example/#x")], vec!["issuer has a query or a fragment"]),
        ("oauth2", complete.to_vec(), vec![]),
        (
            "oauth2",
            with(&[
                ("refresh_url", "id.example"),
                ("verify_url", "ftp://x"),
                ("api_base_url", "https://u@x"),
            ]),
            vec![
                "refresh_url is not a URL",
                "api_base_url has a user name",
                "verify_url is not an http or https URL",
            ],
        ),
        (
            "oauth2",
            with(&[("client_auth", "basic"), ("pkce", "plain")]),
            vec![
                "client_auth is not one of client_secret_post, client_secret_basic, private_key_jwt, client_secret_jwt, none",
                "pkce is not one of S256, none",
            ],
        ),
        (
            "oauth2",
            with(&[("authorization_params", r#"{"State":"x","prompt":"y"}"#), ("token_params", "[]")]),
            vec![
                "authorization_params sets State, which cannot be set here",
                "token_params is not a JSON object of texts",
            ],
        ),
        (
            "oauth2",
            with(&[("token_params", r#"{"client_secret":"x"}"#)]),
            vec!["token_params sets client_secret, which cannot be set here"],
        ),
        ("oauth2_client_credentials", vec![("token_url", "https://id.example/t")], vec![]),
        ("oauth2_client_credentials", vec![], vec!["token_url is missing: give it, or an issuer alone"]),
        (
            "oauth1",
            with(&[("signature_method", "MD5")]),
            vec![
                "request_token_url is missing",
                "signature_method is not one of HMAC-SHA1, HMAC-SHA256, RSA-SHA1, PLAINTEXT",
            ],
        ),
        ("basic", vec![], vec!["api_base_url is missing"]),
        (
            "api_key",
            vec![("api_base_url", "https://x"), ("name", "a b"), ("value_template", "Key {token.access}")],
            vec![
                "name is not a header name",
                "value_template needs {credential.api_key} and can hold nothing else",
            ],
        ),
        (
            "api_key",
            vec![("api_base_url", "https://x"), ("placement", "body"), ("value_template", "Key")],
            vec![
                "placement is not one of header, query",
                "value_template needs {credential.api_key} and can hold nothing else",
            ],
        ),
    ];
    for (auth, config, expected) in table {
        assert_eq!(problems(auth, &config), expected, "{auth} {config:?}");
    }
}

#[test]
fn settings_that_do_not_hold_together_make_no_provider() {
    let error = provider(&generic("basic"), &BTreeMap::new(), None).err().unwrap();
    assert_eq!(error.to_string(), "the integration's settings are not complete: api_base_url is missing");
}

fn check_of_key(config: &[(&str, &str)]) -> String {
    let config =
        [&[("api_base_url", "https://api.example"), ("verify_url", "https://api.example/me")], config]
            .concat();
    let resolved = provider(&generic("api_key"), &given::texts(&config), None).unwrap();
    let key = Credential::ApiKey { api_key: given::secret("k3y") };
    let request = verify::request(&resolved, &key, &Fields::default(), None).unwrap().ok().unwrap();
    render::text(&request)
}

#[test]
fn a_key_is_placed_where_the_settings_say() {
    let by_default =
        "GET https://api.example/me\naccept: application/json\nauthorization: Bearer k3y (sensitive)\n";
    assert_eq!(check_of_key(&[]), by_default);
    let in_header = "GET https://api.example/me\naccept: application/json\nx-key: Key k3y (sensitive)\n";
    assert_eq!(check_of_key(&[("name", "X-Key"), ("value_template", "Key {credential.api_key}")]), in_header);
    let in_query = "GET https://api.example/me?apiKey=k3y\naccept: application/json\n";
    let query = [("placement", "query"), ("name", "apiKey"), ("value_template", "{credential.api_key}")];
    assert_eq!(check_of_key(&query), in_query);
}

#[test]
fn user_name_and_password_are_sent_as_basic() {
    let config = given::texts(&[("api_base_url", "https://api.example")]);
    assert_eq!(provider(&generic("basic"), &config, None).unwrap().api.auth, ApiAuth::Basic);
}

#[test]
fn settings_are_found_under_their_names_on_the_wire() {
    let mut generic = generic("api_key");
    let input = json!({"name": "api_base_url", "wire": "baseUrl", "label": "Base URL", "kind": "url"});
    generic.inputs.integration.push(serde_json::from_value(input).unwrap());
    let missing = check_config(&generic, &BTreeMap::new());
    assert_eq!(missing[0].field, "baseUrl");
    let config = given::texts(&[("baseUrl", "https://api.example")]);
    assert!(check_config(&generic, &config).is_empty());
    let resolved = provider(&generic, &config, None).unwrap();
    assert_eq!(json!(resolved.api.base_url), json!("https://api.example"));
}
