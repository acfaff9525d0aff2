//! The connection machine: when to connect, ping, give up, poll and come back. Sans-I/O: the same machine drives the server's link to
//! ComfyUI and the browser's link to Darkroom.
//!
//! A driver feeds it [`Input`]s with the time and a jitter, carries out every [`Output`] from [`Link::poll_output`], and comes back when
//! the newest [`Output::Wake`] is due.

mod config;
mod timers;

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

pub use config::LinkConfig;
pub use timers::Timer;
use timers::Timers;

/// The state that people see.
///
/// ```text
///            Start                 Opened
/// disconnected ──► connecting ─────────────► connected ◄────────────┐
///      ▲               │ failed                 │ lost              │ Opened
///      │ Stop          ▼                        ▼                   │
///   (any state)   reconnecting{attempt, at} ◄───┤   restarting ─► suspended
///                      │ fifth in a row         │
///                      ▼                        │ fatal
///                 polling{probe_at} ──► Opened  └─────► failed{why}
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    Connecting,
    Connected,
    /// The next try, number `attempt`, is due at `at` (the driver's clock).
    Reconnecting {
        attempt: u32,
        at: Duration,
    },
    /// Live updates are off; the peer is asked regularly, and the socket is tried again at `probe_at`.
    Polling {
        probe_at: Duration,
    },
    /// The peer said that it restarts and will be back; the next try is due at `at`.
    Suspended {
        at: Duration,
    },
    /// Asked for.
    Disconnected,
    /// Trying again would not help.
    Failed {
        why: String,
    },
}

/// A number for each connect attempt: callbacks of an older socket carry an older one and are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// What the driver reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Start,
    Stop,
    /// The time of the last [`Output::Wake`] has come.
    Wake,
    Opened(Generation),
    /// Any message of the peer: a sign of life.
    Received(Generation),
    /// The answer to [`Output::Ping`].
    Pong(Generation),
    /// The socket could not be opened, or ended.
    Lost(Generation, Loss),
    /// A person asks for a try now, or the machine came back online.
    RetryNow,
    /// The machine is offline: do not try until [`Input::RetryNow`].
    Offline,
    /// Something runs at the peer (or no longer): silence is suspicious meanwhile.
    Expecting(bool),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Not reached, reset, or closed without a reason.
    Dropped,
    /// The peer said that it restarts.
    Restarting,
    /// Refused for good: not signed in, wrong protocol version.
    Fatal(String),
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a socket; report with this generation.
    Connect(Generation),
    /// Close the socket of this generation, completely, before the next `Connect` (fact 1: ComfyUI mutes the newer of two sockets).
    Close(Generation),
    /// Send a ping; report the pong.
    Ping(Generation),
    /// Ask the peer over HTTP what is going on.
    Poll,
    State(LinkState),
    /// Come back with [`Input::Wake`] at this time, because of this timer. Replaces the wake before.
    Wake(Duration, Timer),
}

/// The time since an origin of the driver's choice (monotonic), and a random number from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub at: Duration,
    pub jitter: f64,
}

#[derive(Debug)]
pub struct Link {
    config: LinkConfig,
    state: LinkState,
    timers: Timers,
    outputs: VecDeque<Output>,
    generation: Generation,
    /// A socket of the present generation is open or being opened.
    socket: bool,
    failures: u32,
    expecting: bool,
}

impl Link {
    #[must_use]
    pub fn new(config: LinkConfig) -> Self {
        Self {
            config,
            state: LinkState::Disconnected,
            timers: Timers::default(),
            outputs: VecDeque::new(),
            generation: Generation::default(),
            socket: false,
            failures: 0,
            expecting: false,
        }
    }

    #[must_use]
    pub fn state(&self) -> &LinkState {
        &self.state
    }

