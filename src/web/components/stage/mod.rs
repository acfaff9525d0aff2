//! The middle of the page: the picture while it develops, the results, and what is shown when there is none.

mod actions;
mod blank;
mod empty;
mod error_card;
mod output;
mod picture;
mod results;

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::{boundary::Boundary, tracker::ProgressTracker},
    live::use_live,
};
use proto::{ids::TaskId, task::TaskState};

pub(crate) use actions::ResultActions;
pub use empty::EmptyStage;
use error_card::ErrorCard;
pub(crate) use error_card::problem_list;
use picture::Picture;

/// The picture of one task, and below it how far it is, or why it failed.
#[component]
pub fn Stage(
    task: TaskId,
    /// It stands on the page of this task: there it can be held back and brought forward too.
    #[prop(optional)]
    own_page: bool,
) -> impl IntoView {
    let live = use_live();
    let failed = memo(move || live.with_task(task, |task| task.state == TaskState::Failed).unwrap_or_default());
    view! {
        <Boundary name="The picture"><Picture task /></Boundary>
        <Boundary name="The progress">
            {part(move || if failed.get() {
                view! { <ErrorCard task /> }.erased()
            } else {
                view! { <ProgressTracker task own_page /> }.erased()
            })}
        </Boundary>
    }
    .erased()
}
