//! A call of a token endpoint as the entry describes it: which parameters under which names, and where they travel.

use catalog::provider::{BodyFormat, ClientAuth, Texts, TokenEndpoint};
use http::Method;
use url::Url;

use crate::arrived::Arrived;
use crate::knowledge::Light;
use crate::simulator::Simulator;
use crate::spec::{Content, Params, Spec, Want, set};

/// What tells one token call from another.
pub(super) struct TokenCall<'a> {
    pub(super) endpoint: &'a TokenEndpoint,
    pub(super) url: Url,
    /// Everything goes into the query of a GET.
    pub(super) by_get: bool,
    pub(super) format: BodyFormat,
    /// Without those of the client.
    pub(super) params: Params,
    pub(super) omit: &'a [String],
    pub(super) headers: Vec<&'a Texts>,
    pub(super) client: Option<ClientAuth>,
}

impl<'a> TokenCall<'a> {
    /// A call of the token endpoint itself.
    pub(super) fn of(endpoint: &'a TokenEndpoint, url: Url, params: Params) -> Self {
        Self {
            endpoint,
            url,
            by_get: false,
            format: endpoint.body,
            params,
            omit: &endpoint.omit,
            headers: vec![&endpoint.headers],
            client: Some(endpoint.client_auth),
        }
    }
}

impl Simulator {
    /// Puts the definition's parameters over those at hand; one that cannot be filled is left out.
    pub(super) fn fill_params(&self, params: &mut Params, texts: &Texts, light: Light<'_>) {
        for (name, value) in texts {
            if let Some(value) = self.first_text(value, light) {
                set(params, name, Want::Is(value));
            }
        }
    }

    pub(super) fn token_spec(&self, call: TokenCall<'_>, arrived: &Arrived) -> Spec {
        let method = if call.by_get { Method::GET } else { Method::POST };
        let mut spec = Spec::new(method, call.url.clone());
        let mut params = call.params;
        if let Some(client) = call.client {
            self.want_client(client, &call.url, &mut spec, &mut params);
        }
        params.retain(|(name, _)| !call.omit.contains(name));
        let named = params.into_iter().map(|(name, want)| {
            let vendor = call.endpoint.rename.get(&name).cloned();
            (vendor.unwrap_or(name), want)
        });
        let params: Params = named.collect();
        for name in &call.endpoint.in_query {
            let name = call.endpoint.rename.get(name).unwrap_or(name);
            if let Some((_, want)) = params.iter().find(|(known, _)| known == name) {
                spec.set_query(name, want.clone());
            }
        }
        spec.certificate = self.client_certificate();
        let uuids = arrived.uuids();
        let light = Light { arrived: Some(arrived), uuid: uuids.first().map(String::as_str) };
        for (name, value) in call.headers.into_iter().flatten() {
            if let Some(value) = self.first_text(value, light) {
                spec.set_header(name, Want::Is(value));
            }
        }
        match call.format {
            BodyFormat::Form if !call.by_get => spec.content = Content::Form(params),
            BodyFormat::Json if !call.by_get => spec.content = Content::Fields(params),
            BodyFormat::Query | BodyFormat::Form | BodyFormat::Json => spec.query.extend(params),
        }
        spec
    }
}
