//! One connection's cursor in the stream of changes (`hub.rs`), and when it reads on. Nothing is buffered here: a slow connection reads more at
//! once, compacted, and one that is too slow even for that gets a snapshot instead.

use std::sync::Arc;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::hub::{Hub, ReadBatch, ReadCursor, TICK};
use proto::{
    ids::{Seq, TaskId},
    limits,
    wire::{Prefer, Topic},
};

pub struct Reader {
    hub: Arc<Hub>,
    topics: Vec<Topic>,
    prefer: Prefer,
    /// The last change that it has.
    at: Seq,
    /// The last preview that it has.
    preview: u64,
    states: watch::Receiver<()>,
    ticks: watch::Receiver<()>,
    /// When it last read something.
    last: Instant,
    /// The preferences changed, or this is new: read before waiting.
    reads_now: bool,
}

impl Reader {
    /// For a connection that has everything up to `at`.
    #[must_use]
    pub fn new(hub: Arc<Hub>, mut topics: Vec<Topic>, prefer: Prefer, at: Seq) -> Self {
        topics.truncate(limits::TOPICS);
        topics.shrink_to_fit();
        let (states, ticks) = hub.wakers();
        Self { hub, topics, prefer, at, preview: 0, states, ticks, last: Instant::now(), reads_now: true }
    }

    /// Replaces the preferences. If previews are preferred now, the newest of each task is read at once.
    pub fn prefer(&mut self, prefer: Prefer) {
        self.prefer = prefer;
        self.reads_now = true;
    }

    /// Continues after `at`, because the connection got a snapshot of that moment.
    pub fn continue_at(&mut self, at: Seq) {
        self.at = at;
    }

    /// Waits until there is something to send: a change of state at once, progress with the next tick of the hub, or later if the connection
    /// prefers a slower tick. Cancel-safe.
    pub async fn next(&mut self) -> ReadBatch {
        loop {
            if !std::mem::take(&mut self.reads_now) {
                let due = (self.prefer.tick() > TICK).then(|| self.last + self.prefer.tick());
                let ticks = &mut self.ticks;
                let tick = async move {
                    if let Some(due) = due {
                        sleep_until(due).await;
                    }
                    ticks.changed().await
                };
                // Cannot fail: this reader keeps the hub alive.
                tokio::select! {
                    _ = self.states.changed() => {}
                    _ = tick => {}
                }
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
        let wants = |task| wants(&self.topics, task);
        let everything = self.topics.contains(&Topic::All);
        let cursor = ReadCursor {
            at: self.at,
            preview: self.prefer.previews.then_some(self.preview),
            wants: if everything { None } else { Some(&wants) },
        };
        let (batch, at, preview) = self.hub.read(&cursor);
        self.at = at;
        if self.prefer.previews {
            self.preview = preview;
        }
        batch
    }
}

/// Whether these topics include a task. Changes of no task concern everyone and are always included.
pub(super) fn wants(topics: &[Topic], task: Option<TaskId>) -> bool {
    task.is_none_or(|task| topics.iter().any(|topic| *topic == Topic::All || *topic == Topic::Task(task)))
}

#[cfg(test)]
mod tests;
