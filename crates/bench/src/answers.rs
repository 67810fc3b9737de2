//! Reads HTTP/1.1 answers off a connection and throws their bodies away (RFC 9112 §6.3). It reads the framing only,
//! because every cycle spent here is missing from the server that is measured.

use std::io;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

const MOST_HEAD_BYTES: usize = 64 * 1024;
const READ_BYTES: usize = 16 * 1024;

/// The answers of one connection, one after the other.
pub(crate) struct Answers<S> {
    pub(crate) stream: S,
    buffer: BytesMut,
}

/// What is left of an answer once it was read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether the connection can be used again.
    pub(crate) reusable: bool,
}

enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

struct Head {
    status: u16,
    framing: Framing,
    keep_alive: bool,
}

impl<S: AsyncRead + Unpin> Answers<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(READ_BYTES) }
    }

    /// The next answer to a `GET`, read to the last byte of its body.
    pub(crate) async fn next(&mut self) -> io::Result<Answer> {
        let head = loop {
            let head = self.head().await?;
            // Interim answers have no body, and the real one follows (RFC 9110 §15.2).
            if head.status >= 200 {
                break head;
            }
        };
        match head.framing {
            Framing::Length(length) => self.discard(length).await?,
            Framing::Chunked => self.discard_chunks().await?,
            Framing::UntilClose => {
                self.buffer.clear();
                while self.stream.read_buf(&mut self.buffer).await? > 0 {
                    self.buffer.clear();
                }
            }
        }
        let reusable = head.keep_alive && !matches!(head.framing, Framing::UntilClose);
        Ok(Answer { status: head.status, reusable })
    }

    async fn head(&mut self) -> io::Result<Head> {
        let end = self.find(b"\r\n\r\n").await?;
        let head = parse(&self.buffer[..end]).ok_or_else(|| broken("the answer is not HTTP/1"))?;
        self.buffer.advance(end + 4);
        Ok(head)
    }

    /// RFC 9112 §7.1: sizes in hexadecimal, then trailers until an empty line.
    async fn discard_chunks(&mut self) -> io::Result<()> {
        loop {
            let end = self.find(b"\r\n").await?;
            let size = chunk_size(&self.buffer[..end]).ok_or_else(|| broken("a chunk has no size"))?;
            self.buffer.advance(end + 2);
            if size == 0 {
                break;
            }
            self.discard(size).await?;
            self.discard(2).await?;
        }
        loop {
            let end = self.find(b"\r\n").await?;
            self.buffer.advance(end + 2);
            if end == 0 {
                return Ok(());
            }
        }
    }

    async fn discard(&mut self, mut length: u64) -> io::Result<()> {
        loop {
            let here = usize::try_from(length).unwrap_or(usize::MAX).min(self.buffer.len());
            self.buffer.advance(here);
            length -= here as u64;
            if length == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }

    /// Where `pattern` begins in the buffer, after as many reads as it takes.
    async fn find(&mut self, pattern: &[u8]) -> io::Result<usize> {
        let mut searched = 0;
        loop {
            let window = self.buffer[searched..].windows(pattern.len());
            if let Some(place) = window.into_iter().position(|window| window == pattern) {
                return Ok(searched + place);
            }
            if self.buffer.len() > MOST_HEAD_BYTES {
                return Err(broken("a line or head has no end"));
            }
            searched = self.buffer.len().saturating_sub(pattern.len() - 1);
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection closed within an answer")),
            _ => Ok(()),
        }
    }
}

fn parse(head: &[u8]) -> Option<Head> {
    let head = str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let (version, rest) = lines.next()?.split_once(' ')?;
    let status = rest.get(..3)?.parse().ok()?;
    let mut framing = Framing::UntilClose;
    let mut keep_alive = version == "HTTP/1.1";
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") && !matches!(framing, Framing::Chunked) {
            framing = Framing::Length(value.parse().ok()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            // When both are there, the transfer coding decides (RFC 9112 §6.3).
            framing = Framing::Chunked;
        } else if name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close") {
            keep_alive = false;
        }
    }
    // These never have a body, whatever the fields say (RFC 9112 §6.3).
    if status < 200 || status == 204 || status == 304 {
        framing = Framing::Length(0);
    }
    Some(Head { status, framing, keep_alive })
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let size = str::from_utf8(line).ok()?.split(';').next()?;
    u64::from_str_radix(size.trim(), 16).ok()
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses of all answers in `bytes`, which arrive `at_once` bytes at a time.
    async fn statuses(bytes: &[u8], at_once: usize) -> Vec<io::Result<Answer>> {
        let (mut server, client) = tokio::io::duplex(at_once);
        let mut answers = Answers::new(client);
        let write = async {
            tokio::io::AsyncWriteExt::write_all(&mut server, bytes).await.expect("the reader stays");
            drop(server);
        };
        let read = async {
            let mut seen = Vec::new();
            loop {
                let answer = answers.next().await;
                let last = !matches!(&answer, Ok(answer) if answer.reusable);
                seen.push(answer);
                if last {
                    return seen;
                }
            }
        };
        tokio::join!(write, read).1
    }

    fn answer(status: u16, reusable: bool) -> Answer {
        Answer { status, reusable }
    }

    #[tokio::test]
    async fn answers_end_where_their_framing_says_however_they_arrive() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/\
            HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: u\r\n\r\n\
            HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nconnection: close\r\n\r\n";
        for at_once in [1, 7, 4096] {
            let seen: Vec<_> = statuses(bytes, at_once).await.into_iter().flatten().collect();
            assert_eq!(
                seen,
                [answer(200, true), answer(500, true), answer(204, false)],
                "{at_once} bytes at once"
            );
        }
    }

    #[tokio::test]
    async fn an_answer_without_framing_ends_with_the_connection() {
        let mut seen = statuses(b"HTTP/1.1 200 OK\r\n\r\nabc", 4096).await;
        assert_eq!(seen.remove(0).ok(), Some(answer(200, false)));
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_is_an_error() {
        let mut seen = statuses(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", 4096).await;
        assert!(seen.remove(0).is_err());
    }
}
