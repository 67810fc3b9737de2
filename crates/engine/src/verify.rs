//! A credential is tried at the provider before it is saved.

use catalog::Provider;
use egress::Limits;
use model::Integration;
use protocol::{AwsKeys, Client, Credential, Fields, RequestError, Response, aws, verify};

use crate::Engine;
use crate::entered::told;
use crate::error::{Error, Rule};
use crate::scrub::scrubbed;

/// Whether credentials are tried: the provider has a check, or the operator has named one. Providers that the operator
/// defines are not asked for their endpoints when there is nothing to try.
pub(crate) fn has_check(provider: &Provider, integration: &Integration) -> bool {
    provider.verify.is_some()
        || integration.config.get("verify_url").is_some_and(|url| !url.trim().is_empty())
}

impl Engine {
    /// Tries the credential where the provider has a check. A provider that cannot be reached is not taken for a
    /// refusal: the caller may try again.
    pub(crate) async fn verify(
        &self,
        provider: &Provider,
        credential: &Credential,
        fields: &Fields,
        client: Option<&Client>,
    ) -> Result<(), Error> {
        if let Credential::Aws(keys) = credential {
            self.verify_role(provider, keys, fields).await?;
        }
        let Some(first) = verify::request(provider, credential, fields, client) else { return Ok(()) };
        let others = verify::other_requests(provider, credential, fields, client);
        let mut outcome = Ok(());
        for request in std::iter::once(first).chain(others) {
            let response = self.check(provider, request).await?;
            outcome = verify::outcome(provider, credential, fields, &response);
            if !outcome.as_ref().is_err_and(verify::VerifyError::is_refusal) {
                break;
            }
        }
        outcome.map_err(|error| {
            let name = &provider.name;
            let secrets = credential.secrets();
            let mut hidden: Vec<&str> = secrets.iter().map(|secret| secret.expose().as_str()).collect();
            hidden.extend(told(provider, fields));
            let said = error.said.as_deref().map(|said| format!(": {}", scrubbed(said, &hidden)));
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

    /// Whether the keys are those of the role: the one question that every key may ask.
    async fn verify_role(&self, provider: &Provider, keys: &AwsKeys, fields: &Fields) -> Result<(), Error> {
        let response = self.check(provider, aws::identity_request(provider, keys, fields)).await?;
        if aws::identity_outcome(keys, &response) {
            return Ok(());
        }
        if response.status.is_server_error() || response.status.as_u16() == 429 {
            let message = format!("{} could not check the role just now", provider.name);
            return Err(self.upstream("provider_unavailable", message));
        }
        let message = format!(
            "{} does not take the temporary keys for those of the role (status {})",
            provider.name,
            response.status.as_u16()
        );
        Err(Error::refused(Rule::CredentialRejected, message))
    }

    async fn check(
        &self,
        provider: &Provider,
        request: Result<protocol::Request, RequestError>,
    ) -> Result<Response, Error> {
        let request = request.map_err(|error| Error::refused(Rule::CredentialRejected, error.to_string()))?;
        self.send(request, &Limits::token()).await.map_err(|no_answer| {
            let name = &provider.name;
            let message = format!("{name} could not be asked about the credential: {}", no_answer.message);
            self.upstream(no_answer.code, message)
        })
    }
}
