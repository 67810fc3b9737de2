//! The provider says when a token ends whose answer did not (RFC 7662).

use http::Method;
use jiff::Timestamp;
use serde_json::json;

use crate::arrived::Arrived;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Content, Spec, is};

impl Simulator {
    /// Whether the entry, as its operator has made it, can be asked about tokens.
    pub fn has_introspection(&self) -> bool {
        self.entry.lifecycle.introspection_url.is_some()
    }

    /// Names no lifetime in token answers from now on, and expects to be asked for the end of each token, once.
    pub const fn keep_silent(&mut self) {
        self.is_silent = true;
    }

    /// Expects the question for the end of the token that was just given out.
    pub(crate) fn expect_introspection(&mut self) {
        if self.has_introspection() {
            self.expect("introspection", Self::introspection_spec, |simulator, _| simulator.introspected());
        }
    }

    /// The request (§2.1): a form with the token, from a client that proves itself as at the token endpoint.
    fn introspection_spec(&self, _: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let url = entry.lifecycle.introspection_url.as_ref().and_then(|url| self.address(url));
        let url = url.ok_or("the introspection URL cannot be filled")?;
        let mut spec = Spec::new(Method::POST, url.clone());
        let token = self.grant.access.clone().ok_or("no token was given out")?;
        let mut params = vec![is("token", token)];
        let method = entry.token.as_ref().map(|token| token.client_auth).unwrap_or_default();
        self.want_client(method, &url, &mut spec, &mut params);
        spec.content = Content::Form(params);
        spec.certificate = self.client_certificate();
        Ok(spec)
    }

    fn introspected(&self) -> Reply {
        let end = self.grant.expires_at.map(Timestamp::as_second);
        Reply::json(
            &json!({ "active": true, "exp": end, "client_id": self.cast.client_id, "token_type": "Bearer" }),
        )
    }
}
