//! Why a task waits: one text for the API and for every page.

use super::{Backend, NO_BACKEND, QueueState, Snapshot, Task};

/// What keeps all waiting tasks from being sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueHold {
    pub queue_paused: bool,
    /// No ComfyUI takes tasks now.
    pub unreachable: bool,
}

impl QueueHold {
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        Self { queue_paused: snapshot.queue_paused, unreachable: !snapshot.backends.iter().any(Backend::takes_tasks) }
    }
}

const PAUSED: &str = "Paused";
const QUEUE_PAUSED: &str = "Waiting: the queue is paused";
const UNREACHABLE: &str = "No ComfyUI can be reached; this task is kept and will be sent when one is back";

/// Why a task that does not run yet waits; the first reason that applies. `None`: only for the tasks before it. A note names what is wrong
/// with single ComfyUIs, so it comes before the general reason.
#[must_use]
pub fn waiting_reason(task: &Task, hold: QueueHold) -> Option<&str> {
    let note = task.note.as_deref();
    match QueueState::of(task)? {
        QueueState::Paused => Some(PAUSED),
        QueueState::Waiting if hold.queue_paused => Some(QUEUE_PAUSED),
        QueueState::Waiting if hold.unreachable && !note.is_some_and(|note| note.starts_with(NO_BACKEND)) => Some(UNREACHABLE),
        QueueState::Waiting | QueueState::Sent => note,
        QueueState::Running => None,
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
        task::{BackendState, Durations, TaskState},
        time::Timestamp,
    };

    const HELD: QueueHold = QueueHold { queue_paused: true, unreachable: true };
    const ALONE: QueueHold = QueueHold { queue_paused: false, unreachable: true };
    const FREE: QueueHold = QueueHold { queue_paused: false, unreachable: false };

    fn waiting(note: Option<&str>) -> Task {
        let workflow = TextToImage::default().workflow();
        let new = Task::new(TaskId(Uuid::nil()), "a", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        Task { note: note.map(str::to_owned), ..new }
    }

    #[test]
    fn the_first_thing_that_holds_a_task_is_named() {
        let restarted = waiting(Some("ComfyUI restarted while this ran"));
        let lacking = waiting(Some("No ComfyUI takes this now. a: it does not have the file x.ckpt"));
        let cases = [
            (&waiting(None), [None, Some(UNREACHABLE), Some(QUEUE_PAUSED)]),
            (&restarted, [restarted.note.as_deref(), Some(UNREACHABLE), Some(QUEUE_PAUSED)]),
            (&lacking, [lacking.note.as_deref(), lacking.note.as_deref(), Some(QUEUE_PAUSED)]),
        ];
        for (task, expected) in cases {
            assert_eq!([FREE, ALONE, HELD].map(|hold| waiting_reason(task, hold)), expected, "{:?}", task.note);
            let paused = Task { paused: true, ..task.clone() };
            assert_eq!([FREE, ALONE, HELD].map(|hold| waiting_reason(&paused, hold)), [Some(PAUSED); 3], "{:?}", task.note);
        }
    }

    #[test]
    fn a_task_that_is_at_a_comfyui_is_not_held_by_the_queue() {
        let sent = Task { backend: Some(BackendId::from("a")), ..waiting(None) };
        let stuck = Task { state: TaskState::Queued, note: Some("This waits where nothing is started. a: x".into()), ..sent.clone() };
        assert_eq!(waiting_reason(&sent, HELD), None);
        assert_eq!(waiting_reason(&stuck, HELD), stuck.note.as_deref());
        for state in [TaskState::Running, TaskState::Completed, TaskState::Failed, TaskState::Cancelled] {
            assert_eq!(waiting_reason(&Task { state, ..sent.clone() }, HELD), None, "{state:?}");
        }
    }

    #[test]
    fn one_comfyui_that_takes_tasks_is_enough() {
        let backend = |id: &str, state| Backend { state, ..Backend::new(BackendId::from(id), false, Timestamp(0)) };
        let mut all = Snapshot::default();
        assert!(QueueHold::of(&all).unreachable, "there is none");
        all.backends = vec![backend("a", BackendState::Connecting), backend("b", BackendState::Failed { why: "no".into() })];
        assert_eq!(QueueHold::of(&all), ALONE);
        all.backends.push(backend("c", BackendState::Polling));
        assert_eq!(QueueHold::of(&all), FREE);
        all.backends[2].stuck_since = Some(Timestamp(1));
        all.queue_paused = true;
        assert_eq!(QueueHold::of(&all), HELD);
    }
}
