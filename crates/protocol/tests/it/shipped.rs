//! Every provider of the catalog through every step, with plausible values: what is data must fit what reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::provider::{ClientAuth, Quirk, Starter};
use catalog::{AuthMode, Catalog, Input, Kind, Provider};
use insta::assert_snapshot;
use protocol::authorize::{Start, Started, begin};
use protocol::{
    Client, Credential, Fields, OAuth2Tokens, RequestError, after_connect, after_token, callback,
    client_credentials, exchange, identity, introspect, refresh, resolve, revoke, second_token, verify,
};

use crate::{given, render};

fn sample(input: &Input) -> String {
    let by_kind = match input.kind {
        Kind::String if input.name == "port" => "8443",
        Kind::String | Kind::Text => "sample",
        Kind::Hostname => "acme.example.com",
        Kind::Hosts => "*.example.com",
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
pub(crate) fn fields(provider: &Provider) -> Fields {
    let mut connection = samples(&provider.inputs.connection);
    let captures = &provider.captures;
    let kept = captures.token_response.keys().chain(captures.callback.keys()).chain(captures.webhook.keys());
    let looked_up = provider.after_connect.iter().flat_map(|step| step.sets.keys());
    for name in kept.chain(looked_up) {
        connection.entry(name.clone()).or_insert_with(|| "https://acme.example.com".to_owned());
    }
    let credential = samples(&provider.inputs.credential);
    Fields {
        connection,
        credential: credential.into_iter().map(|(name, value)| (name, value.into())).collect(),
        integration: samples(&provider.inputs.integration),
        one_time: BTreeMap::new(),
        callback: BTreeMap::from([("state".to_owned(), "s".to_owned())]),
        callback_url: Some(given::redirect_uri()),
        occasion: Some(given::occasion()),
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
    try_started(provider, fields, client).unwrap_or_else(|problem| panic!("{}: {problem}", provider.slug))
}

fn try_started(provider: &Provider, fields: &Fields, client: &Client) -> Result<Started, String> {
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
    begin(&start).map_err(|error| format!("authorization: {error}"))
}

/// A client whose secret is a key, for providers whose clients sign.
fn signing_client() -> Client {
    Client { id: "app".to_owned(), secret: Some(given::rsa_key().into()) }
}

fn signs(provider: &Provider) -> bool {
    let by_key = |token: &catalog::provider::TokenEndpoint| token.client_auth == ClientAuth::PrivateKeyJwt;
    provider.token.as_ref().is_some_and(by_key) || provider.quirks.contains(&Quirk::RevolutClientAssertion)
}

/// Whether consent begins at the vendor, who notifies us.
fn begins_elsewhere(provider: &Provider) -> bool {
    provider.plugin.as_ref().is_some_and(|plugin| plugin.started_by == Starter::Vendor)
}

#[test]
fn every_oauth_provider_goes_through_all_steps() {
    let providers = shipped(AuthMode::Oauth2);
    assert!(providers.len() > 20, "only {} providers", providers.len());
    let signing = signing_client();
    let mut problems = Vec::new();
    for provider in providers.iter().filter(|provider| !begins_elsewhere(provider)) {
        let client = if signs(provider) { signing.clone() } else { given::client() };
        if let Err(problem) = all_steps(provider, &client) {
            problems.push(format!("{}: {problem}", provider.slug));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn all_steps(provider: &Provider, client: &Client) -> Result<(), String> {
    let fields = fields(provider);
    let started = try_started(provider, &fields, client)?;
    if started.url.scheme() != "https" {
        return Err(format!("{} is not protected", started.url));
    }
    let said = |step: &str, error: RequestError| format!("{step}: {error}");
    exchange::request(provider, &started.flow, client, &given::secret("c"), &fields)
        .map_err(|error| said("exchange", error))?;
    if refresh::is_possible(provider, &given::tokens()) {
        refresh::request(provider, client, &given::tokens(), &fields)
            .map_err(|error| said("refresh", error))?;
    }
    let revoked = revoke::request(provider, client, &given::tokens(), &fields);
    revoked.transpose().map_err(|error| said("revocation", error))?;
    let asked = introspect::request(provider, client, &given::tokens(), &fields);
    asked.transpose().map_err(|error| said("introspection", error))?;
    let context = after_token::Context { provider, client, fields: &fields };
    after_token::exchanged(context, given::tokens()).map_err(|error| said("long token", error))?;
    let second = second_token::request(provider, client, &given::tokens(), &fields);
    second.transpose().map_err(|error| said("second token", error))?;
    try_calls(provider, &Credential::OAuth2(given::tokens()), &fields)
}

fn try_calls(provider: &Provider, credential: &Credential, fields: &Fields) -> Result<(), String> {
    let calls = [
        verify::request(provider, credential, fields, None),
        identity::request(provider, credential, fields, None),
    ];
    for call in calls.into_iter().flatten().chain(verify::other_requests(provider, credential, fields, None))
    {
        let call = call.map_err(|error| format!("call: {error}"))?;
        if call.url.scheme() != "https" {
            return Err(format!("{} is not protected", call.url));
        }
    }
    let context = after_connect::Context { provider, credential, fields, client: None };
    let first = provider.after_connect.first().and_then(|step| step.url.as_ref());
    match after_connect::begin(context) {
        after_connect::Step::Done(_) if first.is_some() => Err("the first look-up cannot be made".to_owned()),
        after_connect::Step::Done(_) | after_connect::Step::Send(..) => Ok(()),
    }
}

#[test]
fn every_other_provider_can_prove_its_credential() {
    let key = |_: &Provider| Credential::ApiKey { api_key: given::secret("k") };
    let basic = |_: &Provider| Credential::Basic { username: "u".to_owned(), password: given::secret("p") };
    let mut problems = Vec::new();
    let mut check = |provider: &Provider, outcome: Result<(), String>| {
        problems.extend(outcome.err().map(|problem| format!("{}: {problem}", provider.slug)));
    };
    for provider in shipped(AuthMode::ApiKey) {
        check(&provider, try_calls(&provider, &key(&provider), &fields(&provider)));
    }
    for provider in shipped(AuthMode::Basic) {
        check(&provider, try_calls(&provider, &basic(&provider), &fields(&provider)));
    }
    let signing = signing_client();
    for provider in shipped(AuthMode::Oauth2ClientCredentials) {
        let client = if signs(&provider) { signing.clone() } else { given::client() };
        let request = client_credentials::request(&provider, &client, &[], &fields(&provider));
        check(&provider, request.map(|_| ()).map_err(|error| error.to_string()));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_state_comes_back_under_a_name_that_is_looked_for() {
    for provider in Catalog::embedded().iter() {
        let name = provider.authorization.as_ref().and_then(|section| section.rename.get("state"));
        assert!(
            name.is_none_or(|name| callback::STATE_NAMES.contains(&name.as_str())),
            "{}: {name:?}",
            provider.slug
        );
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
