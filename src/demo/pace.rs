//! The worker's waits, which the speed scales and an interrupt ends, and the gates that can hold it.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::faults::At;

/// The prompt was interrupted (fact 30), or its engine was stopped or restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted;

/// The place where the worker is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub prompt_id: String,
    pub at: At,
    pub node: Option<String>,
    pub step: Option<u64>,
}

pub(super) struct Pace {
    speed: f64,
    state: Mutex<PaceState>,
    changed: Condvar,
    held: watch::Sender<Option<Held>>,
}

struct PaceState {
    end: Option<End>,
    slow: f64,
    paused: bool,
}

/// Why the running prompt stops at its next wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Interrupt,
    /// As if the process had ended: no events are sent.
    Death,
}

impl Pace {
    pub(super) fn new(speed: f64) -> Self {
        let speed = if speed > 0.0 { speed } else { 1.0 };
        let state = PaceState { end: None, slow: 1.0, paused: false };
        Self { speed, state: Mutex::new(state), changed: Condvar::new(), held: watch::Sender::new(None) }
    }

    /// The factor by which waits are shortened; may be infinite.
    pub(super) fn speed(&self) -> f64 {
        self.speed / self.lock().slow
    }

    /// Waits that many seconds, divided by the speed; longer while paused.
    pub(super) fn wait(&self, seconds: f64) -> Result<(), Interrupted> {
        // An infinite or enormous speed gives zero; a value that is no duration does not wait.
        let time = Duration::try_from_secs_f64(seconds / self.speed()).unwrap_or(Duration::ZERO);
        self.wait_until(|state, left| state.end.is_none() && (state.paused || left), Some(Instant::now() + time));
        if self.lock().end.is_some() { Err(Interrupted) } else { Ok(()) }
    }

    /// Blocks at this place until released.
    pub(super) fn hold(&self, held: Held) -> Result<(), Interrupted> {
        self.held.send_replace(Some(held));
        self.wait_until(|state, _| state.end.is_none() && self.held.borrow().is_some(), None);
        self.held.send_replace(None);
        if self.lock().end.is_some() { Err(Interrupted) } else { Ok(()) }
    }

    /// Waits that long; only the end of the engine shortens it.
    pub(super) fn linger(&self, time: Duration) {
        self.wait_until(|state, left| left && state.end != Some(End::Death), Some(Instant::now() + time));
    }

    /// Waits while `go_on` returns true; its flag says whether time is left.
    fn wait_until(&self, go_on: impl Fn(&PaceState, bool) -> bool, until: Option<Instant>) {
        let mut state = self.lock();
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if !go_on(&state, left.is_some_and(|left| !left.is_zero())) {
                return;
            }
            state = match left {
                Some(left) if !left.is_zero() => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                _ => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Stops the running prompt at its next wait.
    pub(super) fn interrupt(&self) {
        self.change(|state| {
            state.end.get_or_insert(End::Interrupt);
        });
    }

    /// Stops the running prompt at its next wait, without events.
    pub(super) fn die(&self) {
        self.change(|state| state.end = Some(End::Death));
    }

    /// Whether the running prompt belongs to an engine that was stopped or restarted.
    pub(super) fn is_dead(&self) -> bool {
        self.lock().end == Some(End::Death)
    }

    /// Resets for a new prompt: an interrupt of an idle engine is forgotten (fact 30).
    pub(super) fn reset(&self) {
        self.lock().end = None;
    }

    pub(super) fn set_slow(&self, factor: f64) {
        self.change(|state| state.slow = factor.max(f64::MIN_POSITIVE));
    }

    pub(super) fn set_paused(&self, paused: bool) {
        self.change(|state| state.paused = paused);
    }

    pub(super) fn release(&self) {
        // Under the lock, so that a hold about to wait sees the change.
        self.change(|_| {
            self.held.send_replace(None);
        });
    }

    /// Watches where the worker is held.
    pub(super) fn held(&self) -> watch::Receiver<Option<Held>> {
        self.held.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut PaceState)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, PaceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970, as in `timestamp` and `create_time`.
pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
