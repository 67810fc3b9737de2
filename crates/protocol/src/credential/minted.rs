//! Credentials that entered values were turned into: by calls, by signing here, by opening a session.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vault::Secret;

use super::OAuth2Tokens;
use super::seal_text::{ReadTokens, WrittenTokens};

/// A token and what it was made from, so that it can be made again.
#[derive(Clone)]
pub struct Minted {
    /// The token, its end and the answer it came in. What is signed here came in no answer.
    pub tokens: OAuth2Tokens,
    /// What the end user entered, by our names.
    pub entered: BTreeMap<String, Secret<String>>,
    /// The signed token that logins present, when it was made from something that is not kept.
    pub jwt: Option<Assertion>,
    /// The SAML assertion, in the same case.
    pub saml: Option<Assertion>,
}

/// A signed statement that was made once.
#[derive(Clone)]
pub struct Assertion {
    /// The text, as it is sent.
    pub text: Secret<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

type WrittenMap<'a> = BTreeMap<&'a str, &'a str>;

#[derive(Serialize)]
pub(super) struct WrittenMinted<'a> {
    tokens: WrittenTokens<'a>,
    entered: WrittenMap<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<WrittenAssertion<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saml: Option<WrittenAssertion<'a>>,
}

#[derive(Serialize)]
struct WrittenAssertion<'a> {
    text: &'a str,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct ReadMinted {
    tokens: ReadTokens,
    entered: BTreeMap<String, Secret<String>>,
    jwt: Option<ReadAssertion>,
    saml: Option<ReadAssertion>,
}

#[derive(Deserialize)]
struct ReadAssertion {
    text: Secret<String>,
    expires_at: Timestamp,
}

impl<'a> From<&'a Minted> for WrittenMinted<'a> {
    fn from(minted: &'a Minted) -> Self {
        Self {
            tokens: (&minted.tokens).into(),
            entered: exposed(&minted.entered),
            jwt: minted.jwt.as_ref().map(WrittenAssertion::of),
            saml: minted.saml.as_ref().map(WrittenAssertion::of),
        }
    }
}

impl<'a> WrittenAssertion<'a> {
    fn of(assertion: &'a Assertion) -> Self {
        Self { text: assertion.text.expose(), expires_at: assertion.expires_at }
    }
}

impl From<ReadMinted> for Minted {
    fn from(read: ReadMinted) -> Self {
        let assertion = |read: ReadAssertion| Assertion { text: read.text, expires_at: read.expires_at };
        Self {
            tokens: read.tokens.into(),
            entered: read.entered,
            jwt: read.jwt.map(assertion),
            saml: read.saml.map(assertion),
        }
    }
}

pub(super) fn exposed(secrets: &BTreeMap<String, Secret<String>>) -> WrittenMap<'_> {
    secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose().as_str())).collect()
}
