//! Logins: entered credentials become a token by calls of the vendor's own making.
//!
//! The calls stand in the definition. This is their state machine: each answer goes in, the next request or the
//! credential comes out. Nothing is kept between the calls but in memory. A session login is a login with one call.

mod assertions;

use catalog::provider::{Body, Login, LoginStep};
use catalog::{AuthMode, Placeholder, Provider, Values};
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use vault::Secret;

use self::assertions::Assertions;
use crate::api;
use crate::credential::{Credential, Minted, OAuth2Tokens};
use crate::fields::{Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::fill_headers;
use crate::refusal::{self, TokenError};
use crate::{claims, lifetime, token_response, xml};

/// What to do next.
pub enum Step {
    /// Send this, and give the answer to [`Pending::receive`].
    Send {
        /// The request.
        request: Request,
        /// The login until then.
        pending: Box<Pending>,
    },
    /// The login is done.
    Done(Credential),
}

/// A login that waits for an answer.
pub struct Pending {
    kind: Kind,
    /// The answers so far, as JSON.
    answers: Vec<Secret<String>>,
    /// What was entered, also where it is not among the fields any more.
    entered: Fields,
    assertions: Assertions,
    /// The tokens that are being renewed.
    held: Option<OAuth2Tokens>,
}

/// Which calls are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Login,
    Refresh,
}

/// Why a login ends without a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// A call cannot be built.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The vendor did not give a token.
    #[error(transparent)]
    Answer(#[from] TokenError),
    /// The assertion has ended, and what it was made from is not kept. The user has to connect again.
    #[error("the assertion has ended and cannot be made again")]
    AssertionEnded,
}

/// Begins a login with what stands in `fields.credential` and `fields.one_time`. The fields need an occasion.
pub fn begin(provider: &Provider, fields: &Fields) -> Result<Step, LoginError> {
    let assertions = Assertions::make(provider, fields)?;
    start(provider, fields.clone(), assertions, None)
}

/// Renews the token of a credential: by the refresh call while there is a refresh token, else by the whole login.
pub fn renew(provider: &Provider, held: &Minted, fields: &Fields) -> Result<Step, LoginError> {
    let entered = Fields { credential: held.entered.clone(), ..fields.clone() };
    let assertions = Assertions::renew(provider, held, &entered)?;
    start(provider, entered, assertions, Some(held.tokens.clone()))
}

fn start(
    provider: &Provider,
    entered: Fields,
    assertions: Assertions,
    held: Option<OAuth2Tokens>,
) -> Result<Step, LoginError> {
    let has_refresh_token = held.as_ref().is_some_and(|tokens| tokens.refresh_token.is_some());
    let can_refresh = definition(provider)?.refresh.is_some() && has_refresh_token;
    let kind = if can_refresh { Kind::Refresh } else { Kind::Login };
    Pending { kind, answers: Vec::new(), entered, assertions, held }.send(provider)
}

fn definition(provider: &Provider) -> Result<&Login, RequestError> {
    provider.login.as_ref().ok_or(RequestError::NoSuchStep { step: "login" })
}

impl Pending {
    /// Takes the answer to the last request. The fields bring the occasion of the next one.
    pub fn receive(
        mut self,
        provider: &Provider,
        fields: &Fields,
        response: Response,
    ) -> Result<Step, LoginError> {
        self.entered.occasion = fields.occasion;
        let now = fields.needed_occasion()?.now;
        let login = definition(provider)?;
        let response = readable(response);
        if self.kind == Kind::Login && self.answers.len() + 1 < login.steps.len() {
            if !response.status.is_success() {
                let answer = serde_json::from_slice(response.body.expose()).ok();
                return Err(
                    refusal::of_status(response.status, &response.headers, answer.as_ref(), now).into()
                );
            }
            self.answers.push(Secret::new(String::from_utf8_lossy(response.body.expose()).into_owned()));
            return self.send(provider);
        }
        let mut tokens =
            token_response::tokens_at(&login.response, provider.scopes.separator(), &response, now)?;
        // A signed token says itself when it ends, where nobody else does.
        let own_end = || lifetime::at(claims::of(tokens.access_token.expose())?.get("exp")?, now);
        let assumed = || lifetime::assumed(login.lifetime_s?, now);
        tokens.expires_at = tokens.expires_at.or_else(assumed).or_else(own_end);
        if self.kind == Kind::Refresh {
            let held = self.held.and_then(|held| held.refresh_token);
            tokens.refresh_token = tokens.refresh_token.or(held);
        }
        let (jwt, saml) = self.assertions.kept();
        let minted = Minted { tokens, entered: self.entered.credential, jwt, saml };
        let is_session = provider.auth == AuthMode::SessionLogin;
        Ok(Step::Done(if is_session { Credential::Session(minted) } else { Credential::TwoStep(minted) }))
    }

    fn send(self, provider: &Provider) -> Result<Step, LoginError> {
        let login = definition(provider)?;
        let step = match self.kind {
            Kind::Login => login.steps.get(self.answers.len()),
            Kind::Refresh => login.refresh.as_ref(),
        };
        let step = step.ok_or(RequestError::NoSuchStep { step: "login call" })?;
        let answers =
            self.answers.iter().map(|answer| serde_json::from_str(answer.expose()).unwrap_or(Value::Null));
        let given = Given { assertions: &self.assertions, answers: answers.collect() };
        let filling = Filling::new(provider, &self.entered).with_more(&given);
        let filling = match &self.held {
            Some(tokens) => filling.with_tokens(tokens),
            None => filling,
        };
        let built = request(step, &filling);
        if self.assertions.asked_in_vain() {
            return Err(LoginError::AssertionEnded);
        }
        let request =
            built.map_err(|error| unfit(&given.answers).map_or(LoginError::Request(error), Into::into))?;
        Ok(Step::Send { request, pending: Box::new(self) })
    }
}

fn request(step: &LoginStep, filling: &Filling<'_>) -> Result<Request, RequestError> {
    let mut request = api::described(&step.call(), filling.url("login URL", &step.url)?, filling)?;
    if matches!(step.body, Some(Body::Xml(_))) {
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/xml, text/xml"));
    }
    fill_headers(&mut request.headers, &step.headers, filling)?;
    Ok(request)
}

/// A call that cannot be built after an answer lacks what the answer did not bring: so says the caller, not us.
fn unfit(answers: &[Value]) -> Option<TokenError> {
    (!answers.is_empty()).then_some(TokenError::Unreadable { reason: "it lacks what the next call needs" })
}

/// An answer in XML as if it were one in JSON.
fn readable(response: Response) -> Response {
    let text = String::from_utf8_lossy(response.body.expose());
    let is_xml = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let Some(answer) = is_xml.then(|| xml::read(&text)).flatten() else {
        return response;
    };
    let mut headers = response.headers.clone();
    // These are about the XML.
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_TYPE);
    Response { status: response.status, headers, body: Secret::new(answer.to_string().into_bytes()) }
}

/// What only a login can fill in.
struct Given<'a> {
    assertions: &'a Assertions,
    answers: Vec<Value>,
}

impl Values for Given<'_> {
    fn value(&self, placeholder: &Placeholder) -> Option<String> {
        if *placeholder == Placeholder::Jwt {
            return self.assertions.jwt();
        }
        if *placeholder == Placeholder::Saml {
            return self.assertions.saml();
        }
        let Placeholder::Step(number, path) = placeholder else { return None };
        text_at(self.answers.get(usize::from(*number).checked_sub(1)?)?, path)
    }
}
