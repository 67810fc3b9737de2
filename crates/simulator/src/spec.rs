//! What a request has to be, as plain values: written anew for each request that arrives.

use std::sync::Arc;

use http::Method;
use serde_json::Value;
use url::Url;

/// What a call has to be.
#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) method: Method,
    /// Scheme, host, port and path; parameters that the definition wrote into the URL stand in `query`.
    pub(crate) url: Url,
    /// Exactly these parameters.
    pub(crate) query: Params,
    /// Beyond those that every client sends; `authorization` belongs to them.
    pub(crate) headers: Params,
    pub(crate) content: Content,
    /// Whether the call must ask for JSON.
    pub(crate) accept: Accept,
    /// The client certificate that must have been shown, DER.
    pub(crate) certificate: Option<Vec<u8>>,
}

/// Names, each with what must stand there.
pub(crate) type Params = Vec<(String, Want)>;

/// What a call says about the answers it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// JSON.
    Json,
    /// Anything: it is a browser's call or an app's own.
    Free,
}

/// What must stand in a place.
#[derive(Clone)]
pub(crate) enum Want {
    /// This text.
    Is(String),
    /// A text that passes a test; the error says why it does not.
    Check(Arc<Test>),
}

/// A test of a value.
pub(crate) type Test = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// What must be in the body.
#[derive(Clone)]
pub(crate) enum Content {
    /// Nothing.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(Params),
    /// A JSON object of texts.
    Fields(Params),
    /// This JSON value.
    Json(Value),
    /// This text of a media type.
    Text(&'static str, String),
    /// Whatever passes a test.
    Check(Arc<Test>),
}

impl Want {
    pub(crate) fn check(test: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self::Check(Arc::new(test))
    }

    pub(crate) fn judge(&self, found: &str) -> Result<(), String> {
        match self {
            Self::Is(wanted) if wanted == found => Ok(()),
            Self::Is(wanted) => Err(format!("is «{found}», not «{wanted}»")),
            Self::Check(test) => test(found).map_err(|why| format!("«{found}»: {why}")),
        }
    }
}

impl Spec {
    /// A call of a URL; what its query says becomes part of the wanted parameters.
    pub(crate) fn new(method: Method, mut url: Url) -> Self {
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), Want::Is(value.into_owned())));
        let query = query.collect();
        url.set_query(None);
        url.set_fragment(None);
        let (headers, content, accept) = (Vec::new(), Content::Empty, Accept::Json);
        Self { method, url, query, headers, content, accept, certificate: None }
    }

    /// Wants a header in place of one of the same name.
    pub(crate) fn set_header(&mut self, name: &str, want: Want) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), want));
    }

    /// Wants a query parameter in place of one of the same name.
    pub(crate) fn set_query(&mut self, name: &str, want: Want) {
        set(&mut self.query, name, want);
    }
}

/// Puts a parameter in place of one of the same name.
pub(crate) fn set(params: &mut Params, name: &str, want: Want) {
    params.retain(|(known, _)| known != name);
    params.push((name.to_owned(), want));
}

/// A parameter that must be this text.
pub(crate) fn is(name: &str, value: impl Into<String>) -> (String, Want) {
    (name.to_owned(), Want::Is(value.into()))
}
