//! Asking the provider for a fresh credential, and what a failed attempt says.

use egress::Limits;
use model::Connection;
use protocol::after_token::Context;
use protocol::{Credential, Fields, RequestError, Response, TokenError};

use super::{Lease, Prepared};
use crate::Engine;
use crate::error::{Error, Rule};
use crate::introspect::{End, INACTIVE, is_untold};
use crate::seals::{ConnectionSecrets, SecretMap};
use crate::send::token_failure;

/// The request cannot be built from what there is.
pub(crate) const UNUSABLE: &str = "unusable_integration";

/// What a failed attempt leaves behind.
pub(crate) struct Attempt {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) grant_gone: bool,
    pub(crate) retry_after_s: Option<u64>,
    /// What was presented is no good: the provider said so, or nothing can be made of it.
    pub(crate) refused: bool,
}

/// What an attempt that succeeded brought.
pub(super) struct Asked {
    pub(super) secrets: ConnectionSecrets,
    /// Why the credential is not whole although what it renews itself by is new: both have to be kept.
    pub(super) setback: Option<Attempt>,
    /// That the end of the token could not be learned, in words fit to be shown.
    pub(super) open: Option<String>,
}

impl Engine {
    /// One request to the provider, or as many as one refresh takes. The outer error is ours, the inner one the provider's.
    pub(super) async fn ask_provider(
        &self,
        connection: &Connection,
        prepared: &Prepared,
        lease: &Lease,
    ) -> Result<Result<Asked, Attempt>, Error> {
        let Prepared { integration, provider } = prepared;
        let secrets = self.open_connection(connection)?;
        let fields = match self.all_fields(provider, integration, &connection.config, &secrets.fields) {
            Err(Error::Refused(refusal)) => {
                return Ok(Err(Attempt { refused: true, ..Attempt::no_answer(UNUSABLE, refusal.message) }));
            }
            fields => fields?,
        };
        self.in_time(lease)?;
        let asked = match &secrets.credential {
            Credential::OAuth2(tokens) => {
                let client = self.client_of(integration, tokens)?;
                let context = Context { provider, client: &client, fields: &fields };
                self.renewed(context, tokens, &secrets.fields, lease).await
            }
            Credential::App { user, .. } => {
                let client = self.own_client(integration)?;
                let context = Context { provider, client: &client, fields: &fields };
                let renewed = self.renewed_app(context, user.as_ref(), lease).await;
                renewed.map(|credential| Asked::whole(credential, &secrets.fields))
            }
            Credential::ClientCredentials { .. }
            | Credential::TwoStep(_)
            | Credential::Jwt(_)
            | Credential::Signature(_)
            | Credential::Session(_)
            | Credential::Aws(_) => {
                let made = self.made_again(connection, prepared, &secrets.credential, fields.clone()).await;
                made.map(|credential| Asked::whole(credential, &secrets.fields))
            }
            Credential::OAuth1 { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::ApiKey { .. }
            | Credential::Basic { .. }
            | Credential::None => {
                return Err(Error::refused(Rule::Body, "this kind of credential cannot be refreshed"));
            }
        };
        Ok(match asked {
            Ok(asked) => Ok(self.with_end(prepared, asked, &fields, lease).await),
            Err(attempt) => Err(attempt),
        })
    }

    /// Asks when the new token ends, where its answer did not say. One that has ended already is due at once: what it
    /// renews itself by is new and has to be kept, but the attempt has failed.
    async fn with_end(&self, prepared: &Prepared, mut asked: Asked, fields: &Fields, lease: &Lease) -> Asked {
        let Prepared { integration, provider } = prepared;
        if asked.setback.is_some() || !is_untold(provider, &asked.secrets.credential) {
            return asked;
        }
        let credential = asked.secrets.credential.clone();
        let end = match self.client_with(integration, &credential) {
            Ok(client) if self.has_time(lease) => {
                self.learn_end(provider, &credential, client.as_ref(), fields).await
            }
            Ok(_) => {
                End::Open(format!("there was no time left to ask {} when its token ends", provider.name))
            }
            Err(error) => End::Open(error.to_string()),
        };
        match end {
            End::Settled => {}
            End::At(end) => asked.secrets.credential = credential.with_end(end),
            End::Over(message) => {
                asked.secrets.credential = credential.with_end(self.ports().now());
                asked.setback = Some(Attempt::no_answer(INACTIVE, message));
            }
            End::Open(problem) => asked.open = Some(problem),
        }
        asked
    }

    pub(crate) async fn ask(
        &self,
        request: Result<protocol::Request, RequestError>,
    ) -> Result<Response, Attempt> {
        let request = request.map_err(|error| Attempt::unusable(&error))?;
        let response = self.send(request, &Limits::token()).await;
        response.map_err(|no_answer| Attempt::no_answer(no_answer.code, no_answer.message))
    }
}

impl Asked {
    /// A credential that needs nothing more.
    fn whole(credential: Credential, fields: &SecretMap) -> Self {
        let secrets = ConnectionSecrets { credential, fields: fields.clone() };
        Self { secrets, setback: None, open: None }
    }
}

impl Attempt {
    pub(crate) fn no_answer(code: impl Into<String>, message: String) -> Self {
        Self { code: code.into(), message, grant_gone: false, retry_after_s: None, refused: false }
    }

    pub(crate) fn unusable(error: &RequestError) -> Self {
        let message = format!("the token request cannot be built: {error}");
        Self { refused: true, ..Self::no_answer(UNUSABLE, message) }
    }

    pub(crate) fn refused(error: &TokenError, told: &[&str]) -> Self {
        let retry_after = match error {
            TokenError::RateLimited { retry_after } | TokenError::Unavailable { retry_after, .. } => {
                *retry_after
            }
            TokenError::Refused { .. }
            | TokenError::Grant { .. }
            | TokenError::Unreadable { .. }
            | TokenError::Truncated => None,
        };
        let (code, message) = token_failure(error, told);
        Self {
            code,
            message,
            grant_gone: error.is_final(),
            retry_after_s: retry_after.map(|wait| wait.as_secs()),
            refused: matches!(error, TokenError::Refused { .. } | TokenError::Grant { .. }),
        }
    }
}
