//! Reading what clients send, strictly: every problem of a request is found and reported together, under the codes
//! the contract names, and a key nobody asked for is a problem too.

mod object;
mod query;
mod readers;
mod received;
mod rules;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use model::{ConnectionKey, Issue, IssueCode};

use crate::AppState;
use crate::problem::{Part, Problem};

pub(crate) use object::{Object, Reading};
pub(crate) use query::{Query, whole_number};
pub(crate) use readers::{any_object, boolean, list, map_of, number, secret_text, text, texts};
pub(crate) use received::{Received, receive};
pub(crate) use rules::{
    Flaw, connection_key, email, integration_key, length, provider_slug, scope_list, tag_pairs, webhook_url,
};

/// Reads a whole body that must be an object.
pub(crate) fn body<T>(received: Received, read: impl FnOnce(&mut Object) -> Option<T>) -> Result<T, Problem> {
    let read_all = |received: Received| {
        let mut object = Object::of(received.into_value())?;
        let built = read(&mut object);
        object.finish(built)
    };
    read_all(received).map_err(|issues| Problem::invalid(Part::Body, issues))
}

/// Refuses any body but an empty one.
pub(crate) fn no_body(received: &Received) -> Result<(), Problem> {
    if received.is_blank() {
        return Ok(());
    }
    let issue = Issue::new(IssueCode::UnrecognizedKeys, [] as [&str; 0], "this endpoint takes no body");
    Err(Problem::invalid(Part::Body, vec![issue]))
}

/// The raw query of a request.
pub(crate) struct RawQuery(String);

impl FromRequestParts<AppState> for RawQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl RawQuery {
    /// Reads the whole query.
    pub(crate) fn read<'a, T>(
        &'a self,
        read: impl FnOnce(&mut Query<'a>) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut query = Query::parse(&self.0);
        let built = read(&mut query);
        query.finish(built).map_err(|issues| Problem::invalid(Part::Query, issues))
    }

    /// Refuses any parameter.
    pub(crate) fn none(&self) -> Result<(), Problem> {
        self.read(|_| Some(()))
    }
}

/// The one parameter of a path, decoded once.
pub(crate) struct PathText {
    name: String,
    value: String,
}

impl FromRequestParts<AppState> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let undecodable = || {
            let issue = Issue::new(
                IssueCode::InvalidFormat,
                [] as [&str; 0],
                "the path is not percent-encoded UTF-8",
            );
            Problem::invalid(Part::Path, vec![issue])
        };
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| undecodable())?;
        let (name, value) = params.iter().next().ok_or_else(undecodable)?;
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

impl PathText {
    /// Reads the parameter by a rule.
    pub(crate) fn read<T>(&self, rule: impl Fn(&str) -> Result<T, Flaw>) -> Result<T, Problem> {
        rule(&self.value).map_err(|flaw| {
            Problem::invalid(Part::Path, vec![Issue::new(flaw.code, [self.name.as_str()], flaw.message)])
        })
    }

    /// The name of a connection.
    pub(crate) fn connection(&self) -> Result<ConnectionKey, Problem> {
        self.read(connection_key)
    }
}
