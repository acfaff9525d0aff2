//! The time of this Darkroom as the owner, as far as its requests to ComfyUIs depend on it.

use comfyui::ChangeRight;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Debug)]
pub struct OwnerTerm {
    /// Holds while it is certain that no other Darkroom is the owner.
    pub right: ChangeRight,
    /// Before this, requests of earlier owners may arrive at a ComfyUI. `None`: the last one gave its lease up itself, and sent nothing afterwards; or there
    /// was none.
    pub older_requests_until: Option<Instant>,
}

impl OwnerTerm {
    /// Of a Darkroom that is not the owner: it may send nothing.
    #[must_use]
    pub fn of_others() -> Self {
        let lost = CancellationToken::new();
        lost.cancel();
        Self { right: ChangeRight::new(lost), older_requests_until: None }
    }

    /// Whether nothing of earlier owners can arrive any more.
    pub(super) fn is_settled(&self) -> bool {
        self.older_requests_until.is_none_or(|until| until <= Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use comfyui::BootInstant;
    use proptest::prelude::*;
    use proto::limits;

    use super::*;
    use crate::store::ReplicaTimes;

    fn ms(time: f64) -> Duration {
        Duration::from_secs_f64(time / 1_000.0)
    }

    /// A statement of the owner to PostgreSQL: milliseconds since the one before was asked, until it is carried out, and until its answer is there.
    type Statement = (f64, f64, f64);

    fn statements() -> impl Strategy<Value = Vec<Statement>> {
        prop::collection::vec((0.0..6_000.0, 0.0..4_000.0, 0.0..4_000.0), 1..8)
    }

    proptest! {
        /// Times are real. The owner's clock has another speed, and when the process looks at it, it may have slept for any time.
        #[test]
        fn an_owner_has_no_right_from_the_moment_on_that_another_can_take_over(
            lease in 500.0..60_000.0, renewals in statements(), speed in 0.92..1.2, looks in prop::collection::vec(0.0..200_000.0, 50),
        ) {
            let times = ReplicaTimes { lease: ms(lease), ..ReplicaTimes::default() };
            let clock = |real: f64| BootInstant::after_start(ms(real * speed));
            let right = ChangeRight::new(CancellationToken::new());
            let (mut asked, mut until, mut answers) = (0.0, f64::INFINITY, Vec::new());
            for (after, travel, back) in renewals {
                asked += after;
                let done = asked + travel;
                if done > until {
                    // Somebody took over before.
                    break;
                }
                until = done + lease;
                answers.push((done + back, asked));
            }
            for look in looks.into_iter().chain([until, until + 1.0]) {
                for (_, asked) in answers.iter().filter(|(answered, _)| *answered <= look) {
                    right.extend_to(clock(*asked).plus(times.valid_for()));
                }
                prop_assert!(look < until || !right.holds_at(clock(look)), "{} of {}", look, until);
            }
        }

        /// Also when the clock of PostgreSQL was set, so that a lease ends too early: a commit tells which term it was.
        #[test]
        fn what_an_older_owner_sent_has_arrived_before_a_new_one_sends_it_again(
            committing in 0.0..10_000.0, commit_takes in 0.0..5_000.0, takeover_after in 0.0..10_000.0, delivery in 1.0..60_000.0, speed in 0.8..1.2,
        ) {
            // The commit was carried out before the new term began, otherwise it was refused.
            let takeover = committing + commit_takes + takeover_after;
            let last_write = committing + limits::SEND_VALIDITY.as_secs_f64() * 1_000.0 / speed;
            let times = ReplicaTimes { delivery: ms(delivery), ..ReplicaTimes::default() };
            let again = takeover + times.older_requests_for().as_secs_f64() * 1_000.0;
            prop_assert!(last_write + delivery < again);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_term_is_settled_when_nothing_older_can_arrive() {
        let right = ChangeRight::new(CancellationToken::new());
        let until = Some(Instant::now() + ms(5.0));
        let term = OwnerTerm { right, older_requests_until: until };
        assert!(!term.is_settled() && OwnerTerm { older_requests_until: None, ..term.clone() }.is_settled());
        tokio::time::advance(ms(5.0)).await;
        assert!(term.is_settled());
    }
}
