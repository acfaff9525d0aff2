//! `[server]`: limits of the connections that others open to Darkroom.

use std::time::Duration;

use super::file::ServerSection;

/// Limits of TCP connections. How many of them may be live connections of pages and programs is
/// [`Config::max_connections`](super::Config::max_connections).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionsConfig {
    /// `[server] max_tcp_connections`: open connections in total; further ones are answered 503 and closed. At least 1. Fewer where the system
    /// permits fewer open files.
    pub max: usize,
    /// `[server] max_tcp_connections_per_address`: of one address; further ones are answered 429 and closed. 0 is no limit.
    pub max_per_address: usize,
    /// `[server] head_within_s`: from the first byte of a request to the end of its head, and from opening a connection to the first byte.
    pub head_within: Duration,
    /// `[server] idle_within_s`: how long a connection may wait for its next request.
    pub idle_within: Duration,
    /// `[server] body_within_s` and `body_bytes_per_second`: a request's body may be waited for this long, and longer by the time that its
    /// bytes take at this rate. At least 1 byte a second.
    pub body_within: Duration,
    pub body_bytes_per_second: u32,
    /// `[server] hello_within_s`: from the handshake of a WebSocket to the first message, the hello.
    pub hello_within: Duration,
}

impl Default for ConnectionsConfig {
    fn default() -> Self {
        Self {
            max: 12_000,
            max_per_address: 1_000,
            head_within: Duration::from_secs(15),
            idle_within: Duration::from_secs(75),
            body_within: Duration::from_secs(30),
            body_bytes_per_second: 1_000,
            hello_within: Duration::from_secs(10),
        }
    }
}

impl ConnectionsConfig {
    pub(super) fn of(section: &ServerSection) -> Self {
        let default = Self::default();
        Self {
            max: section.max_tcp_connections.map_or(default.max, usize::from),
            max_per_address: section.max_tcp_connections_per_address.unwrap_or(default.max_per_address),
            head_within: section.head_within_s.map_or(default.head_within, Duration::from),
            idle_within: section.idle_within_s.map_or(default.idle_within, Duration::from),
            body_within: section.body_within_s.map_or(default.body_within, Duration::from),
            body_bytes_per_second: section.body_bytes_per_second.map_or(default.body_bytes_per_second, u32::from),
            hello_within: section.hello_within_s.map_or(default.hello_within, Duration::from),
        }
    }
}
