//! What kind of place an IP address leads to.
//!
//! The tables follow the IANA special-purpose address registries (RFC 6890 and its updates). Only [`Reach::Public`]
//! may be connected to without the operator's word. An address that no row names is public in IPv4; in IPv6 it must
//! also lie in `2000::/3`, the only part given out for global unicast (RFC 4291 §2.4).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of place an address leads to.
///
/// The kinds that carry an IPv4 address inside an IPv6 one are never public, whatever the inner address is. Which
/// machine they reach depends on translators and tunnels on the way, so the inner address proves nothing, and no
/// honest service is published under such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Globally routed unicast.
    Public,
    /// This machine: 127.0.0.0/8 and `::1`.
    Loopback,
    /// Inner networks: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918).
    Private,
    /// The own link, where clouds put their metadata services: 169.254.0.0/16 and `fe80::/10`.
    LinkLocal,
    /// Shared address space of carriers: 100.64.0.0/10 (RFC 6598).
    Cgnat,
    /// Inner networks of IPv6: `fc00::/7` (RFC 4193).
    UniqueLocal,
    /// Former inner networks of IPv6: `fec0::/10` (RFC 3879).
    SiteLocal,
    /// Groups: 224.0.0.0/4 and `ff00::/8`.
    Multicast,
    /// All machines of the link: 255.255.255.255.
    Broadcast,
    /// No address at all, which many systems connect to themselves: 0.0.0.0 and `::`.
    Unspecified,
    /// "This network": 0.0.0.0/8 (RFC 1122 §3.2.1.3).
    ThisNetwork,
    /// For documents only: RFC 5737, RFC 3849, RFC 9637.
    Documentation,
    /// For measurements only: 198.18.0.0/15 and `2001:2::/48`.
    Benchmark,
    /// Thrown away by routers: `100::/64` (RFC 6666).
    Discard,
    /// A platform service of a cloud under an address that looks public: 168.63.129.16.
    CloudPlatform,
    /// IPv4 inside IPv6 as sockets write it: `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
    V4Mapped,
    /// IPv4 inside IPv6, deprecated: `::/96` (RFC 4291 §2.5.5.1).
    V4Compatible,
    /// IPv4 inside IPv6 for stateless translation: `::ffff:0:0:0/96` (RFC 2765 §2.1).
    V4Translated,
    /// IPv4 behind a translator: `64:ff9b::/96` (RFC 6052) and `64:ff9b:1::/48` (RFC 8215).
    Nat64,
    /// IPv4 behind a relay: `2002::/16` and the relays themselves, 192.88.99.0/24 (RFC 7526).
    SixToFour,
    /// IPv4 and a UDP port in a tunnel: `2001::/32` (RFC 4380).
    Teredo,
    /// IPv4 in the interface part of any prefix (RFC 5214 §6.1).
    Isatap,
    /// Reserved or given to protocols, and not for hosts.
    Reserved,
}

/// Tells what kind of place `address` leads to.
pub fn classify(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Cgnat => "carrier-grade NAT",
            Self::UniqueLocal => "unique local",
            Self::SiteLocal => "site-local",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Unspecified => "unspecified",
            Self::ThisNetwork => "\"this network\"",
            Self::Documentation => "documentation",
            Self::Benchmark => "benchmark",
            Self::Discard => "discard-only",
            Self::CloudPlatform => "cloud platform",
            Self::V4Mapped => "IPv4-mapped",
            Self::V4Compatible => "IPv4-compatible",
            Self::V4Translated => "IPv4-translated",
            Self::Nat64 => "NAT64",
            Self::SixToFour => "6to4",
            Self::Teredo => "Teredo",
            Self::Isatap => "ISATAP",
            Self::Reserved => "reserved",
        })
    }
}

fn classify_v4(address: Ipv4Addr) -> Reach {
    V4.iter()
        .find(|(network, bits, _)| (address.to_bits() ^ u32::from_be_bytes(*network)) >> (32 - bits) == 0)
        .map_or(Reach::Public, |(_, _, reach)| *reach)
}

