use proptest::{collection::vec, prelude::*};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Event {
    Opened,
    Received,
    Pong,
    Dropped,
    Closed,
    Restarting,
    Restarted,
    Fatal,
    Refused,
    Http(u8),
    RetryNow,
    Offline,
    Expecting(bool),
    Checked(bool),
    Old(u8),
    Stop,
    Start,
    /// The driver wakes an hour late.
    Sleep,
}

fn any_event() -> impl Strategy<Value = Event> {
    use Event::*;
    prop_oneof![
        4 => Just(Opened),
        2 => Just(Received),
        2 => Just(Pong),
        4 => Just(Dropped),
        1 => Just(Closed),
        1 => Just(Restarting),
        1 => Just(Restarted),
        2 => Just(Refused),
        3 => (0u8..3).prop_map(Http),
        1 => Just(RetryNow),
        1 => Just(Offline),
        1 => any::<bool>().prop_map(Expecting),
        1 => any::<bool>().prop_map(Checked),
        1 => (0u8..4).prop_map(Old),
        1 => Just(Sleep),
        1 => prop_oneof![Just(Fatal), Just(Stop), Just(Start)],
    ]
}

impl Harness {
    fn event(&mut self, event: Event) {
        let generation = self.generation;
        let old = Generation(generation.0.saturating_sub(1));
        let input = match event {
            Event::Opened => Input::Opened(generation),
            Event::Received => Input::Received(generation),
            Event::Pong => Input::Pong(generation),
            Event::Dropped => Input::Lost(generation, Loss::Dropped),
            Event::Closed => Input::Lost(generation, Loss::Closed { code: 1000 }),
            Event::Restarting => Input::Lost(generation, Loss::Restarting),
            Event::Restarted => Input::Restarted(generation),
            Event::Fatal => Input::Lost(generation, Loss::Fatal("no".into())),
            Event::Refused => Input::Lost(generation, Loss::Refused("no".into())),
            Event::Http(0) => Input::Http(HttpAnswer::Fine),
            Event::Http(1) => Input::Http(HttpAnswer::Unreachable),
            Event::Http(_) => Input::Http(HttpAnswer::Refused("no".into())),
            Event::RetryNow => Input::RetryNow,
            Event::Offline => Input::Offline,
            Event::Expecting(expecting) => Input::Expecting(expecting),
            Event::Checked(missed) => Input::Checked { missed },
            Event::Old(0) => Input::Opened(old),
            Event::Old(1) => Input::Received(old),
            Event::Old(2) => Input::Pong(old),
            Event::Old(_) => Input::Lost(old, Loss::Dropped),
            Event::Stop => Input::Stop,
            Event::Start => Input::Start,
            Event::Sleep => {
                self.at += secs(3600);
                Input::Wake
            }
        };
        self.input(input);
    }
}

/// Checks after each output: at most one open socket. `lost` are the generations that ended by themselves.
fn one_socket_at_a_time(log: &[Output], lost: &[Generation]) -> Result<(), TestCaseError> {
    let mut open: Option<Generation> = None;
    for output in log {
        match output {
            Output::Connect(generation) => {
                prop_assert!(open.is_none_or(|before| before < *generation && lost.contains(&before)), "{open:?} is still open");
                open = Some(*generation);
            }
            Output::Close(generation) => {
                prop_assert_eq!(Some(*generation), open);
                open = None;
            }
            Output::Ping(generation) => prop_assert_eq!(Some(*generation), open),
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn there_is_one_socket_at_most_and_always_a_next_step(
        events in vec((any_event(), 0u64..40_000, 0.0f64..=1.0), 0..120),
    ) {
        let mut harness = Harness::started();
        let mut lost = Vec::new();
        for (event, wait, jitter) in events {
            harness.jitter = jitter;
            harness.pass(millis(wait));
            if matches!(event, Event::Dropped | Event::Closed | Event::Restarting | Event::Refused | Event::Fatal) {
                lost.push(harness.generation);
            }
            let before = (harness.link.state().clone(), harness.link.failures(), harness.log.len());
            harness.event(event);
            let failures = harness.link.failures();
            let after = (harness.link.state().clone(), failures, harness.log.len());
            if matches!(event, Event::Old(_)) {
                prop_assert_eq!(&before, &after);
            }
            match harness.link.state() {
                LinkState::Disconnected => prop_assert_eq!(harness.wake, None),
                // For good, or until the next probe.
                LinkState::Failed { .. } => prop_assert!(harness.wake.is_none_or(|wake| wake > harness.at)),
                state => prop_assert!(harness.wake.is_some_and(|wake| wake > harness.at), "nothing is to come in {:?}", state),
            }
            if harness.is_polling() {
                prop_assert!(failures >= 5, "polling after {} failures", failures);
            }
            if failures == before.1 + 1 {
                prop_assert_eq!(harness.is_polling(), failures >= 5);
            }
        }
        one_socket_at_a_time(&harness.log, &lost)?;
    }

    /// For any sequence of drops, closes, restarts, opens and silence of the peer, and any random numbers.
    #[test]
    fn no_peer_can_make_it_connect_more_than_thirty_times_in_a_minute(
        events in vec((0u8..12, prop_oneof![Just(0u64), 0u64..200, 0u64..8_000], prop_oneof![Just(0.0f64), 0.0f64..=1.0]), 200..400),
    ) {
        let mut harness = Harness::started();
        harness.input(Input::Expecting(true));
        let mut connects = vec![Duration::ZERO];
        for (kind, wait, jitter) in events {
            harness.jitter = jitter;
            let until = harness.at + millis(wait);
            while harness.wake.is_some_and(|wake| wake <= until) {
                if harness.step().iter().any(is_connect) {
                    connects.push(harness.at);
                }
            }
            harness.at = until;
            let before = harness.generation;
            harness.event(match kind {
                0..=2 => Event::Dropped,
                3 => Event::Closed,
                4 => Event::Restarting,
                5 | 6 => Event::Opened,
                7 => Event::Checked(true),
                8 => Event::Refused,
                9..=11 => Event::Http(kind - 9),
                _ => Event::Received,
            });
            if harness.generation != before {
                connects.push(harness.at);
            }
        }
        for (first, at) in connects.iter().enumerate() {
            let in_a_minute = connects[first..].iter().take_while(|later| **later < *at + secs(60)).count();
            prop_assert!(in_a_minute <= 30, "{in_a_minute} from {at:?} on");
        }
    }
}
