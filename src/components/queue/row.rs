//! One task of the queue. A change of one task touches its row and no other.

use leptos::prelude::*;

use super::{
    act::{Act, priority_word},
    focus::control_id,
    order::Place,
};
use crate::{
    components::{
        bar::Bar,
        icon::{Glyph, Icon},
        reactive::{When, memo},
        standing::{Line, Standing, again_words, name_of, starts_words},
        words::{capitalized, percent, time_left},
    },
    live::{Live, use_live},
    proto::{ids::TaskId, task::Task},
};

/// When it starts or ends, of which nothing is known.
const NEVER: &str = "–";

/// A row: what it is, how it stands, how far it is, where, when, and what can be done with it.
#[component]
pub(super) fn QueueRow(task: TaskId, line: Memo<Vec<Place>>) -> impl IntoView {
    let live = use_live();
    let name = memo(move || live.with_task(task, |task| task.name.clone()).unwrap_or_default());
    let standing = memo(move || live.with_task(task, Standing::of).flatten());
    let about = memo(move || about(live, task));
    // Its number in line, and whether nobody is behind it.
    let place = memo(move || line.with(|line| line.iter().position(|(id, _)| *id == task).map(|at| (at + 1, at + 1 == line.len()))));
    let state = memo(move || live.with_task(task, |task| state_words(task, place.get().map(|(number, _)| number))).unwrap_or_default());
    let share = memo(move || live.with_progress(task, |task| task.permille).unwrap_or_default());
    let percent = memo(move || live.with_progress(task, percent).unwrap_or_default());
    let running = memo(move || standing.get() == Some(Standing::Running));
    let backend = memo(move || backend(live, task));
    let anywhere = memo(move || live.with_task(task, |task| task.backend.is_none()).unwrap_or_default());
    let when = memo(move || when(live, task));
    view! {
        <li class="queue-row" data-task-id=task.to_string() data-state=move || standing.get().map(Standing::word)>
            <span class="queue-grip with-script" data-grip="" aria-hidden="true"><Icon glyph=Glyph::Grip /></span>
            <div class="queue-task">
                <a class="queue-name" id=control_id("name", task) href=format!("/tasks/{task}")>{name}</a>
                <p class="note">{about}</p>
            </div>
            <p class="queue-state"><span class="pill" data-state=move || standing.get().map(Standing::word)>{state}</span></p>
            <div class="queue-progress">
                <When holds=running>
                    <Bar share class="queue-bar" />
                    <span class="note">{percent}" %"</span>
                </When>
            </div>
            <p class="queue-backend" data-any=move || anywhere.get().then_some("")><span class="queue-label">"on "</span>{backend}</p>
            <p class="queue-when" data-none=move || when.with(|when| when == NEVER).then_some("")>{when}</p>
            <Actions task name standing place />
        </li>
    }
}

#[component]
fn Actions(task: TaskId, name: Memo<String>, standing: Memo<Option<Standing>>, place: Memo<Option<(usize, bool)>>) -> impl IntoView {
    let live = use_live();
    let in_line = memo(move || standing.get() == Some(Standing::Waiting));
    let paused = memo(move || standing.get() == Some(Standing::Paused));
    let first = memo(move || place.get().is_some_and(|(number, _)| number == 1));
    let last = memo(move || place.get().is_some_and(|(_, last)| last));
    let cancelling = memo(move || live.with_task(task, |task| task.cancelling).unwrap_or_default());
    let never = memo(|| false);
    view! {
        <div class="queue-actions" role="group" aria-label=move || format!("Actions for {}", name.get())>
            <When holds=memo(move || in_line.get() || paused.get())>
                <Priority task />
            </When>
            <When holds=in_line>
                <Tool task act=Act::Top glyph=Glyph::Top off=first />
                <Tool task act=Act::Up glyph=Glyph::Up off=first />
                <Tool task act=Act::Down glyph=Glyph::Down off=last />
                <Tool task act=Act::Pause glyph=Glyph::Pause off=never />
            </When>
            <When holds=paused>
                <Tool task act=Act::Resume glyph=Glyph::Play off=never />
            </When>
            <form method="post" action=format!("/tasks/{task}/cancel")>
                <Tool task act=Act::Cancel glyph=Glyph::Cross off=cancelling />
            </form>
        </div>
    }
}

/// A button. It stays where it is when it has nothing to do, so that the focus is not lost.
#[component]
fn Tool(task: TaskId, act: Act, glyph: Glyph, off: Memo<bool>) -> impl IntoView {
    let class = if act == Act::Cancel { "icon-button" } else { "icon-button with-script" };
    view! {
        <button
            type="submit"
            class=class
            id=control_id(act.name(), task)
            data-do=act.name()
            aria-label=act.label()
            title=act.label()
            aria-disabled=move || off.get().to_string()
        >
            <Icon glyph />
        </button>
    }
}

/// Low, normal or high.
#[component]
fn Priority(task: TaskId) -> impl IntoView {
    let live = use_live();
    let priority = memo(move || live.with_task(task, |task| task.place.priority.signum()).unwrap_or_default());
    let option = move |value: i8| {
        let is_it = memo(move || priority.get() == value);
        view! { <option value=value.to_string() selected=is_it prop:selected=is_it>{capitalized(priority_word(value))}</option> }
    };
    view! {
        <select class="queue-priority with-script" id=control_id("priority", task) aria-label="Priority" data-priority=move || priority_word(priority.get())>
            {[1, 0, -1].map(option).collect_view()}
        </select>
    }
}

fn state_words(task: &Task, number: Option<usize>) -> String {
    match (Standing::of(task), number) {
        _ if task.cancelling => "Cancelling".into(),
        (Some(Standing::Running), _) => "Running".into(),
        (Some(Standing::Sent), _) => "Sent".into(),
        (Some(Standing::Waiting), Some(number)) => format!("Waiting {number}"),
        (Some(Standing::Waiting), None) => "Waiting".into(),
        (Some(Standing::Paused), _) => "Paused".into(),
        (None, _) => String::new(),
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

fn backend(live: Live, id: TaskId) -> String {
    let backend = live.with_task(id, |task| task.backend.clone()).flatten();
    backend.map_or_else(|| "any".into(), |id| name_of(live, &id))
}

fn when(live: Live, id: TaskId) -> String {
    let standing = live.with_task(id, Standing::of).flatten();
    let words = match standing {
        Some(Standing::Running) => live.with_progress(id, |task| time_left(task, live.now())),
        Some(Standing::Sent | Standing::Waiting) => {
            let line = Line { position: None, queue_paused: live.with_all(|all| all.queue_paused) };
            // A row that has no estimate does not follow the clock.
            let known = live.with_progress(id, |task| task.starts_at.is_some()).unwrap_or_default();
            if known { live.with_progress(id, |task| starts_words(task, line, live.now())) } else { None }
        }
        _ => None,
    };
    words.filter(|words| !words.is_empty()).unwrap_or_else(|| NEVER.into())
}
