//! The pending prompts, the running one, and the history: in memory only (fact 5).
//!
//! `status` is sent under the lock, so that its counts are in order.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::{heap, pace::Pace, prompt::Prompt, python, sockets::Sockets};

/// Older entries are dropped. ComfyUI keeps 10,000.
const MAX_HISTORY: usize = 1_000;
/// Further prompts are refused. ComfyUI has no limit.
const MAX_PENDING: usize = 10_000;

/// The result of a run for the history (fact 41).
#[derive(Debug, Default)]
pub(super) struct ExecutionResult {
    pub(super) outputs: Map<String, Value>,
    pub(super) meta: Map<String, Value>,
    pub(super) completed: bool,
    pub(super) messages: Vec<Value>,
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<QueueInner>,
    filled: Condvar,
}

#[derive(Default)]
struct QueueInner {
    next_number: i64,
    /// A binary heap in the layout of Python's `heapq`, visible in `/queue` (fact 40).
    pending: Vec<Prompt>,
    running: Option<Prompt>,
    history: Map<String, Value>,
    /// While set, no prompt is taken.
    held: bool,
    closed: bool,
}

/// A copy of the queue and history, for `/api/jobs`.
pub(super) struct Snapshot {
    pub(super) running: Vec<Prompt>,
    pub(super) pending: Vec<Prompt>,
    pub(super) history: Map<String, Value>,
}

impl Queue {
    /// The next number, consumed even when the prompt is rejected later (fact 33). `front` makes it negative (fact 40).
    pub(super) fn next_number(&self, front: bool) -> i64 {
        let mut state = self.lock();
        let number = state.next_number;
        state.next_number += 1;
        if front { -number } else { number }
    }

    /// Returns false when too many prompts are pending.
    pub(super) fn put(&self, prompt: Prompt, sockets: &Sockets) -> bool {
        let mut state = self.lock();
        if state.pending.len() >= MAX_PENDING {
            return false;
        }
        state.pending.push(prompt);
        let last = state.pending.len() - 1;
        heap::sift_down(&mut state.pending, 0, last);
        announce(&state, sockets);
        self.filled.notify_one();
        true
    }

