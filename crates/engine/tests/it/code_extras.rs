//! OAuth 2.0 with what some providers add: pushed parameters, keys in place of secrets, bound tokens, tokens that are
//! exchanged, joined by another, or granted in part.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::{NewIntegration, right};
use model::IntegrationKey;
use protocol::Credential;
use serde_json::{Value, json};
use testkit::{World, each_world};

use crate::fixtures::{
    DUE, Established, FORCED, access_token, client, events, key_of, listed, receive_events, submitted,
    succeeded, texts,
};
use crate::own::{agreed, claims, connected, own, param, state_in, tokens};
use crate::vendor::{Answer, Asked, Vendor};

async fn generic(world: &World, vendor: &Vendor, more: &[(&str, &str)]) -> IntegrationKey {
    with_secret(world, vendor, "shh", more).await
}

async fn with_secret(world: &World, vendor: &Vendor, secret: &str, more: &[(&str, &str)]) -> IntegrationKey {
    let url = &vendor.url;
    let mut config = texts(&[
        ("authorization_url", &format!("{url}/authorize")),
        ("token_url", &format!("{url}/token")),
        ("revocation_url", &format!("{url}/revoke")),
    ]);
    config.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.replace("{url}", url))));
    let mut credentials = client("app", secret);
    credentials.scopes = Some(vec!["read".to_owned(), "write".to_owned()]);
    let new = NewIntegration {
        provider: "oauth2-generic".to_owned(),
        key: "two".to_owned(),
        credentials: Some(credentials),
        config,
        ..NewIntegration::default()
    };
    key_of(world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await)
}

