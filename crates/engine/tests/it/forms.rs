//! Schemes in which the end user enters something: connected, kept sealed, renewed, handed out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::{Error, Rule, Scheme, Submitted, right};
use protocol::Credential;
use serde_json::json;
use testkit::databases::each_location;
use testkit::{World, each_world};

use crate::fixtures::{
    EXPIRED, Established, FORCED, MINUTE, audit, events, failing, key_of, listed, receive_events, refused,
    rule, set_up, submitted, succeeded, traces,
};
use crate::stub::{Answer, Stub, each_world_with, json as answer};

/// A connection through the form.
async fn connected(world: &World, integration: &str, values: &[(&str, &str)]) -> Established {
    let integration = crate::fixtures::integration_key(integration);
    match submitted(world, &world.session().await, &integration, values).await {
        Ok(Submitted::Connected(connected)) => Established { integration, key: connected.connection },
        Ok(Submitted::Redirect { .. } | Submitted::Device { .. }) => panic!("a form does not lead away"),
        Err(error) => panic!("it is connected: {error}"),
    }
}

fn minted(read: &engine::ReadConnection) -> &protocol::Minted {
    read.credential.as_ref().and_then(Credential::minted).expect("a minted credential")
}

// --- logins ---

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
    let key = testkit_key();
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
        let kept = crate::forms::minted(&again).jwt.as_ref().expect("the assertion is kept");
        assert_eq!(*kept.text.expose(), assertion, "it cannot be made again");
        // Half a year later it has ended.
        world.advance(Duration::from_hours(24 * 200));
        let upstream = failing(connection.read(&world).await);
        assert_eq!(upstream.code, "assertion_ended");
        assert!(connection.stored(&world).await.refresh.needs_reauth);
    })
    .await;
}

