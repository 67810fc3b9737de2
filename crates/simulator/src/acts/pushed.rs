//! Parameters of an authorization that are pushed before the browser is sent (RFC 9126).

use http::Method;
use serde_json::json;

use crate::arrived::Arrived;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Accept, Content, Spec, Want};

impl Simulator {
    /// Expects the parameters to be pushed (§2.1), and then a browser that brings nothing but their name (§4).
    pub(super) fn expect_pushed_consent(&mut self, scope: Option<String>) {
        let spec = move |simulator: &Self, arrived: &Arrived| {
            let entry = simulator.entry.clone();
            let authorization = entry.authorization.as_ref().ok_or("the entry has no authorization")?;
            let url = authorization.pushed_url.as_ref().and_then(|url| simulator.address(url));
            let mut spec = Spec::new(Method::POST, url.ok_or("there is no URL to push to")?);
            let mut params = simulator.authorize_params(authorization, scope.as_deref(), arrived);
            let method = entry.token.as_ref().map(|token| token.client_auth).unwrap_or_default();
            let endpoint = spec.url.clone();
            simulator.want_client(method, &endpoint, &mut spec, &mut params);
            spec.content = Content::Form(params);
            Ok(spec)
        };
        self.expect("pushed authorization", spec, |simulator, arrived| {
            simulator.grant.pushed = form_urlencoded::parse(&arrived.body).into_owned().collect();
            let name = format!("urn:ietf:params:oauth:request_uri:{}", simulator.grant.fresh("pushed"));
            simulator.expect_browser_with(name.clone());
            Reply { status: 201, ..Reply::json(&json!({ "request_uri": name, "expires_in": 60 })) }
        });
    }

    fn expect_browser_with(&mut self, name: String) {
        let spec = move |simulator: &Self, _: &Arrived| {
            let entry = simulator.entry.clone();
            let page = entry.authorization.as_ref().and_then(|page| simulator.address(&page.url));
            let mut spec = Spec::new(Method::GET, page.ok_or("the page's URL cannot be filled")?);
            spec.accept = Accept::Free;
            spec.set_query("client_id", Want::Is(simulator.cast.client_id.clone()));
            spec.set_query("request_uri", Want::Is(name.clone()));
            Ok(spec)
        };
        self.expect("authorize", spec, Self::consent);
    }

    /// What an authorization asks for, wherever it stands.
    pub(super) fn asked(&self, arrived: &Arrived, name: &str) -> Option<String> {
        let pushed = self.grant.pushed.iter().find(|(known, _)| known == name);
        pushed.map(|(_, value)| value.clone()).or_else(|| arrived.query_value(name))
    }
}
