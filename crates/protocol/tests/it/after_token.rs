//! What follows a token answer: long tokens, sessions, the tokens of a person.

use insta::assert_snapshot;
use protocol::after_token::{self, Context, Step};
use protocol::{Credential, Fields, Kept, OAuth2Tokens, exchange};
use serde_json::json;

use crate::{given, render};

fn long() -> catalog::Provider {
    given::provider(json!({
        "long_token": {
            "url": "https://graph.example.com/access_token",
            "method": "GET",
            "params": {"grant_type": "ig_exchange_token", "client_secret": "{app.client_secret}", "access_token": "{token.access}"},
        },
        "captures": {"token_response": {"user": "user_id"}},
    }))
}

fn short() -> OAuth2Tokens {
    let raw = r#"{"access_token":"short","user_id":9}"#;
    OAuth2Tokens {
        access_token: given::secret("short"),
        refresh_token: None,
        raw: given::secret(raw),
        ..given::tokens()
    }
}

#[test]
fn a_short_token_is_exchanged_for_a_long_one_at_once() {
    let (provider, client, fields) = (long(), given::client(), Fields::default());
    let context = Context { provider: &provider, client: &client, fields: &fields };
    let Ok(Step::Send(request, pending)) = after_token::exchanged(context, short()) else {
        panic!("there is a call to make")
    };
    assert_snapshot!(render::text(&request), @r"
    GET https://graph.example.com/access_token?access_token=short&client_secret=s3cret%2F%2B&grant_type=ig_exchange_token
    accept: application/json
    ");
    let answer = given::response("200\n\n{\"access_token\":\"long\",\"expires_in\":5184000}");
    let Ok(Step::Done(tokens)) = pending.answered(context, &answer, given::now()) else {
        panic!("it is whole")
    };
    assert_eq!(given::shown(&tokens), "access=long refresh=- left=5184000s scope=read write");
    let kept = exchange::captures(&provider, &tokens.raw, &std::collections::BTreeMap::new());
    assert_eq!(kept, given::texts(&[("user", "9")]));
}

#[test]
fn a_failed_exchange_gives_the_short_token_back() {
    let (provider, client, fields) = (long(), given::client(), Fields::default());
    let context = Context { provider: &provider, client: &client, fields: &fields };
    let Ok(Step::Send(_, pending)) = after_token::exchanged(context, short()) else { panic!("a call") };
    let interrupted = pending.answered(context, &given::response("503"), given::now()).err().unwrap();
    assert_eq!(interrupted.tokens.access_token.expose(), "short");
    assert_eq!(interrupted.error.code(), "unavailable");
}

#[test]
fn a_provider_without_more_calls_is_done() {
    let (provider, client, fields) = (given::provider(json!({})), given::client(), Fields::default());
    let context = Context { provider: &provider, client: &client, fields: &fields };
    assert!(matches!(after_token::exchanged(context, short()), Ok(Step::Done(_))));
    assert!(matches!(after_token::refreshed(context, short()), Ok(Step::Done(_))));
}

#[test]
fn bullhorns_session_token_takes_the_place_of_the_access_token() {
    let provider = given::provider(json!({
        "quirks": ["bullhorn-rest-login"],
        "captures": {"token_response": {"rest_url": "restUrl"}},
    }));
    let (client, fields) = (given::client(), Fields::default());
    let context = Context { provider: &provider, client: &client, fields: &fields };
    let Ok(Step::Send(request, pending)) = after_token::refreshed(context, given::tokens()) else {
        panic!("a session is opened after a refresh as well")
    };
    assert_snapshot!(render::text(&request), @r"
    POST https://rest-west.bullhornstaffing.com/rest-services/login?version=*&access_token=old-access&ttl=10080
    accept: application/json
    ");
    let answer =
        given::response("200\n\n{\"BhRestToken\":\"session\",\"restUrl\":\"https://rest.example.com/e/\"}");
    let Ok(Step::Done(tokens)) = pending.answered(context, &answer, given::now()) else {
        panic!("it is whole")
    };
    assert_eq!(given::shown(&tokens), "access=session refresh=old-refresh left=604800s scope=read write");
    let kept = exchange::captures(&provider, &tokens.raw, &std::collections::BTreeMap::new());
    assert_eq!(kept, given::texts(&[("rest_url", "https://rest.example.com/e/")]));
}

#[test]
fn the_tokens_of_app_and_person_are_kept_and_renewed_each_for_itself() {
    let provider = given::provider(json!({
        "token": {"response": {"fallback_object": "authed_user", "ok_flag": true}},
        "quirks": ["bot-and-user-tokens"],
    }));
    let (client, fields) = (given::client(), Fields::default());
    let context = Context { provider: &provider, client: &client, fields: &fields };
    let body = r#"{"ok":true,"access_token":"bot","refresh_token":"bot-r","expires_in":900,
        "authed_user":{"access_token":"me","refresh_token":"me-r","expires_in":600,"scope":"search"}}"#;
    let tokens =
        exchange::outcome(&provider, &given::response(&format!("200\n\n{body}")), given::now()).ok().unwrap();
    assert_eq!(given::shown(&tokens), "access=bot refresh=bot-r left=900s scope=-");
    let credential = Credential::OAuth2(tokens.clone());
    assert_eq!(credential.expires_at().map(|end| end.as_second() - given::now().as_second()), Some(600));
    let read = Credential::from_seal_text(credential.seal_text().expose()).ok().unwrap();
    assert_eq!(read.expires_at(), credential.expires_at());
    let Ok(Step::Send(request, pending)) = after_token::refreshed(context, tokens) else { panic!("a call") };
    assert!(String::from_utf8_lossy(request.body.expose()).contains("refresh_token=me-r"));
    let answer = given::response("200\n\n{\"ok\":true,\"access_token\":\"me2\",\"refresh_token\":\"me-r2\"}");
    let Ok(Step::Done(tokens)) = pending.answered(context, &answer, given::now()) else {
        panic!("it is whole")
    };
    assert_eq!(tokens.access_token.expose(), "bot");
    let person = tokens.kept.person.unwrap();
    assert_eq!(given::shown(&person), "access=me2 refresh=me-r2 left=- scope=search");
}

#[test]
fn what_is_kept_survives_sealing() {
    let key = protocol::DpopKey::from_random([7; 32]).unwrap();
    let thumbprint = key.thumbprint().ok().unwrap();
    let headers = [("x-session".to_owned(), given::secret("abc"))].into();
    let kept = Kept { headers, person: None, dpop_key: Some(key) };
    let credential = Credential::OAuth2(OAuth2Tokens { kept, ..given::tokens() });
    let read = Credential::from_seal_text(credential.seal_text().expose()).ok().unwrap();
    let kept = &read.tokens().unwrap().kept;
    assert_eq!(kept.headers["x-session"].expose(), "abc");
    assert_eq!(kept.dpop_key.as_ref().unwrap().thumbprint().ok().unwrap(), thumbprint);
}
