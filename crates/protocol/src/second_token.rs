//! A token for another audience, fetched after connecting and with each refresh and kept as a secret field.

use catalog::Provider;
use catalog::provider::{ClientAuth, SecondGrant, SecondToken as Definition, TokenEndpoint};
use jiff::Timestamp;
use vault::Secret;

use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use crate::token_call::TokenCall;
use crate::token_response;

/// The second token.
pub struct SecondToken {
    /// The connection field that keeps it.
    pub field: String,
    /// The token.
    pub access_token: Secret<String>,
    /// When it ends. The connection is due for a refresh then as well.
    pub expires_at: Option<Timestamp>,
}

/// The request; nothing when the provider has no second token, or when the fields it depends on are not known yet.
pub fn request(
    provider: &Provider,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Option<Result<Request, RequestError>> {
    let definition = provider.second_token.as_ref()?;
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(tokens);
    // The scope names the tenant, which a look-up may still have to find.
    let scope = definition.scope.fill(&filling).ok()?;
    Some(build(definition, &filling, client, tokens, scope))
}

/// The token in the answer.
pub fn outcome(
    provider: &Provider,
    response: &Response,
    now: Timestamp,
) -> Option<Result<SecondToken, TokenError>> {
    let field = provider.second_token.as_ref()?.field.clone();
    Some(token_response::tokens(provider, response, now).map(|tokens| SecondToken {
        field,
        access_token: tokens.access_token,
        expires_at: tokens.expires_at,
    }))
}

fn build(
    definition: &Definition,
    filling: &Filling<'_>,
    client: &Client,
    tokens: &OAuth2Tokens,
    scope: String,
) -> Result<Request, RequestError> {
    let url = filling.url("second token URL", &definition.url)?;
    let mut parameters = Parameters::default();
    match definition.grant {
        SecondGrant::ClientCredentials => parameters.set("grant_type", "client_credentials".to_owned()),
        SecondGrant::RefreshToken => {
            let token = tokens.refresh_token.as_ref();
            let token = token.ok_or(RequestError::Missing { field: "the refresh token" })?;
            parameters.set("grant_type", "refresh_token".to_owned());
            parameters.set("refresh_token", token.clone());
        }
    }
    parameters.set("scope", scope);
    let token: &TokenEndpoint =
        filling.provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    // The endpoint is another one, so what is special about the first does not hold there.
    let is_special =
        matches!(token.client_auth, ClientAuth::SecretAsBasicUser | ClientAuth::UsernamePassword);
    let client_auth = if is_special { ClientAuth::ClientSecretPost } else { token.client_auth };
    TokenCall { client_auth, ..TokenCall::new(filling, token, Some(client), url, parameters) }.build()
}
