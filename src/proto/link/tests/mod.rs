//! The link in virtual time: a harness that advances from wake to wake.

mod backing_off;
mod breaker;
mod configure;
mod crowd;
mod heartbeat;
mod losses;
mod polling;
mod properties;
mod refusals;
mod stalls;

use super::*;
use std::time::Duration;

struct Harness {
    link: Link,
    at: Duration,
    jitter: f64,
    wake: Option<Duration>,
    /// Generation of the newest `Connect`.
    generation: Generation,
    log: Vec<Output>,
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Harness {
    fn new() -> Self {
        Self::with(LinkConfig::upstream())
    }

    fn with(config: LinkConfig) -> Self {
        Self { link: Link::new(config), at: Duration::ZERO, jitter: 1.0, wake: None, generation: Generation::default(), log: Vec::new() }
    }

    fn started() -> Self {
        let mut harness = Self::new();
        harness.input(Input::Start);
        harness
    }

    fn connected() -> Self {
        let mut harness = Self::started();
        harness.open();
        assert_eq!(harness.link.state(), &LinkState::Connected);
        harness
    }

    /// A link after five consecutive failures; a probe is not due yet.
    fn polling() -> Self {
        let mut harness = Self::started();
        while !harness.is_polling() {
            harness.lose();
            if !harness.is_polling() {
                harness.step();
            }
        }
        harness
    }

    fn is_polling(&self) -> bool {
        matches!(self.link.state(), LinkState::Polling { .. })
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.link.handle(input, Now { at: self.at, jitter: self.jitter });
        let mut outputs = Vec::new();
        self.wake = None;
        while let Some(output) = self.link.poll_output() {
            match output {
                Output::Wake(at, _) => self.wake = Some(at),
                Output::Connect(generation) => {
                    self.generation = generation;
                    outputs.push(output);
                }
                output => outputs.push(output),
            }
        }
        self.log.extend(outputs.clone());
        outputs
    }

    /// Advances to the next wake.
    fn step(&mut self) -> Vec<Output> {
        self.at = self.wake.expect("a timer");
        self.input(Input::Wake)
    }

    /// Advances the time, waking when due.
    fn pass(&mut self, time: Duration) {
        let until = self.at + time;
        while self.wake.is_some_and(|wake| wake <= until) {
            self.step();
        }
        self.at = until;
    }

    /// Like [`Self::pass`]; the peer answers pings at once.
    fn pass_answering(&mut self, time: Duration) {
        let until = self.at + time;
        while self.wake.is_some_and(|wake| wake <= until) {
            if self.step().contains(&Output::Ping(self.generation)) {
                self.pong();
            }
        }
        self.at = until;
    }

    /// Opens the socket; the peer answers the first ping.
    fn open(&mut self) -> Vec<Output> {
        let outputs = self.input(Input::Opened(self.generation));
        self.pong();
        outputs
    }

    fn pong(&mut self) -> Vec<Output> {
        self.input(Input::Pong(self.generation))
    }

    fn receive(&mut self) -> Vec<Output> {
        self.input(Input::Received(self.generation))
    }

    fn lose(&mut self) -> Vec<Output> {
        self.lose_by(Loss::Dropped)
    }

    fn lose_by(&mut self, loss: Loss) -> Vec<Output> {
        self.input(Input::Lost(self.generation, loss))
    }

    fn count(&self, output: &Output) -> usize {
        self.log.iter().filter(|logged| *logged == output).count()
    }

    fn connects(&self) -> usize {
        self.log.iter().filter(|output| is_connect(output)).count()
    }
}

fn is_connect(output: &Output) -> bool {
    matches!(output, Output::Connect(_))
}
