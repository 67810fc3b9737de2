//! The sections of API calls: where they go, what authenticates them, what proves and names an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Texts;
use super::traffic::{Pagination, Retry};
use crate::template::{Alternatives, Template, Tree};

/// API calls of a provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Root of the API; the first alternative whose placeholders can all be filled.
    #[serde(default)]
    pub base_url: Option<Alternatives>,
    /// What goes into `authorization`.
    #[serde(default)]
    pub auth: ApiAuth,
    /// Headers of every call; names in lower case. One whose placeholder is empty is dropped.
    #[serde(default)]
    pub headers: Texts,
    /// Query parameters of every call.
    #[serde(default)]
    pub query: Texts,
    /// Values merged over the caller's body in `POST`, `PUT`, `PATCH` and `DELETE` calls.
    #[serde(default)]
    pub body: BTreeMap<String, Tree>,
    /// Which answers ask to be tried again, and when.
    #[serde(default)]
    pub retry: Option<Retry>,
    /// How long lists are cut into pages.
    #[serde(default)]
    pub pagination: Option<Pagination>,
    /// Answers come compressed even when nobody asked.
    #[serde(default)]
    pub decompress: bool,
    /// The API redirects to its own hosts and wants all headers there again.
    #[serde(default)]
    pub keep_headers_on_redirect: bool,
}

/// What authenticates an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiAuth {
    /// `Bearer` and the access token (RFC 6750).
    #[default]
    Bearer,
    /// HTTP Basic.
    Basic,
    /// An OAuth 1.0a signature.
    Oauth1,
    /// An AWS Signature Version 4.
    AwsSigv4,
    /// `headers`, `query` or `body` carry the credential.
    Custom,
    /// Nothing.
    None,
}

/// HTTP methods of calls that a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What a call sends. An entry whose placeholders cannot be filled is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// `application/x-www-form-urlencoded`; a table or list as value is sent as its JSON text.
    Form(BTreeMap<String, Tree>),
    /// `application/json`.
    Json(Tree),
    /// `text/xml`; values are escaped ([`Template::fill_xml`]).
    Xml(Template),
}

/// A call that a file describes, whichever section it stands in.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The method: the one written, else `POST` with a body and `GET` without.
    pub method: Method,
    /// A whole URL, or a path below the root of the API.
    pub url: &'a Alternatives,
    /// Headers beyond those of the API.
    pub headers: &'a Texts,
    /// Query parameters beyond those of the URL.
    pub query: &'a Texts,
    /// The body.
    pub body: Option<&'a Body>,
}

impl<'a> Call<'a> {
    pub(super) const fn new(
        method: Option<Method>,
        url: &'a Alternatives,
        headers: &'a Texts,
        query: &'a Texts,
        body: Option<&'a Body>,
    ) -> Self {
        let method = match (method, body) {
            (Some(method), _) => method,
            (None, Some(_)) => Method::Post,
            (None, None) => Method::Get,
        };
        Self { method, url, headers, query, body }
    }
}

/// A call that proves a credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// HTTP method; `POST` with a body and `GET` without when absent.
    #[serde(default)]
    pub method: Option<Method>,
    /// Path below the API root, or a whole URL.
    pub url: Alternatives,
    /// More URLs, tried in turn with the same method, headers and body while the credential is refused.
    #[serde(default)]
    pub or_urls: Vec<Template>,
    /// Headers beyond those of the API; names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// Query parameters beyond those of the URL.
    #[serde(default)]
    pub query: Texts,
    /// What is sent.
    #[serde(default)]
    pub body: Option<Body>,
    /// What a good answer has.
    #[serde(default)]
    pub expect: Expect,
    /// What only a bad answer has.
    #[serde(default)]
    pub reject: Option<Reject>,
}

/// What a good answer to a verification has. All that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The one status; any of 200 to 299 when absent.
    #[serde(default)]
    pub status: Option<u16>,
    /// Dotted path of a value.
    #[serde(default)]
    pub path: Option<String>,
    /// The value there, as text.
    #[serde(default)]
    pub equals: Option<Template>,
    /// The kind of the value there.
    #[serde(default)]
    pub is: Option<JsonKind>,
}

/// Kinds of JSON values that a check can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the kinds")]
pub enum JsonKind {
    Array,
    Object,
}

/// What only a bad answer to a verification has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// Dotted path of the text that is searched; the whole body when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// The words that tell a refusal.
    pub contains: String,
}

impl Verify {
    /// The first call.
    pub const fn call(&self) -> Call<'_> {
        Call::new(self.method, &self.url, &self.headers, &self.query, self.body.as_ref())
    }
}

/// The call that names the connected account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// HTTP method; `POST` with a body and `GET` without when absent.
    #[serde(default)]
    pub method: Option<Method>,
    /// Path below the API root, or a whole URL.
    pub url: Alternatives,
    /// Headers beyond those of the API; names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// Query parameters beyond those of the URL.
    #[serde(default)]
    pub query: Texts,
    /// What is sent.
    #[serde(default)]
    pub body: Option<Body>,
    /// Dotted path of the name people know.
    #[serde(default)]
    pub name_path: Option<String>,
    /// Dotted path of the stable identifier.
    #[serde(default)]
    pub id_path: Option<String>,
}

impl Identity {
    /// The call.
    pub const fn call(&self) -> Call<'_> {
        Call::new(self.method, &self.url, &self.headers, &self.query, self.body.as_ref())
    }
}
