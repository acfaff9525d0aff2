//! Time as the worker feels it: waits that a given speed shortens and an interrupt ends, and gates at which it can be held.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::faults::At;

/// The prompt was interrupted (fact 30), or the engine it ran in is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted;

/// Where the worker is being held.
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

/// Why what runs stops at its next wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Interrupt,
    /// As if the process were gone: nobody hears of it.
    Death,
}

impl Pace {
    pub(super) fn new(speed: f64) -> Self {
        let speed = if speed > 0.0 { speed } else { 1.0 };
        let state = PaceState { end: None, slow: 1.0, paused: false };
        Self { speed, state: Mutex::new(state), changed: Condvar::new(), held: watch::Sender::new(None) }
    }

    /// How many times faster than usual things go; may be infinite.
    pub(super) fn speed(&self) -> f64 {
        self.speed / self.lock().slow
    }

    /// Waits that many seconds, divided by the speed; while paused, longer.
    pub(super) fn wait(&self, seconds: f64) -> Result<(), Interrupted> {
        // An infinite or enormous speed gives zero; anything not a duration is no wait either.
        let time = Duration::try_from_secs_f64(seconds / self.speed()).unwrap_or(Duration::ZERO);
        self.wait_until(|state, left| state.end.is_none() && (state.paused || left), Some(Instant::now() + time));
        if self.lock().end.is_some() { Err(Interrupted) } else { Ok(()) }
    }

    /// Stays at this place until released.
    pub(super) fn hold(&self, held: Held) -> Result<(), Interrupted> {
        self.held.send_replace(Some(held));
        self.wait_until(|state, _| state.end.is_none() && self.held.borrow().is_some(), None);
        self.held.send_replace(None);
        if self.lock().end.is_some() { Err(Interrupted) } else { Ok(()) }
    }

    /// Waits that long, which only the end of the engine shortens.
    pub(super) fn linger(&self, time: Duration) {
        self.wait_until(|state, left| left && state.end != Some(End::Death), Some(Instant::now() + time));
    }

    /// While `go_on`, which is told whether there is time left.
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

    /// Stops whatever runs at its next wait.
    pub(super) fn interrupt(&self) {
        self.change(|state| {
            state.end.get_or_insert(End::Interrupt);
        });
    }

    /// Stops whatever runs at its next wait, and nobody hears of it.
    pub(super) fn die(&self) {
        self.change(|state| state.end = Some(End::Death));
    }

    /// Whether what runs belongs to an engine that is no more.
    pub(super) fn is_dead(&self) -> bool {
        self.lock().end == Some(End::Death)
    }

    /// A new prompt starts with a clean slate: an interrupt of an idle engine is forgotten (fact 30).
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
        // With the lock, so that a hold about to begin its wait sees it.
        self.change(|_| {
            self.held.send_replace(None);
        });
    }

    /// Where the worker is held, and every change of it.
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
