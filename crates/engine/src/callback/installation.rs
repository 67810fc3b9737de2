//! Something was installed: an app, whose token is made here, or a plugin, whose credential the operator entered.

use std::collections::BTreeMap;

use egress::Limits;
use protocol::app_installation::{self, Installation};
use protocol::authorize::Flow;
use protocol::{Client, Credential, Fields, InstallationToken, OAuth2Tokens, callback, plugin};
use vault::Secret;

use super::code::capture;
use super::failure::{CallbackFailure, FailureKind, Setback, failure};
use super::keep::{Granted, Stop};
use super::returned::Returned;
use crate::Engine;
use crate::seals::SecretMap;
use crate::send::token_failure;
use crate::token_calls::Unanswered;

impl Engine {
    /// The app was installed, and perhaps a code of the user came with it.
    pub(super) async fn installed(
        &self,
        returned: &Returned,
        user: Option<&Flow>,
        query: &str,
    ) -> Result<Granted, Stop> {
        let code = match app_installation::read(query) {
            Ok(Installation::Installed { code, .. }) => code,
            Ok(Installation::Awaited { .. }) => return Err(awaited(returned)),
            Ok(Installation::Refused { error }) => {
                return Err(Stop::Done(Box::new(self.refused(returned, &error, None).await)));
            }
            Err(error) => return Err(Stop::Done(Box::new(self.rejected(returned, &error).await))),
        };
        let params = callback::captured_params(query, &returned.provider)
            .map_err(|error| Setback::unusable(&error))?;
        let mut config = returned.content.config.clone();
        capture(returned, &mut config, None, &params);
        let tokens = self.tokens_of_user(returned, user, code, &params).await?;
        let Returned { integration, provider, .. } = returned;
        let fields = self.all_fields(provider, integration, &config, &SecretMap::new());
        let fields = fields.map_err(|error| Setback::unreadable(&error))?;
        let client = self.own_client(integration).map_err(|error| Setback::unreadable(&error))?;
        if let Some(tokens) = &tokens {
            self.prove_installation(returned, &client, tokens, &fields).await?;
        }
        let installation = self.installation_token(provider, &client, &fields).await?;
        let credential = Credential::App { installation, user: tokens };
        Ok(Granted { credential, config, missing_scopes: Vec::new(), client })
    }

    /// The user's own tokens, for a scheme that has them.
    async fn tokens_of_user(
        &self,
        returned: &Returned,
        user: Option<&Flow>,
        code: Option<Secret<String>>,
        params: &BTreeMap<String, String>,
    ) -> Result<Option<OAuth2Tokens>, Stop> {
        let Some(flow) = user else { return Ok(None) };
        // Without the user nobody could say whether the installation is theirs: its number came from a browser.
        let missing = || Setback {
            code: "invalid_callback".to_owned(),
            message:
                "the provider sent no code; the app has to request user authorization during installation"
                    .to_owned(),
        };
        let code = code.ok_or_else(missing)?;
        Ok(Some(self.exchanged(returned, flow, &code, params).await?.0))
    }

    /// The number of the installation came from a browser, so the user's own token has to know it.
    async fn prove_installation(
        &self,
        returned: &Returned,
        client: &Client,
        tokens: &OAuth2Tokens,
        fields: &Fields,
    ) -> Result<(), Setback> {
        let provider = &returned.provider;
        let Some(request) = app_installation::proof_request(provider, client, tokens, fields) else {
            return Ok(());
        };
        let request = request.map_err(|error| Setback::unusable(&error))?;
        let response = self
            .send(request, &Limits::token())
            .await
            .map_err(|no_answer| Setback { code: no_answer.code.to_owned(), message: no_answer.message })?;
        if app_installation::is_proved(&response) {
            return Ok(());
        }
        Err(Setback {
            code: "foreign_installation".to_owned(),
            message: "the installation does not belong to the account that signed in".to_owned(),
        })
    }

    /// A fresh token of an installation.
    pub(crate) async fn installation_token(
        &self,
        provider: &catalog::Provider,
        client: &Client,
        fields: &Fields,
    ) -> Result<InstallationToken, Setback> {
        let build = |fields: &Fields| app_installation::request(provider, Some(client), fields);
        let response = self.ask_server(fields, None, build).await.map_err(Unanswered::told)?;
        app_installation::outcome(&response, self.ports().now())
            .map_err(|error| Setback::from(token_failure(&error, &[])))
    }

    /// The plugin was installed. Its credential is the operator's, and is tried for this installation.
    pub(super) async fn plugged_in(&self, returned: &Returned, query: &str) -> Result<Granted, Stop> {
        let Returned { integration, provider, content, .. } = returned;
        let params = match callback::captured_params(query, provider) {
            Ok(params) => params,
            Err(error) => return Err(Stop::Done(Box::new(self.rejected(returned, &error).await))),
        };
        let mut config = content.config.clone();
        capture(returned, &mut config, None, &params);
        let fields = self.all_fields(provider, integration, &config, &SecretMap::new());
        let fields = fields.map_err(|error| Setback::unreadable(&error))?;
        let entered = fields.integration.iter();
        let entered = entered.map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
        let credential = plugin::credential(&entered).map_err(|error| Setback::unusable(&error))?;
        if let Err(error) = self.verify(provider, &credential, &fields, None).await {
            let code = error.upstream_code().unwrap_or("credential_rejected").to_owned();
            return Err(Setback { code, message: error.to_string() }.into());
        }
        let client = Client { id: String::new(), secret: None };
        Ok(Granted { credential, config, missing_scopes: Vec::new(), client })
    }
}

/// Somebody else has to agree first. Nothing can be stored: there is no token before.
fn awaited(returned: &Returned) -> Stop {
    let name = &returned.provider.name;
    let failure = CallbackFailure {
        retry: true,
        ..failure(
            FailureKind::Awaited,
            "The installation waits for approval",
            &format!(
                "An owner of the account was asked to approve it at {name}. Once they have, connect again from here."
            ),
        )
    };
    Stop::Told("installation_awaited".to_owned(), Box::new(failure))
}
