//! Who may do what: clients, grants, codes and tokens, and the rules by which they come and go. Pure: the time comes
//! with [`Terms`], chance from `ports`.

mod redeem;
mod rotate;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::options::{Client, SandboxOptions};
use crate::ports;
pub(crate) use redeem::Redemption;

/// RFC 6749 §4.1.2 recommends at most ten minutes for a code.
const CODE_TTL: Duration = Duration::from_mins(10);

/// The tokens of one answer. They are worth nothing outside the sandbox that issued them.
pub struct Issued {
    /// The access token.
    pub access_token: String,
    /// The refresh token to use next, unless the answer carries none.
    pub refresh_token: Option<String>,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// What the access token allows.
    pub scopes: Vec<String>,
}

/// When and how tokens are issued.
pub(crate) struct Terms<'a> {
    pub(crate) now: SystemTime,
    pub(crate) options: &'a SandboxOptions,
    /// False when a fault keeps refresh tokens out of the answer.
    pub(crate) with_refresh_token: bool,
}

/// Why a code or token was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// `invalid_grant`, with what a developer should know.
    Grant(&'static str),
    /// `invalid_scope`: more was asked than was granted.
    Scope,
}

/// What a consent leaves behind; all its tokens live and die with it.
pub(crate) struct Grant {
    pub(crate) client_id: String,
    /// `None` when the client acts for itself (client credentials).
    pub(crate) account: Option<String>,
    live: bool,
}

/// What a consent gives to the client by way of the browser.
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) account: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// A token that is good now, and what stands behind it.
pub(crate) struct Live<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) scopes: &'a [String],
    pub(crate) issued_at: SystemTime,
    pub(crate) expires_at: SystemTime,
}

#[derive(Default)]
pub(crate) struct Ledger {
    clients: HashMap<String, Client>,
    grants: Vec<Grant>,
    codes: HashMap<String, IssuedCode>,
    access_tokens: HashMap<String, Token>,
    refresh_tokens: HashMap<String, RefreshToken>,
}

struct IssuedCode {
    code: Code,
    expires_at: SystemTime,
    /// The grant it was redeemed for, which ends when the code comes again.
    redeemed_as: Option<usize>,
}

struct Token {
    grant: usize,
    scopes: Vec<String>,
    issued_at: SystemTime,
    expires_at: SystemTime,
}

struct RefreshToken {
    token: Token,
    spent: Option<Spent>,
}

struct Spent {
    at: SystemTime,
    successor: String,
}

impl Ledger {
    pub(crate) fn register(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    pub(crate) fn issue_code(&mut self, code: Code, terms: &Terms<'_>) -> String {
        let value = ports::token(&terms.options.token_prefix, "code");
        let issued = IssuedCode { code, expires_at: terms.now + CODE_TTL, redeemed_as: None };
        self.codes.insert(value.clone(), issued);
        value
    }

    /// Tokens for an account that consented.
    pub(crate) fn grant(
        &mut self,
        client_id: &str,
        account: &str,
        scopes: Vec<String>,
        terms: &Terms<'_>,
    ) -> Issued {
        let grant = self.open(client_id, Some(account));
        let refresh_token =
            terms.with_refresh_token.then(|| self.issue_refresh_token(grant, scopes.clone(), terms));
        self.issue(grant, scopes, refresh_token, terms)
    }

    /// Tokens for the client itself; RFC 6749 §4.4.3 gives it no refresh token.
    pub(crate) fn grant_to_client(
        &mut self,
        client_id: &str,
        scopes: Vec<String>,
        terms: &Terms<'_>,
    ) -> Issued {
        let grant = self.open(client_id, None);
        self.issue(grant, scopes, None, terms)
    }

    /// Whether the access token is good now; when it is not, why, in words for `error_description`.
    pub(crate) fn access(&self, value: &str, now: SystemTime) -> Result<Live<'_>, &'static str> {
        let token = self.access_tokens.get(value).ok_or("the access token is unknown or was revoked")?;
        self.live(token, now)
    }

    /// Whether the refresh token could be used now. Looking is no use of it.
    pub(crate) fn refresh(&self, value: &str, now: SystemTime) -> Option<Live<'_>> {
        let unspent = self.refresh_tokens.get(value).filter(|token| token.spent.is_none())?;
        self.live(&unspent.token, now).ok()
    }

    /// Takes a token back (RFC 7009 §2.1): an access token alone, a refresh token with its grant. A token of another
    /// client, or an unknown one, is left as it is.
    pub(crate) fn revoke(&mut self, value: &str, client_id: &str) {
        if let Some(token) = self.refresh_tokens.get(value) {
            let grant = &mut self.grants[token.token.grant];
            grant.live &= grant.client_id != client_id;
        } else if let Some(token) = self.access_tokens.get(value)
            && self.grants[token.grant].client_id == client_id
        {
            self.access_tokens.remove(value);
        }
    }

    pub(crate) fn expire_access_tokens(&mut self, now: SystemTime) {
        for token in self.access_tokens.values_mut() {
            token.expires_at = token.expires_at.min(now);
        }
    }

    pub(crate) fn end_all_grants(&mut self) {
        for grant in &mut self.grants {
            grant.live = false;
        }
    }

    fn live<'a>(&'a self, token: &'a Token, now: SystemTime) -> Result<Live<'a>, &'static str> {
        let grant = &self.grants[token.grant];
        if !grant.live {
            return Err("the grant was revoked");
        }
        if token.expires_at <= now {
            return Err("the token expired");
        }
        Ok(Live { grant, scopes: &token.scopes, issued_at: token.issued_at, expires_at: token.expires_at })
    }

    fn open(&mut self, client_id: &str, account: Option<&str>) -> usize {
        let account = account.map(str::to_owned);
        self.grants.push(Grant { client_id: client_id.to_owned(), account, live: true });
        self.grants.len() - 1
    }

    fn end(&mut self, grant: usize) {
        self.grants[grant].live = false;
    }

    fn issue(
        &mut self,
        grant: usize,
        scopes: Vec<String>,
        refresh_token: Option<String>,
        terms: &Terms<'_>,
    ) -> Issued {
        let access_token = ports::token(&terms.options.token_prefix, "at");
        let expires_in = terms.options.access_token_ttl;
        let token =
            Token { grant, scopes: scopes.clone(), issued_at: terms.now, expires_at: terms.now + expires_in };
        self.access_tokens.insert(access_token.clone(), token);
        Issued { access_token, refresh_token, expires_in, scopes }
    }

    fn issue_refresh_token(&mut self, grant: usize, scopes: Vec<String>, terms: &Terms<'_>) -> String {
        let value = ports::token(&terms.options.token_prefix, "rt");
        let expires_at = terms.now + terms.options.refresh_token_ttl;
        let token = Token { grant, scopes, issued_at: terms.now, expires_at };
        self.refresh_tokens.insert(value.clone(), RefreshToken { token, spent: None });
        value
    }
}
