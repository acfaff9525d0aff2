//! The addresses that webhooks may be sent to. A program that submits a task names a url, and Darkroom calls it. Without rules, everyone who can submit
//! tasks could reach hosts that only this machine can reach (server-side request forgery).
//!
//! Our own table on `ipnet`: `IpAddr::is_global` is unstable, and an error must name the kind of network in words ("a private address").

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use ipnet::IpNet;

/// Networks that are not the public internet (IANA's special-purpose registries), and what they are called.
const SPECIAL: &[(&str, &str)] = &[
    ("0.0.0.0/8", "an unspecified"),
    ("10.0.0.0/8", "a private"),
    ("100.64.0.0/10", "a shared (carrier NAT)"),
    ("127.0.0.0/8", "a loopback"),
    ("169.254.0.0/16", "a link-local"),
    ("172.16.0.0/12", "a private"),
    ("192.0.0.0/24", "a reserved"),
    ("192.0.2.0/24", "a documentation"),
    ("192.88.99.0/24", "a reserved"),
    ("192.168.0.0/16", "a private"),
    ("198.18.0.0/15", "a benchmarking"),
    ("198.51.100.0/24", "a documentation"),
    ("203.0.113.0/24", "a documentation"),
    ("224.0.0.0/4", "a multicast"),
    ("240.0.0.0/4", "a reserved"),
    ("::/128", "an unspecified"),
    ("::1/128", "a loopback"),
    ("64:ff9b:1::/48", "a private (NAT64)"),
    ("2001::/32", "a tunnel's (Teredo)"),
    ("2001:2::/48", "a benchmarking"),
    ("2001:10::/28", "a reserved"),
    ("2001:20::/28", "a reserved"),
    ("2001:db8::/32", "a documentation"),
    ("3fff::/20", "a documentation"),
    ("fc00::/7", "a private (unique local)"),
    ("fe80::/10", "a link-local"),
    ("fec0::/10", "a private (site-local)"),
    ("ff00::/8", "a multicast"),
];
/// The global unicast block of IPv6.
const PUBLIC_V6: &str = "2000::/3";

static NETWORKS: LazyLock<Vec<(IpNet, &str)>> =
    LazyLock::new(|| SPECIAL.iter().filter_map(|(network, what)| Some((network.parse().ok()?, *what))).collect());
static PUBLIC: LazyLock<Option<IpNet>> = LazyLock::new(|| PUBLIC_V6.parse().ok());

/// The IPv4 address that is embedded in an IPv6 address (mapped, translated, compatible, NAT64, 6to4), if there is one.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        // IPv4-mapped, IPv4-translated, and the deprecated IPv4-compatible.
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] => Some(v4(g, h)),
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(v4(g, h)),
        // NAT64, 6to4.
        [0x64, 0xff9b, 0, 0, 0, 0] => Some(v4(g, h)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

/// The kind of an address that is not on the public internet: "a private", "a loopback". `None` for a public one.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static str> {
    let address = match address {
        IpAddr::V6(v6) => embedded(v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    let found = NETWORKS.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what);
    let is_outside = || address.is_ipv6() && !PUBLIC.is_some_and(|public| public.contains(&address));
    found.or_else(|| is_outside().then_some("a reserved"))
}

/// What the settings allow besides the public internet: networks, addresses, and host names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
}

/// An address that webhooks may not be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ForbiddenAddress {
    host: String,
    what: &'static str,
    /// The value for the setting that would allow it.
    allow: String,
}

impl fmt::Display for ForbiddenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, what, allow } = self;
        write!(
            f,
            "{host} has {what} address. Webhooks go to the public internet only, unless Darkroom's settings allow more: \
             [webhooks] allow = [\"{allow}\"], or --webhook-allow {allow}."
        )
    }
}

impl AllowList {
    /// `10.0.0.0/8`, `127.0.0.1` or `receiver.internal`.
    ///
    /// # Errors
    /// The first word that is none of these.
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Self, String> {
        let mut allowed = Self::default();
        for word in words.iter().map(|word| word.as_ref().trim()) {
            let is_name = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
            let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
            match (word.parse::<IpNet>(), word.parse::<IpAddr>()) {
                (Ok(network), _) => allowed.networks.push(network),
                (_, Ok(address)) => allowed.networks.push(address.into()),
                _ if is_name && has_letter => allowed.hosts.push(word.to_ascii_lowercase()),
                _ => return Err(word.to_owned()),
            }
        }
        Ok(allowed)
    }

