//! What happens once a connection is made: look-ups and calls, and the connection fields that come of them.
//!
//! Steps run in order, and a later one can use what an earlier one set. A step that fails sets nothing and does not
//! undo the connection, so nothing here is an error.

use std::collections::{BTreeMap, BTreeSet};

use catalog::provider::{AfterConnect, Choose, Otherwise};
use catalog::{Placeholder, Provider, Template, Values};
use http::StatusCode;
use serde_json::Value;

use crate::api::Caller;
use crate::credential::Credential;
use crate::exchange::is_fit;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::{find, text_at};
use crate::message::{Request, Response};
use crate::said::said;

/// What the steps run with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The provider, resolved.
    pub provider: &'a Provider,
    /// The connection's credential.
    pub credential: &'a Credential,
    /// Values for templates, as they were when the connection was made.
    pub fields: &'a Fields,
    /// The integration's client.
    pub client: Option<&'a Client>,
}

/// Where the matter stands.
pub enum Step {
    /// This request is to be sent, and its answer given to [`Run::answered`].
    Send(Box<Request>, Run),
    /// All steps are through.
    Done(Changes),
}

/// Steps under way.
pub struct Run {
    /// The step whose answer is awaited.
    index: usize,
    changes: Changes,
}

/// What becomes of the connection's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Fields with their new values, by our own names.
    pub sets: BTreeMap<String, String>,
    /// Fields that are needed no more.
    pub erases: BTreeSet<String>,
    /// Calls that failed and left something open. Trying them again later may help.
    pub failures: Vec<Failure>,
}

/// A call that did not bring what it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The fields that it would have set, by our own names; none for a call that only tells the provider something.
    pub fields: Vec<String>,
    /// The status of the answer; nothing when none came.
    pub status: Option<StatusCode>,
    /// The provider's words, fit to be shown, when it gave a reason.
    pub said: Option<String>,
}

/// Begins with the first step.
pub fn begin(context: Context<'_>) -> Step {
    go_on(context, 0, Changes::default())
}

impl Run {
    /// Goes on with the answer; without one when none came.
    pub fn answered(self, context: Context<'_>, response: Option<&Response>) -> Step {
        let Self { index, mut changes } = self;
        let answer = response.filter(|response| response.status.is_success()).and_then(|response| {
            let body = response.body.expose();
            // A call may answer with nothing; what it sets then depends on nothing in the answer.
            if body.trim_ascii().is_empty() { Some(Value::Null) } else { serde_json::from_slice(body).ok() }
        });
        match (context.provider.after_connect.get(index), answer) {
            (Some(step), Some(answer)) => changes.take(context, step, &answer),
            (Some(step), None) => changes.failures.push(Failure {
                fields: step.sets.keys().cloned().collect(),
                status: response.map(|response| response.status),
                said: response.and_then(|response| said(response.body.expose())),
            }),
            (None, _) => {}
        }
        go_on(context, index + 1, changes)
    }
}

fn go_on(context: Context<'_>, first: usize, mut changes: Changes) -> Step {
    for (index, step) in context.provider.after_connect.iter().enumerate().skip(first) {
        let Some(call) = step.call() else {
            changes.take(context, step, &Value::Null);
            continue;
        };
        let fields = changes.over(context.fields);
        let Context { provider, credential, client, .. } = context;
        let caller = Caller { provider, credential, fields: &fields, client };
        if let Ok(request) = caller.call(call) {
            return Step::Send(Box::new(request), Run { index, changes });
        }
    }
    let known = changes.over(context.fields).connection;
    // What one call did not bring another may have brought: some products of one vendor answer, others do not.
    changes.failures.retain(|failure| {
        failure.fields.is_empty() || failure.fields.iter().any(|field| !known.contains_key(field))
    });
    Step::Done(changes)
}

impl Changes {
    /// Takes over what a step makes of its answer.
    fn take(&mut self, context: Context<'_>, step: &AfterConnect, answer: &Value) {
        let fields = self.over(context.fields);
        let filling = Filling::new(context.provider, &fields).with_credential(context.credential);
        let filling = match context.client {
            Some(client) => filling.with_client(client),
            None => filling,
        };
        let chosen = match &step.choose {
            Some(choose) => match chosen(choose, answer, &filling) {
                Some(element) => element,
                None => return,
            },
            None => answer,
        };
        let found = Answer(chosen);
        let filling = filling.with_more(&found);
        let value = |template: &Template| template.fill(&filling).ok().filter(|value| is_fit(value));
        for (field, template) in &step.sets {
            if !is_entered(context, field) {
                self.sets.extend(value(template).map(|value| (field.clone(), value)));
            }
        }
        self.erases.extend(step.erases.iter().cloned());
    }

    /// The fields with what has been set so far.
    fn over(&self, fields: &Fields) -> Fields {
        let mut fields = fields.clone();
        fields.connection.extend(self.sets.clone());
        fields
    }
}

/// Whether the end user entered the field: then it stays as it is.
fn is_entered(context: Context<'_>, field: &str) -> bool {
    let has_value = context.fields.connection.get(field).is_some_and(|value| !value.is_empty());
    let is_asked =
        context.provider.inputs.connection.iter().any(|input| input.name == field && !input.automated);
    has_value && is_asked
}

/// The element that is meant.
fn chosen<'a>(choose: &Choose, answer: &'a Value, filling: &Filling<'_>) -> Option<&'a Value> {
    let list = match &choose.list {
        Some(path) => find(answer, path)?,
        None => answer,
    };
    let elements = list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice);
    let wanted = choose.equals.as_ref().and_then(|equals| equals.fill(filling).ok());
    let fits = |element: &&Value| {
        let (Some(wanted), Some(path)) = (&wanted, &choose.path) else { return false };
        text_at(element, path).is_some_and(|text| text.to_lowercase() == wanted.to_lowercase())
    };
    elements.iter().find(fits).or_else(|| match (choose.otherwise?, elements) {
        (Otherwise::First, [first, ..]) => Some(first),
        (Otherwise::OnlyOne, [only]) => Some(only),
        (Otherwise::First | Otherwise::OnlyOne, _) => None,
    })
}

/// `{answer.PATH}`; lists and tables are JSON text.
struct Answer<'a>(&'a Value);

impl Values for Answer<'_> {
    fn value(&self, placeholder: &Placeholder) -> Option<String> {
        let Placeholder::Answer(path) = placeholder else { return None };
        let found = find(self.0, path)?;
        let is_nested = found.is_array() || found.is_object();
        if is_nested { Some(found.to_string()) } else { text_at(self.0, path) }
    }
}
