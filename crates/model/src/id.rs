//! Row identifiers: UUIDs that cannot be mistaken for one another, shown with a prefix.

use std::fmt;

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.simple())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownId;

            fn from_str(text: &str) -> Result<Self, UnknownId> {
                let bare = text.strip_prefix($prefix).ok_or(UnknownId)?;
                Uuid::try_parse(bare).map(Self).map_err(|_| UnknownId)
            }
        }

        impl $name {
            /// The bytes that sealed values are bound to.
            pub fn bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }
    )+};
}

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct UnknownId;

ids! {
    /// An environment: the wall between two sets of data.
    EnvironmentId = "env_";
    /// An API key.
    ApiKeyId = "key_";
    /// An integration: a provider set up by an operator.
    IntegrationId = "int_";
    /// A connection: an account connected through an integration.
    ConnectionId = "con_";
    /// A connect session.
    SessionId = "ses_";
    /// An event on its way to a webhook.
    OutboxId = "msg_";
    /// An audit entry.
    AuditId = "aud_";
}

/// A version 7 UUID from a time in milliseconds since 1970 and ten random bytes (RFC 9562 §5.7).
pub fn uuid_v7(unix_ms: u64, random: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_survives_its_text_form() {
        let id = ConnectionId(uuid_v7(1_700_000_000_000, [7; 10]));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_identifier_of_another_kind_is_refused() {
        let id = ConnectionId(uuid_v7(1, [7; 10])).to_string();
        assert_eq!(id.parse::<EnvironmentId>(), Err(UnknownId));
    }
}
