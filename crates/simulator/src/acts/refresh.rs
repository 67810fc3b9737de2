//! A fresh token without the end user (RFC 6749 §6).

use catalog::provider::{AuthMode, BodyFormat, Presented, Quirk, SecondGrant, TokenMethod};
use serde_json::json;

use super::token_call::TokenCall;
use crate::arrived::Arrived;
use crate::cast::Cast;
use crate::knowledge::Light;
use crate::path;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Params, Spec, Want, is, set};

impl Simulator {
    /// Expects one refresh.
    pub fn expect_refresh(&mut self) {
        self.allow_discovery();
        match self.entry.auth {
            AuthMode::Oauth2ClientCredentials => self.expect_client_credentials(true),
            AuthMode::Oauth2
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery
            | AuthMode::PluginInstall => {
                self.expect("refresh", Self::refresh_spec, |simulator, _| simulator.refreshed());
            }
            AuthMode::AppInstallation => self.expect_app_token(),
            AuthMode::AppInstallationWithUserOauth => {
                self.expect("refresh", Self::refresh_spec, |simulator, _| simulator.refreshed());
                self.expect_app_token();
            }
            AuthMode::TwoStep | AuthMode::SessionLogin => self.expect_renewed_login(),
            AuthMode::Jwt | AuthMode::Signature => self.expect_minted(),
            AuthMode::AwsSigv4 => self.expect_role(true),
            AuthMode::Oauth1
            | AuthMode::Oauth1TokenBased
            | AuthMode::ApiKey
            | AuthMode::Basic
            | AuthMode::None => {}
        }
    }

    fn refresh_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let endpoint = entry.token.as_ref().ok_or("the entry has no token endpoint")?;
        let refresh = &entry.refresh;
        let url = self.address(refresh.url.as_ref().unwrap_or(&endpoint.url)).ok_or("no refresh URL")?;
        if entry.quirks.contains(&Quirk::ShoplineSignedToken) {
            return Ok(self.shopline_spec(url, None));
        }
        let uuids = arrived.uuids();
        let light = Light { arrived: Some(arrived), uuid: uuids.first().map(String::as_str) };
        let mut params = Params::new();
        if refresh.presents == Presented::RefreshToken {
            params.push(is("grant_type", "refresh_token"));
        }
        if refresh.presents == Presented::Nothing {
            params.push(is("grant_type", "client_credentials"));
        }
        let mut texts = refresh.params.clone().unwrap_or_else(|| endpoint.params.clone());
        if refresh.params.is_none() && refresh.presents != Presented::Nothing {
            texts.remove("grant_type");
        }
        self.fill_params(&mut params, &texts, light);
        if refresh.presents == Presented::RefreshToken {
            let token = self.grant.refresh.clone().ok_or("no refresh token was given out")?;
            set(&mut params, "refresh_token", Want::Is(token));
        }
        let by_get = refresh.method == TokenMethod::Get;
        let call = TokenCall {
            by_get,
            format: if by_get { BodyFormat::Query } else { endpoint.body },
            omit: refresh.omit.as_ref().unwrap_or(&endpoint.omit),
            headers: vec![&endpoint.headers, &refresh.headers],
            ..TokenCall::of(endpoint, url, params)
        };
        let mut spec = self.token_spec(call, arrived);
        self.agiloft(&mut spec);
        Ok(spec)
    }

    /// Agiloft takes the beginning of the secret in place of the client.
    fn agiloft(&self, spec: &mut Spec) {
        if !self.entry.quirks.contains(&Quirk::RefreshMd5Secret) {
            return;
        }
        if let crate::spec::Content::Form(params) = &mut spec.content {
            params.retain(|(name, _)| name != "client_id" && name != "client_secret");
            params.push(is("md5_secret", self.cast.client_secret.chars().take(20).collect::<String>()));
        }
    }

    fn refreshed(&mut self) -> Reply {
        let entry = self.entry.clone();
        if let Some(extension) = &entry.refresh.extends {
            let mut answer = json!({});
            path::put(&mut answer, &extension.path, json!(extension.equals));
            self.prolong(extension.lifetime_s);
            return Reply::json(&answer);
        }
        let reply = self.issue_tokens(true);
        if entry.quirks.contains(&Quirk::BullhornRestLogin) {
            self.expect_bullhorn_session();
        }
        self.expect_second_token();
        reply
    }

    /// Expects the token for another audience.
    pub(super) fn expect_second_token(&mut self) {
        let Some(second) = self.entry.second_token.clone() else { return };
        let can_be_asked = second.grant == SecondGrant::ClientCredentials || self.grant.refresh.is_some();
        let has_place = self.address(&second.url).is_some();
        if can_be_asked && has_place && self.text(&second.scope, Light::default()).is_some() {
            self.expect("second token", Self::second_spec, Self::second_answer);
        }
    }

    fn second_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let (second, endpoint) = (entry.second_token.as_ref(), entry.token.as_ref());
        let (second, endpoint) = second.zip(endpoint).ok_or("the entry has no second token")?;
        let url = self.address(&second.url).ok_or("its URL cannot be filled")?;
        let scope = self.text(&second.scope, Light::default()).ok_or("its scope cannot be filled")?;
        let mut params = match second.grant {
            SecondGrant::ClientCredentials => vec![is("grant_type", "client_credentials")],
            SecondGrant::RefreshToken => {
                let token = self.grant.refresh.clone().ok_or("no refresh token was given out")?;
                vec![is("grant_type", "refresh_token"), is("refresh_token", token)]
            }
        };
        params.push(is("scope", scope));
        Ok(self.token_spec(TokenCall::of(endpoint, url, params), arrived))
    }

    fn second_answer(&mut self, _: &Arrived) -> Reply {
        let token = self.grant.fresh("second");
        if let Some(second) = &self.entry.second_token {
            self.grant.connection.insert(second.field.clone(), token.clone());
        }
        Reply::json(&json!({ "access_token": token, "token_type": "Bearer", "expires_in": 7200 }))
    }

    /// Bullhorn's REST session.
    pub(super) fn expect_bullhorn_session(&mut self) {
        self.expect(
            "session",
            |simulator, _| {
                let url = "https://rest-west.bullhornstaffing.com/rest-services/login?version=*&ttl=10080";
                let url = url::Url::parse(url).map_err(|error| error.to_string())?;
                let mut spec = Spec::new(http::Method::POST, url);
                let token = simulator.grant.access.clone().unwrap_or_default();
                spec.set_query("access_token", Want::Is(token));
                Ok(spec)
            },
            |simulator, _| {
                let session = simulator.grant.fresh("session");
                simulator.grant.access = Some(session.clone());
                let rest_url = Cast::learned(&simulator.entry, "rest_url");
                simulator.grant.connection.insert("rest_url".to_owned(), rest_url.clone());
                simulator.prolong(10_080 * 60);
                let answer = json!({ "BhRestToken": session, "restUrl": rest_url });
                path::put(&mut simulator.grant.answer, "restUrl", json!(rest_url));
                Reply::json(&answer)
            },
        );
    }
}
