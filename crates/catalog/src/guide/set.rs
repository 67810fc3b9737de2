//! Which provider shows which guide.

use std::collections::BTreeMap;

use super::Guide;
use super::family::share;
use crate::provider::Provider;

/// Every embedded guide, one behind the other.
static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/guides.md"));

/// Slug, slug of the guide it shows, begin and end in [`TEXT`], sorted by the first.
static INDEX: &[(&str, &str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/guides.rs"));

/// The embedded guides with the operator's own on top.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guides {
    /// The operator's files, by slug.
    own: BTreeMap<String, String>,
    /// Which guide the operator's providers show, where that is not what the embedded index says. `None` is no guide.
    shown: BTreeMap<String, Option<String>>,
}

/// A provider file of the operator, as far as its guide depends on it.
pub(crate) struct Member<'a> {
    /// What it says, with its family merged in.
    pub(crate) provider: &'a Provider,
    /// The provider it extends.
    pub(crate) head: Option<&'a str>,
}

impl Guides {
    /// The operator's guides over the embedded ones. A file that replaces an embedded provider keeps its guide while
    /// both authorize in the same way; a file that extends another provider shows the guide of that while it is true.
    pub(crate) fn laid_over(
        own: BTreeMap<String, String>,
        members: &[Member<'_>],
        embedded_provider: impl Fn(&str) -> Option<Provider>,
    ) -> Self {
        let replaced = |member: &Provider| {
            let (of, _) = embedded(&member.slug)?;
            (embedded_provider(&member.slug)?.auth == member.auth).then(|| of.to_owned())
        };
        let inherited = |member: &Member<'_>| {
            let head = member.head.filter(|head| *head != member.provider.slug)?;
            let of = if own.contains_key(head) { head } else { embedded(head)?.0 };
            let sibling = members.iter().find(|other| other.provider.slug == head);
            let written = match sibling {
                Some(sibling) => serde_json::to_value(sibling.provider),
                None => serde_json::to_value(embedded_provider(head)?),
            };
            let (head, member) = (written.ok()?, serde_json::to_value(member.provider).ok()?);
            share(&head, &member).then(|| of.to_owned())
        };
        let shown_by = |member: &Member<'_>| {
            let slug = &member.provider.slug;
            if own.contains_key(slug) {
                Some(slug.clone())
            } else {
                replaced(member.provider).or_else(|| inherited(member))
            }
        };
        let shown = members.iter().map(|member| (member.provider.slug.clone(), shown_by(member))).collect();
        Self { own, shown }
    }

    /// How many files the operator wrote.
    pub(crate) fn written(&self) -> usize {
        self.own.len()
    }

    /// The guide of a provider.
    pub(crate) fn find(&self, slug: &str) -> Option<Guide<'_>> {
        if let Some(text) = self.own.get(slug) {
            return Guide::of(text);
        }
        let of = match self.shown.get(slug) {
            Some(shown) => shown.as_deref()?,
            None => embedded(slug)?.0,
        };
        Guide::of(self.own.get(of).map_or_else(|| embedded(of).map(|(_, text)| text), |text| Some(text))?)
    }
}

/// The embedded guide that a slug shows, and the slug of that guide.
fn embedded(slug: &str) -> Option<(&'static str, &'static str)> {
    let found = INDEX.binary_search_by_key(&slug, |&(known, ..)| known).ok()?;
    let (_, of, start, end) = INDEX[found];
    Some((of, &TEXT[start..end]))
}
