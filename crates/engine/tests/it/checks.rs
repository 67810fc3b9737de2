//! Checks of a credential in all the forms that providers have.

use engine::{Error, Refusal, Rule, Submitted};
use serde_json::json;
use testkit::World;

use crate::fixtures::{integration_key, key_of, listed, refused, set_up, submitted};
use crate::own::{agreed, own, state_in, tokens};
use crate::stub::{Answer, Stub, connected, each_world_with, json as answer};
use crate::vendor::{self, Asked};

const KEY: &str = "6f1c1d0e-0f7e-4f6a-9c55-0123456789ab";

/// What the end user is told of a credential that the provider does not take.
async fn told(world: &World, integration: &str, values: &[(&str, &str)]) -> String {
    let integration = integration_key(integration);
    let outcome: Result<Submitted, Error> =
        submitted(world, &world.session().await, &integration, values).await;
    let Error::Refused(Refusal { rule: Rule::CredentialRejected, message }) = refused(outcome) else {
        panic!("the provider does not accept it")
    };
    assert!(listed(world).await.is_empty(), "nothing was stored");
    message
}

#[tokio::test]
async fn a_second_address_is_tried_while_the_first_refuses() {
    let stub = Stub::playing(|asked, _| match (asked.path(), asked.header("authorization")) {
        ("/v3/self", "Bearer new-key") => answer(200, &json!({})),
        _ => answer(401, &json!({"detail": "unknown key"})),
    })
    .await;
    let devin = stub.provider("devin", &["api.devin.ai"]);
    each_world_with(vec![devin], async |world| {
        key_of(set_up(&world, "devin", "dv", &[]).await);
        assert!(told(&world, "dv", &[("apiKey", "other-key")]).await.ends_with("(status 401): unknown key"));
        connected(&world, "dv", &[("apiKey", "new-key")]).await;
    })
    .await;
}

#[tokio::test]
async fn an_error_inside_a_success_is_a_refusal_in_the_words_of_the_provider() {
    let stub = Stub::playing(|asked, _| {
        assert_eq!(asked.json(), json!({"query": "{ Orders { id } }"}));
        answer(200, &json!({"errors": [{"message": format!("no access with {KEY}")}]}))
    })
    .await;
    let skio = stub.provider("skio", &["graphql.skio.com"]);
    each_world_with(vec![skio], async |world| {
        key_of(set_up(&world, "skio", "sk", &[]).await);
        let message = told(&world, "sk", &[("apiKey", KEY)]).await;
        assert!(message.ends_with("no access with [hidden]"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn a_soap_fault_is_told_in_its_own_words() {
    let stub = Stub::playing(|asked, _| {
        assert!(asked.body.contains("<password>p&amp;w&lt;</password>"), "values are escaped: {}", asked.body);
        let fault = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault>\
                     <faultcode>105</faultcode><faultstring>Login failed</faultstring></s:Fault></s:Body></s:Envelope>";
        Answer(200, "content-type: text/xml\r\n", fault.to_owned())
    })
    .await;
    let mut text =
        serde_json::to_value(stub.provider("vantage-apparel", &["brandedpromoapparel.com"])).expect("JSON");
    let body = "<login><user>{credential.username}</user><password>{credential.password}</password></login>";
    text["verify"] = json!({
        "url": "/Orders.asmx", "body": {"xml": body}, "reject": {"contains": "<faultcode>105</faultcode>"},
    });
    let provider = serde_json::from_value(text).expect("a provider");
    each_world_with(vec![provider], async |world| {
        key_of(set_up(&world, "vantage-apparel", "va", &[]).await);
        let message = told(&world, "va", &[("username", "ada"), ("password", "p&w<")]).await;
        assert!(message.ends_with("Login failed"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn what_the_provider_does_not_take_leaves_a_trail() {
    let stub = Stub::playing(|_, _| answer(401, &json!({}))).await;
    let devin = stub.provider("devin", &["api.devin.ai"]);
    each_world_with(vec![devin], async |world| {
        key_of(set_up(&world, "devin", "dv", &[]).await);
        told(&world, "dv", &[("apiKey", "other-key")]).await;
        let entries = crate::fixtures::audit(&world).await;
        let failed = entries.iter().find(|entry| entry.action == "connection.authorization_failed");
        let failed = failed.expect("an entry");
        assert_eq!((failed.subject.as_str(), failed.detail.as_deref()), ("dv", Some("credential_rejected")));
    })
    .await;
}

const AFTER_A_REDIRECT: &str = r#"
[authorization]
url = "{integration.root}/authorize"
[token]
url = "{integration.root}/token"
[api]
base_url = "{integration.root}"
auth = "bearer"
[verify]
url = "/me"
"#;

#[tokio::test]
async fn a_token_that_its_own_provider_refuses_is_not_stored() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/token" => vendor::Answer::json(200, &tokens("fresh-token")),
        "/me" => vendor::Answer::json(403, &json!({"message": "fresh-token belongs to a closed account"})),
        _ => vendor::Answer::nothing(),
    };
    own(AFTER_A_REDIRECT, script, async |world, vendor, integration| {
        let failure = agreed(&world, &integration, state_in).await.expect_err("it is refused");
        let said = failure.provider_said.unwrap_or_default();
        assert!(said.contains("closed account") && !said.contains("fresh-token"), "{said}");
        assert!(failure.retry);
        assert_eq!(vendor.asked("/me")[0].header("authorization"), "Bearer fresh-token");
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_token_that_cannot_be_checked_just_then_is_kept() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/token" => vendor::Answer::json(200, &tokens("fresh-token")),
        "/me" => vendor::Answer::json(503, &json!({})),
        _ => vendor::Answer::nothing(),
    };
    own(AFTER_A_REDIRECT, script, async |world, _vendor, integration| {
        agreed(&world, &integration, state_in).await.unwrap_or_else(|failure| panic!("kept: {failure:?}"));
        assert_eq!(listed(&world).await.len(), 1);
    })
    .await;
}
