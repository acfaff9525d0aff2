//! Changes of the tasks' state on their way to whoever is shown it, where the database is also in PostgreSQL: nobody sees a change before it is
//! committed there, together with what it changed in the database; and other Darkrooms show it from there.

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, Instant},
};

use proto::{
    ids::{Epoch, NodeId, Seq, TaskId},
    limits,
    task::Numbered,
};
use serde::{Deserialize, Serialize};

/// Changes in order, and the newest previews.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LiveChanges {
    pub changes: Vec<Numbered>,
    #[serde(default)]
    pub previews: Vec<LivePreview>,
}

/// A picture of an unfinished sampling step. A large one has no image here: whoever wants it asks the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePreview {
    pub task: TaskId,
    pub node: NodeId,
    #[serde(with = "base64_bytes")]
    pub image: Vec<u8>,
}

/// Who shows the changes.
pub trait LiveView: Send + Sync {
    /// These are committed. They follow those before; some may come twice.
    fn show(&self, live: &LiveChanges);

    /// PostgreSQL answered: what is shown is all that there is.
    fn heard(&self);

    /// What is shown lacks something that was shown elsewhere: it cannot be continued.
    fn is_incomplete(&self);
}

/// What is committed at once.
pub(super) struct LiveBatch {
    pub epoch: Epoch,
    /// The last change that was committed before.
    pub after: Seq,
    pub live: LiveChanges,
}

impl LiveBatch {
    /// The last change in it. There is always one.
    pub fn last(&self) -> Seq {
        self.live.changes.last().map_or(self.after, |numbered| numbered.seq)
    }
}

/// Changes that are not committed yet.
pub(super) struct LiveQueue {
    epoch: Epoch,
    after: Seq,
    changes: Vec<Numbered>,
    previews: BTreeMap<TaskId, LivePreview>,
    /// When the first of them is to be committed, if nothing else is before.
    due: Option<Instant>,
}

/// Progress waits so long for more of it.
const TICK: Duration = Duration::from_millis(limits::TICK_MS as u64);

impl LiveQueue {
    pub fn new(epoch: Epoch, after: Seq) -> Self {
        Self { epoch, after, changes: Vec::new(), previews: BTreeMap::new(), due: None }
    }

    pub fn push(&mut self, numbered: Numbered) {
        let now = Instant::now();
        let due = if numbered.change.is_progress() { now + TICK } else { now };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
        self.changes.push(numbered);
        if self.changes.len() > limits::LIVE_WAITING {
            self.compact();
        }
    }

    /// Goes with the next change: a run that has previews makes progress.
    pub fn push_preview(&mut self, preview: LivePreview) {
        self.previews.insert(preview.task, preview);
    }

    /// Leaves out what newer changes replace.
    fn compact(&mut self) {
        let mut newer = HashSet::new();
        let mut kept: Vec<Numbered> = std::mem::take(&mut self.changes);
        kept.reverse();
        kept.retain(|numbered| numbered.change.merge_key().is_none_or(|key| newer.insert(key)));
        kept.reverse();
        self.changes = kept;
    }

    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    pub fn take(&mut self) -> Option<LiveBatch> {
        if self.changes.is_empty() {
            return None;
        }
        self.due = None;
        let live = LiveChanges {
            changes: std::mem::take(&mut self.changes),
            previews: std::mem::take(&mut self.previews).into_values().collect(),
        };
        Some(LiveBatch { epoch: self.epoch, after: self.after, live })
    }

    /// It is committed.
    pub fn committed(&mut self, batch: &LiveBatch) {
        self.after = batch.last();
    }

    /// It is not.
    pub fn put_back(&mut self, batch: LiveBatch) {
        let newer = std::mem::replace(&mut self.changes, batch.live.changes);
        self.changes.extend(newer);
        for preview in batch.live.previews {
            self.previews.entry(preview.task).or_insert(preview);
        }
        self.due.get_or_insert_with(Instant::now);
        if self.changes.len() > limits::LIVE_WAITING {
            self.compact();
        }
    }
}

mod base64_bytes {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        BASE64_STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use proto::{
        comfy::Catalog,
        recipe::TextToImage,
        task::{Change, Durations, Snapshot, Task},
        time::Timestamp,
    };

    fn change(task: u128, kind: u8, value: u16) -> Change {
        let task = TaskId(Uuid::from_u128(task));
        match kind {
            0 => Change::TaskProgress { task, permille: value, ends_at: None, within_ms: None },
            1 => Change::TaskWaiting { task, note: Some(value.to_string()) },
            _ => Change::QueuePaused { paused: value.is_multiple_of(2) },
        }
    }

    #[test]
    fn a_preview_is_read_back_from_json() {
        let preview = LivePreview { task: TaskId(Uuid::from_u128(1)), node: NodeId::from("3"), image: vec![0, 255, 7] };
        let live = LiveChanges { changes: Vec::new(), previews: vec![preview] };
        let json = serde_json::to_string(&live).unwrap();
        assert_eq!(serde_json::from_str::<LiveChanges>(&json).unwrap(), live);
    }

    proptest! {
        /// Commits fail, and come twice because an answer was lost: the end is the same, and no change is left out that another does not replace.
        #[test]
        fn what_is_shown_ends_as_what_was_decided(
            steps in prop::collection::vec((0..3_u128, 0..3_u8, 0..1000_u16, 0..4_u8), 1..200)
        ) {
            let workflow = TextToImage::default().workflow();
            let task = |id| Task::new(TaskId(Uuid::from_u128(id)), "x", &workflow, &Catalog::default(), &Durations::default(), Timestamp(1));
            let tasks = (0..3_u128).map(task).collect::<Vec<_>>();
            let mut decided = Snapshot { tasks, ..Snapshot::default() };
            let mut shown = decided.clone();
            let mut queue = LiveQueue::new(Epoch(1), Seq(0));
            let mut told: Seq = Seq(0);
            for (task, kind, value, fate) in steps {
                queue.push(decided.push(change(task, kind, value)));
                if kind == 1 && value.is_multiple_of(7) {
                    queue.compact();
                }
                match fate {
                    0 => {}
                    1 => {
                        let Some(batch) = queue.take() else { continue };
                        queue.put_back(batch);
                    }
                    fate => {
                        let Some(batch) = queue.take() else { continue };
                        prop_assert!(batch.after <= told, "{:?} after {:?}", batch.after, told);
                        for numbered in &batch.live.changes {
                            shown.apply(numbered);
                        }
                        told = batch.last();
                        // The answer was lost: the same again, later.
                        if fate == 3 { queue.put_back(batch) } else { queue.committed(&batch) }
                    }
                }
            }
            if let Some(batch) = queue.take() {
                batch.live.changes.iter().for_each(|numbered| { shown.apply(numbered); });
            }
            prop_assert_eq!(shown, decided);
        }
    }
}
