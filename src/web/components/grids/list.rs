//! All grids.

use leptos::{prelude::*, task::spawn_local};

use super::words::counts_words;
use crate::{
    api::fetch_grids,
    base_path::with_base,
    components::{
        boundary::use_boundary,
        reactive::{Erased, memo, part},
        words::ago,
    },
    live::use_live,
};
use proto::{grid::GridHead, link::LinkState};

/// The newest first.
#[component]
pub(super) fn GridList() -> impl IntoView {
    let live = use_live();
    let grids = RwSignal::new(None::<Vec<GridHead>>);
    let boundary = use_boundary();
    let connected = memo(move || live.connection().state == LinkState::Connected);
    // A task that ended or was added may be one of a grid.
    let unfinished = memo(move || live.with_all(|all| all.tasks.iter().filter(|task| !task.state.is_final()).count()));
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody read has no sources yet.
        connected.get();
        unfinished.get();
        spawn_local(async move {
            match fetch_grids().await {
                Ok(Ok(found)) => drop(grids.try_set(Some(found))),
                Ok(Err(why)) => boundary.fail(&why),
                // It is fetched again with the next connection.
                Err(_) => {}
            }
        });
    });
    let row = move |grid: GridHead| {
        let axes: Vec<String> = grid.axes.iter().map(|(label, values)| format!("{label} ({values})")).collect();
        let created = grid.created_at;
        let when = memo(move || ago(live.now().since(created)));
        let state = if grid.paused { " · paused" } else { "" };
        view! {
            <li class="grid-row">
                <a href=with_base(&format!("/grids/{}", grid.id))>{grid.name}</a>
                <p class="note">{axes.join(" × ")}{state}</p>
                <p class="note">{counts_words(grid.counts)}" · made "{when}</p>
            </li>
        }
        .erased()
    };
    view! {
        <section class="card" aria-labelledby="grids-title">
            <div class="grid-head">
                <h1 id="grids-title">"Grids"</h1>
                <a class="button" href=with_base("/grids/new")>"New grid"</a>
            </div>
            {part(move || match grids.get() {
                None => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
                Some(grids) if grids.is_empty() => view! {
                    <p class="note">"No grid yet. A grid makes one picture for every combination of some values: steps and guidance, prompts and checkpoints."</p>
                }.erased(),
                Some(grids) => view! { <ul class="grid-rows">{grids.into_iter().map(row).collect_view()}</ul> }.erased(),
            })}
        </section>
    }
    .erased()
}
