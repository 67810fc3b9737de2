//! What is handed out is what the provider has given and people have entered.

use engine::ReadConnection;
use protocol::Credential;
use serde_json::Value;
use vault::Secret;

use crate::act::{Act, Play};

impl Play<'_> {
    /// The tokens that are handed out are those that the provider has given.
    pub(crate) fn same_credential(&self, read: &ReadConnection) -> Act<()> {
        let (access, refresh, end) = self.world.provider(|provider| {
            let owned = |token: Option<&str>| token.map(str::to_owned);
            (owned(provider.access_token()), owned(provider.refresh_token()), provider.expires_at())
        });
        let Some(credential) = &read.credential else { return Err(vec!["no credential is read".to_owned()]) };
        let mut findings = self.other_tokens(credential);
        let Some(tokens) = credential.tokens() else {
            return if findings.is_empty() { Ok(()) } else { Err(findings) };
        };
        // Tokens that are made here are judged where they are used.
        let is_made_here = matches!(credential, Credential::Jwt(_) | Credential::Signature(_));
        if Some(tokens.access_token.expose()) != access.as_ref() && !is_made_here {
            findings.push("the access token is not the provider's".to_owned());
        }
        if tokens.refresh_token.as_ref().map(Secret::expose) != refresh.as_ref() {
            findings.push("the refresh token is not the provider's".to_owned());
        }
        if end.is_some() && read.connection.expires_at != end {
            findings.push(format!("it ends at {:?}, not {end:?}", read.connection.expires_at));
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// Tokens that are none of OAuth 2.
    fn other_tokens(&self, credential: &Credential) -> Vec<String> {
        let mut findings = Vec::new();
        let mut same = |what: &str, found: &Secret<String>, given: Option<String>| {
            if Some(found.expose()) != given.as_ref() {
                findings.push(format!("{what} is not the provider's"));
            }
        };
        let world = self.world;
        match credential {
            Credential::OAuth1 { token, token_secret, .. } => {
                same(
                    "the token",
                    token,
                    world.provider(|provider| provider.access_token().map(str::to_owned)),
                );
                let given = world.provider(|provider| provider.token_secret().map(str::to_owned));
                same("the token secret", token_secret, given);
            }
            Credential::App { installation, .. } => {
                let given = world.provider(|provider| provider.installation_token().map(str::to_owned));
                same("the token of the installation", &installation.access_token, given);
            }
            Credential::OAuth2(_)
            | Credential::ClientCredentials { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::TwoStep(_)
            | Credential::Jwt(_)
            | Credential::Signature(_)
            | Credential::Session(_)
            | Credential::Aws(_)
            | Credential::ApiKey { .. }
            | Credential::Basic { .. }
            | Credential::None => {}
        }
        findings
    }

    /// The fields of the connection are what was entered and what the provider told.
    pub(crate) fn same_fields(&self, read: &ReadConnection) -> Act<()> {
        let told = self.world.provider(|provider| provider.connection().clone());
        let mut findings = Vec::new();
        for (field, value) in told {
            let wire = self.scene.wire_name(&field);
            let plain = read.connection.config.get(wire).and_then(Value::as_str);
            let secret = read.secret_fields.get(wire).map(|secret| secret.expose().as_str());
            let found = plain.or(secret);
            if found != Some(value.as_str()) {
                findings.push(format!("the field {wire} is {found:?}, not {value:?}"));
            }
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }
}
