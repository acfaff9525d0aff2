//! The status bar under the header: the connection while it is lost, else the running task, else a note about the backends. It is always
//! there, so that nothing on the page moves. Its CSS class is `strip`.

use leptos::prelude::*;

use super::{
    bar::Bar,
    cancel::CancelButton,
    connection::words as connection_words,
    icon::{Glyph, Icon},
    notes::BackendNote,
    outbox::OutboxList,
    page_state::use_page_state,
    queue_position::{QueueCounts, queue_position, status_words, time_words},
    words::percent,
};
use crate::live::{
    Live,
    hooks::{use_connection_status, use_generation_progress},
    use_live,
};
use crate::{
    base_path::with_base,
    components::reactive::{Erased, When, listener, memo, part},
};
use proto::{ids::TaskId, link::LinkState, task::TaskState};

#[derive(Clone, Copy, Debug, PartialEq)]
enum StatusContent {
    Lost,
    Running(TaskId),
    Nothing,
}

/// The status line of the whole page.
#[component]
pub fn StatusBar() -> impl IntoView {
    let live = use_live();
    let lost = lost(live);
    let banner = banner_task();
    let content = memo(move || match banner() {
        _ if lost.get() => StatusContent::Lost,
        Some(task) => StatusContent::Running(task),
        None => StatusContent::Nothing,
    });
    let content_name = memo(move || match content.get() {
        StatusContent::Lost => "lost",
        StatusContent::Running(_) => "running",
        StatusContent::Nothing => "nothing",
    });
    view! {
        <div class="strip" role="region" aria-label="Status" data-says=content_name>
            {part(move || match content.get() {
                StatusContent::Lost => view! { <Lost /> }.erased(),
                StatusContent::Running(task) => view! { <Banner task /> }.erased(),
                StatusContent::Nothing => view! { <p class="strip-words"><BackendNote /></p> }.erased(),
            })}
            <OutboxList />
            <When holds=memo(move || live.is_outdated())>
                <a class="button" href="" rel="external" title="Darkroom was updated since this page was loaded">"Reload to update"</a>
            </When>
        </div>
    }
    .erased()
}

/// The task that the banner shows, unless it was dismissed.
pub(crate) fn banner_task() -> impl Fn() -> Option<TaskId> + Copy {
    let page = use_page_state();
    move || page.banner()
}

/// Whether live updates are lost for more than a moment. A new try does not end that, only a connection does.
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
    let words = memo(move || connection_words::lost(&live.connection(), live.now(), live.preferences().poll_every_ms));
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
                let label = memo(move || connection_words::reload_label(&live.connection()));
                view! { <a class="button" href="" rel="external">{label}</a> }.erased()
            } else {
                let label = memo(move || connection_words::retry_label(&status.state()));
                view! { <button type="button" class="button" on:click=listener(move |_| live.retry_now())>{label}</button> }.erased()
            })}
        </div>
    }
    .erased()
}

/// The running task: name, status, progress, and buttons to cancel it and to dismiss the banner.
#[component]
fn Banner(task: TaskId) -> impl IntoView {
    let (live, page) = (use_live(), use_page_state());
    let name = memo(move || live.with_task(task, |task| task.name.clone()));
    let progress = use_generation_progress(task);
    let share = progress.permille;
    let percent = memo(move || live.with_progress(task, percent).unwrap_or_default());
    let running = memo(move || progress.state.get() == Some(TaskState::Running));
    let step = memo(move || live.with_progress(task, |task| status_words(task, queue_position(live, task.id))).unwrap_or_default());
    let left = memo(move || {
        let left = live.with_progress(task, |task| time_words(task, queue_position(live, task.id), live.now())).unwrap_or_default();
        if left.is_empty() { left } else { format!(" · {left}") }
    });
    // Counts of all tasks, if there are others.
    let others =
        memo(move || Some(live.with_all(QueueCounts::of)).filter(|counts| counts.all() > 1).map(QueueCounts::text).unwrap_or_default());
    view! {
        <p class="strip-words">
            <a class="strip-name" href=with_base(&format!("/tasks/{task}"))>{name}</a>
            " "
            <span>{step}{left}</span>
        </p>
        <div class="strip-actions">
            <When holds=memo(move || others.with(|others| !others.is_empty()))>
                <a class="strip-others" href=with_base("/queue")>{others}</a>
            </When>
            <When holds=running>
                <span class="strip-percent">{percent}" %"</span>
            </When>
            <CancelButton task />
            <button type="button" class="button quiet with-script" on:click=listener(move |_| page.dismiss(task))>
                <span class="strip-dismiss">"Dismiss"</span>
                <Icon glyph=Glyph::Cross /></button>
        </div>
        <Bar share class="strip-bar" />
    }
    .erased()
}
