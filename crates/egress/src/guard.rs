//! The decision where a request may go.
//!
//! What a URL says is judged here before anything is sent; what a name resolves to is judged in [`crate::lookup`] at
//! the moment of connecting, by the same rules.

use std::net::IpAddr;

use url::{Host, Url};

use crate::allow::AllowList;
use crate::reach::{Reach, classify};

/// A target that may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} may not be reached: {reason}")]
pub struct Denied {
    /// The host as the URL names it.
    pub host: String,
    /// Why it may not be reached.
    pub reason: Reason,
}

/// Why a target may not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The address is not a URL with a host.
    #[error("it is not an absolute URL with a host")]
    Malformed,
    /// The scheme is neither `https` nor `http`.
    #[error("its scheme is not https")]
    Scheme,
    /// The scheme is `http` and the target is not on the allow list.
    #[error("it is not on the egress allow list, so it must be spoken to over https")]
    PlainHttp,
    /// The URL carries a user name or password, which would confuse readers about its host.
    #[error("its URL carries a user name or password")]
    UserInfo,
    /// The name is kept for this machine or for the metadata service of a cloud.
    #[error("its name is reserved for local use and not on the egress allow list")]
    LocalName,
    /// An address of the target is not public and not on the allow list.
    #[error("it has a {0} address that is not on the egress allow list")]
    Address(Reach),
}

/// Which addresses a name may resolve to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Any: the operator listed the name.
    Name,
    /// Public or listed ones: the request uses TLS.
    Public,
    /// Listed ones: the request does not use TLS.
    Listed,
}

/// Judges what the URL says. Addresses behind a name are judged later, under the trust given here.
pub(crate) fn judge_url(allow: &AllowList, url: &Url) -> Result<Trust, Denied> {
    let host = url.host_str().unwrap_or_default();
    judge(allow, url).map_err(|reason| Denied { host: host.to_owned(), reason })
}

/// Judges an address a name resolved to.
pub(crate) fn judge_address(allow: &AllowList, trust: Trust, address: IpAddr) -> Result<(), Reason> {
    let reach = classify(address);
    match trust {
        Trust::Name => Ok(()),
        Trust::Public | Trust::Listed if allow.lists_address(address) => Ok(()),
        Trust::Public if reach == Reach::Public => Ok(()),
        Trust::Listed if reach == Reach::Public => Err(Reason::PlainHttp),
        Trust::Public | Trust::Listed => Err(Reason::Address(reach)),
    }
}

fn judge(allow: &AllowList, url: &Url) -> Result<Trust, Reason> {
    let trust = match url.scheme() {
        "https" => Trust::Public,
        "http" => Trust::Listed,
        _ => return Err(Reason::Scheme),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Reason::UserInfo);
    }
    let port = url.port_or_known_default().ok_or(Reason::Malformed)?;
    match url.host().ok_or(Reason::Malformed)? {
        Host::Ipv4(address) => judge_literal(allow, trust, address.into(), port),
        Host::Ipv6(address) => judge_literal(allow, trust, address.into(), port),
        Host::Domain(name) => judge_name(allow, trust, name.trim_end_matches('.'), port),
    }
}

/// The client connects to a literal address without asking a resolver, so the whole judgement falls here.
fn judge_literal(allow: &AllowList, trust: Trust, address: IpAddr, port: u16) -> Result<Trust, Reason> {
    if allow.lists_literal(address, port) {
        return Ok(trust);
    }
    judge_address(allow, trust, address).map(|()| trust)
}

fn judge_name(allow: &AllowList, trust: Trust, name: &str, port: u16) -> Result<Trust, Reason> {
    if name.is_empty() {
        return Err(Reason::Malformed);
    }
    if allow.lists_name(name, port) {
        return Ok(Trust::Name);
    }
    // RFC 6761 §6.3 keeps `localhost` and all below it for the own machine.
    if name == "localhost" || name.ends_with(".localhost") || name == "metadata.google.internal" {
        return Err(Reason::LocalName);
    }
    // Only a listed range can still make a plain request good.
    if trust == Trust::Listed && !allow.has_ranges() {
        return Err(Reason::PlainHttp);
    }
    Ok(trust)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(allow: &str, url: &str) -> Result<Trust, Reason> {
        judge_url(
            &allow.parse().expect("the test wrote this input"),
            &url.parse().expect("the test wrote this input"),
        )
        .map_err(|denied| denied.reason)
    }

    #[test]
    fn public_targets_need_tls() {
        assert_eq!(judged("", "https://api.example.com/v1"), Ok(Trust::Public));
        assert_eq!(judged("", "https://1.1.1.1/"), Ok(Trust::Public));
        assert_eq!(judged("", "http://api.example.com/v1"), Err(Reason::PlainHttp));
        assert_eq!(judged("", "http://1.1.1.1/"), Err(Reason::PlainHttp));
    }

    #[test]
    fn only_http_and_https_leave() {
        for url in ["ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "ws://example.com/"]
        {
            assert_eq!(judged("", url), Err(Reason::Scheme), "{url}");
        }
    }

    #[test]
    fn user_names_and_passwords_are_refused() {
        for url in ["https://a@example.com/", "https://:b@example.com/", "https://1.1.1.1 &@example.com/"] {
            assert_eq!(judged("", url), Err(Reason::UserInfo), "{url}");
        }
        assert_eq!(judged("example.com", "http://a:b@example.com/"), Err(Reason::UserInfo));
    }

    #[test]
    fn local_names_are_refused_with_and_without_the_last_dot() {
        for name in ["localhost", "LOCALHOST.", "a.localhost", "a.localhost.", "metadata.google.internal."] {
            assert_eq!(judged("127.0.0.0/8", &format!("https://{name}/")), Err(Reason::LocalName), "{name}");
        }
    }

    #[test]
    fn a_listed_name_is_trusted_on_its_port() {
        assert_eq!(judged("localhost:3000", "http://localhost:3000/"), Ok(Trust::Name));
        assert_eq!(judged("localhost:3000", "http://localhost.:3000/"), Ok(Trust::Name));
        assert_eq!(judged("localhost:3000", "http://localhost:3001/"), Err(Reason::LocalName));
        assert_eq!(judged("idp.lan", "https://idp.lan:8443/"), Ok(Trust::Name));
    }

    #[test]
    fn a_plain_name_waits_for_its_addresses_when_a_range_is_listed() {
        assert_eq!(judged("10.0.0.0/8", "http://idp.lan/"), Ok(Trust::Listed));
        assert_eq!(judged("10.0.0.1:80", "http://idp.lan/"), Err(Reason::PlainHttp));
    }

    #[test]
    fn each_trust_takes_its_own_addresses() {
        let allow: AllowList = "10.0.0.0/8".parse().expect("the test wrote this input");
        let judged = |trust, address: &str| {
            judge_address(&allow, trust, address.parse().expect("the test wrote this input"))
        };
        let private = Err(Reason::Address(Reach::Private));
        assert_eq!(judged(Trust::Public, "1.1.1.1"), Ok(()));
        assert_eq!(judged(Trust::Public, "10.0.0.1"), Ok(()));
        assert_eq!(judged(Trust::Public, "192.168.0.1"), private);
        assert_eq!(judged(Trust::Listed, "1.1.1.1"), Err(Reason::PlainHttp));
        assert_eq!(judged(Trust::Listed, "10.0.0.1"), Ok(()));
        assert_eq!(judged(Trust::Listed, "192.168.0.1"), private);
        assert_eq!(judged(Trust::Name, "192.168.0.1"), Ok(()));
    }
}
