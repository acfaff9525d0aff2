//! The position of a task in the queue, and the texts about it.

use super::words::{backend_name, time_left};
use crate::live::Live;
use proto::{
    ids::{BackendId, TaskId},
    task::{Attempt, QueueHold, QueueState, Snapshot, Task, TaskState, task_words, waiting_reason},
    time::Timestamp,
};

/// How many unfinished tasks there are, by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueCounts {
    pub(crate) running: usize,
    /// Sent to a ComfyUI, or waiting in the queue.
    pub(crate) waiting: usize,
    pub(crate) paused: usize,
}

impl QueueCounts {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut counts = Self::default();
        for state in snapshot.tasks.iter().filter_map(QueueState::of) {
            *match state {
                QueueState::Running => &mut counts.running,
                QueueState::Sent | QueueState::Waiting => &mut counts.waiting,
                QueueState::Paused => &mut counts.paused,
            } += 1;
        }
        counts
    }

    pub(crate) fn all(self) -> usize {
        self.running + self.waiting + self.paused
    }

    /// The counts that are not zero, with the label of their state.
    pub(crate) fn labelled(self) -> impl Iterator<Item = (usize, &'static str)> {
        let all = [(self.running, "running"), (self.waiting, "waiting"), (self.paused, "paused")];
        all.into_iter().filter(|(number, _)| *number > 0)
    }

    /// "2 running, 38 waiting".
    pub(crate) fn text(self) -> String {
        self.labelled().map(|(number, label)| format!("{number} {label}")).collect::<Vec<_>>().join(", ")
    }
}

/// What holds a task that waits: the tasks before it, a paused queue, or no ComfyUI that takes tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueuePosition {
    /// 1 for the task that is sent next. `None` for one that does not wait.
    pub(crate) number: Option<usize>,
    pub(crate) hold: QueueHold,
}

impl QueuePosition {
    pub(crate) fn of(snapshot: &Snapshot, id: TaskId) -> Self {
        // Counted rather than sorted: sorting is kilobytes of code that every browser would load.
        let waiting = || snapshot.tasks.iter().enumerate().filter(|(_, task)| QueueState::of(task) == Some(QueueState::Waiting));
        let key = |at: usize, task: &Task| (task.place.key(), at);
        let own = waiting().find(|(_, task)| task.id == id).map(|(at, task)| key(at, task));
        let number = own.map(|own| waiting().filter(|(at, task)| key(*at, task) <= own).count());
        Self { number, hold: QueueHold::of(snapshot) }
    }
}

/// What happens to a cancel that could not be sent to ComfyUI yet.
pub(crate) const CANCELLING: &str = "ComfyUI cannot be reached; it will be told when it is back";

/// One line about the whole task: what it does, or what it waits for.
pub(crate) fn status_words(task: &Task, position: QueuePosition) -> String {
    if task.cancelling {
        return format!("Cancelling: {CANCELLING}");
    }
    if let Some(reason) = waiting_reason(task, position.hold) {
        return reason.into();
    }
    match (QueueState::of(task), position.number) {
        (Some(QueueState::Waiting), Some(1)) => "Next in the queue".into(),
        (Some(QueueState::Waiting), Some(number)) => format!("Number {number} in the queue"),
        _ => task_words(task),
    }
}

/// The present position of a task. Subscribes the caller to the queue and the backends.
pub(crate) fn queue_position(live: Live, task: TaskId) -> QueuePosition {
    live.watch_backends();
    live.with_all(|all| QueuePosition::of(all, task))
}

/// When the task ends or starts. Empty when there is no estimate.
pub(crate) fn time_words(task: &Task, position: QueuePosition, now: Timestamp) -> String {
    match task.state {
        // An estimate for a run that is being cancelled is of no use.
        _ if task.cancelling => String::new(),
        TaskState::Running => time_left(task, now),
        _ => starts_words(task, position, now),
    }
}

