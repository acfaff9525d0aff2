//! Who carries the tasks out.

use leptos::prelude::*;

use super::super::page_data::PageData;
use super::words::presence_look;
use crate::components::{
    reactive::{Erased, memo, part},
    words::{ago, count},
};
use proto::production::views::{ExternalPage, WorkerLine};

pub(super) fn workers_card(data: PageData<ExternalPage>) -> AnyView {
    let workers = memo(move || data.with(|page| page.workers.clone()));
    let row = move |WorkerLine { worker, presence }: WorkerLine| {
        let (tone, words) = presence_look(presence);
        let last = worker.last_seen;
        let since = memo(move || ago(data.live.now().since(last)));
        let load = worker.active.map(|active| format!("{} at work", count(usize::try_from(active).unwrap_or(usize::MAX), "task", "tasks")));
        view! {
            <li data-tone=tone>
                <span class="dot" aria-hidden="true"></span>
                <span class="mono">{worker.hostname}</span>
                <span class="note">{words}{load.map(|load| format!(" · {load}"))}" · heard "{since}</span>
            </li>
        }
        .erased()
    };
    part(move || match workers.get() {
        workers if workers.is_empty() => ().into_any(),
        workers => view! {
            <section class="card" aria-labelledby="workers-title">
                <h2 id="workers-title">"Workers"</h2>
                <ul class="workers">{workers.into_iter().map(row).collect_view()}</ul>
            </section>
        }
        .erased(),
    })
}
