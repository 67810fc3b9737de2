//! The provider's own notifications: how they are signed, what they are about, whose they are.

use serde::{Deserialize, Serialize};

/// What the provider's own notifications look like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where the secret comes from; absent when notifications are not signed with one.
    #[serde(default)]
    pub secret: Option<WebhookSecret>,
    /// How a notification is signed.
    #[serde(default)]
    pub signature: Option<WebhookSignature>,
    /// Dotted paths of what happened; the first that is there counts.
    #[serde(default)]
    pub type_paths: Vec<String>,
    /// Header that says what happened.
    #[serde(default)]
    pub type_header: Option<String>,
    /// Dotted paths of the value that tells the connection; the first that is there counts.
    #[serde(default)]
    pub match_paths: Vec<String>,
    /// Headers of that value.
    #[serde(default)]
    pub match_headers: Vec<String>,
    /// Query parameter of that value.
    #[serde(default)]
    pub match_query: Option<String>,
    /// Of a URL found there only scheme and host count.
    #[serde(default)]
    pub match_origin: bool,
    /// The connection field that equals the value; the one filled from the same path when absent.
    #[serde(default)]
    pub match_field: Option<String>,
    /// Query parameters that are passed on.
    #[serde(default)]
    pub query_params: Vec<String>,
    /// Dotted path of a challenge that is echoed.
    #[serde(default)]
    pub handshake_path: Option<String>,
    /// Query parameter of a challenge that is echoed.
    #[serde(default)]
    pub handshake_query: Option<String>,
    /// What the notification is wrapped in.
    #[serde(default)]
    pub envelope: Option<Envelope>,
}

/// Where a webhook secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookSecret {
    /// The operator enters it.
    Operator,
    /// It follows from the app's own credentials.
    App,
}

/// How a notification is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSignature {
    /// The algorithm.
    pub scheme: WebhookScheme,
    /// Headers that may hold the signature; names in lower case.
    pub headers: Vec<String>,
    /// How the signature is written.
    #[serde(default)]
    pub encoding: Encoding,
    /// Text before the signature.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The names of timestamp and signature in a header such as `t=…,v1=…`.
    #[serde(default)]
    pub header_parts: Vec<String>,
    /// What is signed.
    #[serde(default)]
    pub signed: Signed,
    /// The key is the SHA-256 of the secret.
    #[serde(default)]
    pub hashed_key: bool,
    /// Header that holds the bare secret where an old webhook is not signed.
    #[serde(default)]
    pub bare_secret_header: Option<String>,
}

/// Algorithms of signatures on notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookScheme {
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-1.
    HmacSha1,
    /// SHA-256 of secret and body.
    Sha256,
    /// SHA-1 of secret and body.
    Sha1,
    /// RSA with SHA-256 and the vendor's public key.
    RsaSha256,
    /// The Standard Webhooks specification.
    StandardWebhooks,
    /// An `OpenID` Connect token of the vendor as Bearer.
    OidcBearer,
    /// The secret itself stands in the header.
    SharedSecret,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Lower-case hex.
    #[default]
    Hex,
    /// Base64 with padding.
    Base64,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signed {
    /// The body.
    #[default]
    Body,
    /// Timestamp, a dot, the body.
    TimestampBody,
    /// The webhook secret, then the body.
    SecretBody,
    /// The client secret, then the body.
    ClientSecretBody,
}

/// What a notification is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Envelope {
    /// A Google Cloud Pub/Sub push message: the body is the base64 text at `message.data`.
    Pubsub,
}
