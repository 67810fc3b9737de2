//! What the provider has given out, and how it says so: answers in the shape that the entry describes.

use catalog::provider::{AuthMode, Presented, Rotation, TimeUnit, TokenResponse};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::acts::Keys;
use crate::cast::{Cast, Uses, Values};
use crate::jose;
use crate::path;
use crate::simulator::{Reply, Simulator};

/// Seconds for which access tokens are good, unless the entry assumes another time.
const LIFETIME_S: u64 = 3600;

/// The same where the answer does not say so: another one than anybody would guess.
const SILENT_LIFETIME_S: u64 = 5432;

/// The state of one grant.
#[derive(Debug, Default)]
pub(crate) struct Grant {
    /// The fields of the connection as the provider knows them: entered, and told in answers.
    pub(crate) connection: Values,
    /// The parameters of the callback.
    pub(crate) callback: Values,
    /// The access token that is good.
    pub(crate) access: Option<String>,
    /// The refresh token that is good.
    pub(crate) refresh: Option<String>,
    /// The last token answer.
    pub(crate) answer: Value,
    /// What the access token says.
    pub(crate) claims: Value,
    /// The cookies of the session.
    pub(crate) cookies: Option<String>,
    /// The token of an installed app.
    pub(crate) installation: Option<String>,
    /// Whether the app has asked for its token before.
    pub(crate) is_installed: bool,
    /// Temporary credentials of OAuth 1.0a.
    pub(crate) temporary: Option<(String, String)>,
    /// The secret of the token of OAuth 1.0a.
    pub(crate) token_secret: Option<String>,
    /// Parameters of an authorization that were pushed.
    pub(crate) pushed: Vec<(String, String)>,
    /// Metadata that may be read, by its address.
    pub(crate) documents: Vec<(String, Value)>,
    /// Temporary keys of AWS.
    pub(crate) keys: Option<Keys>,
    /// The answers of the login so far.
    pub(crate) answers: Vec<Value>,
    /// An assertion that was made once and is kept.
    pub(crate) assertion: Option<String>,
    /// When a token has to be made that is made without the provider.
    pub(crate) minted_at: Option<Timestamp>,
    /// Nonces that were used.
    pub(crate) nonces: Vec<String>,
    /// When the access token ends, as far as the answer said or the entry assumes.
    pub(crate) expires_at: Option<Timestamp>,
    /// The scope that was asked for.
    pub(crate) scope: Option<String>,
    /// How many things were given out, so that no two are the same.
    count: u32,
}

/// How a token answer is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Whether it answers a refresh.
    pub(crate) renews: bool,
    /// Whether refresh tokens are given at all.
    pub(crate) with_refresh: bool,
}

impl Grant {
    pub(crate) fn new(cast: &Cast) -> Self {
        Self { connection: cast.connection.clone(), ..Self::default() }
    }

    /// A value that was never given out before.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}-{}.~+/=", self.count)
    }
}

impl Simulator {
    /// Whether the entry gives refresh tokens in a code grant.
    pub(crate) fn gives_refresh_tokens(&self) -> bool {
        let refresh = &self.entry.refresh;
        !refresh.never && refresh.presents == Presented::RefreshToken
    }

    /// Whether a fresh token can be had without the end user.
    pub fn can_refresh(&self) -> bool {
        match self.entry.auth {
            AuthMode::Oauth2
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery
            | AuthMode::AppInstallationWithUserOauth => !self.entry.refresh.never,
            AuthMode::Oauth2ClientCredentials
            | AuthMode::TwoStep
            | AuthMode::Jwt
            | AuthMode::Signature
            | AuthMode::SessionLogin
            | AuthMode::AwsSigv4
            | AuthMode::AppInstallation => true,
            AuthMode::PluginInstall
            | AuthMode::Oauth1
            | AuthMode::Oauth1TokenBased
            | AuthMode::ApiKey
            | AuthMode::Basic
            | AuthMode::None => false,
        }
    }

    /// The access token that is good now.
    pub fn access_token(&self) -> Option<&str> {
        self.grant.access.as_deref()
    }

    /// The refresh token that is good now.
    pub fn refresh_token(&self) -> Option<&str> {
        self.grant.refresh.as_deref()
    }

    /// The secret of the token of OAuth 1.0a.
    pub fn token_secret(&self) -> Option<&str> {
        self.grant.token_secret.as_deref()
    }

    /// The token of an installed app that is good now.
    pub fn installation_token(&self) -> Option<&str> {
        self.grant.installation.as_deref()
    }

