//! Grants beside the code: devices, assertions, exchanges, pushed requests, introspection, apps, plugins.

use std::collections::BTreeMap;

use http::Method;
use insta::assert_snapshot;
use protocol::OAuth2Tokens;
use protocol::authorize::{Start, Started, begin};
use protocol::device::{self, Step};
use protocol::introspect::{self, Introspection};
use protocol::jwt_bearer::AssertionKind;
use protocol::token_exchange::{self, ACCESS_TOKEN, Exchange, TypedToken};
use protocol::{Client, DpopKey, Fields, Request, dpop, jwt_bearer, missing_scopes, pushed, second_token};
use serde_json::{Value, json};

use crate::{given, render};

#[test]
fn a_device_asks_for_a_code_and_then_for_tokens() {
    let provider = given::provider(json!({
        "device": {"url": "https://login.example.com/device"},
        "scopes": {"default": ["a", "b"]},
    }));
    let request = device::request(&provider, &given::client(), &[], &Fields::default());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://login.example.com/device
    accept: application/json
    content-type: application/x-www-form-urlencoded

    client_id=app+1&scope=a+b&client_secret=s3cret%2F%2B
    ");
    let public = Client { secret: None, ..given::client() };
    let request = device::request(&provider, &public, &[], &Fields::default()).ok().unwrap();
    assert!(
        render::text(&request).ends_with("client_id=app+1&scope=a+b"),
        "a public client has nothing to prove"
    );
    let answer = r#"{"device_code":"dev1ce","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device",
        "verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800,"interval":7}"#;
    let waiting = device::begun(&given::response(&format!("200\n\n{answer}")), given::now()).ok().unwrap();
    assert_eq!((waiting.user_code.as_str(), waiting.interval.as_secs()), ("WDJB-MJHT", 7));
    let request = waiting.request(&provider, &given::client(), &Fields::default());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dev1ce&client_id=app+1&client_secret=s3cret%2F%2B
    ");
}

#[test]
fn what_a_device_is_told_decides_what_it_does_next() {
    let provider = given::provider(json!({"device": {"url": "https://login.example.com/device"}}));
    let begun = given::response(
        "200\n\n{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_url\":\"https://x.example/\",\"expires_in\":60}",
    );
    let waiting = device::begun(&begun, given::now()).ok().unwrap();
    let later = given::now() + jiff::SignedDuration::from_secs(60);
    for (text, now, expected) in [
        ("400\n\n{\"error\":\"authorization_pending\"}", given::now(), "wait 5"),
        ("400\n\n{\"error\":\"slow_down\"}", given::now(), "wait 10"),
        ("503", given::now(), "wait 10"),
        ("400\n\n{\"error\":\"access_denied\"}", given::now(), "denied"),
        ("400\n\n{\"error\":\"expired_token\"}", given::now(), "expired"),
        ("400\n\n{\"error\":\"authorization_pending\"}", later, "expired"),
        ("200\n\n{\"access_token\":\"a\"}", later, "granted a"),
        ("200\n\n{\"error\":\"authorization_pending\"}", given::now(), "wait 5"),
        ("400\n\n{\"error\":\"invalid_client\"}", given::now(), "invalid_client"),
    ] {
        let step = waiting.clone().answered(&provider, &given::response(text), now);
        let shown = match step {
            Ok(Step::Wait(waiting)) => format!("wait {}", waiting.interval.as_secs()),
            Ok(Step::Granted(tokens)) => format!("granted {}", tokens.access_token.expose()),
            Ok(Step::Denied) => "denied".to_owned(),
            Ok(Step::Expired) => "expired".to_owned(),
            Err(error) => error.code().to_owned(),
        };
        assert_eq!(shown, expected, "{text}");
    }
}

