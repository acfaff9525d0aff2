//! Refused sockets: the answer over HTTP decides between polling and failed.

use super::*;

fn refused() -> Loss {
    Loss::Refused("403 Forbidden".into())
}

impl Harness {
    fn http(&mut self, answer: HttpAnswer) -> Vec<Output> {
        self.input(Input::Http(answer))
    }

    fn is_failed(&self) -> bool {
        matches!(self.link.state(), LinkState::Failed { .. })
    }
}

fn no() -> HttpAnswer {
    HttpAnswer::Refused("it answered 403".into())
}

#[test]
fn a_refused_socket_beside_http_that_answers_is_polling_and_a_probe_a_minute() {
    let mut harness = Harness::started();
    assert_eq!(harness.lose_by(refused()), [Output::Poll], "HTTP is asked before anything is decided");
    assert_eq!(harness.link.state(), &LinkState::Connecting);
    harness.http(HttpAnswer::Fine);
    assert_eq!(harness.link.state(), &LinkState::Polling { probe_at: secs(60) });
    assert_eq!(harness.link.refusal(), Some("403 Forbidden"));
    harness.log.clear();
    harness.pass(millis(59_999));
    assert_eq!((harness.connects(), harness.count(&Output::Poll)), (0, 11), "every 5 s, and no socket yet");
    harness.pass(millis(1));
    assert_eq!(harness.connects(), 1);
    harness.lose_by(refused());
    harness.http(HttpAnswer::Fine);
    assert_eq!(harness.link.state(), &LinkState::Polling { probe_at: secs(120) });
    harness.pass(secs(60));
    harness.open();
    harness.pass_answering(secs(2));
    assert_eq!((harness.link.state(), harness.link.refusal()), (&LinkState::Connected, None), "the pod has warmed up");
}

#[test]
fn a_peer_that_refuses_http_too_has_failed_and_is_asked_again_after_a_minute() {
    let mut harness = Harness::started();
    harness.lose_by(refused());
    harness.http(no());
    assert_eq!(harness.link.state(), &LinkState::Failed { why: "it answered 403".into() });
    harness.log.clear();
    for _ in 0..3 {
        harness.pass(secs(60));
        harness.lose_by(refused());
        harness.http(no());
    }
    assert_eq!((harness.connects(), harness.count(&Output::Poll)), (3, 3), "neither polls nor hammers");
    assert!(harness.log.iter().all(|output| !matches!(output, Output::State(_))), "failed all the time: {:?}", harness.log);
    harness.pass(secs(60));
    harness.open();
    assert!(harness.is_failed(), "a socket alone is not all well");
    harness.http(HttpAnswer::Fine);
    assert_eq!(harness.link.state(), &LinkState::Connected);
}

#[test]
fn an_unreachable_peer_after_a_refusal_is_lost_like_any_other() {
    let mut harness = Harness::started();
    harness.lose_by(refused());
    harness.http(HttpAnswer::Unreachable);
    assert_eq!(harness.link.state(), &LinkState::Reconnecting { attempt: 1, at: secs(1) });
    harness.pass(secs(1));
    harness.lose_by(refused());
    harness.http(no());
    harness.pass(secs(60));
    harness.lose();
    assert!(matches!(harness.link.state(), LinkState::Reconnecting { .. }), "{:?}", harness.link.state());
}

#[test]
fn a_refused_socket_is_retried_without_an_answer_of_http() {
    let mut harness = Harness::started();
    harness.lose_by(refused());
    harness.log.clear();
    harness.pass(secs(60));
    assert_eq!(harness.connects(), 1);
    assert!(harness.http(no()).is_empty(), "the answer to an older question decides nothing");
}

#[test]
fn http_that_refuses_beside_a_socket_fails_at_the_third_answer_in_a_row() {
    for polling in [false, true] {
        let mut harness = if polling { Harness::polling() } else { Harness::connected() };
        for _ in 0..2 {
            harness.http(no());
            harness.http(no());
            assert!(!harness.is_failed(), "a mishap");
            harness.http(HttpAnswer::Fine);
        }
        for _ in 0..3 {
            harness.http(HttpAnswer::Unreachable);
            harness.http(no());
        }
        assert!(harness.is_failed());
    }
}

#[test]
fn a_refusal_of_a_browser_is_final() {
    let mut harness = Harness::with(LinkConfig::browser());
    harness.input(Input::Start);
    harness.lose_by(refused());
    assert!(harness.is_failed());
    assert_eq!(harness.wake, None);
}
