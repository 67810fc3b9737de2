//! What templates can say about the call they stand in: `{request.…}` and `{aws_sigv4:…}`.

use catalog::provider::Texts;
use catalog::template::{Function, FunctionName, RequestPart};
use catalog::{Placeholder, Values};
use http::Method;
use http::header::CONTENT_TYPE;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{Draft, Payload};
use crate::aws;
use crate::fields::Filling;

/// Everything but the unreserved characters of RFC 3986 §2.3 is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A call whose URL is complete.
pub(super) struct Parts<'a, 'b> {
    pub(super) draft: &'a Draft<'b>,
    /// The root of the API.
    pub(super) root: Option<&'a Url>,
    /// Everything else that arguments can ask for.
    pub(super) filling: &'a Filling<'a>,
}

/// Whether headers depend on the body.
pub(super) fn read_body(headers: &Texts) -> bool {
    let reads = |placeholder: &&Placeholder| {
        matches!(placeholder, Placeholder::Request(RequestPart::Body | RequestPart::CanonicalParams))
    };
    let templates = || headers.values().flat_map(|list| list.iter());
    templates().any(|template| template.placeholders().iter().any(reads))
        || templates().any(|template| template.source().contains("{aws_sigv4:"))
}

impl Values for Parts<'_, '_> {
    fn value(&self, placeholder: &Placeholder) -> Option<String> {
        if let Placeholder::Request(part) = placeholder {
            return self.part(*part);
        }
        let Placeholder::Computed(function) = placeholder else { return None };
        (function.name == FunctionName::AwsSigv4).then(|| self.aws_sigv4(function)).flatten()
    }
}

impl Parts<'_, '_> {
    fn part(&self, part: RequestPart) -> Option<String> {
        let url = &*self.draft.url;
        match part {
            RequestPart::Method => Some(self.draft.method.as_str().to_owned()),
            RequestPart::Host => Some(aws::host(url)),
            RequestPart::Path => Some(url.path().to_owned()),
            RequestPart::Endpoint => Some(self.endpoint()),
            RequestPart::Body => String::from_utf8(self.body()?.to_vec()).ok(),
            RequestPart::CanonicalParams => self.canonical_params(),
        }
    }

    /// Path and query below the root of the API.
    fn endpoint(&self) -> String {
        let url = &*self.draft.url;
        let root = self.root.map_or("", |root| root.path().trim_end_matches('/'));
        let path = url.path().strip_prefix(root).unwrap_or(url.path());
        url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    fn canonical_params(&self) -> Option<String> {
        let in_body = [Method::POST, Method::PUT, Method::PATCH].contains(self.draft.method);
        let source =
            if in_body { self.body()? } else { self.draft.url.query().unwrap_or_default().as_bytes() };
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let pairs = form_urlencoded::parse(source);
        let mut pairs: Vec<(String, String)> =
            pairs.map(|(name, value)| (encoded(&name), encoded(&value))).collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join("&"))
    }

    fn body(&self) -> Option<&[u8]> {
        match self.draft.payload {
            Payload::Known(bytes) => Some(bytes),
            Payload::Streamed => None,
        }
    }

    /// The signature over host, `x-amz-date` and `content-type`.
    fn aws_sigv4(&self, function: &Function) -> Option<String> {
        let filled = |at: usize| function.arguments.get(at)?.fill(self.filling).ok();
        let (id, secret, region, service) = (filled(0)?, filled(1)?, filled(2)?, filled(3)?);
        let host = filled(4).unwrap_or_else(|| format!("{service}.amazonaws.com"));
        let now = self.filling.fields.occasion?.now;
        let mut headers = vec![("host".to_owned(), host), ("x-amz-date".to_owned(), aws::stamp(now))];
        if let Some(media_type) = self.draft.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
            headers.push(("content-type".to_owned(), media_type.to_owned()));
        }
        let keys = aws::Keys { id: &id, secret: &secret, session_token: None };
        let scope = aws::Scope { region: &region, service: &service };
        let payload = aws::sha256_hex(self.body()?);
        Some(aws::authorization(self.draft.method, self.draft.url, headers, &payload, &keys, &scope, now))
    }
}
