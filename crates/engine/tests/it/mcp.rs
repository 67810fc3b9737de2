//! Servers of the Model Context Protocol: found by their metadata, which a client is registered at.

use engine::{CallbackFailure, Connected, NewIntegration, Submitted, right};
use futures_util::future::join_all;
use model::IntegrationKey;
use protocol::Credential;
use serde_json::json;
use testkit::databases::each_location;
use testkit::{World, each_world};
use url::Url;

use crate::fixtures::{Established, FORCED, key_of, listed, refused, submitted, succeeded};
use crate::own::{param, state_in, tokens};
use crate::vendor::{Answer, Asked, Vendor};

fn answer(asked: &Asked, own: &str) -> Answer {
    match asked.path.as_str() {
        "/.well-known/oauth-protected-resource/mcp" => Answer::json(
            200,
            &json!({"resource": format!("{own}/mcp"), "authorization_servers": [own], "scopes_supported": ["tools"]}),
        ),
        "/.well-known/oauth-authorization-server" => Answer::json(
            200,
            &json!({
                "issuer": own,
                "authorization_endpoint": format!("{own}/authorize"),
                "token_endpoint": format!("{own}/token"),
                "registration_endpoint": format!("{own}/register"),
                "revocation_endpoint": format!("{own}/revoke"),
                "code_challenge_methods_supported": ["S256"],
            }),
        ),
        "/register" => Answer::json(
            201,
            &json!({"client_id": "client-1", "client_secret": "cs", "token_endpoint_auth_method": "client_secret_basic"}),
        ),
        "/token" => Answer::json(200, &tokens("at")),
        "/revoke" => Answer::json(200, &json!({})),
        _ => Answer::nothing(),
    }
}

async fn integration(world: &World) -> IntegrationKey {
    let new = NewIntegration {
        provider: "mcp-generic".to_owned(),
        key: "mcp".to_owned(),
        ..NewIntegration::default()
    };
    key_of(world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await)
}

async fn left(world: &World, integration: &IntegrationKey, vendor: &Vendor) -> (Url, String) {
    let by = world.session().await;
    let server = format!("{}/mcp", vendor.url);
    match submitted(world, &by, integration, &[("mcp_server_url", &server)]).await {
        Ok(Submitted::Redirect { url, cookie_value, .. }) => (url, cookie_value.into_inner()),
        Ok(_) => panic!("the browser is sent to the provider"),
        Err(error) => panic!("it starts: {error}"),
    }
}

async fn back(world: &World, (url, cookie): (Url, String)) -> Result<Connected, CallbackFailure> {
    let query = format!("code=c&state={}", state_in(&url));
    world.engine.callback(&query, |_| Some(cookie.clone())).await
}

#[tokio::test]
async fn a_server_is_found_a_client_registered_and_the_grant_keeps_it() {
    each_world(async |world| {
        let vendor = Vendor::playing(answer).await;
        let integration = integration(&world).await;
        let (url, cookie) = left(&world, &integration, &vendor).await;
        assert_eq!(param(&url, "client_id").as_deref(), Some("client-1"));
        assert_eq!(param(&url, "resource"), Some(format!("{}/mcp", vendor.url)));
        assert_eq!(param(&url, "scope").as_deref(), Some("tools"));
        assert_eq!(param(&url, "code_challenge_method").as_deref(), Some("S256"));
        let registered = vendor.asked("/register")[0].json();
        assert_eq!(registered["redirect_uris"], json!([world.engine.callback_url()]));
        let connected = back(&world, (url, cookie)).await;
        let connected = connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        let established = Established { integration, key: connected.connection };
        let read = succeeded(established.read_with(&world, FORCED).await);
        let Some(Credential::OAuth2(tokens)) = read.credential else { panic!("OAuth 2 tokens") };
        assert_eq!(tokens.client_override.expect("the client is kept").id, "client-1");
        let calls = vendor.asked("/token");
        assert_eq!(calls.len(), 2);
        for call in &calls {
            assert_eq!(call.form()["resource"], format!("{}/mcp", vendor.url));
            assert!(call.header("authorization").starts_with("Basic "), "as it was registered");
        }
        let by = world.may::<right::DeleteConnection>();
        let deleted = world.engine.delete_connection(&by, &established.integration, &established.key).await;
        assert_eq!(deleted.expect("it is deleted").revocation.outcome.as_str(), "revoked");
    })
    .await;
}

