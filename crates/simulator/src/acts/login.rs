//! Logins of a vendor's own making: entered credentials become a token, call by call.

use catalog::provider::{Body, LoginStep};
use serde_json::{Value, json};

use super::api::light;
use crate::arrived::Arrived;
use crate::cast::{Cast, Uses};
use crate::grant::Issue;
use crate::knowledge::Light;
use crate::path;
use crate::simulator::{Reply, Simulator};
use crate::spec::Spec;

impl Simulator {
    /// Expects the calls of a login from this one on.
    pub(super) fn expect_login(&mut self, number: usize, renews: bool) {
        let count = self.entry.login.as_ref().map_or(0, |login| login.steps.len());
        self.expect(
            "login",
            move |simulator, arrived| {
                let entry = simulator.entry.clone();
                let step = entry.login.as_ref().and_then(|login| login.steps.get(number));
                simulator.step_spec(step.ok_or("the entry has no such step")?, arrived)
            },
            move |simulator, arrived| {
                simulator.note_assertions(arrived);
                if number + 1 < count {
                    let reply = simulator.between(number);
                    simulator.expect_login(number + 1, renews);
                    return reply;
                }
                let reply = simulator.logged_in(Issue { renews, with_refresh: true });
                if !renews {
                    simulator.expect_connected();
                }
                reply
            },
        );
    }

    /// Expects the token to be renewed: by the call for that while there is a refresh token, else by the login again.
    pub(super) fn expect_renewed_login(&mut self) {
        let has_call = self.entry.login.as_ref().is_some_and(|login| login.refresh.is_some());
        if !has_call || self.grant.refresh.is_none() {
            self.grant.answers.clear();
            self.expect_login(0, true);
            return;
        }
        self.expect(
            "refresh",
            |simulator, arrived| {
                let entry = simulator.entry.clone();
                let step = entry.login.as_ref().and_then(|login| login.refresh.as_ref());
                simulator.step_spec(step.ok_or("the entry has no refresh")?, arrived)
            },
            |simulator, _| simulator.logged_in(Issue { renews: true, with_refresh: true }),
        );
    }

    fn step_spec(&self, step: &LoginStep, arrived: &Arrived) -> Result<Spec, String> {
        let call = step.call();
        let url = self.address(call.url).ok_or("its URL cannot be filled")?;
        let mut spec = self.described_at(&call, url, arrived);
        self.want_headers(&mut spec, call.headers, arrived);
        Ok(spec)
    }

    /// An answer in the middle: what later calls read.
    fn between(&mut self, number: usize) -> Reply {
        let entry = self.entry.clone();
        let mut answer = json!({ "token_type": "Bearer" });
        let prefix = format!("step.{}.", number + 1);
        for name in Uses::of(&entry).placeholders() {
            if let Some(at) = name.strip_prefix(&prefix) {
                path::put(&mut answer, at, json!(Cast::fitting(&entry, name)));
            }
        }
        self.grant.answers.push(answer.clone());
        Reply::json(&answer)
    }

    /// The last answer, with the token.
    fn logged_in(&mut self, issue: Issue) -> Reply {
        let entry = self.entry.clone();
        let Some(login) = &entry.login else { return Reply::refusal(500, "no_login") };
        let reads_refresh = login.refresh.is_some();
        let issue = Issue { with_refresh: issue.with_refresh && reads_refresh, ..issue };
        let mut reply = self.issue(&login.response, login.lifetime_s, issue);
        let is_xml = login.steps.iter().any(|step| matches!(step.body, Some(Body::Xml(_))));
        if is_xml {
            reply =
                Reply::typed("text/xml", format!("<?xml version=\"1.0\"?>{}", elements(&self.grant.answer)));
        }
        if login.response.keep_headers.iter().any(|name| name == "set-cookie") {
            let (session, route) = (self.grant.fresh("session"), self.grant.fresh("route"));
            for cookie in
                [format!("B1SESSION={session}; Path=/; HttpOnly"), format!("ROUTEID={route}; Secure")]
            {
                reply.headers.push(("set-cookie".to_owned(), cookie));
            }
            self.grant.cookies = Some(format!("B1SESSION={session}; ROUTEID={route}"));
        }
        reply
    }

    /// Assertions that are made once are the same ever after.
    fn note_assertions(&mut self, arrived: &Arrived) {
        let uuids = arrived.uuids();
        let light = light(arrived, &uuids);
        if self.grant.assertion.is_none() && self.signs_once() {
            self.grant.assertion = self.value("jwt", light).or_else(|| self.value("saml", light));
        }
    }

    /// Whether what is signed is made from what is entered once.
    pub(crate) fn signs_once(&self) -> bool {
        let reads = |source: &str| source.contains("{one_time.");
        let jwt = self.entry.jwt.as_ref().is_some_and(|jwt| reads(jwt.key.source()));
        let saml = self.entry.saml.as_ref().is_some_and(|saml| {
            [&saml.key, &saml.name_id, &saml.issuer].iter().any(|template| reads(template.source()))
        });
        jwt || saml
    }

    /// Notes when a token that is made without the provider has to be of.
    pub(crate) fn expect_minted(&mut self) {
        self.grant.minted_at = Some(self.now);
        let lifetime = self.entry.jwt.as_ref().map(|jwt| jwt.lifetime_s);
        let lifetime = lifetime.or(self.entry.signature.as_ref().map(|signature| signature.lifetime_s));
        self.prolong(lifetime.unwrap_or_default());
    }

    /// The value that a template of one light has in the login's answers.
    pub(crate) fn step_value(&self, field: &str) -> Option<String> {
        let (number, at) = field.split_once('.')?;
        path::text(self.grant.answers.get(number.parse::<usize>().ok()?.checked_sub(1)?)?, at)
    }

    /// The value of `{jwt}`, `{saml}` and of tokens that are made here, taken from the request once it is found right.
    pub(crate) fn made_value(&self, name: &str, light: Light<'_>) -> Option<String> {
        let arrived = light.arrived?;
        if let Some(known) = &self.grant.assertion {
            return Some(known.clone());
        }
        match name {
            "saml" => crate::signature::saml::find(self, arrived),
            _ => crate::signature::minted::find(self, name, arrived),
        }
    }
}

/// A JSON object as XML elements.
fn elements(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let mut text = String::new();
            for (name, value) in table {
                text.extend(["<", name, ">", &elements(value), "</", name, ">"]);
            }
            text
        }
        Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => other.to_string(),
    }
}
