//! Just enough HTTP/1.1 to fill a store: one request after the other over one connection, bodies of a told length.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// A connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    authority: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// Connects to `host:port`.
    #[expect(
        clippy::disallowed_methods,
        reason = "automation asks a server that it started itself on this machine"
    )]
    pub(crate) fn open(authority: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(authority).with_context(|| format!("cannot reach {authority}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), authority: authority.to_owned() })
    }

    /// Asks; an answer without success is an error.
    pub(crate) fn get(&mut self, path: &str, key: &str) -> anyhow::Result<Answer> {
        self.ask("GET", path, key, "")
    }

    /// Sends JSON; an answer without success is an error.
    pub(crate) fn post(&mut self, path: &str, key: &str, body: &Value) -> anyhow::Result<Answer> {
        self.ask("POST", path, key, &body.to_string())
    }

    fn ask(&mut self, method: &str, path: &str, key: &str, body: &str) -> anyhow::Result<Answer> {
        let typed = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n{typed}content-length: {}\r\n\r\n{body}",
            self.authority,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let answer = self.answer()?;
        match answer.status {
            200..300 => Ok(answer),
            status => {
                bail!("{method} {path} was answered {status}: {}", String::from_utf8_lossy(&answer.body))
            }
        }
    }

    fn answer(&mut self) -> anyhow::Result<Answer> {
        let first = self.line()?;
        let status =
            first.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status line")?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("a length that is no number")?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        anyhow::ensure!(self.stream.read_line(&mut line)? > 0, "the server closed the connection");
        Ok(line.trim_end().to_owned())
    }
}
