//! A credential is tried at the provider before it is saved.

use catalog::Provider;
use egress::Limits;
use model::Integration;
use protocol::{Credential, Fields, verify};

use crate::Engine;
use crate::error::{Error, Rule};
use crate::scrub::scrubbed;

/// Whether credentials are tried: the provider has a check, or the operator has named one. Providers that the operator
/// defines are not asked for their endpoints when there is nothing to try.
pub(crate) fn has_check(provider: &Provider, integration: &Integration) -> bool {
    provider.verify.is_some()
        || integration.config.get("verify_url").is_some_and(|url| !url.trim().is_empty())
}

/// The secrets that a check tells the provider.
fn told(credential: &Credential) -> Vec<&str> {
    let secrets = match credential {
        Credential::ApiKey { api_key } => vec![api_key],
        Credential::Basic { password, .. } => vec![password],
        Credential::OAuth1 { token, token_secret, .. } => vec![token, token_secret],
        Credential::OAuth2(tokens) => vec![&tokens.access_token],
        Credential::ClientCredentials { tokens, client_secret, .. } => {
            vec![&tokens.access_token, client_secret]
        }
        // The engine makes none of these yet.
        Credential::OAuth1TokenBased { .. }
        | Credential::TwoStep(_)
        | Credential::Jwt(_)
        | Credential::Signature(_)
        | Credential::Session(_)
        | Credential::Aws(_)
        | Credential::App { .. }
        | Credential::None => Vec::new(),
    };
    secrets.into_iter().map(|secret| secret.expose().as_str()).collect()
}

impl Engine {
    /// Tries the credential where the provider has a check. A provider that cannot be reached is not taken for a
    /// refusal: the caller may try again.
    pub(crate) async fn verify(
        &self,
        provider: &Provider,
        credential: &Credential,
        fields: &Fields,
    ) -> Result<(), Error> {
        let Some(first) = verify::request(provider, credential, fields) else { return Ok(()) };
        let name = &provider.name;
        let mut outcome = Ok(());
        for request in std::iter::once(first).chain(verify::other_requests(provider, credential, fields)) {
            let request =
                request.map_err(|error| Error::refused(Rule::CredentialRejected, error.to_string()))?;
            let response = self.send(request, &Limits::token()).await.map_err(|no_answer| {
                self.upstream(
                    no_answer.code,
                    format!("{name} could not be asked about the credential: {}", no_answer.message),
                )
            })?;
            outcome = verify::outcome(provider, credential, fields, &response);
            if !outcome.as_ref().is_err_and(verify::VerifyError::is_refusal) {
                break;
            }
        }
        outcome.map_err(|error| {
            let said = error.said.as_deref().map(|said| format!(": {}", scrubbed(said, &told(credential))));
            let said = said.unwrap_or_default();
            if error.is_refusal() {
                let status = error.status.as_u16();
                let message = format!("{name} did not accept the credential (status {status}){said}");
                return Error::refused(Rule::CredentialRejected, message);
            }
            self.upstream(
                "provider_unavailable",
                format!("{name} could not check the credential just now{said}"),
            )
        })
    }
}
