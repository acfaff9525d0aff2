//! The picture and the progress of one task.

use leptos::prelude::*;

use super::{error_card::ErrorCard, picture::Picture};
use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::{boundary::Boundary, tracker::ProgressTracker},
    live::use_live,
};
use proto::{ids::TaskId, task::TaskState};

/// The picture of one task, and below it its progress, or why it failed.
#[component]
pub fn Stage(
    task: TaskId,
    /// On the page of this task, where it can also be paused and moved to the top.
    #[prop(optional)]
    own_page: bool,
) -> impl IntoView {
    let live = use_live();
    let chosen = RwSignal::new(None);
    let failed = memo(move || live.with_task(task, |task| task.state == TaskState::Failed).unwrap_or_default());
    view! {
        <Boundary name="The picture"><Picture task chosen /></Boundary>
        <Boundary name="The progress">
            {part(move || if failed.get() {
                view! { <ErrorCard task chosen /> }.erased()
            } else {
                view! { <ProgressTracker task chosen own_page /> }.erased()
            })}
        </Boundary>
    }
    .erased()
}
