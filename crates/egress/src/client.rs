//! The guarded client itself.
//!
//! There is one connection pool for each [`Trust`], because the resolver is told a name but not what the request is
//! for: a connection that was made under more trust must not serve a request under less.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Method};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::allow::AllowList;
use crate::error::Error;
use crate::guard::{Denied, Reason, Trust, judge_url};
use crate::incoming::{Incoming, collect};
use crate::limits::Limits;
use crate::lookup::{Lookup, Resolver, System};
use crate::outgoing::{Outgoing, Progress};

/// What holds for every request of a process.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Inner targets that may be reached.
    pub allow: AllowList,
    /// The `User-Agent` of requests that bring none. Several providers refuse requests without one.
    pub user_agent: String,
}

/// The way out. Cloning it is cheap and shares its connections.
#[derive(Clone)]
pub struct Egress {
    allow: Arc<AllowList>,
    ground: Arc<Ground>,
    user_agent: Arc<str>,
    by_name: reqwest::Client,
    to_public: reqwest::Client,
    to_listed: reqwest::Client,
}

/// What the world looks like from here. Tests alone have another one than the machine's.
pub(crate) struct Ground {
    pub(crate) lookup: Arc<dyn Lookup>,
    /// The port that names lead to; 0 stands for the port of the URL.
    pub(crate) port: u16,
    /// The one authority to trust, DER; those of the system when there is none.
    pub(crate) authority: Option<Vec<u8>>,
}

/// The client cannot be set up: the user agent is not a header value, or the system has no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct SetupError(#[source] reqwest::Error);

impl Egress {
    /// A way out that asks the resolver of the system.
    pub fn new(policy: Policy) -> Result<Self, SetupError> {
        Self::with_lookup(policy, System)
    }

    /// A way out that takes addresses from `lookup`, and judges them as it judges those of the system.
    pub fn with_lookup(policy: Policy, lookup: impl Lookup + 'static) -> Result<Self, SetupError> {
        Self::set_up(policy, Ground { lookup: Arc::new(lookup), port: 0, authority: None })
    }

    pub(crate) fn set_up(policy: Policy, ground: Ground) -> Result<Self, SetupError> {
        let allow = Arc::new(policy.allow);
        let client = |trust| {
            let resolver = Resolver::on(&ground, allow.clone(), trust);
            client(resolver, &policy.user_agent, ground.authority.as_deref(), None).map_err(SetupError)
        };
        Ok(Self {
            user_agent: policy.user_agent.as_str().into(),
            by_name: client(Trust::Name)?,
            to_public: client(Trust::Public)?,
            to_listed: client(Trust::Listed)?,
            ground: Arc::new(ground),
            allow,
        })
    }

    /// Judges a URL by what it says, without asking a resolver: scheme, user name, literal addresses, local names.
    ///
    /// It serves to refuse settings early. [`Egress::send`] judges again, addresses of names included.
    pub fn check_url(&self, url: &Url) -> Result<(), Denied> {
        judge_url(&self.allow, url).map(drop)
    }

    /// Sends a request and reads the whole answer. A redirect is an answer like any other.
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: &Limits,
    ) -> Result<http::Response<Vec<u8>>, Error> {
        collect(self.open(request, limits).await?).await
    }

    /// Sends a request and leaves the body of the answer to be read piece by piece, within the same limits.
    pub async fn open(
        &self,
        request: http::Request<Vec<u8>>,
        limits: &Limits,
    ) -> Result<http::Response<Incoming>, Error> {
        self.open_by(request, limits, |trust| {
            Ok(match trust {
                Trust::Name => self.by_name.clone(),
                Trust::Public => self.to_public.clone(),
                Trust::Listed => self.to_listed.clone(),
            })
        })
        .await
    }

    /// A client for one request, which shows a certificate and keeps no connection for another.
    pub(crate) fn client_showing(
        &self,
        trust: Trust,
        identity: reqwest::Identity,
    ) -> Result<reqwest::Client, Error> {
        let resolver = Resolver::on(&self.ground, self.allow.clone(), trust);
        let authority = self.ground.authority.as_deref();
        client(resolver, &self.user_agent, authority, Some(identity)).map_err(|_| Error::Certificate)
    }

    /// Judges a request and sends it on a client for that judgement.
    pub(crate) async fn open_by(
        &self,
        request: http::Request<Vec<u8>>,
        limits: &Limits,
        client: impl FnOnce(Trust) -> Result<reqwest::Client, Error>,
    ) -> Result<http::Response<Incoming>, Error> {
        let start = Instant::now();
        let url = canonical(request.uri())?;
        let trust = judge_url(&self.allow, &url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let client = client(trust)?;
        let (request, progress) = outgoing(request, url);
        let (connected_by, deadline) = (start + limits.connect, start + limits.total);
        match execute(&client, request, &progress, connected_by.min(deadline), deadline).await {
            Some(Ok(response)) => Incoming::split(response, host, deadline, limits),
            Some(Err(error)) => Err(Error::read(&error, host, progress.may_have_been_sent())),
            None => Err(Error::Timeout { host, sent: progress.may_have_been_sent() }),
        }
    }
}

