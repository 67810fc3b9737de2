//! Every template of a provider with the place it stands in.

use std::collections::BTreeMap;

use crate::provider::Provider;
use crate::template::{Alternatives, Template};

/// A template and where it stands.
pub(super) struct Site<'a> {
    /// Dotted path in the file.
    pub(super) at: String,
    pub(super) place: Place,
    pub(super) template: &'a Template,
}

/// Kinds of places; each has its own values and its own form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    AuthorizationUrl,
    AuthorizationParam,
    Scope,
    TokenUrl,
    TokenParam,
    TokenHeader,
    RefreshUrl,
    RefreshParam,
    RevocationUrl,
    RevocationParam,
    IntrospectionUrl,
    BaseUrl,
    ApiHeader,
    ApiQuery,
    /// URL of a verification or identity call: whole, or a path below the base.
    CallUrl,
    CallHeader,
    CallBody,
}

impl Place {
    pub(super) const fn is_url(self) -> bool {
        matches!(
            self,
            Self::AuthorizationUrl
                | Self::TokenUrl
                | Self::RefreshUrl
                | Self::RevocationUrl
                | Self::IntrospectionUrl
                | Self::BaseUrl
                | Self::CallUrl
        )
    }

    pub(super) const fn is_header(self) -> bool {
        matches!(self, Self::TokenHeader | Self::ApiHeader | Self::CallHeader)
    }

    /// Whether it is filled before the end user has consented.
    pub(super) const fn is_before_consent(self) -> bool {
        matches!(self, Self::AuthorizationUrl | Self::AuthorizationParam | Self::Scope)
    }
}

/// All templates, in the order of the file format.
pub(super) fn all(provider: &Provider) -> Vec<Site<'_>> {
    let mut sites = Sites(Vec::new());
    oauth(provider, &mut sites);
    calls(provider, &mut sites);
    sites.0
}

fn oauth<'a>(provider: &'a Provider, sites: &mut Sites<'a>) {
    if let Some(authorization) = &provider.authorization {
        sites.alternatives("authorization.url", Place::AuthorizationUrl, &authorization.url);
        sites.table("authorization.params", Place::AuthorizationParam, &authorization.params);
    }
    if let Some(token) = &provider.token {
        sites.alternatives("token.url", Place::TokenUrl, &token.url);
        sites.table("token.params", Place::TokenParam, &token.params);
        sites.table("token.headers", Place::TokenHeader, &token.headers);
    }
    if let Some(url) = &provider.refresh.url {
        sites.alternatives("refresh.url", Place::RefreshUrl, url);
    }
    if let Some(params) = &provider.refresh.params {
        sites.table("refresh.params", Place::RefreshParam, params);
    }
    if let Some(revocation) = &provider.revocation {
        sites.alternatives("revocation.url", Place::RevocationUrl, &revocation.url);
        if let Some(params) = &revocation.params {
            sites.table("revocation.params", Place::RevocationParam, params);
        }
    }
    for (index, scope) in provider.scopes.required.iter().enumerate() {
        sites.one(format!("scopes.required.{index}"), Place::Scope, scope);
    }
    if let Some(url) = &provider.lifecycle.introspection_url {
        sites.alternatives("lifecycle.introspection_url", Place::IntrospectionUrl, url);
    }
}

fn calls<'a>(provider: &'a Provider, sites: &mut Sites<'a>) {
    if let Some(url) = &provider.api.base_url {
        sites.alternatives("api.base_url", Place::BaseUrl, url);
    }
    sites.table("api.headers", Place::ApiHeader, &provider.api.headers);
    sites.table("api.query", Place::ApiQuery, &provider.api.query);
    if let Some(verify) = &provider.verify {
        sites.one("verify.url".to_owned(), Place::CallUrl, &verify.url);
        sites.table("verify.headers", Place::CallHeader, &verify.headers);
        if let Some(body) = &verify.body {
            sites.one("verify.body".to_owned(), Place::CallBody, body);
        }
    }
    if let Some(identity) = &provider.identity {
        sites.one("identity.url".to_owned(), Place::CallUrl, &identity.url);
        if let Some(body) = &identity.body {
            sites.one("identity.body".to_owned(), Place::CallBody, body);
        }
    }
}

struct Sites<'a>(Vec<Site<'a>>);

impl<'a> Sites<'a> {
    fn one(&mut self, at: String, place: Place, template: &'a Template) {
        self.0.push(Site { at, place, template });
    }

    fn table(&mut self, at: &str, place: Place, table: &'a BTreeMap<String, Template>) {
        for (key, template) in table {
            self.one(format!("{at}.{key}"), place, template);
        }
    }

    /// A single template stands at the key itself, a list element at its index.
    fn alternatives(&mut self, at: &str, place: Place, list: &'a Alternatives) {
        let single = list.iter().len() == 1;
        for (index, template) in list.iter().enumerate() {
            let at = if single { at.to_owned() } else { format!("{at}.{index}") };
            self.one(at, place, template);
        }
    }
}
