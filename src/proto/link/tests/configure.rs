use super::*;

#[test]
fn new_limits_hold_from_the_next_wait_on() {
    let mut harness = Harness::connected();
    harness.lose();
    let at = harness.at + secs(1);
    assert_eq!(harness.link.state(), &LinkState::Reconnecting { attempt: 1, at });
    harness.link.configure(LinkConfig { backoff_first: secs(10), backoff_max: secs(15), ..LinkConfig::upstream() });
    harness.step();
    assert_eq!(harness.at, at, "the wait that had begun is what was promised");
    harness.lose();
    assert_eq!(harness.link.state(), &LinkState::Reconnecting { attempt: 2, at: harness.at + secs(15) });
}

#[test]
fn a_new_polling_interval_holds_after_the_poll_that_is_due() {
    let mut harness = Harness::polling();
    harness.input(Input::Expecting(true));
    harness.link.configure(LinkConfig { poll_busy: secs(4), ..LinkConfig::upstream() });
    let polls = harness.count(&Output::Poll);
    harness.pass(secs(1));
    assert_eq!(harness.count(&Output::Poll), polls + 1);
    harness.pass(millis(3_999));
    assert_eq!(harness.count(&Output::Poll), polls + 1);
    harness.pass(millis(1));
    assert_eq!(harness.count(&Output::Poll), polls + 2);
}
