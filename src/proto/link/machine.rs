//! The state machine: connecting, loss, waiting, polling. Of an open socket, `heartbeat` decides that it is late, and `watch` that it is stalled.

mod heartbeat;
mod refusal;
mod watch;

use std::{collections::VecDeque, time::Duration};

use super::{
    Counters, Generation, Input, LinkConfig, LinkState, Loss, Now, Output, Quality, Timer, quality::RoundTrips, refusal::RefusalState,
    silence::Silence, timers::Timers,
};

/// ```text
///                 Start               Opened
///  disconnected ────────► connecting ─────────► connected ────────────────┐
///       ▲                  ▲   ▲   │              │   ▲ │                 │ silent while something runs,
///       │ Stop          at │   │   │ lost         │   │ │ 1012            │ and more: a new socket
///   (any state)            │   │   ▼              │   │ ▼                 └──► connecting
///                          │   └─ suspended{at} ◄─────┼─┘
///                          │                      │   │
///              reconnecting{attempt, at} ◄────────┤   │ the probe held for hold_for
///                          │        lost, closed, │   │
///           fifth in a row │             no pong  │   │
///                          ▼                      │   │
///                  polling{probe_at} ◄────────────┘   │
///                          │ probe_at                 │
///                          └──► (opening, open) ──────┘
///
///   (any socket, any poll) ── refused for good ──► failed{why} ── RetryNow ──► connecting
///
///   (any socket) ── refused: 403, 404 … ──► asks over HTTP ── answered ──► polling{probe_at: after refused_retry}
///                                                │  └─ no answer ──► as lost
///                                                └─ refused too ──► failed{why} ── refused_retry ──► (opening)
/// ```
/// * The failure count is reset only after the link was up for `stable_after`. A flapping link waits longer each time, and finally polls.
/// * **A probe must hold**: a socket opened while polling counts as connected only after `hold_for`, and polling
///   continues until then. Its first message proves nothing: ComfyUI greets every socket, also one that it mutes afterwards.
/// * A clean close (1000, 1001) is a failure like a reset: the first wait is at most a second, and repeated closes lengthen the
///   waits. Only 1012 announces a restart, and only once: a second restart before the link was stable counts as a failure.
/// * A restart that nobody announced is known when the next socket opens ([`Input::Restarted`]): the link passes through suspended.
#[derive(Debug)]
pub struct Link {
    config: LinkConfig,
    state: LinkState,
    timers: Timers,
    outputs: VecDeque<Output>,
    generation: Generation,
    /// A socket of the current generation is open or being opened.
    socket: bool,
    failures: u32,
    /// The peer announced a restart, and the link was not stable since then.
    restarted: bool,
    expecting: bool,
    silence: Silence,
    round_trips: RoundTrips,
    ever_opened: bool,
    counters: Counters,
    refusal: RefusalState,
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
            restarted: false,
            expecting: false,
            silence: Silence::default(),
            round_trips: RoundTrips::default(),
            ever_opened: false,
            counters: Counters::default(),
            refusal: RefusalState::default(),
        }
    }

    /// Changes the settings. A wait in progress keeps its end; later ones use the new settings.
    pub fn configure(&mut self, config: LinkConfig) {
        self.config = config;
    }

    #[must_use]
    pub fn state(&self) -> &LinkState {
        &self.state
    }

    /// Consecutive failures. Reset after the link was up for [`LinkConfig::stable_after`].
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The round-trip time of the current socket. `None` until its first pong.
    #[must_use]
    pub fn quality(&self) -> Option<Quality> {
        self.round_trips.quality()
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The next output. `None`: no more until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Start if matches!(self.state, LinkState::Disconnected) => self.connect(now, LinkState::Connecting),
            Input::Start => {}
            Input::Stop => self.stop(LinkState::Disconnected),
            Input::Refused(why) => self.refuse_for_good(why, now),
            Input::Http(answer) => self.http(answer, now),
            Input::Wake => self.wake(now),
            Input::RetryNow => self.retry_now(now),
            Input::Offline => self.go_offline(now),
            Input::Expecting(expecting) => self.expect(expecting, now),
            Input::Checked { missed } => self.checked(missed, now),
            Input::Missed if self.state == LinkState::Connected => self.stalled(now),
            Input::Opened(generation) if self.is_current(generation) => self.opened(now),
            Input::Received(generation) if self.is_current(generation) => self.alive(now),
            Input::Pong(generation) if self.is_current(generation) => self.pong(now),
            Input::Restarted(generation) if self.is_current(generation) => self.peer_restarted(now),
            Input::Lost(generation, loss) if self.is_current(generation) => {
                self.socket = false;
                self.lost(loss, now);
            }
            Input::Missed | Input::Opened(_) | Input::Received(_) | Input::Pong(_) | Input::Restarted(_) | Input::Lost(..) => {}
        }
        self.outputs.retain(|output| !matches!(output, Output::Wake(..)));
        if let Some((timer, at)) = self.timers.next() {
            self.outputs.push_back(Output::Wake(at, timer));
        }
    }

    fn is_current(&self, generation: Generation) -> bool {
        self.socket && generation == self.generation
    }

    fn is_open(&self) -> bool {
        self.socket && !self.timers.is_set(Timer::Opening)
    }

    fn is_polling(&self) -> bool {
        matches!(self.state, LinkState::Polling { .. })
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

    /// Connects. While polling, the state stays polling; after a refusal it stays failed.
    fn retry_connect(&mut self, now: Now) {
        let state = if self.is_polling() || self.is_failed() { self.state.clone() } else { LinkState::Connecting };
        self.connect(now, state);
    }

    fn close(&mut self) {
        self.refusal.is_asking = false;
        if self.socket {
            self.socket = false;
            self.outputs.push_back(Output::Close(self.generation));
        }
        for timer in [Timer::Opening, Timer::Ping, Timer::Pong, Timer::Hold, Timer::Stable, Timer::Silence] {
            self.timers.clear(timer);
        }
    }

    fn stop(&mut self, state: LinkState) {
        self.close();
        self.timers.clear_all();
        self.failures = 0;
        self.restarted = false;
        self.enter(state);
    }

    /// The peer of this socket is another process than that of the socket before, which ended without a word: it was a restart. While polling it changes
    /// nothing: the state says that there is no socket until the probe has held.
    fn peer_restarted(&mut self, now: Now) {
        if self.ever_opened && !self.restarted && self.state == LinkState::Connecting {
            self.enter(LinkState::Suspended { at: now.at });
        }
    }

    fn opened(&mut self, now: Now) {
        if self.is_open() {
            return;
        }
        self.timers.clear(Timer::Opening);
        self.counters.reconnects += u32::from(self.ever_opened);
        self.ever_opened = true;
        self.refusal.why = None;
        self.silence.opened(now.at);
        self.round_trips = RoundTrips::default();
        self.timers.set(Timer::Stable, now.at + self.config.stable_after);
        // Ping at once: measures the round-trip time, and detects a proxy that accepts sockets although its backend is down.
        self.ping(now);
        if self.is_polling() {
            self.timers.set(Timer::Hold, now.at + self.config.hold_for);
        } else if self.is_failed() {
            self.ask(now);
        } else {
            self.holds(now);
        }
    }

    fn lost(&mut self, loss: Loss, now: Now) {
        match loss {
            Loss::Dropped => self.counters.dropped += 1,
            Loss::Closed { .. } | Loss::Restarting | Loss::Refused(_) | Loss::Fatal(_) => self.counters.closed += 1,
        }
        match loss {
            Loss::Fatal(why) => self.stop(LinkState::Failed { why }),
            Loss::Refused(why) => self.socket_refused(why, now),
            Loss::Restarting if !self.restarted => {
                self.close();
                self.timers.clear_all();
                self.restarted = true;
                let at = now.at + self.config.restart_pause.mul_f64(0.5 + now.jitter.clamp(0.0, 1.0));
                self.timers.set(Timer::Retry, at);
                self.enter(LinkState::Suspended { at });
            }
            Loss::Dropped | Loss::Closed { .. } | Loss::Restarting => self.reconnect_later(now),
        }
    }

    fn reconnect_later(&mut self, now: Now) {
        self.close();
        self.failures += 1;
        let at = now.at + self.config.backoff(self.failures, now.jitter);
        self.timers.set(Timer::Retry, at);
        if self.failures < self.config.poll_after {
            self.enter(LinkState::Reconnecting { attempt: self.failures, at });
            return;
        }
        if !self.is_polling() {
            self.poll(now);
        }
        self.enter(LinkState::Polling { probe_at: at });
    }

    fn poll(&mut self, now: Now) {
        self.counters.polls += 1;
        self.outputs.push_back(Output::Poll);
        self.timers.set(Timer::Poll, now.at + self.poll_interval());
    }

    fn poll_interval(&self) -> Duration {
        if self.expecting { self.config.poll_busy } else { self.config.poll_idle }
    }

    fn retry_now(&mut self, now: Now) {
        match self.state {
            LinkState::Failed { .. } | LinkState::Disconnected => {
                self.failures = 0;
                self.connect(now, LinkState::Connecting);
            }
            // After sleep the link may be dead: a ping detects it now instead of in half a minute.
            _ if self.is_open() => self.ping(now),
            _ if self.socket => {}
            _ => self.retry_connect(now),
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

    fn wake(&mut self, now: Now) {
        self.forgive_sleep(now);
        while let Some(timer) = self.timers.take_due(now.at) {
            match timer {
                Timer::Retry => self.retry_connect(now),
                Timer::Poll => self.poll(now),
                Timer::Ping => self.ping(now),
                Timer::Hold => self.holds(now),
                Timer::Stable => {
                    self.failures = 0;
                    self.restarted = false;
                }
                Timer::Silence => self.silent(now),
                Timer::Pong => self.heartbeat_timed_out(now),
                Timer::Opening => self.lost(Loss::Dropped, now),
            }
        }
    }
}
