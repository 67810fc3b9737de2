//! Apps and plugins that are installed on a page of the vendor.

use catalog::provider::AuthMode;
use http::Method;
use serde_json::json;

use super::exchange::Code;
use crate::arrived::Arrived;
use crate::cast::Cast;
use crate::jose;
use crate::knowledge::Light;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Accept, Content, Spec, Want};

impl Simulator {
    /// Expects the installation of an app or a plugin, and what follows from it.
    pub(super) fn expect_installation(&mut self) {
        self.expect("installation", Self::installation_spec, Self::install);
    }

    fn installation_spec(&self, _: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let page = entry.authorization.as_ref().ok_or("the entry has no installation page")?;
        let url = self.address(&page.url).ok_or("its URL cannot be filled")?;
        let mut spec = Spec::new(Method::GET, url);
        spec.accept = Accept::Free;
        let name = page.rename.get("state").map_or("state", String::as_str);
        spec.set_query(name, Want::check(super::authorize::is_unguessable));
        Ok(spec)
    }

    /// Sends the browser back with what the installation is called.
    fn install(&mut self, arrived: &Arrived) -> Reply {
        let entry = self.entry.clone();
        let name = entry.authorization.as_ref().and_then(|page| page.rename.get("state"));
        let name = name.map_or("state", String::as_str);
        let mut told = vec![(name.to_owned(), arrived.query_value(name).unwrap_or_default())];
        for (field, param) in &entry.captures.callback {
            let value = Cast::learned(&entry, field).replace(|sign: char| !sign.is_ascii_alphanumeric(), "0");
            told.push((param.clone(), value.clone()));
            self.grant.connection.insert(field.clone(), value);
        }
        if entry.app.is_some() {
            told.push(("setup_action".to_owned(), "install".to_owned()));
        }
        if entry.auth == AuthMode::AppInstallationWithUserOauth {
            let code = self.grant.fresh("code");
            told.push(("code".to_owned(), code.clone()));
            self.expect_redemption(Code { code, challenge: None });
        } else if entry.app.is_some() {
            self.expect_app_token();
        } else {
            self.expect_connected();
        }
        let mut back = self.callback_url.clone();
        back.query_pairs_mut().extend_pairs(&told);
        Reply::redirect(&back)
    }

    /// Expects the user's token to prove that the installation is theirs, then the app to ask for its own.
    pub(super) fn expect_proof_of_installation(&mut self) {
        let entry = self.entry.clone();
        let proof = entry.app.as_ref().and_then(|app| app.proof_url.clone());
        let Some(proof) = proof else {
            self.expect_app_token();
            return;
        };
        let spec = move |simulator: &Self, _: &Arrived| {
            let url = simulator.address(&proof).ok_or("the proof URL cannot be filled")?;
            let mut spec = Spec::new(Method::GET, url);
            let token = simulator.grant.access.clone().unwrap_or_default();
            spec.set_header("authorization", Want::Is(format!("Bearer {token}")));
            Ok(spec)
        };
        self.expect("proof", spec, |simulator, _| {
            simulator.expect_app_token();
            Reply::json(&json!({ "total_count": 1, "repositories": [] }))
        });
    }

    /// Expects the app to ask for a token of its installation, signed by itself.
    pub(super) fn expect_app_token(&mut self) {
        self.expect("app token", Self::app_token_spec, |simulator, _| {
            let token = simulator.grant.fresh("installation");
            let ends = simulator.now + jiff::SignedDuration::from_hours(1);
            simulator.grant.installation = Some(token.clone());
            let is_first = !std::mem::replace(&mut simulator.grant.is_installed, true);
            if is_first {
                simulator.expect_connected();
            }
            Reply { status: 201, ..Reply::json(&json!({ "token": token, "expires_at": ends.to_string() })) }
        });
    }

    fn app_token_spec(&self, _: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let app = entry.app.as_ref().ok_or("the entry has no [app]")?;
        let url = self.address(&app.token_url).ok_or("the token URL cannot be filled")?;
        let mut spec = Spec::new(Method::POST, url);
        let (id, key) =
            (self.text(&app.app_id, Light::default()), self.text(&app.private_key, Light::default()));
        let (id, key) = id.zip(key).ok_or("the app has no identifier or no key")?;
        let now = self.now.as_second();
        let proof = Want::check(move |header| {
            let token = header.strip_prefix("Bearer ").ok_or("is not Bearer")?;
            let claims = jose::open(token, "RS256", key.as_bytes())?.claims;
            if claims["iss"] != id.as_str() {
                return Err(format!("iss is {}, not {id}", claims["iss"]));
            }
            let time = |name: &str| claims[name].as_i64().ok_or(format!("{name} is no number"));
            let (from, until) = (time("iat")?, time("exp")?);
            let is_good = from <= now && now < until && until - from <= 600;
            if is_good { Ok(()) } else { Err(format!("holds from {from} to {until}, now is {now}")) }
        });
        spec.set_header("authorization", proof);
        // GitHub takes no body or an empty object.
        spec.content = Content::Check(std::sync::Arc::new(|body| {
            if ["", "{}"].contains(&body) { Ok(()) } else { Err(format!("there is a body: {body}")) }
        }));
        Ok(spec)
    }
}
