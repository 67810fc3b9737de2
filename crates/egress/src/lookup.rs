//! Names to addresses, with every address judged before it is connected to.
//!
//! The client asks [`Resolver`] once a connection and connects to exactly what it answers, so there is no second
//! look-up that a hostile name server could answer differently.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::allow::AllowList;
use crate::client::Ground;
use crate::guard::{Denied, Trust, judge_address};

/// The addresses of a name, when they are known.
pub type Lookups = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where addresses of names come from. The system's resolver by default; tests bring their own.
pub trait Lookup: Send + Sync {
    /// All addresses of `host`. Nothing here is trusted: the caller judges each address.
    fn lookup(&self, host: &str) -> Lookups;
}

/// The resolver of the operating system, on the pool for blocking work.
pub(crate) struct System;

/// What the HTTP client asks. It refuses the whole answer when one address of it may not be reached: a mixed answer
/// is no honest one, and which address is tried first is not ours to decide.
pub(crate) struct Resolver {
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) allow: Arc<AllowList>,
    pub(crate) trust: Trust,
    /// The port that names lead to; 0 stands for the port of the URL.
    pub(crate) port: u16,
}

/// The name has no address, or the resolver did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the name was not resolved")]
pub(crate) struct Unresolved;

impl Resolver {
    pub(crate) fn on(ground: &Ground, allow: Arc<AllowList>, trust: Trust) -> Self {
        Self { lookup: ground.lookup.clone(), allow, trust, port: ground.port }
    }
}

impl Lookup for System {
    fn lookup(&self, host: &str) -> Lookups {
        let host = host.to_owned();
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.lookup(name.as_str());
        let (allow, trust, port) = (self.allow.clone(), self.trust, self.port);
        Box::pin(async move {
            let addresses = found.await.map_err(|_| Unresolved)?;
            if addresses.is_empty() {
                return Err(Unresolved.into());
            }
            for &address in &addresses {
                judge_address(&allow, trust, address)
                    .map_err(|reason| Denied { host: name.as_str().to_owned(), reason })?;
            }
            let targets: Addrs =
                Box::new(addresses.into_iter().map(move |address| SocketAddr::new(address, port)));
            Ok(targets)
        })
    }
}