    /// Blocks until a prompt is pending, and takes it. `None` when the queue is closed. Resets the interrupt of the previous
    /// prompt under the same lock, so that an interrupt of this one is kept.
    pub(super) fn take(&self, sockets: &Sockets, pace: &Pace) -> Option<Prompt> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if !state.held
                && let Some(prompt) = heap::pop(&mut state.pending)
            {
                state.running = Some(prompt.clone());
                pace.reset();
                announce(&state, sockets);
                return Some(prompt);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Moves the running prompt into the history, under the queue's lock (fact 42). `keep: false` leaves no entry.
    pub(super) fn done(&self, outcome: ExecutionResult, keep: bool, sockets: &Sockets) {
        let mut state = self.lock();
        if let Some(prompt) = state.running.take()
            && keep
        {
            if state.history.len() >= MAX_HISTORY
                && let Some(oldest) = state.history.keys().next().cloned()
            {
                state.history.shift_remove(&oldest);
            }
            let entry = json!({
                "prompt": prompt.to_json(),
                "outputs": outcome.outputs,
                "status": {
                    "status_str": if outcome.completed { "success" } else { "error" },
                    "completed": outcome.completed,
                    "messages": outcome.messages,
                },
                "meta": outcome.meta,
            });
            state.history.insert(prompt.id, entry);
        }
        announce(&state, sockets);
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Sets whether prompts are held in the queue.
    pub(super) fn hold(&self, held: bool) {
        self.lock().held = held;
        self.filled.notify_all();
    }

    /// Clears everything, as a process restart does: pending, running, history, numbers (fact 5).
    pub(super) fn forget(&self, pace: &Pace) {
        let mut state = self.lock();
        let QueueInner { held, closed, running, .. } = std::mem::take(&mut *state);
        (state.held, state.closed) = (held, closed);
        if running.is_some() {
            pace.die();
        }
    }

    /// Cancels the prompt of that id, pending or running, under the queue's lock; false when it is neither.
    pub(super) fn cancel(&self, id: &str, pace: &Pace, sockets: &Sockets) -> bool {
        let state = self.lock();
        if state.running.as_ref().is_some_and(|prompt| prompt.id == id) {
            pace.interrupt();
            return true;
        }
        let waits = state.pending.iter().any(|prompt| prompt.id == id);
        if waits {
            remove(state, &id.into(), sockets);
        }
        waits
    }

    /// The running prompt, if any.
    pub(super) fn running(&self) -> Option<String> {
        self.lock().running.as_ref().map(|prompt| prompt.id.clone())
    }

    pub(super) fn clear(&self, sockets: &Sockets) {
        let mut state = self.lock();
        state.pending.clear();
        announce(&state, sockets);
    }

    /// Removes the first pending entry of that id (facts 38, 39).
    pub(super) fn delete(&self, id: &Value, sockets: &Sockets) {
        remove(self.lock(), id, sockets);
    }

    pub(super) fn is_running(&self, id: &Value) -> bool {
        self.lock().running.as_ref().is_some_and(|prompt| *id == *prompt.id)
    }

    /// Calls `call` with the counts under the lock: a socket that registers in it misses no later `status`.
    pub(super) fn with_info<T>(&self, call: impl FnOnce(Value) -> T) -> T {
        let state = self.lock();
        call(info(&state))
    }

    pub(super) fn to_json(&self) -> Value {
        let state = self.lock();
        let list = |prompts: &mut dyn Iterator<Item = &Prompt>| prompts.map(Prompt::to_json).collect::<Vec<_>>();
        json!({
            "queue_running": list(&mut state.running.iter()),
            "queue_pending": list(&mut state.pending.iter()),
        })
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot { running: state.running.iter().cloned().collect(), pending: state.pending.clone(), history: state.history.clone() }
    }

    /// `max_items` alone returns the newest, with an offset it counts from the oldest (fact 44).
    pub(super) fn history(&self, max_items: Option<i64>, offset: Option<i64>) -> Value {
        let state = self.lock();
        let length = i64::try_from(state.history.len()).unwrap_or(i64::MAX);
        let start = match (offset, max_items) {
            (None | Some(..0), Some(max)) => length - max,
            (offset, _) => offset.unwrap_or(-1),
        };
        let mut page = Map::new();
        for (at, (id, entry)) in state.history.iter().enumerate() {
            if i64::try_from(at).unwrap_or(i64::MAX) < start {
                continue;
            }
            page.insert(id.clone(), entry.clone());
            if max_items.is_some_and(|max| i64::try_from(page.len()).unwrap_or(i64::MAX) >= max) {
                break;
            }
        }
        Value::Object(page)
    }

    /// `{}` when unknown, pending or running (fact 42).
    pub(super) fn history_of(&self, id: &str) -> Value {
        match self.lock().history.get(id) {
            Some(entry) => json!({id: entry}),
            None => json!({}),
        }
    }

    pub(super) fn clear_history(&self) {
        self.lock().history.clear();
    }

    pub(super) fn delete_history(&self, id: &Value) {
        self.lock().history.shift_remove(&python::str(id));
    }

    fn lock(&self) -> MutexGuard<'_, QueueInner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(mut state: MutexGuard<'_, QueueInner>, id: &Value, sockets: &Sockets) {
    let Some(at) = state.pending.iter().position(|prompt| *id == *prompt.id) else {
        return;
    };
    if state.pending.len() == 1 {
        state.pending.clear();
        // ComfyUI empties the queue, which sends a `status`, and then sends another (fact 39).
        announce(&state, sockets);
    } else {
        state.pending.remove(at);
        for start in (0..state.pending.len() / 2).rev() {
            heap::sift_up(&mut state.pending, start);
        }
    }
    announce(&state, sockets);
}

/// `{"exec_info": …}`: running and pending prompts in one count (fact 13).
fn info(state: &QueueInner) -> Value {
    let remaining = state.pending.len() + usize::from(state.running.is_some());
    json!({"exec_info": {"queue_remaining": remaining}})
}

fn announce(state: &QueueInner, sockets: &Sockets) {
    sockets.event("status", &json!({"status": info(state)}), None);
}
