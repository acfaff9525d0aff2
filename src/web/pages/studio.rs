//! Studio: what to make on the left, the picture developing in the middle, every node on the right.
//!
//! Looking at a task needs code that a first visit does without. It is loaded as soon as somebody turns to the page, so that it is there when
//! the first task is; with a page that shows a task it is loaded first.

use leptos::prelude::*;

use super::{
    lazy::{Code, now},
    task::{load_parts, parts},
};
use crate::{
    components::{
        Boundary, EmptyStage, Lookup, MakePanel, Takes, look_up, memo, part,
        reactive::{Erased, listener},
        use_visit,
    },
    live::use_live,
};
use proto::link::LinkState;

/// The page where pictures are made.
#[component]
pub fn StudioPage() -> impl IntoView {
    let (live, visit) = (use_live(), use_visit());
    let shown = memo(move || visit.shown());
    let lookup = look_up(move || shown.get());
    // The task in the middle, as soon as it is here.
    let here = memo(move || shown.get().filter(|_| lookup.get() == Lookup::Here));
    let code = Code::new();
    // Where there is no connection it would be tried for nothing; when it is back, what failed is tried again.
    let reachable = memo(move || matches!(live.connection().state, LinkState::Connected | LinkState::Polling { .. }));
    Effect::new(move |_| {
        if reachable.get() && here.get().is_some() {
            code.load(load_parts());
        }
    });
    let turned_to = move |_| {
        if reachable.get_untracked() {
            code.load(load_parts());
        }
    };
    view! {
        <div class="studio" on:focusin=listener(turned_to)>
            <h1 class="visually-hidden">"Studio"</h1>
            <Boundary name="The form"><MakePanel /></Boundary>
            <div class="studio-middle">
                {part(move || match here.get() {
                    Some(task) => now("task", parts()).map(|parts| (parts.stage)(task)).unwrap_or_else(|| view! {
                        <section class="stage" id="stage" aria-label="Picture" aria-busy="true">
                            <div class="stage-center">{code.awaited()}</div>
                        </section>
                    }.erased()),
                    None => view! { <EmptyStage /> }.erased(),
                })}
                <Boundary name="The row of takes"><Takes /></Boundary>
            </div>
            <aside class="studio-nodes card" aria-label="Nodes of this task">
                {part(move || match here.get() {
                    Some(task) => now("task", parts()).map(|parts| (parts.nodes)(task)).unwrap_or_else(|| view! {
                        <div class="panel-title"><h2>"Nodes"</h2></div>
                        {code.awaited()}
                    }.erased()),
                    None => view! {
                        <div class="panel-title"><h2>"Nodes"</h2></div>
                        <p class="note">"Each step of the workflow is listed here while it runs, with the time it takes."</p>
                    }.erased(),
                })}
            </aside>
        </div>
    }
    .erased()
}
