//! A made-up provider, and requests to it that are right until a test spoils them.

use std::sync::Arc;

use catalog::Provider;
use serde_json::{Value, json};
use simulator::{Arrived, Cast, Filling, Reply, Simulator};
use url::Url;

pub(crate) const CALLBACK: &str = "https://broker.example.org/oauth/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge of that verifier (RFC 7636, appendix B).
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const STATE: &str = "Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OQ";

/// A request as it would come out of the socket.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

/// One way to spoil a request, and a word of what has to be found.
pub(crate) type Spoiled = (&'static str, fn(&mut Sent), &'static str);

pub(crate) fn definition(changes: &Value) -> Arc<Provider> {
    let mut whole = json!({
        "slug": "acme", "name": "Acme", "auth": "oauth2", "category": "crm",
        "authorization": { "url": "https://login.acme.example/authorize", "params": { "prompt": "consent" } },
        "token": { "url": "https://login.acme.example/token" },
        "revocation": { "url": "https://login.acme.example/revoke" },
        "scopes": { "separator": "," },
        "api": { "base_url": "https://api.acme.example/v1", "headers": { "x-acme-version": "7" } },
    });
    for (key, value) in changes.as_object().into_iter().flatten() {
        whole[key] = value.clone();
    }
    Arc::new(serde_json::from_value(whole).expect("a definition"))
}

pub(crate) fn provider(changes: &Value) -> Simulator {
    let entry = definition(changes);
    let cast = Cast::of(&entry, Filling::Full);
    let now = "2026-12-01T12:00:00Z".parse().expect("a time");
    Simulator::new(entry, cast, now, Url::parse(CALLBACK).expect("a URL"))
}

pub(crate) fn cast() -> Cast {
    Cast::of(&definition(&json!({})), Filling::Full)
}

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Sent {
    pub(crate) fn to(method: &'static str, host: &str, path: &str) -> Self {
        let headers = pairs(&[("accept", "application/json"), ("user-agent", "test")]);
        let (host, path) = (host.to_owned(), path.to_owned());
        Self { method, host, path, query: Vec::new(), headers, form: Vec::new(), body: None }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let list = if self.form.is_empty() { &mut self.query } else { &mut self.form };
        match list.iter_mut().find(|(known, _)| known == name) {
            Some(pair) => value.clone_into(&mut pair.1),
            None => list.push((name.to_owned(), value.to_owned())),
        }
    }

    pub(crate) fn drop(&mut self, name: &str) {
        self.query.retain(|(known, _)| known != name);
        self.form.retain(|(known, _)| known != name);
        self.headers.retain(|(known, _)| known != name);
    }

    /// Moves a parameter from the body into the query.
    pub(crate) fn expose(&mut self, name: &str) {
        let at = self.form.iter().position(|(known, _)| known == name).expect("the parameter is there");
        let pair = self.form.remove(at);
        self.query.push(pair);
    }

    pub(crate) fn arrive(&self) -> Arrived {
        let write = |pairs: &[(String, String)]| {
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", write(&self.query)) };
        let mut request = http::Request::builder().method(self.method).uri(format!("{}{query}", self.path));
        request = request.header("host", &self.host);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut body = self.body.clone().unwrap_or_default();
        if !self.form.is_empty() {
            body = write(&self.form);
            if !self.headers.iter().any(|(name, _)| name == "content-type") {
                request = request.header("content-type", "application/x-www-form-urlencoded");
            }
        }
        let request = request.body(body.into_bytes()).expect("a request");
        Arrived::new(request, &self.host).expect("a whole request")
    }
}

/// Sends a request and gives the reply with all that was found wrong.
pub(crate) fn send(provider: &mut Simulator, sent: &Sent) -> (Reply, Vec<String>) {
    let reply = provider.answer(&sent.arrive());
    (reply, provider.end_act())
}

/// The right request passes, and each spoiled one is found out for the reason that is wrong with it.
pub(crate) fn each_is_caught(fresh: &dyn Fn() -> Simulator, right: &Sent, spoiled: &[Spoiled]) {
    let mut provider = fresh();
    let reply = provider.answer(&right.arrive());
    assert!(reply.status < 400, "the right request is refused: {:?}", provider.end_act());
    for (name, spoil, word) in spoiled {
        let mut sent = right.clone();
        spoil(&mut sent);
        let (reply, findings) = send(&mut fresh(), &sent);
        assert!(reply.status >= 400, "{name}: it is taken");
        let found = findings.join("; ");
        assert!(found.contains(word), "{name}: «{word}» is not said: {found}");
    }
}
