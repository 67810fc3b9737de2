//! Claims of signed tokens (RFC 7519), read without checking the signature.
//!
//! What is read here names things for people and fills fields. It came over TLS from the token endpoint itself, which
//! `OpenID` Connect Core §3.1.3.7 accepts in place of a signature check, and nothing here grants anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::credential::OAuth2Tokens;
use crate::json_path::text_at;

/// The claims in a token; nothing when it is no signed token.
pub(crate) fn of(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    claims.is_object().then_some(claims)
}

/// The claims of the access token, or of the ID token when the access token has none.
pub(crate) fn of_tokens(tokens: &OAuth2Tokens) -> Option<Value> {
    of(tokens.access_token.expose()).or_else(|| {
        let answer = serde_json::from_str(tokens.raw.expose()).ok()?;
        of(&text_at(&answer, "id_token")?)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vault::Secret;

    use super::*;
    use crate::credential::Kept;

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn tokens(access_token: String, raw: &Value) -> OAuth2Tokens {
        OAuth2Tokens {
            access_token: Secret::new(access_token),
            refresh_token: None,
            expires_at: None,
            scope: None,
            raw: Secret::new(raw.to_string()),
            client_override: None,
            kept: Kept::default(),
        }
    }

    #[test]
    fn the_access_token_speaks_before_the_id_token() {
        let raw = json!({ "id_token": token(&json!({ "tid": "b" })) });
        let signed = tokens(token(&json!({ "tid": "a" })), &raw);
        assert_eq!(of_tokens(&signed), Some(json!({ "tid": "a" })));
        assert_eq!(of_tokens(&tokens("opaque".to_owned(), &raw)), Some(json!({ "tid": "b" })));
    }

    #[test]
    fn what_is_no_signed_token_has_no_claims() {
        for text in ["", "a.b", "a.b.c", "e30.W10.c2ln", "e30.e30.c2ln.x"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
