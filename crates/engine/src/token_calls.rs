//! Calls to authorization servers that take more than one request: with a proof of possession, with an exchange or a
//! session behind the first answer, with a token for another audience.

use egress::Limits;
use jiff::Timestamp;
use protocol::after_token::{Context, Step};
use protocol::second_token::{self, SecondToken};
use protocol::{
    DpopKey, Fields, OAuth2Tokens, Occasion, Request, RequestError, Response, TokenError, after_token, dpop,
};

use crate::Engine;
use crate::send::{NoAnswer, token_failure};

/// Why a call to an authorization server brought nothing.
pub(crate) enum Unanswered {
    /// The request cannot be built.
    Unbuilt(RequestError),
    /// There is no answer.
    Silent(NoAnswer),
}

/// A call behind the first answer failed.
pub(crate) struct Interrupted {
    /// What is held so far. It is valid and has to be kept.
    pub(crate) tokens: OAuth2Tokens,
    /// Whether the access token can be used as it is.
    pub(crate) usable: bool,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Unanswered {
    /// A code of ours and words that are safe to show.
    pub(crate) fn told(self) -> (String, String) {
        match self {
            Self::Unbuilt(error) => ("unusable_integration".to_owned(), error.to_string()),
            Self::Silent(no_answer) => (no_answer.code.to_owned(), no_answer.message),
        }
    }
}

impl Engine {
    /// Time and chance for one request.
    pub(crate) fn occasion(&self) -> Occasion {
        Occasion { now: self.ports().now(), random: self.ports().random() }
    }

    /// Asks an authorization server. Where the tokens are bound to a key the request proves it, and is made once more
    /// when the server wants its own nonce in the proof (RFC 9449 §8): the refused one has spent nothing.
    pub(crate) async fn ask_server(
        &self,
        fields: &Fields,
        key: Option<&DpopKey>,
        build: impl Fn(&Fields) -> Result<Request, RequestError>,
    ) -> Result<Response, Unanswered> {
        let request = self.proved(build(fields), key, None).map_err(Unanswered::Unbuilt)?;
        let response = self.send(request, &Limits::token()).await.map_err(Unanswered::Silent)?;
        let Some(nonce) = key.and_then(|_| dpop::demanded_nonce(&response)) else { return Ok(response) };
        // A client assertion is good for one request too, so everything is made anew.
        let again = Fields { occasion: Some(self.occasion()), ..fields.clone() };
        let request = self.proved(build(&again), key, Some(&nonce)).map_err(Unanswered::Unbuilt)?;
        self.send(request, &Limits::token()).await.map_err(Unanswered::Silent)
    }

    fn proved(
        &self,
        request: Result<Request, RequestError>,
        key: Option<&DpopKey>,
        nonce: Option<&str>,
    ) -> Result<Request, RequestError> {
        let mut request = request?;
        if let Some(key) = key {
            dpop::prove(&mut request, key, &self.occasion(), nonce)?;
        }
        Ok(request)
    }

    /// Makes the calls that a credential still needs after a token answer. `may_send` is asked before each.
    pub(crate) async fn complete(
        &self,
        context: Context<'_>,
        mut step: Step,
        may_send: impl Fn() -> bool,
    ) -> Result<OAuth2Tokens, Box<Interrupted>> {
        loop {
            let (request, pending) = match step {
                Step::Done(tokens) => return Ok(tokens),
                Step::Send(request, pending) => (request, pending),
            };
            let usable = pending.leaves_usable();
            let interrupted = |tokens, code: &str, message: String| {
                Box::new(Interrupted { tokens, usable, code: code.to_owned(), message })
            };
            if !may_send() {
                let message = "there was no time left to complete the credential".to_owned();
                return Err(interrupted(pending.into_tokens(), "out_of_time", message));
            }
            let response = match self.send(*request, &Limits::token()).await {
                Ok(response) => response,
                Err(no_answer) => {
                    return Err(interrupted(pending.into_tokens(), no_answer.code, no_answer.message));
                }
            };
            step = pending.answered(context, &response, self.ports().now()).map_err(|stopped| {
                let after_token::Interrupted { tokens, usable, error } = *stopped;
                let (code, message) = token_failure(&error, &secrets_told(context, &tokens));
                Box::new(Interrupted { tokens, usable, code, message })
            })?;
        }
    }

    /// The token for another audience, where the provider has one. Without it the first is good for what it is, so a
    /// failure is no reason to lose that: the next refresh asks again.
    pub(crate) async fn second_token(
        &self,
        context: Context<'_>,
        tokens: &OAuth2Tokens,
    ) -> Option<SecondToken> {
        let Context { provider, client, fields } = context;
        let asked = second_token::request(provider, client, tokens, fields)?;
        let problem = match asked {
            Err(error) => error.to_string(),
            Ok(request) => match self.send(request, &Limits::token()).await {
                Err(no_answer) => no_answer.message,
                Ok(response) => match second_token::outcome(provider, &response, self.ports().now())? {
                    Ok(token) => return Some(token),
                    Err(error) => token_failure(&error, &secrets_told(context, tokens)).1,
                },
            },
        };
        tracing::warn!(provider = provider.slug, problem, "a second token was not obtained");
        None
    }
}

/// The sooner of two ends, where they are known.
pub(crate) fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Words for a failed token call, without the secrets that the provider was told.
pub(crate) fn failed_call(
    error: &TokenError,
    context: Context<'_>,
    more: &[&str],
    tokens: Option<&OAuth2Tokens>,
) -> (String, String) {
    let mut told = tokens.map(|tokens| secrets_told(context, tokens)).unwrap_or_default();
    told.extend(context.client.secret.as_ref().map(|secret| secret.expose().as_str()));
    told.extend(more);
    token_failure(error, &told)
}

fn secrets_told<'a>(context: Context<'a>, tokens: &'a OAuth2Tokens) -> Vec<&'a str> {
    let secrets = [Some(&tokens.access_token), tokens.refresh_token.as_ref(), context.client.secret.as_ref()];
    secrets.into_iter().flatten().map(|secret| secret.expose().as_str()).collect()
}
