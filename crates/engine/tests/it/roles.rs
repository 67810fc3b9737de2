//! Roles of AWS: assumed with an external id of ours, tried, and assumed again.

use engine::{Rule, Scheme, Submitted};
use model::integration::State;
use serde_json::json;
use testkit::World;

use crate::fixtures::{EXPIRED, Established, key_of, listed, rule, set_up, submitted, succeeded};
use crate::reconnect::reconnecting;
use crate::stub::{Answer, Stub, connected, each_world_with, json as answer};

const ROLE: &str = "arn:aws:iam::123456789012:role/Reader";

fn sts(asked: &crate::stub::Asked) -> Answer {
    if asked.path() == "/assume" {
        let keys = json!({
            "access_key_id": "ASIA1", "secret_access_key": "sk-123456", "session_token": "st-123456",
        });
        return answer(200, &json!({ "credentials": keys }));
    }
    assert!(asked.header("authorization").contains("Credential=ASIA1/"), "it asks with the new keys");
    let arn = "arn:aws:sts::123456789012:assumed-role/Reader/claviger-1";
    answer(200, &json!({"GetCallerIdentityResponse": {"GetCallerIdentityResult": {"Arn": arn}}}))
}

async fn aws(world: &World, stub: &Stub) {
    let endpoint = format!("http://{}/assume", stub.host);
    let config = [
        ("service", "dynamodb"),
        ("defaultRegion", "us-east-1"),
        ("stsMode", "custom"),
        ("stsEndpointUrl", endpoint.as_str()),
    ];
    key_of(set_up(world, "aws-sigv4", "aws", &config).await);
}

fn aws_provider(stub: &Stub) -> catalog::Provider {
    let mut text = serde_json::to_value(stub.provider("aws-sigv4", &[])).expect("JSON");
    text["aws"]["sts_url"] = json!(format!("http://{}/", stub.host));
    serde_json::from_value(text).expect("a provider")
}

#[tokio::test]
async fn an_external_id_is_stored_before_it_is_shown_and_cannot_be_chosen() {
    let stub = Stub::playing(|asked, _| sts(asked)).await;
    let provider = aws_provider(&stub);
    let stub = &stub;
    each_world_with(vec![provider], async |world| {
        aws(&world, stub).await;
        let (session, key) = (world.session().await, crate::fixtures::integration_key("aws"));
        let form = world.engine.form(&session, &key).await.expect("a form");
        assert_eq!(form.scheme, Scheme::Role);
        let shown = form.shown[0].value.clone();
        let again = world.engine.form(&session, &key).await.expect("a form");
        assert_eq!(again.shown[0].value, shown, "the page may be loaded again");
        let other = world.engine.form(&world.session().await, &key).await.expect("a form");
        assert_ne!(other.shown[0].value, shown, "each session has its own");
        let values = [("role_arn", ROLE), ("region", "eu-west-1"), ("external_id", "chosen")];
        let Ok(Submitted::Connected(connected)) = submitted(&world, &session, &key, &values).await else {
            panic!("it is connected")
        };
        let asked = stub.asked().into_iter().rfind(|asked| asked.path() == "/assume").expect("a call");
        assert_eq!(asked.json()["external_id"], shown.as_str());
        let connection = Established { integration: key.clone(), key: connected.connection };
        let stored = connection.stored(&world).await;
        let expected = json!({
            "external_id": shown, "region": "eu-west-1", "role_arn": ROLE, "service": "dynamodb",
        });
        assert_eq!(serde_json::Value::Object(stored.config), expected);
        let calls = stub.count("/assume");
        world.advance(EXPIRED);
        succeeded(connection.read(&world).await);
        assert_eq!(stub.count("/assume"), calls + 1, "the role is assumed again");
        let asked = stub.asked().into_iter().rfind(|asked| asked.path() == "/assume").expect("a call");
        assert_eq!(asked.json()["external_id"], expected["external_id"]);
    })
    .await;
}

#[tokio::test]
async fn keys_of_another_role_are_not_saved() {
    let stub = Stub::playing(|asked, _| sts(asked)).await;
    let provider = aws_provider(&stub);
    let stub = &stub;
    each_world_with(vec![provider], async |world| {
        aws(&world, stub).await;
        let key = crate::fixtures::integration_key("aws");
        let values = [("role_arn", "arn:aws:iam::123456789012:role/Writer")];
        let outcome = submitted(&world, &world.session().await, &key, &values).await;
        assert_eq!(rule(outcome), Rule::CredentialRejected);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_connected_again_keeps_its_external_id_and_region() {
    let stub = Stub::playing(|asked, _| sts(asked)).await;
    let provider = aws_provider(&stub);
    let stub = &stub;
    each_world_with(vec![provider], async |world| {
        aws(&world, stub).await;
        let values = [("role_arn", ROLE), ("region", "eu-west-1")];
        let connection = connected(&world, "aws", &values).await;
        let before = connection.stored(&world).await;
        let session = reconnecting(&world, &connection).await;
        let form = world.engine.form(&session, &connection.integration).await.expect("a form");
        assert_eq!(
            form.shown[0].value.as_str(),
            before.config["external_id"],
            "the role need not be changed"
        );
        let values = [("role_arn", ROLE), ("region", "us-east-1")];
        let outcome = submitted(&world, &session, &connection.integration, &values).await;
        assert!(matches!(outcome, Ok(Submitted::Connected(_))));
        assert_eq!(connection.stored(&world).await.config, before.config);
    })
    .await;
}

#[tokio::test]
async fn an_integration_lacks_only_what_its_kind_of_endpoint_needs() {
    let world_of = async |world: World| {
        let missing = async |key: &str, config: &[(&str, &str)]| {
            let made = set_up(&world, "aws-sigv4", key, config).await;
            match made.unwrap_or_else(|error| panic!("it is made: {error}")).state {
                State::Configured => Vec::new(),
                State::Draft(missing) => missing,
            }
        };
        let service = ("service", "s3");
        let keys = ["integration_config.awsAccessKeyId", "integration_config.awsSecretAccessKey"];
        assert_eq!(missing("own", &[service]).await, keys);
        let custom = [service, ("stsMode", "custom")];
        assert_eq!(missing("custom", &custom).await, ["integration_config.stsEndpointUrl"]);
        let with_key = [service, ("stsMode", "custom"), ("stsAuthType", "api_key")];
        let expected = ["integration_config.stsEndpointUrl", "integration_config.stsApiKey"];
        assert_eq!(missing("with-key", &with_key).await, expected);
    };
    each_world_with(Vec::new(), world_of).await;
}
