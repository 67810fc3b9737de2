//! Guides: how an operator sets a provider up, and where an end user finds what the form asks for.
//!
//! A guide is Markdown in the narrow form of `docs/guides.md`, which the linter keeps. The embedded ones are one text
//! with an index; nothing of it is read before it is asked for.

mod family;
mod html;
mod set;

pub use self::html::html;
pub(crate) use self::html::https;
pub(crate) use self::set::{Guides, Member};

/// What stands in a guide for the callback URL of the installation.
pub const CALLBACK_URL: &str = "{callback_url}";

/// The heading of the part that operators read.
pub(crate) const FOR_OPERATORS: &str = "## For operators";

/// The heading of the part that end users read.
pub(crate) const FOR_END_USERS: &str = "## For end users";

/// The guide of one provider, in Markdown without headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide<'a> {
    /// Numbered steps for the operator, who registers an app. May hold [`CALLBACK_URL`].
    pub operators: &'a str,
    /// Numbered steps for the end user, who connects an account.
    pub end_users: &'a str,
}

impl<'a> Guide<'a> {
    /// Takes a file apart. `None` when one of the two parts is missing, which the linter refuses.
    fn of(text: &'a str) -> Option<Self> {
        let (operators, end_users) = text.trim().strip_prefix(FOR_OPERATORS)?.split_once(FOR_END_USERS)?;
        Some(Self { operators: operators.trim(), end_users: end_users.trim() })
    }

    /// The operator's part with the callback URL of an installation filled in.
    pub fn operators_with(&self, callback_url: &str) -> String {
        self.operators.replace(CALLBACK_URL, callback_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "## For operators\n\n1. Paste `{callback_url}`.\n\n## For end users\n\n1. Sign in.\n";

    #[test]
    fn a_guide_has_two_parts() {
        let guide = Guide::of(TEXT).expect("two parts");
        assert_eq!((guide.operators, guide.end_users), ("1. Paste `{callback_url}`.", "1. Sign in."));
        assert_eq!(guide.operators_with("https://a.example/cb"), "1. Paste `https://a.example/cb`.");
    }

    #[test]
    fn half_a_guide_is_none() {
        assert_eq!(Guide::of("## For operators\n\n1. Paste.\n"), None);
        assert_eq!(Guide::of("## For end users\n\n1. Sign in.\n"), None);
        assert_eq!(Guide::of(""), None);
    }
}
