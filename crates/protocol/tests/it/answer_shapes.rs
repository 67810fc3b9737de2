//! Token answers in the shapes that vendors give them, as their definitions say.

use protocol::{Client, Fields, OAuth2Tokens, RequestError, TokenError, client_credentials, exchange};
use serde_json::{Value, json};

use crate::given;

fn outcome(response: &Value, text: &str) -> Result<OAuth2Tokens, TokenError> {
    let provider = given::provider(json!({"token": {"response": response}}));
    exchange::outcome(&provider, &given::response(text), given::now())
}

#[test]
fn values_are_found_where_the_definition_says() {
    let camel = json!({
        "wrapper": "credentials", "access_token": "accessToken",
        "refresh_token": "refreshToken", "expires_at": "expiresAt",
    });
    let table = [
        (
            camel.clone(),
            r#"{"credentials":{"accessToken":"a","refreshToken":"r","expiresAt":"2023-11-14T22:14:20Z"}}"#,
            "access=a refresh=r left=60s scope=-",
        ),
        (camel.clone(), r#"{"accessToken":"a"}"#, "access=a refresh=- left=- scope=-"),
        (
            json!({"wrapper": "data"}),
            r#"{"code":0,"data":{"access_token":"a","expires_in":60,"scope":"x"}}"#,
            "access=a refresh=- left=60s scope=x",
        ),
        (
            json!({"expires_unit": "ms"}),
            r#"{"access_token":"a","expires_in":60000}"#,
            "access=a refresh=- left=60s scope=-",
        ),
        (
            json!({"expires_at": "access_token_expiration"}),
            r#"{"access_token":"a","access_token_expiration":1700000060}"#,
            "access=a refresh=- left=60s scope=-",
        ),
        (json!({"whole_body": true}), "t0ken\n", "access=t0ken refresh=- left=- scope=-"),
        (json!({"whole_body": true}), "\"t0ken\"", "access=t0ken refresh=- left=- scope=-"),
    ];
    for (response, body, expected) in table {
        let tokens = outcome(&response, &format!("200\n\n{body}")).ok().unwrap();
        assert_eq!(given::shown(&tokens), expected, "{body}");
    }
}

#[test]
fn a_wrapped_refusal_says_why() {
    let wrapped = json!({"wrapper": "data"});
    let error =
        outcome(&wrapped, "200\n\n{\"code\":40110,\"message\":\"Auth code expired\",\"data\":{}}").err();
    let Some(TokenError::Refused { code, description, .. }) = error else { panic!("{error:?}") };
    assert_eq!((code.as_str(), description.as_deref()), ("40110", Some("Auth code expired")));
}

#[test]
fn a_page_in_place_of_a_token_is_no_token() {
    for body in ["<html>x</html>", "", "Service is down", "{\"error\":\"x\"}"] {
        assert!(outcome(&json!({"whole_body": true}), &format!("200\n\n{body}")).is_err(), "{body}");
    }
    assert!(outcome(&json!({"whole_body": true}), "500\n\nt0ken").is_err());
}

#[test]
fn headers_and_cookies_are_kept() {
    let keep = json!({"keep_headers": ["set-cookie", "x-session", "x-absent"]});
    let text = "200\nset-cookie: a=1; Path=/; HttpOnly\nset-cookie: b=2\nx-session: s\nx-other: o\n\n{\"access_token\":\"a\"}";
    let kept = outcome(&keep, text).ok().unwrap().kept.headers;
    let shown: Vec<String> = kept.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    assert_eq!(shown, ["set-cookie: a=1; b=2", "x-session: s"]);
}

#[test]
fn revolut_wants_the_host_of_the_callback_as_issuer() {
    use base64::Engine as _;
    let provider = given::provider(json!({"quirks": ["revolut-client-assertion"]}));
    // Any signature would do here; what counts is that a key that is not for RS256 is refused.
    let key = r#"{"kty":"EC","crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    let client = Client { id: "app".to_owned(), secret: Some(given::secret(key)) };
    let fields = Fields { occasion: Some(given::occasion()), ..Fields::default() };
    let request =
        |client: &Client, fields: &Fields| client_credentials::request(&provider, client, &[], fields);
    assert_eq!(request(&client, &fields).err(), Some(RequestError::Missing { field: "the callback URL" }));
    let fields = Fields { callback_url: Some(given::redirect_uri()), ..fields };
    assert_eq!(request(&client, &fields).err(), Some(RequestError::Key { field: "the client secret" }));
    let client = Client { id: "app".to_owned(), secret: Some(given::rsa_key().into()) };
    let sent = request(&client, &fields).ok().unwrap();
    let body = String::from_utf8(sent.body.expose().clone()).unwrap();
    let claims = body.rsplit_once("client_assertion=").unwrap().1.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], "broker.example");
    assert_eq!(claims["sub"], "app");
    assert_eq!(claims["aud"], "https://revolut.com");
    assert!(!body.contains("client_secret"));
}
