//! Making a credential from what was entered: at once, by signing here, or by calls.

use std::time::Duration;

use catalog::{AuthMode, Provider};
use egress::Limits;
use model::Integration;
use protocol::login::{self, LoginError, Step};
use protocol::{Client, Credential, Fields, Occasion, RequestError, aws, client_credentials, jwt, wsse};
use vault::Secret;

use crate::Engine;
use crate::entered::told;
use crate::refresh::ask::Attempt;

/// All calls of one login together. It ends before the lease of a refresh does.
const LOGIN: Duration = Duration::from_secs(20);

impl Engine {
    /// The credential for the entered values, which stand in `fields.credential` and `fields.one_time`.
    pub(crate) async fn mint(
        &self,
        provider: &Provider,
        integration: &Integration,
        fields: &Fields,
    ) -> Result<Credential, Attempt> {
        let entered =
            |name: &str| fields.credential.get(name).cloned().unwrap_or_else(|| Secret::new(String::new()));
        match provider.auth {
            AuthMode::ApiKey => Ok(Credential::ApiKey { api_key: entered("api_key") }),
            AuthMode::Basic => Ok(Credential::Basic {
                username: entered("username").into_inner(),
                password: entered("password"),
            }),
            AuthMode::Oauth2ClientCredentials => self.client_credentials(provider, integration, fields).await,
            AuthMode::Oauth1TokenBased => Ok(Credential::OAuth1TokenBased {
                token_id: entered("token_id"),
                token_secret: entered("token_secret"),
                client_override: client_override(fields),
            }),
            AuthMode::TwoStep | AuthMode::SessionLogin => {
                self.log_in(provider, login::begin(provider, fields), fields).await
            }
            AuthMode::Jwt => jwt::mint(provider, fields).map_err(|error| Attempt::unusable(&error)),
            AuthMode::Signature => wsse::mint(provider, fields).map_err(|error| Attempt::unusable(&error)),
            AuthMode::AwsSigv4 => self.assume(provider, aws::role(provider, fields), fields).await,
            AuthMode::None => Ok(Credential::None),
            AuthMode::Oauth2
            | AuthMode::Oauth1
            | AuthMode::AppInstallation
            | AuthMode::AppInstallationWithUserOauth
            | AuthMode::PluginInstall
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery => {
                let message = format!("{} is connected at its own page", provider.name);
                Err(Attempt::no_answer("not_entered", message))
            }
        }
    }

    /// A token by client credentials (RFC 6749 §4.4). Scopes of the connection count before those of the integration.
    pub(crate) async fn client_credentials(
        &self,
        provider: &Provider,
        integration: &Integration,
        fields: &Fields,
    ) -> Result<Credential, Attempt> {
        let client = client_credentials::client(&fields.credential);
        let own = fields.connection.get("oauth_scopes").map(|scopes| list_of(scopes)).unwrap_or_default();
        let scopes = if own.is_empty() { &integration.scopes } else { &own };
        let response = self.ask(client_credentials::request(provider, &client, scopes, fields)).await?;
        let tokens = client_credentials::outcome(provider, &response, self.ports().now())
            .map_err(|error| Attempt::refused(&error, &told(provider, fields)))?;
        Ok(client_credentials::credential(tokens, fields.credential.clone()))
    }

    /// Makes the calls of a login, one after the other, all within its time.
    pub(crate) async fn log_in(
        &self,
        provider: &Provider,
        begun: Result<Step, LoginError>,
        fields: &Fields,
    ) -> Result<Credential, Attempt> {
        let calls = self.login_calls(provider, begun, fields);
        tokio::time::timeout(LOGIN, calls).await.unwrap_or_else(|_| {
            let message = format!("{} did not complete the login in time", provider.name);
            Err(Attempt::no_answer("provider_timeout", message))
        })
    }

    async fn login_calls(
        &self,
        provider: &Provider,
        begun: Result<Step, LoginError>,
        fields: &Fields,
    ) -> Result<Credential, Attempt> {
        let failed = |error| login_failed(&error, &told(provider, fields));
        let mut step = begun.map_err(failed)?;
        loop {
            let (request, pending) = match step {
                Step::Done(credential) => return Ok(credential),
                Step::Send { request, pending } => (request, pending),
            };
            let response = self
                .send(request, &Limits::token())
                .await
                .map_err(|no_answer| Attempt::no_answer(no_answer.code, no_answer.message))?;
            // The next call has a time and a chance of its own.
            let occasion = Occasion { now: self.ports().now(), random: self.ports().random() };
            let fields = Fields { occasion: Some(occasion), ..Fields::default() };
            step = pending.receive(provider, &fields, response).map_err(failed)?;
        }
    }

    /// Temporary keys of a role.
    pub(crate) async fn assume(
        &self,
        provider: &Provider,
        role: Result<aws::Role, RequestError>,
        fields: &Fields,
    ) -> Result<Credential, Attempt> {
        let role = role.map_err(|error| Attempt::unusable(&error))?;
        let response = self.ask(aws::request(provider, &role, fields)).await?;
        let keys = aws::outcome(role, &response, self.ports().now());
        keys.map(Credential::Aws).map_err(|error| Attempt::refused(&error, &told(provider, fields)))
    }
}

/// The client that a token pair was made for, where the app's server names one.
fn client_override(fields: &Fields) -> Option<Client> {
    let text = |name: &str| fields.connection.get(name).filter(|text| !text.is_empty()).cloned();
    let id = text("oauth_client_id_override")?;
    Some(Client { id, secret: text("oauth_client_secret_override").map(Secret::new) })
}

fn login_failed(error: &LoginError, told: &[&str]) -> Attempt {
    match error {
        LoginError::Request(error) => Attempt::unusable(error),
        LoginError::Answer(error) => Attempt::refused(error, told),
        LoginError::AssertionEnded => {
            let message = "what was presented at the provider has ended and cannot be made again; the end user has to \
                           connect again";
            let attempt = Attempt::no_answer("assertion_ended", message.to_owned());
            Attempt { grant_gone: true, refused: true, ..attempt }
        }
    }
}

fn list_of(text: &str) -> Vec<String> {
    let parts = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}
