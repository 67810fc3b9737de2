use std::collections::BTreeMap;

use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Provider;
use http::{HeaderMap, Method};
use insta::assert_snapshot;
use protocol::api::{Caller, Draft, Payload};
use protocol::authorize::StartError;
use protocol::callback::{Callback, CallbackError};
use protocol::oauth1::temporary::Temporary;
use protocol::oauth1::{Flow, authorize, temporary, token};
use protocol::{Client, Credential, Fields, RequestError, TokenError};
use serde_json::{Value, json};
use url::Url;

use crate::signing::{self, Key};
use crate::{given, render};

fn provider(changes: Value) -> Provider {
    let mut own = json!({
        "auth": "oauth1",
        "oauth1": {
            "request_url": "https://photos.example.net/initiate",
            "token_url": "https://photos.example.net/token",
        },
        "authorization": {"url": "https://photos.example.net/authorize", "params": {"expiration": "never"}},
        "api": {"base_url": "https://photos.example.net", "auth": "oauth1"},
    });
    given::merge(&mut own, changes);
    given::provider(own)
}

fn client() -> Client {
    Client { id: "dpf43f3p2l4k3l03".to_owned(), secret: Some(given::secret("kd94hf93k423kf44")) }
}

fn fields() -> Fields {
    signing::entered(&[])
}

fn callback() -> Url {
    temporary::callback(&given::redirect_uri(), "from-chance")
}

fn flow() -> Flow {
    Flow {
        token_url: Url::parse("https://photos.example.net/token").unwrap(),
        client_id: client().id,
        temporary: Temporary {
            token: "hh5s93j4hdidpola".to_owned(),
            secret: given::secret("hdhd0244k9j7ao03"),
        },
    }
}

fn started(provider: &Provider, extra_params: &[(&str, &str)]) -> Result<authorize::Started, StartError> {
    let start = authorize::Start {
        provider,
        client: &client(),
        fields: &fields(),
        callback: &callback(),
        scopes: &["read".to_owned()],
        extra_params: &given::texts(extra_params),
    };
    authorize::begin(&start, flow().temporary)
}

#[test]
fn temporary_credentials_are_asked_for_with_a_signature() {
    let provider = provider(json!({"oauth1": {"request_params": {"x_auth_access_type": "write"}}}));
    let request = temporary::request(&provider, &client(), &fields(), &callback());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r#"
    POST https://photos.example.net/initiate
    accept: application/json
    authorization: OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1700000000", oauth_nonce="30313233343536373839616263646566", oauth_version="1.0", oauth_callback="https%3A%2F%2Fbroker.example%2Foauth%2Fcallback%3Fstate%3Dfrom-chance", oauth_signature="rulTF9RXzknpTX8mmOzUqr9WFCs%3D" (sensitive)
    content-type: application/x-www-form-urlencoded

    x_auth_access_type=write
    "#);
}

#[test]
fn temporary_credentials_come_in_a_form_of_any_content_type() {
    let text = "200\ncontent-type: text/html\n\n\
                oauth_token=hh5s93j4hdidpola&oauth_token_secret=hdhd0244k9j7ao03&oauth_callback_confirmed=true";
    let temporary = temporary::outcome(&given::response(text), given::now()).ok().unwrap();
    assert_eq!(temporary.token, "hh5s93j4hdidpola");
    assert!(temporary.secret.matches(b"hdhd0244k9j7ao03"));
}

