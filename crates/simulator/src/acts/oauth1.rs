//! OAuth 1.0a (RFC 5849): temporary credentials, consent, a token, and signed calls.

use http::Method;
use url::Url;

use crate::arrived::Arrived;
use crate::knowledge::Light;
use crate::signature::oauth1::{self, Signing};
use crate::simulator::{Reply, Simulator};
use crate::spec::{Accept, Content, Params, Spec, Want};

impl Simulator {
    /// Expects an authorization from its first request on.
    pub(super) fn expect_oauth1(&mut self, scopes: &[String]) {
        let scope = self.scope_of(scopes);
        self.expect("temporary credentials", Self::temporary_spec, move |simulator, arrived| {
            simulator.note_nonce(arrived);
            let token = simulator.grant.fresh("temporary");
            let secret = simulator.grant.fresh("temporary-secret");
            simulator.grant.temporary = Some((token.clone(), secret.clone()));
            let callback = oauth1::parameter(arrived, "oauth_callback").unwrap_or_default();
            simulator.expect_oauth1_consent(scope, callback);
            form(&[
                ("oauth_token", &token),
                ("oauth_token_secret", &secret),
                ("oauth_callback_confirmed", "true"),
            ])
        });
    }

    /// How a request has to be signed now.
    fn signing(&self, token: Option<(String, String)>, more: Vec<(&'static str, Want)>) -> Signing {
        let oauth1 = self.entry.oauth1.as_ref();
        Signing {
            method: oauth1.map(|oauth1| oauth1.signature_method).unwrap_or_default(),
            consumer_key: self.cast.client_id.clone(),
            consumer_secret: self.cast.client_secret.clone(),
            token,
            realm: oauth1.and_then(|oauth1| self.text(oauth1.realm.as_ref()?, Light::default())),
            more,
            now: self.now,
            used: self.grant.nonces.clone(),
        }
    }

    fn note_nonce(&mut self, arrived: &Arrived) {
        self.grant.nonces.extend(oauth1::parameter(arrived, "oauth_nonce"));
    }

    fn temporary_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let oauth1 = entry.oauth1.as_ref().ok_or("the entry has no OAuth 1.0a")?;
        let url = oauth1.request_url.as_ref().and_then(|url| self.address(url));
        let mut spec = Spec::new(Method::POST, url.ok_or("the request URL cannot be filled")?);
        spec.accept = Accept::Free;
        let mut params = Params::new();
        self.fill_params(&mut params, &oauth1.request_params, Light::default());
        // The standard leaves open where further parameters travel (§3.5): all of them in the query, or in a form.
        if arrived.body.is_empty() {
            spec.query.append(&mut params);
        } else {
            spec.content = Content::Form(params);
        }
        let callback_url = self.callback_url.to_string();
        let callback = Want::check(move |found| {
            let is_ours = found == callback_url || found.starts_with(&format!("{callback_url}?"));
            if is_ours { Ok(()) } else { Err(format!("is not {callback_url}")) }
        });
        want_signature(&mut spec, arrived, &self.signing(None, vec![("oauth_callback", callback)]));
        Ok(spec)
    }

    fn expect_oauth1_consent(&mut self, scope: Option<String>, callback: String) {
        self.expect(
            "authorize",
            move |simulator, arrived| simulator.oauth1_page_spec(scope.as_deref(), arrived),
            move |simulator, _| {
                let (token, _) = simulator.grant.temporary.clone().unwrap_or_default();
                let verifier = simulator.grant.fresh("verifier");
                let Ok(mut back) = Url::parse(&callback) else { return Reply::refusal(400, "no_callback") };
                back.query_pairs_mut()
                    .append_pair("oauth_token", &token)
                    .append_pair("oauth_verifier", &verifier);
                simulator.expect_oauth1_token(verifier);
                Reply::redirect(&back)
            },
        );
    }

    fn oauth1_page_spec(&self, scope: Option<&str>, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let authorization = entry.authorization.as_ref().ok_or("the entry has no authorization")?;
        let url = self.address(&authorization.url).ok_or("its URL cannot be filled")?;
        let mut spec = Spec::new(Method::GET, url);
        spec.accept = Accept::Free;
        let (token, _) = self.grant.temporary.clone().ok_or("there are no temporary credentials")?;
        spec.set_query("oauth_token", Want::Is(token));
        for (name, value) in &authorization.params {
            if let Some(value) = self.first_text(value, Light::default()) {
                spec.set_query(name, Want::Is(value));
            }
        }
        if let Some(scope) = scope {
            spec.set_query("scope", Want::Is(scope.to_owned()));
        }
        // Servers of the first edition read the callback here; it may be said again, but not otherwise.
        if let Some(said) = arrived.query_value("oauth_callback") {
            let callback_url = self.callback_url.to_string();
            let is_ours = said == callback_url || said.starts_with(&format!("{callback_url}?"));
            let want = if is_ours { said } else { callback_url };
            spec.set_query("oauth_callback", Want::Is(want));
        }
        Ok(spec)
    }

    fn expect_oauth1_token(&mut self, verifier: String) {
        let spec = move |simulator: &Self, arrived: &Arrived| {
            let entry = simulator.entry.clone();
            let oauth1 = entry.oauth1.as_ref().ok_or("the entry has no OAuth 1.0a")?;
            let url = oauth1.token_url.as_ref().and_then(|url| simulator.address(url));
            let mut spec = Spec::new(Method::POST, url.ok_or("the token URL cannot be filled")?);
            spec.accept = Accept::Free;
            let more = vec![("oauth_verifier", Want::Is(verifier.clone()))];
            let signing = simulator.signing(simulator.grant.temporary.clone(), more);
            want_signature(&mut spec, arrived, &signing);
            Ok(spec)
        };
        self.expect("token", spec, |simulator, arrived| {
            simulator.note_nonce(arrived);
            let (token, secret) = (simulator.grant.fresh("token"), simulator.grant.fresh("token-secret"));
            simulator.grant.temporary = None;
            simulator.grant.access = Some(token.clone());
            simulator.grant.token_secret = Some(secret.clone());
            simulator.expect_connected();
            form(&[("oauth_token", &token), ("oauth_token_secret", &secret), ("user_id", "4711")])
        });
    }

    /// Wants an API call to be signed with the token that was given, or entered.
    pub(super) fn want_oauth1(&self, spec: &mut Spec, arrived: &Arrived) -> Result<(), String> {
        let entered = |name: &str| self.cast.credential.get(name).cloned();
        let given = self.grant.access.clone().zip(self.grant.token_secret.clone());
        let token = given.or_else(|| entered("token_id").zip(entered("token_secret")));
        let token = token.ok_or("no token was given out or entered")?;
        want_signature(spec, arrived, &self.signing(Some(token), Vec::new()));
        Ok(())
    }
}

fn form(pairs: &[(&str, &str)]) -> Reply {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Reply::typed("application/x-www-form-urlencoded", body)
}

/// Wants the header; the whole request takes part in it, so it is judged here and its outcome wanted there.
fn want_signature(spec: &mut Spec, arrived: &Arrived, signing: &Signing) {
    let outcome = oauth1::judge(signing, arrived);
    spec.set_header("authorization", Want::check(move |_| outcome.clone()));
}
