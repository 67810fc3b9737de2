//! Every template of a provider with the place it stands in.

use std::collections::BTreeMap;

use crate::provider::{AfterConnect, Body, Call, Login, Provider, Texts};
use crate::template::{Alternatives, Template, Tree};

/// A template and where it stands.
pub(super) struct Site<'a> {
    /// Dotted path in the file.
    pub(super) at: String,
    pub(super) moment: Moment,
    pub(super) form: Form,
    /// The name of the header or parameter, where it has one.
    pub(super) name: Option<&'a str>,
    pub(super) template: &'a Template,
}

/// Where the client proves itself at a server, or the server is named that says where.
const CLIENT_CALLS: [&str; 13] = [
    "mcp.server_url",
    "mcp.registration_url",
    "authorization.pushed_url",
    "device.url",
    "token.url",
    "oauth1.request_url",
    "oauth1.token_url",
    "long_token.url",
    "second_token.url",
    "refresh.url",
    "revocation.url",
    "app.token_url",
    "lifecycle.introspection_url",
];

impl Site<'_> {
    /// Whether the client's secret follows this URL.
    pub(super) fn takes_the_client(&self) -> bool {
        CLIENT_CALLS.iter().any(|call| self.is_at(call))
    }

    /// Whether this is the URL of a name, or one of its alternatives.
    fn is_at(&self, name: &str) -> bool {
        self.at.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// When a template is filled; each moment has its own values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the end user has consented.
    Consent,
    /// While a code or a client becomes a token.
    Exchange,
    /// While a login makes its calls; the number counts from 1.
    Login(usize),
    /// While a token or an assertion is signed here.
    Signing,
    /// While a token is renewed, exchanged or ended at the authorization server.
    Renewal,
    /// While the API is called.
    Call,
    /// While a step after connecting reads its answer.
    Answer,
}

/// What a template becomes; each form has its own rules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Url,
    /// A URL, or a path below the root of the API.
    UrlBelow,
    Header,
    /// A query parameter that is logged with the URL.
    Query,
    Param,
    Body,
    /// A single value, such as a key or a claim.
    Value,
}

impl Form {
    pub(super) const fn is_url(self) -> bool {
        matches!(self, Self::Url | Self::UrlBelow)
    }
}

/// All templates, in the order of the file format.
pub(super) fn all(provider: &Provider) -> Vec<Site<'_>> {
    let mut sites = Sites(Vec::new());
    consent(provider, &mut sites);
    tokens(provider, &mut sites);
    schemes(provider, &mut sites);
    calls(provider, &mut sites);
    sites.0
}

fn consent<'a>(provider: &'a Provider, sites: &mut Sites<'a>) {
    if let Some(authorization) = &provider.authorization {
        sites.alternatives("authorization.url", Moment::Consent, Form::Url, &authorization.url);
        sites.texts("authorization.params", Moment::Consent, Form::Param, &authorization.params);
        let pushed = authorization.pushed_url.as_ref();
        sites.optional("authorization.pushed_url", Moment::Consent, Form::Url, pushed);
    }
    if let Some(device) = &provider.device {
        sites.alternatives("device.url", Moment::Consent, Form::Url, &device.url);
    }
    for (index, scope) in provider.scopes.required.iter().enumerate() {
        sites.one(format!("scopes.required.{index}"), Moment::Consent, Form::Param, scope);
    }
    if let Some(oauth1) = &provider.oauth1 {
        sites.optional("oauth1.request_url", Moment::Consent, Form::Url, oauth1.request_url.as_ref());
        sites.texts("oauth1.request_params", Moment::Consent, Form::Param, &oauth1.request_params);
        sites.optional("oauth1.token_url", Moment::Exchange, Form::Url, oauth1.token_url.as_ref());
        sites.value("oauth1.realm", Moment::Call, oauth1.realm.as_ref());
    }
    if let Some(mcp) = &provider.mcp {
        if let Some(server) = &mcp.server_url {
            sites.one("mcp.server_url".to_owned(), Moment::Consent, Form::Url, server);
        }
        sites.optional("mcp.registration_url", Moment::Consent, Form::Url, mcp.registration_url.as_ref());
        sites.trees("mcp.registration_params", Moment::Consent, Form::Value, &mcp.registration_params);
    }
}