    /// When the access token ends.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.grant.expires_at
    }

    /// The fields of the connection by our own names, as both sides should know them.
    pub fn connection(&self) -> &Values {
        &self.grant.connection
    }

    /// New tokens, in the shape that the entry describes.
    pub(crate) fn issue(&mut self, paths: &TokenResponse, lifetime_s: Option<u64>, issue: Issue) -> Reply {
        self.mint(issue);
        let now = self.now;
        let usual = if self.is_silent { SILENT_LIFETIME_S } else { LIFETIME_S };
        self.grant.expires_at = after(now, lifetime_s.unwrap_or(usual));
        if self.is_silent && lifetime_s.is_none() {
            self.expect_introspection();
        }
        if paths.whole_body {
            self.grant.expires_at = lifetime_s.and_then(|seconds| after(now, seconds));
            let token = self.grant.access.clone().unwrap_or_default();
            self.grant.answer = Value::String(token.clone());
            return Reply::typed("text/plain", token);
        }
        let mut inner = json!({});
        self.write_tokens(&mut inner, paths, lifetime_s, issue);
        let mut answer = inner;
        for object in [&paths.fallback_object, &paths.wrapper].into_iter().flatten() {
            let mut outer = json!({});
            path::put(&mut outer, object, answer);
            answer = outer;
        }
        if paths.ok_flag {
            path::put(&mut answer, "ok", json!(true));
        }
        self.tell(&mut answer);
        self.grant.answer = answer.clone();
        Reply::json(&answer)
    }

    /// Lets the access token live on from now.
    pub(crate) fn prolong(&mut self, seconds: u64) {
        self.grant.expires_at = after(self.now, seconds);
    }

    /// A new access token, and a new refresh token where one is due.
    fn mint(&mut self, issue: Issue) {
        self.grant.claims = self.claims();
        let access = self.grant.fresh("access");
        let is_signed = self.grant.claims.is_object();
        let claims = &self.grant.claims;
        self.grant.access = Some(if is_signed { jose::unsigned(claims, &access) } else { access });
        let rotates = self.entry.lifecycle.rotation != Some(Rotation::None);
        if issue.with_refresh && (!issue.renews || rotates) {
            let light = crate::knowledge::Light::default();
            let keeps = self.entry.refresh.keep_token_if.as_ref();
            let keeps = keeps.and_then(|template| self.text(template, light)).as_deref() == Some("true");
            let refresh = self.grant.fresh("refresh");
            if !(keeps && issue.renews) {
                self.grant.refresh = Some(refresh);
            }
        }
    }

    /// The claims that templates read; nothing when they read none.
    fn claims(&self) -> Value {
        let mut claims = Value::Null;
        for name in Uses::of(&self.entry).placeholders() {
            if let Some(at) = name.strip_prefix("token.claims.") {
                path::put(&mut claims, at, Value::String(Cast::fitting(&self.entry, name)));
            }
        }
        claims
    }

    fn write_tokens(
        &mut self,
        answer: &mut Value,
        paths: &TokenResponse,
        lifetime_s: Option<u64>,
        issue: Issue,
    ) {
        let at = |path: &Option<String>, standard: &str| path.clone().unwrap_or_else(|| standard.to_owned());
        let access = self.grant.access.clone().unwrap_or_default();
        path::put(answer, &at(&paths.access_token, "access_token"), Value::String(access));
        path::put(answer, "token_type", json!("Bearer"));
        let rotates = self.entry.lifecycle.rotation != Some(Rotation::None);
        if let Some(refresh) = self.grant.refresh.clone().filter(|_| !issue.renews || rotates) {
            path::put(answer, &at(&paths.refresh_token, "refresh_token"), Value::String(refresh));
        }
        // Some vendors' one token is both.
        if at(&paths.refresh_token, "refresh_token") == at(&paths.access_token, "access_token") {
            self.grant.access.clone_from(&self.grant.refresh);
        }
        if lifetime_s.is_none() && !self.is_silent {
            let end = self.grant.expires_at.map(Timestamp::as_second);
            match (&paths.expires_in, &paths.expires_at) {
                (None, Some(at)) => path::put(answer, at, json!(end)),
                (path, _) => {
                    let unit = if paths.expires_unit == TimeUnit::Milliseconds { 1000 } else { 1 };
                    path::put(answer, &at(path, "expires_in"), json!(LIFETIME_S * unit));
                }
            }
        }
        if let Some(scope) = &self.grant.scope {
            path::put(answer, "scope", json!(scope));
        }
    }

    /// Writes everything that captures and templates look for, and remembers what was told.
    pub(crate) fn tell(&mut self, answer: &mut Value) {
        let entry = self.entry.clone();
        for (field, at) in &entry.captures.token_response {
            let value = Cast::learned(&entry, field);
            path::put_if_free(answer, at, Value::String(value));
        }
        for name in Uses::of(&entry).placeholders() {
            if let Some(at) = name.strip_prefix("token.response.") {
                path::put_if_free(answer, at, Value::String(self.fitting_answer(name)));
            }
        }
        for (field, at) in &entry.captures.token_response {
            if let Some(value) = path::text(answer, at) {
                self.grant.connection.insert(field.clone(), value);
            }
        }
    }
}

fn after(now: Timestamp, seconds: u64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
}
