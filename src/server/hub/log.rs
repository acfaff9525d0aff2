//! The newest changes, in order, each for as long as nothing newer supersedes it: whoever reads on from any place gets everything but
//! progress that is no longer true. Merging is done once, when a change comes, and not for each reader.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::OnceLock,
};

use proto::{
    ids::Seq,
    limits,
    task::{Change, MergeKey, Numbered},
};

#[derive(Default)]
pub(super) struct Log {
    entries: BTreeMap<Seq, Entry>,
    newest: HashMap<MergeKey, Seq>,
    /// The newest of those that had to go although nothing supersedes them.
    lost: Seq,
}

pub(super) struct Entry {
    numbered: Numbered,
    /// Made by whoever needs them first: most progress is superseded before.
    bytes: OnceLock<Vec<u8>>,
}

impl Entry {
    pub(super) fn change(&self) -> &Change {
        &self.numbered.change
    }

    /// Its part of a frame of changes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.numbered.encode().unwrap_or_default())
    }
}

impl Log {
    pub(super) fn push(&mut self, numbered: Numbered) {
        let seq = numbered.seq;
        if let Some(key) = numbered.change.merge_key()
            && let Some(before) = self.newest.insert(key, seq)
        {
            self.entries.remove(&before);
        }
        self.entries.insert(seq, Entry { numbered, bytes: OnceLock::new() });
        if self.entries.len() > limits::LOG_CHANGES
            && let Some((seq, oldest)) = self.entries.pop_first()
        {
            self.lost = seq;
            if let Some(key) = oldest.change().merge_key() {
                self.newest.remove(&key);
            }
        }
    }

    /// The changes after `after`, up to `to`. `None` when some of them are lost.
    pub(super) fn between(&self, after: Seq, to: Seq) -> Option<impl Iterator<Item = &Entry>> {
        let range = (Bound::Excluded(after), Bound::Included(to.max(after)));
        (after >= self.lost).then(|| self.entries.range(range).map(|(_, entry)| entry))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use proto::ids::{NodeId, TaskId};

    const TASK: TaskId = TaskId(Uuid::from_u128(1));

    fn progress(seq: u64, node: &str) -> Numbered {
        let change = Change::NodeProgress { task: TASK, node: NodeId::from(node), value: seq as u32, max: 20, counted: true };
        Numbered { seq: Seq(seq), change }
    }

    fn state(seq: u64) -> Numbered {
        Numbered { seq: Seq(seq), change: Change::QueuePaused { paused: seq.is_multiple_of(2) } }
    }

    fn seqs(log: &Log, after: u64, to: u64) -> Option<Vec<u64>> {
        Some(log.between(Seq(after), Seq(to))?.map(|entry| entry.numbered.seq.0).collect())
    }

    #[test]
    fn progress_supersedes_itself_and_nothing_else() {
        let mut log = Log::default();
        [progress(1, "3"), state(2), progress(3, "8"), progress(4, "3"), state(5)].into_iter().for_each(|change| log.push(change));
        assert_eq!(seqs(&log, 0, 9), Some(vec![2, 3, 4, 5]));
        assert_eq!(seqs(&log, 2, 4), Some(vec![3, 4]));
        assert_eq!(seqs(&log, 5, 5), Some(vec![]));
        assert_eq!(seqs(&log, 7, 5), Some(vec![]), "a reader may be ahead of what is given out");
    }

    #[test]
    fn what_is_lost_is_known_and_what_is_superseded_is_not_missed() {
        let mut log = Log::default();
        let many = limits::LOG_CHANGES as u64;
        (1..=10 * many).for_each(|seq| log.push(progress(seq, "3")));
        assert_eq!(seqs(&log, 0, 10 * many), Some(vec![10 * many]), "a flood of progress costs nobody his place");
        (10 * many + 1..=11 * many).for_each(|seq| log.push(state(seq)));
        assert!(log.entries.len() <= limits::LOG_CHANGES && log.newest.is_empty());
        assert_eq!(seqs(&log, 10 * many - 1, 11 * many), None);
        assert_eq!(seqs(&log, 10 * many, 11 * many).map(|seqs| seqs.len()), Some(limits::LOG_CHANGES));
    }

    proptest! {
        /// From every place: in order, all states, and of progress the newest and nothing else.
        #[test]
        fn from_any_place_everything_comes_that_is_still_true(nodes in proptest::collection::vec(0u8..5, 1..200), after in 0u64..200) {
            let mut log = Log::default();
            let mut expected = BTreeMap::new();
            let changes = (1..).zip(nodes).map(|(seq, node)| (node, if node == 0 { state(seq) } else { progress(seq, &node.to_string()) }));
            for (node, change) in changes {
                let seq = change.seq.0;
                expected.retain(|_, before| node == 0 || *before != node);
                expected.insert(seq, node);
                log.push(change);
            }
            let expected: Vec<u64> = expected.into_keys().filter(|seq| *seq > after).collect();
            prop_assert_eq!(seqs(&log, after, u64::MAX), Some(expected));
        }
    }
}