fn tokens<'a>(provider: &'a Provider, sites: &mut Sites<'a>) {
    if let Some(token) = &provider.token {
        sites.alternatives("token.url", Moment::Exchange, Form::Url, &token.url);
        sites.texts("token.params", Moment::Exchange, Form::Param, &token.params);
        sites.texts("token.headers", Moment::Exchange, Form::Header, &token.headers);
    }
    if let Some(app) = &provider.app {
        sites.alternatives("app.token_url", Moment::Renewal, Form::Url, &app.token_url);
        sites.optional("app.proof_url", Moment::Renewal, Form::Url, app.proof_url.as_ref());
        sites.value("app.app_id", Moment::Signing, Some(&app.app_id));
        sites.value("app.private_key", Moment::Signing, Some(&app.private_key));
    }
    if let Some(long) = &provider.long_token {
        sites.alternatives("long_token.url", Moment::Renewal, Form::Url, &long.url);
        sites.texts("long_token.params", Moment::Renewal, Form::Param, &long.params);
    }
    if let Some(second) = &provider.second_token {
        sites.alternatives("second_token.url", Moment::Renewal, Form::Url, &second.url);
        sites.value("second_token.scope", Moment::Renewal, Some(&second.scope));
    }
    let refresh = &provider.refresh;
    sites.optional("refresh.url", Moment::Renewal, Form::Url, refresh.url.as_ref());
    if let Some(params) = &refresh.params {
        sites.texts("refresh.params", Moment::Renewal, Form::Param, params);
    }
    sites.texts("refresh.headers", Moment::Renewal, Form::Header, &refresh.headers);
    sites.value("refresh.keep_token_if", Moment::Renewal, refresh.keep_token_if.as_ref());
    if let Some(revocation) = &provider.revocation {
        sites.alternatives("revocation.url", Moment::Renewal, Form::UrlBelow, &revocation.url);
        sites.texts("revocation.headers", Moment::Renewal, Form::Header, &revocation.headers);
        sites.body("revocation.body", Moment::Renewal, revocation.body.as_ref());
    }
    let introspection = provider.lifecycle.introspection_url.as_ref();
    sites.optional("lifecycle.introspection_url", Moment::Renewal, Form::Url, introspection);
}

fn schemes<'a>(provider: &'a Provider, sites: &mut Sites<'a>) {
    if let Some(login) = &provider.login {
        logins(login, sites);
    }
    if let Some(jwt) = &provider.jwt {
        sites.value("jwt.key", Moment::Signing, Some(&jwt.key));
        for (name, template) in &jwt.header {
            sites.one(format!("jwt.header.{name}"), Moment::Signing, Form::Value, template);
        }
        sites.trees("jwt.claims", Moment::Signing, Form::Value, &jwt.claims);
    }
    if let Some(saml) = &provider.saml {
        for (name, template) in [
            ("key", &saml.key),
            ("issuer", &saml.issuer),
            ("audience", &saml.audience),
            ("recipient", &saml.recipient),
            ("name_id", &saml.name_id),
        ] {
            sites.one(format!("saml.{name}"), Moment::Signing, Form::Value, template);
        }
        sites.value("saml.session_index", Moment::Signing, saml.session_index.as_ref());
        for (name, template) in &saml.attributes {
            sites.one(format!("saml.attributes.{name}"), Moment::Signing, Form::Value, template);
        }
    }
    if let Some(aws) = &provider.aws {
        sites.value("aws.service", Moment::Call, Some(&aws.service));
        sites.alternatives("aws.region", Moment::Call, Form::Value, &aws.region);
        if let Some(url) = &aws.sts_url {
            sites.alternatives("aws.sts_url", Moment::Call, Form::Url, url);
        }
    }
    if let Some(certificate) = &provider.mutual_tls {
        sites.value("mutual_tls.certificate", Moment::Exchange, Some(&certificate.certificate));
        sites.value("mutual_tls.private_key", Moment::Exchange, Some(&certificate.private_key));
    }
}

fn logins<'a>(login: &'a Login, sites: &mut Sites<'a>) {
    for (index, step) in login.steps.iter().enumerate() {
        let at = format!("login.steps.{index}");
        sites.call(&at, Moment::Login(index + 1), [Form::Url, Form::Param], step.call());
    }
    if let Some(step) = &login.refresh {
        sites.call("login.refresh", Moment::Renewal, [Form::Url, Form::Param], step.call());
    }
}

