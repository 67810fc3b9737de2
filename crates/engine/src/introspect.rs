//! Asking when a token ends that came without a word about it (RFC 7662).
//!
//! This is done once for each token answer and never while a credential is read: the end is stored, and from then on
//! the token is refreshed like any other. What cannot be learned is a failed look-up: shown, recorded, tried again.

use catalog::Provider;
use egress::Limits;
use jiff::Timestamp;
use model::Integration;
use protocol::after_token::Context;
use protocol::introspect::{self, Introspection};
use protocol::{Client, Credential, Fields, OAuth2Tokens, client_credentials};

use crate::Engine;
use crate::token_calls::failed_call;

/// Why a token is not taken for a good one.
pub(crate) const INACTIVE: &str = "token_inactive";

/// What came of asking when a token ends.
pub(crate) enum End {
    /// It is known already, or nobody tells.
    Settled,
    /// It ends then.
    At(Timestamp),
    /// It has ended, says its provider; in words fit to be shown.
    Over(String),
    /// It could not be learned; in words fit to be shown.
    Open(String),
}

/// Whether this provider can be asked for the end of this credential, and has to be.
pub(crate) fn is_untold(provider: &Provider, credential: &Credential) -> bool {
    provider.lifecycle.introspection_url.is_some() && has_open_end(credential)
}

/// The same for a provider that is not resolved yet: one that the operator defines may have the endpoint among its
/// settings, or in the metadata of its issuer.
pub(crate) fn may_be_untold(provider: &Provider, integration: &Integration, credential: &Credential) -> bool {
    let is_set = |name: &&str| integration.config.get(*name).is_some_and(|value| !value.trim().is_empty());
    let may_have_endpoint = ["introspection_url", "issuer"].iter().any(is_set);
    is_untold(provider, credential) || may_have_endpoint && has_open_end(credential)
}

fn has_open_end(credential: &Credential) -> bool {
    credential.tokens().is_some_and(|tokens| tokens.expires_at.is_none())
}

impl Engine {
    /// Asks when the credential's token ends, where that is not known and the provider can be asked.
    pub(crate) async fn learn_end(
        &self,
        provider: &Provider,
        credential: &Credential,
        client: Option<&Client>,
        fields: &Fields,
    ) -> End {
        let Some(tokens) = credential.tokens().filter(|_| is_untold(provider, credential)) else {
            return End::Settled;
        };
        let own = introspect::own_client(credential);
        let end = match own.as_ref().or(client) {
            Some(client) => {
                // An assertion of the client is good once.
                let fields = Fields { occasion: Some(self.occasion()), ..fields.clone() };
                self.ask_end(Context { provider, client, fields: &fields }, tokens).await
            }
            None => End::Settled,
        };
        match (end, credential) {
            // A client asks for a token again whenever it likes, so what is usual is good enough to go by.
            (End::Settled | End::Open(_), Credential::ClientCredentials { .. }) => {
                client_credentials::usual_end(self.ports().now()).map_or(End::Settled, End::At)
            }
            (end, _) => end,
        }
    }

    async fn ask_end(&self, context: Context<'_>, tokens: &OAuth2Tokens) -> End {
        let Context { provider, client, fields } = context;
        let name = &provider.name;
        let request = match introspect::request(provider, client, tokens, fields) {
            None => return End::Settled,
            Some(Ok(request)) => request,
            Some(Err(error)) => {
                // A connection without the field that names the server does not get one by waiting.
                tracing::warn!(provider = provider.slug, %error, "the end of a token cannot be asked for");
                return End::Settled;
            }
        };
        let said = match self.send(request, &Limits::metadata()).await {
            Ok(response) => introspect::outcome(&response, self.ports().now())
                .map_err(|error| failed_call(&error, context, &[], Some(tokens)).1),
            Err(no_answer) => Err(no_answer.message),
        };
        match said {
            // The provider calls it alive, so its clock and ours differ: going by that end, every read would refresh.
            Ok(Introspection::Active { expires_at: Some(end) }) if end <= self.ports().now() => {
                End::Open(format!(
                    "{name} says of a token that lives that it ended at {end}; is this server's clock right?"
                ))
            }
            Ok(Introspection::Active { expires_at }) => expires_at.map_or(End::Settled, End::At),
            Ok(Introspection::Inactive) => End::Over(format!("{name} says that its token is not active")),
            Err(problem) => {
                tracing::warn!(provider = provider.slug, problem, "the end of a token was not learned");
                End::Open(format!("{name} did not tell when its token ends ({problem})"))
            }
        }
    }
}
