//! How calls to token endpoints differ, one difference a test.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use protocol::authorize::{Flow, Start, begin};
use protocol::{Client, Fields, OAuth2Tokens, RequestError, exchange, refresh};
use serde_json::{Value, json};

use crate::{given, render};

fn fields() -> Fields {
    Fields {
        callback: given::texts(&[("state", "s")]),
        callback_url: Some(given::redirect_uri()),
        occasion: Some(given::occasion()),
        ..Fields::default()
    }
}

fn flow(changes: &Value, fields: &Fields) -> Flow {
    begin(&Start {
        provider: &given::provider(changes.clone()),
        client: &given::client(),
        fields,
        redirect_uri: &given::redirect_uri(),
        scopes: &[],
        user_scopes: &[],
        extra_params: &BTreeMap::new(),
        state: "s",
        verifier_random: [7; 32],
    })
    .unwrap_or_else(|error| panic!("{error}"))
    .flow
}

fn try_exchange(changes: &Value, client: &Client, fields: &Fields) -> Result<String, RequestError> {
    let mut flow = flow(changes, &Fields::default());
    flow.client_id.clone_from(&client.id);
    flow.verifier = None;
    let provider = given::provider(changes.clone());
    let request = exchange::request(&provider, &flow, client, &given::secret("c0de"), fields)?;
    Ok(render::text(&request))
}

fn exchanged(changes: &Value) -> String {
    try_exchange(changes, &given::client(), &fields()).unwrap_or_else(|error| panic!("{error}"))
}

fn refreshed(changes: Value) -> String {
    let provider = given::provider(changes);
    let request = refresh::request(&provider, &given::client(), &given::tokens(), &fields());
    render::text(&request.ok().unwrap())
}

