use catalog::Provider;
use catalog::provider::ClientAuth;
use proptest::prelude::*;
use protocol::Flow;
use protocol::authorize::TokenUrl;
use protocol::callback::{Callback, CallbackError, read, state};
use serde_json::json;
use url::Url;

use crate::given;

fn flow() -> Flow {
    Flow {
        dpop_key: None,
        token_url: TokenUrl::Known(Url::parse("https://login.example.com/token").unwrap()),
        redirect_uri: given::redirect_uri(),
        client_id: "app 1".to_owned(),
        verifier: None,
        issuer: None,
        iss_required: false,
        client_auth: ClientAuth::ClientSecretPost,
        requested_scopes: Vec::new(),
    }
}

fn flow_from(issuer: &str, iss_required: bool) -> Flow {
    Flow { issuer: Some(issuer.to_owned()), iss_required, ..flow() }
}

fn plain() -> Provider {
    given::provider(json!({}))
}

/// The answer in one line.
fn shown(read: Result<Callback, CallbackError>) -> String {
    match read {
        Ok(Callback::Granted { code, params }) => format!("granted {} {params:?}", code.expose()),
        Ok(Callback::Refused { error, description }) => format!("refused {error} {description:?}"),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn queries_are_read_strictly() {
    let table = [
        ("state=s&code=c", "granted c {}"),
        ("?code=c%2B1+2&state=s&unknown=1&unknown=2", "granted c+1 2 {}"),
        ("state=s&error=access_denied", "refused access_denied None"),
        (
            "state=s&error=access_denied&error_description=No%0Athanks%E2%80%AE",
            r#"refused access_denied Some("No thanks")"#,
        ),
        ("state=s&error=%3Cscript%3E", "refused <script> None"),
        ("state=s&code=a&code=b", "error: the parameter code stands more than once"),
        ("state=s&code=a&c%6Fde=b", "error: the parameter code stands more than once"),
        ("state=s&state=t&code=c", "error: the parameter state stands more than once"),
        ("state=s&code=c&iss=a&iss=a", "error: the parameter iss stands more than once"),
        ("state=s&error=a&error=b", "error: the parameter error stands more than once"),
        ("state=s&code=c&error=access_denied", "error: the answer grants and refuses at once"),
        ("state=s&code=c&error=", "granted c {}"),
        ("state=s", "error: the parameter code is missing"),
        ("state=s&code=", "error: the parameter code is missing"),
        ("state=s&Code=c", "error: the parameter code is missing"),
        ("state=&code=c", "error: the parameter state is missing"),
        ("code=c", "error: the parameter state is missing"),
        ("", "error: the parameter state is missing"),
        ("&&&==&=", "error: the parameter state is missing"),
        ("state=s;code=c", "error: the parameter code is missing"),
        ("state=s#&code=c", "granted c {}"),
    ];
    for (query, expected) in table {
        assert_eq!(shown(read(query, &plain(), &flow())), expected, "{query}");
    }
}

#[test]
fn the_issuer_must_be_the_one_that_was_asked() {
    let ours = "https://login.example.com";
    let said = "iss=https%3A%2F%2Flogin.example.com";
    let wrong = "error: the answer comes from another issuer than the one asked";
    let missing = "error: the parameter iss is missing";
    let granted = "granted c {}";
    let table = [
        (flow(), "", granted),
        (flow(), said, granted),
        (flow_from(ours, false), "", granted),
        (flow_from(ours, false), said, granted),
        (flow_from(ours, false), "iss=https%3A%2F%2Fevil.example", wrong),
        (flow_from(ours, true), said, granted),
        (flow_from(ours, true), "", missing),
        (flow_from(ours, true), "iss=", missing),
        (flow_from(ours, true), "iss=https%3A%2F%2Flogin.example.com%2F", wrong),
        (flow_from(ours, true), "iss=HTTPS%3A%2F%2Flogin.example.com", wrong),
    ];
    for (flow, iss, expected) in table {
        let query = format!("state=s&code=c&{iss}");
        assert_eq!(shown(read(&query, &plain(), &flow)), expected, "{query}");
    }
}

#[test]
fn a_refusal_must_name_its_issuer_too() {
    let flow = flow_from("https://login.example.com", true);
    let read = read("state=s&error=access_denied", &plain(), &flow);
    assert_eq!(shown(read), "error: the parameter iss is missing");
}

#[test]
fn the_code_stands_where_the_definition_says() {
    let provider = given::provider(json!({"authorization": {"code_param": "auth_code"}}));
    assert_eq!(shown(read("state=s&auth_code=c", &provider, &flow())), "granted c {}");
    let read = read("state=s&code=c", &provider, &flow());
    assert_eq!(shown(read), "error: the parameter auth_code is missing");
}

#[test]
fn only_captured_parameters_are_kept() {
    let provider = given::provider(json!({"captures": {"callback": {"realm": "realmId"}}}));
    let kept = read("state=s&code=c&realmId=9&other=1", &provider, &flow());
    assert_eq!(shown(kept), r#"granted c {"realmId": "9"}"#);
    let repeated = read("state=s&code=c&realmId=9&realmId=8", &provider, &flow());
    assert_eq!(shown(repeated), "error: the parameter realmId stands more than once");
}

#[test]
fn an_endless_query_is_not_read() {
    let query = format!("state=s&code={}", "a".repeat(20_000));
    assert_eq!(state(&query), Err(CallbackError::TooLong));
}

#[test]
fn the_words_of_the_provider_are_cut() {
    let query = format!("state=s&error={}&error_description={}", "e".repeat(1000), "d".repeat(1000));
    let Ok(Callback::Refused { error, description }) = read(&query, &plain(), &flow()) else {
        panic!("the answer refuses");
    };
    assert_eq!((error.len(), description.map(|text| text.len())), (200, Some(200)));
}

#[test]
fn the_state_is_found_before_the_flow_is_known() {
    assert_eq!(state("code=c&state=a%2Fb").as_deref(), Ok("a/b"));
    let repeated = CallbackError::Repeated { name: "state".to_owned() };
    assert_eq!(state("state=a&state=a"), Err(repeated));
}

proptest! {
    #[test]
    fn no_query_panics_and_none_without_a_state_is_read(query in ".{0,200}") {
        let outcome = read(&query, &plain(), &flow());
        prop_assert!(outcome.is_err() || state(&query).is_ok_and(|state| !state.is_empty()));
    }

    #[test]
    fn a_code_survives_the_query(code in "\\PC{1,80}") {
        let query = Url::parse_with_params("https://broker.example", [("state", "s"), ("code", code.as_str())]).unwrap();
        let outcome = read(query.query().unwrap(), &plain(), &flow());
        let granted = matches!(outcome, Ok(Callback::Granted { code: read, .. }) if read.expose() == &code);
        prop_assert!(granted);
    }
}

#[test]
fn a_state_comes_back_under_the_vendors_name() {
    for (query, expected) in [
        ("state=a&code=c", Some("a")),
        ("payload=a", Some("a")),
        ("customField=a&code=c", Some("a")),
        ("State=a", None),
    ] {
        assert_eq!(state(query).ok().as_deref(), expected, "{query}");
    }
    let renamed = given::provider(json!({"authorization": {"rename": {"state": "customField"}}}));
    assert!(matches!(read("customField=a&code=c", &renamed, &flow()), Ok(Callback::Granted { .. })));
    assert!(read("state=a&code=c", &renamed, &flow()).is_err());
}

#[test]
fn what_the_token_call_repeats_is_kept() {
    let provider = given::provider(json!({"token": {"params": {"state": "{callback.state}"}}}));
    let Ok(Callback::Granted { params, .. }) = read("state=a&code=c&extra=1", &provider, &flow()) else {
        panic!("the callback grants")
    };
    assert_eq!(params, given::texts(&[("state", "a")]));
}
