//! A circuit breaker for requests to one peer: after some failures in a row no request is sent for a while, then one probe.
//!
//! ```text
//!          failures in a row                 retry_at: one permit
//! closed ────────────────────► open{retry_at} ──────────────────► half-open{until}
//!   ▲                            ▲    its failure: a longer wait │   │
//!   │                            └───────────────────────────────┘   │ its success
//!   └────────────────────────────────────────────────────────────────┘
//! ```

use std::time::Duration;

use super::{Now, config::backoff};

/// The settings of a breaker.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerConfig {
    /// Failures in a row that open it.
    pub failures: u32,
    /// The ceiling of the first wait; it doubles with each probe that fails. Jittered as the waits of a link are.
    pub backoff_first: Duration,
    /// The ceiling of every wait.
    pub backoff_max: Duration,
    /// A probe without a result after this time is abandoned, and another is permitted.
    pub probe_within: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            // As long as the longest request.
            probe_within: Duration::from_secs(30),
        }
    }
}

impl BreakerConfig {
    /// # Errors
    /// The first invalid setting, and its valid range.
    pub fn check(&self) -> Result<(), &'static str> {
        let rules = [
            (self.failures > 0, "failures must be at least 1"),
            (!self.backoff_first.is_zero(), "backoff_first must be above 0"),
            (self.backoff_first <= self.backoff_max, "backoff_first must be at most backoff_max"),
            (!self.probe_within.is_zero(), "probe_within must be above 0"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(rule))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    /// No request before `retry_at`.
    Open {
        retry_at: Duration,
    },
    /// One probe is under way, until `until` at most.
    HalfOpen {
        until: Duration,
    },
}

/// Permits one request. May be dropped without a report.
#[derive(Debug)]
#[must_use = "the outcome of the request must be reported"]
pub struct Permit {
    round: u64,
}

/// No request now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When to ask for the next permit.
    pub retry_at: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The peer responded, possibly with 4xx: it is reachable.
    Answered,
    /// Connection failed, timeout, or 5xx.
    Failed,
}

impl CallOutcome {
    /// The result of a response with this HTTP status.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        if status >= 500 { Self::Failed } else { Self::Answered }
    }
}

#[derive(Debug)]
pub struct Breaker {
    config: BreakerConfig,
    state: BreakerState,
    failures: u32,
    /// Incremented whenever the state changes: results of requests permitted in an earlier round are ignored.
    round: u64,
}

impl Breaker {
    #[must_use]
    pub fn new(config: BreakerConfig) -> Self {
        Self { config, state: BreakerState::Closed, failures: 0, round: 0 }
    }

    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// A permit for one request at `now`.
    ///
    /// # Errors
    /// The breaker is open, or its one probe is in progress.
    pub fn permit(&mut self, now: Duration) -> Result<Permit, Refused> {
        match self.state {
            BreakerState::Open { retry_at: until } | BreakerState::HalfOpen { until } if now < until => Err(Refused { retry_at: until }),
            BreakerState::Closed => Ok(Permit { round: self.round }),
            BreakerState::Open { .. } | BreakerState::HalfOpen { .. } => {
                self.enter(BreakerState::HalfOpen { until: now + self.config.probe_within });
                Ok(Permit { round: self.round })
            }
        }
    }

    /// Reports the result of a permitted request. Results of an earlier round are ignored.
    pub fn report(&mut self, permit: Permit, outcome: CallOutcome, now: Now) {
        if permit.round != self.round {
            return;
        }
        match outcome {
            CallOutcome::Answered => {
                self.failures = 0;
                if self.state != BreakerState::Closed {
                    self.enter(BreakerState::Closed);
                }
            }
            CallOutcome::Failed => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= self.config.failures {
                    let waits = self.failures - self.config.failures + 1;
                    let wait = backoff(self.config.backoff_first, self.config.backoff_max, waits, now.jitter);
                    self.enter(BreakerState::Open { retry_at: now.at + wait });
                }
            }
        }
    }

    fn enter(&mut self, state: BreakerState) {
        self.state = state;
        self.round += 1;
    }
}