fn calls<'a>(provider: &'a Provider, sites: &mut Sites<'a>) {
    let api = &provider.api;
    sites.optional("api.base_url", Moment::Call, Form::Url, api.base_url.as_ref());
    sites.texts("api.headers", Moment::Call, Form::Header, &api.headers);
    sites.texts("api.query", Moment::Call, Form::Query, &api.query);
    sites.trees("api.body", Moment::Call, Form::Body, &api.body);
    let forms = [Form::UrlBelow, Form::Query];
    if let Some(verify) = &provider.verify {
        sites.call("verify", Moment::Call, forms, verify.call());
        for (index, url) in verify.or_urls.iter().enumerate() {
            sites.one(format!("verify.or_urls.{index}"), Moment::Call, Form::UrlBelow, url);
        }
        sites.value("verify.expect.equals", Moment::Call, verify.expect.equals.as_ref());
    }
    if let Some(identity) = &provider.identity {
        sites.call("identity", Moment::Call, forms, identity.call());
    }
    for (index, step) in provider.after_connect.iter().enumerate() {
        connected(&format!("after_connect.{index}"), step, sites);
    }
}

fn connected<'a>(at: &str, step: &'a AfterConnect, sites: &mut Sites<'a>) {
    if let Some(call) = step.call() {
        sites.call(at, Moment::Call, [Form::UrlBelow, Form::Query], call);
    }
    let equals = step.choose.as_ref().and_then(|choose| choose.equals.as_ref());
    sites.value(&format!("{at}.choose.equals"), Moment::Call, equals);
    for (field, template) in &step.sets {
        sites.one(format!("{at}.sets.{field}"), Moment::Answer, Form::Value, template);
    }
}

struct Sites<'a>(Vec<Site<'a>>);

impl<'a> Sites<'a> {
    fn one(&mut self, at: String, moment: Moment, form: Form, template: &'a Template) {
        self.0.push(Site { at, moment, form, name: None, template });
    }

    fn value(&mut self, at: &str, moment: Moment, template: Option<&'a Template>) {
        if let Some(template) = template {
            self.one(at.to_owned(), moment, Form::Value, template);
        }
    }

    fn texts(&mut self, at: &str, moment: Moment, form: Form, texts: &'a Texts) {
        for (key, list) in texts {
            let first = self.0.len();
            self.alternatives(&format!("{at}.{key}"), moment, form, list);
            for site in &mut self.0[first..] {
                site.name = Some(key);
            }
        }
    }

    fn trees(&mut self, at: &str, moment: Moment, form: Form, trees: &'a BTreeMap<String, Tree>) {
        let mut found = Vec::new();
        for (key, tree) in trees {
            tree.templates(&format!("{at}.{key}"), &mut found);
        }
        for (at, template) in found {
            self.one(at, moment, form, template);
        }
    }

    fn optional(&mut self, at: &str, moment: Moment, form: Form, list: Option<&'a Alternatives>) {
        if let Some(list) = list {
            self.alternatives(at, moment, form, list);
        }
    }

    /// A single template stands at the key itself, a list element at its index.
    fn alternatives(&mut self, at: &str, moment: Moment, form: Form, list: &'a Alternatives) {
        let single = list.iter().len() == 1;
        for (index, template) in list.iter().enumerate() {
            let at = if single { at.to_owned() } else { format!("{at}.{index}") };
            self.one(at, moment, form, template);
        }
    }

    fn call(&mut self, at: &str, moment: Moment, [url, query]: [Form; 2], call: Call<'a>) {
        self.alternatives(&format!("{at}.url"), moment, url, call.url);
        self.texts(&format!("{at}.headers"), moment, Form::Header, call.headers);
        self.texts(&format!("{at}.query"), moment, query, call.query);
        self.body(&format!("{at}.body"), moment, call.body);
    }

    fn body(&mut self, at: &str, moment: Moment, body: Option<&'a Body>) {
        let mut found = Vec::new();
        match body {
            None => {}
            Some(Body::Form(form)) => self.trees(&format!("{at}.form"), moment, Form::Body, form),
            Some(Body::Json(tree)) => tree.templates(&format!("{at}.json"), &mut found),
            Some(Body::Xml(template)) => found.push((format!("{at}.xml"), template)),
        }
        for (at, template) in found {
            self.one(at, moment, Form::Body, template);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_that_takes_the_client_is_known_by_its_name() {
        let mut unseen: Vec<&str> = CLIENT_CALLS.to_vec();
        let embedded = crate::Catalog::embedded();
        // So far only operators name the endpoint for pushed requests.
        let mut pushing = (*embedded.get("github").expect("an embedded provider")).clone();
        let token_url = pushing.token.as_ref().map(|token| token.url.clone());
        pushing.authorization.as_mut().expect("a page").pushed_url = token_url;
        for provider in embedded.iter().chain([pushing.into()]) {
            let sites = all(&provider);
            unseen.retain(|call| !sites.iter().any(|site| site.is_at(call)));
        }
        assert_eq!(unseen, [""; 0], "no template stands there");
    }
}
