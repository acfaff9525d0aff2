//! Time as the worker feels it: waits that a given speed shortens and an interrupt ends.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The prompt was interrupted (fact 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interrupted;

pub(super) struct Pace {
    speed: f64,
    interrupted: Mutex<bool>,
    changed: Condvar,
}

impl Pace {
    pub(super) fn new(speed: f64) -> Self {
        let speed = if speed > 0.0 { speed } else { 1.0 };
        Self { speed, interrupted: Mutex::new(false), changed: Condvar::new() }
    }

    /// How many times faster than usual things go; may be infinite.
    pub(super) fn speed(&self) -> f64 {
        self.speed
    }

    /// Waits that many seconds, divided by the speed.
    pub(super) fn wait(&self, seconds: f64) -> Result<(), Interrupted> {
        // An infinite or enormous speed gives zero; anything not a duration is no wait either.
        let time = Duration::try_from_secs_f64(seconds / self.speed).unwrap_or(Duration::ZERO);
        let until = Instant::now() + time;
        let mut interrupted = self.lock();
        loop {
            if *interrupted {
                return Err(Interrupted);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            interrupted = self.changed.wait_timeout(interrupted, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Stops whatever runs at its next wait.
    pub(super) fn interrupt(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// A new prompt starts with a clean slate: an interrupt of an idle engine is forgotten (fact 30).
    pub(super) fn reset(&self) {
        *self.lock() = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970, as in `timestamp` and `create_time`.
pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