/// "starts in about 2 min". Empty when there is no estimate.
pub(crate) fn starts_words(task: &Task, position: QueuePosition, now: Timestamp) -> String {
    let held = match QueueState::of(task) {
        Some(QueueState::Sent) => false,
        Some(QueueState::Waiting) => position.hold.queue_paused,
        Some(QueueState::Running | QueueState::Paused) | None => true,
    };
    let Some(at) = task.starts_at.filter(|_| !held) else { return String::new() };
    let seconds = at.since(now) / 1000;
    match seconds {
        0..5 => "starts in a moment".into(),
        5..60 => format!("starts in about {} s", seconds / 5 * 5),
        60..3600 => format!("starts in about {} min", (seconds + 30) / 60),
        _ => format!("starts in about {} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// "Attempt 1 on gpu-1".
pub(crate) fn attempt_words(live: Live, attempt: &Attempt) -> String {
    match &attempt.backend {
        Some(backend) => format!("Attempt {} on {}", attempt.number, backend_label(live, backend)),
        None => format!("Attempt {}", attempt.number),
    }
}

/// Why there is another attempt: "Sent again (attempt 2). Attempt 1 on gpu-1: it restarted". `None` for a first attempt.
pub(crate) fn retry_words(live: Live, id: TaskId) -> Option<String> {
    let before = live.with_task(id, |task| task.attempts.last().cloned()).flatten()?;
    Some(format!("Sent again (attempt {}). {}: {}", before.number + 1, attempt_words(live, &before), before.why))
}

/// The label of a backend for people.
pub(crate) fn backend_label(live: Live, backend: &BackendId) -> String {
    live.with_backend(backend, backend_name).unwrap_or_else(|| backend.to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use proto::{
        comfy::Catalog,
        recipe::TextToImage,
        task::{Durations, QueueKey},
    };

    fn waiting(number: u128, priority: i8, order: u64) -> Task {
        let workflow = TextToImage::default().workflow();
        let mut task = Task::new(id(number), "a", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        task.place = QueueKey { priority, order };
        task
    }

    fn id(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    #[test]
    fn paused_tasks_have_no_number_in_the_queue() {
        let mut paused = waiting(2, 1, 1);
        paused.paused = true;
        let all = Snapshot { tasks: vec![waiting(1, 0, 9), paused, waiting(3, 0, 4), waiting(4, 1, 8)], ..Snapshot::default() };
        assert!(QueuePosition::of(&all, id(1)).hold.unreachable, "there is no ComfyUI");
        let numbers = [1, 2, 3, 4].map(|number| QueuePosition::of(&all, id(number)).number);
        assert_eq!(numbers, [Some(3), None, Some(2), Some(1)]);
        assert_eq!(QueueCounts::of(&all).text(), "3 waiting, 1 paused");
    }

    #[test]
    fn an_estimated_start_is_rounded() {
        let mut task = waiting(1, 0, 1);
        let words = |task: &Task, queue_paused| {
            starts_words(task, QueuePosition { number: Some(1), hold: QueueHold { queue_paused, unreachable: false } }, Timestamp(0))
        };
        let mut in_ms = |ms| {
            task.starts_at = Some(Timestamp(ms));
            words(&task, false)
        };
        assert_eq!([in_ms(0), in_ms(18_000)], ["starts in a moment", "starts in about 15 s"]);
        assert_eq!([in_ms(130_000), in_ms(4_300_000)], ["starts in about 2 min", "starts in about 1 h 11 min"]);
        assert_eq!(words(&task, true), "", "a paused queue starts nothing");
        task.starts_at = None;
        assert_eq!(words(&task, false), "");
    }

    #[test]
    fn the_status_names_the_first_thing_that_holds_a_task() {
        let mut task = waiting(1, 0, 1);
        let nth = |number| QueuePosition { number: Some(number), ..QueuePosition::default() };
        assert_eq!([status_words(&task, nth(1)), status_words(&task, nth(7))], ["Next in the queue", "Number 7 in the queue"]);
        task.note = Some("No ComfyUI has the model".into());
        assert_eq!(status_words(&task, nth(1)), "No ComfyUI has the model");
        let hold = QueueHold { queue_paused: true, unreachable: true };
        assert_eq!(status_words(&task, QueuePosition { hold, ..nth(1) }), "Waiting: the queue is paused");
        task.paused = true;
        assert_eq!(status_words(&task, QueuePosition { hold, number: None }), "Paused");
    }
}