    fn has(&self, address: IpAddr) -> bool {
        let plain = match address {
            IpAddr::V6(v6) => embedded(v6).map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        self.networks.iter().any(|network| network.contains(&address) || network.contains(&plain))
    }

    /// Checks an address that is written in a url.
    ///
    /// # Errors
    /// A webhook may not be sent to it.
    pub fn check(&self, address: IpAddr) -> Result<(), ForbiddenAddress> {
        match special(address) {
            Some(what) if !self.has(address) => Err(ForbiddenAddress { host: address.to_string(), what, allow: address.to_string() }),
            _ => Ok(()),
        }
    }

    /// Checks a host name before it is resolved.
    ///
    /// # Errors
    /// It is a name of this machine (`localhost`).
    pub fn check_name(&self, name: &str) -> Result<(), ForbiddenAddress> {
        let is_local = name == "localhost" || name.ends_with(".localhost");
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if !is_local || self.is_host(name) || loopback.into_iter().any(|address| self.has(address)) {
            return Ok(());
        }
        Err(ForbiddenAddress { host: name.to_owned(), what: "a loopback", allow: name.to_owned() })
    }

    fn is_host(&self, name: &str) -> bool {
        self.hosts.iter().any(|host| name.eq_ignore_ascii_case(host))
    }

    /// Of the resolved addresses of a host name, those that may be connected to.
    ///
    /// # Errors
    /// All are forbidden.
    pub fn of(&self, name: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, ForbiddenAddress> {
        if self.is_host(name) {
            return Ok(addresses);
        }
        let refused = addresses.iter().find_map(|address| self.check(*address).err());
        let allowed: Vec<IpAddr> = addresses.into_iter().filter(|address| self.check(*address).is_ok()).collect();
        match refused {
            // The message names the host: its addresses may change.
            Some(refused) if allowed.is_empty() => Err(ForbiddenAddress { host: name.to_owned(), allow: name.to_owned(), ..refused }),
            _ => Ok(allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn every_network_of_the_table_parses() {
        assert_eq!(NETWORKS.len(), SPECIAL.len());
        assert!(PUBLIC.is_some());
        for (network, _) in NETWORKS.iter() {
            assert!(special(network.network()).is_some() && special(network.broadcast()).is_some(), "{network}");
        }
    }

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ];
        for address in public {
            assert_eq!(special(ip(address)), None, "{address}");
        }
        let special_ones = [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2001::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "100::1",
            "4000::1",
            "5f00::1",
        ];
        for address in special_ones {
            assert!(special(ip(address)).is_some(), "{address}");
        }
    }

    #[test]
    fn only_the_configured_networks_are_allowed_besides() {
        let allowed = AllowList::parse(&["127.0.0.1", "10.1.0.0/16", "fd00::/8", " Receiver.internal "]).unwrap();
        for fine in ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "fd12::1", "1.1.1.1"] {
            assert_eq!(allowed.check(ip(fine)), Ok(()), "{fine}");
        }
        for refused in ["127.0.0.2", "10.2.0.1", "::1", "fe80::1"] {
            assert!(allowed.check(ip(refused)).is_err(), "{refused}");
        }
        assert_eq!(allowed.of("RECEIVER.internal", vec![ip("192.168.0.9")]), Ok(vec![ip("192.168.0.9")]));
        let mixed = vec![ip("192.168.0.9"), ip("1.1.1.1")];
        assert_eq!(allowed.of("other.internal", mixed), Ok(vec![ip("1.1.1.1")]));
        let refused = allowed.of("other.internal", vec![ip("192.168.0.9")]).unwrap_err().to_string();
        assert!(
            refused.starts_with("other.internal has a private address.") && refused.contains("--webhook-allow other.internal"),
            "{refused}"
        );
        for wrong in ["", "10.0.0.0/33", "10.0.0", "http://x", "a b", "1.2.3.4.5", "x/8"] {
            assert_eq!(AllowList::parse(&[wrong]), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn localhost_is_loopback() {
        let none = AllowList::default();
        for name in ["localhost", "x.localhost"] {
            assert!(none.check_name(name).unwrap_err().to_string().contains("loopback"));
        }
        assert_eq!(none.check_name("localhost.example"), Ok(()));
        assert_eq!(AllowList::parse(&["localhost"]).unwrap().check_name("localhost"), Ok(()));
        assert_eq!(AllowList::parse(&["127.0.0.0/8"]).unwrap().check_name("localhost"), Ok(()));
    }

    proptest! {
        /// An embedded IPv4 address is checked like the address itself.
        #[test]
        fn an_embedded_ipv4_address_is_checked_as_ipv4(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let plain = special(IpAddr::V4(v4));
            let embedded = [
                v4.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 7, 0, 0, 0, 1),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            ];
            for address in embedded {
                prop_assert_eq!(special(IpAddr::V6(address)), plain, "{}", address);
            }
        }

        /// An address that the standard library classifies as local is never public.
        #[test]
        fn addresses_that_std_calls_private_are_never_public(bits: u32, wide: u128) {
            let v4 = Ipv4Addr::from(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.is_unspecified() {
                prop_assert!(special(IpAddr::V4(v4)).is_some());
            }
            let v6 = Ipv6Addr::from(wide);
            if v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local() {
                prop_assert!(special(IpAddr::V6(v6)).is_some());
            }
        }
    }
}
