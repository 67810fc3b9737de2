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

#[tokio::test]
async fn a_provider_links_to_its_guide_and_the_guide_holds_our_callback_url() {
    each(|api| async move {
        let salesforce = api.get("/providers/salesforce").await.ok();
        let address = "http://127.0.0.1:3003/v1/providers/salesforce/guide";
        assert_eq!(salesforce["data"]["guide_url"], address);
        let guide = api.get("/v1/providers/salesforce/guide").await.ok();
        let guide = &guide["data"];
        assert_eq!(guide["provider"], "salesforce");
        assert_eq!(guide["callback_url"], "http://127.0.0.1:3003/oauth/callback");
        let [markdown, html] =
            ["markdown", "html"].map(|form| guide["operators"][form].as_str().expect("a text"));
        assert!(markdown.starts_with("1. ") && markdown.contains("`http://127.0.0.1:3003/oauth/callback`"));
        assert!(html.starts_with("<ol>\n<li>"), "{html}");
        assert!(html.contains("<code>http://127.0.0.1:3003/oauth/callback</code>"), "{html}");
        assert!(html.contains("target=\"_blank\" rel=\"noopener noreferrer\">"), "{html}");
        assert!(
            guide["end_users"]["html"]
                .as_str()
                .is_some_and(|html| html.contains("<strong>My Domain</strong>"))
        );
        assert!(!guide.to_string().contains("{callback_url}"));
    })
    .await;
}

#[tokio::test]
async fn a_provider_without_a_guide_says_so_and_one_of_a_family_has_that_of_its_head() {
    each(|api| async move {
        let plain = api.get("/providers/api-key-generic").await.ok();
        assert_eq!(plain["data"].get("guide_url"), None);
        for missing in ["api-key-generic", "no-such"] {
            let answer = api.get(&format!("/v1/providers/{missing}/guide")).await;
            assert_eq!(answer.refusal(), (404, "not_found"), "{missing}");
        }
        let bad = api.get("/v1/providers/github/guide?x=1").await;
        assert_eq!(bad.refusal(), (400, "invalid_query_params"));
        let contacts = api.get("/v1/providers/google-contacts/guide").await.ok();
        let google = api.get("/v1/providers/google/guide").await.ok();
        assert_eq!(contacts["data"]["provider"], "google-contacts");
        assert_eq!(contacts["data"]["operators"], google["data"]["operators"]);
    })
    .await;
}

#[tokio::test]
async fn scopes_are_found_by_a_part_of_their_name_in_any_case() {
    each(|api| async move {
        let found = api.get("/v1/providers/microsoft/scopes?search=MAIL.s").await.ok();
        assert_eq!(
            found["data"],
            serde_json::json!([{ "name": "Mail.Send", "required": false, "default": false }])
        );
        let all = api.get("/v1/providers/microsoft/scopes").await.ok();
        assert_eq!(all["data"][0]["name"], "offline_access");
        assert_eq!(all["data"][0]["required"], true);
        let link =
            api.get("/v1/providers/google/scopes?search=https://www.googleapis.com/auth/drive.f").await.ok();
        assert_eq!(link["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(api.get("/v1/providers/api-key-generic/scopes").await.ok()["data"], serde_json::json!([]));
        assert_eq!(api.get("/v1/providers/no-such/scopes").await.refusal(), (404, "not_found"));
        assert_eq!(api.get("/v1/providers/github/scopes?q=x").await.refusal(), (400, "invalid_query_params"));
    })
    .await;
}
