//! For those who write components: each of these gives one part of the live state, to be read field by field. What is a memo wakes a
//! component only when that field changes; a method subscribes its caller to what it reads, and is called in a memo of the caller's own.
//! A component lets go of all of it when it is unmounted.
//!
//! They need the context that [`super::provide_live`] gives, which every page has. For what they do not offer there is [`use_live`].

use leptos::prelude::*;

use super::{Live, use_live};
use proto::{
    ids::TaskId,
    link::LinkState,
    task::{Task, TaskState},
    time::Timestamp,
};

/// [`Memo::new`], compiled once for each type of value.
pub fn memo<T: PartialEq + Send + Sync + 'static>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    boxed(Box::new(compute))
}

fn boxed<T: PartialEq + Send + Sync + 'static>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| compute())
}

/// The page's link to Darkroom, and what a person can do about it.
#[derive(Clone, Copy)]
pub struct ConnectionHandle {
    pub status: ConnectionStatus,
    live: Live,
}

impl ConnectionHandle {
    /// When anything was last heard, by the server's clock.
    #[must_use]
    pub fn last_message(&self) -> Timestamp {
        self.live.connection().last_message
    }

    /// Tries to connect now, whatever it waits for.
    pub fn retry_now(&self) {
        self.live.retry_now();
    }
}

/// The link, with a hand on it: what `useWebSocket` is elsewhere.
///
/// ```
/// use darkroom::live::hooks::use_connection;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Retry() -> impl IntoView {
///     let connection = use_connection();
///     view! { <button on:click=move |_| connection.retry_now()>"Try now"</button> }
/// }
/// ```
#[must_use]
pub fn use_connection() -> ConnectionHandle {
    let live = use_live();
    ConnectionHandle { status: use_connection_status(), live }
}

/// How the link is.
#[derive(Clone, Copy)]
pub struct ConnectionStatus {
    live: Live,
}

impl ConnectionStatus {
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.live.connection().state
    }

    /// When this state began, by the server's clock.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.live.connection().since
    }

    /// When the next try is due, by the server's clock. `None`: nothing is waited for.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        self.live.connection().next_try
    }
}

/// The state of the link, to be shown: what `useWebSocketStatus` is elsewhere.
///
/// ```
/// use darkroom::{live::hooks::use_connection_status, proto::link::LinkState};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Light() -> impl IntoView {
///     let status = use_connection_status();
///     view! { <p>{move || if status.state() == LinkState::Connected { "live" } else { "not live" }}</p> }
/// }
/// ```
#[must_use]
pub fn use_connection_status() -> ConnectionStatus {
    ConnectionStatus { live: use_live() }
}

/// How far one task is.
#[derive(Clone, Copy)]
pub struct GenerationProgress {
    /// `None`: there is no such task here.
    pub state: Memo<Option<TaskState>>,
    /// Thousandths of the whole task.
    pub permille: Memo<u16>,
    task: TaskId,
    live: Live,
}

impl GenerationProgress {
    /// Step and steps of the node that runs now, where it has any.
    #[must_use]
    pub fn step(&self) -> Option<(u32, u32)> {
        self.live.with_progress(self.task, |task| task.current_node().and_then(|node| node.step())).flatten()
    }

    /// When it will be done, by the server's clock. `None`: that cannot be said.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.live.with_progress(self.task, |task| task.ends_at).flatten()
    }
}

/// The progress of a task, wherever it runs: what `useGenerationProgress` is elsewhere.
///
/// ```
/// use darkroom::{live::hooks::use_generation_progress, proto::ids::TaskId};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Percent(task: TaskId) -> impl IntoView {
///     let progress = use_generation_progress(task);
///     view! { <p>{move || progress.permille.get() / 10}" %"</p> }
/// }
/// ```
#[must_use]
pub fn use_generation_progress(task: TaskId) -> GenerationProgress {
    let live = use_live();
    GenerationProgress {
        state: memo(move || live.with_task(task, |task| task.state)),
        permille: memo(move || live.with_progress(task, |task| task.permille).unwrap_or_default()),
        task,
        live,
    }
}

