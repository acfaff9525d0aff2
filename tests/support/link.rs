//! A link with shorter delays than in production.

use std::time::Duration;

use darkroom::proto::link::LinkConfig;

/// Shorter delays, so that tests do not wait long. Response deadlines are unchanged: a busy machine must not look like a dead peer.
pub fn brisk_link() -> LinkConfig {
    LinkConfig {
        backoff_first: Duration::from_millis(100),
        backoff_max: Duration::from_millis(200),
        poll_busy: Duration::from_millis(100),
        poll_idle: Duration::from_millis(200),
        hold_for: Duration::from_millis(300),
        stall_after: Some(Duration::from_millis(300)),
        // Never: a test must not pass because of this timer, a minute later.
        stall_reconnect_after: Duration::from_millis(3_600_000),
        restart_pause: Duration::from_millis(100),
        ..LinkConfig::upstream()
    }
}
