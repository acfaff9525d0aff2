//! The recent tasks in a row of thumbnails.

use leptos::{ev, prelude::*};
use uuid::Uuid;

use super::{
    bar::Bar,
    dom,
    icon::{Glyph, Icon},
    page_state::use_page_state,
    words::{age, percent, state_label},
};
use crate::live::use_live;
use crate::{
    base_path::with_base,
    components::reactive::{Erased, When, listener, memo, part, rows},
};
use proto::{
    ids::TaskId,
    task::{Task, TaskState},
};

/// Newest first. The shown task is outlined.
#[component]
pub fn Takes() -> impl IntoView {
    let live = use_live();
    let keys = memo(move || live.task_ids().iter().map(|task| task.0.as_u128()).collect::<Vec<_>>());
    let some = memo(move || keys.with(|keys| !keys.is_empty()));
    view! {
        <When holds=some>
            <nav class="takes" aria-label="Takes">
                <ul on:keydown=listener(move |event: ev::KeyboardEvent| dom::move_focus(&event))>
                    {rows(keys, |key| view! { <Take task=TaskId(Uuid::from_u128(key)) /> }.erased())}
                </ul>
            </nav>
        </When>
    }
    .erased()
}

#[component]
fn Take(task: TaskId) -> impl IntoView {
    let (live, page) = (use_live(), use_page_state());
    let state = memo(move || live.with_task(task, |task| task.state));
    let name = memo(move || live.with_task(task, |task| task.name.clone()).unwrap_or_default());
    let thumbnail = memo(move || live.with_task(task, thumbnail).flatten().or_else(|| live.preview(task)));
    let running = memo(move || state.get() == Some(TaskState::Running));
    let share =
        memo(move || if running.get() { live.with_progress(task, |task| u16::from(percent(task)) * 10).unwrap_or_default() } else { 0 });
    let when = memo(move || {
        let created = live.with_task(task, |task| task.created_at).unwrap_or_default();
        age(live.now().since(created))
    });
    let word = memo(move || state.get().map(state_label).unwrap_or_default());
    view! {
        <li>
            <a
                class="take"
                href=with_base(&format!("/tasks/{task}"))
                data-state=word
                aria-current=memo(move || (page.shown() == Some(task)).then(|| "true".to_owned()))
                // One tab stop for the row; the arrow keys go from one to the next.
                tabindex=memo(move || (page.is_hydrated() && page.shown() != Some(task)).then(|| "-1".to_owned()))
                aria-label=memo(move || format!("{}, {}, {}", name.get(), word.get(), when.get()))
                title=name
                on:click=listener(move |event: ev::MouseEvent| {
                    if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                        event.prevent_default();
                        page.select(task);
                    }
                })
            >
                {part(move || match thumbnail.get() {
                    Some(url) => view! { <img src=url alt="" loading="lazy" fetchpriority="low" width="104" height="104" /> }.erased(),
                    None => view! { <Icon glyph=Signal::derive(move || glyph(state.get())) /> }.erased(),
                })}
                <span class="take-age">{when}</span>
                <Bar share class="take-bar" />
            </a>
        </li>
    }
    .erased()
}

fn thumbnail(task: &Task) -> Option<String> {
    task.pictures().next().map(|output| with_base(&format!("/tasks/{}/outputs/{}?thumb=320", task.id, output.id)))
}

fn glyph(state: Option<TaskState>) -> Glyph {
    match state {
        Some(TaskState::Failed) => Glyph::Alert,
        Some(TaskState::Cancelled) => Glyph::Minus,
        Some(TaskState::Completed | TaskState::Running) => Glyph::Picture,
        _ => Glyph::Clock,
    }
}
