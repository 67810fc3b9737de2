//! From a request of `protocol` to an answer, through the guarded way out.

use egress::Limits;
use protocol::{Request, Response, TokenError};
use vault::Secret;

use crate::Engine;
use crate::error::{Error, Upstream};
use crate::scrub::scrubbed;

/// Why there is no answer to read.
pub(crate) struct NoAnswer {
    /// From our own list.
    pub(crate) code: &'static str,
    /// What happened, in words safe to show.
    pub(crate) message: String,
}

impl Engine {
    pub(crate) async fn send(&self, request: Request, limits: &Limits) -> Result<Response, NoAnswer> {
        let certificate = request.client_certificate;
        let mut outgoing = http::Request::new(request.body.into_inner());
        *outgoing.method_mut() = request.method;
        *outgoing.headers_mut() = request.headers;
        *outgoing.uri_mut() = request.url.as_str().parse().map_err(|_| NoAnswer {
            code: "bad_request_url",
            message: "the address of the request is not a valid URL".to_owned(),
        })?;
        let answer = match &certificate {
            None => self.0.egress.send(outgoing, limits).await,
            Some(certificate) => {
                let (chain, private_key) = (certificate.chain.expose(), certificate.private_key.expose());
                let certificate = egress::Certificate { chain, private_key };
                self.0.egress.send_with_certificate(outgoing, limits, certificate).await
            }
        };
        let answer = answer.map_err(|error| no_answer(&error))?;
        let (head, body) = answer.into_parts();
        Ok(Response { status: head.status, headers: head.headers, body: Secret::new(body) })
    }

    /// An upstream failure with a name of its own in the logs.
    pub(crate) fn upstream(&self, code: impl Into<String>, message: impl Into<String>) -> Error {
        Error::Upstream(Upstream {
            code: code.into(),
            message: message.into(),
            log_id: self.ports().log_id(),
            not_tried: false,
        })
    }
}

fn no_answer(error: &egress::Error) -> NoAnswer {
    let code = match error {
        egress::Error::Denied(_) => "egress_denied",
        egress::Error::Resolve { .. } => "provider_not_found",
        egress::Error::Connect { .. } => "provider_unreachable",
        egress::Error::Tls { .. } => "provider_tls_failed",
        egress::Error::Certificate => "bad_client_certificate",
        egress::Error::Timeout { .. } => "provider_timeout",
        egress::Error::TooLarge { .. } => "answer_too_large",
        egress::Error::Truncated { .. } => "truncated_answer",
        egress::Error::Protocol { .. } => "provider_broke_off",
    };
    NoAnswer { code, message: error.to_string() }
}

/// A failed token request as codes and words of ours, with what the provider said, made safe: without the secrets that
/// the request told it.
pub(crate) fn token_failure(error: &TokenError, told: &[&str]) -> (String, String) {
    let said = match error {
        TokenError::Refused { code, description, .. } | TokenError::Grant { code, description, .. } => {
            let words = description.as_deref().map(|words| format!(": {words}")).unwrap_or_default();
            format!(" The provider said {code}{words}.")
        }
        TokenError::RateLimited { .. }
        | TokenError::Unavailable { .. }
        | TokenError::Unreadable { .. }
        | TokenError::Truncated => String::new(),
    };
    (scrubbed(error.code(), told), format!("{}{}", error.public_message(), scrubbed(&said, told)))
}
