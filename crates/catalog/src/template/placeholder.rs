//! What can stand between braces, and how it is written.

use std::fmt;

use super::function::{Function, FunctionName};
use super::parse::{is_name, is_path};
use super::{Unfilled, Values};

/// What can stand between braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// `{connection.NAME}`: a field of the connection, entered, captured or filled by the system.
    Connection(String),
    /// `{credential.NAME}`: a part of the credential that the end user entered.
    Credential(String),
    /// `{integration.NAME}`: a field that the operator set once.
    Integration(String),
    /// `{one_time.NAME}`: a field that is used once, for an assertion, and never stored.
    OneTime(String),
    /// `{app.client_id}`: the OAuth client of the integration.
    AppClientId,
    /// `{app.client_secret}`: its secret.
    AppClientSecret,
    /// `{token.access}`: the current access token.
    TokenAccess,
    /// `{token.refresh}`: the current refresh token.
    TokenRefresh,
    /// `{token.response.PATH}`: a value at a dotted path of the token answer.
    TokenResponse(String),
    /// `{token.claims.PATH}`: a claim of the access token, or of the ID token when the access token has none.
    TokenClaims(String),
    /// `{session.cookies}`: the cookies that the login set, as a `cookie` header carries them.
    SessionCookies,
    /// `{jwt}`: the token that `[jwt]` describes.
    Jwt,
    /// `{saml}`: the assertion that `[saml]` describes.
    Saml,
    /// `{step.N.PATH}`: a value in the answer of login step N, counted from 1.
    Step(u8, String),
    /// `{answer.PATH}`: a value in the answer of the same step after connecting, or in its chosen element. Lists and
    /// tables are JSON text.
    Answer(String),
    /// `{callback.NAME}`: a parameter of the callback.
    Callback(String),
    /// `{request.…}`: a part of the API request that is being made.
    Request(RequestPart),
    /// `{random.uuid}`: a random UUID, the same at each use within one request.
    RandomUuid,
    /// `{now}` and its forms: the time, the same at each use within one request.
    Now(Moment),
    /// `{product.…}`: the product that calls.
    Product(Product),
    /// `{NAME:ARGUMENTS}`: a function of filled templates.
    Computed(Function),
}

/// Parts of an outgoing API request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestPart {
    /// `method`, in upper case.
    Method,
    /// `host`, with the port when it is not the usual one.
    Host,
    /// `path`, without the query.
    Path,
    /// `endpoint`: path and query below the root of the API, as the caller gave them.
    Endpoint,
    /// `body`, as it is sent.
    Body,
    /// `canonical_params`: the parameters sorted and percent-encoded; those of the body for `POST`, `PUT` and `PATCH`,
    /// of the query otherwise.
    CanonicalParams,
}

/// What a vendor wants to know of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// `name`: the name of the product.
    Name,
    /// `user_agent`: name, version and a way to reach its people.
    UserAgent,
}

/// A point in time around now, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Seconds after now; negative for before.
    pub shift_s: i64,
    /// The form in the language of `strftime`; ISO 8601 with milliseconds and `Z` when absent.
    pub format: Option<String>,
    /// What stands between the braces.
    written: String,
}

