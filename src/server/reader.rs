//! One connection's cursor in the stream of changes (`hub.rs`), and when it reads on. Nothing is buffered here: a slow connection reads more at
//! once, compacted, and one that is too slow even for that gets a snapshot instead.

use std::sync::Arc;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    hub::{Hub, Interest, ReadBatch, ReadCursor, TICK},
    topic_wakers::ReaderWaker,
};
use proto::{
    ids::Seq,
    wire::{Prefer, Topic},
};

pub struct Reader {
    hub: Arc<Hub>,
    interest: Interest,
    prefer: Prefer,
    /// The last change that it has.
    at: Seq,
    /// The last preview that it has.
    preview: u64,
    wakes: ReaderWakes,
    /// When it last read something.
    last: Instant,
    /// The preferences changed, or this is new: read before waiting.
    reads_now: bool,
}

/// What a reader waits for.
enum ReaderWakes {
    Everything { states: watch::Receiver<()>, ticks: watch::Receiver<()> },
    Tasks { waker: Arc<ReaderWaker>, common: watch::Receiver<()> },
}

impl ReaderWakes {
    /// Waits for a change of state, or until `due` for the next tick. Cancel-safe. It cannot fail: the reader keeps the hub alive.
    async fn wait(&mut self, due: Option<Instant>) {
        match self {
            Self::Everything { states, ticks } => tokio::select! {
                _ = states.changed() => {}
                _ = not_before(due, ticks.changed()) => {}
            },
            Self::Tasks { waker, common } => tokio::select! {
                _ = common.changed() => {}
                () = waker.state_changed() => {}
                () = not_before(due, waker.tick()) => {}
            },
        }
    }
}

async fn not_before<T>(due: Option<Instant>, tick: impl Future<Output = T>) -> T {
    if let Some(due) = due {
        sleep_until(due).await;
    }
    tick.await
}

impl Reader {
    /// For a connection that has nothing yet.
    #[must_use]
    pub fn new(hub: Arc<Hub>, topics: &[Topic], prefer: Prefer) -> Self {
        let interest = Interest::of(topics);
        let wakes = match &interest {
            Interest::Everything => {
                let (states, ticks) = hub.wakers();
                ReaderWakes::Everything { states, ticks }
            }
            Interest::Tasks(tasks) => {
                let (waker, common) = hub.follow(tasks);
                ReaderWakes::Tasks { waker, common }
            }
        };
        Self { hub, interest, prefer, at: Seq::default(), preview: 0, wakes, last: Instant::now(), reads_now: true }
    }

    /// Replaces the preferences. If previews are preferred now, the newest of each task is read at once.
    pub fn prefer(&mut self, prefer: Prefer) {
        self.prefer = prefer;
        self.reads_now = true;
    }

    #[must_use]
    pub fn interest(&self) -> &Interest {
        &self.interest
    }

    /// Continues after `at`, because the connection got everything up to there.
    pub fn continue_at(&mut self, at: Seq) {
        self.at = at;
        self.reads_now = true;
    }

    /// Waits until there is something to send: a change of state at once, progress with the next tick of the hub, or later if the connection
    /// prefers a slower tick. Cancel-safe.
    pub async fn next(&mut self) -> ReadBatch {
        loop {
            if !std::mem::take(&mut self.reads_now) {
                let due = (self.prefer.tick() > TICK).then(|| self.last + self.prefer.tick());
                self.wakes.wait(due).await;
            }
            let batch = self.read();
            if !batch.is_empty() {
                self.last = Instant::now();
                return batch;
            }
        }
    }

    /// What there is to send now, without waiting.
    #[must_use]
    pub fn read(&mut self) -> ReadBatch {
        let preview = self.prefer.previews.then_some(self.preview);
        let (batch, at, preview) = self.hub.read(&ReadCursor { at: self.at, preview, interest: &self.interest });
        self.at = at;
        if self.prefer.previews {
            self.preview = preview;
        }
        batch
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let ReaderWakes::Tasks { waker, .. } = &self.wakes {
            self.hub.unfollow(waker, self.interest.tasks());
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod topic_tests;
