//! The codes that clients branch on.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What happened, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    MissingAuthHeader = "missing_auth_header",
    MalformedAuthHeader = "malformed_auth_header",
    InvalidSecretKeyFormat = "invalid_secret_key_format",
    UnknownAccount = "unknown_account",
    InvalidConnectSessionTokenFormat = "invalid_connect_session_token_format",
    UnknownConnectSessionToken = "unknown_connect_session_token",
    Forbidden = "forbidden",
    InvalidContentType = "invalid_content_type",
    InvalidJson = "invalid_json",
    InvalidQueryParams = "invalid_query_params",
    InvalidBody = "invalid_body",
    InvalidUriParams = "invalid_uri_params",
    NotFound = "not_found",
    /// The path exists, the method does not; not part of the contract, whose server answers with a page.
    MethodNotAllowed = "method_not_allowed",
    UnknownProviderConfig = "unknown_provider_config",
    UnknownConnection = "unknown_connection",
    InvalidCredentials = "invalid_credentials",
    ConnectionTestFailed = "connection_test_failed",
    IntegrationNotAllowed = "integration_not_allowed",
    Conflict = "conflict",
    /// The body is larger than the cap; not part of the contract, whose server answers 500.
    RequestTooLarge = "request_too_large",
    /// The answer took too long; not part of the contract.
    Timeout = "timeout",
    /// The store does not answer; not part of the contract.
    Unavailable = "unavailable",
    /// A stored secret was changed or moved; not part of the contract.
    IntegrityError = "integrity_error",
    ServerError = "server_error",
}
