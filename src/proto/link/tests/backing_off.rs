use super::*;

#[test]
fn waits_are_1_2_4_8_seconds_and_polling_starts_at_the_fifth_failure() {
    let mut harness = Harness::started();
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
fn the_failure_count_is_reset_only_after_the_link_was_stable() {
    let mut harness = Harness::connected();
    for failures in 1..=3 {
        harness.pass(secs(1));
        harness.lose();
        assert_eq!(harness.link.failures(), failures);
        harness.step();
        harness.open();
    }
    harness.pass_answering(millis(29_999));
    assert_eq!(harness.link.failures(), 3);
    harness.pass_answering(millis(1));
    assert_eq!(harness.link.failures(), 0);
}

/// Fault row 6.
#[test]
fn a_link_that_flaps_waits_ever_longer_and_ends_polling() {
    let mut harness = Harness::connected();
    let mut waits = Vec::new();
    for _ in 0..50 {
        harness.pass(secs(1));
        harness.lose();
        let lost = harness.at;
        let before = harness.generation;
        while harness.generation == before {
            harness.step();
        }
        waits.push((harness.at - lost).as_secs());
        harness.open();
    }
    assert_eq!(waits[..6], [1, 2, 4, 8, 16, 30]);
    assert!(waits[6..].iter().all(|wait| *wait == 30));
    assert!(harness.is_polling());
    let live_again = harness.log.iter().filter(|output| **output == Output::State(LinkState::Connected)).count();
    assert_eq!(live_again, 5, "the page does not flicker: once polling, up for a second is not connected");
}

#[test]
fn a_person_can_skip_the_wait() {
    let mut harness = Harness::connected();
    harness.lose();
    assert!(harness.input(Input::RetryNow).iter().any(is_connect));
    assert_eq!(harness.link.state(), &LinkState::Connecting);
}

#[test]
fn invalid_limits_are_refused() {
    let base = LinkConfig::upstream();
    assert_eq!(base.check(), Ok(()));
    assert_eq!(LinkConfig::browser().check(), Ok(()));
    let zero = Duration::ZERO;
    let wrong = [
        (LinkConfig { backoff_first: zero, ..base.clone() }, "backoff_first "),
        (LinkConfig { backoff_first: secs(31), ..base.clone() }, "backoff_max"),
        (LinkConfig { poll_after: 0, ..base.clone() }, "poll_after "),
        (LinkConfig { poll_busy: zero, ..base.clone() }, "poll_busy "),
        (LinkConfig { poll_idle: millis(500), ..base.clone() }, "poll_idle "),
        (LinkConfig { pong_within: zero, ..base.clone() }, "pong_within "),
        (LinkConfig { pong_within: secs(25), ..base.clone() }, "ping_every"),
        (LinkConfig { open_within: zero, ..base.clone() }, "open_within "),
        (LinkConfig { stable_after: zero, ..base.clone() }, "stable_after "),
        (LinkConfig { hold_for: secs(30), ..base.clone() }, "hold_for "),
        (LinkConfig { stall_after: Some(zero), ..base.clone() }, "stall_after "),
        (LinkConfig { stall_reconnect_after: secs(5), ..base.clone() }, "stall_reconnect_after "),
        (LinkConfig { restart_pause: zero, ..base.clone() }, "restart_pause "),
    ];
    for (config, says) in wrong {
        assert!(config.check().is_err_and(|rule| rule.contains(says)), "{says}");
    }
}
