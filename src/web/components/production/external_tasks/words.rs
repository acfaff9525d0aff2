//! The words of the page. Pure.

use crate::components::icon::Glyph;
use proto::external::{ExternalState, ExternalTask, WorkerPresence};

/// How a state is shown: its tone, its icon and its word for people. The word of Celery is beside it.
pub(super) fn state_look(task: &ExternalTask) -> (&'static str, Glyph, &'static str) {
    match task.state {
        _ if task.stale && !task.state.is_final() => ("waiting", Glyph::Clock, "Worker not seen"),
        ExternalState::Pending => ("", Glyph::Clock, "Waits"),
        ExternalState::Received => ("", Glyph::Clock, "A worker has it"),
        ExternalState::Started => ("accent", Glyph::Arc, "Runs"),
        ExternalState::Progress => ("accent", Glyph::Arc, "Runs"),
        ExternalState::Retry => ("waiting", Glyph::Again, "Tried again"),
        ExternalState::Rejected => ("bad", Glyph::Bang, "Refused by a worker"),
        ExternalState::Revoked => ("", Glyph::Cross, "Revoked"),
        ExternalState::Failure => ("bad", Glyph::Bang, "Failed"),
        ExternalState::Success => ("good", Glyph::Check, "Succeeded"),
    }
}

/// "step 3 of 12", "40 %", or nothing.
pub(super) fn progress_words(task: &ExternalTask) -> String {
    match (task.current, task.total, task.progress) {
        (Some(current), Some(total), _) if total > 0 => format!("step {current} of {total}"),
        (_, _, Some(permille)) => format!("{} %", permille / 10),
        _ => String::new(),
    }
}

/// Thousandths, where they are known.
pub(super) fn progress_share(task: &ExternalTask) -> Option<u16> {
    match (task.state, task.current, task.total, task.progress) {
        (ExternalState::Success, ..) => Some(1_000),
        (state, ..) if state.is_final() => None,
        (_, _, _, Some(permille)) => Some(permille.min(1_000)),
        (_, Some(current), Some(total), None) if total > 0 => {
            Some(u16::try_from((u128::from(current) * 1_000 / u128::from(total)).min(1_000)).unwrap_or(1_000))
        }
        _ => None,
    }
}

/// "second attempt", from the number of those before.
pub(super) fn attempt_words(retries: u32) -> String {
    if retries == 0 { "first attempt".into() } else { format!("attempt {}", retries.saturating_add(1)) }
}

pub(super) fn presence_look(presence: WorkerPresence) -> (&'static str, &'static str) {
    match presence {
        WorkerPresence::Seen => ("good", "Seen"),
        WorkerPresence::NotSeen => ("waiting", "Not seen any more"),
        WorkerPresence::Stopped => ("", "Stopped"),
        WorkerPresence::Unknown => ("waiting", "Not known yet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(state: ExternalState) -> ExternalTask {
        ExternalTask { state, ..ExternalTask::default() }
    }

    #[test]
    fn steps_are_said_rather_than_percent() {
        let with = |current, total, progress| ExternalTask { current, total, progress, ..task(ExternalState::Progress) };
        assert_eq!(progress_words(&with(Some(3), Some(12), Some(250))), "step 3 of 12");
        assert_eq!(progress_words(&with(Some(3), Some(0), Some(250))), "25 %");
        assert_eq!(progress_words(&with(None, None, None)), "");
        assert_eq!(progress_share(&with(Some(3), Some(12), None)), Some(250));
        assert_eq!(progress_share(&with(Some(u64::MAX), Some(1), None)), Some(1_000));
        assert_eq!(progress_share(&with(Some(1), Some(0), None)), None);
    }

    #[test]
    fn a_task_that_ended_has_no_bar_in_the_middle() {
        let ended = |state| progress_share(&ExternalTask { progress: Some(400), ..task(state) });
        assert_eq!((ended(ExternalState::Failure), ended(ExternalState::Success)), (None, Some(1_000)));
    }

    #[test]
    fn a_silent_worker_makes_only_unfinished_tasks_stale() {
        let look = |state| state_look(&ExternalTask { stale: true, ..task(state) }).2;
        assert_eq!((look(ExternalState::Started), look(ExternalState::Success)), ("Worker not seen", "Succeeded"));
    }
}
