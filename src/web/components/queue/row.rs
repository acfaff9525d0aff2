//! One task of the queue. A change of one task touches its row and no other.

use leptos::prelude::*;

use super::{
    act::{RowAction, priority_name},
    focus::control_id,
};
use crate::{
    base_path::with_base,
    components::{
        bar::Bar,
        icon::{Glyph, Icon},
        queue_position::{QueuePosition, backend_label, retry_words, starts_words},
        reactive::{Erased, When, memo, part, truth},
        words::{capitalized, percent, time_left},
    },
    live::{Live, use_live},
};
use proto::{
    ids::TaskId,
    task::{QueueHold, QueueState, Task},
};

/// Shown until a backend is chosen.
const ANY: &str = "any";
/// Shown when there is no estimate of its start or end.
const UNKNOWN: &str = "–";

/// A row: task, state, progress, backend, time, and actions.
#[component]
pub(super) fn QueueRow(
    task: TaskId,
    /// The waiting tasks in the order in which they are sent.
    line: Memo<Vec<u128>>,
) -> impl IntoView {
    let live = use_live();
    let key = task.0.as_u128();
    let name = memo(move || live.with_task(task, |task| task.name.clone()).unwrap_or_default());
    let queue_state = memo(move || live.with_task(task, QueueState::of).flatten());
    let state_name = memo(move || queue_state.get().map(QueueState::as_str).unwrap_or_default());
    let about = memo(move || about(live, task));
    // Its number in the queue, from 1; 0 while it does not wait.
    let number = memo(move || line.with(|line| line.iter().position(|other| *other == key).map_or(0, |at| at + 1)));
    let state = memo(move || live.with_task(task, |task| state_words(task, number.get())).unwrap_or_default());
    let share = memo(move || live.with_progress(task, |task| task.permille).unwrap_or_default());
    let percent = memo(move || live.with_progress(task, percent).unwrap_or_default());
    let running = memo(move || queue_state.get() == Some(QueueState::Running));
    let waiting = memo(move || queue_state.get() == Some(QueueState::Waiting));
    let to_send = memo(move || queue_state.get().is_some_and(QueueState::is_in_own_queue));
    let backend = memo(move || Some(backend_label(live, &live.with_task(task, |task| task.backend.clone())??)));
    let preview = memo(move || if running.get() { live.preview(task) } else { None });
    let when = memo(move || when(live, task));
    let last = memo(move || line.with(Vec::len) == number.get());
    view! {
        <li class="queue-row" data-task-id=task.to_string() data-state=state_name>
            <span class="queue-grip with-script" data-grip="" aria-hidden="true"><Icon glyph=Glyph::Grip /></span>
            <div class="queue-task">
                <a class="queue-name" href=with_base(&format!("/tasks/{task}"))>{name}</a>
                <p class="note">{about}</p>
                <When holds=memo(move || preview.with(Option::is_some))>
                    <img class="queue-preview" src=preview alt="" width="44" height="44" />
                </When>
            </div>
            <p class="queue-state"><span class="pill" data-standing=state_name>{state}</span></p>
            <div class="queue-progress">
                <When holds=running>
                    <Bar share class="queue-bar" />
                    <span class="note">{percent}" %"</span>
                </When>
            </div>
            <p class="queue-backend" data-none=truth(move || backend.with(Option::is_none))><span class="queue-label">"on "</span>{text_or(backend, ANY)}</p>
            <p class="queue-when" data-none=truth(move || when.with(Option::is_none))>{text_or(when, UNKNOWN)}</p>
            <div class="queue-actions" role="group" aria-label=memo(move || format!("Actions for {}", name.get()))>
                {part(move || if to_send.get() { actions(task, waiting, number, last) } else { ().into_any() })}
                <form method="post" action=with_base(&format!("/tasks/{task}/cancel"))>
                    {tool(task, RowAction::Cancel, truth(move || live.with_task(task, |task| task.cancelling).unwrap_or_default()))}
                </form>
            </div>
        </li>
    }.erased()
}

fn text_or(text: Memo<Option<String>>, fallback: &'static str) -> Memo<String> {
    memo(move || text.get().unwrap_or_else(|| fallback.into()))
}

