//! Retries: what happens to a task that its ComfyUI no longer has.

use super::{Change, Task, TaskError, TaskState};
use crate::time::Timestamp;

/// Whether a lost run is retried, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Whether a task that had started is run again. A task that had only waited is always sent again.
    pub rerun: bool,
    /// Maximum attempts that start. Limits how often a task can crash its ComfyUI.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { rerun: true, max_attempts: 3 }
    }
}

/// Its ComfyUI lost the task, because of `why` ("ComfyUI restarted"): starts the next attempt, or ends the task.
#[must_use]
pub fn retry(task: &Task, why: &str, policy: RetryPolicy, now: Timestamp) -> Vec<Change> {
    if task.state.is_final() {
        return Vec::new();
    }
    if task.cancelling {
        return vec![Change::cancelled(task.id, now)];
    }
    let fail = |message: String| vec![Change::failed(task.id, TaskError::plain(message), now)];
    let begun = begun_attempts(task);
    if task.started_at.is_some() {
        if !policy.rerun {
            return fail(format!("{why} while this ran, and the settings say not to run it again (on_backend_lost = \"fail\")."));
        }
        if begun >= policy.max_attempts {
            return fail(format!("{why} while this ran, for the {} time: given up. Run it again when the cause is found.", nth(begun)));
        }
    }
    let attempt = task.attempt + 1;
    let note = if task.started_at.is_some() { format!("{why} while this ran") } else { format!("{why} while this waited there") };
    vec![Change::TaskRestarted { task: task.id, attempt, note, at: now }]
}

/// The task is no longer at its ComfyUI, which did not restart: another client removed it.
#[must_use]
pub fn removed(task: &Task, now: Timestamp) -> Vec<Change> {
    let (state, why) = if task.started_at.is_some() {
        (
            TaskState::Failed,
            "ComfyUI no longer knows how this ended: its history was cleared before it could be read. The outcome is unknown.",
        )
    } else {
        (TaskState::Cancelled, "Someone removed this from ComfyUI's queue.")
    };
    vec![Change::TaskEnded { task: task.id, state, at: now, error: Some(Box::new(TaskError::plain(why))) }]
}

/// Attempts that started, including the current one.
fn begun_attempts(task: &Task) -> u32 {
    let earlier = task.attempts.iter().filter(|attempt| attempt.started_at.is_some()).count();
    u32::try_from(earlier + usize::from(task.started_at.is_some())).unwrap_or(u32::MAX)
}

fn nth(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        comfy::{Catalog, Workflow},
        ids::{BackendId, TaskId},
        task::{Durations, Snapshot},
    };

    fn running() -> Snapshot {
        let id = TaskId(uuid::Uuid::from_u128(1));
        let task = Task::new(id, "x", &Workflow(indexmap::IndexMap::new()), &Catalog::default(), &Durations::default(), Timestamp(0));
        let mut state = Snapshot::default();
        state.push(Change::TaskAdded(Box::new(task)));
        start(&mut state);
        state
    }

    fn start(state: &mut Snapshot) {
        let task = state.tasks[0].id;
        state.push(Change::TaskQueued { task, backend: BackendId::from("pod-7") });
        state.push(Change::TaskStarted { task, at: Timestamp(5) });
    }

    fn lose(state: &mut Snapshot, policy: RetryPolicy) {
        for change in retry(&state.tasks[0], "ComfyUI restarted", policy, Timestamp(9)) {
            state.push(change);
        }
    }

    #[test]
    fn a_lost_run_is_retried_up_to_the_maximum() {
        let mut state = running();
        for attempt in 2..=3 {
            lose(&mut state, RetryPolicy::default());
            let task = &state.tasks[0];
            assert_eq!(task.attempt, attempt);
            assert_eq!(task.state, TaskState::Accepted);
            assert_eq!(task.backend.clone(), None);
            assert_eq!(task.attempts.last().unwrap().why, "ComfyUI restarted while this ran");
            start(&mut state);
        }
        lose(&mut state, RetryPolicy::default());
        let task = &state.tasks[0];
        assert_eq!(task.state, TaskState::Failed);
        assert!(task.error.as_ref().unwrap().message.contains("for the 3rd time"), "{:?}", task.error);
    }

    #[test]
    fn with_the_policy_fail_a_lost_run_fails_and_a_lost_waiting_task_does_not() {
        let fail = RetryPolicy { rerun: false, ..RetryPolicy::default() };
        let mut state = running();
        lose(&mut state, fail);
        assert_eq!(state.tasks[0].state, TaskState::Failed);

        let mut state = running();
        state.tasks[0].state = TaskState::Queued;
        state.tasks[0].started_at = None;
        lose(&mut state, fail);
        assert_eq!(state.tasks[0].state, TaskState::Accepted);
        assert_eq!(state.tasks[0].attempt, 2);
    }

    #[test]
    fn a_task_being_cancelled_is_not_retried() {
        let mut state = running();
        state.push(Change::TaskCancelling { task: state.tasks[0].id });
        lose(&mut state, RetryPolicy::default());
        assert_eq!(state.tasks[0].state, TaskState::Cancelled);
    }
}
