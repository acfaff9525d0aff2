//! One connection's place in the stream of changes (`hub.rs`), and when it reads on. It keeps nothing that waits: who is slow reads more at
//! once, merged, and who is too slow for that gets one snapshot instead.

use std::sync::Arc;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::hub::{Batch, Hub, ReadCursor, TICK};
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
    /// What is wanted was changed: it may be there already.
    looks_again: bool,
}

impl Reader {
    /// At `at`: everything up to there is known.
    #[must_use]
    pub fn new(hub: Arc<Hub>, mut topics: Vec<Topic>, prefer: Prefer, at: Seq) -> Self {
        topics.truncate(limits::TOPICS);
        topics.shrink_to_fit();
        let (states, ticks) = hub.wakers();
        Self { hub, topics, prefer, at, preview: 0, states, ticks, last: Instant::now(), looks_again: true }
    }

    pub fn subscribe(&mut self, topic: Topic) {
        if self.topics.len() < limits::TOPICS && !self.topics.contains(&topic) {
            self.topics.push(topic);
        }
    }

    pub fn unsubscribe(&mut self, topic: Topic) {
        self.topics.retain(|known| *known != topic);
    }

    /// From now on. Who wants previews gets the newest of each task at once.
    pub fn prefer(&mut self, prefer: Prefer) {
        self.prefer = prefer;
        self.looks_again = true;
    }

    /// Everything up to here is known, from a snapshot.
    pub fn goes_on_at(&mut self, at: Seq) {
        self.at = at;
    }

    /// Waits until there is something to send: at once for a change of state, for mere progress until the next tick, which is the connection's
    /// own when it wants a slower one. Nothing is lost when this is dropped while it waits.
    pub async fn next(&mut self) -> Batch {
        loop {
            if !std::mem::take(&mut self.looks_again) {
                let due = (self.prefer.tick() > TICK).then(|| self.last + self.prefer.tick());
                let ticks = &mut self.ticks;
                let tick = async move {
                    if let Some(due) = due {
                        sleep_until(due).await;
                    }
                    ticks.changed().await
                };
                // Neither ends with an error: the hub lives as long as this.
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

    /// What there is to send now.
    #[must_use]
    pub fn read(&mut self) -> Batch {
        let wants = |task| wants(&self.topics, task);
        let everything = self.topics.contains(&Topic::All);
        let place = ReadCursor {
            at: self.at,
            preview: self.prefer.previews.then_some(self.preview),
            wants: if everything { None } else { Some(&wants) },
        };
        let (batch, at, preview) = self.hub.read(&place);
        self.at = at;
        if self.prefer.previews {
            self.preview = preview;
        }
        batch
    }
}

/// What concerns everyone is always wanted.
pub(super) fn wants(topics: &[Topic], task: Option<TaskId>) -> bool {
    task.is_none_or(|task| topics.iter().any(|topic| *topic == Topic::All || *topic == Topic::Task(task)))
}

#[cfg(test)]
mod tests;
