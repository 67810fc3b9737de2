//! Connecting without a page of the provider: a client's own token, or nothing but a check of what was entered.

use catalog::provider::AuthMode;

use super::token_call::TokenCall;
use crate::arrived::Arrived;
use crate::grant::Issue;
use crate::knowledge::Light;
use crate::operator;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Params, Spec, Want, is, set};

impl Simulator {
    /// Expects everything that connecting takes once the end user has filled the form, or has set out.
    pub fn expect_connection(&mut self, scopes: &[String]) {
        if let Some((places, says)) = operator::metadata(&self.cast) {
            self.grant.documents = places.into_iter().map(|place| (place, says.clone())).collect();
        }
        self.allow_discovery();
        match self.entry.auth {
            AuthMode::Oauth2 => self.expect_consent(scopes),
            AuthMode::Oauth2ClientCredentials => {
                self.grant.scope = self.scope_of(scopes);
                self.expect_client_credentials(false);
            }
            AuthMode::ApiKey | AuthMode::Basic | AuthMode::None | AuthMode::Oauth1TokenBased => {
                self.expect_connected();
            }
            AuthMode::Oauth1 => self.expect_oauth1(scopes),
            AuthMode::McpOauth2 | AuthMode::McpOauth2Discovery => self.expect_mcp(scopes),
            AuthMode::AppInstallation | AuthMode::AppInstallationWithUserOauth | AuthMode::PluginInstall => {
                self.expect_installation();
            }
            AuthMode::TwoStep | AuthMode::SessionLogin => self.expect_login(0, false),
            AuthMode::Jwt | AuthMode::Signature => {
                self.expect_minted();
                self.expect_connected();
            }
            AuthMode::AwsSigv4 => self.expect_role(false),
        }
    }

    /// Lets the engine read what is published, wherever it looks first and whenever it has forgotten it.
    pub(super) fn allow_discovery(&mut self) {
        for (place, says) in self.grant.documents.clone() {
            self.allow_document(&place, says);
        }
    }

    /// Expects the client to ask for a token of its own (RFC 6749 §4.4).
    pub(super) fn expect_client_credentials(&mut self, renews: bool) {
        self.expect("token", Self::client_credentials_spec, move |simulator, _| {
            let entry = simulator.entry.clone();
            let Some(endpoint) = &entry.token else { return Reply::refusal(500, "no_token_endpoint") };
            let issue = Issue { renews, with_refresh: false };
            let reply = simulator.issue(&endpoint.response, endpoint.lifetime_s, issue);
            simulator.expect_second_token();
            if !renews {
                simulator.expect_connected();
            }
            reply
        });
    }

    fn client_credentials_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let endpoint = entry.token.as_ref().ok_or("the entry has no token endpoint")?;
        let url = self.address(&endpoint.url).ok_or("the token URL cannot be filled")?;
        let uuids = arrived.uuids();
        let light = Light { arrived: Some(arrived), uuid: uuids.first().map(String::as_str) };
        let mut params: Params = vec![is("grant_type", "client_credentials")];
        self.fill_params(&mut params, &endpoint.params, light);
        if let Some(scope) = &self.grant.scope {
            set(&mut params, "scope", Want::Is(scope.clone()));
        }
        Ok(self.token_spec(TokenCall::of(endpoint, url, params), arrived))
    }
}
