//! Tags: up to ten small labels on a session or a connection, found again by exact value.

use std::collections::BTreeMap;

use crate::end_user::{EndUser, Organization, is_email};
use crate::issue::{Issue, IssueCode};

/// At most this many tags on one thing.
pub const MOST_TAGS: usize = 10;
const LONGEST_KEY: usize = 64;
const LONGEST_VALUE: usize = 255;

/// Checked tags; keys are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Checks keys, values, number and duplicates; all problems are reported, with paths below the tags object.
    pub fn parse(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Vec<Issue>> {
        Self::check(pairs, 1).map(Self)
    }

    /// The same rules for the tags inside an end user, where a value may be empty.
    pub(crate) fn check(
        pairs: impl IntoIterator<Item = (String, String)>,
        shortest_value: usize,
    ) -> Result<BTreeMap<String, String>, Vec<Issue>> {
        let mut tags = BTreeMap::new();
        let mut issues = Vec::new();
        for (key, value) in pairs {
            let lower = key.to_ascii_lowercase();
            if !is_key(&key) {
                issues.push(Issue::new(
                    IssueCode::InvalidKey,
                    [key],
                    "a tag key begins with a letter and holds letters, digits and _ - . / (at most 64)",
                ));
                continue;
            }
            let length = value.chars().count();
            if length < shortest_value {
                issues.push(Issue::new(IssueCode::TooSmall, [&*key], "a tag value must not be empty"));
            } else if length > LONGEST_VALUE {
                issues.push(Issue::new(IssueCode::TooBig, [&*key], "a tag value has at most 255 characters"));
            } else if lower == "end_user_email" && !is_email(&value) {
                issues.push(Issue::new(IssueCode::Custom, [&*key], "must be an e-mail address"));
            }
            if tags.insert(lower, value).is_some() {
                issues.push(Issue::new(IssueCode::Custom, [key], "given twice: tag keys ignore case"));
            }
        }
        if tags.len() > MOST_TAGS {
            issues.push(Issue::new(IssueCode::Custom, [] as [&str; 0], "at most 10 tags are allowed"));
        }
        if issues.is_empty() { Ok(tags) } else { Err(issues) }
    }

    /// Tags read back from the store.
    pub fn stored(tags: BTreeMap<String, String>) -> Self {
        Self(tags)
    }

    /// The tags an end user and an organization stand for. Never fails: what does not fit is cut or left out, base
    /// tags before the end user's own.
    pub fn derived(end_user: Option<&EndUser>, organization: Option<&Organization>) -> Self {
        let base = base_tags(end_user, organization);
        let mut all = base.clone();
        for (key, value) in end_user.and_then(|user| user.tags.as_ref()).into_iter().flatten() {
            let key: String = key.to_ascii_lowercase().chars().take(LONGEST_KEY).collect();
            if is_key(&key) {
                all.insert(key, cut(value));
            }
        }
        Self::parse(all).or_else(|_| Self::parse(base)).unwrap_or_default()
    }

    /// These tags with others laid over them. Fails when the result has more than ten.
    pub fn overlaid(self, over: &Self) -> Result<Self, Vec<Issue>> {
        let mut all = self.0;
        all.extend(over.0.iter().map(|(key, value)| (key.clone(), value.clone())));
        Self::parse(all)
    }

    /// The tags as a map.
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn base_tags(end_user: Option<&EndUser>, organization: Option<&Organization>) -> BTreeMap<String, String> {
    let named = [
        ("end_user_id", end_user.map(|user| &user.id)),
        ("end_user_email", end_user.and_then(|user| user.email.as_ref())),
        ("end_user_display_name", end_user.and_then(|user| user.display_name.as_ref())),
        ("organization_id", organization.map(|organization| &organization.id)),
        (
            "organization_display_name",
            organization.and_then(|organization| organization.display_name.as_ref()),
        ),
    ];
    named
        .into_iter()
        .filter_map(|(key, value)| {
            value.filter(|value| !value.is_empty()).map(|value| (key.to_owned(), cut(value)))
        })
        .collect()
}

fn cut(value: &str) -> String {
    value.chars().take(LONGEST_VALUE).collect()
}

fn is_key(key: &str) -> bool {
    key.len() <= LONGEST_KEY
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn keys_are_lower_cased_and_values_kept() {
        let tags = Tags::parse(pairs(&[("projectId", "A b:C")])).expect("valid");
        assert_eq!(tags.as_map().get("projectid").map(String::as_str), Some("A b:C"));
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let issues =
            Tags::parse(pairs(&[("1a", "x"), ("b", ""), ("end_user_email", "no")])).expect_err("invalid");
        let paths: Vec<_> = issues.iter().map(|issue| issue.path[0].as_str()).collect();
        assert_eq!(paths, ["1a", "b", "end_user_email"]);
    }

    #[test]
    fn keys_that_differ_only_in_case_are_duplicates() {
        assert!(Tags::parse(pairs(&[("a", "1"), ("A", "2")])).is_err());
    }

    #[test]
    fn an_eleventh_tag_is_refused() {
        let many = (0..11).map(|n| (format!("k{n}"), "v".to_owned()));
        assert!(Tags::parse(many.clone().take(10)).is_ok());
        assert!(Tags::parse(many).is_err());
    }

    #[test]
    fn tags_derived_from_an_end_user_never_fail() {
        let user = EndUser {
            id: "u".repeat(300),
            email: None,
            display_name: Some(String::new()),
            tags: Some(
                [("Project".to_owned(), "7".to_owned()), ("bad key".to_owned(), "x".to_owned())].into(),
            ),
            organization: None,
        };
        let tags = Tags::derived(Some(&user), None);
        assert_eq!(tags.as_map().len(), 2);
        assert_eq!(tags.as_map()["end_user_id"].len(), 255);
        assert_eq!(tags.as_map()["project"], "7");
    }

    #[test]
    fn too_many_own_tags_of_an_end_user_leave_only_the_base_ones() {
        let own = (0..10).map(|n| (format!("k{n}"), "v".to_owned())).collect();
        let user = EndUser {
            id: "u".to_owned(),
            email: None,
            display_name: None,
            tags: Some(own),
            organization: None,
        };
        assert_eq!(Tags::derived(Some(&user), None).as_map().len(), 1);
    }
}
