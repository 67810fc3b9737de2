//! The operator's list of inner targets that may be reached.
//!
//! Everything public is allowed without it. It is complete before the first request; nothing adds to it later.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::Host;

/// Targets that may be reached although they are not public, and that may be spoken to without TLS.
///
/// A comma list of
/// - addresses and ranges, `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`: any port, also when a name resolves to them;
/// - an address with a port, `127.0.0.1:8080`, `[::1]:8080`: only when the URL names that address itself;
/// - names, `idp.internal`, `idp.internal:8443`: whatever they resolve to, on any port or on that one.
///
/// An IPv4 range does not cover the IPv6 addresses that carry its addresses inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Entry>);

/// An item of the list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{item}` in the egress allow list is not an address, a range, a host or host:port")]
pub struct AllowListError {
    /// The item as it was written.
    pub item: String,
}

impl AllowList {
    /// This list and another one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether the name is listed for this port. `name` is in canonical form, without a dot at its end.
    pub(crate) fn lists_name(&self, name: &str, port: u16) -> bool {
        self.0.iter().any(|entry| match entry {
            Entry::Name(listed, at) => listed == name && at.is_none_or(|at| at == port),
            Entry::Range(_) | Entry::Address(..) => false,
        })
    }

    /// Whether the address is listed for every port.
    pub(crate) fn lists_address(&self, address: IpAddr) -> bool {
        self.0.iter().any(|entry| matches!(entry, Entry::Range(range) if range.contains(&address)))
    }

    /// Whether the address, written in a URL, is listed for this port.
    pub(crate) fn lists_literal(&self, address: IpAddr, port: u16) -> bool {
        self.lists_address(address) || self.0.contains(&Entry::Address(address, port))
    }

    /// Whether a name that is not listed could resolve to a listed address.
    pub(crate) fn has_ranges(&self) -> bool {
        self.0.iter().any(|entry| matches!(entry, Entry::Range(_)))
    }
}

impl FromStr for AllowList {
    type Err = AllowListError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| entry(item).ok_or_else(|| AllowListError { item: item.to_owned() }))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Range(IpNet),
    Address(IpAddr, u16),
    Name(String, Option<u16>),
}

fn entry(item: &str) -> Option<Entry> {
    if let Ok(range) = item.parse::<IpNet>() {
        return Some(Entry::Range(range.trunc()));
    }
    if let Ok(address) = item.parse::<IpAddr>() {
        return Some(Entry::Range(address.into()));
    }
    let (host, port) = split_port(item)?;
    // The same parser that reads URLs, so that `127.1` and `IDP.internal` mean here what they mean there.
    let address = match Host::parse(host).ok()? {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            // A wildcard passes the URL parser, but would match nothing.
            let plain = !name.is_empty() && !name.contains('*');
            return plain.then(|| Entry::Name(name.to_owned(), port));
        }
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
    };
    Some(port.map_or_else(|| Entry::Range(address.into()), |port| Entry::Address(address, port)))
}

fn split_port(item: &str) -> Option<(&str, Option<u16>)> {
    match item.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            let port = port.parse().ok().filter(|&port| port != 0 && digits)?;
            Some((host, Some(port)))
        }
        Some(_) | None => Some((item, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> AllowList {
        text.parse().expect("the test wrote this input")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("the test wrote this input")
    }

    #[test]
    fn an_empty_list_lists_nothing() {
        assert_eq!(list(""), AllowList::default());
        assert_eq!(list(" , "), AllowList::default());
        assert!(!AllowList::default().lists_literal(ip("127.0.0.1"), 80));
    }

    #[test]
    fn a_range_covers_its_addresses_on_any_port() {
        let list = list("10.0.0.0/8, fd00::/8");
        assert!(list.lists_address(ip("10.255.0.1")));
        assert!(list.lists_literal(ip("fd12::1"), 8080));
        assert!(!list.lists_address(ip("11.0.0.1")));
    }

    #[test]
    fn a_range_with_host_bits_is_its_network() {
        assert_eq!(list("10.1.2.3/8"), list("10.0.0.0/8"));
    }

    #[test]
    fn a_range_does_not_cover_ipv6_forms_of_its_addresses() {
        assert!(!list("127.0.0.0/8").lists_address(ip("::ffff:127.0.0.1")));
    }

    #[test]
    fn an_address_with_a_port_is_listed_on_that_port_only() {
        for (text, address) in [("127.0.0.1:8080", "127.0.0.1"), ("[::1]:8080", "::1")] {
            let list = list(text);
            assert!(list.lists_literal(ip(address), 8080));
            assert!(!list.lists_literal(ip(address), 8081));
            assert!(!list.lists_address(ip(address)));
        }
    }

    #[test]
    fn a_name_is_listed_in_its_canonical_form() {
        let list = list("IDP.internal., bücher.example:8443");
        assert!(list.lists_name("idp.internal", 443));
        assert!(list.lists_name("xn--bcher-kva.example", 8443));
        assert!(!list.lists_name("xn--bcher-kva.example", 443));
        assert!(!list.lists_name("sub.idp.internal", 443));
    }

    #[test]
    fn numbers_are_read_as_urls_read_them() {
        assert_eq!(list("127.1"), list("127.0.0.1"));
        assert_eq!(list("[::1]"), list("::1"));
    }

    #[test]
    fn a_bad_item_is_named_in_the_error() {
        let bad = [
            "10.0.0.0/33",
            "http://idp.internal",
            "*.internal",
            "idp:0",
            "idp:65536",
            "idp:+80",
            "idp:",
            ":80",
            "a b",
            "::1:8080:",
            "idp/path",
            ".",
        ];
        for item in bad {
            let error = format!("127.0.0.1, {item}").parse::<AllowList>().expect_err("this must fail");
            assert_eq!(error.item, item);
            assert!(error.to_string().contains(item));
        }
    }
}
