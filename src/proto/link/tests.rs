//! The machine in virtual time: a harness that steps from wake to wake.

use proptest::prelude::*;

use super::*;

struct Harness {
    link: Link,
    at: Duration,
    jitter: f64,
    wake: Option<Duration>,
    log: Vec<Output>,
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Harness {
    fn new() -> Self {
        Self::with(LinkConfig::upstream())
    }

    fn with(config: LinkConfig) -> Self {
        Self { link: Link::new(config), at: Duration::ZERO, jitter: 1.0, wake: None, log: Vec::new() }
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.link.handle(input, Now { at: self.at, jitter: self.jitter });
        let mut outputs = Vec::new();
        self.wake = None;
        while let Some(output) = self.link.poll_output() {
            match output {
                Output::Wake(at, _) => self.wake = Some(at),
                output => outputs.push(output),
            }
        }
        self.log.extend(outputs.clone());
        outputs
    }

    /// Goes to the next wake.
    fn step(&mut self) -> Vec<Output> {
        self.at = self.wake.expect("a timer");
        self.input(Input::Wake)
    }

    /// Lets time pass, waking where asked.
    fn pass(&mut self, time: Duration) {
        let until = self.at + time;
        while self.wake.is_some_and(|wake| wake <= until) {
            self.step();
        }
        self.at = until;
    }

    fn generation(&self) -> Generation {
        self.link.generation
    }

    fn connected() -> Self {
        let mut harness = Self::new();
        harness.input(Input::Start);
        harness.input(Input::Opened(harness.generation()));
        assert_eq!(harness.link.state(), &LinkState::Connected);
        harness
    }

    fn lose(&mut self) -> Vec<Output> {
        self.input(Input::Lost(self.generation(), Loss::Dropped))
    }
}

#[test]
fn backs_off_1_2_4_8_and_polls_exactly_at_the_fifth_failure() {
    let mut harness = Harness::new();
    harness.input(Input::Start);
    for (attempt, wait) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
        harness.lose();
        let at = harness.at + secs(wait);
        assert_eq!(harness.link.state(), &LinkState::Reconnecting { attempt, at });
        assert!(!harness.log.contains(&Output::Poll));
        harness.step();
        assert_eq!(harness.link.state(), &LinkState::Connecting);
    }
    let outputs = harness.lose();
    assert!(outputs.contains(&Output::Poll));
    assert_eq!(harness.link.state(), &LinkState::Polling { probe_at: harness.at + secs(16) });
}

#[test]
fn probes_while_polling_and_returns_when_one_opens() {
    let mut harness = Harness::new();
    harness.input(Input::Start);
    for _ in 0..5 {
        harness.lose();
        if !matches!(harness.link.state(), LinkState::Polling { .. }) {
            harness.step();
        }
    }
    let before = harness.log.iter().filter(|output| **output == Output::Poll).count();
    harness.pass(secs(16));
    assert!(harness.log.iter().filter(|output| **output == Output::Poll).count() > before, "goes on polling");
    assert!(matches!(harness.log.last(), Some(Output::Connect(_))), "probes");
    assert!(matches!(harness.link.state(), LinkState::Polling { .. }), "and says so until the probe opens");
    harness.input(Input::Opened(harness.generation()));
    assert_eq!(harness.link.state(), &LinkState::Connected);
    harness.log.clear();
    harness.pass(secs(20));
    assert!(!harness.log.contains(&Output::Poll), "does not poll once live");
}

#[test]
fn asks_more_often_as_soon_as_something_runs() {
    let mut harness = Harness::new();
    harness.input(Input::Start);
    while !matches!(harness.link.state(), LinkState::Polling { .. }) {
        harness.lose();
        if !matches!(harness.link.state(), LinkState::Polling { .. }) {
            harness.step();
        }
    }
    let polls = |harness: &Harness| harness.log.iter().filter(|output| **output == Output::Poll).count();
    assert_eq!(polls(&harness), 1);
    harness.input(Input::Expecting(true));
    harness.pass(secs(3));
    assert_eq!(polls(&harness), 4);
}

#[test]
fn forgets_failures_only_after_the_link_has_held() {
    let mut harness = Harness::connected();
    for failures in 1..=3 {
        harness.pass(secs(1));
        harness.lose();
        assert_eq!(harness.link.failures(), failures);
        harness.step();
        harness.input(Input::Opened(harness.generation()));
    }
    harness.pass(secs(24));
    harness.input(Input::Received(harness.generation()));
    harness.pass(secs(6));
    assert_eq!(harness.link.failures(), 0);
}

#[test]
fn a_silent_link_is_dead_after_ping_and_pong() {
    let mut harness = Harness::connected();
    let generation = harness.generation();
    harness.pass(secs(25));
    assert!(harness.log.contains(&Output::Ping(generation)));
    harness.pass(Duration::from_millis(7_999));
    assert_eq!(harness.link.state(), &LinkState::Connected);
    harness.pass(Duration::from_millis(1));
    assert!(harness.log.contains(&Output::Close(generation)));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
}

