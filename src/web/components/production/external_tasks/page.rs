//! `/external`: the list, filtered by its address.

use super::super::page_data::{NewsStream, PageData, frame};
use super::{
    redis::redis_card,
    revoke::{Asked, revoke_dialog},
    row::task_row,
    workers::workers_card,
};
use crate::{
    api::fetch_external,
    base_path::{use_navigate, with_base},
    components::{
        reactive::{Erased, When, listener, memo, part, rows},
        words::count,
    },
};
use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_location};
use proto::production::views::{ExternalGroup, ExternalPage, ExternalQuery};

const EVENTS: &[&str] = &["external-task.changed", "external-tasks.reset", "external-programs.changed"];

pub(in crate::components::production) fn external_view() -> AnyView {
    let location = use_location();
    let query = memo(move || {
        location.query.with(|query| ExternalQuery {
            group: query.get("state").and_then(|word| word.parse().ok()).unwrap_or_default(),
            worker: query.get("worker").filter(|worker| !worker.is_empty()),
            before: query.get("before").and_then(|before| before.parse().ok()),
        })
    });
    let news = NewsStream::Path("/api/external-tasks/events", EVENTS);
    let data = PageData::<ExternalPage>::follow(news, move || Box::pin(fetch_external(query.get_untracked())));
    Effect::new(move |before: Option<ExternalQuery>| {
        let now = query.get();
        if before.is_some_and(|before| before != now) {
            data.refresh();
        }
        now
    });
    let about = move || {
        let shown = data.with(|page| page.tasks.len());
        format!("What Celery and other programs do: {}", count(shown, "task", "tasks"))
    };
    frame("External tasks", about, None, data.stage, move || body(data, query))
}

fn body(data: PageData<ExternalPage>, query: Memo<ExternalQuery>) -> AnyView {
    let asked = RwSignal::new(Asked::None);
    let keys = memo(move || data.with(|page| page.tasks.iter().map(|line| u128::from(line.number)).collect::<Vec<_>>()));
    let none = memo(move || keys.with(Vec::is_empty));
    let next = memo(move || data.with(|page| page.next));
    let is_filtered = memo(move || query.with(|query| *query != ExternalQuery::default()));
    let row = move |key: u128| task_row(data, u64::try_from(key).unwrap_or_default(), asked);
    view! {
        {redis_card(data)}
        {workers_card(data)}
        {filters(data, query)}
        <When holds=none>
            <section class="card view-empty">
                {part(move || if is_filtered.get() {
                    view! { <h2>"No task is like this"</h2><a class="button" href=with_base("/external")>"Show all"</a> }.into_any()
                } else {
                    view! {
                        <h2>"No other program told of a task yet"</h2>
                        <p class="note">"They appear here by themselves, with their progress, as soon as one does."</p>
                    }.into_any()
                })}
            </section>
        </When>
        <section aria-labelledby="external-list-title">
            <h2 class="visually-hidden" id="external-list-title">"Tasks"</h2>
            <ul class="external-tasks">{rows(keys, row)}</ul>
        </section>
        <nav class="view-parts" aria-label="Parts of the list">
            {part(move || if query.with(|query| query.before.is_some()) {
                view! { <a class="button" href=with_base(&ExternalQuery { before: None, ..query.get() }.href())>"The newest"</a> }.erased()
            } else {
                ().into_any()
            })}
            {part(move || match next.get() {
                Some(before) => view! { <a class="button" href=with_base(&ExternalQuery { before: Some(before), ..query.get() }.href())>"Older"</a> }.erased(),
                None => ().into_any(),
            })}
        </nav>
        {revoke_dialog(data, asked)}
    }
    .into_any()
}

/// A form, so that it works without JavaScript, too.
fn filters(data: PageData<ExternalPage>, query: Memo<ExternalQuery>) -> AnyView {
    let navigate = StoredValue::new(use_navigate());
    let go = move |query: ExternalQuery| {
        let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&query.href(), options));
    };
    let workers = memo(move || data.with(|page| page.workers.iter().map(|line| line.worker.hostname.clone()).collect::<Vec<_>>()));
    let group = move |event: ev::Event| {
        let group = event_target_value(&event).parse().unwrap_or_default();
        go(ExternalQuery { group, before: None, ..query.get_untracked() });
    };
    let worker = move |event: ev::Event| {
        let worker = Some(event_target_value(&event)).filter(|worker| !worker.is_empty());
        go(ExternalQuery { worker, before: None, ..query.get_untracked() });
    };
    let group_option = move |group: ExternalGroup| {
        let word: &'static str = group.into();
        let is_it = memo(move || query.with(|query| query.group == group));
        view! { <option value=word selected=is_it.get_untracked() prop:selected=is_it>{group.words()}</option> }.erased()
    };
    let worker_option = move |name: String| {
        let (own, value) = (name.clone(), name.clone());
        let is_it = memo(move || query.with(|query| query.worker.as_ref() == Some(&own)));
        view! { <option value=value selected=is_it.get_untracked() prop:selected=is_it>{name}</option> }.erased()
    };
    view! {
        <form class="view-filters" method="get" action=with_base("/external")>
            <div class="field">
                <label for="external-state">"State"</label>
                <select id="external-state" name="state" on:change=listener(group)>
                    {ExternalGroup::ALL.into_iter().map(group_option).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="external-worker">"Worker"</label>
                <select id="external-worker" name="worker" on:change=listener(worker)>
                    <option value="">"Any"</option>
                    {part(move || workers.get().into_iter().map(worker_option).collect_view().into_any())}
                </select>
            </div>
            <button type="submit" class="button without-script">"Show"</button>
        </form>
    }
    .erased()
}