fn classify_v6(address: Ipv6Addr) -> Reach {
    let named = V6
        .iter()
        .find(|(network, bits, _)| (address.to_bits() ^ network.to_bits()) >> (128 - bits) == 0)
        .map(|(_, _, reach)| *reach);
    let segments = address.segments();
    match named {
        Some(reach) => reach,
        // The interface part is 0000:5efe or 0200:5efe (universal bit set), then the IPv4 address.
        None if segments[4] & 0xfdff == 0 && segments[5] == 0x5efe => Reach::Isatap,
        None if segments[0] & 0xe000 == 0x2000 => Reach::Public,
        None => Reach::Reserved,
    }
}

/// Network, number of leading bits (at least one), kind. The first row that fits decides.
const V4: &[([u8; 4], u32, Reach)] = &[
    ([0, 0, 0, 0], 32, Reach::Unspecified),
    ([0, 0, 0, 0], 8, Reach::ThisNetwork),
    ([10, 0, 0, 0], 8, Reach::Private),
    ([100, 64, 0, 0], 10, Reach::Cgnat),
    ([127, 0, 0, 0], 8, Reach::Loopback),
    ([168, 63, 129, 16], 32, Reach::CloudPlatform),
    ([169, 254, 0, 0], 16, Reach::LinkLocal),
    ([172, 16, 0, 0], 12, Reach::Private),
    ([192, 0, 0, 0], 24, Reach::Reserved),
    ([192, 0, 2, 0], 24, Reach::Documentation),
    // AS112 and AMT anycast (RFC 7535, RFC 7450, RFC 7534): routed, but answered by whoever is nearest.
    ([192, 31, 196, 0], 24, Reach::Reserved),
    ([192, 52, 193, 0], 24, Reach::Reserved),
    ([192, 88, 99, 0], 24, Reach::SixToFour),
    ([192, 168, 0, 0], 16, Reach::Private),
    ([192, 175, 48, 0], 24, Reach::Reserved),
    ([198, 18, 0, 0], 15, Reach::Benchmark),
    ([198, 51, 100, 0], 24, Reach::Documentation),
    ([203, 0, 113, 0], 24, Reach::Documentation),
    ([224, 0, 0, 0], 4, Reach::Multicast),
    ([255, 255, 255, 255], 32, Reach::Broadcast),
    ([240, 0, 0, 0], 4, Reach::Reserved),
];

