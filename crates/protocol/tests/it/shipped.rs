//! Every provider of the catalog through every step, with plausible values: what is data must fit what reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::provider::Quirk;
use catalog::{AuthMode, Catalog, Input, Kind, Provider};
use insta::assert_snapshot;
use protocol::authorize::{Start, Started, begin};
use protocol::{
    Client, Credential, Fields, OAuth2Tokens, client_credentials, exchange, identity, refresh, resolve,
    revoke, verify,
};

use crate::{given, render};

fn sample(input: &Input) -> String {
    let by_kind = match input.kind {
        Kind::String | Kind::Text => "sample",
        Kind::Hostname => "acme.example.com",
        Kind::Url => "https://acme.example.com",
        Kind::Uuid => "6f2c1ee0-6a0c-4e43-9d2a-3a4cf7d1a001",
        Kind::Email => "a@example.com",
        Kind::Enum => return input.choices[0].clone(),
    };
    input.example.clone().or_else(|| input.default.clone()).unwrap_or_else(|| by_kind.to_owned())
}

fn samples(inputs: &[Input]) -> BTreeMap<String, String> {
    inputs.iter().map(|input| (input.name.clone(), sample(input))).collect()
}

/// Fields as entered and as captured.
fn fields(provider: &Provider) -> Fields {
    let mut connection = samples(&provider.inputs.connection);
    let captured = provider.captures.token_response.keys().chain(provider.captures.callback.keys());
    for name in captured {
        connection.entry(name.clone()).or_insert_with(|| "https://acme.example.com".to_owned());
    }
    let credential = samples(&provider.inputs.credential);
    Fields {
        connection,
        credential: credential.into_iter().map(|(name, value)| (name, value.into())).collect(),
        integration: samples(&provider.inputs.integration),
    }
}

fn shipped(of: AuthMode) -> Vec<Arc<Provider>> {
    let ready =
        |provider: &Arc<Provider>| provider.auth == of && !provider.quirks.contains(&Quirk::OperatorDefined);
    Catalog::embedded().iter().filter(ready).collect()
}

fn named(slug: &str) -> Arc<Provider> {
    Catalog::embedded().get(slug).unwrap_or_else(|| panic!("{slug} is in the catalog"))
}

fn started(provider: &Provider, fields: &Fields, client: &Client) -> Started {
    let start = Start {
        provider,
        client,
        fields,
        redirect_uri: &given::redirect_uri(),
        scopes: &[],
        user_scopes: &[],
        extra_params: &BTreeMap::new(),
        state: "s",
        verifier_random: [7; 32],
    };
    begin(&start).unwrap_or_else(|error| panic!("{}: {error}", provider.slug))
}

/// The calls with a credential that a provider has.
fn calls(provider: &Provider, credential: &Credential, fields: &Fields) {
    let calls =
        [verify::request(provider, credential, fields), identity::request(provider, credential, fields)];
    for call in calls.into_iter().flatten() {
        let call = call.unwrap_or_else(|error| panic!("{}: {error}", provider.slug));
        assert_eq!(call.url.scheme(), "https", "{}", provider.slug);
    }
}

#[test]
fn every_oauth_provider_goes_through_all_steps() {
    let providers = shipped(AuthMode::Oauth2);
    assert!(providers.len() > 20, "only {} providers", providers.len());
    for provider in providers {
        let slug = &provider.slug;
        let (client, fields) = (given::client(), fields(&provider));
        let started = started(&provider, &fields, &client);
        assert_eq!(started.url.scheme(), "https", "{slug}");
        let code = given::secret("c");
        let redeemed = exchange::request(&provider, &started.flow, &client, &code, &fields);
        assert!(redeemed.is_ok(), "{slug}: {:?}", redeemed.err());
        let renewed = refresh::request(&provider, &client, &given::tokens(), &fields);
        assert!(renewed.is_ok(), "{slug}: {:?}", renewed.err());
        let revoked = revoke::request(&provider, &client, &given::tokens(), &fields).transpose();
        assert!(revoked.is_ok(), "{slug}: {:?}", revoked.err());
        calls(&provider, &Credential::OAuth2(given::tokens()), &fields);
    }
}

