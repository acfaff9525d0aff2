use super::*;

#[test]
fn a_silent_link_is_lost_when_no_pong_comes() {
    let mut harness = Harness::connected();
    let generation = harness.generation;
    harness.log.clear();
    harness.pass(secs(25));
    assert!(harness.log.contains(&Output::Ping(generation)));
    harness.pass(millis(7_999));
    assert_eq!(harness.link.state(), &LinkState::Connected);
    harness.pass(millis(1));
    assert!(harness.log.contains(&Output::Close(generation)));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
}

#[test]
fn a_pong_keeps_it_alive_and_so_does_a_message() {
    let mut harness = Harness::connected();
    harness.pass_answering(secs(250));
    for _ in 0..10 {
        harness.pass(secs(25));
        harness.receive();
    }
    assert_eq!(harness.link.state(), &LinkState::Connected);
}

#[test]
fn an_open_socket_to_an_unreachable_peer_is_detected() {
    let mut harness = Harness::started();
    let outputs = harness.input(Input::Opened(harness.generation));
    assert!(outputs.contains(&Output::Ping(harness.generation)));
    harness.pass(secs(8));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
}

/// The examples follow RFC 6298, 2.2 and 2.3, with alpha 1/8 and beta 1/4.
#[test]
fn round_trips_are_smoothed() {
    let mut harness = Harness::started();
    harness.input(Input::Opened(harness.generation));
    assert_eq!(harness.link.quality(), None);
    harness.at += millis(80);
    harness.pong();
    assert_eq!(harness.link.quality(), Some(Quality { round_trip: millis(80), jitter: millis(40) }));
    harness.pass(secs(25) - millis(80));
    harness.at += millis(160);
    harness.pong();
    assert_eq!(harness.link.quality(), Some(Quality { round_trip: millis(90), jitter: millis(50) }));
    harness.lose();
    harness.step();
    harness.input(Input::Opened(harness.generation));
    assert_eq!(harness.link.quality(), None, "another socket may go another way");
}

#[test]
fn two_pings_in_flight_give_no_round_trip_time() {
    let mut harness = Harness::started();
    harness.input(Input::Opened(harness.generation));
    harness.receive();
    harness.at += secs(3);
    assert!(harness.input(Input::RetryNow).contains(&Output::Ping(harness.generation)));
    harness.at += millis(1);
    harness.pong();
    harness.pong();
    assert_eq!(harness.link.quality(), None);
}

#[test]
fn retrying_by_hand_neither_repeats_a_ping_nor_extends_its_deadline() {
    let mut harness = Harness::connected();
    assert!(harness.input(Input::RetryNow).contains(&Output::Ping(harness.generation)));
    for _ in 0..4 {
        harness.pass(secs(1));
        assert_eq!(harness.input(Input::RetryNow), []);
    }
    harness.pass(secs(4));
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { attempt: 1, .. }));
}

#[test]
fn quality_is_measured_while_messages_come() {
    let mut harness = Harness::connected();
    harness.log.clear();
    for _ in 0..60 {
        harness.pass(secs(1));
        harness.receive();
    }
    assert_eq!(harness.count(&Output::Ping(harness.generation)), 2);
}

/// Fault row 28: a driver that slept for an hour.
#[test]
fn after_an_hour_asleep_an_open_socket_is_pinged_once() {
    let mut harness = Harness::connected();
    harness.input(Input::Expecting(true));
    harness.pass(secs(24));
    // Also with a ping in flight.
    for ping_on_its_way in [false, true] {
        if ping_on_its_way {
            harness.pong();
            harness.pass(secs(24));
            harness.input(Input::RetryNow);
        }
        harness.at += secs(3600);
        let outputs = harness.input(Input::Wake);
        assert_eq!(outputs, [Output::Ping(harness.generation)], "one ping: no check, no new socket");
        assert!(harness.wake.is_some_and(|wake| wake > harness.at), "nothing more is due");
    }
    harness.pong();
    harness.pass(secs(20));
    assert_eq!(harness.link.state(), &LinkState::Connected);
    assert_eq!(harness.link.failures(), 0);
}

#[test]
fn an_hour_asleep_does_not_make_a_link_stable() {
    let mut harness = Harness::connected();
    harness.lose();
    harness.step();
    harness.open();
    harness.at += secs(3600);
    harness.input(Input::Wake);
    assert_eq!(harness.link.failures(), 1);
}

#[test]
fn after_an_hour_asleep_there_is_one_retry_and_one_poll() {
    let mut harness = Harness::connected();
    harness.lose();
    harness.at += secs(3600);
    let outputs = harness.input(Input::Wake);
    assert_eq!(outputs.iter().filter(|output| is_connect(output)).count(), 1);
    assert!(harness.wake.is_some_and(|wake| wake > harness.at));

    let mut harness = Harness::polling();
    harness.at += secs(3600);
    let outputs = harness.input(Input::Wake);
    assert_eq!(outputs.iter().filter(|output| is_connect(output)).count(), 1);
    assert_eq!(outputs.iter().filter(|output| **output == Output::Poll).count(), 1);
    assert!(harness.wake.is_some_and(|wake| wake > harness.at));
}
