//! What a tab remembers of itself for a day: who it is, and how far it had read. A reload goes on as the same session, and what ended
//! while nobody looked is said.
//!
//! The state itself is not kept here: a reload gets it with the page, complete, and a tab that slept has it in memory. Both then hear
//! exactly what they missed, by the sequence number they hold.

use web_sys::Storage;

use super::{random_uuid, storage, wall_clock};
use crate::live::Live;
use proto::{
    ids::{Epoch, Seq, SessionId},
    time::Timestamp,
    wire::Resume,
};

const PREFIX: &str = "darkroom:session:";
/// In the tab's own storage: which of the sessions is its.
const TAB: &str = "darkroom:session";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) struct Session {
    pub id: SessionId,
}

/// How far a tab had read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Read {
    resume: Resume,
    /// By the server's clock.
    at: Timestamp,
    /// By the browser's, to forget it after a day.
    kept_at: Timestamp,
}

impl Session {
    /// The session of this tab, and what ended since it (or, for a new tab, the last of the others) was last open.
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

    /// Remembers how far this tab has read.
    pub(super) fn keep(&self, resume: Resume, at: Timestamp) {
        storage::save(&self.key(), &format!("{} {} {} {}", resume.epoch.0, resume.seq.0, at.0, wall_clock().0));
    }

    fn key(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    fn read(&self) -> Option<Read> {
        parse(&storage::load(&self.key())?)
    }

    /// Of all tabs. Those that are a day old are forgotten.
    fn newest(&self) -> Option<Read> {
        let now = wall_clock();
        let fresh = storage::keys_with(PREFIX).into_iter().filter_map(|key| {
            let read = storage::load(&key).as_deref().and_then(parse).filter(|read| now.since(read.kept_at) < DAY_MS);
            if read.is_none() {
                storage::remove(&key);
            }
            read
        });
        fresh.max_by_key(|read| read.kept_at)
    }
}

fn parse(text: &str) -> Option<Read> {
    let mut numbers = text.split(' ').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let resume = Resume { epoch: Epoch(next()?), seq: Seq(next()?) };
    Some(Read { resume, at: Timestamp(next()?), kept_at: Timestamp(next()?) })
}

/// Of this tab alone, and as old as it.
fn tab_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}