#[test]
fn an_assertion_is_a_grant_with_or_without_a_client() {
    let provider = given::provider(json!({"scopes": {"default": ["a"]}}));
    let assertion = given::secret("e30.e30.c2ln");
    let request = |client, kind| {
        let request = jwt_bearer::request(&provider, client, kind, &assertion, &[], &Fields::default());
        render::text(&request.ok().unwrap())
    };
    assert_snapshot!(request(None, AssertionKind::Jwt), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=e30.e30.c2ln&scope=a
    ");
    assert_snapshot!(request(Some(&given::client()), AssertionKind::Saml), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=e30.e30.c2ln&scope=a&client_id=app+1&client_secret=s3cret%2F%2B
    ");
}

#[test]
fn a_token_is_exchanged_for_another() {
    let exchange = Exchange {
        subject: TypedToken { token: given::secret("old"), token_type: ACCESS_TOKEN.to_owned() },
        actor: None,
        resource: Some("https://api.example.com/".to_owned()),
        audience: None,
        requested_token_type: None,
        scopes: vec!["read".to_owned()],
    };
    let provider = given::provider(json!({}));
    let request = token_exchange::request(&provider, &given::client(), &exchange, &Fields::default());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=old&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&resource=https%3A%2F%2Fapi.example.com%2F&scope=read&client_id=app+1&client_secret=s3cret%2F%2B
    ");
    let answer = format!(
        "200\n\n{{\"access_token\":\"a\",\"issued_token_type\":\"{ACCESS_TOKEN}\",\"expires_in\":60}}"
    );
    let issued = token_exchange::outcome(&provider, &given::response(&answer), given::now()).ok().unwrap();
    assert_eq!(issued.issued_token_type.as_deref(), Some(ACCESS_TOKEN));
    assert_eq!(given::shown(&issued.tokens), "access=a refresh=- left=60s scope=-");
}

fn started(provider: &Value) -> Started {
    begin(&Start {
        provider: &given::provider(provider.clone()),
        client: &given::client(),
        fields: &Fields::default(),
        redirect_uri: &given::redirect_uri(),
        scopes: &["a".to_owned()],
        user_scopes: &[],
        extra_params: &BTreeMap::new(),
        state: "s",
        verifier_random: [7; 32],
    })
    .ok()
    .unwrap()
}

#[test]
fn a_pushed_request_leaves_the_browser_nothing_to_carry() {
    let provider = given::provider(json!({}));
    let endpoint = "https://login.example.com/par".parse().unwrap();
    let fields = Fields::default();
    let request = pushed::request(&provider, &given::client(), &fields, &endpoint, &started(&json!({})));
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://login.example.com/par
    accept: application/json
    content-type: application/x-www-form-urlencoded

    response_type=code&client_id=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&state=s&scope=a&code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256&client_secret=s3cret%2F%2B
    ");
    let answer = given::response("201\n\n{\"request_uri\":\"urn:example:r1\",\"expires_in\":60}");
    let pushed = pushed::outcome(started(&json!({})), &answer, given::now()).ok().unwrap();
    assert_eq!(
        pushed.url.as_str(),
        "https://login.example.com/authorize?client_id=app+1&request_uri=urn%3Aexample%3Ar1"
    );
    let refused = given::response("400\n\n{\"error\":\"invalid_request\"}");
    assert_eq!(
        pushed::outcome(started(&json!({})), &refused, given::now()).err().unwrap().code(),
        "invalid_request"
    );
}

#[test]
fn the_query_that_is_the_endpoints_own_stays_when_the_rest_is_pushed() {
    let definition = json!({"authorization": {"url": "https://login.example.com/authorize?p=policy"}});
    let provider = given::provider(definition.clone());
    let endpoint = "https://login.example.com/par".parse().unwrap();
    let begun = started(&definition);
    let request = pushed::request(&provider, &given::client(), &Fields::default(), &endpoint, &begun);
    let body = request.ok().unwrap().body.expose().clone();
    assert!(!String::from_utf8(body).unwrap().contains("policy"));
    let answer = given::response("201\n\n{\"request_uri\":\"urn:example:r1\",\"expires_in\":60}");
    let pushed = pushed::outcome(begun, &answer, given::now()).ok().unwrap();
    assert_eq!(
        pushed.url.as_str(),
        "https://login.example.com/authorize?p=policy&client_id=app+1&request_uri=urn%3Aexample%3Ar1"
    );
}

#[test]
fn introspection_tells_whether_a_token_lives() {
    let provider =
        given::provider(json!({"lifecycle": {"introspection_url": "https://login.example.com/introspect"}}));
    let request = introspect::request(&provider, &given::client(), &given::tokens(), &Fields::default());
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r"
    POST https://login.example.com/introspect
    accept: application/json
    content-type: application/x-www-form-urlencoded

    token=old-access&client_id=app+1&client_secret=s3cret%2F%2B
    ");
    let outcome = |text: &str| introspect::outcome(&given::response(text), given::now());
    assert_eq!(outcome("200\n\n{\"active\":false}"), Ok(Introspection::Inactive));
    assert!(outcome("200\n\n{}").is_err());
    assert!(outcome("200\n\n{\"active\":\"true\"}").is_err());
    assert!(outcome("401").is_err());
}

#[test]
fn the_end_of_an_active_token_is_read_however_it_is_told() {
    let table = [
        (json!({"exp": 1_700_000_060}), Some(60)),
        (json!({"exp": "1700000060"}), Some(60)),
        (json!({"exp": 1_699_999_990}), Some(-10)),
        (json!({"exp": 1e300}), Some(315_360_000)),
        (json!({"expires_at": 1_700_000_060}), Some(60)),
        (json!({"expires_in": 60}), Some(60)),
        (json!({"exp": 0}), None),
        (json!({"exp": -1}), None),
        (json!({"exp": "soon"}), None),
        (json!({"iat": 1_700_000_000}), None),
    ];
    for (said, seconds) in table {
        let mut answer = said.clone();
        answer["active"] = json!(true);
        let outcome = introspect::outcome(&given::response(&format!("200\n\n{answer}")), given::now());
        let expires_at = seconds.map(|seconds| given::now() + jiff::SignedDuration::from_secs(seconds));
        assert_eq!(outcome, Ok(Introspection::Active { expires_at }), "{said}");
    }
}

#[test]
fn a_client_that_was_entered_with_a_login_asks_for_itself() {
    let provider = given::provider(json!({
        "auth": "two_step", "token": null, "lifecycle": {"introspection_url": "https://login.example.com/introspect"},
    }));
    let entered = [("client_id", "own"), ("client_secret", "own secret"), ("username", "ada")];
    let minted = protocol::Minted {
        tokens: given::tokens(),
        entered: entered.into_iter().map(|(name, value)| (name.to_owned(), given::secret(value))).collect(),
        jwt: None,
        saml: None,
    };
    let client = introspect::own_client(&protocol::Credential::TwoStep(minted)).unwrap();
    let request = introspect::request(&provider, &client, &given::tokens(), &Fields::default());
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r"
    POST https://login.example.com/introspect
    accept: application/json
    content-type: application/x-www-form-urlencoded

    token=old-access&client_id=own&client_secret=own+secret
    ");
    assert!(introspect::own_client(&protocol::Credential::OAuth2(given::tokens())).is_none());
}

fn call() -> Request {
    let url = "https://api.example.com/v1/me?full=1".parse().unwrap();
    Request::new(Method::GET, url, http::HeaderMap::new(), Vec::new())
}

/// The header and the claims of a proof.
fn proof(request: &Request) -> String {
    use base64::Engine as _;
    let proof = request.headers["dpop"].to_str().unwrap();
    let decode = |part: &str| {
        String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    proof.split('.').take(2).map(decode).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_proof_names_the_request_and_the_token() {
    let key = DpopKey::from_random([7; 32]).unwrap();
    let mut request = call();
    dpop::present(&mut request, &key, &given::secret("t0ken"), &given::occasion(), Some("n1")).unwrap();
    assert_eq!(request.headers["authorization"], "DPoP t0ken");
    assert_snapshot!(proof(&request), @r#"
    {"alg":"ES256","typ":"dpop+jwt","jwk":{"crv":"P-256","kty":"EC","x":"HhhTL9R1TALzBB2cdc6zO4P_2BrHzk_ogsyxyYvFiW4","y":"pGwxHE4v9A3ZajZT5uRURdMt_khuztdcepDGoYiBwKM"}}
    {"jti":"07070707-0707-4707-8707-070707070707","htm":"GET","htu":"https://api.example.com/v1/me","iat":1700000000,"nonce":"n1","ath":"tGwJZ3NDJh8LQ5pHJCIiXjojDJwJTWqxZ2LiA2tZcFM"}
    "#);
    // The token and its hash of RFC 9449 §7.1.
    let token = given::secret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    let mut request = call();
    dpop::present(&mut request, &key, &token, &given::occasion(), None).unwrap();
    assert!(proof(&request).contains(r#""ath":"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo""#));
    let mut request = call();
    dpop::prove(&mut request, &key, &given::occasion(), None).unwrap();
    assert!(!proof(&request).contains("ath"));
    assert!(!request.headers.contains_key("authorization"));
}

#[test]
fn a_nonce_is_taken_from_a_refusal_that_asks_for_one() {
    let table = [
        ("400\ndpop-nonce: n1\n\n{\"error\":\"use_dpop_nonce\"}", Some("n1")),
        ("400\ndpop-nonce: n1\n\n{\"error\":\"invalid_grant\"}", None),
        ("401\ndpop-nonce: n1\nwww-authenticate: DPoP error=\"use_dpop_nonce\"", Some("n1")),
        ("401\ndpop-nonce: n1\nwww-authenticate: DPoP error=\"invalid_token\"", None),
        ("400\n\n{\"error\":\"use_dpop_nonce\"}", None),
        ("200\ndpop-nonce: n1\n\n{\"access_token\":\"a\"}", None),
    ];
    for (text, expected) in table {
        assert_eq!(dpop::demanded_nonce(&given::response(text)).as_deref(), expected, "{text}");
    }
    assert_eq!(dpop::nonce(&given::response("200\ndpop-nonce: n2")).as_deref(), Some("n2"));
}

#[test]
fn a_second_token_waits_until_its_tenant_is_known() {
    let provider = given::provider(json!({
        "second_token": {
            "field": "files_token",
            "url": "https://login.example.com/second",
            "grant": "refresh_token",
            "scope": "https://{connection.tenant}.example.com/read",
        },
    }));
    let request =
        |fields: &Fields| second_token::request(&provider, &given::client(), &given::tokens(), fields);
    assert!(request(&Fields::default()).is_none());
    let known = request(&given::connection(&[("tenant", "acme")]));
    assert_snapshot!(render::text(&known.unwrap().ok().unwrap()), @r"
    POST https://login.example.com/second
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=refresh_token&refresh_token=old-refresh&scope=https%3A%2F%2Facme.example.com%2Fread&client_id=app+1&client_secret=s3cret%2F%2B
    ");
    let answer = given::response("200\n\n{\"access_token\":\"second\",\"expires_in\":60}");
    let second = second_token::outcome(&provider, &answer, given::now()).unwrap().ok().unwrap();
    assert_eq!((second.field.as_str(), second.access_token.expose().as_str()), ("files_token", "second"));
}

#[test]
fn scopes_that_were_not_granted_are_found() {
    let table: &[(&[&str], Option<&str>, &[&str])] = &[
        (&["a", "b"], Some("b a"), &[]),
        (&["a", "b"], Some("a"), &["b"]),
        (&["a", "b"], Some("a,c"), &["b"]),
        (&["a"], None, &[]),
        (&["offline_access", "a"], Some("a"), &[]),
        (&["https://graph.microsoft.com/User.Read"], Some("User.Read"), &[]),
        (&["email"], Some("openid https://www.googleapis.com/auth/userinfo.email"), &[]),
        (&["https://x.example/a/read"], Some("https://x.example/b/read"), &["https://x.example/a/read"]),
    ];
    for (requested, granted, missing) in table {
        let requested: Vec<String> = requested.iter().map(|&scope| scope.to_owned()).collect();
        let tokens = OAuth2Tokens { scope: granted.map(str::to_owned), ..given::tokens() };
        assert_eq!(missing_scopes(&requested, &tokens), *missing, "{requested:?} {granted:?}");
    }
    let bare = OAuth2Tokens { refresh_token: None, scope: Some("a".to_owned()), ..given::tokens() };
    assert_eq!(missing_scopes(&["offline_access".to_owned()], &bare), ["offline_access"]);
}
