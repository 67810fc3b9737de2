//! Calls of the API: what authenticates them, and what the entry adds to each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Tree;
use catalog::provider::{ApiAuth, AuthMode, Body, Call, Method as Named};
use http::Method;
use serde_json::{Map, Value, json};

use crate::arrived::Arrived;
use crate::knowledge::Light;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Accept, Content, Spec, Want};
use crate::template::{Piece, fill_pieces, read};

/// A call that an app makes.
#[derive(Debug, Clone)]
pub struct ApiCall {
    /// The method.
    pub method: Method,
    /// Path and query below the root of the API, beginning with a slash.
    pub below: String,
    /// Headers of the app's own.
    pub headers: Vec<(String, String)>,
    /// A JSON body.
    pub body: Option<Value>,
}

impl Simulator {
    /// Expects an app's call, authenticated.
    pub fn expect_api_call(&mut self, call: ApiCall) {
        self.expect(
            "API call",
            move |simulator, arrived| simulator.api_spec(&call, arrived),
            |_, _| Reply::json(&json!({ "fine": true })),
        );
    }

    fn api_spec(&self, call: &ApiCall, arrived: &Arrived) -> Result<Spec, String> {
        let root = self.api_root().ok_or("the root of the API cannot be filled")?;
        let text = format!("{}{}", root.as_str().trim_end_matches('/'), call.below);
        let url = url::Url::parse(&text).map_err(|error| error.to_string())?;
        let mut spec = Spec::new(call.method.clone(), url);
        spec.accept = Accept::Free;
        for (name, value) in &call.headers {
            spec.set_header(name, Want::Is(value.clone()));
        }
        if let Some(body) = &call.body {
            spec.content = Content::Json(body.clone());
        }
        self.want_merged_body(&mut spec, light(arrived, &arrived.uuids()));
        self.want_api(&mut spec, arrived)?;
        Ok(spec)
    }

    /// A call that the definition describes: its own parts over those of the API.
    pub(crate) fn described(&self, call: &Call<'_>, arrived: &Arrived) -> Result<Spec, String> {
        let url = self.address_below(call.url).ok_or("its URL cannot be filled")?;
        let mut spec = self.described_at(call, url, arrived);
        self.want_merged_body(&mut spec, light(arrived, &arrived.uuids()));
        self.want_api(&mut spec, arrived)?;
        self.want_headers(&mut spec, call.headers, arrived);
        Ok(spec)
    }

    /// The same without what belongs to the API.
    pub(crate) fn described_at(&self, call: &Call<'_>, url: url::Url, arrived: &Arrived) -> Spec {
        let method = match call.method {
            Named::Get => Method::GET,
            Named::Post => Method::POST,
            Named::Put => Method::PUT,
            Named::Patch => Method::PATCH,
            Named::Delete => Method::DELETE,
        };
        let mut spec = Spec::new(method, url);
        let uuids = arrived.uuids();
        let light = light(arrived, &uuids);
        for (name, value) in call.query {
            if let Some(value) = self.first_text(value, light) {
                spec.set_query(name, Want::Is(value));
            }
        }
        if let Some(body) = call.body {
            spec.content = self.content(body, light);
        }
        if matches!(call.body, Some(Body::Xml(_))) {
            spec.accept = Accept::Free;
        }
        spec
    }

    pub(crate) fn want_headers(
        &self,
        spec: &mut Spec,
        headers: &catalog::provider::Texts,
        arrived: &Arrived,
    ) {
        let uuids = arrived.uuids();
        for (name, value) in headers {
            if let Some(value) = self.first_text(value, light(arrived, &uuids)) {
                spec.set_header(name, Want::Is(value));
            }
        }
    }

    /// What the entry adds to every call of its API.
    fn want_api(&self, spec: &mut Spec, arrived: &Arrived) -> Result<(), String> {
        let entry = self.entry.clone();
        match entry.api.auth {
            ApiAuth::Bearer => {
                let uuids = arrived.uuids();
                if let Some(token) = self.bearer_token(light(arrived, &uuids)) {
                    spec.set_header("authorization", Want::Is(format!("Bearer {token}")));
                }
            }
            ApiAuth::Basic => {
                if let Some(pair) = self.basic_pair() {
                    spec.set_header("authorization", Want::Is(format!("Basic {}", STANDARD.encode(pair))));
                }
            }
            ApiAuth::AwsSigv4 | ApiAuth::Oauth1 | ApiAuth::Custom | ApiAuth::None => {}
        }
        spec.certificate = self.client_certificate();
        let uuids = arrived.uuids();
        for (name, value) in &entry.api.query {
            if let Some(value) = self.first_text(value, light(arrived, &uuids)) {
                spec.set_query(name, Want::Is(value));
            }
        }
        self.want_headers(spec, &entry.api.headers, arrived);
        match entry.api.auth {
            ApiAuth::Oauth1 => self.want_oauth1(spec, arrived),
            ApiAuth::AwsSigv4 => self.want_role_signature(spec, arrived),
            ApiAuth::Bearer | ApiAuth::Basic | ApiAuth::Custom | ApiAuth::None => Ok(()),
        }
    }

