use http::{HeaderMap, Method};
use protocol::api::{Caller, Draft, Payload};
use protocol::{Credential, Fields, RequestError};
use serde_json::{Value, json};
use url::Url;

use crate::given;

/// URL and headers of an authenticated call.
fn called(changes: Value, credential: &Credential) -> Result<String, RequestError> {
    let provider = given::provider(changes);
    let client = given::client();
    let fields = Fields::default();
    let caller = Caller { provider: &provider, credential, fields: &fields, client: Some(&client) };
    let mut url = Url::parse("https://api.example.com/v1/items?page=2").unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "Bearer forged".parse().unwrap());
    let draft =
        Draft { method: &Method::GET, url: &mut url, headers: &mut headers, payload: Payload::Known(b"") };
    caller.authenticate(draft)?;
    let mut lines = vec![url.to_string()];
    for (name, value) in &headers {
        let mark = if value.is_sensitive() { " (sensitive)" } else { "" };
        lines.push(format!("{name}: {}{mark}", String::from_utf8_lossy(value.as_bytes())));
    }
    Ok(lines.join("\n"))
}

fn key() -> Credential {
    Credential::ApiKey { api_key: given::secret("k3y") }
}

fn user(username: &str, password: &str) -> Credential {
    Credential::Basic { username: username.to_owned(), password: given::secret(password) }
}

#[test]
fn a_token_goes_as_bearer_and_replaces_what_was_there() {
    let expected = "https://api.example.com/v1/items?page=2\nauthorization: Bearer old-access (sensitive)";
    assert_eq!(called(json!({}), &Credential::OAuth2(given::tokens())).as_deref(), Ok(expected));
}

#[test]
fn user_name_and_password_go_as_basic() {
    let basic = json!({"api": {"auth": "basic"}});
    // jörg:p:w
    let expected = "https://api.example.com/v1/items?page=2\nauthorization: Basic asO2cmc6cDp3 (sensitive)";
    assert_eq!(called(basic.clone(), &user("jörg", "p:w")).as_deref(), Ok(expected));
    // k3y:
    let expected = "https://api.example.com/v1/items?page=2\nauthorization: Basic azN5Og== (sensitive)";
    assert_eq!(called(basic, &key()).as_deref(), Ok(expected));
}

#[test]
fn headers_and_query_of_the_definition_carry_a_key() {
    let api = json!({
        "auth": "custom",
        "headers": {
            "authorization": "Token {credential.api_key}",
            "x-app": "{app.client_id}",
            "x-unset": "{connection.absent}",
        },
        "query": {"page": "9", "key": "{credential.api_key}"},
    });
    let expected = "https://api.example.com/v1/items?key=k3y&page=9\n\
                    authorization: Token k3y (sensitive)\n\
                    x-app: app 1 (sensitive)";
    assert_eq!(called(json!({"api": api}), &key()).as_deref(), Ok(expected));
}

#[test]
fn what_cannot_stand_in_a_header_is_refused_by_name() {
    let basic = json!({"api": {"auth": "basic"}});
    let table = [
        (json!({}), Credential::ApiKey { api_key: given::secret("a\r\nx: y") }, "the API key"),
        (basic.clone(), user("a:b", "p"), "the user name"),
        (basic.clone(), user("a\nb", "p"), "the user name or password"),
        (basic, user("a", "p\n"), "the user name or password"),
        (
            json!({"api": {"auth": "custom", "headers": {"x-key": "{credential.api_key}"}}}),
            Credential::ApiKey { api_key: given::secret("a\nb") },
            "the header x-key",
        ),
    ];
    for (changes, credential, field) in table {
        let error = called(changes, &credential).err();
        assert_eq!(error, Some(RequestError::HeaderValue { field: field.to_owned() }));
    }
}

#[test]
fn a_credential_of_the_wrong_kind_is_refused() {
    let error = called(json!({}), &user("u", "p")).err();
    assert_eq!(error, Some(RequestError::Missing { field: "the access token" }));
    let error = called(json!({"api": {"auth": "basic"}}), &Credential::OAuth2(given::tokens())).err();
    assert_eq!(error, Some(RequestError::Missing { field: "the user name and password" }));
}

#[test]
fn the_root_follows_the_connection() {
    let provider = given::provider(json!({"api": {"base_url": "https://{connection.site}.example.com/api"}}));
    let fields = given::connection(&[("site", "acme")]);
    let credential = key();
    let caller = Caller { provider: &provider, credential: &credential, fields: &fields, client: None };
    assert_eq!(caller.root().map(String::from).as_deref(), Ok("https://acme.example.com/api"));
}
