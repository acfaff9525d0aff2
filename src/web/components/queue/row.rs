//! One task of the queue. A change of one task touches its row and no other.

use leptos::prelude::*;

use super::{
    act::{Act, priority_word},
    focus::control_id,
};
use crate::{
    components::{
        bar::Bar,
        icon::{Glyph, Icon},
        reactive::{Erased, When, memo, part, truth},
        standing::{Line, Standing, again_words, name_of, starts_words},
        words::{capitalized, percent, time_left},
    },
    live::{Live, use_live},
};
use proto::{ids::TaskId, task::Task};

/// Where it runs, while that is open.
const ANY: &str = "any";
/// When it starts or ends, of which nothing is known.
const NEVER: &str = "–";

/// A row: what it is, how it stands, how far it is, where, when, and what can be done with it.
#[component]
pub(super) fn QueueRow(
    task: TaskId,
    /// The tasks that are sent one after another.
    line: Memo<Vec<u128>>,
) -> impl IntoView {
    let live = use_live();
    let key = task.0.as_u128();
    let name = memo(move || live.with_task(task, |task| task.name.clone()).unwrap_or_default());
    let standing = memo(move || live.with_task(task, Standing::of).flatten().map(Standing::as_str).unwrap_or_default());
    let about = memo(move || about(live, task));
    // Its number in line, from 1; 0 while it is not in it.
    let number = memo(move || line.with(|line| line.iter().position(|other| *other == key).map_or(0, |at| at + 1)));
    let state = memo(move || live.with_task(task, |task| state_words(task, number.get())).unwrap_or_default());
    let share = memo(move || live.with_progress(task, |task| task.permille).unwrap_or_default());
    let percent = memo(move || live.with_progress(task, percent).unwrap_or_default());
    let running = memo(move || standing.get() == Standing::Running.as_str());
    let in_line = memo(move || standing.get() == Standing::Waiting.as_str());
    let to_send = memo(move || in_line.get() || standing.get() == Standing::Paused.as_str());
    let backend =
        memo(move || live.with_task(task, |task| task.backend.clone()).flatten().map_or_else(|| ANY.into(), |id| name_of(live, &id)));
    let when = memo(move || when(live, task));
    let last = memo(move || line.with(Vec::len) == number.get());
    view! {
        <li class="queue-row" data-task-id=task.to_string() data-state=standing>
            <span class="queue-grip with-script" data-grip="" aria-hidden="true"><Icon glyph=Glyph::Grip /></span>
            <div class="queue-task">
                <a class="queue-name" href=format!("/tasks/{task}")>{name}</a>
                <p class="note">{about}</p>
            </div>
            <p class="queue-state"><span class="pill" data-standing=standing>{state}</span></p>
            <div class="queue-progress">
                <When holds=running>
                    <Bar share class="queue-bar" />
                    <span class="note">{percent}" %"</span>
                </When>
            </div>
            <p class="queue-backend" data-none=truth(move || backend.with(|backend| backend == ANY))><span class="queue-label">"on "</span>{backend}</p>
            <p class="queue-when" data-none=truth(move || when.with(|when| when == NEVER))>{when}</p>
            <div class="queue-actions" role="group" aria-label=memo(move || format!("Actions for {}", name.get()))>
                {part(move || if to_send.get() { actions(task, in_line, number, last) } else { ().into_any() })}
                <form method="post" action=format!("/tasks/{task}/cancel")>
                    {tool(task, Act::Cancel, truth(move || live.with_task(task, |task| task.cancelling).unwrap_or_default()))}
                </form>
            </div>
        </li>
    }.erased()
}

/// What can be done with a task that is not at a ComfyUI, besides cancelling it.
fn actions(task: TaskId, in_line: Memo<bool>, number: Memo<usize>, last: Memo<bool>) -> AnyView {
    let first = truth(move || number.get() == 1);
    let hold = memo(move || if in_line.get() { Act::Pause } else { Act::Resume });
    view! {
        <Priority task />
        <When holds=in_line>
            {tool(task, Act::Top, first)}
            {tool(task, Act::Up, first)}
            {tool(task, Act::Down, truth(move || last.get()))}
        </When>
        {tool(task, hold, truth(|| false))}
    }
    .erased()
}

/// A button. It stays where it is while it has nothing to do and when it gets another face, so that the focus is not lost.
fn tool(task: TaskId, act: impl Into<Signal<Act>>, off: Memo<&'static str>) -> AnyView {
    let act = act.into();
    let name = act.get_untracked().name();
    let class = if name == Act::Cancel.name() { "icon-button" } else { "icon-button with-script" };
    let label = memo(move || act.get().label());
    let glyph = Signal::derive(move || act.get().glyph());
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
    let word = memo(move || priority_word(live.with_task(task, |task| task.place.priority).unwrap_or_default()));
    let option = move |value: i8| {
        let is_it = memo(move || word.get() == priority_word(value));
        view! { <option value=value.to_string() selected=is_it prop:selected=is_it>{capitalized(priority_word(value))}</option> }.erased()
    };
    view! {
        <select class="queue-priority with-script" id=control_id("priority", task) aria-label="Priority" data-priority=word>
            {option(1)}
            {option(0)}
            {option(-1)}
        </select>
    }
    .erased()
}

fn state_words(task: &Task, number: usize) -> String {
    match Standing::of(task) {
        _ if task.cancelling => "Cancelling".into(),
        Some(Standing::Running) => "Running".into(),
        Some(Standing::Sent) => "Sent".into(),
        Some(Standing::Waiting) => format!("Waiting {number}"),
        Some(Standing::Paused) => "Paused".into(),
        None => String::new(),
    }
}

/// What was asked for, how often it was tried, and what it waits for.
fn about(live: Live, id: TaskId) -> String {
    let kind = |task: &Task| match &task.recipe {
        Some(recipe) if recipe.batch > 1 => format!("text to image · {} × {} · {} pictures", recipe.width, recipe.height, recipe.batch),
        Some(recipe) => format!("text to image · {} × {}", recipe.width, recipe.height),
        None => "workflow".into(),
    };
    let before = again_words(live, id);
    let parts = live.with_task(id, |task| {
        // Of a task that is to be sent again, the note says the same as its attempts.
        let note = task.note.clone().filter(|note| task.is_waiting() && task.attempts.last().is_none_or(|last| last.why != *note));
        [Some(kind(task)), before, note].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    });
    parts.unwrap_or_default()
}

fn when(live: Live, id: TaskId) -> String {
    let standing = live.with_task(id, Standing::of).flatten();
    let words = match standing {
        Some(Standing::Running) => live.with_progress(id, |task| time_left(task, live.now())),
        Some(Standing::Sent | Standing::Waiting) => {
            let line = Line { queue_paused: live.with_all(|all| all.queue_paused), ..Line::default() };
            // A row that has no estimate does not follow the clock.
            let known = live.with_progress(id, |task| task.starts_at.is_some()).unwrap_or_default();
            if known { live.with_progress(id, |task| starts_words(task, line, live.now())) } else { None }
        }
        _ => None,
    };
    words.filter(|words| !words.is_empty()).unwrap_or_else(|| NEVER.into())
}
