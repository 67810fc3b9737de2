//! What goes out and what comes back, as values. Nothing here sends; headers and bodies may hold secrets, so neither
//! type has `Debug`.

use http::{HeaderMap, Method, StatusCode};
use url::Url;
use vault::Secret;

/// A request, ready to be sent as it stands: no redirect is to be followed and nothing is to be added.
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL. Its query may hold a secret when the provider wants it there.
    pub url: Url,
    /// The headers; those with a credential are marked sensitive.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Secret<Vec<u8>>,
    /// The certificate to show when the connection is made (RFC 8705 §2).
    pub client_certificate: Option<ClientCertificate>,
}

/// A certificate with its key (RFC 8705), both PEM.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The chain, the client's own certificate first.
    pub chain: Secret<String>,
    /// The private key of the first.
    pub private_key: Secret<String>,
}

impl Request {
    /// A request without a client certificate.
    pub const fn new(method: Method, url: Url, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { method, url, headers, body: Secret::new(body), client_certificate: None }
    }
}

/// An answer, read to its end.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, with any content encoding undone.
    pub body: Secret<Vec<u8>>,
}

/// Why a request cannot be built. All of these are mistakes of the definition or its values: trying again is no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The provider has no such step.
    #[error("the provider has no {step}")]
    NoSuchStep {
        /// The missing part of the definition, e.g. `token endpoint`.
        step: &'static str,
    },
    /// A URL could not be filled, or what was filled in leads elsewhere.
    #[error("the {place} cannot be built: {reason}")]
    Url {
        /// Which URL.
        place: &'static str,
        /// What is wrong; names placeholders, never secret values.
        reason: String,
    },
    /// A value that a template needs is absent.
    #[error("the {place} cannot be filled: {reason}")]
    Unfilled {
        /// Which parameter or header.
        place: String,
        /// Which placeholder has no value.
        reason: String,
    },
    /// A value that is needed is absent.
    #[error("{field} is missing")]
    Missing {
        /// Which value.
        field: &'static str,
    },
    /// A value cannot stand in a header (RFC 9110 §5.5).
    #[error("{field} holds control characters or others that no header can carry")]
    HeaderValue {
        /// Which value.
        field: String,
    },
    /// The client is another one than the authorization was started with.
    #[error("the client was changed while the authorization was under way")]
    ClientChanged,
    /// A key cannot be read, or does not fit what is signed with it.
    #[error("{field} is no key that can sign here")]
    Key {
        /// Which key.
        field: &'static str,
    },
    /// The definition asks for something this release cannot do.
    #[error("{what} is not supported yet")]
    Unsupported {
        /// What is asked for.
        what: &'static str,
    },
}
