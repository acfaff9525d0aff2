//! The picture that an edit started from.

use leptos::prelude::*;

use crate::{
    base_path::with_base,
    components::reactive::{Erased, memo, part},
    live::use_live,
};
use proto::ids::TaskId;

/// A small version of it, and a link to the task that made it. Nothing for a task that is no edit.
#[component]
pub fn StartedFrom(task: TaskId) -> impl IntoView {
    let live = use_live();
    let start = memo(move || live.with_task(task, |task| task.start.clone()).flatten());
    part(move || {
        let Some(start) = start.get().and_then(|line| line.picture()) else { return ().into_any() };
        let what = match start.edit.as_str() {
            "upscale" => "Upscaled from",
            "inpaint" => "Inpainted from",
            "outpaint" => "Extended from",
            _ => "Started from",
        };
        let url = with_base(&format!("/api/pictures/{}", start.picture));
        let parent = start.parent.map(|parent| {
            view! { <p><a class="started-from-task" href=with_base(&format!("/tasks/{parent}"))>"The task that made it"</a></p> }.erased()
        });
        view! {
            <div class="started-from">
                <a href=url.clone() target="_blank"><img src=format!("{url}?thumb=320") alt="The picture that this started from" loading="lazy" /></a>
                <div>
                    <p class="note">{format!("{what} a picture of {} × {}", start.size.width, start.size.height)}</p>
                    {parent}
                </div>
            </div>
        }
        .erased()
    })
}