    /// Failures in a row. Back to zero only after the link was up for [`LinkConfig::stable_after`].
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// What to do next; `None` when there is nothing more until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Start if matches!(self.state, LinkState::Disconnected) => self.connect(now, LinkState::Connecting),
            Input::Start => {}
            Input::Stop => self.stop(LinkState::Disconnected),
            Input::Wake => self.wake(now),
            Input::RetryNow => self.retry_now(now),
            Input::Offline => self.go_offline(now),
            Input::Expecting(expecting) => self.expect(expecting, now),
            Input::Opened(generation) if self.is_current(generation) => self.opened(now),
            Input::Received(generation) if self.is_current(generation) => self.alive(now),
            Input::Pong(generation) if self.is_current(generation) => {
                self.timers.clear(Timer::Pong);
            }
            Input::Lost(generation, loss) if self.is_current(generation) => {
                self.socket = false;
                self.lost(loss, now);
            }
            Input::Opened(_) | Input::Received(_) | Input::Pong(_) | Input::Lost(..) => {}
        }
        self.outputs.retain(|output| !matches!(output, Output::Wake(..)));
        if let Some((timer, at)) = self.timers.next() {
            self.outputs.push_back(Output::Wake(at, timer));
        }
    }

    fn is_current(&self, generation: Generation) -> bool {
        self.socket && generation == self.generation
    }

    fn enter(&mut self, state: LinkState) {
        if self.state != state {
            self.state = state.clone();
            self.outputs.push_back(Output::State(state));
        }
    }

    fn connect(&mut self, now: Now, state: LinkState) {
        self.close();
        self.generation.0 += 1;
        self.socket = true;
        self.outputs.push_back(Output::Connect(self.generation));
        self.timers.clear(Timer::Retry);
        self.timers.set(Timer::Opening, now.at + self.config.open_within);
        self.enter(state);
    }

    fn close(&mut self) {
        if self.socket {
            self.socket = false;
            self.outputs.push_back(Output::Close(self.generation));
        }
        for timer in [Timer::Opening, Timer::Ping, Timer::Pong, Timer::Stable, Timer::Stall] {
            self.timers.clear(timer);
        }
    }

    fn stop(&mut self, state: LinkState) {
        self.close();
        self.timers.clear_all();
        self.failures = 0;
        self.enter(state);
    }

    fn opened(&mut self, now: Now) {
        self.timers.clear_all();
        self.timers.set(Timer::Stable, now.at + self.config.stable_after);
        self.timers.set(Timer::Ping, now.at + self.config.ping_every);
        self.watch_for_stall(now);
        self.enter(LinkState::Connected);
    }

    /// Any message counts as life: a peer busy sending may answer a ping late.
    fn alive(&mut self, now: Now) {
        self.timers.clear(Timer::Pong);
        self.timers.set(Timer::Ping, now.at + self.config.ping_every);
        self.watch_for_stall(now);
    }

    fn expect(&mut self, expecting: bool, now: Now) {
        let begins = expecting && !self.expecting;
        self.expecting = expecting;
        if !expecting {
            self.timers.clear(Timer::Stall);
        } else if begins {
            self.watch_for_stall(now);
            if self.timers.is_set(Timer::Poll) {
                self.timers.set(Timer::Poll, now.at + self.config.poll_busy);
            }
        }
    }

    fn watch_for_stall(&mut self, now: Now) {
        if let Some(after) = self.config.stall_after.filter(|_| self.expecting && matches!(self.state, LinkState::Connected)) {
            self.timers.set(Timer::Stall, now.at + after);
        }
    }

    fn lost(&mut self, loss: Loss, now: Now) {
        self.close();
        match loss {
            Loss::Fatal(why) => self.stop(LinkState::Failed { why }),
            Loss::Restarting => {
                let at = now.at + self.config.restart_pause.mul_f64(0.5 + now.jitter);
                self.timers.set(Timer::Retry, at);
                self.enter(LinkState::Suspended { at });
            }
            Loss::Dropped => {
                self.failures += 1;
                self.back_off(now);
            }
        }
    }

    fn back_off(&mut self, now: Now) {
        let at = now.at + self.config.backoff(self.failures, now.jitter);
        self.timers.set(Timer::Retry, at);
        if self.failures < self.config.poll_after {
            self.enter(LinkState::Reconnecting { attempt: self.failures, at });
            return;
        }
        if !matches!(self.state, LinkState::Polling { .. }) {
            self.poll(now);
        }
        self.enter(LinkState::Polling { probe_at: at });
    }

    fn poll(&mut self, now: Now) {
        self.outputs.push_back(Output::Poll);
        let every = if self.expecting { self.config.poll_busy } else { self.config.poll_idle };
        self.timers.set(Timer::Poll, now.at + every);
    }

    fn retry_now(&mut self, now: Now) {
        match self.state {
            LinkState::Reconnecting { .. } | LinkState::Suspended { .. } => self.connect(now, LinkState::Connecting),
            LinkState::Failed { .. } | LinkState::Disconnected => {
                self.failures = 0;
                self.connect(now, LinkState::Connecting);
            }
            LinkState::Polling { .. } if !self.socket => {
                let state = self.state.clone();
                self.connect(now, state);
            }
            // Awake again: if the link is dead, the ping finds out now instead of in half a minute.
            LinkState::Connected => self.ping(now),
            LinkState::Polling { .. } | LinkState::Connecting => {}
        }
    }

    fn go_offline(&mut self, now: Now) {
        if matches!(self.state, LinkState::Disconnected | LinkState::Failed { .. }) {
            return;
        }
        self.close();
        self.timers.clear_all();
        let at = now.at + self.config.backoff_max;
        self.timers.set(Timer::Retry, at);
        self.enter(LinkState::Reconnecting { attempt: self.failures, at });
    }

    fn ping(&mut self, now: Now) {
        self.outputs.push_back(Output::Ping(self.generation));
        self.timers.set(Timer::Ping, now.at + self.config.ping_every);
        self.timers.set(Timer::Pong, now.at + self.config.pong_within);
    }

    fn wake(&mut self, now: Now) {
        while let Some(timer) = self.timers.due(now.at) {
            match timer {
                Timer::Retry => {
                    let state = match &self.state {
                        polling @ LinkState::Polling { .. } => polling.clone(),
                        _ => LinkState::Connecting,
                    };
                    self.connect(now, state);
                }
                Timer::Poll => self.poll(now),
                Timer::Ping => self.ping(now),
                Timer::Stable => self.failures = 0,
                Timer::Opening | Timer::Pong | Timer::Stall => self.lost(Loss::Dropped, now),
            }
        }
    }
}
