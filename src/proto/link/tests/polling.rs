use super::*;

#[test]
fn polling_ends_when_a_probe_connects_and_stays_open() {
    let mut harness = Harness::polling();
    let polls = harness.count(&Output::Poll);
    harness.pass(secs(16));
    assert!(harness.count(&Output::Poll) > polls, "goes on polling");
    assert!(harness.log.last().is_some_and(is_connect), "probes");

    harness.input(Input::Expecting(true));
    harness.open();
    harness.receive();
    let polls = harness.count(&Output::Poll);
    harness.pass(millis(1_999));
    assert!(harness.is_polling(), "neither opening nor a greeting is proof");
    assert!(harness.count(&Output::Poll) > polls, "so nobody is left without news meanwhile");
    harness.pass(millis(1));
    assert_eq!(harness.link.state(), &LinkState::Connected);

    harness.log.clear();
    harness.pass(secs(20));
    assert!(!harness.log.contains(&Output::Poll), "does not poll once live");
}

#[test]
fn a_probe_that_does_not_hold_is_a_failure_like_others() {
    let mut harness = Harness::polling();
    harness.pass(secs(16));
    harness.open();
    harness.pass(secs(1));
    harness.lose();
    assert_eq!(harness.link.state(), &LinkState::Polling { probe_at: harness.at + secs(30) });
    assert_eq!(harness.link.failures(), 6);
    harness.pass(secs(2));
    assert!(harness.is_polling(), "the holding of the lost probe is forgotten");
}

#[test]
fn polling_is_faster_while_something_runs() {
    let mut harness = Harness::polling();
    assert_eq!(harness.count(&Output::Poll), 1);
    harness.input(Input::Expecting(true));
    harness.pass(secs(3));
    assert_eq!(harness.count(&Output::Poll), 4);
    assert_eq!(harness.link.counters().polls, 4);
}

#[test]
fn a_refused_poll_stops_the_link_until_a_person_retries() {
    let mut harness = Harness::polling();
    harness.link.configure(LinkConfig { refused_retry: None, ..LinkConfig::upstream() });
    harness.input(Input::Refused("You are signed out.".into()));
    assert_eq!(harness.link.state(), &LinkState::Failed { why: "You are signed out.".into() });
    harness.log.clear();
    harness.pass(secs(120));
    assert!(harness.log.is_empty(), "neither polls nor probes: {:?}", harness.log);
    harness.input(Input::RetryNow);
    assert!(harness.log.iter().any(is_connect));
}