#[test]
fn an_answer_without_confirmed_temporary_credentials_is_refused() {
    let unreadable = |reason| TokenError::Unreadable { reason };
    for (body, expected) in [
        ("oauth_token=t&oauth_token_secret=s", unreadable("it does not confirm the callback")),
        (
            "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=false",
            unreadable("it does not confirm the callback"),
        ),
        ("oauth_token_secret=s&oauth_callback_confirmed=true", unreadable("it has no token")),
        ("oauth_token=&oauth_token_secret=s&oauth_callback_confirmed=true", unreadable("its token is empty")),
        ("oauth_token=t&oauth_callback_confirmed=true", unreadable("it has no token secret")),
        ("<html>", unreadable("it has no token")),
        ("", unreadable("it has no token")),
    ] {
        let response = given::response(&format!("200\n\n{body}"));
        assert_eq!(temporary::outcome(&response, given::now()).err(), Some(expected), "{body}");
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_provider() {
    for (text, code) in [
        ("401\n\noauth_problem=consumer_key_unknown&oauth_problem_advice=No", "consumer_key_unknown"),
        ("401\n\n{\"error\":\"bad\"}", "bad"),
        ("401\n\nFailed to validate", "http_401"),
        ("503\n\n", "unavailable"),
    ] {
        let error = temporary::outcome(&given::response(text), given::now()).err().unwrap();
        assert_eq!(error.code(), code, "{text}");
    }
}

#[test]
fn the_browser_leaves_with_the_temporary_token() {
    let started = started(&provider(json!({})), &[("lang", "de")]).ok().unwrap();
    assert_snapshot!(started.url, @"https://photos.example.net/authorize?expiration=never&lang=de&scope=read&oauth_token=hh5s93j4hdidpola&oauth_callback=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback%3Fstate%3Dfrom-chance");
    assert_eq!(started.flow.token_url.as_str(), "https://photos.example.net/token");
}

#[test]
fn parameters_of_the_protocol_cannot_be_set_from_outside() {
    for name in ["oauth_token", "OAuth_Callback", "scope"] {
        let error = started(&provider(json!({})), &[(name, "x")]).err();
        assert_eq!(error, Some(StartError::Reserved { name: name.to_owned() }));
    }
}

#[test]
fn the_browser_has_to_bring_back_the_token_it_left_with() {
    let provider = provider(json!({"captures": {"callback": {"site": "site"}}}));
    let read = |query| authorize::read(query, &provider, &flow());
    let Ok(Callback::Granted { code, params }) =
        read("state=s&oauth_token=hh5s93j4hdidpola&oauth_verifier=hfdp7dh39dks9884&site=eu")
    else {
        panic!("the user agreed")
    };
    assert!(code.matches(b"hfdp7dh39dks9884"));
    assert_eq!(params, given::texts(&[("site", "eu")]));
    let missing = |name: &str| CallbackError::Missing { name: name.to_owned() };
    for (query, expected) in [
        ("oauth_token=other&oauth_verifier=v", CallbackError::WrongToken),
        ("oauth_verifier=v", missing("oauth_token")),
        ("oauth_token=hh5s93j4hdidpola", missing("oauth_verifier")),
        ("oauth_token=a&oauth_token=b", CallbackError::Repeated { name: "oauth_token".to_owned() }),
    ] {
        assert_eq!(read(query).err(), Some(expected), "{query}");
    }
}

#[test]
fn a_refusal_of_the_user_is_no_error() {
    for (query, expected) in
        [("denied=hh5s93j4hdidpola", "denied"), ("oauth_problem=user_refused", "user_refused")]
    {
        let Ok(Callback::Refused { error, .. }) = authorize::read(query, &provider(json!({})), &flow())
        else {
            panic!("{query} is a refusal")
        };
        assert_eq!(error, expected);
    }
}

#[test]
fn a_verifier_becomes_a_token() {
    let verifier = given::secret("hfdp7dh39dks9884");
    let request = token::request(&provider(json!({})), &client(), &flow(), &verifier, &fields());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r#"
    POST https://photos.example.net/token
    accept: application/json
    authorization: OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1700000000", oauth_nonce="30313233343536373839616263646566", oauth_version="1.0", oauth_token="hh5s93j4hdidpola", oauth_verifier="hfdp7dh39dks9884", oauth_signature="JaJKXnNPCny4ywzck043NOGDcX0%3D" (sensitive)
    content-type: application/x-www-form-urlencoded
    "#);
    let answer =
        given::response("200\n\noauth_token=nnch734d00sl2jdk&oauth_token_secret=pfkkdhi9sl3r4s00&user_id=7");
    let Ok(Credential::OAuth1 { token, token_secret, raw }) = token::outcome(&answer, given::now()) else {
        panic!("there is a token")
    };
    assert!(token.matches(b"nnch734d00sl2jdk") && token_secret.matches(b"pfkkdhi9sl3r4s00"));
    let expected =
        br#"{"oauth_token":"nnch734d00sl2jdk","oauth_token_secret":"pfkkdhi9sl3r4s00","user_id":"7"}"#;
    assert!(raw.matches(expected));
}

#[test]
fn another_client_cannot_redeem_the_verifier() {
    let other = given::client();
    let request = token::request(&provider(json!({})), &other, &flow(), &given::secret("v"), &fields());
    assert_eq!(request.err(), Some(RequestError::ClientChanged));
}

#[test]
fn a_flow_comes_back_from_its_sealed_form() {
    let text = flow().seal_text();
    let read = Flow::from_seal_text(text.expose()).ok().unwrap();
    assert_eq!(read.seal_text().expose(), text.expose());
    assert!(Flow::from_seal_text(b"{}").is_err());
}

fn signed(
    provider: &Provider,
    credential: &Credential,
    client: &Client,
    draft: (&Method, &str, &str),
) -> String {
    let (method, url, form) = draft;
    let mut url = Url::parse(url).unwrap();
    let mut headers = HeaderMap::new();
    if !form.is_empty() {
        headers.insert("content-type", "application/x-www-form-urlencoded; charset=utf-8".parse().unwrap());
    }
    let fields = Fields { connection: given::texts(&[("account_id", "tst-sb1")]), ..fields() };
    let caller = Caller { provider, credential, fields: &fields, client: Some(client) };
    let payload = Payload::Known(form.as_bytes());
    caller.authenticate(Draft { method, url: &mut url, headers: &mut headers, payload }).unwrap();
    assert!(headers["authorization"].is_sensitive());
    headers["authorization"].to_str().unwrap().replace(", ", ",\n")
}

fn pair() -> Credential {
    Credential::OAuth1 {
        token: given::secret("nnch734d00sl2jdk"),
        token_secret: given::secret("pfkkdhi9sl3r4s00"),
        raw: given::secret("{}"),
    }
}

#[test]
fn api_calls_are_signed() {
    let url = "https://photos.example.net/photos?file=vacation.jpg&size=original";
    assert_snapshot!(signed(&provider(json!({})), &pair(), &client(), (&Method::GET, url, "")), @r#"
    OAuth oauth_consumer_key="dpf43f3p2l4k3l03",
    oauth_signature_method="HMAC-SHA1",
    oauth_timestamp="1700000000",
    oauth_nonce="30313233343536373839616263646566",
    oauth_version="1.0",
    oauth_token="nnch734d00sl2jdk",
    oauth_signature="RxQmXLYXraZ8e9yxAutuThEQaQU%3D"
    "#);
}

#[test]
fn a_form_is_part_of_the_signature() {
    let url = "https://photos.example.net/photos";
    let sign = |form| signed(&provider(json!({})), &pair(), &client(), (&Method::POST, url, form));
    assert_ne!(sign("a=1"), sign("a=2"));
    assert_eq!(sign("a=1&b=x+y"), sign("b=x%20y&a=1"));
}

#[test]
fn a_streamed_form_is_not_sent_unsigned() {
    let provider = provider(json!({}));
    let (credential, client, fields) = (pair(), client(), fields());
    let caller =
        Caller { provider: &provider, credential: &credential, fields: &fields, client: Some(&client) };
    let mut url = Url::parse("https://photos.example.net/photos").unwrap();
    let mut headers = HeaderMap::new();
    assert!(!caller.needs_body(&headers));
    headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    assert!(caller.needs_body(&headers));
    let draft =
        Draft { method: &Method::POST, url: &mut url, headers: &mut headers, payload: Payload::Streamed };
    let error = caller.authenticate(draft).err();
    assert_eq!(error, Some(RequestError::Unsupported { what: "signing a form that is streamed" }));
}

#[test]
fn a_token_of_the_console_signs_with_its_realm() {
    let provider = provider(json!({
        "auth": "oauth1_token_based",
        "oauth1": {"signature_method": "HMAC-SHA256", "realm": "{upper:{replace:-|_|{connection.account_id}}}"},
    }));
    let credential = Credential::OAuth1TokenBased {
        token_id: given::secret("t0ken"),
        token_secret: given::secret("t0ken-secret"),
        client_override: Some(Client { id: "own".to_owned(), secret: Some(given::secret("own-secret")) }),
    };
    let url = "https://tst-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/customer";
    assert_snapshot!(signed(&provider, &credential, &client(), (&Method::GET, url, "")), @r#"
    OAuth realm="TST_SB1",
    oauth_consumer_key="own",
    oauth_signature_method="HMAC-SHA256",
    oauth_timestamp="1700000000",
    oauth_nonce="30313233343536373839616263646566",
    oauth_version="1.0",
    oauth_token="t0ken",
    oauth_signature="p3jnH7w2iAipi53g6jjIBoJ7rbiGkdQLpmpVX9Vekus%3D"
    "#);
}

#[test]
fn a_private_key_signs_where_the_provider_wants_rsa() {
    let key = Key::rsa();
    let client = Client { id: "c".to_owned(), secret: Some(given::secret(&key.pem)) };
    let provider = provider(json!({"oauth1": {"signature_method": "RSA-SHA1"}}));
    let header = signed(&provider, &pair(), &client, (&Method::GET, "https://photos.example.net/photos", ""));
    let values: BTreeMap<&str, &str> = header
        .strip_prefix("OAuth ")
        .unwrap()
        .split(",\n")
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let base = "GET&https%3A%2F%2Fphotos.example.net%2Fphotos&oauth_consumer_key%3Dc\
                %26oauth_nonce%3D30313233343536373839616263646566%26oauth_signature_method%3DRSA-SHA1\
                %26oauth_timestamp%3D1700000000%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0";
    let signature =
        form_urlencoded::parse(values["oauth_signature"].as_bytes()).next().unwrap().0.into_owned();
    let signature = STANDARD.decode(signature.replace(' ', "+")).unwrap();
    assert!(key.verifies(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, base.as_bytes(), &signature));
}

#[test]
fn an_operator_defines_all_three_endpoints() {
    let generic = catalog::Catalog::embedded().get("oauth1-generic").unwrap();
    let settings = given::texts(&[
        ("request_token_url", "https://own.example/initiate"),
        ("authorization_url", "https://own.example/authorize"),
        ("token_url", "https://own.example/token"),
        ("signature_method", "PLAINTEXT"),
    ]);
    let provider = protocol::resolve::provider(&generic, &settings, None).unwrap();
    let request = temporary::request(&provider, &client(), &fields(), &callback()).ok().unwrap();
    assert_eq!(request.url.as_str(), "https://own.example/initiate");
    let header = request.headers["authorization"].to_str().unwrap();
    assert!(header.ends_with("oauth_signature=\"kd94hf93k423kf44%26\""), "{header}");
    let started = started(&provider, &[]).ok().unwrap();
    assert!(started.url.as_str().starts_with("https://own.example/authorize?"), "{}", started.url);
    assert_eq!(started.flow.token_url.as_str(), "https://own.example/token");
}