#[test]
fn every_other_provider_can_prove_its_credential() {
    for provider in shipped(AuthMode::ApiKey) {
        calls(&provider, &Credential::ApiKey { api_key: given::secret("k") }, &fields(&provider));
    }
    for provider in shipped(AuthMode::Basic) {
        let credential = Credential::Basic { username: "u".to_owned(), password: given::secret("p") };
        calls(&provider, &credential, &fields(&provider));
    }
    for provider in shipped(AuthMode::Oauth2ClientCredentials) {
        let request = client_credentials::request(&provider, &given::client(), &[], &fields(&provider));
        assert!(request.is_ok(), "{}: {:?}", provider.slug, request.err());
    }
}

#[test]
fn the_inputs_of_operator_defined_providers_are_the_settings_that_are_read() {
    let generics =
        ["oauth2-generic", "oauth2-cc-generic", "oauth1-generic", "api-key-generic", "basic-generic"];
    for slug in generics {
        let provider = named(slug);
        assert!(provider.quirks.contains(&Quirk::OperatorDefined), "{slug}");
        let mut config = samples(&provider.inputs.integration);
        config.remove("issuer");
        assert_eq!(resolve::check_config(&provider, &config), [], "{slug}");
        let resolved = resolve::provider(&provider, &config, None).unwrap();
        let root = resolved.api.base_url.map(|root| root.fill(&Nothing));
        assert!(root.is_some_and(|root| root.is_ok()), "{slug} has an API root that needs nothing more");
    }
}

/// No values at all.
struct Nothing;

impl catalog::Values for Nothing {
    fn value(&self, _: &catalog::Placeholder) -> Option<String> {
        None
    }
}

#[test]
fn agiloft_refreshes_by_its_own_rules() {
    let provider = named("agiloft");
    let client = Client { id: "app".to_owned(), secret: Some(given::secret("0123456789abcdefghijKLMN")) };
    let request = refresh::request(&provider, &client, &given::tokens(), &fields(&provider));
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://acme.agiloft.com/ewws/otoken
    accept: application/json
    authorization: Basic YXBwOjAxMjM0NTY3ODlhYmNkZWZnaGlqS0xNTg== (sensitive)
    content-type: application/x-www-form-urlencoded

    grant_type=refresh_token&refresh_token=old-refresh&md5_secret=0123456789abcdefghij
    ");
}

#[test]
fn agiloft_asks_for_the_permissions_of_its_contact() {
    let provider = named("agiloft");
    let scope = "permissions_for:1042";
    let flow = started(&provider, &fields(&provider), &given::client()).flow;
    assert_eq!(flow.requested_scopes, [scope]);
}

#[test]
fn agrello_takes_its_client_in_the_header() {
    let provider = named("agrello");
    let (client, fields) = (given::client(), fields(&provider));
    let flow = started(&provider, &fields, &client).flow;
    let request = exchange::request(&provider, &flow, &client, &given::secret("c"), &fields).ok().unwrap();
    assert!(request.headers["authorization"].to_str().unwrap().starts_with("Basic "));
    assert!(!String::from_utf8_lossy(request.body.expose()).contains("client_"));
}

#[test]
fn slack_gives_the_token_of_a_person_when_there_is_no_other() {
    let answer = given::response(
        "200\n\n{\"ok\":true,\"authed_user\":{\"id\":\"U1\",\"access_token\":\"xoxp\",\"scope\":\"search:read\"}}",
    );
    let tokens: OAuth2Tokens = exchange::outcome(&named("slack"), &answer, given::now()).ok().unwrap();
    assert_eq!(given::shown(&tokens), "access=xoxp refresh=- left=- scope=search:read");
}