#[tokio::test]
async fn pushed_parameters_leave_nothing_but_a_name_in_the_address() {
    each_world(async |world| {
        let vendor = Vendor::playing(|asked, _| match asked.path.as_str() {
            "/par" => Answer::json(201, &json!({"request_uri": "urn:pushed:1", "expires_in": 60})),
            "/token" => Answer::json(200, &tokens("at")),
            _ => Answer::nothing(),
        })
        .await;
        let integration = generic(&world, &vendor, &[("pushed_authorization_url", "{url}/par")]).await;
        let answer = agreed(&world, &integration, |url| {
            let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
            assert_eq!(names, ["client_id", "request_uri"]);
            assert_eq!(param(url, "request_uri").as_deref(), Some("urn:pushed:1"));
            vendor.asked("/par")[0].form()["state"].clone()
        })
        .await;
        answer.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        let pushed = vendor.asked("/par")[0].form();
        assert_eq!(pushed["client_secret"], "shh");
        assert_eq!(pushed["code_challenge_method"], "S256");
        assert_eq!(pushed["scope"], "read write");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_refuses_pushed_parameters_is_told_at_the_form() {
    each_world(async |world| {
        let vendor = Vendor::playing(|_, _| {
            Answer::json(400, &json!({"error": "invalid_request", "error_description": "shh is odd"}))
        })
        .await;
        let integration = generic(&world, &vendor, &[("pushed_authorization_url", "{url}/par")]).await;
        let by = world.session().await;
        let error = crate::fixtures::refused(submitted(&world, &by, &integration, &[]).await).to_string();
        assert!(error.contains("invalid_request") && !error.contains("odd shh"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_client_may_prove_itself_with_a_token_signed_by_its_secret() {
    each_world(async |world| {
        let vendor = Vendor::playing(|asked, _| match asked.path.as_str() {
            "/token" => Answer::json(200, &tokens("at")),
            "/revoke" => Answer::json(200, &json!({})),
            _ => Answer::nothing(),
        })
        .await;
        let more = [("client_auth", "client_secret_jwt")];
        let established = connected(&world, generic(&world, &vendor, &more).await).await;
        succeeded(established.read_with(&world, FORCED).await);
        let by = world.may::<right::DeleteConnection>();
        let deleted = world.engine.delete_connection(&by, &established.integration, &established.key).await;
        assert_eq!(deleted.expect("it is deleted").revocation.outcome.as_str(), "revoked");
        let calls: Vec<Asked> = [vendor.asked("/token"), vendor.asked("/revoke")].concat();
        assert_eq!(calls.len(), 3);
        let mut ids = std::collections::BTreeSet::new();
        for call in calls {
            let form = call.form();
            assert!(!form.contains_key("client_secret"), "{form:?}");
            let claims = claims(&form["client_assertion"]);
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
            ids.insert(claims["jti"].to_string());
        }
        assert_eq!(ids.len(), 3, "each assertion is good for one call");
    })
    .await;
}

#[tokio::test]
async fn bound_tokens_are_asked_for_with_a_proof_and_a_demanded_nonce_and_keep_their_key() {
    each_world(async |world| {
        let vendor = Vendor::playing(|asked, _| {
            if asked.path == "/revoke" {
                return Answer::json(200, &json!({}));
            }
            let proof = claims(asked.header("dpop"));
            if proof["nonce"] != "n-1" {
                return Answer::json(400, &json!({"error": "use_dpop_nonce"})).with("dpop-nonce", "n-1");
            }
            Answer::json(200, &tokens("at"))
        })
        .await;
        let integration =
            generic(&world, &vendor, &[("dpop", "on"), ("client_auth", "client_secret_jwt")]).await;
        let bound_to = std::sync::Mutex::new(None);
        let answer = agreed(&world, &integration, |url| {
            *bound_to.lock().expect("one thread") = param(url, "dpop_jkt");
            state_in(url)
        })
        .await;
        let key = answer.unwrap_or_else(|failure| panic!("it is connected: {failure:?}")).connection;
        assert!(bound_to.into_inner().expect("one thread").is_some_and(|name| name.len() == 43));
        let established = Established { integration, key };
        succeeded(established.read_with(&world, FORCED).await);
        let calls = vendor.asked("/token");
        assert_eq!(calls.len(), 4, "code and refresh, each once more with the nonce");
        let keys: std::collections::BTreeSet<String> = calls.iter().map(public_key).collect();
        assert_eq!(keys.len(), 1, "one key for the connection");
        let first = claims(&calls[0].form()["client_assertion"]);
        let again = claims(&calls[1].form()["client_assertion"]);
        assert_ne!(first["jti"], again["jti"], "an assertion is not sent twice");
        let read = succeeded(established.read(&world).await);
        let Some(Credential::OAuth2(tokens)) = read.credential else { panic!("OAuth 2 tokens") };
        assert!(tokens.kept.dpop_key.is_some());
    })
    .await;
}

fn public_key(asked: &Asked) -> String {
    let head = asked.header("dpop").split('.').next().unwrap_or_default();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(head).expect("base64url");
    let head: Value = serde_json::from_slice(&bytes).expect("a header is JSON");
    assert!(head["jwk"].get("d").is_none(), "the private half stays here");
    head["jwk"].to_string()
}

#[tokio::test]
async fn what_was_not_granted_is_stored_told_and_shown() {
    each_world(async |world| {
        receive_events(&world).await;
        let vendor = Vendor::playing(|_, _| {
            let mut answer = tokens("at");
            answer["scope"] = json!("read");
            Answer::json(200, &answer)
        })
        .await;
        let integration = generic(&world, &vendor, &[]).await;
        let connected = agreed(&world, &integration, state_in).await;
        let connected = connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        assert_eq!(connected.missing_scopes, ["write"]);
        let established = Established { integration, key: connected.connection };
        assert_eq!(succeeded(established.read(&world).await).connection.missing_scopes, ["write"]);
        assert_eq!(listed(&world).await[0].missing_scopes, ["write"]);
        let told = events(&world).await;
        assert_eq!(told[0]["success"], true);
        assert_eq!(told[0]["missingScopes"], json!(["write"]));
    })
    .await;
}

#[tokio::test]
async fn a_whole_consent_says_nothing_of_missing_scopes() {
    each_world(async |world| {
        receive_events(&world).await;
        let vendor = Vendor::playing(|_, _| Answer::json(200, &tokens("at"))).await;
        let integration = generic(&world, &vendor, &[]).await;
        connected(&world, integration).await;
        assert_eq!(events(&world).await[0].get("missingScopes"), None);
    })
    .await;
}

const LONG: &str = r#"
[authorization]
url = "{integration.root}/authorize"
[token]
url = "{integration.root}/token"
[long_token]
url = "{integration.root}/long"
method = "GET"
params = { grant_type = "exchange", access_token = "{token.access}", client_secret = "{app.client_secret}" }
[refresh]
url = "{integration.root}/renew"
method = "GET"
presents = "access_token"
on_request = true
params = { access_token = "{token.access}" }
"#;

#[tokio::test]
async fn a_short_token_is_exchanged_for_a_long_one_that_is_renewed_when_somebody_asks() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/token" => Answer::json(200, &json!({"access_token": "short", "user_id": 7})),
        "/long" => Answer::json(200, &json!({"access_token": "long", "expires_in": 5_184_000})),
        "/renew" => Answer::json(200, &json!({"access_token": "longer", "expires_in": 5_184_000})),
        _ => Answer::nothing(),
    };
    own(LONG, script, async |world, vendor, integration| {
        let established = connected(&world, integration).await;
        assert_eq!(established.token(&world).await, "long");
        assert_eq!(vendor.asked("/long")[0].query["access_token"], "short");
        world.advance(std::time::Duration::from_hours(24 * 59));
        assert_eq!(established.token(&world).await, "long", "age alone is no reason");
        let forced = succeeded(established.read_with(&world, FORCED).await);
        assert_eq!(access_token(&forced), "longer");
        assert_eq!(vendor.asked("/renew")[0].query["access_token"], "long");
    })
    .await;
}

#[tokio::test]
async fn without_the_long_token_nothing_is_stored() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/token" => Answer::json(200, &json!({"access_token": "short-token"})),
        _ => Answer::json(400, &json!({"error": {"message": "short-token is bad", "code": 190}})),
    };
    own(LONG, script, async |world, _vendor, integration| {
        let failure = agreed(&world, &integration, state_in).await.expect_err("it is not whole");
        let said = failure.provider_said.unwrap_or_default();
        assert!(!said.contains("short-token"), "{said}");
        assert!(failure.retry);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

const SECOND: &str = r#"
[authorization]
url = "{integration.root}/authorize"
[token]
url = "{integration.root}/token"
[second_token]
field = "other"
url = "{integration.root}/second"
grant = "refresh_token"
scope = "other"
[[inputs.connection]]
name = "other"
wire = "otherToken"
label = "Other token"
automated = true
secret = true
"#;

#[tokio::test]
async fn a_second_token_is_sealed_beside_the_first_and_decides_when_both_are_renewed() {
    let script = |asked: &Asked, _: &str| {
        let form = asked.form();
        match (asked.path.as_str(), form.get("code")) {
            ("/token", Some(_)) => Answer::json(200, &tokens("first")),
            ("/token", None) => Answer::json(200, &tokens("first again")),
            ("/second", _) => Answer::json(
                200,
                &json!({"access_token": "second", "expires_in": 900, "scope": form["scope"]}),
            ),
            _ => Answer::nothing(),
        }
    };
    own(SECOND, script, async |world, vendor, integration| {
        let established = connected(&world, integration).await;
        let read = succeeded(established.read(&world).await);
        assert_eq!(access_token(&read), "first");
        assert_eq!(read.secret_fields["otherToken"].expose(), "second");
        assert!(!read.connection.config.contains_key("otherToken"), "it is not stored in the open");
        assert_eq!(vendor.asked("/second")[0].form()["refresh_token"], "rt");
        // The second ends first.
        world.advance(std::time::Duration::from_mins(16));
        assert_eq!(established.token(&world).await, "first again");
        assert_eq!(vendor.asked("/second").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_second_token_that_is_refused_costs_nothing_else() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/token" => Answer::json(200, &tokens("first")),
        _ => Answer::json(400, &json!({"error": "invalid_scope"})),
    };
    own(SECOND, script, async |world, vendor, integration| {
        let established = connected(&world, integration).await;
        world.advance(DUE);
        assert_eq!(established.token(&world).await, "first");
        assert_eq!(vendor.asked("/token").len(), 2, "it was refreshed all the same");
    })
    .await;
}

const TWO_PEOPLE: &str = r#"
quirks = ["bot-and-user-tokens"]
[authorization]
url = "{integration.root}/authorize"
[token]
url = "{integration.root}/token"
"#;

#[tokio::test]
async fn the_tokens_of_app_and_person_are_renewed_each_by_its_own() {
    let script = |asked: &Asked, _: &str| {
        let form = asked.form();
        let person = json!({"access_token": "person", "refresh_token": "person-rt", "expires_in": 3600});
        match form.get("refresh_token").map(String::as_str) {
            None => {
                let mut both = tokens("bot");
                both["authed_user"] = person;
                Answer::json(200, &both)
            }
            Some("rt") => Answer::json(200, &tokens("bot 2")),
            Some("person-rt") => Answer::json(
                200,
                &json!({"access_token": "person 2", "refresh_token": "person-rt-2", "expires_in": 3600}),
            ),
            Some(_) => Answer::json(400, &json!({"error": "invalid_refresh_token"})),
        }
    };
    own(TWO_PEOPLE, script, async |world, _vendor, integration| {
        let established = connected(&world, integration).await;
        world.advance(DUE);
        let read = succeeded(established.read(&world).await);
        let Some(Credential::OAuth2(tokens)) = read.credential else { panic!("OAuth 2 tokens") };
        assert_eq!(tokens.access_token.expose(), "bot 2");
        let person = tokens.kept.person.expect("the person's tokens are kept");
        assert_eq!(person.access_token.expose(), "person 2");
        assert_eq!(person.refresh_token.expect("a new one").expose(), "person-rt-2");
    })
    .await;
}
