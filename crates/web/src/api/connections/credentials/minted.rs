//! Tokens that entered values became: the entered values stand beside the token, under their names on the wire.

use catalog::Provider;
use protocol::{CredentialKind, Minted};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Zulu, answer, refresh_token, time};

/// One of these credentials. A session calls its token `session_id`, and what is signed here has no answer to show.
#[derive(Serialize)]
pub(in super::super) struct MintedJson<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Zulu>,
    #[serde(flatten)]
    entered: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Map<String, Value>>,
}

/// Names that entered values and headers must not take.
const OWN: [&str; 7] = ["type", "token", "session_id", "user_id", "refresh_token", "expires_at", "raw"];

impl<'a> MintedJson<'a> {
    pub(super) fn of(
        kind: CredentialKind,
        provider: &Provider,
        minted: &'a Minted,
        with_refresh_token: bool,
    ) -> Self {
        let tokens = &minted.tokens;
        let access_token = tokens.access_token.expose().as_str();
        let is_session = kind == CredentialKind::Session;
        let is_signed_here = matches!(kind, CredentialKind::Jwt | CredentialKind::Signature);
        let raw = answer(tokens.raw.expose(), with_refresh_token);
        Self {
            kind: kind.wire(),
            token: Some(access_token).filter(|_| !is_session),
            session_id: Some(access_token).filter(|_| is_session),
            user_id: raw.get("userId").filter(|_| is_session).cloned(),
            refresh_token: refresh_token(tokens).filter(|_| with_refresh_token),
            expires_at: time(tokens.expires_at),
            entered: entered(provider, minted),
            raw: Some(raw).filter(|_| !is_signed_here),
        }
    }
}

/// What was entered, and the headers that came with the token; cookies also as one text.
fn entered(provider: &Provider, minted: &Minted) -> Map<String, Value> {
    let wire = |name: &str| {
        let input = provider.inputs.credential.iter().find(|input| input.name == name);
        input.map_or(name, |input| input.wire_name()).to_owned()
    };
    let entered = minted.entered.iter().map(|(name, value)| (wire(name), value));
    let headers = minted.tokens.kept.headers.iter().map(|(name, value)| {
        let name = if name == "set-cookie" { "_cookies" } else { name };
        (name.to_owned(), value)
    });
    let texts = headers.chain(entered).filter(|(name, _)| !OWN.contains(&name.as_str()));
    texts.map(|(name, value)| (name, Value::String(value.expose().clone()))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use protocol::{Kept, OAuth2Tokens};
    use serde_json::json;
    use vault::Secret;

    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn minted(raw: &str) -> Minted {
        let headers = BTreeMap::from([("set-cookie".to_owned(), secret("a=b"))]);
        Minted {
            tokens: OAuth2Tokens {
                access_token: secret("t"),
                refresh_token: Some(secret("r")),
                expires_at: None,
                scope: None,
                raw: secret(raw),
                client_override: None,
                kept: Kept { headers, ..Kept::default() },
            },
            entered: BTreeMap::from([
                ("user_name".to_owned(), secret("u")),
                ("token".to_owned(), secret("x")),
            ]),
            jwt: None,
            saml: None,
        }
    }

    fn shown(kind: CredentialKind, raw: &str, with_refresh_token: bool) -> Value {
        let provider: Provider = serde_json::from_value(json!({
            "slug": "example", "name": "Example", "auth": "two_step", "category": "generic",
            "inputs": {"credential": [{"name": "user_name", "wire": "userName", "label": "User name"}]},
        }))
        .expect("the test provider is well formed");
        let minted = minted(raw);
        serde_json::to_value(MintedJson::of(kind, &provider, &minted, with_refresh_token)).expect("JSON")
    }

    #[test]
    fn a_login_shows_what_was_entered_under_its_names_on_the_wire() {
        let expected = json!({
            "type": "TWO_STEP", "token": "t", "refresh_token": "r", "userName": "u", "_cookies": "a=b",
            "raw": {"access": "t"},
        });
        assert_eq!(shown(CredentialKind::TwoStep, r#"{"access":"t"}"#, true), expected);
    }

    #[test]
    fn a_session_has_an_identifier_and_a_user() {
        let shown = shown(CredentialKind::Session, r#"{"sessionId":"t","userId":"7"}"#, false);
        assert_eq!(shown["type"], "BILL");
        assert_eq!(shown["session_id"], "t");
        assert_eq!(shown["user_id"], "7");
        assert_eq!(shown.get("token"), None);
        assert_eq!(shown.get("refresh_token"), None);
    }

    #[test]
    fn what_is_signed_here_has_no_answer_to_show() {
        assert_eq!(shown(CredentialKind::Jwt, "{}", true).get("raw"), None);
    }
}
