//! Tokens that are signed here (RFC 7519): the API token itself, or the assertion that a login presents
//! (RFC 7523 §2.1).

use std::borrow::Cow;

use catalog::provider::{Jwt, JwtAlgorithm, KeyEncoding};
use catalog::{Provider, Template, Tree};
use serde_json::{Map, Value, json};
use vault::Secret;

use crate::credential::{Assertion, Credential, Kept, Minted, OAuth2Tokens};
use crate::fields::{Fields, Filling};
use crate::jose::Signer;
use crate::lifetime;
use crate::message::RequestError;

/// What a key is called in errors.
const KEY: &str = "the signing key";

/// The API token for the entered fields, which need an occasion. It is signed again before it ends.
pub fn mint(provider: &Provider, fields: &Fields) -> Result<Credential, RequestError> {
    let jwt = provider.jwt.as_ref().ok_or(RequestError::NoSuchStep { step: "signed token" })?;
    let signed = assertion(jwt, &Filling::new(provider, fields))?;
    Ok(Credential::Jwt(Minted {
        tokens: OAuth2Tokens {
            access_token: signed.text,
            refresh_token: None,
            expires_at: Some(signed.expires_at),
            scope: None,
            raw: Secret::new("{}".to_owned()),
            client_override: None,
            kept: Kept::default(),
        },
        entered: fields.credential.clone(),
        jwt: None,
        saml: None,
    }))
}

/// The signed token as it is sent.
pub(crate) fn assertion(jwt: &Jwt, filling: &Filling<'_>) -> Result<Assertion, RequestError> {
    let now = filling.fields.needed_occasion()?.now;
    let end = lifetime::assumed(jwt.lifetime_s, now).ok_or(RequestError::Missing { field: "the time" })?;
    let header = jwt
        .header
        .iter()
        .filter_map(|(name, template)| Some((name.clone(), json!(fill(template, filling)?))));
    let mut claims: Map<String, Value> =
        jwt.claims.iter().filter_map(|(name, tree)| Some((name.clone(), claim(tree, filling)?))).collect();
    claims.insert("iat".to_owned(), json!(now.as_second()));
    claims.insert("exp".to_owned(), json!(end.as_second()));
    let bad = |_| RequestError::Key { field: KEY };
    let text = signer(jwt, filling)?.sign(header.collect(), &claims).map_err(bad)?;
    Ok(Assertion { text, expires_at: end })
}

/// Whether a token is made from what is entered once and not kept.
pub(crate) fn reads_one_time<'a>(templates: impl IntoIterator<Item = &'a Template>) -> bool {
    let one_time = |template: &Template| {
        template
            .placeholders()
            .iter()
            .any(|placeholder| matches!(placeholder, catalog::Placeholder::OneTime(_)))
    };
    templates.into_iter().any(one_time)
}

fn signer(jwt: &Jwt, filling: &Filling<'_>) -> Result<Signer, RequestError> {
    let key = jwt.key.fill(filling).map_err(|_| RequestError::Missing { field: KEY })?;
    let key = Secret::new(key);
    let bad = RequestError::Key { field: KEY };
    if jwt.algorithm != JwtAlgorithm::Hs256 {
        return Signer::for_algorithm(jwt.algorithm, key.expose()).map_err(|_| bad);
    }
    let secret = match jwt.key_encoding {
        KeyEncoding::Utf8 => Cow::Borrowed(key.expose().as_bytes()),
        KeyEncoding::Hex => Cow::Owned(hex::decode(key.expose().trim()).map_err(|_| bad.clone())?),
    };
    if secret.is_empty() { Err(bad) } else { Ok(Signer::shared(&secret)) }
}

fn fill(template: &Template, filling: &Filling<'_>) -> Option<String> {
    template.fill(filling).ok().filter(|text| !text.is_empty())
}

/// A claim; nothing when it cannot be filled. An element of a list is split at commas, so that one field can hold
/// several.
fn claim(tree: &Tree, filling: &Filling<'_>) -> Option<Value> {
    match tree {
        Tree::Text(template) => fill(template, filling).map(Value::String),
        Tree::List(list) => {
            let filled = list.iter().filter_map(|element| claim(element, filling));
            let split: Vec<Value> = filled.flat_map(parts).collect();
            (!split.is_empty()).then_some(Value::Array(split))
        }
        Tree::Bool(_) | Tree::Number(_) | Tree::Table(_) => tree.fill(filling).ok(),
    }
}

fn parts(element: Value) -> Vec<Value> {
    let Some(text) = element.as_str() else { return vec![element] };
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| json!(part)).collect()
}
