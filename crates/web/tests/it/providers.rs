//! What can be connected.

use http::{Method, StatusCode};

use crate::api::each;

#[tokio::test]
async fn providers_are_listed_in_alphabetical_order() {
    each(|api| async move {
        let all = api.get("/providers").await.ok();
        let names: Vec<_> =
            all["data"].as_array().expect("an array").iter().map(|p| p["name"].to_string()).collect();
        assert!(names.len() > 20 && names.is_sorted());
    })
    .await;
}

#[tokio::test]
async fn a_search_looks_at_slug_and_name_in_any_case() {
    each(|api| async move {
        let found = api.get("/providers?search=GitH").await.ok();
        assert_eq!(found["data"][0]["name"], "github");
        assert_eq!(api.get("/providers?search=no-such-provider").await.ok()["data"], serde_json::json!([]));
        for bad in
            ["/providers?search=", "/providers?search=a&search=b", "/providers?q=a", "/providers/github?x=1"]
        {
            assert_eq!(api.get(bad).await.refusal(), (400, "invalid_query_params"), "{bad}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_provider_has_a_picture_on_this_server() {
    each(|api| async move {
        let github = api.get("/providers/github").await.ok();
        assert_eq!(github["data"]["logo_url"], "http://127.0.0.1:3003/images/template-logos/github.svg");
        assert_eq!(api.get("/providers/no-such").await.refusal(), (404, "not_found"));
        assert_eq!(api.get("/providers/a%20b").await.refusal(), (400, "invalid_uri_params"));
    })
    .await;
}

#[tokio::test]
async fn a_connect_session_may_read_providers() {
    each(|api| async move {
        let body = serde_json::json!({ "end_user": { "id": "u" } });
        let session = api.post("/connect/sessions", body).await.ok();
        let token = session["data"]["token"].as_str().expect("a token");
        assert_eq!(api.call_as(token, Method::GET, "/providers", None).await.status, StatusCode::OK);
    })
    .await;
}
