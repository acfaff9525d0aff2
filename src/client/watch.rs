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
pub(super) struct Watch {
    pub(super) line: comfyui::LinkDriver,
    told: Connection,
    was_live: bool,
    /// Sockets are refused for good: asked from now on, this often.
    polls: Option<(Instant, Duration)>,
}

impl Watch {
    pub(super) fn open(config: LinkConfig, request: Request, greeting: Utf8Bytes) -> Self {
        Self { line: comfyui::LinkDriver::open(config, request, greeting), told: Connection::Connecting, was_live: false, polls: None }
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
                        if let Some(connection) = self.news(state) {
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

    /// What is to be told of this state, when it is something new.
    fn news(&mut self, state: LinkState) -> Option<Connection> {
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
            LinkState::Polling { .. } => Connection::Polling { why: "the WebSocket does not hold".to_owned() },
            LinkState::Failed { why } => Connection::Polling { why: format!("no WebSocket, {}", why.trim_end_matches('.')) },
            LinkState::Disconnected => return None,
        };
        (self.told != connection).then(|| {
            self.told = connection.clone();
            connection
        })
    }
}
