//! The simulated provider of one entry: what it has issued, what it expects next, what it found wrong.

use std::sync::Arc;

use catalog::Provider;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::arrived::Arrived;
use crate::cast::Cast;
use crate::grant::Grant;
use crate::judge;
use crate::operator;
use crate::spec::Spec;

/// An answer to a request.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Plays one provider in one scene. Nothing here does I/O: requests come in and replies go out as values.
pub struct Simulator {
    pub(crate) entry: Arc<Provider>,
    pub(crate) cast: Cast,
    pub(crate) now: Timestamp,
    /// Where browsers are to be sent back to.
    pub(crate) callback_url: Url,
    pub(crate) grant: Grant,
    pub(crate) refuses: bool,
    /// Whether token answers name no lifetime.
    pub(crate) is_silent: bool,
    due: Vec<Due>,
    findings: Vec<String>,
}

/// A call that is expected.
pub(crate) struct Due {
    pub(crate) name: &'static str,
    /// What it has to be, in the light of the request that claims to be it.
    pub(crate) spec: Box<SpecOf>,
    /// What happens when it is right.
    pub(crate) answer: Box<AnswerTo>,
    /// Whether it may stay out.
    pub(crate) is_optional: bool,
}

pub(crate) type SpecOf = dyn Fn(&Simulator, &Arrived) -> Result<Spec, String> + Send;
pub(crate) type AnswerTo = dyn FnOnce(&mut Simulator, &Arrived) -> Reply + Send;

impl Simulator {
    /// A provider that has not met anybody yet.
    pub fn new(entry: Arc<Provider>, cast: Cast, now: Timestamp, callback_url: Url) -> Self {
        let grant = Grant::new(&cast);
        let entry =
            if operator::defines(&entry) { Arc::new(operator::resolved(&entry, &cast)) } else { entry };
        Self {
            entry,
            cast,
            now,
            callback_url,
            grant,
            refuses: false,
            is_silent: false,
            due: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Lets every check fail from now on.
    pub const fn refuse_checks(&mut self) {
        self.refuses = true;
    }

    /// Whether the entry, as its operator has made it, has a check.
    pub fn has_check(&self) -> bool {
        self.entry.verify.is_some()
    }

    /// Moves the provider's clock.
    pub fn set_time(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Answers a request. What is not expected, and what is not as it should be, is refused and written down.
    pub fn answer(&mut self, arrived: &Arrived) -> Reply {
        let mut best: Option<(usize, Vec<String>)> = None;
        let mut unjudged = Vec::new();
        for (index, due) in self.due.iter().enumerate() {
            let complaints = match (due.spec)(self, arrived) {
                Ok(spec) if judge::is_addressed(&spec, arrived) => judge::judge(&spec, arrived),
                Ok(_) => continue,
                Err(why) => {
                    unjudged.push(format!("{} cannot be judged: {why}", due.name));
                    continue;
                }
            };
            if best.as_ref().is_none_or(|(_, fewest)| complaints.len() < fewest.len()) {
                best = Some((index, complaints));
            }
        }
        let Some((index, complaints)) = best else {
            let due: Vec<&str> = self.due.iter().map(|due| due.name).collect();
            let place = format!("{} {}", arrived.method, arrived.url);
            self.findings.extend(unjudged);
            self.findings.push(format!("unexpected call {place}; expected: {}", due.join(", ")));
            return Reply::refusal(404, "not_found");
        };
        if complaints.is_empty() {
            let due = self.due.remove(index);
            return (due.answer)(self, arrived);
        }
        let name = self.due[index].name;
        self.findings.extend(complaints.into_iter().map(|complaint| format!("{name}: {complaint}")));
        Reply::refusal(400, "invalid_request")
    }

    /// A request that cannot even be read.
    pub fn object(&mut self, complaint: String) {
        self.findings.push(complaint);
    }

    /// Ends an act: what was found, and what should have been called and was not.
    pub fn end_act(&mut self) -> Vec<String> {
        let mut findings = std::mem::take(&mut self.findings);
        let missed = self.due.drain(..).filter(|due| !due.is_optional);
        findings.extend(missed.map(|due| format!("{}: was not called", due.name)));
        findings
    }

    /// Adds to what is expected.
    pub(crate) fn expect(
        &mut self,
        name: &'static str,
        spec: impl Fn(&Self, &Arrived) -> Result<Spec, String> + Send + 'static,
        answer: impl FnOnce(&mut Self, &Arrived) -> Reply + Send + 'static,
    ) {
        self.due.push(Due { name, spec: Box::new(spec), answer: Box::new(answer), is_optional: false });
    }

    /// Adds a call that may stay out.
    pub(crate) fn allow(
        &mut self,
        name: &'static str,
        spec: impl Fn(&Self, &Arrived) -> Result<Spec, String> + Send + 'static,
        answer: impl FnOnce(&mut Self, &Arrived) -> Reply + Send + 'static,
    ) {
        self.due.push(Due { name, spec: Box::new(spec), answer: Box::new(answer), is_optional: true });
    }
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::typed("application/json", body.to_string())
    }

    pub(crate) fn typed(media: &str, body: String) -> Self {
        Self { status: 200, headers: vec![("content-type".to_owned(), media.to_owned())], body }
    }

    pub(crate) fn refusal(status: u16, error: &str) -> Self {
        Self { status, ..Self::json(&json!({ "error": error })) }
    }

    pub(crate) fn redirect(to: &Url) -> Self {
        Self { status: 302, headers: vec![("location".to_owned(), to.to_string())], body: String::new() }
    }
}
