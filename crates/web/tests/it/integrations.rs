//! Integrations.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::each;

fn github(key: &str) -> Value {
    let credentials =
        json!({ "type": "OAUTH2", "client_id": "id", "client_secret": "secret", "scopes": "repo,user" });
    json!({ "provider": "github", "unique_key": key, "credentials": credentials })
}

#[tokio::test]
async fn an_integration_is_answered_with_200_and_without_its_secret() {
    each(|api| async move {
        let answer = api.post("/integrations", github("gh")).await;
        assert_eq!(answer.status, StatusCode::OK);
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.body, { ".data.created_at" => "[time]", ".data.updated_at" => "[time]" }, @r#"
            {
              "data": {
                "unique_key": "gh",
                "provider": "github",
                "display_name": "GitHub",
                "logo": "http://127.0.0.1:3003/images/template-logos/github.svg",
                "forward_webhooks": true,
                "created_at": "[time]",
                "updated_at": "[time]",
                "state": "configured",
                "missing_fields": [],
                "callback_url": "http://127.0.0.1:3003/oauth/callback",
                "warnings": []
              }
            }
            "#);
        }
        assert!(!answer.body.to_string().contains("secret"));
    })
    .await;
}

#[tokio::test]
async fn an_integration_without_a_client_is_a_draft_that_says_what_is_missing() {
    each(|api| async move {
        let made = api.post("/integrations", json!({ "provider": "github", "unique_key": "gh" })).await.ok();
        assert_eq!(made["data"]["state"], "draft");
        assert_eq!(
            made["data"]["missing_fields"],
            json!(["credentials.client_id", "credentials.client_secret"])
        );
        let credentials = json!({ "type": "OAUTH2", "client_id": "id", "client_secret": "s" });
        let patched = api.patch("/integrations/gh", json!({ "credentials": credentials })).await.ok();
        assert_eq!(patched["data"]["state"], "configured");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_scope_is_kept_and_warned_about_where_scopes_are_known() {
    each(|api| async move {
        let with = |provider: &str, scopes: &str| {
            let credentials =
                json!({ "type": "OAUTH2", "client_id": "id", "client_secret": "secret", "scopes": scopes });
            json!({ "provider": provider, "unique_key": provider, "credentials": credentials })
        };
        let made = api.post("/integrations", with("github", "repo,Gist,telepathy")).await.ok();
        assert_eq!(
            made["data"]["warnings"],
            json!([
                "not among the known scopes of GitHub: «Gist» (is «gist» meant?), «telepathy»; check the spelling, or \
                 ignore this when the vendor has added them"
            ])
        );
        let read = api.get("/integrations/github?include=credentials").await.ok();
        assert_eq!(read["data"]["credentials"]["scopes"], "repo,Gist,telepathy");
        let credentials = json!({ "type": "OAUTH2", "scopes": "repo,gist" });
        let changed = api.patch("/integrations/github", json!({ "credentials": credentials })).await.ok();
        assert_eq!(changed["data"]["warnings"], json!([]));
        let scopes = "https://graph.microsoft.com/User.Read,.default,offline_access";
        let microsoft = api.post("/integrations", with("microsoft", scopes)).await.ok();
        assert_eq!(microsoft["data"]["warnings"], json!([]));
        // Nothing is known of the scopes of a server that the operator describes.
        let mut own = with("oauth2-generic", "anything");
        own["integration_config"] = json!({ "issuer": api.world.sandbox.url() });
        let own = api.post("/integrations", own).await.ok();
        assert_eq!(own["data"]["warnings"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn secrets_are_included_for_those_who_may_read_them() {
    each(|api| async move {
        api.post("/integrations", github("gh")).await.ok();
        let with = api.get("/integrations/gh?include=credentials&include=webhook").await.ok();
        assert_eq!(with["data"]["webhook_url"], Value::Null);
        assert!(with["data"].as_object().is_some_and(|data| data.contains_key("webhook_url")));
        let expected = json!({ "type": "OAUTH2", "client_id": "id", "client_secret": "secret", "scopes": "repo,user",
            "webhook_secret": null });
        assert_eq!(with["data"]["credentials"], expected);
        let key = api.key_with(&["environment:integrations:read"]).await;
        let without = api.call_as(&key, Method::GET, "/integrations/gh?include=credentials", None).await.ok();
        assert!(without["data"].get("credentials").is_none());
    })
    .await;
}

#[tokio::test]
async fn providers_without_a_client_of_their_own_include_null() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let shown = api.get("/integrations/ak?include=credentials").await.ok();
        assert_eq!(shown["data"].get("credentials"), Some(&Value::Null));
    })
    .await;
}

#[tokio::test]
async fn every_problem_of_a_new_integration_is_reported() {
    each(|api| async move {
        let body = json!({ "provider": 1, "unique_key": "a/b", "display_name": "", "foo": 1,
            "credentials": { "type": "OAUTH2", "client_id": "", "scopes": "a, b", "x": 1 } });
        let answer = api.post("/integrations", body).await;
        assert_eq!(answer.refusal(), (400, "invalid_body"));
        let mut issues = answer.issues();
        issues.sort_unstable();
        assert_eq!(
            issues,
            [
                "invalid_format at unique_key",
                "invalid_type at provider",
                "invalid_union at credentials.scopes",
                "too_small at credentials.client_id",
                "too_small at display_name",
                "unrecognized_keys at ",
                "unrecognized_keys at credentials",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn an_unknown_provider_and_a_taken_key_have_legacy_issues() {
    each(|api| async move {
        let unknown = api.post("/integrations", json!({ "provider": "nope", "unique_key": "a" })).await;
        assert_eq!(unknown.issues(), ["invalid_string at provider"]);
        api.post("/integrations", github("gh")).await.ok();
        let taken = api.post("/integrations", github("gh")).await;
        assert_eq!(
            (taken.refusal(), taken.issues()),
            ((400, "invalid_body"), vec!["invalid_string at uniqueKey".to_owned()])
        );
    })
    .await;
}

#[tokio::test]
async fn credentials_of_another_mode_are_refused_in_words() {
    each(|api| async move {
        let credentials = json!({ "type": "OAUTH1", "client_id": "a", "client_secret": "b" });
        let body = json!({ "provider": "github", "unique_key": "gh", "credentials": credentials });
        let answer = api.post("/integrations", body).await;
        assert_eq!(answer.refusal(), (400, "invalid_body"));
        assert!(answer.body["error"].get("errors").is_none());
        let body = json!({ "provider": "github", "unique_key": "gh", "credentials": { "type": "API_KEY" } });
        assert_eq!(api.post("/integrations", body).await.issues(), ["invalid_union at credentials.type"]);
    })
    .await;
}

#[tokio::test]
async fn an_integration_with_connections_cannot_be_renamed() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let renamed = api.patch("/integrations/ak", json!({ "unique_key": "ak2" })).await.ok();
        assert_eq!(renamed["data"]["unique_key"], "ak2");
        api.api_key_connection("ak2", "c").await;
        let answer = api.patch("/integrations/ak2", json!({ "unique_key": "ak3" })).await;
        assert_eq!(answer.refusal(), (400, "invalid_body"));
        assert!(answer.body["error"].get("errors").is_none());
    })
    .await;
}

#[tokio::test]
async fn deleting_an_integration_deletes_its_connections() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        api.api_key_connection("ak", "c").await;
        assert_eq!(api.delete("/integrations/ak").await.ok(), json!({ "success": true }));
        assert_eq!(api.delete("/integrations/ak").await.refusal(), (404, "not_found"));
        assert_eq!(api.get("/connections").await.ok()["connections"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_list_is_sorted_by_provider() {
    each(|api| async move {
        api.post("/integrations", github("z")).await.ok();
        api.api_key_integration("a").await;
        let all = api.get("/integrations").await.ok();
        let keys: Vec<_> =
            all["data"].as_array().expect("an array").iter().map(|i| i["unique_key"].clone()).collect();
        assert_eq!(keys, [json!("a"), json!("z")]);
        assert_eq!(
            api.get("/integrations?connect_session_token=x").await.refusal(),
            (400, "invalid_query_params")
        );
    })
    .await;
}

#[tokio::test]
async fn there_is_no_quickstart() {
    each(|api| async move {
        let answer =
            api.post("/integrations/quickstart", json!({ "provider": "github", "unique_key": "a" })).await;
        assert_eq!(answer.refusal(), (400, "invalid_body"));
    })
    .await;
}

#[tokio::test]
async fn an_app_is_set_up_and_shown_in_the_form_of_the_contract() {
    each(|api| async move {
        let credentials = json!({
            "type": "APP", "app_id": "7", "app_link": "https://github.com/apps/mine", "private_key": "a key\nof two lines",
        });
        let body = json!({ "provider": "github-app", "unique_key": "gh", "credentials": credentials });
        let made = api.post("/integrations", body).await.ok();
        assert_eq!(made["data"]["state"], "configured", "{made}");
        let shown = api.get("/integrations/gh?include=credentials").await.ok();
        assert_eq!(shown["data"]["credentials"], credentials);
        let plain = api.get("/integrations/gh").await.ok();
        assert_eq!(plain["data"].get("credentials"), None);
        let wrong = json!({ "provider": "github", "unique_key": "g", "credentials": credentials });
        assert!(api.post("/integrations", wrong).await.status.is_client_error());
    })
    .await;
}
