//! Fault rows 3 and 4: open, but silent while something runs.

use super::*;

fn busy() -> Harness {
    let mut harness = Harness::connected();
    harness.input(Input::Expecting(true));
    harness
}

impl Harness {
    /// Advances the time with a silent socket; every check finds that nothing was missed.
    fn pass_silently(&mut self, time: Duration) {
        let until = self.at + time;
        while self.wake.is_some_and(|wake| wake <= until) {
            let outputs = self.step();
            if outputs.contains(&Output::Ping(self.generation)) {
                self.pong();
            }
            if outputs.contains(&Output::Check) {
                self.input(Input::Checked { missed: false });
            }
        }
        self.at = until;
    }
}

#[test]
fn silence_triggers_no_check_while_nothing_runs() {
    let mut harness = Harness::connected();
    harness.pass_answering(secs(300));
    assert_eq!(harness.count(&Output::Check), 0);
    harness.input(Input::Expecting(true));
    harness.pass_answering(millis(4_999));
    assert_eq!(harness.count(&Output::Check), 0);
    harness.input(Input::Expecting(false));
    harness.pass_answering(secs(300));
    assert_eq!(harness.count(&Output::Check), 0);
}

#[test]
fn silence_triggers_a_check_and_messages_delay_it() {
    let mut harness = busy();
    for _ in 0..10 {
        harness.pass_answering(millis(4_999));
        harness.receive();
    }
    assert_eq!(harness.count(&Output::Check), 0);
    harness.pass_answering(secs(5));
    assert_eq!(harness.count(&Output::Check), 1);
    assert_eq!(harness.link.state(), &LinkState::Connected, "asking is no reconnect");
}

#[test]
fn a_check_is_repeated_also_without_an_answer() {
    let mut harness = busy();
    harness.pass_answering(secs(20));
    assert_eq!(harness.count(&Output::Check), 4);
}

#[test]
fn a_node_without_steps_may_be_silent() {
    let mut harness = busy();
    harness.log.clear();
    harness.pass_silently(millis(59_999));
    assert_eq!(harness.count(&Output::Check), 11);
    assert_eq!(harness.connects(), 0);
}

#[test]
fn a_zombie_is_replaced_at_once_and_counted_apart() {
    let mut harness = busy();
    let zombie = harness.generation;
    harness.pass_answering(secs(5));
    let outputs = harness.input(Input::Checked { missed: true });
    assert_eq!(outputs[..2], [Output::Close(zombie), Output::Connect(harness.generation)]);
    assert_ne!(zombie, harness.generation);
    assert_eq!(harness.link.failures(), 0);
    assert_eq!(harness.link.counters(), Counters { stalled: 1, ..Counters::default() });
}

#[test]
fn a_muted_socket_is_detected_even_if_it_missed_the_end_of_the_last_task() {
    let mut harness = busy();
    harness.pass_answering(secs(5));
    harness.input(Input::Expecting(false));
    assert!(harness.input(Input::Checked { missed: true }).iter().any(is_connect));
}

#[test]
fn a_message_during_the_check_cancels_it_and_a_pong_does_not() {
    let mut harness = busy();
    harness.pass_answering(secs(5));
    harness.receive();
    assert_eq!(harness.input(Input::Checked { missed: true }), []);
    harness.pass_answering(secs(5));
    harness.pong();
    assert!(harness.input(Input::Checked { missed: true }).iter().any(is_connect));
}

#[test]
fn zombies_in_a_row_back_off_and_end_in_polling() {
    let mut harness = busy();
    for row in 1..=6 {
        // ComfyUI's greeting, then nothing.
        harness.receive();
        harness.pass_answering(secs(5));
        harness.input(Input::Checked { missed: true });
        match row {
            1 => assert_eq!(harness.link.state(), &LinkState::Connecting),
            2..=5 => {
                let attempt = row - 1;
                let at = harness.at + secs(1 << (attempt - 1));
                assert_eq!(harness.link.state(), &LinkState::Reconnecting { attempt, at });
                harness.step();
            }
            _ => assert!(harness.is_polling()),
        }
        harness.open();
    }
    assert_eq!(harness.link.counters().stalled, 6);
}

#[test]
fn a_socket_silent_for_a_minute_is_replaced_to_be_sure_then_after_two_then_four() {
    let mut harness = busy();
    for minutes in [1, 2, 4, 8] {
        let before = harness.generation;
        harness.receive();
        harness.pass_silently(secs(minutes * 60) - millis(1));
        assert_eq!(harness.generation, before);
        assert_eq!(harness.link.state(), &LinkState::Connected);
        harness.pass_silently(millis(1));
        if minutes > 1 {
            harness.step();
        }
        assert_ne!(harness.generation, before);
        harness.open();
    }
    // More than a greeting: the link counts as healthy again.
    harness.pass_silently(secs(10));
    harness.receive();
    let before = harness.generation;
    harness.pass_silently(secs(60));
    assert_ne!(harness.generation, before);
}

#[test]
fn silence_never_triggers_a_check_on_the_browsers_link() {
    let mut harness = Harness::with(LinkConfig::browser());
    harness.input(Input::Start);
    harness.open();
    harness.input(Input::Expecting(true));
    harness.pass_answering(secs(600));
    assert_eq!(harness.count(&Output::Check), 0);
    assert_eq!(harness.connects(), 1);
}

#[test]
fn a_missed_event_found_by_any_poll_counts_as_a_check() {
    let mut harness = Harness::connected();
    let silent = harness.generation;
    harness.input(Input::Missed);
    assert_eq!(harness.count(&Output::Close(silent)), 1);
    assert_eq!(harness.link.state(), &LinkState::Connecting);
    // The socket being opened is not the silent one.
    let next = harness.generation;
    harness.input(Input::Missed);
    assert_eq!(harness.count(&Output::Close(next)), 0);
}
