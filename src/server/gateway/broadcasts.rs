//! Which messages of a ComfyUI are for everybody. What its nodes send to one client (`send_sync(event, data, sid)`) goes to the client id of the prompt that runs,
//! which is Darkroom's; the message does not say so. A second socket with another client id gets only what is for everybody.
//!
//! Nothing waits for that: who certainly hears a message hears it at once, and the others when it comes over the second socket.

use std::collections::VecDeque;

use proto::limits;

/// The newest messages of one ComfyUI. `T`: who heard one.
pub(super) struct Broadcasts<T> {
    /// The second socket is open.
    pub(super) is_open: bool,
    /// Came over the first socket.
    told: VecDeque<(String, T)>,
    /// Came over the second socket first, and were told to everybody.
    early: VecDeque<String>,
}

impl<T> Default for Broadcasts<T> {
    fn default() -> Self {
        Self { is_open: false, told: VecDeque::new(), early: VecDeque::new() }
    }
}

impl<T> Broadcasts<T> {
    /// The second socket was opened or lost.
    pub(super) fn opened(&mut self, is_open: bool) {
        *self = Self { is_open, ..Self::default() };
    }

    /// A message came over the first socket. Returns whether everybody has heard it.
    pub(super) fn is_known(&mut self, text: &str) -> bool {
        // Both sockets have the messages for everybody in one order: what came before this one does not come any more.
        let at = self.early.iter().position(|early| early == text);
        at.is_some_and(|at| self.early.drain(..=at).count() > 0)
    }

    /// It was told to these.
    pub(super) fn told(&mut self, text: String, to: T) {
        if self.told.len() >= limits::GATEWAY_BROADCASTS {
            self.told.pop_front();
        }
        self.told.push_back((text, to));
    }

    /// A message came over the second socket. Returns who heard it already.
    pub(super) fn broadcast(&mut self, text: &str) -> Option<T> {
        if let Some(at) = self.told.iter().rposition(|(told, _)| told == text) {
            // Those before it were for one client.
            return self.told.drain(..=at).next_back().map(|(_, to)| to);
        }
        if self.early.len() >= limits::GATEWAY_BROADCASTS {
            self.early.pop_front();
        }
        self.early.push_back(text.to_owned());
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_for_one_client_is_not_repeated() {
        let mut broadcasts = Broadcasts::default();
        broadcasts.opened(true);
        assert!(!broadcasts.is_known("mine"));
        broadcasts.told("mine".into(), "a");
        broadcasts.told("all".into(), "a");
        assert_eq!(broadcasts.broadcast("all"), Some("a"));
        assert_eq!(broadcasts.broadcast("early"), None);
        assert!(broadcasts.is_known("early") && !broadcasts.is_known("early"));
        assert_eq!(broadcasts.broadcast("mine"), None, "this one is another, for everybody");
    }

    proptest! {
        /// However the two sockets interleave: the client that runs hears everything once, and the others what is for everybody, once.
        #[test]
        fn each_hears_its_own_once(messages in proptest::collection::vec(any::<bool>(), 0..20), first_is_next in proptest::collection::vec(any::<bool>(), 60)) {
            let mut broadcasts = Broadcasts::default();
            broadcasts.opened(true);
            let all: Vec<(usize, bool)> = messages.into_iter().enumerate().collect();
            let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = (all.iter().collect(), all.iter().filter(|(_, is_for_all)| *is_for_all).collect());
            let (mut client, mut others): (HashMap<usize, u32>, HashMap<usize, u32>) = (HashMap::new(), HashMap::new());
            let mut turns = first_is_next.into_iter().cycle();
            while !first.is_empty() || !second.is_empty() {
                let is_first = second.is_empty() || (!first.is_empty() && turns.next().unwrap_or(true));
                if is_first {
                    let Some((number, _)) = first.pop_front() else { break };
                    if !broadcasts.is_known(&number.to_string()) {
                        broadcasts.told(number.to_string(), ());
                        *client.entry(*number).or_default() += 1;
                    }
                } else {
                    let Some((number, _)) = second.pop_front() else { break };
                    if broadcasts.broadcast(&number.to_string()).is_none() {
                        *client.entry(*number).or_default() += 1;
                    }
                    *others.entry(*number).or_default() += 1;
                }
            }
            prop_assert_eq!(client, all.iter().map(|(number, _)| (*number, 1)).collect::<HashMap<_, _>>());
            prop_assert_eq!(others, all.iter().filter(|(_, is_for_all)| *is_for_all).map(|(number, _)| (*number, 1)).collect::<HashMap<_, _>>());
        }
    }
}