/// A private key on P-256 as PEM, made for one test.
fn testkit_key() -> String {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use base64::Engine as _;
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let der = der.expect("a key pair");
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")
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

// --- what is signed here ---

#[tokio::test]
async fn a_signed_token_is_tried_kept_and_signed_again() {
    let stub = Stub::playing(|asked, _| {
        let bearer = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        let status = if bearer.split('.').count() == 3 { 200 } else { 401 };
        answer(status, &json!({}))
    })
    .await;
    let heymarket = stub.provider("heymarket", &["api.heymarket.com"]);
    let stub = &stub;
    each_world_with(vec![heymarket], async |world| {
        key_of(set_up(&world, "heymarket", "hm", &[]).await);
        let values = [("apiSecretId", "6f1c1d0e-0f7e-4f6a-9c55-0123456789ab"), ("apiSecretKey", "abcDEF123")];
        let connection = connected(&world, "hm", &values).await;
        assert!(stub.count("/v1/team") > 0, "it is tried before it is saved");
        let first = connection.token(&world).await;
        world.advance(5 * MINUTE);
        let second = connection.token(&world).await;
        assert_ne!(first, second);
        assert_eq!(traces(&world, "credential.refreshed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_cannot_sign_is_said_at_the_form() {
    each_world(async |world| {
        let integration = key_of(set_up(&world, "snowflake-jwt", "sf", &[]).await);
        let values = [
            ("subdomain", "acme"),
            ("accountIdentifier", "ORG-ACC"),
            ("userName", "ada"),
            ("privateKey", "no key at all"),
        ];
        let outcome = submitted(&world, &world.session().await, &integration, &values).await;
        assert_eq!(rule(outcome), Rule::CredentialRejected);
    })
    .await;
}

#[tokio::test]
async fn a_computed_header_is_good_for_its_time_and_made_anew() {
    let stub = Stub::playing(|asked, _| {
        let status =
            if asked.header("x-wsse").starts_with("UsernameToken Username=\"ada\"") { 200 } else { 401 };
        answer(status, &json!({}))
    })
    .await;
    let emarsys = stub.provider("emarsys", &["api.emarsys.net"]);
    each_world_with(vec![emarsys], async |world| {
        key_of(set_up(&world, "emarsys", "em", &[]).await);
        let connection = connected(&world, "em", &[("username", "ada"), ("password", "s3cret-1")]).await;
        let first = connection.token(&world).await;
        assert_eq!(connection.token(&world).await, first);
        world.advance(5 * MINUTE);
        assert_ne!(connection.token(&world).await, first);
    })
    .await;
}

// --- a role ---

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

// --- token pairs, machines ---

#[tokio::test]
async fn a_token_pair_is_kept_with_the_account_it_signs_for() {
    each_world(async |world| {
        let new = engine::NewIntegration {
            provider: "netsuite-tba".to_owned(),
            key: "ns".to_owned(),
            credentials: Some(engine::ClientInput {
                mode: "TBA".to_owned(),
                ..crate::fixtures::client("consumer", "consumer-secret")
            }),
            ..engine::NewIntegration::default()
        };
        let made = world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await;
        key_of(made);
        let values = [("accountId", "123-sb1"), ("token_id", "tid"), ("token_secret", "tsecret")];
        let connection = connected(&world, "ns", &values).await;
        let read = succeeded(connection.read_with(&world, FORCED).await);
        let Some(Credential::OAuth1TokenBased { token_id, .. }) = &read.credential else { panic!("a pair") };
        assert_eq!(token_id.expose(), "tid");
        let stored = connection.stored(&world).await;
        assert_eq!(stored.config["accountId"], "123-sb1");
        assert!(!stored.refreshable);
    })
    .await;
}

#[tokio::test]
async fn a_machine_with_a_key_proves_itself_by_an_assertion() {
    let stub = Stub::playing(|asked, before| {
        let form = asked.form();
        assert!(!form.contains_key("client_secret") && form["client_assertion"].split('.').count() == 3);
        answer(200, &json!({"access_token": format!("t{before}"), "expires_in": 3600}))
    })
    .await;
    let okta = stub.provider("okta-cc", &[]);
    let key = testkit_key();
    let (stub, host) = (&stub, stub.host.as_str());
    each_world_with(vec![okta], async |world| {
        key_of(set_up(&world, "okta-cc", "okta", &[]).await);
        let first = stub.count("/oauth2/v1/token");
        let values = [
            ("hostname", host),
            ("oauth_scopes", "okta.users.read"),
            ("client_id", "c1"),
            ("client_private_key", key.as_str()),
        ];
        let connection = connected(&world, "okta", &values).await;
        world.advance(EXPIRED);
        assert_eq!(connection.token(&world).await, format!("t{}", first + 1));
        let read = succeeded(connection.read(&world).await);
        let Some(Credential::ClientCredentials { client_secret, entered, .. }) = &read.credential else {
            panic!("a machine")
        };
        assert!(client_secret.expose().is_empty());
        assert_eq!(*entered["client_private_key"].expose(), key);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_is_none_is_said_before_anything_is_sent() {
    let stub = Stub::playing(|_, _| answer(200, &json!({"access_token": "t", "expires_in": 3600}))).await;
    let adp = stub.provider("adp", &["accounts.adp.com"]);
    let stub = &stub;
    each_world_with(vec![adp], async |world| {
        let integration = key_of(set_up(&world, "adp", "adp", &[]).await);
        let values = [
            ("client_id", "c"),
            ("client_secret", "secret-1"),
            ("client_certificate", "no certificate"),
            ("client_private_key", "no key"),
        ];
        let error = refused(submitted(&world, &world.session().await, &integration, &values).await);
        assert!(error.to_string().contains("certificate"), "{error}");
        assert!(stub.asked().is_empty());
    })
    .await;
}

#[tokio::test]
async fn secret_settings_of_the_operator_reach_the_login() {
    let stub = Stub::playing(|asked, _| {
        assert_eq!(asked.form()["client_secret"], "operators-secret");
        answer(200, &json!({"access_token": "t", "expires_in": 3600}))
    })
    .await;
    let sage = stub.provider("sage-intacct-cc", &["api.intacct.com"]);
    each_world_with(vec![sage], async |world| {
        let config = [("clientId", "c"), ("clientSecret", "operators-secret")];
        key_of(set_up(&world, "sage-intacct-cc", "sage", &config).await);
        let connection = connected(&world, "sage", &[("username", "ada")]).await;
        world.advance(EXPIRED);
        assert_eq!(connection.token(&world).await, "t");
        let read = succeeded(connection.read(&world).await);
        assert!(!minted(&read).entered.contains_key("client_secret"), "it stays with the integration");
    })
    .await;
}

#[tokio::test]
async fn hidden_fields_are_not_asked_and_have_their_default() {
    let stub = Stub::playing(|asked, _| {
        // «public-client:public» as HTTP Basic.
        let status =
            if asked.header("authorization") == "Basic cHVibGljLWNsaWVudDpwdWJsaWM=" { 200 } else { 401 };
        answer(status, &json!({"access_token": "t", "expires_in": 3600}))
    })
    .await;
    let datto = stub.provider("datto-rmm-password-grant", &["{connection.platform}-api.centrastage.net"]);
    each_world_with(vec![datto], async |world| {
        let integration = key_of(set_up(&world, "datto-rmm-password-grant", "dt", &[]).await);
        let form = world.engine.form(&world.session().await, &integration).await.expect("a form");
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["platform", "username", "password"]);
        let key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
        let values = [("platform", "merlot"), ("username", key), ("password", key)];
        assert_eq!(connected(&world, "dt", &values).await.token(&world).await, "t");
    })
    .await;
}

// --- all of them ---

#[tokio::test]
async fn no_provider_of_a_form_is_refused_and_each_form_is_complete() {
    each_location(|location| async move {
        // What is refused does not depend on the database, and a form for each entry takes its time.
        if matches!(location, store::Location::Sqlite { .. }) {
            every_form(&World::at(location).await).await;
        }
    })
    .await;
}

async fn every_form(world: &World) {
    let mut forms = BTreeMap::new();
    for provider in catalog::Catalog::embedded().iter().filter(|provider| !provider.auth.has_consent()) {
        let slug = provider.slug.as_str();
        let integration = key_of(set_up(world, slug, slug, &[]).await);
        let form = world.engine.form(&world.session().await, &integration).await;
        let form = form.unwrap_or_else(|error| panic!("{slug} is refused: {error}"));
        assert_ne!(form.scheme, Scheme::Redirect, "{slug}");
        let mut names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{slug}: two fields have one name");
        for placeholder in needed(&provider) {
            assert!(names.contains(&placeholder.as_str()), "{slug} does not ask for {placeholder}");
        }
        *forms.entry(provider.auth.name()).or_insert(0) += 1;
    }
    let count: usize = forms.values().sum();
    println!("{count} providers with a form: {forms:?}");
    assert!(count > 600, "{count}");
}

/// The fields that the provider's requests read and that only the end user knows, by their names on the wire.
fn needed(provider: &catalog::Provider) -> Vec<String> {
    let text = serde_json::to_string(provider).expect("providers are JSON");
    let inputs = &provider.inputs;
    let mut needed = Vec::new();
    for inputs in [&inputs.connection, &inputs.one_time] {
        let asked = inputs.iter().filter(|input| !input.automated && !input.hidden);
        needed.extend(asked.map(|input| input.wire_name().to_owned()));
    }
    for name in names_behind(&text, "{credential.") {
        let input = inputs.credential.iter().find(|input| input.name == name);
        let usual = if name == "api_key" { "apiKey".to_owned() } else { name };
        if input.is_none_or(|input| !input.hidden) {
            needed.push(input.map_or(usual, |input| input.wire_name().to_owned()));
        }
    }
    needed
}

/// The names behind an opening such as `{credential.`.
fn names_behind(text: &str, opening: &str) -> Vec<String> {
    let names = text.split(opening).skip(1);
    let name = |rest: &str| rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    names.map(name).collect()
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

#[tokio::test]
async fn two_fields_of_one_name_are_told_apart() {
    let stub = Stub::playing(|asked, _| {
        let is_right = asked.header("x-api-key") == "0123456789abcdef0123456789abcdef"
            && asked.header("x-api-secret") == "0123456789abcdef";
        answer(if is_right { 200 } else { 401 }, &json!({}))
    })
    .await;
    let nyne = stub.provider("nyne-ai", &["api.nyne.ai"]);
    each_world_with(vec![nyne], async |world| {
        key_of(set_up(&world, "nyne-ai", "nyne", &[]).await);
        let values = [
            ("connection_config.apiKey", "0123456789abcdef0123456789abcdef"),
            ("apiKey", "0123456789abcdef"),
        ];
        let connection = connected(&world, "nyne", &values).await;
        let stored = connection.stored(&world).await;
        assert_eq!(stored.config["apiKey"], "0123456789abcdef0123456789abcdef");
    })
    .await;
}
