//! What still has to be called after a token answer before the credential is whole: the exchange for a long-lived
//! token, a session that the token opens, the tokens of a second person.
//!
//! The answer before may have used up a grant, so what is held is never lost: a call that fails gives it back.

use catalog::Provider;
use catalog::provider::{BodyFormat, LongToken, TokenMethod};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::{Map, Value};
use vault::Secret;

use crate::credential::{Kept, OAuth2Tokens};
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::quirks::bullhorn_rest_login;
use crate::refusal::TokenError;
use crate::{refresh, token_response};

/// What the calls are made with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The provider, resolved.
    pub provider: &'a Provider,
    /// The client that the grant was given to.
    pub client: &'a Client,
    /// Values for templates.
    pub fields: &'a Fields,
}

/// Where the matter stands.
pub enum Step {
    /// This request is to be sent, and its answer given to [`Pending::answered`].
    Send(Box<Request>, Pending),
    /// The credential is whole.
    Done(OAuth2Tokens),
}

/// Tokens that wait for an answer.
pub struct Pending {
    tokens: OAuth2Tokens,
    call: Call,
}

/// A call did not bring what it should have.
#[derive(thiserror::Error)]
#[error("a call after the token answer failed: {error}")]
pub struct Interrupted {
    /// What is held so far. It is valid and has to be kept.
    pub tokens: OAuth2Tokens,
    /// Whether the access token can be used as it is.
    pub usable: bool,
    /// What went wrong.
    pub error: TokenError,
}

impl std::fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupted").field("error", &self.error).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
enum Call {
    LongToken,
    Session,
    Person,
}

/// Goes on from the answer to a code.
pub fn exchanged(context: Context<'_>, tokens: OAuth2Tokens) -> Result<Step, RequestError> {
    match &context.provider.long_token {
        Some(long) => {
            let request = long_token(context, long, &tokens)?;
            Ok(Step::Send(Box::new(request), Pending { tokens, call: Call::LongToken }))
        }
        None => Ok(session(context, tokens)),
    }
}

/// Goes on from the answer to a refresh.
pub fn refreshed(context: Context<'_>, tokens: OAuth2Tokens) -> Result<Step, RequestError> {
    let person = tokens.kept.person.as_deref().filter(|person| person.refresh_token.is_some());
    match person {
        Some(person) => {
            let request = refresh::request(context.provider, context.client, person, context.fields)?;
            Ok(Step::Send(Box::new(request), Pending { tokens, call: Call::Person }))
        }
        None => Ok(session(context, tokens)),
    }
}

impl Pending {
    /// What is held while the answer is awaited, to be kept when none comes.
    pub fn into_tokens(self) -> OAuth2Tokens {
        self.tokens
    }

    /// Whether the access token can be used before the answer has come.
    pub const fn leaves_usable(&self) -> bool {
        match self.call {
            Call::LongToken | Call::Person => true,
            Call::Session => false,
        }
    }

    /// Goes on with the answer.
    pub fn answered(
        self,
        context: Context<'_>,
        response: &Response,
        now: Timestamp,
    ) -> Result<Step, Box<Interrupted>> {
        let usable = self.leaves_usable();
        let Self { tokens, call } = self;
        match call {
            Call::LongToken => match token_response::tokens(context.provider, response, now) {
                Ok(long) => Ok(session(context, prolonged(tokens, long))),
                Err(error) => Err(Box::new(Interrupted { tokens, usable, error })),
            },
            Call::Session => match bullhorn_rest_login::outcome(&tokens, response, now) {
                Ok(tokens) => Ok(Step::Done(tokens)),
                Err(error) => Err(Box::new(Interrupted { tokens, usable, error })),
            },
            Call::Person => {
                let Some(person) = tokens.kept.person.as_deref() else { return Ok(Step::Done(tokens)) };
                match refresh::outcome(context.provider, person, context.fields, response, now) {
                    Ok(renewed) => {
                        let kept = Kept { person: Some(Box::new(renewed)), ..tokens.kept.clone() };
                        Ok(session(context, OAuth2Tokens { kept, ..tokens }))
                    }
                    Err(error) => Err(Box::new(Interrupted { tokens, usable, error })),
                }
            }
        }
    }
}

fn session(context: Context<'_>, tokens: OAuth2Tokens) -> Step {
    if bullhorn_rest_login::applies(context.provider) {
        let request = bullhorn_rest_login::request(&tokens);
        return Step::Send(Box::new(request), Pending { tokens, call: Call::Session });
    }
    Step::Done(tokens)
}

fn long_token(
    context: Context<'_>,
    long: &LongToken,
    tokens: &OAuth2Tokens,
) -> Result<Request, RequestError> {
    let filling =
        Filling::new(context.provider, context.fields).with_client(context.client).with_tokens(tokens);
    let url = filling.url("long token URL", &long.url)?;
    let mut parameters = Parameters::default();
    parameters.fill(&long.params, &filling);
    let (method, format) = match long.method {
        TokenMethod::Post => (Method::POST, BodyFormat::Form),
        TokenMethod::Get => (Method::GET, BodyFormat::Query),
    };
    Ok(parameters.request(method, url, format, HeaderMap::new()))
}

/// The long-lived token, with what only the first answer knew.
fn prolonged(short: OAuth2Tokens, long: OAuth2Tokens) -> OAuth2Tokens {
    OAuth2Tokens {
        refresh_token: long.refresh_token.or(short.refresh_token),
        scope: long.scope.or(short.scope),
        client_override: short.client_override,
        raw: merged(&short.raw, &long.raw),
        kept: short.kept,
        ..long
    }
}

/// Both answers in one object: the captures of the definition find in it what either of them has.
fn merged(first: &Secret<String>, second: &Secret<String>) -> Secret<String> {
    let read =
        |raw: &Secret<String>| serde_json::from_str::<Map<String, Value>>(raw.expose()).unwrap_or_default();
    let mut answer = read(first);
    answer.extend(read(second));
    Secret::new(Value::Object(answer).to_string())
}