/// As [`V4`].
const V6: &[(Ipv6Addr, u32, Reach)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, Reach::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Reach::Loopback),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, Reach::V4Mapped),
    (Ipv6Addr::UNSPECIFIED, 96, Reach::V4Compatible),
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, Reach::V4Translated),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, Reach::Nat64),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Reach::Nat64),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Reach::Discard),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Reach::Teredo),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Reach::Benchmark),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reach::Reserved),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Reach::Documentation),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Reach::SixToFour),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48, Reach::Reserved),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Reach::Documentation),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Reach::UniqueLocal),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Reach::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Reach::SiteLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Reach::Multicast),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_block_is_named_at_both_its_edges() {
        let table = [
            ("0.0.0.0", "0.0.0.0", Reach::Unspecified),
            ("0.0.0.1", "0.255.255.255", Reach::ThisNetwork),
            ("1.0.0.0", "9.255.255.255", Reach::Public),
            ("10.0.0.0", "10.255.255.255", Reach::Private),
            ("11.0.0.0", "100.63.255.255", Reach::Public),
            ("100.64.0.0", "100.127.255.255", Reach::Cgnat),
            ("100.128.0.0", "126.255.255.255", Reach::Public),
            ("127.0.0.0", "127.255.255.255", Reach::Loopback),
            ("168.63.129.15", "168.63.129.17", Reach::Public),
            ("168.63.129.16", "168.63.129.16", Reach::CloudPlatform),
            ("169.253.255.255", "169.255.0.0", Reach::Public),
            ("169.254.0.0", "169.254.255.255", Reach::LinkLocal),
            ("172.15.255.255", "172.32.0.0", Reach::Public),
            ("172.16.0.0", "172.31.255.255", Reach::Private),
            ("191.255.255.255", "192.0.1.0", Reach::Public),
            ("192.0.0.0", "192.0.0.255", Reach::Reserved),
            ("192.0.2.0", "192.0.2.255", Reach::Documentation),
            ("192.88.99.0", "192.88.99.255", Reach::SixToFour),
            ("192.167.255.255", "192.169.0.0", Reach::Public),
            ("192.168.0.0", "192.168.255.255", Reach::Private),
            ("198.17.255.255", "198.20.0.0", Reach::Public),
            ("198.18.0.0", "198.19.255.255", Reach::Benchmark),
            ("198.51.100.0", "198.51.100.255", Reach::Documentation),
            ("203.0.113.0", "203.0.113.255", Reach::Documentation),
            ("203.0.114.0", "223.255.255.255", Reach::Public),
            ("224.0.0.0", "239.255.255.255", Reach::Multicast),
            ("240.0.0.0", "255.255.255.254", Reach::Reserved),
            ("255.255.255.255", "255.255.255.255", Reach::Broadcast),
            ("::", "::", Reach::Unspecified),
            ("::1", "::1", Reach::Loopback),
            ("::2", "::ffff:ffff", Reach::V4Compatible),
            ("::ffff:0:0", "::ffff:ffff:ffff", Reach::V4Mapped),
            ("::ffff:0:0:0", "::ffff:0:ffff:ffff", Reach::V4Translated),
            ("64:ff9b::", "64:ff9b::ffff:ffff", Reach::Nat64),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Reach::Nat64),
            ("64:ff9b:2::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
            ("100::", "100::ffff:ffff:ffff:ffff", Reach::Discard),
            ("2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Public),
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Teredo),
            ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", Reach::Benchmark),
            ("2001:10::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
            ("2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Public),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Documentation),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::SixToFour),
            ("2003::", "2606:4700:4700::1111", Reach::Public),
            ("2a00::5efe:7f00:1", "2a00::200:5efe:7f00:1", Reach::Isatap),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Documentation),
            ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Reserved),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::UniqueLocal),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::LinkLocal),
            ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::SiteLocal),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Reach::Multicast),
        ];
        for (first, last, reach) in table {
            assert_eq!(classify(first.parse().expect("the test wrote this input")), reach, "{first}");
            assert_eq!(classify(last.parse().expect("the test wrote this input")), reach, "{last}");
        }
    }

    proptest! {
        #[test]
        fn no_ipv6_address_that_carries_ipv4_is_public(inner: u32, port: u16, server: u32, host: u64, prefix: u64) {
            let v4 = u128::from(inner);
            let carriers = [
                u128::from(Ipv4Addr::from_bits(inner).to_ipv6_mapped()),
                v4,
                0xffff_0000_u128 << 32 | v4,
                0x0064_ff9b_u128 << 96 | v4,
                0x0064_ff9b_0001_u128 << 80 | u128::from(host) << 16 | v4,
                0x2002_u128 << 112 | v4 << 80 | u128::from(host),
                0x2001_0000_u128 << 96 | u128::from(server) << 64 | u128::from(!port) << 32 | u128::from(!inner),
                u128::from(prefix) << 64 | 0x0000_5efe_u128 << 32 | v4,
                u128::from(prefix) << 64 | 0x0200_5efe_u128 << 32 | v4,
            ];
            for carrier in carriers.map(Ipv6Addr::from_bits) {
                prop_assert_ne!(classify(carrier.into()), Reach::Public, "{}", carrier);
            }
        }

        #[test]
        fn what_the_standard_library_calls_local_is_never_public(v4: u32, v6: u128) {
            let v4 = Ipv4Addr::from_bits(v4);
            let local = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!(local && classify(v4.into()) == Reach::Public), "{}", v4);
            let v6 = Ipv6Addr::from_bits(v6);
            let local = v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local()
                || v6.is_unicast_link_local();
            prop_assert!(!(local && classify(v6.into()) == Reach::Public), "{}", v6);
        }
    }
}
