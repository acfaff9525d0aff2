//! Receives updates of a run: over a WebSocket, or by polling.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Utf8Bytes, handshake::client::Request};

use super::Connection;
use proto::link::{LinkConfig, LinkState};

/// What the caller must handle.
pub(super) enum WatchEvent {
    Link(comfyui::LinkEvent),
    /// The connection state changed.
    Connection(Connection),
}

/// A connection, and the state last reported to the caller.
pub(super) struct LinkWatch {
    pub(super) driver: comfyui::LinkDriver,
    connection: ConnectionState,
    /// Sockets are refused permanently: when to poll next, and the interval.
    polls: Option<(Instant, Duration)>,
}

impl LinkWatch {
    pub(super) fn open(config: LinkConfig, request: Request, greeting: Utf8Bytes) -> Self {
        Self { driver: comfyui::LinkDriver::open(config, request, greeting), connection: ConnectionState::new("WebSocket"), polls: None }
    }

    /// Waits for the next event. Cancel safe.
    pub(super) async fn next(&mut self) -> WatchEvent {
        loop {
            let poll = self.polls.map_or_else(|| Instant::now() + Duration::from_secs(3600), |(at, _)| at);
            tokio::select! {
                () = sleep_until(poll) => {
                    self.polls = self.polls.map(|(_, every)| (Instant::now() + every, every));
                    return WatchEvent::Link(comfyui::LinkEvent::Poll);
                }
                signal = self.driver.next() => match signal {
                    comfyui::LinkEvent::State(state) => {
                        if let Some(connection) = self.connection.changed(state) {
                            return WatchEvent::Connection(connection);
                        }
                    }
                    signal => {
                        if matches!(signal, comfyui::LinkEvent::Refused) {
                            self.polls = Some((Instant::now(), LinkConfig::upstream().poll_busy));
                        }
                        return WatchEvent::Link(signal);
                    }
                },
            }
        }
    }
}

/// The connection state last reported.
pub(super) struct ConnectionState {
    transport: &'static str,
    last: Connection,
    was_live: bool,
}

impl ConnectionState {
    /// `transport`: its name in messages.
    pub(super) fn new(transport: &'static str) -> Self {
        Self { transport, last: Connection::Connecting, was_live: false }
    }

    /// The connection state to report, unless it was reported already.
    pub(super) fn changed(&mut self, state: LinkState) -> Option<Connection> {
        let connection = match state {
            LinkState::Connecting => Connection::Connecting,
            LinkState::Connected => {
                self.was_live = true;
                Connection::Live
            }
            // Do not report the first failure: the server may be unreachable, which is reported as an error.
            LinkState::Reconnecting { attempt: 1, .. } if !self.was_live => return None,
            LinkState::Reconnecting { .. } => Connection::Reconnecting { was_live: self.was_live },
            LinkState::Suspended { .. } => Connection::Restarting,
            LinkState::Polling { .. } => Connection::Polling { why: format!("the {} does not hold", self.transport) },
            LinkState::Failed { why } => Connection::Polling { why: format!("no {}, {}", self.transport, why.trim_end_matches('.')) },
            LinkState::Disconnected => return None,
        };
        (self.last != connection).then(|| {
            self.last = connection.clone();
            connection
        })
    }
}
