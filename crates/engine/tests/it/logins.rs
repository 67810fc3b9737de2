//! Logins and sessions: what is entered becomes a token by calls of the vendor's own making.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::{Error, Rule};
use serde_json::json;

use crate::fixtures::{
    EXPIRED, MINUTE, audit, events, failing, key_of, listed, receive_events, refused, set_up, submitted,
    succeeded,
};
use crate::stub::{Stub, connected, each_world_with, json as answer, minted, signing_key};

#[tokio::test]
async fn a_login_of_several_calls_is_connected_renewed_and_handed_out() {
    let stub = Stub::playing(|asked, before| match asked.path() {
        "/DocuWare/Platform/Home/IdentityServiceInfo" => {
            let host = asked.header("host");
            answer(200, &json!({"IdentityServiceUrl": format!("http://{host}/identity")}))
        }
        "/identity/.well-known/openid-configuration" => {
            let host = asked.header("host");
            answer(200, &json!({"token_endpoint": format!("http://{host}/token")}))
        }
        "/token" if asked.form()["password"] == "p w" => {
            answer(200, &json!({"access_token": format!("t{before}"), "expires_in": 3600}))
        }
        _ => answer(400, &json!({"error": "invalid_grant", "error_description": "wrong password p w!"})),
    })
    .await;
    let docuware = stub.provider("docuware", &[]);
    let (stub, host) = (&stub, stub.host.as_str());
    each_world_with(vec![docuware], async |world| {
        key_of(set_up(&world, "docuware", "dw", &[]).await);
        let before = stub.count("/token");
        let values = [("domain", host), ("username", "ada"), ("password", "p w")];
        let connection = connected(&world, "dw", &values).await;
        assert_eq!(connection.token(&world).await, format!("t{before}"));
        world.advance(EXPIRED);
        let read = succeeded(connection.read(&world).await);
        assert_eq!(minted(&read).tokens.access_token.expose(), &format!("t{}", before + 1));
        assert_eq!(minted(&read).entered["username"].expose(), "ada");
        assert!(connection.stored(&world).await.refreshable);
        assert!(!connection.stored(&world).await.config.contains_key("password"), "it is sealed");
    })
    .await;
}

