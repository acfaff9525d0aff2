//! The state of a task in Darkroom's queue.

use strum::IntoStaticStr;

use super::model::{Task, TaskState};

/// The state in the queue of an unfinished task. The order of the variants is the order of the list: `a < b` lists `a` first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum QueueState {
    Running,
    /// Handed to a ComfyUI, or on the way there, and not started.
    #[strum(serialize = "queued")]
    Sent,
    /// In Darkroom's own queue: any ComfyUI may get it.
    Waiting,
    /// Held back by a person.
    Paused,
}

impl QueueState {
    /// `None` when the task has ended. A paused queue does not change the state of its tasks: [`Self::Waiting`] ones are only not sent.
    #[must_use]
    pub fn of(task: &Task) -> Option<Self> {
        match task.state {
            TaskState::Running => Some(Self::Running),
            state if state.is_final() => None,
            _ if !task.is_waiting() => Some(Self::Sent),
            _ if task.paused => Some(Self::Paused),
            _ => Some(Self::Waiting),
        }
    }

    /// The value of `data-state` on the pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// It is in Darkroom's own queue, where it can be moved, paused and resumed.
    #[must_use]
    pub fn is_in_own_queue(self) -> bool {
        matches!(self, Self::Waiting | Self::Paused)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        comfy::Catalog,
        ids::{BackendId, TaskId},
        recipe::TextToImage,
        task::Durations,
        time::Timestamp,
    };

    fn task(state: TaskState, backend: Option<&str>, paused: bool) -> Task {
        let workflow = TextToImage::default().workflow();
        let new = Task::new(TaskId(Uuid::nil()), "a", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        Task { state, backend: backend.map(|id| BackendId(id.into())), paused, ..new }
    }

    #[test]
    fn a_task_is_in_the_queue_until_it_is_over() {
        for state in [TaskState::Completed, TaskState::Failed, TaskState::Cancelled] {
            assert_eq!(QueueState::of(&task(state, Some("gpu"), false)), None, "{state:?}");
        }
        assert_eq!(QueueState::of(&task(TaskState::Running, Some("gpu"), false)), Some(QueueState::Running));
        assert_eq!(QueueState::of(&task(TaskState::Queued, Some("gpu"), false)), Some(QueueState::Sent));
        assert_eq!(QueueState::of(&task(TaskState::Accepted, None, false)), Some(QueueState::Waiting));
        assert_eq!(QueueState::of(&task(TaskState::Accepted, None, true)), Some(QueueState::Paused));
    }

    #[test]
    fn a_task_on_its_way_to_a_comfyui_counts_as_sent_even_when_paused() {
        assert_eq!(QueueState::of(&task(TaskState::Accepted, Some("gpu"), false)), Some(QueueState::Sent));
        assert_eq!(QueueState::of(&task(TaskState::Accepted, Some("gpu"), true)), Some(QueueState::Sent));
        assert_eq!(QueueState::of(&task(TaskState::Queued, Some("gpu"), true)), Some(QueueState::Sent));
    }

    #[test]
    fn the_order_is_that_of_the_list_and_the_words_are_those_of_the_pages() {
        let all = [QueueState::Running, QueueState::Sent, QueueState::Waiting, QueueState::Paused];
        assert!(all.is_sorted());
        assert_eq!(all.map(QueueState::as_str), ["running", "queued", "waiting", "paused"]);
        assert_eq!(all.map(QueueState::is_in_own_queue), [false, false, true, true]);
    }
}
