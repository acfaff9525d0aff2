use proptest::{collection::vec, prelude::*};

use super::*;

fn at(at: Duration) -> Now {
    Now { at, jitter: 1.0 }
}

fn fail(breaker: &mut Breaker, now: Duration) {
    let permit = breaker.permit(now).expect("a permit");
    breaker.report(permit, CallOutcome::Failed, at(now));
}

fn open() -> Breaker {
    let mut breaker = Breaker::new(BreakerConfig::default());
    for _ in 0..5 {
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&mut breaker, Duration::ZERO);
    }
    breaker
}

#[test]
fn opens_at_the_fifth_failure_in_a_row() {
    let mut breaker = open();
    assert_eq!(breaker.state(), BreakerState::Open { retry_at: secs(1) });
    assert_eq!(breaker.permit(millis(999)).unwrap_err(), Refused { retry_at: secs(1) });
}

#[test]
fn an_answer_resets_the_count_of_failures() {
    let mut breaker = Breaker::new(BreakerConfig::default());
    for round in 0..20 {
        let permit = breaker.permit(secs(round)).expect("a permit");
        breaker.report(permit, if round % 5 == 4 { CallOutcome::of_status(404) } else { CallOutcome::of_status(502) }, at(secs(round)));
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

/// Fault row 8.
#[test]
fn half_open_lets_one_request_through_and_its_answer_closes() {
    let mut breaker = open();
    let probe = breaker.permit(secs(1)).expect("the probe");
    assert_eq!(breaker.state(), BreakerState::HalfOpen { until: secs(31) });
    assert_eq!(breaker.permit(secs(2)).unwrap_err(), Refused { retry_at: secs(31) });
    breaker.report(probe, CallOutcome::Answered, at(secs(3)));
    assert_eq!(breaker.state(), BreakerState::Closed);
    fail(&mut breaker, secs(4));
    assert_eq!(breaker.state(), BreakerState::Closed, "the count begins anew");
}

#[test]
fn a_failed_probe_opens_it_for_longer_up_to_the_longest() {
    let mut breaker = open();
    for wait in [2, 4, 8, 16, 30, 30] {
        let BreakerState::Open { retry_at } = breaker.state() else { panic!("not open") };
        fail(&mut breaker, retry_at);
        assert_eq!(breaker.state(), BreakerState::Open { retry_at: retry_at + secs(wait) });
    }
}

#[test]
fn an_unreported_probe_does_not_block_the_breaker() {
    let mut breaker = open();
    let forgotten = breaker.permit(secs(1)).expect("the probe");
    assert!(breaker.permit(millis(30_999)).is_err());
    let second = breaker.permit(secs(31)).expect("another probe");
    breaker.report(forgotten, CallOutcome::Answered, at(secs(32)));
    assert_eq!(breaker.state(), BreakerState::HalfOpen { until: secs(61) }, "a late answer of the first decides nothing");
    breaker.report(second, CallOutcome::Answered, at(secs(33)));
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn requests_from_before_it_opened_change_nothing() {
    let mut breaker = Breaker::new(BreakerConfig::default());
    let slow: Vec<Permit> = (0..7).map(|_| breaker.permit(Duration::ZERO).expect("a permit")).collect();
    for permit in slow {
        breaker.report(permit, CallOutcome::Failed, at(secs(1)));
    }
    assert_eq!(breaker.state(), BreakerState::Open { retry_at: secs(2) });
}

#[test]
fn invalid_limits_are_refused() {
    let base = BreakerConfig::default();
    assert_eq!(base.check(), Ok(()));
    let wrong = [
        (BreakerConfig { failures: 0, ..base.clone() }, "failures "),
        (BreakerConfig { backoff_first: Duration::ZERO, ..base.clone() }, "backoff_first "),
        (BreakerConfig { backoff_first: secs(31), ..base.clone() }, "backoff_max"),
        (BreakerConfig { probe_within: Duration::ZERO, ..base.clone() }, "probe_within "),
    ];
    for (config, says) in wrong {
        assert!(config.check().is_err_and(|rule| rule.contains(says)), "{says}");
    }
}

proptest! {
    /// Permits that are lost, late or answered in any order: open sends nothing, half-open one request, and the breaker never locks up.
    #[test]
    fn never_more_than_one_probe(steps in vec((0u8..4, 0u64..20_000, 0.0f64..=1.0), 1..200)) {
        let mut breaker = Breaker::new(BreakerConfig::default());
        let mut permits = Vec::new();
        let mut now = Duration::ZERO;
        for (kind, wait, jitter) in steps {
            now += millis(wait);
            match kind {
                0 => {
                    let before = breaker.state();
                    match breaker.permit(now) {
                        Ok(permit) => {
                            if let BreakerState::Open { retry_at: due } | BreakerState::HalfOpen { until: due } = before {
                                prop_assert!(now >= due);
                                prop_assert!(breaker.permit(now).is_err(), "a second probe");
                            }
                            permits.push(permit);
                        }
                        Err(refused) => {
                            prop_assert!(refused.retry_at > now && refused.retry_at <= now + secs(30));
                            prop_assert_ne!(before, BreakerState::Closed);
                        }
                    }
                }
                1 | 2 => if let Some(permit) = permits.pop() {
                    let outcome = if kind == 1 { CallOutcome::Failed } else { CallOutcome::Answered };
                    breaker.report(permit, outcome, Now { at: now, jitter });
                },
                _ => drop(permits.pop()),
            }
        }
        prop_assert!(breaker.permit(now + secs(31)).is_ok());
    }
}
