//! What a credential holds, whatever its scheme: what was entered, and what is secret.

use std::collections::BTreeMap;

use vault::Secret;

use super::Credential;
use crate::fields::Client;

impl Credential {
    /// What the end user entered, by our names, as templates read it. What was entered once and is not kept is not
    /// among it.
    pub fn entered(&self) -> BTreeMap<String, Secret<String>> {
        let name = |name: &str| name.to_owned();
        match self {
            Self::ApiKey { api_key } => BTreeMap::from([(name("api_key"), api_key.clone())]),
            Self::Basic { username, password } => BTreeMap::from([
                (name("username"), Secret::new(username.clone())),
                (name("password"), password.clone()),
            ]),
            Self::ClientCredentials { client_id, client_secret, entered, .. } => {
                let mut all = entered.clone();
                all.insert(name("client_id"), Secret::new(client_id.clone()));
                if !client_secret.expose().is_empty() {
                    all.entry(name("client_secret")).or_insert_with(|| client_secret.clone());
                }
                all
            }
            Self::OAuth1TokenBased { token_id, token_secret, .. } => BTreeMap::from([
                (name("token_id"), token_id.clone()),
                (name("token_secret"), token_secret.clone()),
            ]),
            Self::TwoStep(minted) | Self::Jwt(minted) | Self::Signature(minted) | Self::Session(minted) => {
                minted.entered.clone()
            }
            Self::Aws(keys) => BTreeMap::from([(name("role_arn"), Secret::new(keys.role_arn.clone()))]),
            Self::OAuth2(_) | Self::OAuth1 { .. } | Self::App { .. } | Self::None => BTreeMap::new(),
        }
    }

    /// Every secret in it, so that none is repeated in a message.
    pub fn secrets(&self) -> Vec<Secret<String>> {
        let mut secrets: Vec<_> = self.entered().into_values().collect();
        let clients = |client: &Option<Client>| client.as_ref().and_then(|client| client.secret.clone());
        if let Some(tokens) = self.tokens() {
            secrets.push(tokens.access_token.clone());
            secrets.extend(tokens.refresh_token.clone());
            secrets.extend(clients(&tokens.client_override));
            secrets.extend(tokens.kept.headers.values().cloned());
            let person = tokens.kept.person.as_deref();
            secrets.extend(person.map(|person| person.access_token.clone()));
            secrets.extend(person.and_then(|person| person.refresh_token.clone()));
        }
        match self {
            Self::OAuth1 { token, token_secret, .. } => {
                secrets.extend([token.clone(), token_secret.clone()]);
            }
            Self::OAuth1TokenBased { client_override, .. } => secrets.extend(clients(client_override)),
            Self::App { installation, .. } => secrets.push(installation.access_token.clone()),
            Self::Aws(keys) => {
                secrets.extend([keys.secret_access_key.clone(), keys.session_token.clone()]);
            }
            Self::TwoStep(minted) | Self::Jwt(minted) | Self::Signature(minted) | Self::Session(minted) => {
                let made = [&minted.jwt, &minted.saml].into_iter().flatten();
                secrets.extend(made.map(|assertion| assertion.text.clone()));
            }
            Self::OAuth2(_)
            | Self::ClientCredentials { .. }
            | Self::ApiKey { .. }
            | Self::Basic { .. }
            | Self::None => {}
        }
        secrets
    }
}
