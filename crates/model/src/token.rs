//! The forms of the tokens we hand out: API keys, connect session tokens, webhook signing keys.
//!
//! Only hashes are stored. A checksum inside an API key lets scanners and people tell a typo from a revoked key
//! without asking the server.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use vault::Secret;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KEY_PREFIX: &str = "clv_";
const SESSION_PREFIX: &str = "clv_cs_";
const SECRET_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// A hash under which a token is stored.
pub type TokenHash = [u8; 32];

/// SHA-256 of a token's text. Tokens carry 256 random bits, so a slow hash would add nothing.
pub fn hash(token: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// An API key as its holder sees it: `clv_<id>_<secret><checksum>`.
pub struct ApiKeyToken {
    /// The public part, by which the stored row is found.
    pub public_id: String,
    text: Secret<String>,
}

impl ApiKeyToken {
    /// A new key from random bytes: eight for the public id, 32 for the secret.
    pub fn mint(id: [u8; 8], secret: [u8; 32]) -> Self {
        let public_id = base62(&id, 11);
        let body = format!("{KEY_PREFIX}{public_id}_{}", base62(&secret, SECRET_LENGTH));
        let text = Secret::new(format!("{body}{}", checksum(&body)));
        Self { public_id, text }
    }

    /// Reads a presented key. `None` when the form or the checksum is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(KEY_PREFIX)?;
        let (public_id, secret) = rest.split_once('_')?;
        let well_formed = public_id.len() == 11
            && secret.len() == SECRET_LENGTH + CHECKSUM_LENGTH
            && rest.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
        if !well_formed {
            return None;
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM_LENGTH);
        (checksum(body) == sum)
            .then(|| Self { public_id: public_id.to_owned(), text: Secret::new(text.to_owned()) })
    }

    /// The whole key, to be shown once.
    pub fn text(&self) -> &Secret<String> {
        &self.text
    }

    /// What is stored.
    pub fn hash(&self) -> TokenHash {
        hash(self.text.expose())
    }
}

/// A connect session token from 32 random bytes: `clv_cs_` and 43 base64url characters.
pub fn mint_session_token(random: [u8; 32]) -> Secret<String> {
    Secret::new(format!("{SESSION_PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
}

/// What a bearer token looks like, before any look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionTokenForm {
    /// Has the prefix and the right length and alphabet.
    WellFormed,
    /// Has the prefix, but is not a token.
    Malformed,
    /// Something else, for instance an API key.
    Other,
}

/// Tells session tokens from other bearer tokens.
pub fn session_token_form(text: &str) -> SessionTokenForm {
    match text.strip_prefix(SESSION_PREFIX) {
        None => SessionTokenForm::Other,
        Some(rest)
            if rest.len() == 43
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') =>
        {
            SessionTokenForm::WellFormed
        }
        Some(_) => SessionTokenForm::Malformed,
    }
}

/// A webhook signing key from 32 random bytes: `whsec_` and base64, the form of the Standard Webhooks specification.
pub fn mint_signing_key(random: [u8; 32]) -> Secret<String> {
    Secret::new(format!("whsec_{}", STANDARD.encode(random)))
}

/// 32 random bytes in the URL alphabet: OAuth state, cookies.
pub fn url_token(random: [u8; 32]) -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(random))
}

fn checksum(body: &str) -> String {
    base62(&crc32fast::hash(body.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH)
}

/// Big-endian bytes as base 62, left-padded with zeros to `width`.
fn base62(bytes: &[u8], width: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = Vec::with_capacity(width);
    while number.iter().any(|byte| *byte != 0) {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).expect("a remainder below 62 keeps the quotient below 256");
            remainder = value % 62;
        }
        digits.push(BASE62[remainder as usize]);
    }
    digits.resize(width.max(digits.len()), b'0');
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_key_is_read_back() {
        for fill in [0, 1, 127, 255] {
            let key = ApiKeyToken::mint([fill; 8], [fill; 32]);
            let read = ApiKeyToken::parse(key.text().expose()).expect("own form");
            assert_eq!(read.public_id, key.public_id);
            assert_eq!(read.hash(), key.hash());
        }
    }

    #[test]
    fn a_typo_in_a_key_is_noticed_by_its_checksum() {
        let key = ApiKeyToken::mint([3; 8], [9; 32]).text().expose().clone();
        for at in 4..key.len() {
            let mut typo = key.clone().into_bytes();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            let typo = String::from_utf8(typo).expect("ascii");
            assert!(ApiKeyToken::parse(&typo).is_none(), "position {at}");
        }
    }

    #[test]
    fn session_tokens_are_told_from_keys() {
        let token = mint_session_token([1; 32]);
        assert_eq!(session_token_form(token.expose()), SessionTokenForm::WellFormed);
        assert_eq!(session_token_form("clv_cs_short"), SessionTokenForm::Malformed);
        let key = ApiKeyToken::mint([1; 8], [1; 32]);
        assert_eq!(session_token_form(key.text().expose()), SessionTokenForm::Other);
        assert!(ApiKeyToken::parse(token.expose()).is_none());
    }
}
