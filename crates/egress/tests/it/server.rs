//! Servers that say exactly what a test wants, and listeners that must not be called.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use egress::{Egress, Limits, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The second loopback address: listed where a test needs an allowed target beside a forbidden one.
pub(crate) const LISTED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// The loopback address that stands for the inside.
pub(crate) const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A raw server: it reads one request a connection, answers with fixed bytes and closes.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    /// The tasks end with the server.
    _tasks: JoinSet<()>,
}

/// What the server does once it has read a request.
#[derive(Clone)]
pub(crate) enum Then {
    /// Sends these bytes and closes.
    Answer(Vec<u8>),
    /// Sends these bytes and keeps the connection open without another word.
    Hang(Vec<u8>),
}

impl Server {
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start(INSIDE, Then::Answer(bytes.into())).await
    }

    pub(crate) async fn start(ip: IpAddr, then: Then) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, seen.clone(), then.clone()));
            }
        });
        Self { address, requests, _tasks: tasks }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far, heads and bodies as they came over the wire.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics while it holds the lock").clone()
    }
}

/// A listener nobody may connect to.
pub(crate) struct Canary(StdListener);

impl Canary {
    pub(crate) fn new(ip: IpAddr, port: u16) -> Self {
        let listener = StdListener::bind((ip, port)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener can be non-blocking");
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().expect("a bound address").port()
    }

    /// Whether no connection waits in the backlog.
    pub(crate) fn is_untouched(&self) -> bool {
        self.0.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

pub(crate) fn egress(allow: &str) -> Egress {
    let allow = allow.parse().expect("a list the test wrote");
    Egress::new(Policy { allow, user_agent: "egress-test/1".into() }).expect("the system has certificates")
}

pub(crate) fn get(url: impl AsRef<str>) -> http::Request<Vec<u8>> {
    http::Request::get(url.as_ref()).body(Vec::new()).expect("a URL the test wrote")
}

/// Limits of a test: a second in all, 1 KiB of body.
pub(crate) fn short() -> Limits {
    Limits {
        connect: Duration::from_millis(300),
        total: Duration::from_secs(1),
        body_bytes: 1 << 10,
        ..Limits::token()
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>, then: Then) {
    let Some(request) = read_request(&mut stream).await else { return };
    seen.lock().expect("no test panics while it holds the lock").push(request);
    match then {
        Then::Answer(bytes) => {
            // The client may have hung up already, which is what some tests are about.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Then::Hang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() >= length.parse().expect("a length in digits") {
            return Some(text.into_owned());
        }
    }
}
