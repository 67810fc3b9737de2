//! The end user's browser at the provider (RFC 6749 §4.1.1), where everybody consents.

use catalog::provider::{Authorization, Pkce};
use http::Method;
use url::Url;

use crate::acts::exchange::Code;
use crate::arrived::Arrived;
use crate::cast::Cast;
use crate::knowledge::Light;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Accept, Params, Spec, Want, is, set};

impl Simulator {
    /// Expects a browser at the authorization endpoint, and what follows from its consent. `scopes` are those that the
    /// integration configures, and `asked_beside` those that only Slack knows.
    pub fn expect_consent(&mut self, scopes: &[String]) {
        let scope = self.scope_of(scopes);
        self.grant.scope.clone_from(&scope);
        if self.entry.authorization.as_ref().is_some_and(|page| page.pushed_url.is_some()) {
            self.expect_pushed_consent(scope);
            return;
        }
        self.expect(
            "authorize",
            move |simulator, arrived| simulator.authorize_spec(scope.as_deref(), arrived),
            Self::consent,
        );
    }

    /// The scope on the wire: those of the integration, else the entry's own, then those it always asks for.
    pub(crate) fn scope_of(&self, configured: &[String]) -> Option<String> {
        let scopes = &self.entry.scopes;
        let chosen = if configured.is_empty() { &scopes.default } else { configured };
        let required = scopes.required.iter().filter_map(|template| self.text(template, Light::default()));
        let mut wanted: Vec<String> = Vec::new();
        for scope in chosen.iter().cloned().chain(required) {
            if !wanted.contains(&scope) {
                wanted.push(scope);
            }
        }
        (!wanted.is_empty()).then(|| wanted.join(scopes.separator.as_deref().unwrap_or(" ")))
    }

    fn authorize_spec(&self, scope: Option<&str>, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let authorization = entry.authorization.as_ref().ok_or("the entry has no authorization")?;
        let url = self.address(&authorization.url).ok_or("its URL cannot be filled")?;
        let mut spec = Spec::new(Method::GET, url);
        spec.accept = Accept::Free;
        let params = self.authorize_params(authorization, scope, arrived);
        for (name, want) in params {
            let name = authorization.rename.get(&name).cloned().unwrap_or(name);
            set(&mut spec.query, &name, want);
        }
        if let Some(route) = &authorization.fragment {
            spec.set_header("x-browser-fragment", Want::Is(route.clone()));
        }
        if let Err(why) = raw_scope(authorization, scope, arrived) {
            let name = authorization.rename.get("scope").map_or("scope", String::as_str);
            spec.set_query(name, Want::check(move |_| Err(why.clone())));
        }
        Ok(spec)
    }

    /// The parameters of the flow, under their standard names, without those that the vendor does not want.
    pub(super) fn authorize_params(
        &self,
        authorization: &Authorization,
        scope: Option<&str>,
        arrived: &Arrived,
    ) -> Params {
        let mut params = Params::new();
        let uuids = arrived.uuids();
        let light = Light { arrived: Some(arrived), uuid: uuids.first().map(String::as_str) };
        for (name, value) in &authorization.params {
            params.extend(self.first_text(value, light).map(|value| is(name, value)));
        }
        let response_type = authorization.response_type.as_deref().unwrap_or("code");
        set(&mut params, "response_type", Want::Is(response_type.to_owned()));
        set(&mut params, "client_id", self.want_client_id());
        set(&mut params, "redirect_uri", Want::Is(self.callback_url.to_string()));
        set(&mut params, "state", Want::check(is_unguessable));
        if let Some(scope) = scope {
            // What stands in the query as it is reads as a form has it: a plus is a blank there.
            let read = if authorization.raw_scope { scope.replace('+', " ") } else { scope.to_owned() };
            set(&mut params, "scope", Want::Is(read));
        }
        if authorization.pkce == Pkce::S256 {
            set(&mut params, "code_challenge", Want::check(is_challenge));
            set(&mut params, "code_challenge_method", Want::Is("S256".to_owned()));
        }
        params.retain(|(name, _)| !authorization.omit.contains(name));
        params
    }

