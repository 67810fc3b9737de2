use catalog::Provider;
use insta::assert_snapshot;
use protocol::login::{self, LoginError, Pending, Step};
use protocol::{Credential, Fields, Minted, Occasion, RequestError, TokenError};
use serde_json::{Value, json};

use crate::signing::{self, Key};
use crate::{given, render};

fn provider(changes: Value) -> Provider {
    let mut own = json!({"auth": "two_step"});
    given::merge(&mut own, changes);
    given::provider(own)
}

fn simple() -> Provider {
    provider(json!({"login": {
        "steps": [{
            "url": "https://{connection.host}/login",
            "headers": {"x-app": "{credential.app}", "x-unset": "{credential.unset}"},
            "body": {"json": {"user": "{credential.user}", "nested": {"password": "{credential.password}"}}},
        }],
        "response": {"access_token": "data.token", "refresh_token": "data.again", "keep_headers": ["set-cookie"]},
        "refresh": {"url": "https://{connection.host}/renew", "body": {"form": {"token": "{token.refresh}"}}},
    }}))
}

fn fields() -> Fields {
    Fields {
        connection: given::texts(&[("host", "api.example.com")]),
        ..signing::entered(&[("user", "u"), ("password", "p\"w"), ("app", "a1")])
    }
}

fn sent(step: Result<Step, LoginError>) -> (String, Box<Pending>) {
    match step.unwrap_or_else(|error| panic!("{error}")) {
        Step::Send { request, pending } => (render::text(&request), pending),
        Step::Done(_) => panic!("there is a call to make"),
    }
}

fn done(step: Result<Step, LoginError>) -> Credential {
    match step.unwrap_or_else(|error| panic!("{error}")) {
        Step::Done(credential) => credential,
        Step::Send { request, .. } => panic!("it is not done: {}", render::text(&request)),
    }
}

fn minted(credential: Credential) -> Minted {
    let (Credential::TwoStep(minted) | Credential::Session(minted)) = credential else {
        panic!("it is no login")
    };
    minted
}

