//! A raw HTTP/1.1 client: it hides nothing that a server may do wrong.
#![expect(clippy::disallowed_methods, reason = "the test is a foreign client")]

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What came back before the server closed the connection.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The value of a parameter of the `Location` header's query.
    pub(crate) fn returned(&self, name: &str) -> Option<String> {
        let location = url::Url::parse(self.header("location").expect("a redirect")).expect("a URL");
        location.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
    }
}

/// Sends one request and reads until the server closes. `None` is a connection that closed without a byte.
pub(crate) async fn send(url: &str, method: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    let url = url::Url::parse(url).expect("a URL");
    let host = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let length = body.len().to_string();
    let ours = [("host", host.as_str()), ("connection", "close"), ("content-length", &length)];
    let lines: Vec<String> =
        ours.iter().chain(headers).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("{method} {target} HTTP/1.1\r\n{}\r\n{body}", lines.concat());

    let mut stream = TcpStream::connect(&host).await.expect("the sandbox listens");
    stream.write_all(request.as_bytes()).await.expect("the sandbox reads");
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    let text = String::from_utf8(bytes).expect("the sandbox speaks UTF-8");
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).expect("a status line").parse().expect("a status");
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) async fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    send(url, "GET", headers, "").await.expect("an answer")
}

pub(crate) async fn post_form(url: &str, fields: &[(&str, &str)]) -> Answer {
    try_post_form(url, fields).await.expect("an answer")
}

pub(crate) async fn try_post_form(url: &str, fields: &[(&str, &str)]) -> Option<Answer> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    send(url, "POST", &[("content-type", "application/x-www-form-urlencoded")], &body).await
}

/// Whether nothing comes for a moment. The moment is short because the sandbox is on this machine.
pub(crate) async fn hangs(answer: impl Future<Output = Option<Answer>>) -> bool {
    timeout(Duration::from_millis(200), answer).await.is_err()
}