    /// The client that is known, or a document of its own on the server that people are sent back to.
    fn want_client_id(&self) -> Want {
        if !self.knows_clients_by_document() {
            return Want::Is(self.cast.client_id.clone());
        }
        let home = self.callback_url.origin();
        Want::check(move |id| {
            let is_ours = Url::parse(id).is_ok_and(|id| id.origin() == home && id.scheme() == "https");
            if is_ours { Ok(()) } else { Err("is no document of the client's own".to_owned()) }
        })
    }

    /// Sends the browser back with a code, and waits for it to be redeemed.
    pub(super) fn consent(&mut self, arrived: &Arrived) -> Reply {
        let entry = self.entry.clone();
        let Some(authorization) = &entry.authorization else {
            return Reply::refusal(500, "no_authorization");
        };
        let name_of = |name: &str| authorization.rename.get(name).cloned().unwrap_or_else(|| name.to_owned());
        if self.knows_clients_by_document() {
            self.cast.client_id = arrived.query_value("client_id").unwrap_or_default();
        }
        let code = self.grant.fresh("code");
        let mut back = self.callback_url.clone();
        let mut told =
            vec![(authorization.code_param.clone().unwrap_or_else(|| "code".to_owned()), code.clone())];
        if let Some(state) = self.asked(arrived, &name_of("state")) {
            told.push((name_of("state"), state));
        }
        if authorization.iss_in_response {
            told.extend(authorization.issuer.clone().map(|issuer| ("iss".to_owned(), issuer)));
        }
        for (field, name) in &entry.captures.callback {
            let entered = self.grant.connection.get(field).cloned();
            let value = entered.unwrap_or_else(|| Cast::learned(&entry, field));
            if !told.iter().any(|(known, _)| known == name) {
                told.push((name.clone(), value.clone()));
            }
            self.grant.connection.insert(field.clone(), value);
        }
        back.query_pairs_mut().extend_pairs(&told);
        self.grant.callback = told.into_iter().collect();
        let challenge = self.asked(arrived, "code_challenge");
        self.expect_redemption(Code { code, challenge });
        Reply::redirect(&back)
    }
}

/// Where only blanks of the scope are encoded, every other sign stands in the query as it is.
fn raw_scope(authorization: &Authorization, scope: Option<&str>, arrived: &Arrived) -> Result<(), String> {
    let Some(scope) = scope.filter(|_| authorization.raw_scope) else { return Ok(()) };
    let wanted = format!("scope={}", scope.replace(' ', "%20"));
    let raw = arrived.url.query().unwrap_or_default();
    if raw.split('&').any(|pair| pair == wanted) {
        return Ok(());
    }
    Err(format!("the scope does not stand in the query as it is: {raw}"))
}

/// RFC 6749 §10.10: 128 bits at least.
pub(super) fn is_unguessable(state: &str) -> Result<(), String> {
    let signs: std::collections::BTreeSet<char> = state.chars().collect();
    if state.len() >= 22 && signs.len() >= 8 { Ok(()) } else { Err("can be guessed".to_owned()) }
}

/// RFC 7636 §4.2: 32 bytes in base64url without padding.
fn is_challenge(challenge: &str) -> Result<(), String> {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    if challenge.len() == 43 && challenge.chars().all(is_plain) {
        Ok(())
    } else {
        Err("is no digest".to_owned())
    }
}

/// What a browser asks a page for whose script reads the route and query behind `#`: the request that such a script
/// would make of it, with the route in a header.
pub fn behind_fragment(url: &Url) -> Option<(Url, String)> {
    let (route, query) = url.fragment()?.split_once('?')?;
    let mut inner = url.clone();
    inner.set_fragment(None);
    inner.set_query(Some(query));
    Some((inner, route.to_owned()))
}
