//! What surrounds every endpoint.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::api::{Answer, Api, each};

async fn post_text(api: &Api, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::post("/integrations");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    // No key on purpose: what is tested here comes before authentication.
    api.send(request.body(body.into()).expect("a request")).await
}

#[tokio::test]
async fn a_wrong_content_type_is_refused_before_authentication() {
    each(|api| async move {
        for content_type in
            ["text/plain", "Application/JSON", "application/x-www-form-urlencoded", "application/jsonfoo"]
        {
            let answer = post_text(&api, Some(content_type), "{}").await;
            assert_eq!(answer.refusal(), (415, "invalid_content_type"), "{content_type}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_before_authentication() {
    each(|api| async move {
        let deep = "[".repeat(200_000);
        for body in ["{", "null", "1", "\"a\"", deep.as_str()] {
            let answer = post_text(&api, Some("application/json"), body.to_owned()).await;
            assert_eq!(answer.refusal(), (400, "invalid_json"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_above_a_mebibyte_is_refused() {
    each(|api| async move {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024));
        let answer = post_text(&api, Some("application/json"), large).await;
        assert_eq!(answer.refusal(), (413, "request_too_large"));
    })
    .await;
}

#[tokio::test]
async fn no_body_declared_as_json_counts_as_an_empty_object() {
    each(|api| async move {
        let declared = Request::builder().header("content-type", "application/json");
        let with_key = |builder: http::request::Builder| builder.header("authorization", &api.world.api_key);
        let patch = with_key(declared.method(Method::PATCH).uri("/v1/webhooks"));
        assert_eq!(api.send(patch.body(Body::empty()).expect("a request")).await.status, StatusCode::OK);
        let absent = with_key(Request::builder().method(Method::PATCH).uri("/v1/webhooks"));
        let answer = api.send(absent.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.issues(), ["invalid_type at "]);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_path_is_a_json_404() {
    each(|api| async move {
        for path in ["/nope", "/connections/a/b", "/connections/", "/api/v1"] {
            let answer = api.call(Method::PUT, path, None).await;
            let expected =
                if path == "/connections/" { (405, "method_not_allowed") } else { (404, "not_found") };
            assert_eq!(answer.refusal(), expected, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_method_names_the_possible_ones() {
    each(|api| async move {
        let answer = api.call(Method::PUT, "/integrations", None).await;
        assert_eq!(answer.refusal(), (405, "method_not_allowed"));
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET") && allow.contains("POST")));
    })
    .await;
}

#[tokio::test]
async fn a_slash_at_the_end_is_forgiven() {
    each(|api| async move {
        assert_eq!(api.get("/integrations/").await.status, StatusCode::OK);
        assert_eq!(api.get("/connections/?limit=1").await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn browsers_of_other_origins_may_ask() {
    each(|api| async move {
        let preflight = Request::options("/connect/session")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "GET");
        let answer = api.send(preflight.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(
            answer
                .header("access-control-allow-headers")
                .is_some_and(|headers| headers.contains("Authorization"))
        );
        let from_a_page = Request::get("/providers").header("origin", "https://app.example");
        let answer = api.send(from_a_page.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("access-control-expose-headers").is_some());
        // Servers send no origin and need no permission.
        assert_eq!(api.get("/providers").await.header("access-control-allow-origin"), None);
    })
    .await;
}

#[tokio::test]
async fn every_answer_is_private_and_has_a_name() {
    each(|api| async move {
        for path in ["/integrations", "/nope", "/health"] {
            let answer = api.get(path).await;
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_harmless_request_id_is_kept_and_another_replaced() {
    each(|api| async move {
        for (given, kept) in [("trace-1", true), ("a b", false)] {
            let request = Request::get("/health").header("x-request-id", given);
            let answer = api.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.header("x-request-id") == Some(given), kept, "{given}");
        }
    })
    .await;
}

#[tokio::test]
async fn health_needs_no_key() {
    each(|api| async move {
        for path in ["/health", "/ready"] {
            let answer = api.send(Request::get(path).body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.ok(), json!({ "result": "ok" }));
        }
    })
    .await;
}

#[tokio::test]
async fn a_stopped_store_is_not_ready() {
    each(|api| async move {
        api.world.store.close().await;
        let ready = api.get("/ready").await;
        assert_eq!(ready.refusal(), (503, "unavailable"));
        assert_eq!(ready.header("retry-after"), Some("1"));
    })
    .await;
}
