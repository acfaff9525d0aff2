//! Darkroom's own queue.

use leptos::prelude::*;

use super::memo::memo;
use crate::live::{
    OrderOutcome,
    state::{Live, use_live},
};
use proto::{ids::TaskId, outbox::Order, submit::Submission, task::QueueState, wire::Command};

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

    /// Submits a task. `then` is called with the outcome, which has the new task's id. While Darkroom is unreachable the order waits in this browser.
    pub fn add(&self, submission: Submission, then: impl Fn(OrderOutcome) + 'static) {
        self.live.order(Order::Submit(submission), Box::new(then));
    }

    /// Cancels a task: one that waits is taken out of the queue, one that runs is interrupted.
    pub fn remove(&self, task: TaskId, then: impl Fn(OrderOutcome) + 'static) {
        self.live.order(Order::Command(Command::Cancel { task }), Box::new(then));
    }

    /// Moves a waiting task before another waiting one, whose priority it takes over, or to the end.
    pub fn move_before(&self, task: TaskId, before: Option<TaskId>, then: impl Fn(OrderOutcome) + 'static) {
        self.live.order(Order::Command(Command::Move { task, before }), Box::new(then));
    }
}

/// The tasks that run and wait: the counterpart of `useExecutionQueue`.
///
/// ```
/// use darkroom_web::live::{OrderOutcome, hooks::use_execution_queue};
/// use leptos::prelude::*;
/// use proto::{recipe::TextToImage, submit::Submission};
///
/// #[component]
/// fn Waiting() -> impl IntoView {
///     let queue = use_execution_queue();
///     let refused = RwSignal::new(String::new());
///     let add = move |_| {
///         let recipe = TextToImage { prompt: "a lighthouse".into(), ..TextToImage::default() };
///         queue.add(Submission::TextToImage(recipe), move |outcome| {
///             if let OrderOutcome::Refused(refusal) = outcome {
///                 refused.set(refusal.message);
///             }
///         });
///     };
///     let last = move || queue.tasks().last().copied();
///     view! {
///         <p>{move || queue.unfinished()}" to do"{move || queue.paused.get().then_some(", paused")}</p>
///         <button on:click=add>"One more"</button>
///         <button on:click=move |_| if let Some(task) = last() { queue.remove(task, |_| ()) }>"Remove the last"</button>
///         <button on:click=move |_| if let Some(task) = last() { queue.move_before(task, queue.tasks().first().copied(), |_| ()) }>
///             "Move it to the top"
///         </button>
///         <p role="alert">{refused}</p>
///     }
/// }
/// ```
#[must_use]
pub fn use_execution_queue() -> ExecutionQueue {
    let live = use_live();
    ExecutionQueue { paused: memo(move || live.with_all(|all| all.queue_paused)), active: memo(move || live.active_task()), live }
}
