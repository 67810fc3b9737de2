//! From the address of a server to a provider like any other.

use catalog::provider::{ClientAuth, Registration};
use insta::assert_snapshot;
use protocol::Fields;
use protocol::discovery::DiscoveryError;
use protocol::mcp::registration::{self, ClientMetadata};
use protocol::mcp::{self, Server, Step};
use serde_json::{Value, json};
use url::Url;

use crate::{given, render};

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// Searches with a world of documents, and tells which addresses were asked.
fn search(server: &str, world: &[(&str, Value)]) -> (Result<Server, DiscoveryError>, Vec<String>) {
    let mut asked = Vec::new();
    let mut step = mcp::search(&url(server));
    loop {
        match step {
            Err(error) => return (Err(error), asked),
            Ok(Step::Found(server)) => return (Ok(*server), asked),
            Ok(Step::Ask(request, search)) => {
                let address = request.url.to_string();
                let known = world.iter().find(|(place, _)| *place == address);
                let text = known.map_or("404".to_owned(), |(_, document)| format!("200\n\n{document}"));
                asked.push(address);
                step = search.answered(Some(&given::response(&text)));
            }
        }
    }
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["server"],
    })
}

#[test]
fn a_resource_leads_to_its_authorization_server() {
    let resource = json!({
        "resource": "https://mcp.example.com/mcp",
        "authorization_servers": ["https://login.example.com/t1"],
        "scopes_supported": ["read"],
    });
    let (server, asked) = search(
        "https://mcp.example.com/mcp",
        &[
            ("https://mcp.example.com/.well-known/oauth-protected-resource/mcp", resource),
            (
                "https://login.example.com/.well-known/oauth-authorization-server/t1",
                metadata("https://login.example.com/t1"),
            ),
        ],
    );
    let server = server.unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!(server.resource.as_deref(), Some("https://mcp.example.com/mcp"));
    assert_eq!(server.scopes, ["read"]);
    let provider =
        given::provider(json!({"auth": "mcp_oauth2_discovery", "authorization": null, "token": null}));
    let resolved = mcp::provider(&provider, &server, ClientAuth::None).unwrap();
    assert_eq!(resolved.scopes.default, ["read"]);
    let authorization = resolved.authorization.unwrap();
    assert!(authorization.params.contains_key("resource"));
    assert_eq!(authorization.issuer.as_deref(), Some("https://login.example.com/t1"));
    let token = resolved.token.unwrap();
    assert!(token.params.contains_key("resource"));
    assert_eq!(token.client_auth, ClientAuth::None);
}

#[test]
fn a_server_without_metadata_answers_for_its_host() {
    let (server, asked) = search(
        "https://mcp.example.com/a/b",
        &[(
            "https://mcp.example.com/.well-known/oauth-authorization-server",
            metadata("https://mcp.example.com"),
        )],
    );
    assert_eq!(server.as_ref().map(|server| server.resource.clone()), Ok(None));
    assert_eq!(server.unwrap().scopes, ["server"]);
    assert_eq!(
        asked,
        [
            "https://mcp.example.com/.well-known/oauth-protected-resource/a/b",
            "https://mcp.example.com/.well-known/oauth-protected-resource",
            "https://mcp.example.com/.well-known/oauth-authorization-server",
        ]
    );
}

#[test]
fn a_document_about_another_resource_is_not_used() {
    for named in ["https://other.example.com/mcp", "https://mcp.example.com/mcp/deeper"] {
        let resource = json!({"resource": named, "authorization_servers": ["https://evil.example"]});
        let (_, asked) = search(
            "https://mcp.example.com/mcp",
            &[("https://mcp.example.com/.well-known/oauth-protected-resource/mcp", resource)],
        );
        assert!(
            asked.iter().all(|place| place.starts_with("https://mcp.example.com/")),
            "{named}: {asked:?}"
        );
    }
}

#[test]
fn a_server_that_does_not_know_pkce_is_refused() {
    let mut weak = metadata("https://mcp.example.com");
    weak["code_challenge_methods_supported"] = json!(["plain"]);
    let place = "https://mcp.example.com/.well-known/oauth-authorization-server";
    assert_eq!(search("https://mcp.example.com/", &[(place, weak)]).0.err(), Some(DiscoveryError::NoPkce));
}

#[test]
fn nothing_found_is_an_error() {
    assert!(search("https://mcp.example.com/mcp", &[]).0.is_err());
    assert!(mcp::search(&url("ftp://mcp.example.com/")).is_err());
}

fn me() -> ClientMetadata {
    ClientMetadata {
        name: "Acme".to_owned(),
        redirect_uri: given::redirect_uri(),
        client_uri: Some(url("https://acme.example/")),
        logo_uri: None,
    }
}

#[test]
fn a_client_registers_as_a_public_one() {
    let provider = given::provider(json!({
        "auth": "mcp_oauth2",
        "mcp": {
            "registration": "dynamic",
            "registration_url": "https://login.example.com/register",
            "registration_params": {"grant_types": ["authorization_code"], "software_id": "x"},
        },
    }));
    let endpoint = registration::endpoint(&provider, &Fields::default()).ok().unwrap();
    let request = registration::request(&provider, &endpoint, &me(), &Fields::default());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r#"
    POST https://login.example.com/register
    accept: application/json
    content-type: application/json

    {"client_name":"Acme","redirect_uris":["https://broker.example/oauth/callback"],"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"none","client_uri":"https://acme.example/","software_id":"x"}
    "#);
}

#[test]
fn the_answer_says_how_the_client_proves_itself() {
    for (answer, expected) in [
        (json!({"client_id": "c"}), "c - None"),
        (json!({"client_id": "c", "token_endpoint_auth_method": "none"}), "c - None"),
        (json!({"client_id": "c", "client_secret": "s"}), "c s ClientSecretBasic"),
        (
            json!({"client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post"}),
            "c s ClientSecretPost",
        ),
    ] {
        let answer = given::response(&format!("201\n\n{answer}"));
        let registered = registration::outcome(&answer, given::now()).ok().unwrap();
        let secret = registered.client.secret.as_ref().map_or("-", |secret| secret.expose());
        assert_eq!(format!("{} {secret} {:?}", registered.client.id, registered.client_auth), expected);
    }
    let refused = given::response("400\n\n{\"error\":\"invalid_redirect_uri\"}");
    assert_eq!(registration::outcome(&refused, given::now()).err().unwrap().code(), "invalid_redirect_uri");
}

#[test]
fn the_best_way_to_a_client_is_taken() {
    let known = |document: bool, endpoint: bool| {
        let mut known = metadata("https://mcp.example.com");
        known["client_id_metadata_document_supported"] = json!(document);
        if !endpoint {
            known["registration_endpoint"] = Value::Null;
        }
        let place = "https://mcp.example.com/.well-known/oauth-authorization-server";
        search("https://mcp.example.com/", &[(place, known)]).0.unwrap().metadata
    };
    assert_eq!(registration::way(&known(true, true), true), Registration::MetadataDocument);
    assert_eq!(registration::way(&known(true, true), false), Registration::Dynamic);
    assert_eq!(registration::way(&known(false, true), true), Registration::Dynamic);
    assert_eq!(registration::way(&known(true, false), false), Registration::Static);
}

#[test]
fn the_document_of_a_client_is_named_by_its_own_address() {
    let document = registration::metadata_document(&url("https://broker.example/client/1"), &me());
    assert_snapshot!(document, @r#"{"client_id":"https://broker.example/client/1","client_name":"Acme","redirect_uris":["https://broker.example/oauth/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","client_uri":"https://acme.example/"}"#);
}