impl Placeholder {
    /// The placeholder with this text between the braces, if there is one. Functions are read elsewhere.
    pub(super) fn named(text: &str) -> Option<Self> {
        match text {
            "app.client_id" => return Some(Self::AppClientId),
            "app.client_secret" => return Some(Self::AppClientSecret),
            "token.access" => return Some(Self::TokenAccess),
            "token.refresh" => return Some(Self::TokenRefresh),
            "session.cookies" => return Some(Self::SessionCookies),
            "jwt" => return Some(Self::Jwt),
            "saml" => return Some(Self::Saml),
            "random.uuid" => return Some(Self::RandomUuid),
            "product.name" => return Some(Self::Product(Product::Name)),
            "product.user_agent" => return Some(Self::Product(Product::UserAgent)),
            _ => {}
        }
        if let Some(moment) = Moment::read(text) {
            return Some(Self::Now(moment));
        }
        let (kind, name) = text.split_once('.')?;
        let own = || is_name(name).then(|| name.to_owned());
        match kind {
            "connection" => own().map(Self::Connection),
            "credential" => own().map(Self::Credential),
            "integration" => own().map(Self::Integration),
            "one_time" => own().map(Self::OneTime),
            "request" => RequestPart::ALL.into_iter().find(|part| part.text() == name).map(Self::Request),
            "answer" => path(name).map(Self::Answer),
            "callback" => path(name).map(Self::Callback),
            "step" => {
                let (number, at) = name.split_once('.')?;
                let number = number.parse().ok().filter(|number| *number > 0)?;
                path(at).map(|at| Self::Step(number, at))
            }
            "token" => match name.split_once('.')? {
                ("response", at) => path(at).map(Self::TokenResponse),
                ("claims", at) => path(at).map(Self::TokenClaims),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn evaluate(&self, values: &dyn Values) -> Result<String, Unfilled> {
        if let Self::Computed(function) = self
            && function.name != FunctionName::AwsSigv4
        {
            return function.evaluate(values);
        }
        // A request without body or parameters is signed all the same.
        let may_be_empty = matches!(self, Self::Request(RequestPart::Body | RequestPart::CanonicalParams));
        values
            .value(self)
            .filter(|value| may_be_empty || !value.is_empty())
            .ok_or_else(|| Unfilled { placeholder: self.to_string() })
    }
}

fn path(text: &str) -> Option<String> {
    is_path(text).then(|| text.to_owned())
}

impl Moment {
    /// Reads `now`, `now:FORMAT`, `now+7d` and `now-30m:FORMAT`; units are d, h, m and s.
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("now")?;
        let (shift, format) = match rest.split_once(':') {
            Some((shift, format)) => (shift, Some(format.to_owned()).filter(|format| !format.is_empty())),
            None => (rest, None),
        };
        if rest.ends_with(':') {
            return None;
        }
        Some(Self { shift_s: shift_s(shift)?, format, written: text.to_owned() })
    }
}

fn shift_s(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (number, unit) = text.split_at_checked(text.len() - 1)?;
    let seconds = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.starts_with(['+', '-']).then(|| number.parse::<i32>().ok())?.map(|n| i64::from(n) * seconds)
}

impl RequestPart {
    const ALL: [Self; 6] =
        [Self::Method, Self::Host, Self::Path, Self::Endpoint, Self::Body, Self::CanonicalParams];

    const fn text(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Host => "host",
            Self::Path => "path",
            Self::Endpoint => "endpoint",
            Self::Body => "body",
            Self::CanonicalParams => "canonical_params",
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(name) => write!(f, "{{connection.{name}}}"),
            Self::Credential(name) => write!(f, "{{credential.{name}}}"),
            Self::Integration(name) => write!(f, "{{integration.{name}}}"),
            Self::OneTime(name) => write!(f, "{{one_time.{name}}}"),
            Self::AppClientId => f.write_str("{app.client_id}"),
            Self::AppClientSecret => f.write_str("{app.client_secret}"),
            Self::TokenAccess => f.write_str("{token.access}"),
            Self::TokenRefresh => f.write_str("{token.refresh}"),
            Self::TokenResponse(path) => write!(f, "{{token.response.{path}}}"),
            Self::TokenClaims(path) => write!(f, "{{token.claims.{path}}}"),
            Self::SessionCookies => f.write_str("{session.cookies}"),
            Self::Jwt => f.write_str("{jwt}"),
            Self::Saml => f.write_str("{saml}"),
            Self::Step(number, path) => write!(f, "{{step.{number}.{path}}}"),
            Self::Answer(path) => write!(f, "{{answer.{path}}}"),
            Self::Callback(name) => write!(f, "{{callback.{name}}}"),
            Self::Request(part) => write!(f, "{{request.{}}}", part.text()),
            Self::RandomUuid => f.write_str("{random.uuid}"),
            Self::Now(moment) => write!(f, "{{{}}}", moment.written),
            Self::Product(Product::Name) => f.write_str("{product.name}"),
            Self::Product(Product::UserAgent) => f.write_str("{product.user_agent}"),
            Self::Computed(function) => write!(f, "{function}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_written_as_it_is_read() {
        for text in [
            "connection.a",
            "one_time.key",
            "token.claims.tid",
            "session.cookies",
            "jwt",
            "saml",
            "step.2.token_endpoint",
            "answer.data.0.id",
            "callback.state",
            "request.canonical_params",
            "random.uuid",
            "now",
            "now:%s",
            "now+7d:%Y-%m-%d",
            "product.user_agent",
        ] {
            let read = Placeholder::named(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.to_string(), format!("{{{text}}}"));
        }
    }

    #[test]
    fn a_moment_is_shifted_by_a_signed_number_of_units() {
        for (text, expected) in [
            ("now", Some((0, None))),
            ("now:%Y", Some((0, Some("%Y")))),
            ("now+7d:%Y", Some((604_800, Some("%Y")))),
            ("now-2m", Some((-120, None))),
            ("now:%H:%M", Some((0, Some("%H:%M")))),
            ("now7d", None),
            ("now:", None),
            ("now+d", None),
            ("nowhere", None),
        ] {
            let read = Moment::read(text);
            let read = read.as_ref().map(|moment| (moment.shift_s, moment.format.as_deref()));
            assert_eq!(read, expected, "{text}");
        }
    }
}
