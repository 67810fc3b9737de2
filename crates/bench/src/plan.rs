//! What will be asked: every request as the bytes that go on the wire, made before the clock starts.

use anyhow::{Context as _, bail, ensure};
use url::Url;

/// Requests for one server.
pub(crate) struct Plan {
    /// `host:port` to connect to.
    pub(crate) authority: String,
    /// At least one whole request each.
    pub(crate) requests: Vec<Vec<u8>>,
}

impl Plan {
    /// `paths` holds one request path a line; without it the URL's own path is asked.
    pub(crate) fn new(url: &str, headers: &[String], paths: Option<&str>) -> anyhow::Result<Self> {
        let url = Url::parse(url).context("the URL cannot be read")?;
        ensure!(url.scheme() == "http", "only http can be asked");
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            bail!("the URL names no host");
        };
        let authority = format!("{host}:{port}");
        let mut head = format!("host: {authority}\r\n");
        for header in headers {
            let (name, value) = header.split_once(':').context("a header needs a colon")?;
            let printable = header.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            ensure!(printable && !name.is_empty(), "a header must be one line of printable ASCII");
            head = format!("{head}{name}: {}\r\n", value.trim());
        }
        let own = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let paths: Vec<&str> = match paths {
            Some(list) => list.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
            None => vec![&own],
        };
        ensure!(!paths.is_empty(), "the path list is empty");
        let in_order =
            |path: &&str| path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        ensure!(paths.iter().all(in_order), "a path must begin with a slash and be printable ASCII");
        let requests =
            paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\n{head}\r\n").into_bytes()).collect();
        Ok(Self { authority, requests })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_the_headers_and_the_query() {
        let plan = Plan::new("http://127.0.0.1:1/a?b=c", &["x-key:  k".to_owned()], None);
        let request = plan.expect("a good plan").requests.remove(0);
        assert_eq!(request, b"GET /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:1\r\nx-key: k\r\n\r\n");
    }

    #[test]
    fn a_path_list_replaces_the_path_of_the_url() {
        let plan = Plan::new("http://127.0.0.1:1/a", &[], Some("/b\n\n/c\n")).expect("a good plan");
        assert_eq!(plan.requests.len(), 2);
        assert!(plan.requests[1].starts_with(b"GET /c HTTP/1.1\r\n"));
    }

    #[test]
    fn a_header_cannot_smuggle_a_second_line() {
        assert!(Plan::new("http://127.0.0.1:1/", &["a: b\r\nc: d".to_owned()], None).is_err());
    }
}
