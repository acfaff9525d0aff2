//! Where a task that is not over stands: at work, sent, in line, held back; and how that is said.

use super::words::{backend_name, time_left};
use crate::live::Live;
use proto::{
    ids::{BackendId, TaskId},
    task::{Attempt, Backend, Snapshot, Task, TaskState, task_words},
    time::Timestamp,
};

/// Of a task that is not over. In the order of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Running,
    /// At a ComfyUI, which has not begun it.
    Sent,
    Waiting,
    /// Held back by a person.
    Paused,
}

impl Standing {
    /// `None` when the task is over.
    pub(crate) fn of(task: &Task) -> Option<Self> {
        match task.state {
            TaskState::Running => Some(Self::Running),
            state if state.is_final() => None,
            _ if !task.is_waiting() => Some(Self::Sent),
            _ if task.paused => Some(Self::Paused),
            _ => Some(Self::Waiting),
        }
    }

    /// The word in `data-state`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sent => "queued",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
        }
    }
}

/// How many tasks there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) running: usize,
    /// Sent, or in line.
    pub(crate) waiting: usize,
    pub(crate) paused: usize,
}

impl Counts {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut counts = Self::default();
        for standing in snapshot.tasks.iter().filter_map(Standing::of) {
            *match standing {
                Standing::Running => &mut counts.running,
                Standing::Sent | Standing::Waiting => &mut counts.waiting,
                Standing::Paused => &mut counts.paused,
            } += 1;
        }
        counts
    }

    pub(crate) fn all(self) -> usize {
        self.running + self.waiting + self.paused
    }

    /// "2 running, 38 waiting": those that are not zero.
    pub(crate) fn words(self) -> String {
        let of = |number: usize, word: &str| (number > 0).then(|| format!("{number} {word}"));
        [of(self.running, "running"), of(self.waiting, "waiting"), of(self.paused, "paused")]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What a task needs to know of the others to say how it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// 1 for the task that is sent next. `None` for one that is not in line.
    pub(crate) position: Option<usize>,
    pub(crate) queue_paused: bool,
    /// No ComfyUI takes tasks now.
    pub(crate) unreachable: bool,
}

impl Line {
    pub(crate) fn of(snapshot: &Snapshot, id: TaskId) -> Self {
        // Counted rather than sorted: every browser loads this, and sorting is kilobytes.
        let in_line = || snapshot.tasks.iter().enumerate().filter(|(_, task)| Standing::of(task) == Some(Standing::Waiting));
        let key = |at: usize, task: &Task| (task.place.key(), at);
        let own = in_line().find(|(_, task)| task.id == id).map(|(at, task)| key(at, task));
        let position = own.map(|own| in_line().filter(|(at, task)| key(*at, task) <= own).count());
        let unreachable = !snapshot.backends.iter().any(Backend::takes_tasks);
        Self { position, queue_paused: snapshot.queue_paused, unreachable }
    }
}

/// What becomes of a cancel that could not be told.
pub(crate) const CANCELLING: &str = "ComfyUI cannot be reached; it will be told when it is back";

/// Why a task waits that nobody can take.
const UNREACHABLE: &str = "No ComfyUI can be reached; this task is kept and will be sent when one is back";

/// One line about the whole task, and what it waits for.
pub(crate) fn situation(task: &Task, line: Line) -> String {
    if task.cancelling {
        return format!("Cancelling: {CANCELLING}");
    }
    match (Standing::of(task), line.position) {
        (Some(Standing::Paused), _) => "Paused".into(),
        (Some(Standing::Waiting), _) if line.queue_paused => "Waiting: the queue is paused".into(),
        (Some(Standing::Waiting), _) if line.unreachable => UNREACHABLE.into(),
        (Some(Standing::Waiting), Some(1)) if task.note.is_none() => "Next in the queue".into(),
        (Some(Standing::Waiting), Some(position)) if task.note.is_none() => format!("Number {position} in the queue"),
        _ => task_words(task),
    }
}

/// The place of a task in the line.
pub(crate) fn line(live: Live, task: TaskId) -> Line {
    live.watch_backends();
    live.with_all(|all| Line::of(all, task))
}

/// When it will be done, or when it starts; empty when nobody can say.
pub(crate) fn time_words(task: &Task, line: Line, now: Timestamp) -> String {
    match task.state {
        // Nobody wants to know how long what is not wanted would take.
        _ if task.cancelling => String::new(),
        TaskState::Running => time_left(task, now),
        _ => starts_words(task, line, now),
    }
}

/// "starts in about 2 min". Empty when nobody can say.
pub(crate) fn starts_words(task: &Task, line: Line, now: Timestamp) -> String {
    let held = match Standing::of(task) {
        Some(Standing::Sent) => false,
        Some(Standing::Waiting) => line.queue_paused,
        Some(Standing::Running | Standing::Paused) | None => true,
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
        Some(backend) => format!("Attempt {} on {}", attempt.number, name_of(live, backend)),
        None => format!("Attempt {}", attempt.number),
    }
}

/// Why there is another attempt: "Sent again (attempt 2). Attempt 1 on gpu-1: it restarted". `None` for a first attempt.
pub(crate) fn again_words(live: Live, id: TaskId) -> Option<String> {
    let before = live.with_task(id, |task| task.attempts.last().cloned()).flatten()?;
    Some(format!("Sent again (attempt {}). {}: {}", before.number + 1, attempt_words(live, &before), before.why))
}

/// What people call a ComfyUI.
pub(crate) fn name_of(live: Live, backend: &BackendId) -> String {
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
    fn the_number_in_line_passes_over_what_is_held_back() {
        let mut held = waiting(2, 1, 1);
        held.paused = true;
        let all = Snapshot { tasks: vec![waiting(1, 0, 9), held, waiting(3, 0, 4), waiting(4, 1, 8)], ..Snapshot::default() };
        assert!(Line::of(&all, id(1)).unreachable, "there is no ComfyUI");
        let positions = [1, 2, 3, 4].map(|number| Line::of(&all, id(number)).position);
        assert_eq!(positions, [Some(3), None, Some(2), Some(1)]);
        assert_eq!(Counts::of(&all).words(), "3 waiting, 1 paused");
    }

    #[test]
    fn a_start_is_told_as_roughly_as_it_is_known() {
        let mut task = waiting(1, 0, 1);
        let words =
            |task: &Task, queue_paused| starts_words(task, Line { position: Some(1), queue_paused, ..Line::default() }, Timestamp(0));
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
    fn what_a_task_waits_for_is_said_by_what_holds_it_first() {
        let mut task = waiting(1, 0, 1);
        let line = |position| Line { position: Some(position), ..Line::default() };
        assert_eq!([situation(&task, line(1)), situation(&task, line(7))], ["Next in the queue", "Number 7 in the queue"]);
        task.note = Some("No ComfyUI has the model".into());
        assert_eq!(situation(&task, line(1)), "No ComfyUI has the model");
        assert_eq!(situation(&task, Line { unreachable: true, ..line(1) }), UNREACHABLE);
        assert_eq!(situation(&task, Line { queue_paused: true, unreachable: true, ..line(1) }), "Waiting: the queue is paused");
        task.paused = true;
        assert_eq!(situation(&task, Line { queue_paused: true, ..Line::default() }), "Paused");
    }
}
