//! What was heard and is not stored yet. It is bounded, because Redis drops a reader that is slow: progress of a task replaces the progress before it, and what
//! does not fit is dropped and asked for again.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use proto::{external::TaskFact, limits};
use tokio::sync::Notify;

use crate::store::ExternalPart;

#[derive(Default)]
pub(super) struct HeardQueue {
    queue: Mutex<HeardParts>,
    bell: Notify,
}

#[derive(Default)]
struct HeardParts {
    parts: VecDeque<ExternalPart>,
    /// How many parts were taken out: the place of a part in `parts` is its number without that.
    taken: usize,
    bytes: usize,
    /// By task, the number of the last part, if that is nothing but progress.
    progress: HashMap<String, usize>,
    /// Something was dropped since this was asked.
    has_lost: bool,
}

impl HeardQueue {
    /// Returns whether there was room for it.
    pub(super) fn push(&self, part: ExternalPart) -> bool {
        let is_room = self.queue.lock().push(part);
        self.bell.notify_one();
        is_room
    }

    /// Puts parts back that could not be stored. They are kept even if it is full.
    pub(super) fn put_back(&self, parts: Vec<ExternalPart>) {
        let mut waiting = self.queue.lock();
        waiting.taken -= parts.len().min(waiting.taken);
        waiting.bytes += parts.iter().map(bytes).sum::<usize>();
        for part in parts.into_iter().rev() {
            waiting.parts.push_front(part);
        }
        waiting.progress.clear();
    }

    /// Waits until something is there.
    pub(super) async fn wait(&self) {
        loop {
            if !self.queue.lock().parts.is_empty() {
                return;
            }
            self.bell.notified().await;
        }
    }

    /// Takes the oldest out, at most [`limits::EXTERNAL_PORTION`].
    pub(super) fn take(&self) -> Vec<ExternalPart> {
        let mut waiting = self.queue.lock();
        let count = waiting.parts.len().min(limits::EXTERNAL_PORTION);
        let parts: Vec<ExternalPart> = waiting.parts.drain(..count).collect();
        waiting.taken += count;
        waiting.bytes -= parts.iter().map(bytes).sum::<usize>().min(waiting.bytes);
        let taken = waiting.taken;
        waiting.progress.retain(|_, number| *number >= taken);
        parts
    }

    /// Whether something was dropped since this was asked the last time.
    pub(super) fn take_lost(&self) -> bool {
        std::mem::take(&mut self.queue.lock().has_lost)
    }
}

impl HeardParts {
    fn push(&mut self, part: ExternalPart) -> bool {
        let single = match &part.tasks[..] {
            [fact] if part.event.is_none() && part.workers.is_empty() && fact.is_progress() => Some(fact.id.clone()),
            _ => None,
        };
        if let Some(task) = &single
            && let Some(place) = self.progress.get(task).and_then(|number| number.checked_sub(self.taken))
            && let Some(before) = self.parts.get_mut(place)
        {
            self.bytes = (self.bytes + bytes(&part)).saturating_sub(bytes(before));
            *before = part;
            return true;
        }
        for fact in &part.tasks {
            self.progress.remove(&fact.id);
        }
        if self.parts.len() >= limits::EXTERNAL_HEARD || self.bytes + bytes(&part) > limits::EXTERNAL_HEARD_BYTES {
            self.has_lost = true;
            return false;
        }
        if let Some(task) = single {
            self.progress.insert(task, self.taken + self.parts.len());
        }
        self.bytes += bytes(&part);
        self.parts.push_back(part);
        true
    }
}

/// What a part takes in memory, about.
fn bytes(part: &ExternalPart) -> usize {
    let of_fact = |fact: &TaskFact| {
        let texts = [&fact.name, &fact.message, &fact.worker].into_iter().flatten().map(String::len).sum::<usize>();
        let error = fact.error.as_ref().map_or(0, |error| error.message.len() + error.traceback.as_ref().map_or(0, String::len));
        500 + texts + error + fact.result.as_ref().map_or(0, |result| result.text.len())
    };
    100 + part.event.as_ref().map_or(0, |event| event.json.len()) + part.tasks.iter().map(of_fact).sum::<usize>() + 200 * part.workers.len()
}

#[cfg(test)]
mod tests {
    use proto::external::{ExternalState, ProgressReading};

    use super::*;

    fn part(id: &str, state: ExternalState, current: u64) -> ExternalPart {
        let progress = Some(ProgressReading::Steps { current, total: 10 });
        let fact = TaskFact { id: id.into(), state: Some(state), progress, ..TaskFact::default() };
        ExternalPart { tasks: vec![fact], ..ExternalPart::default() }
    }

    fn told(parts: &[ExternalPart]) -> Vec<(String, ExternalState, u64)> {
        let one = |part: &ExternalPart| {
            let fact = &part.tasks[0];
            let Some(ProgressReading::Steps { current, .. }) = fact.progress else { panic!("steps") };
            (fact.id.clone(), fact.state.unwrap(), current)
        };
        parts.iter().map(one).collect()
    }

    #[test]
    fn progress_replaces_progress_but_never_passes_a_state() {
        let queue = HeardQueue::default();
        use ExternalState::{Progress, Retry};
        for (id, state, current) in [
            ("a", Progress, 1),
            ("b", Progress, 1),
            ("a", Progress, 2),
            ("a", Retry, 0),
            ("a", Progress, 3),
            ("b", Progress, 5),
            ("a", Progress, 4),
        ] {
            assert!(queue.push(part(id, state, current)));
        }
        let expected = [("a", Progress, 2), ("b", Progress, 5), ("a", Retry, 0), ("a", Progress, 4)];
        let parts = queue.take();
        assert_eq!(told(&parts), expected.map(|(id, state, current)| (id.to_owned(), state, current)));
        // What comes after it was taken does not change what was taken, and what is put back comes first.
        queue.push(part("a", Progress, 9));
        queue.put_back(parts);
        queue.push(part("a", Progress, 10));
        let currents: Vec<u64> = told(&queue.take()).iter().map(|(.., current)| *current).collect();
        assert_eq!(currents, [2, 5, 0, 4, 9, 10]);
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_that_is_known() {
        let queue = HeardQueue::default();
        for n in 0..limits::EXTERNAL_HEARD {
            assert!(queue.push(part(&n.to_string(), ExternalState::Progress, 1)));
        }
        assert!(!queue.take_lost());
        assert!(!queue.push(part("more", ExternalState::Progress, 1)));
        assert!(queue.push(part("7", ExternalState::Progress, 2)), "it replaces the one before");
        assert!(queue.take_lost() && !queue.take_lost());
        assert_eq!(queue.take().len(), limits::EXTERNAL_PORTION);
        assert!(queue.push(part("more", ExternalState::Progress, 1)));
    }

    #[test]
    fn large_results_count_by_their_bytes() {
        let queue = HeardQueue::default();
        let mut large = part("a", ExternalState::Success, 1);
        large.tasks[0].message = Some("x".repeat(limits::EXTERNAL_HEARD_BYTES));
        assert!(!queue.push(large));
        assert!(queue.push(part("a", ExternalState::Success, 1)));
    }
}