/// The actions for a task that was not sent to a ComfyUI yet, besides cancelling.
fn actions(task: TaskId, waiting: Memo<bool>, number: Memo<usize>, last: Memo<bool>) -> AnyView {
    let first = truth(move || number.get() == 1);
    let hold = memo(move || if waiting.get() { RowAction::Pause } else { RowAction::Resume });
    view! {
        <Priority task />
        <When holds=waiting>
            {tool(task, RowAction::Top, first)}
            {tool(task, RowAction::Up, first)}
            {tool(task, RowAction::Down, truth(move || last.get()))}
        </When>
        {tool(task, hold, truth(|| false))}
    }
    .erased()
}

/// A button. It is neither removed when disabled nor replaced when its action changes, so that it keeps the focus.
fn tool(task: TaskId, action: impl Into<Signal<RowAction>>, off: Memo<&'static str>) -> AnyView {
    let action = action.into();
    let name = action.get_untracked().name();
    let class = if name == RowAction::Cancel.name() { "icon-button" } else { "icon-button with-script" };
    let label = memo(move || action.get().label());
    let glyph = Signal::derive(move || action.get().glyph());
    view! {
        <button type="submit" class=class id=control_id(name, task) data-do=name aria-label=label title=label aria-disabled=off>
            <Icon glyph />
        </button>
    }
    .erased()
}

/// Low, normal or high.
#[component]
fn Priority(task: TaskId) -> impl IntoView {
    let live = use_live();
    let priority = memo(move || live.with_task(task, |task| task.place.priority.signum()).unwrap_or_default());
    let name = memo(move || priority_name(priority.get()));
    let option = move |value: i8| {
        let is_it = memo(move || priority.get() == value);
        view! { <option value=value.to_string() selected=is_it prop:selected=is_it>{capitalized(priority_name(value))}</option> }.erased()
    };
    view! {
        <select class="queue-priority with-script" id=control_id("priority", task) aria-label="Priority" data-priority=name>
            {option(1)}
            {option(0)}
            {option(-1)}
        </select>
    }
    .erased()
}

fn state_words(task: &Task, number: usize) -> String {
    match QueueState::of(task) {
        _ if task.cancelling => "Cancelling".into(),
        Some(QueueState::Running) => "Running".into(),
        Some(QueueState::Sent) => "Sent".into(),
        Some(QueueState::Waiting) => format!("Waiting {number}"),
        Some(QueueState::Paused) => "Paused".into(),
        None => String::new(),
    }
}

/// The kind of task, earlier attempts, and what it waits for.
fn about(live: Live, id: TaskId) -> String {
    let kind = |task: &Task| match &task.recipe {
        Some(recipe) => {
            let pictures = if recipe.batch > 1 { format!(" · {} pictures", recipe.batch) } else { String::new() };
            format!("text to image · {} × {}{pictures} · seed {}", recipe.width, recipe.height, recipe.seed)
        }
        None => "workflow".into(),
    };
    let before = retry_words(live, id);
    let parts = live.with_task(id, |task| {
        // The note of a task that is to be sent again repeats the reason of its last attempt.
        let note = task.note.clone().filter(|note| task.is_waiting() && task.attempts.last().is_none_or(|last| last.why != *note));
        [Some(kind(task)), before, note].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    });
    parts.unwrap_or_default()
}

/// When it ends or starts. `None`: there is no estimate.
fn when(live: Live, id: TaskId) -> Option<String> {
    let state = live.with_task(id, QueueState::of).flatten();
    let words = match state {
        Some(QueueState::Running) => live.with_progress(id, |task| time_left(task, live.now())),
        Some(QueueState::Sent | QueueState::Waiting) => {
            let hold = QueueHold { queue_paused: live.with_all(|all| all.queue_paused), ..QueueHold::default() };
            let position = QueuePosition { number: None, hold };
            // A row without an estimate does not subscribe to the clock.
            let known = live.with_progress(id, |task| task.starts_at.is_some()).unwrap_or_default();
            if known { live.with_progress(id, |task| starts_words(task, position, live.now())) } else { None }
        }
        _ => None,
    };
    words.filter(|words| !words.is_empty())
}
