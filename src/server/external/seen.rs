//! Messages that came before: some are published on two channels.

use std::collections::{HashSet, VecDeque};

use proto::limits;

/// The keys of the newest messages.
#[derive(Default)]
pub(super) struct SeenKeys {
    order: VecDeque<u64>,
    keys: HashSet<u64>,
}

impl SeenKeys {
    /// Notes a key. Returns whether it is new.
    pub(super) fn note(&mut self, key: u64) -> bool {
        if !self.keys.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > limits::EXTERNAL_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_key_is_forgotten_when_there_are_too_many() {
        let mut seen = SeenKeys::default();
        let many = limits::EXTERNAL_SEEN as u64;
        assert!((0..many).all(|key| seen.note(key)));
        assert!(!seen.note(0));
        assert!(seen.note(many));
        assert!(seen.note(0) && !seen.note(2), "0 was forgotten, and for it 1");
    }
}
