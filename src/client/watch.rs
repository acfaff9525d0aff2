//! How news of a run come: over a WebSocket, or by asking.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Utf8Bytes, handshake::client::Request};

use super::Connection;
use proto::link::{LinkConfig, LinkState};

/// What is to be dealt with.
pub(super) enum WatchEvent {
    Link(comfyui::LinkEvent),
    /// How news come has changed.
    Connection(Connection),
}

/// A line, and what is told of it.
pub(super) struct LinkWatch {
    pub(super) line: comfyui::LinkDriver,
    connection: ConnectionState,
    /// Sockets are refused for good: asked from now on, this often.
    polls: Option<(Instant, Duration)>,
}

impl LinkWatch {
    pub(super) fn open(config: LinkConfig, request: Request, greeting: Utf8Bytes) -> Self {
        Self { line: comfyui::LinkDriver::open(config, request, greeting), connection: ConnectionState::new("WebSocket"), polls: None }
    }

    /// Waits for the next thing to deal with. Nothing is lost when it is not waited for to the end.
    pub(super) async fn next(&mut self) -> WatchEvent {
        loop {
            let poll = self.polls.map_or_else(|| Instant::now() + Duration::from_secs(3600), |(at, _)| at);
            tokio::select! {
                () = sleep_until(poll) => {
                    self.polls = self.polls.map(|(_, every)| (Instant::now() + every, every));
                    return WatchEvent::Link(comfyui::LinkEvent::Poll);
                }
                signal = self.line.next() => match signal {
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

/// What was reported of a link last.
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

    /// What to report of this state of the link, when it is not what was reported last.
    pub(super) fn changed(&mut self, state: LinkState) -> Option<Connection> {
        let connection = match state {
            LinkState::Connecting => Connection::Connecting,
            LinkState::Connected => {
                self.was_live = true;
                Connection::Live
            }
            // Once is nothing yet: the server may not be there at all, and then that is told.
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
