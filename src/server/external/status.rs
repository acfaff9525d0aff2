//! How the link to Redis is.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use proto::{link::LinkState, time::Timestamp};
use tokio::sync::watch;

use crate::clock::now;

/// The state of the link, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum RedisState {
    /// There is no url in the settings.
    Off,
    Connecting,
    Connected,
    Reconnecting,
    /// Redis refuses: the settings may have to change.
    Failed,
}

/// The link to Redis as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisStatus {
    pub state: RedisState,
    /// Host, port and database.
    pub address: Option<String>,
    /// Why it is not connected.
    pub why: Option<String>,
    pub since: Timestamp,
    /// From when on every message came. `None`: now none comes.
    pub listening_since: Option<Timestamp>,
    /// Why the last message or command about a project changed nothing there.
    pub last_refused: Option<String>,
}

/// Totals since the start.
#[derive(Debug, Default)]
pub struct RedisCounters {
    /// Messages that came.
    pub messages: AtomicU64,
    /// Of them, those that could not be read.
    pub unreadable: AtomicU64,
    /// Reports that were dropped, because more came than could be stored.
    pub dropped: AtomicU64,
    /// Events that were added to the stream, or published.
    pub published: AtomicU64,
    /// Messages about projects that there are not.
    pub unknown_projects: AtomicU64,
    /// Messages and commands about projects that changed nothing there.
    pub refused: AtomicU64,
    /// Connections after the first.
    pub reconnects: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// The status, and its only writer's side. Whoever watches it is told when the link has another state, and when a worker comes or is not seen any more.
pub(super) struct StatusCell {
    status: Mutex<RedisStatus>,
    changes: watch::Sender<()>,
}

impl StatusCell {
    pub(super) fn new(address: Option<String>) -> Self {
        let state = if address.is_some() { RedisState::Connecting } else { RedisState::Off };
        let status = RedisStatus { state, address, why: None, since: now(), listening_since: None, last_refused: None };
        Self { status: Mutex::new(status), changes: watch::Sender::new(()) }
    }

    pub(super) fn get(&self) -> RedisStatus {
        self.status.lock().clone()
    }

    /// The link has another state. `why`: the last error.
    pub(super) fn link(&self, state: &LinkState, why: Option<String>) {
        let mut status = self.status.lock();
        let (word, why) = match state {
            LinkState::Connecting => (RedisState::Connecting, why),
            LinkState::Connected => (RedisState::Connected, None),
            LinkState::Failed { why } => (RedisState::Failed, Some(why.clone())),
            LinkState::Reconnecting { .. } | LinkState::Polling { .. } | LinkState::Suspended { .. } | LinkState::Disconnected => {
                (RedisState::Reconnecting, why)
            }
        };
        if status.state != word {
            status.since = now();
        }
        let is_changed = (status.state, &status.why) != (word, &why);
        (status.state, status.why) = (word, why);
        drop(status);
        if is_changed {
            self.tell();
        }
    }

    /// Something else around the tasks changed.
    pub(super) fn tell(&self) {
        self.changes.send_replace(());
    }

    /// From now on.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    pub(super) fn refused(&self, why: String) {
        self.status.lock().last_refused = Some(why);
        self.tell();
    }

    pub(super) fn listening(&self, is_listening: bool) {
        self.status.lock().listening_since = is_listening.then(now);
    }
}
