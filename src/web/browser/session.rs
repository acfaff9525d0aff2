//! A tab's session: its id, and how far the tab has read, stored for a day. A reload continues the session, and tasks that ended while the
//! page was closed are announced.
//!
//! The live state itself is not stored: a reload gets it with the page, and a tab that slept has it in memory. Both then receive exactly
//! the changes after the sequence number they hold.

use web_sys::Storage;

use super::platform::{random_uuid, wall_clock};
use crate::{live::Live, storage};
use proto::{
    ids::{Epoch, Seq, SessionId},
    time::Timestamp,
    wire::Resume,
};

const PREFIX: &str = "darkroom:session:";
/// The key of the session's id in sessionStorage.
const TAB: &str = "darkroom:session";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) struct TabSession {
    pub id: SessionId,
}

/// How far a tab has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ReadPosition {
    resume: Resume,
    /// By the server's clock.
    at: Timestamp,
    /// By the browser's clock, to delete it after a day.
    stored_at: Timestamp,
}

impl TabSession {
    /// The session of this tab. Announces the tasks that ended since this tab (or, for a new one, any tab) was last open.
    pub(super) fn begin(live: Live) -> Self {
        let known = tab_storage().and_then(|tab| tab.get_item(TAB).ok()?).and_then(|id| id.parse().ok());
        let id = known.unwrap_or_else(|| SessionId(random_uuid()));
        if let Some(tab) = tab_storage() {
            let _ = tab.set_item(TAB, &id.to_string());
        }
        let session = Self { id };
        let newest = session.newest();
        if let Some(read) = session.read().or(newest).filter(|read| read.resume != live.resume()) {
            live.catch_up(read.at);
        }
        session
    }

    /// Stores how far this tab has read.
    pub(super) fn keep(&self, resume: Resume, at: Timestamp) {
        storage::save(&self.key(), &format!("{} {} {} {}", resume.epoch.0, resume.seq.0, at.0, wall_clock().0));
    }

    fn key(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    fn read(&self) -> Option<ReadPosition> {
        parse(&storage::load(&self.key())?)
    }

    /// The newest position of all tabs. Deletes those older than a day.
    fn newest(&self) -> Option<ReadPosition> {
        let now = wall_clock();
        let fresh = storage::keys_with(PREFIX).into_iter().filter_map(|key| {
            let read = storage::load(&key).as_deref().and_then(parse).filter(|read| now.since(read.stored_at) < DAY_MS);
            if read.is_none() {
                storage::remove(&key);
            }
            read
        });
        fresh.max_by_key(|read| read.stored_at)
    }
}

fn parse(text: &str) -> Option<ReadPosition> {
    let mut numbers = text.split(' ').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let resume = Resume { epoch: Epoch(next()?), seq: Seq(next()?) };
    Some(ReadPosition { resume, at: Timestamp(next()?), stored_at: Timestamp(next()?) })
}

/// sessionStorage, which belongs to one tab.
fn tab_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}
