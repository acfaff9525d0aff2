//! How many connections there may be at once, in total and from one address.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::Mutex;

use crate::{
    access::network,
    config::{AccessConfig, ConnectionsConfig},
    meters::Meters,
};

/// Files that the rest of the server needs: the database, connections to ComfyUIs, calls of webhooks.
const RESERVED_FILES: u64 = 256;

/// Counts open connections. Cheap to clone: clones count together.
#[derive(Clone)]
pub struct Admission(Arc<Inner>);

struct Inner {
    max: usize,
    /// `None`: addresses are not distinguished.
    max_per_address: Option<usize>,
    counts_loopback: bool,
    open: Mutex<Open>,
    meters: Meters,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Total,
    Address,
}

/// The permit of an open connection, until it is dropped.
pub(super) struct ConnectionPermit {
    admission: Admission,
    /// `None`: not counted by address.
    address: Option<IpAddr>,
}

impl Admission {
    /// Raises the system's limit of open files as far as this process may, and stays below it.
    #[must_use]
    pub fn new(limits: &ConnectionsConfig, access: &AccessConfig, meters: Meters) -> Self {
        let files = rlimit::increase_nofile_limit(rlimit::INFINITY).unwrap_or(u64::MAX);
        let possible = usize::try_from(files - RESERVED_FILES.min(files / 2)).unwrap_or(usize::MAX).max(1);
        if possible < limits.max {
            tracing::warn!(
                files,
                connections = possible,
                "fewer connections than [server] max_tcp_connections: the system permits too few open files"
            );
        }
        Self(Arc::new(Inner {
            max: limits.max.min(possible),
            // All connections of a proxy have its address. Without a token this machine itself is not limited, as for requests.
            max_per_address: (limits.max_per_address > 0 && !access.behind_proxy).then_some(limits.max_per_address),
            counts_loopback: access.token.is_some(),
            open: Mutex::default(),
            meters,
        }))
    }

    pub(super) fn admit(&self, peer: IpAddr) -> Result<ConnectionPermit, Full> {
        self.take(peer).inspect_err(|full| self.0.meters.connection_refused(full.label()))
    }

    fn take(&self, peer: IpAddr) -> Result<ConnectionPermit, Full> {
        let is_counted = self.0.max_per_address.is_some() && (self.0.counts_loopback || !peer.to_canonical().is_loopback());
        let address = is_counted.then(|| network(peer));
        let mut open = self.0.open.lock();
        if open.total >= self.0.max {
            return Err(Full::Total);
        }
        if let (Some(address), Some(max)) = (address, self.0.max_per_address) {
            let count = open.by_address.entry(address).or_default();
            if *count >= max {
                return Err(Full::Address);
            }
            *count += 1;
        }
        open.total += 1;
        self.0.meters.connections.inc();
        Ok(ConnectionPermit { admission: self.clone(), address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.admission.0.open.lock();
        open.total -= 1;
        self.admission.0.meters.connections.dec();
        if let Some(address) = self.address
            && let Some(count) = open.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

impl Full {
    fn label(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
        }
    }

    /// A whole HTTP response, sent without reading a request.
    pub(super) fn response(self) -> String {
        let (status, text) = match self {
            Self::Total => ("503 Service Unavailable", "Darkroom has as many open connections as it may ([server] max_tcp_connections).\n"),
            Self::Address => (
                "429 Too Many Requests",
                "This address has as many open connections as it may ([server] max_tcp_connections_per_address).\n",
            ),
        };
        let length = text.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\nretry-after: 10\r\nconnection: close\r\n\r\n{text}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn with(max: usize, max_per_address: usize, change: impl FnOnce(&mut AccessConfig)) -> Admission {
        let mut access = AccessConfig::default();
        change(&mut access);
        Admission::new(&ConnectionsConfig { max, max_per_address, ..ConnectionsConfig::default() }, &access, Meters::default())
    }

    fn admit(admission: &Admission, peer: &str) -> Result<ConnectionPermit, Full> {
        admission.admit(peer.parse().unwrap())
    }

    #[test]
    fn a_closed_connection_frees_its_permit() {
        let admission = with(2, 0, |_| {});
        let first = admit(&admission, "10.0.0.1").ok().unwrap();
        let _second = admit(&admission, "10.0.0.1").ok().unwrap();
        assert_eq!(admit(&admission, "10.0.0.2").err(), Some(Full::Total));
        drop(first);
        assert_eq!(admission.0.open.lock().total, 1);
        assert!(admit(&admission, "10.0.0.2").is_ok());
    }

    #[test]
    fn one_address_cannot_take_all_connections() {
        let admission = with(9, 1, |_| {});
        let first = admit(&admission, "10.0.0.1").ok().unwrap();
        assert_eq!(admit(&admission, "10.0.0.1").err(), Some(Full::Address));
        assert_eq!(admit(&admission, "::ffff:10.0.0.1").err(), Some(Full::Address), "the same address, mapped into IPv6");
        let other = admit(&admission, "2001:db8::1").ok().unwrap();
        assert_eq!(admit(&admission, "2001:db8::2").err(), Some(Full::Address), "one network");
        drop((first, other));
        assert!(admission.0.open.lock().by_address.is_empty());
        assert!(admit(&admission, "10.0.0.1").is_ok());
    }

    #[test]
    fn trusted_proxies_and_loopback_without_a_token_have_no_limit_per_address() {
        let twice = |admission: Admission, peer| {
            let _first = admit(&admission, peer).ok().unwrap();
            admit(&admission, peer).is_ok()
        };
        assert!(twice(with(9, 1, |access| access.behind_proxy = true), "10.0.0.1"));
        assert!(twice(with(9, 1, |_| {}), "127.0.0.1"));
        let token = |access: &mut AccessConfig| access.token = Some(Secret::new("0123456789abcdef".into()));
        assert!(!twice(with(9, 1, token), "127.0.0.1"), "it may be a proxy that is not configured");
    }
}