#[tokio::test]
async fn a_refused_login_comes_back_to_the_form_without_the_password() {
    let stub = Stub::playing(|asked, _| {
        answer(401, &json!({"message": format!("no such sign-in: {}", asked.body)}))
    })
    .await;
    let provider = stub.provider("agencyzoom", &["api.agencyzoom.com"]);
    each_world_with(vec![provider], async |world| {
        let integration = key_of(set_up(&world, "agencyzoom", "az", &[]).await);
        let values = [("username", "ada"), ("password", "hunter2-hunter2")];
        let error = refused(submitted(&world, &world.session().await, &integration, &values).await);
        let Error::Refused(refusal) = error else { panic!("a rule forbids it, not: {error}") };
        assert_eq!(refusal.rule, Rule::CredentialRejected);
        assert!(refusal.message.contains("no such sign-in"), "{}", refusal.message);
        assert!(!refusal.message.contains("hunter2-hunter2"), "{}", refusal.message);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_of_a_login_is_used_and_replaced() {
    let stub = Stub::playing(|asked, before| match asked.path() {
        "/Authorization" => answer(200, &json!({"Token": "t0", "RefreshToken": "r0", "expires_in": 600})),
        "/Authorization/RefreshToken" => {
            assert_eq!(asked.json(), json!({"RefreshToken": format!("r{}", before % 2)}));
            let next = format!("r{}", (before + 1) % 2);
            answer(200, &json!({"Token": format!("n{before}"), "RefreshToken": next, "expires_in": 600}))
        }
        _ => answer(404, &json!({})),
    })
    .await;
    let mut text = serde_json::to_value(stub.provider("aspire", &[])).expect("JSON");
    // The entry knows two hosts of the vendor; here the only one is the test's.
    text["inputs"]["connection"][0]["enum"] = json!([stub.host]);
    let aspire = serde_json::from_value(text).expect("a provider");
    let (stub, host) = (&stub, stub.host.as_str());
    each_world_with(vec![aspire], async |world| {
        key_of(set_up(&world, "aspire", "as", &[]).await);
        let id = "6f1c1d0e-0f7e-4f6a-9c55-0123456789ab";
        let values = [("domain", host), ("clientId", id), ("secret", "abcdefghijklmnopqrstuvwxyz012345")];
        let connection = connected(&world, "as", &values).await;
        let logins = stub.count("/Authorization");
        for _ in 0..2 {
            world.advance(EXPIRED);
            assert!(connection.token(&world).await.starts_with('n'));
        }
        assert_eq!(stub.count("/Authorization"), logins, "the login itself is not repeated");
    })
    .await;
}

#[tokio::test]
async fn what_is_entered_once_is_never_stored_and_its_assertion_is() {
    let stub = Stub::playing(|asked, before| {
        assert!(asked.form()["client_assertion"].split('.').count() == 3);
        answer(200, &json!({"access_token": format!("t{before}"), "expires_in": 3600}))
    })
    .await;
    let apple = stub.provider("apple-business-manager", &["account.apple.com"]);
    let key = signing_key();
    each_world_with(vec![apple], async |world| {
        let integration = key_of(set_up(&world, "apple-business-manager", "abm", &[]).await);
        let form = world.engine.form(&world.session().await, &integration).await.expect("a form");
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["clientId", "keyId", "privateKey"]);
        let values = [("clientId", "BUSINESSAPI.1"), ("keyId", "k1"), ("privateKey", key.as_str())];
        let connection = connected(&world, "abm", &values).await;
        let read = succeeded(connection.read(&world).await);
        let minted = minted(&read);
        assert_eq!(minted.entered.keys().collect::<Vec<_>>(), ["client_id", "key_id"]);
        let assertion = minted.jwt.as_ref().expect("the assertion is kept").text.expose().clone();
        world.advance(EXPIRED);
        let again = succeeded(connection.read(&world).await);
        let kept = crate::stub::minted(&again).jwt.as_ref().expect("the assertion is kept");
        assert_eq!(*kept.text.expose(), assertion, "it cannot be made again");
        // Half a year later it has ended.
        world.advance(Duration::from_hours(24 * 200));
        let upstream = failing(connection.read(&world).await);
        assert_eq!(upstream.code, "assertion_ended");
        assert!(connection.stored(&world).await.refresh.needs_reauth);
    })
    .await;
}

#[tokio::test]
async fn a_password_that_was_changed_does_not_lock_the_account() {
    let is_changed = Arc::new(AtomicBool::new(false));
    let known = Arc::clone(&is_changed);
    let stub = Stub::playing(move |_, _| {
        if known.load(Ordering::SeqCst) {
            return answer(401, &json!({"message": "wrong password"}));
        }
        answer(200, &json!({"jwt": "t0", "expires_in": 60}))
    })
    .await;
    let provider = stub.provider("agencyzoom", &["api.agencyzoom.com"]);
    let stub = &stub;
    each_world_with(vec![provider], async |world| {
        is_changed.store(false, Ordering::SeqCst);
        key_of(set_up(&world, "agencyzoom", "az", &[]).await);
        let connection = connected(&world, "az", &[("username", "ada"), ("password", "old")]).await;
        is_changed.store(true, Ordering::SeqCst);
        let before = stub.count("/v1/api/auth/login");
        for _ in 0..8 {
            world.advance(EXPIRED);
            connection.failure(&world).await;
        }
        assert_eq!(stub.count("/v1/api/auth/login") - before, 5, "five refusals are enough");
        assert!(connection.stored(&world).await.refresh.needs_reauth);
    })
    .await;
}

#[tokio::test]
async fn a_session_is_opened_with_the_fields_of_its_scheme() {
    let stub = Stub::playing(|asked, before| {
        if asked.json()["devKey"] == "dk-123456" && asked.json()["organizationId"] == "008" {
            return answer(200, &json!({"sessionId": format!("s{before}"), "userId": "u7"}));
        }
        answer(400, &json!([{"message": "bad"}]))
    })
    .await;
    let bill = stub.provider("bill", &["gateway.prod.bill.com"]);
    let stub = &stub;
    each_world_with(vec![bill], async |world| {
        key_of(set_up(&world, "bill", "bill", &[]).await);
        let first = stub.count("/connect/v3/login");
        let values =
            [("username", "ada"), ("password", "pw"), ("organization_id", "008"), ("dev_key", "dk-123456")];
        let connection = connected(&world, "bill", &values).await;
        let stored = connection.stored(&world).await;
        assert_eq!(stored.config["userId"], "u7", "the answer's captures are kept");
        world.advance(35 * MINUTE);
        assert_eq!(connection.token(&world).await, format!("s{}", first + 1));
    })
    .await;
}

#[tokio::test]
async fn events_tell_of_connections_made_by_a_form() {
    let stub = Stub::playing(|_, _| answer(200, &json!({"jwt": "t0"}))).await;
    let provider = stub.provider("agencyzoom", &["api.agencyzoom.com"]);
    each_world_with(vec![provider], async |world| {
        receive_events(&world).await;
        key_of(set_up(&world, "agencyzoom", "az", &[]).await);
        connected(&world, "az", &[("username", "ada"), ("password", "hunter2-hunter2")]).await;
        let told = events(&world).await;
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["authMode"], &told[0]["success"]), (&json!("TWO_STEP"), &json!(true)));
        let trail = format!("{:?}{told:?}", audit(&world).await);
        assert!(!trail.contains("hunter2-hunter2"), "no trace repeats what was entered");
    })
    .await;
}
