//! Every provider of the catalog whose credential is made by calls or by signing, with plausible values.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::provider::{JwtAlgorithm, Quirk};
use catalog::{AuthMode, Catalog, Provider};
use protocol::api::Caller;
use protocol::login::{self, Step};
use protocol::oauth1::{authorize, temporary};
use protocol::{AwsKeys, Client, Credential, Fields, Minted, RequestError, aws, jwt, verify, wsse};

use crate::given;
use crate::shipped::fields as plausible;
use crate::signing::{self, Key};

fn shipped(of: AuthMode) -> Vec<Arc<Provider>> {
    let ready =
        |provider: &Arc<Provider>| provider.auth == of && !provider.quirks.contains(&Quirk::OperatorDefined);
    Catalog::embedded().iter().filter(ready).collect()
}

/// Keys for every algorithm; making one takes a while.
struct Keys {
    rsa: Key,
    ec: Key,
}

impl Keys {
    fn new() -> Self {
        Self { rsa: Key::rsa(), ec: Key::ec() }
    }

    /// The fields of a provider, with a key that fits where it wants one.
    fn fields(&self, provider: &Provider) -> Fields {
        let mut fields = Fields { occasion: Some(signing::occasion()), ..plausible(provider) };
        let one_time = &provider.inputs.one_time;
        fields.one_time = one_time.iter().map(|input| (input.name.clone(), given::secret("once"))).collect();
        let jwt = provider.jwt.as_ref();
        let key = match jwt.map(|jwt| jwt.algorithm) {
            Some(JwtAlgorithm::Hs256) => "6b6964:616263",
            Some(JwtAlgorithm::Es256) => &self.ec.pem,
            Some(JwtAlgorithm::Rs256 | JwtAlgorithm::Ps256) | None => &self.rsa.pem,
        };
        for (name, value) in fields.credential.iter_mut().chain(&mut fields.one_time) {
            if name == "private_key" {
                *value = given::secret(key);
            }
        }
        fields
    }
}

fn signs_a_call(provider: &Provider, credential: &Credential, fields: &Fields) {
    let client = given::client();
    if let Some(checked) = verify::request(provider, credential, fields, None) {
        assert!(checked.is_ok(), "{}: {:?}", provider.slug, checked.err());
    }
    let caller = Caller { provider, credential, fields, client: Some(&client) };
    assert!(provider.api.base_url.is_none() || caller.root().is_ok(), "{}", provider.slug);
}

fn minted(credential: &Credential, slug: &str) -> Minted {
    credential.minted().cloned().unwrap_or_else(|| panic!("{slug} makes a token"))
}

#[test]
fn every_login_begins_with_a_call() {
    let keys = Keys::new();
    let providers = [shipped(AuthMode::TwoStep), shipped(AuthMode::SessionLogin)].concat();
    assert!(providers.len() > 50, "only {} providers", providers.len());
    for provider in providers {
        let mut fields = keys.fields(&provider);
        if provider.inputs.credential.is_empty() {
            let own = ["username", "password", "organization_id", "dev_key"];
            fields.credential = own.into_iter().map(|name| (name.to_owned(), given::secret("x"))).collect();
        }
        match login::begin(&provider, &fields) {
            Ok(Step::Send { request, .. }) => assert_eq!(request.url.scheme(), "https", "{}", provider.slug),
            Ok(Step::Done(_)) => panic!("{} makes no call", provider.slug),
            Err(error) => panic!("{}: {error}", provider.slug),
        }
    }
}

#[test]
fn every_signed_token_signs_and_calls() {
    let keys = Keys::new();
    let providers = shipped(AuthMode::Jwt);
    assert!(providers.len() >= 4, "only {} providers", providers.len());
    for provider in providers {
        let fields = keys.fields(&provider);
        let credential =
            jwt::mint(&provider, &fields).unwrap_or_else(|error| panic!("{}: {error}", provider.slug));
        let (_, claims) = signing::read(minted(&credential, &provider.slug).tokens.access_token.expose());
        assert!(claims.is_object(), "{}", provider.slug);
        signs_a_call(&provider, &credential, &fields);
    }
}

#[test]
fn every_computed_header_is_computed() {
    for provider in shipped(AuthMode::Signature) {
        let fields = Fields { occasion: Some(signing::occasion()), ..plausible(&provider) };
        let credential =
            wsse::mint(&provider, &fields).unwrap_or_else(|error| panic!("{}: {error}", provider.slug));
        signs_a_call(&provider, &credential, &fields);
    }
}

#[test]
fn every_oauth_1_provider_begins_and_signs() {
    let providers = shipped(AuthMode::Oauth1);
    assert!(providers.len() > 10, "only {} providers", providers.len());
    for provider in providers {
        let (client, fields) =
            (given::client(), Fields { occasion: Some(signing::occasion()), ..plausible(&provider) });
        let callback = temporary::callback(&given::redirect_uri(), "s");
        let asked = temporary::request(&provider, &client, &fields, &callback);
        assert!(asked.is_ok(), "{}: {:?}", provider.slug, asked.err());
        let start = authorize::Start {
            provider: &provider,
            client: &client,
            fields: &fields,
            callback: &callback,
            scopes: &[],
            extra_params: &BTreeMap::new(),
        };
        let temporary = temporary::Temporary { token: "t".to_owned(), secret: given::secret("s") };
        let started = authorize::begin(&start, temporary);
        assert!(started.is_ok(), "{}: {:?}", provider.slug, started.err());
        let credential = Credential::OAuth1 {
            token: given::secret("t"),
            token_secret: given::secret("s"),
            raw: given::secret("{}"),
        };
        signs_a_call(&provider, &credential, &fields);
    }
}

#[test]
fn tokens_of_a_console_sign_with_their_realm() {
    for provider in shipped(AuthMode::Oauth1TokenBased) {
        let fields = Fields { occasion: Some(signing::occasion()), ..plausible(&provider) };
        let own = Client { id: "c".to_owned(), secret: Some(given::secret("s")) };
        let credential = Credential::OAuth1TokenBased {
            token_id: given::secret("t"),
            token_secret: given::secret("s"),
            client_override: Some(own),
        };
        signs_a_call(&provider, &credential, &fields);
    }
}

#[test]
fn the_role_of_every_aws_provider_can_be_assumed() {
    for provider in shipped(AuthMode::AwsSigv4) {
        let mut fields = Fields { occasion: Some(signing::occasion()), ..plausible(&provider) };
        fields.connection.insert("region".to_owned(), "eu-west-1".to_owned());
        let arn = "arn:aws:iam::123456789012:role/Reader";
        fields.credential.insert("role_arn".to_owned(), given::secret(arn));
        let role = aws::role(&provider, &fields).unwrap_or_else(|error| panic!("{}: {error}", provider.slug));
        let asked: Result<_, RequestError> = aws::request(&provider, &role, &fields);
        assert!(asked.is_ok(), "{}: {:?}", provider.slug, asked.err());
        let keys = AwsKeys {
            role_arn: role.arn,
            external_id: Some(role.external_id),
            region: role.region,
            service: role.service,
            access_key_id: "AK".to_owned(),
            secret_access_key: given::secret("sk"),
            session_token: given::secret("st"),
            expires_at: None,
        };
        signs_a_call(&provider, &Credential::Aws(keys), &fields);
    }
}
