//! Receives updates of a run: over a WebSocket, or by polling.

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::Connection;
use comfyui::Handshake;
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
}

impl LinkWatch {
    pub(super) fn open(config: LinkConfig, handshake: Handshake, greeting: Utf8Bytes) -> Self {
        Self { driver: comfyui::LinkDriver::open(config, handshake, greeting), connection: ConnectionState::new("WebSocket") }
    }

    /// Waits for the next event. Cancel safe.
    pub(super) async fn next(&mut self) -> WatchEvent {
        loop {
            match self.driver.next().await {
                comfyui::LinkEvent::State(state) => {
                    if let Some(connection) = self.connection.changed(state, self.driver.link().refusal()) {
                        return WatchEvent::Connection(connection);
                    }
                }
                signal => return WatchEvent::Link(signal),
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

    /// The connection state to report, unless it was reported already. `refusal`: the server's reason for opening no connection, if it gave one.
    pub(super) fn changed(&mut self, state: LinkState, refusal: Option<&str>) -> Option<Connection> {
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
            LinkState::Polling { .. } => {
                Connection::Polling { why: refusal.map_or_else(|| format!("the {} does not hold", self.transport), str::to_owned) }
            }
            LinkState::Failed { why } => Connection::Polling { why: format!("no {}, {}", self.transport, why.trim_end_matches('.')) },
            LinkState::Disconnected => return None,
        };
        (self.last != connection).then(|| {
            self.last = connection.clone();
            connection
        })
    }
}
