//! Servers that end users name, and the operator's say in it: the client's secret goes where they point.

use engine::{IntegrationPatch, IntegrationView, NewIntegration, Submitted, right};
use model::IntegrationKey;
use protocol::Credential;
use serde_json::json;
use testkit::{World, each_world};

use crate::fixtures::{
    FORCED, client, failing, imported, new_connection, object, submitted, succeeded, texts, tokens,
    wrong_fields,
};
use crate::stub::{Stub, each_world_with, json as answer};

async fn integration(world: &World, provider: &str, key: &str, config: &[(&str, &str)]) -> IntegrationView {
    let new = NewIntegration {
        provider: provider.to_owned(),
        key: key.to_owned(),
        credentials: Some(client("id", "secret")),
        config: texts(config),
        ..NewIntegration::default()
    };
    let made = world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await;
    made.unwrap_or_else(|error| panic!("{error}"))
}

async fn set(world: &World, integration: &IntegrationKey, name: &str, value: &str) {
    let patch = IntegrationPatch { config: texts(&[(name, value)]), ..IntegrationPatch::default() };
    let by = world.may::<right::UpdateIntegration>();
    let changed = world.engine.update_integration(&by, integration, patch).await;
    assert!(changed.is_ok());
}

#[tokio::test]
async fn the_operator_says_to_which_servers_the_client_secret_may_go() {
    each_world(async |world| {
        let open = integration(&world, "servicenow", "open", &[]).await;
        assert!(open.warnings.len() == 1 && open.warnings[0].contains("integration_config.allowed_hosts"));
        let limit = [("allowed_hosts", "acme.example.com, *.service-now.com")];
        let limited = integration(&world, "servicenow", "limited", &limit).await;
        assert_eq!(limited.warnings, [""; 0]);
        let session = world.session().await;
        for (view, host, may) in [
            (&open, "evil.example", true),
            (&limited, "acme.example.com", true),
            (&limited, "dev1.service-now.com", true),
            (&limited, "evil.example", false),
            (&limited, "evil-service-now.com", false),
            (&limited, "acme.example.com.evil.example", false),
            (&limited, "acme.example.com:8443", false),
        ] {
            let answer = submitted(&world, &session, &view.integration.key, &[("hostname", host)]).await;
            if may {
                assert!(matches!(answer, Ok(Submitted::Redirect { .. })), "{host}");
            } else {
                assert_eq!(wrong_fields(answer), ["hostname"], "{host}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_end_user_cannot_leave_the_server_that_the_operator_set() {
    each_world(async |world| {
        let config = [("contactId", "1042"), ("hostname", "acme.agiloft.com")];
        let key = integration(&world, "agiloft", "docs", &config).await.integration.key;
        let session = world.session().await;
        let elsewhere = submitted(&world, &session, &key, &[("hostname", "evil.example")]).await;
        assert_eq!(wrong_fields(elsewhere), ["hostname"]);
        let there = submitted(&world, &session, &key, &[]).await;
        assert!(matches!(there, Ok(Submitted::Redirect { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_no_longer_allowed_is_sent_nothing_more() {
    let granted = json!({"access_token": "new", "refresh_token": "rt 2", "expires_in": 1800});
    let stub = Stub::playing(move |_, _| answer(200, &granted)).await;
    each_world_with(vec![stub.provider("servicenow", &[])], |world| {
        let stub = &stub;
        async move {
            let asked_before = stub.asked().len();
            let key = integration(&world, "servicenow", "itsm", &[]).await.integration.key;
            let mut new = new_connection(&key, "c", Credential::OAuth2(tokens("old", Some("rt"), None)));
            new.config = Some(object(json!({"hostname": stub.host})));
            let connection = imported(&world, new).await;
            set(&world, &key, "allowed_hosts", "*.service-now.com").await;
            let upstream = failing(connection.read_with(&world, FORCED).await);
            assert_eq!(upstream.code, "unusable_integration");
            assert_eq!(stub.asked().len(), asked_before);
            set(&world, &key, "allowed_hosts", &stub.host).await;
            succeeded(connection.read_with(&world, FORCED).await);
            assert_eq!(stub.asked().len(), asked_before + 1);
        }
    })
    .await;
}