    /// The certificate that has to be shown (RFC 8705), DER.
    pub(crate) fn client_certificate(&self) -> Option<Vec<u8>> {
        let certificate = &self.entry.mutual_tls.as_ref()?.certificate;
        crate::keys::der_of(&self.text(certificate, Light::default())?)
    }

    fn bearer_token(&self, light: Light<'_>) -> Option<String> {
        match self.entry.auth {
            AuthMode::ApiKey => self.cast.credential.get("api_key").cloned(),
            AuthMode::None => None,
            AuthMode::AppInstallation | AuthMode::AppInstallationWithUserOauth => {
                self.grant.installation.clone()
            }
            AuthMode::Oauth2
            | AuthMode::Oauth2ClientCredentials
            | AuthMode::Oauth1
            | AuthMode::Oauth1TokenBased
            | AuthMode::TwoStep
            | AuthMode::Jwt
            | AuthMode::Signature
            | AuthMode::SessionLogin
            | AuthMode::AwsSigv4
            | AuthMode::PluginInstall
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery
            | AuthMode::Basic => self.value("token.access", light),
        }
    }

    fn basic_pair(&self) -> Option<String> {
        let of = |name: &str| self.value(&format!("credential.{name}"), Light::default());
        match self.entry.auth {
            AuthMode::ApiKey => of("api_key").map(|key| format!("{key}:")),
            AuthMode::None => None,
            AuthMode::PluginInstall => {
                let of = |name: &str| self.cast.integration.get(name).cloned().unwrap_or_default();
                Some(format!("{}:{}", of("username"), of("password")))
            }
            // Either half may be empty (RFC 7617 §2).
            AuthMode::Oauth2
            | AuthMode::Oauth2ClientCredentials
            | AuthMode::Oauth1
            | AuthMode::Oauth1TokenBased
            | AuthMode::TwoStep
            | AuthMode::Jwt
            | AuthMode::Signature
            | AuthMode::SessionLogin
            | AuthMode::AwsSigv4
            | AuthMode::AppInstallation
            | AuthMode::AppInstallationWithUserOauth
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery
            | AuthMode::Basic => {
                Some(format!("{}:{}", of("username").unwrap_or_default(), of("password").unwrap_or_default()))
            }
        }
    }

    /// Values that the entry sends in the body of every call that changes something.
    fn want_merged_body(&self, spec: &mut Spec, light: Light<'_>) {
        let own = &self.entry.api.body;
        let changes = ["POST", "PUT", "PATCH", "DELETE"].contains(&spec.method.as_str());
        if own.is_empty() || !changes {
            return;
        }
        let mut body = match &spec.content {
            Content::Json(Value::Object(body)) => body.clone(),
            Content::Empty => Map::new(),
            Content::Form(_)
            | Content::Fields(_)
            | Content::Json(_)
            | Content::Text(..)
            | Content::Check(_) => {
                return;
            }
        };
        for (name, tree) in own {
            body.extend(self.tree(tree, light).map(|value| (name.clone(), value)));
        }
        spec.content = Content::Json(Value::Object(body));
    }

    pub(crate) fn content(&self, body: &Body, light: Light<'_>) -> Content {
        match body {
            Body::Form(form) => {
                let field = |(name, tree): (&String, &Tree)| {
                    let want = match self.tree(tree, light)? {
                        Value::String(text) => Want::Is(text),
                        Value::Bool(_) | Value::Number(_) | Value::Null => {
                            Want::Is(self.tree(tree, light)?.to_string())
                        }
                        whole @ (Value::Array(_) | Value::Object(_)) => Want::check(move |found| {
                            let found: Option<Value> = serde_json::from_str(found).ok();
                            if found.as_ref() == Some(&whole) {
                                Ok(())
                            } else {
                                Err(format!("is not {whole}"))
                            }
                        }),
                    };
                    Some((name.clone(), want))
                };
                Content::Form(form.iter().filter_map(field).collect())
            }
            Body::Json(tree) => Content::Json(self.tree(tree, light).unwrap_or_default()),
            Body::Xml(template) => Content::Text("text/xml", self.xml(template.source(), light)),
        }
    }

    /// A JSON value; what cannot be filled is left out.
    pub(crate) fn tree(&self, tree: &Tree, light: Light<'_>) -> Option<Value> {
        Some(match tree {
            Tree::Bool(value) => json!(value),
            Tree::Number(value) => Value::Number(value.clone()),
            Tree::Text(template) => json!(self.text(template, light)?),
            Tree::List(list) => list.iter().filter_map(|element| self.tree(element, light)).collect(),
            Tree::Table(table) => table
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), self.tree(value, light)?)))
                .collect(),
        })
    }

    fn xml(&self, source: &str, light: Light<'_>) -> String {
        let piece = |piece: &Piece| {
            let text =
                fill_pieces(std::slice::from_ref(piece), &|name| self.value(name, light)).unwrap_or_default();
            if matches!(piece, Piece::Text(_)) {
                return text;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            text.replace('"', "&quot;").replace('\'', "&apos;")
        };
        read(source).iter().map(piece).collect()
    }
}

/// A request in the light of which templates are filled; the first UUID in it is the random one.
pub(crate) fn light<'a>(arrived: &'a Arrived, uuids: &'a [String]) -> Light<'a> {
    Light { arrived: Some(arrived), uuid: uuids.first().map(String::as_str) }
}
