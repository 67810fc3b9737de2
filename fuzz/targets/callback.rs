//! Callbacks: whatever the browser brings, a code is taken only from an answer that says one thing.
//!
//! Input: one byte chooses the provider, the rest is the query.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use catalog::Provider;
use catalog::provider::ClientAuth;
use libfuzzer_sys::fuzz_target;
use protocol::Flow;
use protocol::authorize::TokenUrl;
use protocol::callback::{self, Callback, CallbackError};
use serde_json::json;
use url::Url;

const ISSUER: &str = "https://login.example";

struct Asked {
    provider: Provider,
    flow: Flow,
    code: &'static str,
    state: &'static str,
}

/// A plain provider, one with names of its own, and one that promises its issuer.
static ASKED: LazyLock<[Asked; 3]> = LazyLock::new(|| {
    let known = |authorization: serde_json::Value, captures: serde_json::Value| {
        let definition = json!({
            "slug": "fuzzed", "name": "Fuzzed", "auth": "oauth2", "category": "generic",
            "authorization": authorization, "captures": captures,
            "token": { "url": "https://login.example/token" },
        });
        serde_json::from_value::<Provider>(definition).expect("well formed")
    };
    let url = "https://login.example/authorize";
    [
        Asked {
            provider: known(json!({ "url": url }), json!({ "callback": { "realm_id": "realmId" } })),
            flow: flow(None, false),
            code: "code",
            state: "state",
        },
        Asked {
            provider: known(
                json!({ "url": url, "rename": { "state": "customField" }, "code_param": "token" }),
                json!({}),
            ),
            flow: flow(None, false),
            code: "token",
            state: "customField",
        },
        Asked {
            provider: known(json!({ "url": url, "issuer": ISSUER, "iss_in_response": true }), json!({})),
            flow: flow(Some(ISSUER), true),
            code: "code",
            state: "state",
        },
    ]
});

fn flow(issuer: Option<&str>, iss_required: bool) -> Flow {
    let url = |text| Url::parse(text).expect("well formed");
    Flow {
        token_url: TokenUrl::Known(url("https://login.example/token")),
        redirect_uri: url("https://broker.example/oauth/callback"),
        client_id: "client".to_owned(),
        verifier: None,
        issuer: issuer.map(str::to_owned),
        iss_required,
        client_auth: ClientAuth::ClientSecretPost,
        requested_scopes: Vec::new(),
        dpop_key: None,
    }
}

fuzz_target!(|input: &[u8]| {
    let [which, query @ ..] = input else { return };
    let Ok(query) = std::str::from_utf8(query) else { return };
    let asked = &ASKED[usize::from(*which) % ASKED.len()];
    let said = Said::read(query);
    let outcome = callback::read(query, &asked.provider, &asked.flow);
    let backwards = callback::read(&said.backwards(), &asked.provider, &asked.flow);
    match outcome {
        Ok(Callback::Granted { code, params }) => {
            assert_eq!(said.once(asked.code), Some(code.expose().as_str()));
            assert!(said.once(asked.state).is_some_and(|state| !state.is_empty()));
            assert!(said.count("error") == 0 || said.once("error") == Some(""));
            assert!(!asked.flow.iss_required || said.once("iss") == Some(ISSUER));
            for (name, value) in &params {
                assert_eq!(said.once(name), Some(value.as_str()));
            }
            let Ok(Callback::Granted { code: other, params: others }) = backwards else {
                panic!("the order of parameters counts")
            };
            assert!(code.expose() == other.expose() && params == others);
        }
        Ok(Callback::Refused { error, description }) => {
            assert!(said.count(asked.code) == 0 || said.once(asked.code) == Some(""));
            assert!(error.chars().chain(description.iter().flat_map(|text| text.chars())).all(is_shown));
            assert!(matches!(backwards, Ok(Callback::Refused { .. })));
        }
        Err(error) => {
            assert!(backwards.is_err(), "{error}: the order of parameters counts");
            tells_no_code(&error, &said, asked);
        }
    }
    if let Ok(state) = callback::state(query) {
        assert!(callback::STATE_NAMES.iter().any(|name| said.once(name) == Some(state.as_str())));
    }
});

fn is_shown(sign: char) -> bool {
    !sign.is_control()
}

/// Names are the provider's or ours; a code in an error would be logged.
fn tells_no_code(error: &CallbackError, said: &Said, asked: &Asked) {
    let known = [asked.code, asked.state, "state", "iss", "error", "error_description", "realmId"];
    if let CallbackError::Repeated { name } | CallbackError::Missing { name } = error {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    let Some(code) = said.once(asked.code).filter(|code| !code.is_empty()) else { return };
    // Looking for the code in the error is not enough: a code may happen to be a piece of our own words. So the same query
    // with another code, as long as the first because length counts, must be told the same.
    let told = |said: &Said| callback::read(&said.backwards(), &asked.provider, &asked.flow).err();
    match (told(said), told(&said.with(asked.code, &"x".repeat(code.len())))) {
        (Some(this), Some(other)) => assert_eq!(this.to_string(), other.to_string()),
        (_, None) | (None, _) => assert!(!error.to_string().contains(code), "refused for its own form"),
    }
}

/// The query, read by another reader than the one under test.
struct Said(Vec<(String, String)>);

impl Said {
    fn read(query: &str) -> Self {
        let query = query.strip_prefix('?').unwrap_or(query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == name).count()
    }

    fn once(&self, name: &str) -> Option<&str> {
        let counts: BTreeMap<&str, usize> = BTreeMap::from([(name, self.count(name))]);
        let found = self.0.iter().find(|(known, _)| known == name)?;
        (counts[name] == 1).then_some(found.1.as_str())
    }

    /// The same parameters, but for the value of one.
    fn with(&self, name: &str, value: &str) -> Self {
        let replaced = |(known, old): &(String, String)| {
            (known.clone(), if known == name { value.to_owned() } else { old.clone() })
        };
        Self(self.0.iter().map(replaced).collect())
    }

    /// The same parameters in the opposite order, with every byte encoded.
    fn backwards(&self) -> String {
        let encoded = |text: &str| text.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02x}"));
        let pairs: Vec<String> = self
            .0
            .iter()
            .rev()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        pairs.join("&")
    }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut read = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte =
            hex.filter(|_| bytes[at] == b'%').filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(byte) = byte.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            read.push(byte);
            at += 3;
        } else {
            read.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
            at += 1;
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}