#[test]
fn a_pong_keeps_it_alive() {
    let mut harness = Harness::connected();
    for _ in 0..10 {
        harness.pass(secs(25));
        harness.input(Input::Pong(harness.generation()));
    }
    assert_eq!(harness.link.state(), &LinkState::Connected);
}

#[test]
fn callbacks_of_an_older_socket_change_nothing() {
    let mut harness = Harness::connected();
    let old = harness.generation();
    harness.lose();
    harness.step();
    harness.input(Input::Opened(harness.generation()));
    assert!(harness.input(Input::Lost(old, Loss::Dropped)).is_empty());
    assert_eq!(harness.link.state(), &LinkState::Connected);
}

#[test]
fn a_socket_that_never_opens_is_a_failure() {
    let mut harness = Harness::new();
    harness.input(Input::Start);
    harness.pass(secs(10));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
}

#[test]
fn a_fatal_refusal_is_not_hammered_but_a_person_may_retry() {
    let mut harness = Harness::connected();
    harness.input(Input::Lost(harness.generation(), Loss::Fatal("signed out".into())));
    assert_eq!(harness.link.state(), &LinkState::Failed { why: "signed out".into() });
    assert_eq!(harness.wake, None);
    assert!(harness.input(Input::RetryNow).iter().any(|output| matches!(output, Output::Connect(_))));
}

#[test]
fn a_restarting_peer_is_awaited_and_is_no_failure() {
    let mut harness = Harness::connected();
    harness.input(Input::Lost(harness.generation(), Loss::Restarting));
    assert_eq!(harness.link.state(), &LinkState::Suspended { at: harness.at + secs(3) });
    harness.step();
    assert_eq!((harness.link.state(), harness.link.failures()), (&LinkState::Connecting, 0));
}

#[test]
fn silence_while_something_runs_is_a_stall() {
    let mut harness = Harness::with(LinkConfig { stall_after: Some(secs(20)), ..LinkConfig::upstream() });
    harness.input(Input::Start);
    harness.input(Input::Opened(harness.generation()));
    harness.input(Input::Expecting(true));
    harness.pass(secs(15));
    harness.input(Input::Received(harness.generation()));
    harness.pass(secs(19));
    assert_eq!(harness.link.state(), &LinkState::Connected);
    harness.pass(secs(1));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { .. }));
}

#[test]
fn a_person_can_skip_the_wait() {
    let mut harness = Harness::connected();
    harness.lose();
    assert!(harness.input(Input::RetryNow).iter().any(|output| matches!(output, Output::Connect(_))));
    assert_eq!(harness.link.state(), &LinkState::Connecting);
}

fn any_input() -> impl Strategy<Value = u8> {
    0u8..10
}

proptest! {
    /// Whatever happens in whatever order: at most one socket, closed before the next is opened, and never a dead end.
    #[test]
    fn never_has_two_sockets_and_never_hangs(inputs in proptest::collection::vec((any_input(), 0u64..40_000, 0.0f64..1.0), 0..80)) {
        let mut harness = Harness::new();
        harness.input(Input::Start);
        for (kind, wait, jitter) in inputs {
            harness.jitter = jitter;
            harness.pass(Duration::from_millis(wait));
            let generation = harness.generation();
            harness.input(match kind {
                0 => Input::Opened(generation),
                1 => Input::Received(generation),
                2 => Input::Pong(generation),
                3 | 4 => Input::Lost(generation, Loss::Dropped),
                5 => Input::Lost(generation, Loss::Restarting),
                6 => Input::RetryNow,
                7 => Input::Offline,
                8 => Input::Expecting(wait % 2 == 0),
                _ => Input::Opened(Generation(generation.0.saturating_sub(1))),
            });
            prop_assert!(harness.wake.is_some(), "no timer in {:?}", harness.link.state());
        }
        let mut open: Option<Generation> = None;
        for output in &harness.log {
            match output {
                Output::Connect(generation) => {
                    prop_assert!(open.is_none_or(|before| before < *generation));
                    open = Some(*generation);
                }
                Output::Close(generation) => prop_assert_eq!(Some(*generation), open),
                _ => {}
            }
        }
    }

    #[test]
    fn a_thousand_clients_do_not_come_back_together(failures in 1u32..12) {
        let config = LinkConfig::upstream();
        let waits: Vec<f64> = (0..1000).map(|i| config.backoff(failures, f64::from(i) / 1000.0).as_secs_f64()).collect();
        let longest = waits.iter().copied().fold(0.0, f64::max);
        let most_in_a_tenth = (0..10).map(|tenth| {
            let from = longest * f64::from(tenth) / 10.0;
            waits.iter().filter(|wait| **wait >= from && **wait < from + longest / 10.0).count()
        }).max().unwrap_or_default();
        prop_assert!(most_in_a_tenth <= 2 * 1000 / 10);
    }
}
