//! The person on whose behalf an app connects, as the app describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An end user. Records are not shared between connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUser {
    /// The app's own identifier, 1 to 255 characters.
    pub id: String,
    /// An e-mail address.
    pub email: Option<String>,
    /// A name to show, at most 255 characters.
    pub display_name: Option<String>,
    /// The app's tags, keys spelled as sent.
    pub tags: Option<BTreeMap<String, String>>,
    /// The organization the person acts for.
    pub organization: Option<Organization>,
}

/// The organization an end user belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The app's own identifier, at most 255 characters.
    pub id: String,
    /// A name to show.
    pub display_name: Option<String>,
}

impl EndUser {
    /// What to call the person on a page: name, else e-mail address, else identifier.
    pub fn label(&self) -> &str {
        self.display_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .or(self.email.as_deref())
            .unwrap_or(&self.id)
    }
}

/// A plain check of an e-mail address: one `@`, a dotted domain whose last label has at least two letters, no blanks
/// or control characters, 6 to 254 characters.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let Some((_, last)) = domain.rsplit_once('.') else { return false };
    let domain_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (6..=254).contains(&text.len())
        && !local.is_empty()
        && local.chars().all(|c| c.is_ascii_graphic() && !"\"(),:;<>[\\]@".contains(c))
        && !local.starts_with('.')
        && !local.contains("..")
        && domain.chars().all(domain_char)
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && last.len() >= 2
        && last.chars().all(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_are_told_from_other_text() {
        for good in ["a@b.co", "ada.l+x@mail.example.org", "o'neil@example.ie"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a@b", "a@b.c", "@b.co", "a b@c.de", "a@b..de", "a@@b.de", "a@-b.de", "a@b.d1", "a\r@b.de"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
