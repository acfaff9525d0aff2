//! A numbered log in which a newer entry replaces the older one with the same key. A reader that continues at any number gets every entry that is
//! still valid; only after entries were dropped for lack of space or age does it have to start over.
//!
//! Replacing is done once, when an entry comes, and not for each reader.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    ops::Bound,
};

use proto::ids::Seq;

/// `P`: its numbers.
pub struct CompactedLog<E: Keyed, P = Seq> {
    entries: BTreeMap<P, E>,
    /// The number of the entry with each key.
    newest: HashMap<E::Key, P>,
    /// The highest number of a dropped entry.
    lost: P,
}

pub trait Keyed {
    type Key: Eq + Hash;

    /// `None`: the entry replaces nothing and is never replaced.
    fn key(&self) -> Option<Self::Key>;
}

impl<E: Keyed, P: Default> Default for CompactedLog<E, P> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), newest: HashMap::new(), lost: P::default() }
    }
}

impl<E: Keyed, P: Copy + Ord> CompactedLog<E, P> {
    /// Everything up to this number was dropped.
    pub fn starting_at(lost: P) -> Self {
        Self { entries: BTreeMap::new(), newest: HashMap::new(), lost }
    }

    /// `seq` is higher than all before. Returns the entry that it replaces.
    pub fn push(&mut self, seq: P, entry: E) -> Option<(P, E)> {
        let before = entry.key().and_then(|key| self.newest.insert(key, seq));
        let replaced = before.and_then(|before| self.entries.remove_entry(&before));
        self.entries.insert(seq, entry);
        replaced
    }

    /// Removes the entry with this key. It is no longer valid, so no reader misses it.
    pub fn remove(&mut self, key: &E::Key) {
        if let Some(seq) = self.newest.remove(key) {
            self.entries.remove(&seq);
        }
    }

    /// Drops an entry that is still valid: readers before it have to start over. Does nothing if it was replaced or removed.
    pub fn drop_entry(&mut self, seq: P) {
        if let Some(entry) = self.entries.remove(&seq) {
            self.note_dropped(seq, &entry);
        }
    }

    /// Drops the oldest entry, as [`Self::drop_entry`] does, and returns it.
    pub fn drop_oldest(&mut self) -> Option<(P, E)> {
        let (seq, entry) = self.entries.pop_first()?;
        self.note_dropped(seq, &entry);
        Some((seq, entry))
    }

    fn note_dropped(&mut self, seq: P, entry: &E) {
        self.lost = self.lost.max(seq);
        if let Some(key) = entry.key() {
            self.newest.remove(&key);
        }
    }

    pub fn oldest(&self) -> Option<&E> {
        self.entries.values().next()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The highest number of a dropped entry.
    pub fn lost(&self) -> P {
        self.lost
    }

    pub fn entry(&self, seq: P) -> Option<&E> {
        self.entries.get(&seq)
    }

    pub fn get(&self, key: &E::Key) -> Option<(P, &E)> {
        let seq = *self.newest.get(key)?;
        Some((seq, self.entries.get(&seq)?))
    }

    /// All entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.entries.values()
    }

    /// Whether nothing after `after` was dropped.
    pub fn is_complete_after(&self, after: P) -> bool {
        after >= self.lost
    }

    /// The entries after `after`, up to `to`. `None` when some of them were dropped.
    pub fn between(&self, after: P, to: P) -> Option<impl Iterator<Item = (P, &E)>> {
        let range = (Bound::Excluded(after), Bound::Included(to.max(after)));
        self.is_complete_after(after).then(|| self.entries.range(range).map(|(seq, entry)| (*seq, entry)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use proto::{
        ids::{NodeId, TaskId},
        task::{Change, MergeKey},
    };

    const TASK: TaskId = TaskId(Uuid::from_u128(1));
    const KEPT: u64 = 500;

    impl Keyed for Change {
        type Key = MergeKey;

        fn key(&self) -> Option<MergeKey> {
            self.merge_key()
        }
    }

    type Log = CompactedLog<Change>;

    fn push(log: &mut Log, (seq, change): (u64, Change)) {
        log.push(Seq(seq), change);
        while log.len() > KEPT as usize {
            log.drop_oldest();
        }
    }

    fn progress(seq: u64, node: &str) -> (u64, Change) {
        (seq, Change::NodeProgress { task: TASK, node: NodeId::from(node), value: seq as u32, max: 20, counted: true })
    }

    fn state(seq: u64) -> (u64, Change) {
        (seq, Change::QueuePaused { paused: seq.is_multiple_of(2) })
    }

    fn seqs(log: &Log, after: u64, to: u64) -> Option<Vec<u64>> {
        Some(log.between(Seq(after), Seq(to))?.map(|(seq, _)| seq.0).collect())
    }

    #[test]
    fn progress_replaces_older_progress_and_nothing_else() {
        let mut log = Log::default();
        [progress(1, "3"), state(2), progress(3, "8"), progress(4, "3"), state(5)].into_iter().for_each(|change| push(&mut log, change));
        assert_eq!(seqs(&log, 0, 9), Some(vec![2, 3, 4, 5]));
        assert_eq!(seqs(&log, 2, 4), Some(vec![3, 4]));
        assert_eq!(seqs(&log, 5, 5), Some(vec![]));
        assert_eq!(seqs(&log, 7, 5), Some(vec![]), "a reader may be ahead of `to`");
    }

    #[test]
    fn dropped_entries_are_lost_and_replaced_ones_are_not() {
        let mut log = Log::default();
        let many = KEPT;
        (1..=10 * many).for_each(|seq| push(&mut log, progress(seq, "3")));
        assert_eq!(seqs(&log, 0, 10 * many), Some(vec![10 * many]), "a flood of progress loses nothing");
        (10 * many + 1..=11 * many).for_each(|seq| push(&mut log, state(seq)));
        assert!(log.len() as u64 == KEPT && log.newest.is_empty());
        assert_eq!(seqs(&log, 10 * many - 1, 11 * many), None);
        assert_eq!(seqs(&log, 10 * many, 11 * many).map(|seqs| seqs.len()), Some(KEPT as usize));
    }

    proptest! {
        /// A reader gets, in order, all states, and only the newest progress of each node.
        #[test]
        fn a_reader_at_any_position_gets_every_entry_that_was_not_replaced(nodes in proptest::collection::vec(0u8..5, 1..200), after in 0u64..200) {
            let mut log = Log::default();
            let mut expected = BTreeMap::new();
            let changes = (1..).zip(nodes).map(|(seq, node)| (node, if node == 0 { state(seq) } else { progress(seq, &node.to_string()) }));
            for (node, change) in changes {
                let seq = change.0;
                expected.retain(|_, before| node == 0 || *before != node);
                expected.insert(seq, node);
                push(&mut log, change);
            }
            let expected: Vec<u64> = expected.into_keys().filter(|seq| *seq > after).collect();
            prop_assert_eq!(seqs(&log, after, u64::MAX), Some(expected));
        }
    }
}