#[tokio::test]
async fn people_who_come_at_once_and_later_share_one_registration() {
    each_world(async |world| {
        let vendor = Vendor::playing(answer).await;
        let integration = integration(&world).await;
        let all = join_all((0..12).map(|_| left(&world, &integration, &vendor))).await;
        for one in all {
            back(&world, one).await.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        }
        let later = left(&world, &integration, &vendor).await;
        back(&world, later).await.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        assert_eq!(vendor.asked("/register").len(), 1);
        assert_eq!(listed(&world).await.len(), 13);
    })
    .await;
}

#[tokio::test]
async fn another_node_uses_the_same_registration() {
    each_world(async |world| {
        let vendor = Vendor::playing(answer).await;
        let integration = integration(&world).await;
        let (url, _) = left(&world, &integration, &vendor).await;
        let node = world.node(1).await;
        let (other, _) = left(&node, &integration, &vendor).await;
        assert_eq!(param(&url, "client_id"), param(&other, "client_id"));
        assert_eq!(vendor.asked("/register").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_registers_nobody_is_told_to_the_operator() {
    each_world(async |world| {
        let vendor = Vendor::playing(|asked, own| {
            if asked.path == "/.well-known/oauth-authorization-server" {
                return Answer::json(
                    200,
                    &json!({
                        "issuer": own,
                        "authorization_endpoint": format!("{own}/authorize"),
                        "token_endpoint": format!("{own}/token"),
                    }),
                );
            }
            Answer::nothing()
        })
        .await;
        let integration = integration(&world).await;
        let by = world.session().await;
        let error = refused(submitted(&world, &by, &integration, &[("mcp_server_url", &vendor.url)]).await);
        assert!(error.to_string().contains("client_id"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_server_without_pkce_is_not_used() {
    each_world(async |world| {
        let vendor = Vendor::playing(|asked, own| {
            let mut answer_of = answer(asked, own);
            if asked.path == "/.well-known/oauth-authorization-server" {
                answer_of = Answer::json(
                    200,
                    &json!({
                        "issuer": own,
                        "authorization_endpoint": format!("{own}/authorize"),
                        "token_endpoint": format!("{own}/token"),
                        "registration_endpoint": format!("{own}/register"),
                        "code_challenge_methods_supported": ["plain"],
                    }),
                );
            }
            answer_of
        })
        .await;
        let integration = integration(&world).await;
        let by = world.session().await;
        let server = format!("{}/mcp", vendor.url);
        let error = refused(submitted(&world, &by, &integration, &[("mcp_server_url", &server)]).await);
        assert!(error.to_string().contains("PKCE"), "{error}");
        assert!(vendor.asked("/register").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_server_on_a_forbidden_address_is_not_asked() {
    each_world(async |world| {
        let integration = integration(&world).await;
        let by = world.session().await;
        for server in ["http://169.254.169.254/mcp", "http://10.0.0.1/mcp"] {
            let answer = submitted(&world, &by, &integration, &[("mcp_server_url", server)]).await;
            assert!(answer.is_err(), "{server}");
        }
    })
    .await;
}

const PUBLIC: &str = "https://broker.example";

#[tokio::test]
async fn where_we_have_a_public_address_a_document_of_our_own_names_the_client() {
    each_location(|location| {
        Box::pin(async move {
            let world = World::on_https(location, PUBLIC).await;
            let vendor = Vendor::playing(|asked, own| {
                if asked.path == "/.well-known/oauth-authorization-server" {
                    return Answer::json(
                        200,
                        &json!({
                            "issuer": own,
                            "authorization_endpoint": format!("{own}/authorize"),
                            "token_endpoint": format!("{own}/token"),
                            "client_id_metadata_document_supported": true,
                        }),
                    );
                }
                answer(asked, own)
            })
            .await;
            let integration = integration(&world).await;
            let (url, cookie) = left(&world, &integration, &vendor).await;
            let environment = world.caller.environment.id.0.to_string();
            let id = format!("{PUBLIC}/oauth/client-metadata/{environment}/mcp");
            assert_eq!(param(&url, "client_id"), Some(id.clone()));
            let document = world.engine.client_document(&environment, "mcp").await.expect("there is one");
            assert_eq!(document["client_id"], json!(id));
            assert_eq!(document["redirect_uris"], json!([format!("{PUBLIC}/oauth/callback")]));
            // Any node takes the browser back, and all go by one public address.
            let other = world.node(1).await;
            assert_eq!(other.engine.callback_url(), world.engine.callback_url());
            let connected = back(&other, (url, cookie)).await;
            connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
            assert_eq!(vendor.asked("/token")[0].form()["client_id"], id);
            assert!(vendor.asked("/register").is_empty());
            for (environment, key) in [(environment.as_str(), "none"), ("no-uuid", "mcp")] {
                assert!(world.engine.client_document(environment, key).await.is_err(), "{environment} {key}");
            }
        })
    })
    .await;
}
