//! Hooks for components: each gives one part of the live state. A field that is a memo wakes a component only when that field changes; a
//! method subscribes its caller to what it reads, and should be called in a memo. All subscriptions end when the component is unmounted.
//!
//! They need the context that [`super::provide_live`] provides on every page. For anything else there is [`use_live`].

use leptos::prelude::*;

use super::state::{Live, use_live};
use proto::{
    ids::TaskId,
    link::LinkState,
    task::{QueueState, TaskState},
    time::Timestamp,
};

/// [`Memo::new`], compiled once for each type of value.
pub fn memo<T: PartialEq + Send + Sync + 'static>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    boxed(Box::new(compute))
}

fn boxed<T: PartialEq + Send + Sync + 'static>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| compute())
}

/// The page's link to Darkroom, and its control.
#[derive(Clone, Copy)]
pub struct ConnectionHandle {
    pub status: ConnectionStatus,
    live: Live,
}

impl ConnectionHandle {
    /// When the last message was received, by the server's clock.
    #[must_use]
    pub fn last_message(&self) -> Timestamp {
        self.live.connection().last_message
    }

    /// Tries to connect now, instead of waiting for the next try.
    pub fn retry_now(&self) {
        self.live.retry_now();
    }
}

/// The link and its control: the counterpart of `useWebSocket` in other frameworks.
///
/// ```
/// use darkroom_web::live::hooks::use_connection;
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

/// The state of the link.
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

    /// When the next try is due, by the server's clock. `None`: no try is scheduled.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        self.live.connection().next_try
    }
}

/// The state of the link: the counterpart of `useWebSocketStatus`.
///
/// ```
/// use darkroom_web::live::hooks::use_connection_status;
/// use proto::link::LinkState;
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

/// The progress of one task.
#[derive(Clone, Copy)]
pub struct GenerationProgress {
    /// `None`: the live state has no such task.
    pub state: Memo<Option<TaskState>>,
    /// Progress of the whole task, in thousandths.
    pub permille: Memo<u16>,
    task: TaskId,
    live: Live,
}

impl GenerationProgress {
    /// The current step and the number of steps of the running node, if it counts steps.
    #[must_use]
    pub fn step(&self) -> Option<(u32, u32)> {
        self.live.with_progress(self.task, |task| task.current_node().and_then(|node| node.step())).flatten()
    }

    /// The estimated end, by the server's clock. `None`: no estimate.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.live.with_progress(self.task, |task| task.ends_at).flatten()
    }
}

/// The progress of a task: the counterpart of `useGenerationProgress`.
///
/// ```
/// use darkroom_web::live::hooks::use_generation_progress;
/// use proto::ids::TaskId;
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
    /// The queue is paused: nothing is sent to a ComfyUI.
    pub paused: Memo<bool>,
    /// The task to show where there is room for only one: see [`Live::active_task`].
    pub active: Memo<Option<TaskId>>,
    live: Live,
}

impl ExecutionQueue {
    /// All tasks that have not ended, by [`QueueState`], then in the order in which they will be sent.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskId> {
        self.live.with_all(|all| {
            let mut tasks: Vec<_> = all.tasks.iter().filter_map(|task| Some((QueueState::of(task)?, task.place.key(), task.id))).collect();
            tasks.sort_by_key(|(state, key, _)| (*state, *key));
            tasks.iter().map(|(_, _, id)| *id).collect()
        })
    }

    /// How many tasks have not ended.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.live.with_all(|all| all.tasks.iter().filter(|task| !task.state.is_final()).count())
    }
}

/// The tasks that run and wait: the counterpart of `useExecutionQueue`.
///
/// ```
/// use darkroom_web::live::hooks::use_execution_queue;
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
    use crate::live::{StateUpdate, provide_live};
    use proto::{
        comfy::Catalog,
        ids::{Epoch, Seq},
        recipe::TextToImage,
        task::{Change, Durations, Numbered, QueueKey, Snapshot, Task},
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
    fn each_hook_follows_the_changes() {
        Owner::new().with(|| {
            let running = Task { state: TaskState::Running, ..task(2, 9) };
            let held = Task { paused: true, ..task(4, 1) };
            let live = provide_live(Snapshot { tasks: vec![task(1, 5), running, task(3, 2), held], ..Snapshot::default() });
            let (queue, progress, connection) = (use_execution_queue(), use_generation_progress(id(2)), use_connection());
            assert_eq!(untrack(|| queue.tasks()), [id(2), id(3), id(1), id(4)]);
            assert_eq!(untrack(|| queue.unfinished()), 4);
            assert!(!queue.paused.get_untracked());
            assert_eq!(queue.active.get_untracked(), Some(id(2)));

            let progressed = Change::TaskProgress { task: id(2), permille: 420, ends_at: Some(Timestamp(9)), within_ms: None };
            let paused = Change::QueuePaused { paused: true };
            let changes = [progressed, paused].into_iter().zip(1..).map(|(change, seq)| Numbered { seq: Seq(seq), change });
            live.update(vec![StateUpdate::Changes(Epoch::default(), changes.collect())]);
            assert_eq!(progress.permille.get_untracked(), 420);
            assert_eq!(untrack(|| progress.ends_at()), Some(Timestamp(9)));
            assert_eq!(progress.state.get_untracked(), Some(TaskState::Running));
            assert!(queue.paused.get_untracked());
            assert_eq!(use_generation_progress(id(9)).state.get_untracked(), None);

            let state = LinkState::Reconnecting { attempt: 2, at: Duration::ZERO };
            live.set_connection(state.clone(), Timestamp(50), Some(Duration::from_millis(8)));
            assert_eq!(untrack(|| connection.status.state()), state);
            assert_eq!(untrack(|| connection.status.next_try()), Some(Timestamp(58)));
            live.set_connection(LinkState::Connected, Timestamp(60), None);
            live.message_received(Timestamp(70));
            assert_eq!(untrack(|| connection.last_message()), Timestamp(0), "updated once a second");
            live.message_received(Timestamp(1_070));
            assert_eq!(untrack(|| connection.last_message()), Timestamp(1_070));
            assert_eq!(untrack(|| connection.status.since()), Timestamp(60));
        });
    }
}
