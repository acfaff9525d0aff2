//! The line under the header. It is always there, so that nothing on the page moves: the connection when it is lost, else the task that
//! runs, else what there is to know.

use leptos::prelude::*;

use super::{
    bar::Bar,
    cancel::CancelButton,
    connection::words,
    icon::{Glyph, Icon},
    notes::BackendNote,
    outbox::OutboxList,
    standing::{Counts, line, situation, time_words},
    visit::use_visit,
    words as say,
};
use crate::components::reactive::{Erased, When, listener, memo, part};
use crate::live::{
    Live,
    hooks::{use_connection_status, use_generation_progress},
    use_live,
};
use proto::{ids::TaskId, link::LinkState, task::TaskState};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Lost,
    Running(TaskId),
    Nothing,
}

/// The status line of the whole page.
#[component]
pub fn StatusStrip() -> impl IntoView {
    let live = use_live();
    let lost = lost(live);
    let banner = banner_task();
    let says = memo(move || match banner() {
        _ if lost.get() => Says::Lost,
        Some(task) => Says::Running(task),
        None => Says::Nothing,
    });
    let said = memo(move || match says.get() {
        Says::Lost => "lost",
        Says::Running(_) => "running",
        Says::Nothing => "nothing",
    });
    view! {
        <div class="strip" role="region" aria-label="Status" data-says=said>
            {part(move || match says.get() {
                Says::Lost => view! { <Lost /> }.erased(),
                Says::Running(task) => view! { <Banner task /> }.erased(),
                Says::Nothing => view! { <p class="strip-words"><BackendNote /></p> }.erased(),
            })}
            <OutboxList />
            <When holds=memo(move || live.is_outdated())>
                <a class="button" href="" rel="external" title="Darkroom was updated since this page was loaded">"Reload to update"</a>
            </When>
        </div>
    }
    .erased()
}

/// The task that the banner tells about, if it is not put away.
pub(crate) fn banner_task() -> impl Fn() -> Option<TaskId> + Copy {
    let visit = use_visit();
    move || visit.banner()
}

/// The page was live, or tried to be, and is not for more than a moment. Trying again does not end it: only being live does.
pub(crate) fn lost(live: Live) -> Memo<bool> {
    const MOMENT_MS: u64 = 1000;
    Memo::new(move |was: Option<&bool>| {
        let connection = live.connection();
        match connection.state {
            LinkState::Connected => false,
            LinkState::Connecting => was.copied().unwrap_or(false),
            LinkState::Reconnecting { attempt, .. } => {
                connection.offline || attempt > 1 || was.copied().unwrap_or(false) || live.now().since(connection.since) >= MOMENT_MS
            }
            LinkState::Polling { .. } | LinkState::Suspended { .. } | LinkState::Disconnected | LinkState::Failed { .. } => true,
        }
    })
}

#[component]
fn Lost() -> impl IntoView {
    let live = use_live();
    let words = memo(move || words::lost(&live.connection(), live.now(), live.preferences().poll_every_ms));
    let status = use_connection_status();
    let failed = memo(move || matches!(status.state(), LinkState::Failed { .. }));
    view! {
        <p class="strip-words">
            <strong>{memo(move || words.get().0)}</strong>
            " "
            <span>{memo(move || words.get().1)}</span>
        </p>
        <div class="strip-actions">
            {part(move || if failed.get() {
                let label = memo(move || words::reload_label(&live.connection()));
                view! { <a class="button" href="" rel="external">{label}</a> }.erased()
            } else {
                let label = memo(move || words::retry_label(&status.state()));
                view! { <button type="button" class="button" on:click=listener(move |_| live.retry_now())>{label}</button> }.erased()
            })}
        </div>
    }
    .erased()
}

/// The task that runs: its name, what it does, how far it is, and a way to stop it.
#[component]
fn Banner(task: TaskId) -> impl IntoView {
    let (live, visit) = (use_live(), use_visit());
    let name = memo(move || live.with_task(task, |task| task.name.clone()));
    let progress = use_generation_progress(task);
    let share = progress.permille;
    let percent = memo(move || live.with_progress(task, say::percent).unwrap_or_default());
    let running = memo(move || progress.state.get() == Some(TaskState::Running));
    let step = memo(move || live.with_progress(task, |task| situation(task, line(live, task.id))).unwrap_or_default());
    let left = memo(move || {
        let left = live.with_progress(task, |task| time_words(task, line(live, task.id), live.now())).unwrap_or_default();
        if left.is_empty() { left } else { format!(" · {left}") }
    });
    // What is beside it, when it is not alone.
    let others = memo(move || Some(live.with_all(Counts::of)).filter(|counts| counts.all() > 1).map(Counts::words).unwrap_or_default());
    view! {
        <p class="strip-words">
            <a class="strip-name" href=format!("/tasks/{task}")>{name}</a>
            " "
            <span>{step}{left}</span>
        </p>
        <div class="strip-actions">
            <When holds=memo(move || others.with(|others| !others.is_empty()))>
                <a class="strip-others" href="/queue">{others}</a>
            </When>
            <When holds=running>
                <span class="strip-percent">{percent}" %"</span>
            </When>
            <CancelButton task />
            <button type="button" class="button quiet with-script" on:click=listener(move |_| visit.dismiss(task))>
                <span class="strip-dismiss">"Dismiss"</span>
                <Icon glyph=Glyph::Cross /></button>
        </div>
        <Bar share class="strip-bar" />
    }
    .erased()
}
