//! Token answers as they come in the wild, one row each.

use std::time::Duration;

use proptest::prelude::*;
use protocol::{Response, TokenError, exchange};
use serde_json::{Value, json};
use vault::Secret;

use crate::given;

/// The outcome in one line.
fn shown(changes: Value, text: &str) -> String {
    match exchange::outcome(&given::provider(changes), &given::response(text), given::now()) {
        Ok(tokens) => given::shown(&tokens),
        Err(error) => format!("{} | {error} | final: {}", error.code(), error.is_final()),
    }
}

fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(shown(json!({}), text), *expected, "{text}");
    }
}

#[test]
fn answers_with_tokens_are_read_however_they_are_written() {
    check(&[
        (r#"{"access_token":"a"}"#, "access=a refresh=- left=- scope=-"),
        (
            r#"{"access_token":"a","refresh_token":"r","expires_in":3600,"scope":"x y","token_type":"bearer"}"#,
            "access=a refresh=r left=3600s scope=x y",
        ),
        (r#"{"access_token":"a","expires_in":"3600"}"#, "access=a refresh=- left=3600s scope=-"),
        (r#"{"access_token":"a","expires_in":0}"#, "access=a refresh=- left=0s scope=-"),
        (r#"{"access_token":"a","expires_in":-1}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","expires_in":"NaN"}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","expires_in":1e308}"#, "access=a refresh=- left=315360000s scope=-"),
        (r#"{"access_token":"a","expires_in":null}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","expires_in":{"s":1}}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","expires_at":1700000060}"#, "access=a refresh=- left=60s scope=-"),
        (r#"{"access_token":"a","expires_at":1700000060,"expires_in":30}"#, "access=a refresh=- left=30s scope=-"),
        (r#"{"access_token":"a","expires_at":"2023-11-14T22:14:20Z"}"#, "access=a refresh=- left=60s scope=-"),
        (r#"{"access_token":"a","refresh_token":""}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","refresh_token":null,"scope":null}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","scope":["x","y"]}"#, "access=a refresh=- left=- scope=x y"),
        (r#"{"access_token":"a","error":null}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","error":""}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","error":false}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"a","ok":false}"#, "access=a refresh=- left=- scope=-"),
        (r#"{"access_token":"first","access_token":"a"}"#, "access=a refresh=- left=- scope=-"),
        ("\n\u{feff}{\"access_token\":\"a\"}", "access=a refresh=- left=- scope=-"),
        ("\n  {\"access_token\":\"a\"}\r\n", "access=a refresh=- left=- scope=-"),
    ]
    .map(|(body, expected)| (ok(body), expected))
    .each_ref()
    .map(|(text, expected)| (text.as_str(), *expected)));
}

fn ok(body: &str) -> String {
    format!("200\ncontent-type: application/json\n\n{}", body.trim_start_matches('\n'))
}

#[test]
fn the_media_type_decides_about_form_encoding_only() {
    let form = "content-type: application/x-www-form-urlencoded; charset=utf-8";
    check(&[
        (
            &format!("200\n{form}\n\naccess_token=a%2B1&refresh_token=r&expires_in=60&scope=x+y"),
            "access=a+1 refresh=r left=60s scope=x y",
        ),
        ("200\ncontent-type: text/plain\n\n{\"access_token\":\"a\"}", "access=a refresh=- left=- scope=-"),
        ("200\ncontent-type: text/html\n\n{\"access_token\":\"a\"}", "access=a refresh=- left=- scope=-"),
        ("201\n\n{\"access_token\":\"a\"}", "access=a refresh=- left=- scope=-"),
        (
            &format!("200\n{form}\n\nerror=bad_verification_code&error_description=expired"),
            "bad_verification_code | the grant is gone: bad_verification_code | final: true",
        ),
    ]);
}

#[test]
fn a_form_is_kept_as_an_object_of_texts() {
    let response =
        given::response("200\ncontent-type: application/x-www-form-urlencoded\n\naccess_token=a&n=1");
    let tokens = exchange::outcome(&given::provider(json!({})), &response, given::now());
    assert_eq!(tokens.ok().unwrap().raw.expose(), r#"{"access_token":"a","n":"1"}"#);
}

#[test]
fn a_name_in_another_encoding_does_not_cost_the_grant() {
    let mut response = given::response("200");
    response.body = Secret::new(b"{\"access_token\":\"a\",\"name\":\"J\xf6rg\"}".to_vec());
    let tokens = exchange::outcome(&given::provider(json!({})), &response, given::now());
    assert_eq!(given::shown(&tokens.ok().unwrap()), "access=a refresh=- left=- scope=-");
}

#[test]
fn successes_without_tokens_are_unreadable() {
    let unreadable = |reason: &str| {
        format!(
            "unreadable_answer | the answer of the token endpoint cannot be read: {reason} | final: false"
        )
    };
    let table = [
        ("200", "it is empty"),
        ("204", "it is empty"),
        ("200\n\n \r\n ", "it is empty"),
        ("200\n\n<!doctype html><title>Sign in</title>", "it is a page and not JSON"),
        ("200\n\naccess_token=a", "it is not JSON"),
        ("200\n\n{\"access_token\":\"a", "its JSON ends too early"),
        ("200\n\n{\"access_token\":\"a\"} trailing", "its JSON is malformed"),
        ("200\n\n{access_token:1}", "its JSON is malformed"),
        ("200\n\n[{\"access_token\":\"a\"}]", "it is no JSON object"),
        ("200\n\nnull", "it is no JSON object"),
        ("200\n\n\"a\"", "it is no JSON object"),
        ("200\n\n{}", "it has no access token"),
        ("200\n\n{\"refresh_token\":\"r\"}", "it has no access token"),
        ("200\n\n{\"access_token\":null}", "it has no access token"),
        ("200\n\n{\"access_token\":\"\"}", "its access token is empty"),
        ("200\n\n{\"access_token\":7}", "its access token is no text"),
        ("200\n\n{\"access_token\":{\"token\":\"a\"}}", "its access token is no text"),
        ("302\nlocation: https://evil.example/\n\n", "it redirects"),
    ];
    for (text, reason) in table {
        assert_eq!(shown(json!({}), text), unreadable(reason), "{text}");
    }
}

#[test]
fn fewer_bytes_than_announced_are_told_from_a_bad_answer() {
    let cut = "truncated_answer | the answer of the token endpoint was cut off | final: false";
    check(&[
        ("200\ncontent-length: 500\n\n{\"access_token\":\"a\"", cut),
        ("200\ncontent-length: 20\n\n{\"access_token\":\"a\"}", "access=a refresh=- left=- scope=-"),
        (
            "200\ncontent-length: 500\ncontent-encoding: gzip\n\n{\"access_token\":\"a\"}",
            "access=a refresh=- left=- scope=-",
        ),
    ]);
}

#[test]
fn refusals_are_told_from_a_grant_that_is_gone() {
    let json = "content-type: application/json\n\n";
    check(&[
        (
            &format!("400\n{json}{{\"error\":\"invalid_grant\"}}"),
            "invalid_grant | the grant is gone: invalid_grant | final: true",
        ),
        (
            &format!("401\n{json}{{\"error\":\"invalid_grant\"}}"),
            "invalid_grant | the grant is gone: invalid_grant | final: true",
        ),
        (
            &format!("200\n{json}{{\"error\":\"invalid_grant\",\"access_token\":\"a\"}}"),
            "invalid_grant | the grant is gone: invalid_grant | final: true",
        ),
        (
            &format!("400\n{json}{{\"error\":\"BAD_REFRESH_TOKEN\"}}"),
            "BAD_REFRESH_TOKEN | the grant is gone: BAD_REFRESH_TOKEN | final: true",
        ),
        (
            &format!("401\n{json}{{\"error\":\"invalid_client\"}}"),
            "invalid_client | the token endpoint refused with status 401: invalid_client | final: false",
        ),
        (
            &format!("400\n{json}{{\"error\":{{\"code\":190,\"message\":\"no\"}}}}"),
            "190 | the token endpoint refused with status 400: 190 | final: false",
        ),
        ("403\n\n<html>", "http_403 | the token endpoint refused with status 403: http_403 | final: false"),
        ("404", "http_404 | the token endpoint refused with status 404: http_404 | final: false"),
        (
            &format!("400\n{json}{{\"error\":\"a\\u001b[31mb\\u202e\"}}"),
            "a[31mb | the token endpoint refused with status 400: a[31mb | final: false",
        ),
    ]);
}

#[test]
fn trouble_of_the_provider_says_nothing_about_the_grant() {
    check(&[
        ("500", "unavailable | the token endpoint is unavailable, status 500 | final: false"),
        (
            "500\n\n{\"error\":\"invalid_grant\"}",
            "unavailable | the token endpoint is unavailable, status 500 | final: false",
        ),
        ("503\n\n<html>", "unavailable | the token endpoint is unavailable, status 503 | final: false"),
        ("408", "unavailable | the token endpoint is unavailable, status 408 | final: false"),
        (
            "400\n\n{\"error\":\"temporarily_unavailable\"}",
            "unavailable | the token endpoint is unavailable, status 400 | final: false",
        ),
        (
            "429\n\n{\"error\":\"invalid_grant\"}",
            "rate_limited | the token endpoint asks to call less often | final: false",
        ),
        (
            "200\n\n{\"error\":\"ratelimited\"}",
            "rate_limited | the token endpoint asks to call less often | final: false",
        ),
    ]);
}

#[test]
fn the_time_to_wait_is_read_as_seconds_or_as_a_date() {
    let table = [
        ("120", Some(Duration::from_mins(2))),
        ("Tue, 14 Nov 2023 22:14:20 GMT", Some(Duration::from_mins(1))),
        ("Tue, 14 Nov 2023 22:00:00 GMT", Some(Duration::ZERO)),
        ("soon", None),
        ("-5", None),
    ];
    for (said, expected) in table {
        let response = given::response(&format!("429\nretry-after: {said}"));
        let error = exchange::outcome(&given::provider(json!({})), &response, given::now()).err();
        assert_eq!(error, Some(TokenError::RateLimited { retry_after: expected }), "{said}");
    }
}

#[test]
fn the_providers_words_are_kept_apart_and_cut() {
    let body = json!({"error": "access_denied", "error_description": "no\n".repeat(300)});
    let response = given::response(&format!("400\n\n{body}"));
    let error = exchange::outcome(&given::provider(json!({})), &response, given::now()).err().unwrap();
    let TokenError::Refused { code, description, status } = &error else { panic!("{error}") };
    assert_eq!((code.as_str(), status.as_u16()), ("access_denied", 400));
    let words = description.as_deref().unwrap();
    assert!(words.starts_with("no no ") && words.len() <= 200, "{words}");
    assert_eq!(error.public_message(), "The provider refused the request.");
}

#[test]
fn values_stand_where_the_definition_says() {
    let paths = json!({"token": {"response": {
        "access_token": "data.token", "refresh_token": "data.renew", "expires_in": "data.ttl",
    }}});
    let body = "200\n\n{\"data\":{\"token\":\"a\",\"renew\":\"r\",\"ttl\":60}}";
    assert_eq!(shown(paths.clone(), body), "access=a refresh=r left=60s scope=-");
    let standard = "200\n\n{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":60}";
    assert_eq!(shown(paths, standard), "access=a refresh=r left=60s scope=-");
}

#[test]
fn the_fallback_object_counts_when_the_top_level_has_no_token() {
    let slack = json!({"token": {"response": {"fallback_object": "authed_user", "ok_flag": true}}});
    let user = r#"{"access_token":"u","refresh_token":"ur","expires_in":60,"scope":"s"}"#;
    let user_only = format!("200\n\n{{\"ok\":true,\"authed_user\":{user}}}");
    assert_eq!(shown(slack.clone(), &user_only), "access=u refresh=ur left=60s scope=s");
    let both = format!("200\n\n{{\"ok\":true,\"access_token\":\"b\",\"authed_user\":{user}}}");
    assert_eq!(shown(slack, &both), "access=b refresh=- left=- scope=-");
}

#[test]
fn a_false_flag_is_a_refusal() {
    let slack = json!({"token": {"response": {"ok_flag": true}}});
    let refused =
        "invalid_client_id | the token endpoint refused with status 200: invalid_client_id | final: false";
    assert_eq!(shown(slack.clone(), "200\n\n{\"ok\":false,\"error\":\"invalid_client_id\"}"), refused);
    let gone = "token_revoked | the grant is gone: token_revoked | final: true";
    assert_eq!(shown(slack.clone(), "200\n\n{\"ok\":false,\"error\":\"token_revoked\"}"), gone);
    let silent = "not_ok | the token endpoint refused with status 200: not_ok | final: false";
    assert_eq!(shown(slack, "200\n\n{\"ok\":false,\"access_token\":\"a\"}"), silent);
}

#[test]
fn the_lifetime_of_the_definition_counts_when_the_answer_has_none() {
    let assumed = json!({"token": {"lifetime_s": 3600}});
    let table = [
        (r#"{"access_token":"a"}"#, "3600s"),
        (r#"{"access_token":"a","expires_in":"never"}"#, "3600s"),
        (r#"{"access_token":"a","expires_in":-1}"#, "3600s"),
        (r#"{"access_token":"a","expires_in":0}"#, "0s"),
        (r#"{"access_token":"a","expires_in":60}"#, "60s"),
    ];
    for (body, left) in table {
        let expected = format!("access=a refresh=- left={left} scope=-");
        assert_eq!(shown(assumed.clone(), &format!("200\n\n{body}")), expected, "{body}");
    }
}

#[test]
fn the_usual_lifetime_of_the_catalog_is_not_taken_for_an_answer() {
    let changes = json!({"lifecycle": {"access_token_s": 3600}});
    assert_eq!(shown(changes, "200\n\n{\"access_token\":\"a\"}"), "access=a refresh=- left=- scope=-");
}

fn odd_value() -> impl Strategy<Value = Value> {
    let single = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    single.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..3)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

fn outcome(status: u16, headers: http::HeaderMap, body: Vec<u8>) -> bool {
    let status = http::StatusCode::from_u16(status).unwrap();
    let response = Response { status, headers, body: Secret::new(body) };
    let outcome = exchange::outcome(&given::provider(json!({})), &response, given::now());
    // Whatever comes, a credential has a token, and only a success gives one.
    outcome.is_err()
        || outcome.is_ok_and(|tokens| status.is_success() && !tokens.access_token.expose().is_empty())
}

proptest! {
    #[test]
    fn no_bytes_panic(body: Vec<u8>, status in 200..600_u16, is_form: bool, length in "[0-9]{1,25}") {
        let mut headers = http::HeaderMap::new();
        headers.insert("retry-after", length.parse().unwrap());
        if is_form {
            headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        } else {
            headers.insert("content-length", length.parse().unwrap());
        }
        prop_assert!(outcome(status, headers, body));
    }

    #[test]
    fn no_odd_values_panic(
        access in odd_value(), refresh in odd_value(), lifetime in odd_value(), end in odd_value(),
        scope in odd_value(), error in odd_value(), status in 200..600_u16,
    ) {
        let body = json!({
            "access_token": access, "refresh_token": refresh, "expires_in": lifetime, "expires_at": end,
            "scope": scope, "error": error,
        });
        prop_assert!(outcome(status, http::HeaderMap::new(), body.to_string().into_bytes()));
    }
}