/// Darkroom's own queue.
#[derive(Clone, Copy)]
pub struct ExecutionQueue {
    /// Nothing is sent to ComfyUI.
    pub paused: Memo<bool>,
    /// The task to tell about when there is room for one: see [`Live::active_task`].
    pub active: Memo<Option<TaskId>>,
    live: Live,
}

impl ExecutionQueue {
    /// All tasks that are not over: those that run, then those at a ComfyUI, then the others in the order in which they will be sent.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskId> {
        let rank = |task: &Task| match task.state {
            TaskState::Running => 0,
            _ if !task.is_waiting() => 1,
            _ => 2 + u8::from(task.paused),
        };
        self.live.with_all(|all| {
            let mut tasks: Vec<&Task> = all.tasks.iter().filter(|task| !task.state.is_final()).collect();
            tasks.sort_by_key(|task| (rank(task), task.place.key()));
            tasks.iter().map(|task| task.id).collect()
        })
    }

    /// How many tasks are not over.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.live.with_all(|all| all.tasks.iter().filter(|task| !task.state.is_final()).count())
    }
}

/// What runs and waits: what `useExecutionQueue` is elsewhere.
///
/// ```
/// use darkroom::live::hooks::use_execution_queue;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Waiting() -> impl IntoView {
///     let queue = use_execution_queue();
///     view! { <p>{move || queue.unfinished()}" to do"{move || queue.paused.get().then_some(", paused")}</p> }
/// }
/// ```
#[must_use]
pub fn use_execution_queue() -> ExecutionQueue {
    let live = use_live();
    ExecutionQueue { paused: memo(move || live.with_all(|all| all.queue_paused)), active: memo(move || live.active_task()), live }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::live::provide_live;
    use proto::{
        comfy::Catalog,
        ids::Seq,
        recipe::TextToImage,
        task::{Change, Durations, Numbered, QueueKey, Snapshot},
    };

    fn id(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    fn task(number: u128, order: u64) -> Task {
        let workflow = TextToImage::default().workflow();
        let mut task = Task::new(id(number), "a", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        task.place = QueueKey { priority: 0, order };
        task
    }

    #[test]
    fn a_field_follows_what_happens() {
        Owner::new().with(|| {
            let running = Task { state: TaskState::Running, ..task(2, 9) };
            let held = Task { paused: true, ..task(4, 1) };
            let live = provide_live(Snapshot { tasks: vec![task(1, 5), running, task(3, 2), held], ..Snapshot::default() });
            let (queue, progress, connection) = (use_execution_queue(), use_generation_progress(id(2)), use_connection());
            assert_eq!(untrack(|| queue.tasks()), [id(2), id(3), id(1), id(4)]);
            assert_eq!(
                (untrack(|| queue.unfinished()), queue.paused.get_untracked(), queue.active.get_untracked()),
                (4, false, Some(id(2)))
            );

            let progressed = Change::TaskProgress { task: id(2), permille: 420, ends_at: Some(Timestamp(9)), within_ms: None };
            let paused = Change::QueuePaused { paused: true };
            let changes = [progressed, paused].into_iter().zip(1..).map(|(change, seq)| Numbered { seq: Seq(seq), change });
            live.receive(&changes.collect::<Vec<_>>());
            assert_eq!((progress.permille.get_untracked(), untrack(|| progress.ends_at())), (420, Some(Timestamp(9))));
            assert_eq!((progress.state.get_untracked(), queue.paused.get_untracked()), (Some(TaskState::Running), true));
            assert_eq!(use_generation_progress(id(9)).state.get_untracked(), None);

            let state = LinkState::Reconnecting { attempt: 2, at: Duration::ZERO };
            live.set_connection(state.clone(), Timestamp(50), Some(Duration::from_millis(8)));
            assert_eq!((untrack(|| connection.status.state()), untrack(|| connection.status.next_try())), (state, Some(Timestamp(58))));
            live.set_connection(LinkState::Connected, Timestamp(60), None);
            live.heard(Timestamp(70));
            assert_eq!(untrack(|| connection.last_message()), Timestamp(0), "told once a second");
            live.heard(Timestamp(1_070));
            assert_eq!((untrack(|| connection.last_message()), untrack(|| connection.status.since())), (Timestamp(1_070), Timestamp(60)));
        });
    }
}
