//! Requests as text, the way they go over the wire; sensitive headers carry a mark.

use std::fmt::Write as _;

use protocol::Request;

/// The request line, the headers by name, and the body.
pub(crate) fn text(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
    let mut headers: Vec<_> = request.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let mark = if value.is_sensitive() { " (sensitive)" } else { "" };
        let value = String::from_utf8_lossy(value.as_bytes());
        writeln!(text, "{name}: {value}{mark}").unwrap();
    }
    if !request.body.expose().is_empty() {
        write!(text, "\n{}", String::from_utf8_lossy(request.body.expose())).unwrap();
    }
    text
}