/// A bound on connecting that outlives its request: a connection begun for one request may end up serving another.
const CONNECTING: Duration = Duration::from_mins(1);
/// A name may move to other addresses; idle connections to the old ones end after this time.
const IDLE: Duration = Duration::from_mins(1);
const HTTP2_HEADER_BYTES: u32 = 64 << 10;

#[expect(clippy::disallowed_methods, reason = "this is the one client every outgoing byte goes through")]
fn client(
    resolver: Resolver,
    user_agent: &str,
    authority: Option<&[u8]>,
    identity: Option<reqwest::Identity>,
) -> Result<reqwest::Client, reqwest::Error> {
    let client = reqwest::Client::builder()
        .dns_resolver(resolver)
        // A proxy of the environment would resolve names out of our sight.
        .no_proxy()
        // A redirect leads to a target nobody has judged.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Whether a request may be sent again is the caller's decision.
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECTING)
        .pool_idle_timeout(IDLE)
        .http2_max_header_list_size(HTTP2_HEADER_BYTES);
    let client = match authority {
        Some(authority) => client.tls_certs_only([reqwest::Certificate::from_der(authority)?]),
        None => client,
    };
    let client = if user_agent.is_empty() { client } else { client.user_agent(user_agent) };
    match identity {
        Some(identity) => client.identity(identity).build(),
        None => client.build(),
    }
}

/// Reads the target by the WHATWG rules, which turn every spelling of an IPv4 address into the address itself.
fn canonical(uri: &http::Uri) -> Result<Url, Denied> {
    Url::parse(&uri.to_string())
        .map_err(|_| Denied { host: uri.host().unwrap_or_default().to_owned(), reason: Reason::Malformed })
}

fn outgoing(request: http::Request<Vec<u8>>, url: Url) -> (reqwest::Request, Progress) {
    let (head, body) = request.into_parts();
    let mut headers = head.headers;
    // The host is the one that was judged, and the length is that of the body at hand (RFC 9112 §6.3).
    for ours in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(ours);
    }
    if body.is_empty() {
        mark_empty(&head.method, &mut headers);
    }
    // API keys travel in headers of any name, so all are kept out of HTTP/2 compression tables and debug output.
    headers.values_mut().for_each(|value| value.set_sensitive(true));
    let (body, progress) = Outgoing::new(body);
    let mut request = reqwest::Request::new(head.method, url);
    *request.headers_mut() = headers;
    *request.body_mut() = Some(reqwest::Body::wrap(body));
    (request, progress)
}

/// RFC 9110 §8.6: where a method expects content, its absence is said. Some servers answer 411 otherwise.
fn mark_empty(method: &Method, headers: &mut HeaderMap) {
    if matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// Runs a request until the head of its answer; `None` when the time is up. The request is gone when this returns.
async fn execute(
    client: &reqwest::Client,
    request: reqwest::Request,
    progress: &Progress,
    connected_by: Instant,
    deadline: Instant,
) -> Option<Result<reqwest::Response, reqwest::Error>> {
    let mut answer = std::pin::pin!(client.execute(request));
    if let Ok(answer) = timeout_at(connected_by, &mut answer).await {
        return Some(answer);
    }
    if !progress.has_begun() {
        return None;
    }
    timeout_at(deadline, answer).await.ok()
}
