use super::*;

#[test]
fn close_codes_mean_different_things() {
    let meaning = |code| Loss::closed(code, "because");
    assert_eq!([meaning(1005), meaning(1006)], [Loss::Dropped, Loss::Dropped]);
    for code in [1000, 1001, 1009, 1011] {
        assert_eq!(meaning(code), Loss::Closed { code });
    }
    assert_eq!(meaning(1012), Loss::Restarting);
    for code in [1008, 4000, 4001, 4003] {
        assert_eq!(meaning(code), Loss::Fatal("because".into()));
    }
    assert!(matches!(Loss::closed(1008, ""), Loss::Fatal(why) if !why.is_empty()));
}

#[test]
fn a_fatal_refusal_is_retried_only_by_a_person() {
    let mut harness = Harness::connected();
    harness.lose_by(Loss::Fatal("signed out".into()));
    let failed = LinkState::Failed { why: "signed out".into() };
    for input in [Input::Start, Input::Wake, Input::Expecting(true), Input::Offline, Input::Checked { missed: true }] {
        harness.at += secs(60);
        assert_eq!(harness.input(input), []);
        assert_eq!(harness.link.state(), &failed);
        assert_eq!(harness.wake, None);
    }
    assert!(harness.input(Input::RetryNow).iter().any(is_connect));
}

#[test]
fn a_clean_close_is_retried_soon_and_counts_as_a_failure() {
    let mut harness = Harness::connected();
    harness.lose_by(Loss::Closed { code: 1001 });
    assert_eq!(harness.link.state(), &LinkState::Reconnecting { attempt: 1, at: harness.at + secs(1) });
    assert_eq!(harness.link.counters().closed, 1);
    assert_eq!(harness.link.counters().dropped, 0);
}

/// Fault row 18: ComfyUI sends the same 70 MiB frame each time.
#[test]
fn frames_over_the_limit_are_retried_with_growing_delays() {
    let mut harness = Harness::connected();
    harness.log.clear();
    while harness.at < secs(60) {
        harness.lose_by(Loss::Closed { code: 1009 });
        let before = harness.generation;
        while harness.generation == before {
            harness.step();
        }
        harness.open();
    }
    assert!(harness.connects() <= 6);
    assert!(harness.is_polling());
}

#[test]
fn a_restarting_peer_is_awaited_and_counts_as_no_failure() {
    let mut harness = Harness::connected();
    harness.lose_by(Loss::Restarting);
    assert_eq!(harness.link.state(), &LinkState::Suspended { at: harness.at + secs(3) });
    harness.step();
    assert_eq!(harness.link.state(), &LinkState::Connecting);
    assert_eq!(harness.link.failures(), 0);
}

#[test]
fn a_peer_that_restarts_again_and_again_is_failing() {
    let mut harness = Harness::connected();
    harness.lose_by(Loss::Restarting);
    harness.step();
    harness.open();
    harness.lose_by(Loss::Restarting);
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
    harness.step();
    harness.open();
    harness.pass_answering(secs(30));
    harness.lose_by(Loss::Restarting);
    assert!(matches!(harness.link.state(), LinkState::Suspended { .. }), "but not one that was up in between");
}

#[test]
fn a_restart_that_nobody_announced_is_found_by_the_next_socket() {
    let mut harness = Harness::connected();
    let states = |outputs: Vec<Output>| outputs.into_iter().filter(|output| matches!(output, Output::State(_))).collect::<Vec<_>>();
    let restarted = |harness: &mut Harness| {
        let generation = harness.generation;
        states(harness.input(Input::Restarted(generation)))
    };
    assert_eq!(restarted(&mut harness), [], "a socket that is open");
    harness.lose();
    harness.step();
    assert_eq!(restarted(&mut harness), [Output::State(LinkState::Suspended { at: harness.at })]);
    let generation = harness.generation;
    assert_eq!(states(harness.input(Input::Opened(generation))), [Output::State(LinkState::Connected)]);
}

#[test]
fn an_announced_restart_is_shown_once() {
    let mut harness = Harness::connected();
    harness.lose_by(Loss::Restarting);
    harness.step();
    let generation = harness.generation;
    harness.input(Input::Restarted(generation));
    assert_eq!(harness.link.state(), &LinkState::Connecting);
}

#[test]
fn a_probe_of_a_restarted_peer_must_hold_like_any_other() {
    let mut harness = Harness::started();
    let generation = harness.generation;
    harness.input(Input::Restarted(generation));
    assert_eq!(harness.link.state(), &LinkState::Connecting, "the first socket is not a return");
    harness.open();
    while !harness.is_polling() {
        harness.lose();
        harness.step();
    }
    let generation = harness.generation;
    harness.input(Input::Restarted(generation));
    assert!(harness.is_polling());
}

#[test]
fn a_socket_that_never_opens_is_a_failure() {
    let mut harness = Harness::started();
    harness.pass(secs(10));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
    assert!(harness.log.contains(&Output::Close(harness.generation)));
}

#[test]
fn events_of_an_older_socket_change_nothing() {
    let mut harness = Harness::connected();
    let old = harness.generation;
    harness.lose();
    harness.step();
    harness.open();
    for input in [Input::Opened(old), Input::Received(old), Input::Pong(old), Input::Lost(old, Loss::Dropped)] {
        assert_eq!(harness.input(input), []);
    }
    assert_eq!(harness.link.state(), &LinkState::Connected);
    assert_eq!(harness.link.counters(), Counters { reconnects: 1, dropped: 1, ..Counters::default() });
}
