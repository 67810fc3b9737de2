//! Servers that end users name, and the operator's say in it: the client's secret goes where they point.

use engine::{IntegrationPatch, IntegrationView, NewIntegration, Submitted, right};
use model::IntegrationKey;
use protocol::Credential;
use serde_json::json;
use testkit::{World, each_world};

use crate::fixtures::{
    Established, FORCED, client, failing, import, imported, key_of, new_connection, object, set_up,
    submitted, succeeded, texts, tokens, wrong_fields,
};
use crate::own::state_in;
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
    if let Err(error) = changed {
        panic!("{error}");
    }
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
async fn an_import_is_held_to_the_list_and_told_so() {
    each_world(async |world| {
        let limit = [("allowed_hosts", "acme.odoo.com")];
        let key = integration(&world, "odoo", "erp", &limit).await.integration.key;
        // Under the name on the wire, and under ours, which templates know too.
        for (name, server) in [
            ("serverUrl", "evil.example"),
            ("server_url", "evil.example"),
            ("serverUrl", "evil.example/acme.odoo.com"),
        ] {
            let mut new = new_connection(&key, "c", Credential::OAuth2(tokens("old", Some("rt"), None)));
            new.config = Some(object(json!({"serverUrl": "acme.odoo.com", name: server})));
            assert_eq!(wrong_fields(import(&world, new).await), ["connection_config.serverUrl"], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_holds_for_mcp_servers_too() {
    each_world(async |world| {
        let limit = [("allowed_hosts", "mcp.acme.example")];
        let key = key_of(set_up(&world, "mcp-generic", "mcp", &limit).await);
        let session = world.session().await;
        let entered = [("mcp_server_url", "https://evil.example/mcp")];
        let elsewhere = submitted(&world, &session, &key, &entered).await;
        assert_eq!(wrong_fields(elsewhere), ["mcp_server_url"]);
    })
    .await;
}

/// A server that the client's secret must not go to.
async fn elsewhere() -> Stub {
    let granted = json!({"access_token": "new", "refresh_token": "rt 2", "expires_in": 1800});
    Stub::playing(move |_, _| answer(200, &granted)).await
}

/// A stored connection that names a server.
async fn at(world: &World, key: &IntegrationKey, host: &str) -> Established {
    let mut new = new_connection(key, "c", Credential::OAuth2(tokens("old", Some("rt"), None)));
    new.config = Some(object(json!({"hostname": host})));
    imported(world, new).await
}

/// Runs a test with an integration whose end users may name any server, and with a server for them to name.
async fn each_unlimited(test: impl AsyncFn(World, IntegrationKey, &Stub)) {
    let stub = elsewhere().await;
    let (test, stub) = (&test, &stub);
    each_world_with(vec![stub.provider("servicenow", &[])], |world| async move {
        let key = integration(&world, "servicenow", "itsm", &[]).await.integration.key;
        test(world, key, stub).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_no_longer_allowed_is_sent_nothing_more() {
    each_unlimited(async |world, key, stub| {
        let before = stub.asked().len();
        let connection = at(&world, &key, &stub.host).await;
        set(&world, &key, "allowed_hosts", "*.service-now.com").await;
        let upstream = failing(connection.read_with(&world, FORCED).await);
        assert_eq!(upstream.code, "unusable_integration");
        assert!(upstream.message.contains("integration_config.allowed_hosts"), "{}", upstream.message);
        assert_eq!(stub.asked().len(), before);
        set(&world, &key, "allowed_hosts", &stub.host).await;
        succeeded(connection.read_with(&world, FORCED).await);
        assert_eq!(stub.asked().len(), before + 1);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_is_set_while_somebody_is_at_the_provider_holds_when_they_come_back() {
    each_unlimited(async |world, key, stub| {
        let before = stub.asked().len();
        let session = world.session().await;
        let sent = submitted(&world, &session, &key, &[("hostname", &stub.host)]).await;
        let Ok(Submitted::Redirect { url, cookie_value, .. }) = sent else { panic!("they set out") };
        set(&world, &key, "allowed_hosts", "*.service-now.com").await;
        let query = format!("code=the-code&state={}", state_in(&url));
        let cookie = cookie_value.into_inner();
        let answer = world.engine.callback(&query, |_| Some(cookie.clone())).await;
        let failure = answer.expect_err("nothing is connected");
        assert!(format!("{failure:?}").contains("integration_config.allowed_hosts"), "{failure:?}");
        assert_eq!(stub.asked().len(), before);
    })
    .await;
}

#[tokio::test]
async fn a_grant_of_one_server_is_not_sent_to_the_one_that_the_operator_names_later() {
    let (first, second) = (elsewhere().await, elsewhere().await);
    each_world_with(vec![first.provider("agiloft", &[])], |world| {
        let (first, second) = (&first, &second);
        async move {
            let key = integration(&world, "agiloft", "docs", &[("contactId", "1042")]).await.integration.key;
            let connection = at(&world, &key, &first.host).await;
            set(&world, &key, "hostname", &second.host).await;
            failing(connection.read_with(&world, FORCED).await);
            assert_eq!((first.asked().len(), second.asked().len()), (0, 0));
        }
    })
    .await;
}
