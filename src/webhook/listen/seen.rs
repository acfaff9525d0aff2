//! The ids of received messages. A receiver needs them: a message whose answer is late or lost is sent again.

use std::collections::{HashSet, VecDeque};

use proto::limits;

/// The newest ids.
#[derive(Default)]
pub(super) struct Seen {
    known: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        if !self.known.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > limits::WEBHOOK_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_ids_are_remembered() {
        let mut seen = Seen::default();
        assert!(seen.is_new("a") && !seen.is_new("a"));
        assert!((0..limits::WEBHOOK_IDS).all(|number| seen.is_new(&number.to_string())));
        assert!(!seen.is_new("0"));
        assert!(seen.is_new("a"));
        assert_eq!(seen.known.len(), limits::WEBHOOK_IDS);
    }
}