#[test]
fn one_call_makes_a_token_of_what_was_entered() {
    let (provider, fields) = (simple(), fields());
    let (request, pending) = sent(login::begin(&provider, &fields));
    assert_snapshot!(request, @r#"
    POST https://api.example.com/login
    accept: application/json
    content-type: application/json
    x-app: a1 (sensitive)

    {"nested":{"password":"p\"w"},"user":"u"}
    "#);
    let answer = given::response(
        "201\nset-cookie: B1SESSION=s1; HttpOnly\nset-cookie: ROUTE=r2; path=/\n\n\
         {\"data\":{\"token\":\"t1\",\"again\":\"r1\"},\"expires_in\":60}",
    );
    let credential = done(pending.receive(&provider, &fields, answer));
    assert_eq!(credential.kind().wire(), "TWO_STEP");
    let minted = minted(credential);
    assert_eq!(given::shown(&minted.tokens), "access=t1 refresh=r1 left=60s scope=-");
    assert!(minted.tokens.kept.headers["set-cookie"].matches(b"B1SESSION=s1; ROUTE=r2"));
    assert_eq!(minted.entered.len(), 3);
}

fn logged_in(provider: &Provider, body: &str) -> Minted {
    let (_, pending) = sent(login::begin(provider, &fields()));
    let answer = given::response(&format!("200\n\n{body}"));
    minted(done(pending.receive(provider, &fields(), answer)))
}

#[test]
fn a_refresh_token_renews_by_the_call_for_it() {
    let provider = simple();
    let held = logged_in(&provider, r#"{"data":{"token":"t1","again":"r1"}}"#);
    // The entered values come from the credential.
    let fields = Fields { credential: given::connection(&[]).credential, ..fields() };
    let (request, pending) = sent(login::renew(&provider, &held, &fields));
    assert_snapshot!(request, @r"
    POST https://api.example.com/renew
    accept: application/json
    content-type: application/x-www-form-urlencoded

    token=r1
    ");
    let answer = given::response("200\n\n{\"data\":{\"token\":\"t2\"}}");
    let renewed = minted(done(pending.receive(&provider, &fields, answer)));
    assert_eq!(given::shown(&renewed.tokens), "access=t2 refresh=r1 left=- scope=-");
    assert_eq!(renewed.entered.len(), 3);
}

#[test]
fn without_a_refresh_token_the_login_is_repeated() {
    let provider = simple();
    let held = logged_in(&provider, r#"{"data":{"token":"t1"}}"#);
    let fields = Fields { credential: given::connection(&[]).credential, ..fields() };
    let (request, _) = sent(login::renew(&provider, &held, &fields));
    assert!(request.starts_with("POST https://api.example.com/login\n"), "{request}");
    assert!(request.ends_with(r#"{"nested":{"password":"p\"w"},"user":"u"}"#), "{request}");
}

#[test]
fn later_calls_use_the_answers_of_earlier_ones() {
    let provider = provider(json!({"login": {"steps": [
        {"url": "https://{connection.host}/info"},
        {"url": "{step.1.issuer}/.well-known/openid-configuration"},
        {
            "url": "{step.2.token_endpoint}",
            "headers": {"x-tenant": "{step.1.tenants.0.id}"},
            "body": {"form": {"grant_type": "password", "username": "{credential.user}"}},
        },
    ]}}));
    let (request, pending) = sent(login::begin(&provider, &fields()));
    assert_snapshot!(request, @r"
    GET https://api.example.com/info
    accept: application/json
    ");
    let answer = given::response("200\n\n{\"issuer\":\"https://id.example.com\",\"tenants\":[{\"id\":7}]}");
    let (request, pending) = sent(pending.receive(&provider, &fields(), answer));
    assert!(
        request.starts_with("GET https://id.example.com/.well-known/openid-configuration\n"),
        "{request}"
    );
    let answer = given::response("200\n\n{\"token_endpoint\":\"https://id.example.com/token\"}");
    let (request, pending) = sent(pending.receive(&provider, &fields(), answer));
    assert_snapshot!(request, @r"
    POST https://id.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded
    x-tenant: 7 (sensitive)

    grant_type=password&username=u
    ");
    let answer = given::response("200\n\n{\"access_token\":\"t\",\"expires_in\":60}");
    let minted = minted(done(pending.receive(&provider, &fields(), answer)));
    assert_eq!(given::shown(&minted.tokens), "access=t refresh=- left=60s scope=-");
    assert!(minted.tokens.raw.matches(br#"{"access_token":"t","expires_in":60}"#));
}

#[test]
fn an_answer_that_lacks_what_the_next_call_needs_is_unreadable() {
    let provider = provider(json!({"login": {"steps": [
        {"url": "https://{connection.host}/info"},
        {"url": "{step.1.issuer}/token"},
    ]}}));
    let receive = |text| {
        let (_, pending) = sent(login::begin(&provider, &fields()));
        pending.receive(&provider, &fields(), given::response(text)).err()
    };
    let reason = "it lacks what the next call needs";
    assert_eq!(receive("200\n\n{}"), Some(LoginError::Answer(TokenError::Unreadable { reason })));
    let refused = receive("401\n\n{\"error\":\"no\"}");
    assert!(matches!(refused, Some(LoginError::Answer(TokenError::Refused { code, .. })) if code == "no"));
}

#[test]
fn an_answer_in_xml_is_read_by_the_same_paths() {
    let provider = provider(json!({"login": {
        "steps": [{
            "url": "https://{connection.host}/xml",
            "headers": {"content-type": "application/xml"},
            "body": {"xml": "<request><password>{credential.password}</password></request>"},
        }],
        "response": {
            "access_token": "response.operation.result.data.api.sessionid",
            "expires_at": "response.operation.authentication.sessiontimeout",
        },
    }}));
    let (request, pending) = sent(login::begin(&provider, &fields()));
    assert_snapshot!(request, @r"
    POST https://api.example.com/xml
    accept: application/xml, text/xml
    content-type: application/xml

    <request><password>p&quot;w</password></request>
    ");
    let answer = given::response(
        "200\ncontent-type: text/xml\n\n<?xml version=\"1.0\"?><response><operation><authentication>\
         <sessiontimeout>2023-11-14T22:14:20+00:00</sessiontimeout></authentication><result><data><api>\
         <sessionid>s&amp;1</sessionid></api></data></result></operation></response>",
    );
    let minted = minted(done(pending.receive(&provider, &fields(), answer)));
    assert_eq!(given::shown(&minted.tokens), "access=s&1 refresh=- left=60s scope=-");
}

#[test]
fn a_session_is_a_login_of_its_own_kind() {
    let provider = provider(json!({"auth": "session_login", "login": {
        "steps": [{"url": "https://{connection.host}/login", "body": {"json": {"user": "{credential.user}"}}}],
        "response": {"access_token": "sessionId"},
        "lifetime_s": 2100,
    }}));
    let (_, pending) = sent(login::begin(&provider, &fields()));
    let answer = given::response("200\n\n{\"sessionId\":\"s\",\"organizationId\":\"o\",\"userId\":\"7\"}");
    let credential = done(pending.receive(&provider, &fields(), answer));
    assert_eq!(credential.kind().wire(), "BILL");
    assert_eq!(given::shown(&minted(credential).tokens), "access=s refresh=- left=2100s scope=-");
}

#[test]
fn a_signed_token_says_itself_when_it_ends() {
    let provider = simple();
    // {"exp":1700000600}
    let token = "e30.eyJleHAiOjE3MDAwMDA2MDB9.c2ln";
    let minted = logged_in(&provider, &json!({"data": {"token": token}}).to_string());
    assert_eq!(minted.tokens.expires_at.unwrap().as_second(), 1_700_000_600);
}

fn apple() -> Provider {
    provider(json!({
        "login": {"steps": [{
            "url": "https://{connection.host}/token",
            "body": {"form": {"client_assertion": "{jwt}"}},
        }]},
        "jwt": {
            "algorithm": "ES256",
            "key": "{one_time.private_key}",
            "lifetime_s": 86400,
            "claims": {"sub": "{credential.user}", "jti": "{random.uuid}"},
        },
    }))
}

fn assertion_in(request: &str) -> String {
    let body = request.rsplit('\n').next().unwrap();
    form_urlencoded::parse(body.as_bytes())
        .find(|(name, _)| name == "client_assertion")
        .unwrap()
        .1
        .into_owned()
}

#[test]
fn an_assertion_from_a_key_that_is_not_kept_is_kept_itself() {
    let (provider, key) = (apple(), Key::ec());
    let with_key = Fields {
        one_time: [("private_key".to_owned(), given::secret(&key.pem))].into_iter().collect(),
        ..fields()
    };
    let (request, pending) = sent(login::begin(&provider, &with_key));
    let first = assertion_in(&request);
    let (_, claims) = key.opened_ec(&first);
    assert_eq!(claims["sub"], "u");
    assert_eq!(claims["jti"], "30313233-3435-4637-b839-616263646566");
    let answer = given::response("200\n\n{\"access_token\":\"t\"}");
    let held = minted(done(pending.receive(&provider, &with_key, answer)));
    let (request, pending) = sent(login::renew(&provider, &held, &fields()));
    assert_eq!(assertion_in(&request), first);
    let answer = given::response("200\n\n{\"access_token\":\"t2\"}");
    let renewed = minted(done(pending.receive(&provider, &fields(), answer)));
    assert!(renewed.jwt.is_some(), "it is kept for the next time");
    let late = Occasion { now: "2023-11-15T22:13:00Z".parse().unwrap(), ..signing::occasion() };
    let late = Fields { occasion: Some(late), ..fields() };
    assert_eq!(login::renew(&provider, &renewed, &late).err(), Some(LoginError::AssertionEnded));
}

#[test]
fn an_assertion_from_a_stored_key_is_made_anew() {
    let key = Key::ec();
    let provider = provider(json!({
        "login": {"steps": [{
            "url": "https://{connection.host}/token",
            "body": {"form": {"client_assertion": "{jwt}"}},
        }]},
        "jwt": {"algorithm": "ES256", "key": "{credential.key}", "lifetime_s": 60},
    }));
    let fields = Fields { credential: signing::entered(&[("key", &key.pem)]).credential, ..fields() };
    let (_, pending) = sent(login::begin(&provider, &fields));
    let held =
        minted(done(pending.receive(&provider, &fields, given::response("200\n\n{\"access_token\":\"t\"}"))));
    assert!(held.jwt.is_none());
    let later = Occasion { now: "2023-11-20T00:00:00Z".parse().unwrap(), ..signing::occasion() };
    let later = Fields {
        occasion: Some(later),
        ..Fields { credential: given::connection(&[]).credential, ..fields }
    };
    let (request, _) = sent(login::renew(&provider, &held, &later));
    let (_, claims) = key.opened_ec(&assertion_in(&request));
    assert_eq!(claims["exp"], 1_700_438_460);
}

#[test]
fn a_missing_value_in_a_url_is_named() {
    let fields = Fields { connection: given::texts(&[]), ..fields() };
    let error = login::begin(&simple(), &fields).err();
    assert!(matches!(error, Some(LoginError::Request(RequestError::Url { place: "login URL", .. }))));
}
