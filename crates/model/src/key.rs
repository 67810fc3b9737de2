//! Names that clients choose: checked once, here.

use std::fmt;

use crate::issue::IssueCode;

/// Why a name is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidName {
    /// The kind of problem.
    pub code: IssueCode,
    /// Which characters or lengths are allowed.
    pub message: String,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $allowed:expr, $says:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks the alphabet and the length (1 to 255 characters).
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                check(text, $allowed, $says)?;
                Ok(Self(text.to_owned()))
            }

            /// A value read back from the store, which was checked when it was written.
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// An integration's id on the wire (`unique_key`, `provider_config_key`, `integration_id`); case-sensitive.
    IntegrationKey, |c: char| c.is_ascii_alphanumeric() || "~:.@ _-".contains(c),
        "may hold letters, digits, spaces and ~ : . @ _ -";
    /// A connection's id on the wire (`connection_id`).
    ConnectionKey, |c: char| c.is_ascii_alphanumeric() || ",.;:=+~[]|@${}\"'\\/_ -".contains(c),
        "may hold letters, digits, spaces and , . ; : = + ~ [ ] | @ $ { } \" ' \\ / _ -";
    /// An environment's name.
    EnvironmentName, |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-',
        "may hold lower-case letters, digits, _ and -";
}

fn check(text: &str, allowed: fn(char) -> bool, says: &str) -> Result<(), InvalidName> {
    let refuse = |code, message: String| Err(InvalidName { code, message });
    match text.chars().count() {
        0 => refuse(IssueCode::TooSmall, "must not be empty".to_owned()),
        256.. => refuse(IssueCode::TooBig, "must have at most 255 characters".to_owned()),
        _ if !text.chars().all(allowed) => refuse(IssueCode::InvalidFormat, says.to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_alphabets() {
        assert!(IntegrationKey::parse("Acme prod:1.0@eu~x_-").is_ok());
        assert!(IntegrationKey::parse("a/b").is_err());
        assert!(ConnectionKey::parse("a/b\\\"'").is_ok());
        assert!(ConnectionKey::parse("a\nb").is_err());
        assert!(ConnectionKey::parse("a%b").is_err());
        assert!(EnvironmentName::parse("dev_1").is_ok());
        assert!(EnvironmentName::parse("Dev").is_err());
    }

    #[test]
    fn names_have_between_1_and_255_characters() {
        assert_eq!(IntegrationKey::parse("").map_err(|e| e.code), Err(IssueCode::TooSmall));
        assert!(IntegrationKey::parse(&"a".repeat(255)).is_ok());
        assert_eq!(IntegrationKey::parse(&"a".repeat(256)).map_err(|e| e.code), Err(IssueCode::TooBig));
    }
}
