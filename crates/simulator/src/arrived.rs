//! A request as it came out of the socket.

use http::{HeaderMap, Method, Uri};
use url::Url;

/// A request with everything that a judge may look at.
pub struct Arrived {
    /// The method.
    pub method: Method,
    /// The whole URL, put together from the TLS name, the `host` header and the target.
    pub url: Url,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// The client certificate that was shown, DER.
    pub certificate: Option<Vec<u8>>,
}

impl Arrived {
    /// A request from its parts; the error is what is wrong with its target.
    pub fn new(request: http::Request<Vec<u8>>, server_name: &str) -> Result<Self, String> {
        let (head, body) = request.into_parts();
        let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let url = whole_url(&head.uri, host)?;
        if url.host_str() != Some(server_name) {
            return Err(format!("the host header says {host}, TLS said {server_name}"));
        }
        Ok(Self { method: head.method, url, headers: head.headers, body, certificate: None })
    }

    /// A header as text; several of one name count as none.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.get_all(name).iter();
        let first = found.next()?.to_str().ok()?;
        found.next().is_none().then_some(first)
    }

    /// The query as pairs.
    pub fn query(&self) -> Vec<(String, String)> {
        self.url.query_pairs().into_owned().collect()
    }

    /// One parameter of the query.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// UUIDs of version 4 in headers, query and body: one of them may be the random one of a template.
    pub(crate) fn uuids(&self) -> Vec<String> {
        let pattern =
            regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
                .expect("the pattern is well formed");
        let mut text: String = self.query().into_iter().map(|(_, value)| value + "\n").collect();
        for value in self.headers.values() {
            text.push_str(value.to_str().unwrap_or_default());
            text.push('\n');
        }
        text.push_str(self.text());
        pattern.find_iter(&text).map(|found| found.as_str().to_owned()).collect()
    }
}

fn whole_url(uri: &Uri, host: &str) -> Result<Url, String> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Url::parse(&format!("https://{host}{target}")).map_err(|error| format!("{host}{target}: {error}"))
}
