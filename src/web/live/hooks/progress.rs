//! The progress of a task.

use leptos::prelude::*;

use super::memo::memo;
use crate::live::state::{Live, use_live};
use proto::{
    ids::TaskId,
    task::{Task, TaskState},
    time::Timestamp,
};

/// The progress of one task, or of one after another.
#[derive(Clone, Copy)]
pub struct GenerationProgress {
    /// `None`: there is no task, or the live state does not have it.
    pub state: Memo<Option<TaskState>>,
    /// Progress of the whole task, in thousandths.
    pub permille: Memo<u16>,
    task: Memo<Option<TaskId>>,
    live: Live,
}

impl GenerationProgress {
    /// The task that is followed.
    #[must_use]
    pub fn task(&self) -> Option<TaskId> {
        self.task.get()
    }

    /// The current step and the number of steps of the running node, if it counts steps.
    #[must_use]
    pub fn step(&self) -> Option<(u32, u32)> {
        self.read(|task| task.current_node().and_then(|node| node.step()))
    }

    /// The estimated end, by the server's clock. `None`: no estimate.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.read(|task| task.ends_at)
    }

    fn read<T>(&self, read: impl FnOnce(&Task) -> Option<T>) -> Option<T> {
        self.live.with_progress(self.task.get()?, read).flatten()
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
    use_generation_progress_of(move || Some(task))
}

/// The progress of whichever task `task` gives: it follows when that becomes another.
///
/// ```
/// use darkroom_web::live::hooks::{use_execution_queue, use_generation_progress_of};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Now() -> impl IntoView {
///     let queue = use_execution_queue();
///     let progress = use_generation_progress_of(move || queue.active.get());
///     view! { <p>{move || progress.task().map(|task| format!("{task}: {} %", progress.permille.get() / 10))}</p> }
/// }
/// ```
#[must_use]
pub fn use_generation_progress_of(task: impl Fn() -> Option<TaskId> + Send + Sync + 'static) -> GenerationProgress {
    let (live, task) = (use_live(), memo(task));
    GenerationProgress {
        state: memo(move || live.with_task(task.get()?, |task| task.state)),
        permille: memo(move || task.get().and_then(|task| live.with_progress(task, |task| task.permille)).unwrap_or_default()),
        task,
        live,
    }
}
