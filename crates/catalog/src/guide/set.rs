//! Which provider shows which guide.

use std::collections::BTreeMap;

use super::Guide;
use crate::provider::AuthMode;

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
    /// Its slug.
    pub(crate) slug: &'a str,
    /// The provider it extends.
    pub(crate) head: Option<&'a str>,
    /// How it authorizes.
    pub(crate) auth: AuthMode,
}

impl Guides {
    /// The operator's guides over the embedded ones. A guide tells how one authorizes, so a provider takes over that
    /// of its head, or that of the embedded provider it replaces, only while it authorizes in the same way.
    pub(crate) fn laid_over(
        own: BTreeMap<String, String>,
        members: &[Member<'_>],
        embedded_auth: impl Fn(&str) -> Option<AuthMode>,
    ) -> Self {
        let auth = |slug: &str| {
            let member = members.iter().find(|member| member.slug == slug);
            member.map(|member| member.auth).or_else(|| embedded_auth(slug))
        };
        let shown_by = |member: &Member<'_>| {
            if own.contains_key(member.slug) {
                return Some(member.slug.to_owned());
            }
            let replaced = embedded(member.slug).filter(|_| embedded_auth(member.slug) == Some(member.auth));
            let of_head = || {
                let head =
                    member.head.filter(|head| *head != member.slug && auth(head) == Some(member.auth))?;
                (own.contains_key(head) || embedded(head).is_some()).then(|| head.to_owned())
            };
            replaced.map(|(of, _)| of.to_owned()).or_else(of_head)
        };
        let shown = members.iter().map(|member| (member.slug.to_owned(), shown_by(member))).collect();
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