#[test]
fn parameters_are_renamed_and_left_out() {
    let token = json!({
        "body": "json",
        "rename": {"client_id": "app_id", "client_secret": "secret", "code": "auth_code"},
        "omit": ["grant_type", "redirect_uri"],
    });
    assert_snapshot!(exchanged(&json!({"token": token})), @r#"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/json

    {"auth_code":"c0de","app_id":"app 1","secret":"s3cret/+"}
    "#);
}

#[test]
fn a_parameter_is_repeated_in_the_query() {
    assert_snapshot!(exchanged(&json!({"token": {"in_query": ["redirect_uri"], "client_auth": "none"}})), @r"
    POST https://login.example.com/token?redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app+1
    ");
}

#[test]
fn all_parameters_can_travel_in_the_query() {
    assert_snapshot!(exchanged(&json!({"token": {"body": "query", "client_auth": "none"}})), @r"
    POST https://login.example.com/token?grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app+1
    accept: application/json
    ");
}

#[test]
fn headers_carry_chance_time_and_the_callback() {
    let token = json!({
        "client_auth": "none",
        "params": {"state": "{callback.state}"},
        "headers": {"x-nonce": "{random.uuid}", "x-at": "{now:%s}", "x-nothing": "{connection.absent}"},
    });
    assert_snapshot!(exchanged(&json!({"token": token})), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded
    x-at: 1700000000 (sensitive)
    x-nonce: 07070707-0707-4707-8707-070707070707 (sensitive)

    grant_type=authorization_code&state=s&code=c0de&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app+1
    ");
}

#[test]
fn an_address_from_the_callback_needs_a_pattern() {
    let changes = |input: Value| {
        json!({
            "token": {"url": "{connection.server}/t"},
            "captures": {"callback": {"server": "server"}},
            "inputs": {"connection": [input]},
        })
    };
    let fields = Fields { connection: given::texts(&[("server", "https://evil.example")]), ..fields() };
    let open = changes(json!({"name": "server", "label": "Server", "automated": true}));
    let outcome = try_exchange(&open, &given::client(), &fields);
    assert!(matches!(outcome, Err(RequestError::Url { place: "token URL", .. })));
    let pattern = r"^https://login\.example\.(com|eu)$";
    let bound = changes(json!({"name": "server", "label": "Server", "automated": true, "pattern": pattern}));
    let provider = given::provider(bound);
    for (said, is_kept) in [
        ("https://login.example.eu", true),
        ("https://evil.example", false),
        ("https://login.example.eu.evil.example", false),
    ] {
        let kept = exchange::captures(&provider, &given::secret("{}"), &given::texts(&[("server", said)]));
        assert_eq!(kept.contains_key("server"), is_kept, "{said}");
    }
}

#[test]
fn the_wanted_certificate_goes_with_the_request() {
    let provider = given::provider(json!({
        "auth": "oauth2_client_credentials",
        "mutual_tls": {"certificate": "{credential.certificate}", "private_key": "{credential.key}"},
    }));
    let credential = [("certificate", "CERT"), ("key", "KEY")]
        .map(|(name, value)| (name.to_owned(), given::secret(value)))
        .into();
    let fields = Fields { credential, ..fields() };
    let request = protocol::client_credentials::request(&provider, &given::client(), &[], &fields);
    let certificate = request.ok().unwrap().client_certificate.unwrap();
    assert_eq!(
        (certificate.chain.expose().as_str(), certificate.private_key.expose().as_str()),
        ("CERT", "KEY")
    );
    let without = protocol::client_credentials::request(&provider, &given::client(), &[], &Fields::default());
    assert_eq!(without.err(), Some(RequestError::Missing { field: "the client certificate" }));
}

#[test]
fn a_refresh_can_present_the_access_token_by_get() {
    let changes = json!({
        "token": {"params": {"audience": "api"}},
        "refresh": {
            "url": "https://graph.example.com/refresh",
            "method": "GET",
            "presents": "access_token",
            "omit": ["client_id", "client_secret"],
            "params": {"grant_type": "ig_refresh_token", "access_token": "{token.access}"},
        },
    });
    assert_snapshot!(refreshed(changes), @r"
    GET https://graph.example.com/refresh?access_token=old-access&grant_type=ig_refresh_token
    accept: application/json
    ");
}

#[test]
fn a_refresh_can_present_nothing_but_the_client() {
    let changes = json!({
        "token": {"params": {"grant_type": "client_credentials", "scope": ".default"}, "omit": ["code"]},
        "refresh": {"presents": "nothing", "headers": {"x-extra": "1"}},
    });
    assert_snapshot!(refreshed(changes), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded
    x-extra: 1

    grant_type=client_credentials&scope=.default&client_id=app+1&client_secret=s3cret%2F%2B
    ");
}

#[test]
fn what_can_be_refreshed_depends_on_what_is_presented() {
    let bare = OAuth2Tokens { refresh_token: None, ..given::tokens() };
    for (refresh, with, without) in [
        (json!({}), true, false),
        (json!({"presents": "access_token"}), true, true),
        (json!({"presents": "nothing"}), true, true),
        (json!({"never": true}), false, false),
    ] {
        let provider = given::provider(json!({"refresh": refresh}));
        assert_eq!(refresh::is_possible(&provider, &given::tokens()), with, "{refresh}");
        assert_eq!(refresh::is_possible(&provider, &bare), without, "{refresh}");
    }
}

#[test]
fn an_old_refresh_token_is_kept_where_the_connection_says_so() {
    let provider = given::provider(json!({"refresh": {"keep_token_if": "{connection.keep}"}}));
    let answer = given::response("200\n\n{\"access_token\":\"a\",\"refresh_token\":\"new\"}");
    for (keep, expected) in [("true", "old-refresh"), ("false", "new"), ("", "new")] {
        let fields = given::connection(&[("keep", keep)]);
        let tokens =
            refresh::outcome(&provider, &given::tokens(), &fields, &answer, given::now()).ok().unwrap();
        assert_eq!(tokens.refresh_token.unwrap().expose(), expected, "{keep}");
    }
}

#[test]
fn an_answer_without_a_token_prolongs_the_old_one() {
    let extends = json!({"path": "result", "equals": "0000", "lifetime_s": 60});
    let provider = given::provider(json!({"refresh": {"extends": extends}}));
    let outcome = |text: &str| {
        let answer = given::response(text);
        match refresh::outcome(&provider, &given::tokens(), &Fields::default(), &answer, given::now()) {
            Ok(tokens) => given::shown(&tokens),
            Err(error) => error.code().to_owned(),
        }
    };
    let prolonged = "access=old-access refresh=old-refresh left=60s scope=read write";
    assert_eq!(outcome("200\n\n{\"result\":\"0000\",\"message\":\"OK\"}"), prolonged);
    assert_eq!(outcome("200\n\n{\"result\":\"1001\",\"message\":\"bad\"}"), "1001");
    assert_eq!(outcome("200\n\n{}"), "unreadable_answer");
    assert_eq!(outcome("503"), "unavailable");
}

/// The claims of an assertion, without its signature.
fn claims(token: &str) -> String {
    use base64::Engine as _;
    let middle = token.split('.').nth(1).unwrap();
    String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

/// The private key of RFC 7515 appendix A.3 as a JWK.
const EC_KEY: &str =
    r#"{"kty":"EC","crv":"P-256","kid":"k1","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

#[test]
fn a_client_signs_for_itself_with_its_private_key() {
    let client = Client { id: "app".to_owned(), secret: Some(given::secret(EC_KEY)) };
    let changes = json!({"token": {"client_auth": "private_key_jwt"}});
    let text = try_exchange(&changes, &client, &fields()).ok().unwrap();
    let (before, assertion) = text.rsplit_once("&client_assertion=").unwrap();
    assert_snapshot!(before, @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer
    ");
    assert_snapshot!(claims(assertion), @r#"{"iss":"app","sub":"app","aud":"https://login.example.com/token","jti":"07070707-0707-4707-8707-070707070707","iat":1700000000,"exp":1700000300}"#);
    let not_a_key = try_exchange(&changes, &given::client(), &fields());
    assert_eq!(not_a_key.err(), Some(RequestError::Key { field: "the client secret" }));
    let without_time = try_exchange(&changes, &client, &Fields::default());
    assert_eq!(without_time.err(), Some(RequestError::Missing { field: "the time" }));
}

#[test]
fn shoplines_calls_are_signed_and_carry_the_code_alone() {
    let changes = json!({
        "token": {"body": "json"},
        "refresh": {"presents": "nothing"},
        "quirks": ["shopline-signed-token"],
    });
    assert_snapshot!(exchanged(&changes), @r#"
    POST https://login.example.com/token
    accept: application/json
    appkey: app 1
    content-type: application/json
    sign: 15bf000698017a75dfc10c101e14b864aec260f3e4a22997d59e3d415923175c (sensitive)
    timestamp: 1700000000000

    {"code":"c0de"}
    "#);
    assert_snapshot!(refreshed(changes), @r"
    POST https://login.example.com/token
    accept: application/json
    appkey: app 1
    content-type: application/json
    sign: a1219106c54bff5bd599bf0e969a96797c11f8270f83ebd8e03d645d899dfc2f (sensitive)
    timestamp: 1700000000000
    ");
}
