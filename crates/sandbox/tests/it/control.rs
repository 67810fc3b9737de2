//! The controls by request, as scripts and browsers use them.

use serde_json::{Value, json};

use crate::client::{Answer, get, send};
use crate::scene::{Scene, scene, text};

async fn switch_on(scene: &Scene, fault: Value) -> Answer {
    let headers = [("content-type", "application/json")];
    send(&scene.at("/_faults"), "POST", &headers, &fault.to_string()).await.expect("an answer")
}

#[tokio::test]
async fn a_fault_is_switched_on_listed_and_switched_off_by_request() {
    let scene = scene().await;
    let fault = json!({"endpoint": "token", "fault": "status", "status": 500, "times": 2});
    assert_eq!(switch_on(&scene, fault.clone()).await.json(), json!({ "active": [fault] }));
    assert_eq!(scene.refresh("any").await.status, 500);
    assert_eq!(send(&scene.at("/_faults"), "DELETE", &[], "").await.expect("an answer").status, 204);
    assert_eq!(get(&scene.at("/_faults"), &[]).await.json(), json!({ "active": [] }));
    assert_eq!(scene.refresh("any").await.status, 400);
}

#[tokio::test]
async fn every_fault_can_be_switched_on_by_request() {
    let scene = scene().await;
    for fault in [
        json!({"fault": "status", "status": 429, "retry_after": "5"}),
        json!({"fault": "redirect", "location": "http://elsewhere.example/"}),
        json!({"fault": "garbage", "body": "<"}),
        json!({"fault": "slow", "millis": 1}),
        json!({"fault": "never"}),
        json!({"fault": "lost"}),
        json!({"fault": "truncate", "bytes": 3}),
        json!({"fault": "missing_refresh_token"}),
        json!({"fault": "no_expiry"}),
        json!({"fault": "expires_in", "value": "soon"}),
        json!({"fault": "partial_consent"}),
        json!({"fault": "wrong_iss"}),
        json!({"fault": "omit_iss"}),
        json!({"fault": "expire_now"}),
        json!({"fault": "revoke_all"}),
    ] {
        assert_eq!(switch_on(&scene, fault.clone()).await.status, 200, "{fault}");
    }
}

#[tokio::test]
async fn an_unknown_fault_is_refused_with_the_reason() {
    let answer = switch_on(&scene().await, json!({"fault": "explode"})).await;
    assert_eq!(answer.status, 400);
    assert!(text(&answer.json()["error"]).contains("explode"));
}

#[tokio::test]
async fn a_form_of_another_site_cannot_switch_faults() {
    let scene = scene().await;
    let headers = [("content-type", "text/plain")];
    let answer = send(&scene.at("/_faults"), "POST", &headers, "{\"fault\":\"never\"}").await;
    assert_eq!(answer.expect("an answer").status, 415);
}

#[tokio::test]
async fn requests_are_recorded_with_their_parameters_even_when_they_meet_a_fault() {
    let scene = scene().await;
    scene.sandbox.fail(sandbox::Endpoint::Token, sandbox::Fault::status(500), Some(1));
    scene.refresh("spent").await;
    scene.me(&"any".into()).await;
    let recorded = scene.sandbox.requests("/token");
    assert_eq!(recorded.len(), 1);
    assert_eq!((recorded[0].method.as_str(), recorded[0].form["refresh_token"].as_str()), ("POST", "spent"));

    let by_request = get(&scene.at("/_requests?path=/token"), &[]).await.json();
    assert_eq!(by_request[0]["form"]["grant_type"], "refresh_token");
    assert_eq!(get(&scene.at("/_requests"), &[]).await.json().as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn recorded_requests_can_be_forgotten() {
    let scene = scene().await;
    scene.refresh("any").await;
    assert_eq!(send(&scene.at("/_requests"), "DELETE", &[], "").await.expect("an answer").status, 204);
    assert!(scene.sandbox.requests("/token").is_empty());
}
