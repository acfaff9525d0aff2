//! Studio: the form on the left, the picture in the middle, the nodes on the right.
//!
//! The code that shows a task is not part of the main bundle. It is loaded when a person focuses something on the page, at the latest with
//! the first task. A document that was rendered with a task loads it before hydration.

use leptos::prelude::*;

use super::{
    from_picture::LazyStart,
    lazy::{LazyCode, if_loaded},
    prompts::LazyTools,
    series::series,
    task::{load_parts, parts},
    workflow::{open_file, open_linked, saved_workflows, workflow_fields},
};
use crate::{
    components::{
        Boundary, EmptyStage, Lookup, MakePanel, Takes, look_up, memo, part,
        reactive::{Erased, listener},
        use_form, use_page_state,
    },
    live::use_live,
};
use proto::link::LinkState;

/// The page where pictures are made.
#[component]
pub fn StudioPage() -> impl IntoView {
    let (live, page) = (use_live(), use_page_state());
    let shown = memo(move || page.shown());
    let lookup = look_up(move || shown.get());
    // The task in the middle, once it is available.
    let available = memo(move || shown.get().filter(|_| lookup.get() == Lookup::Found));
    let (code, tools, start) = (LazyCode::new(), LazyTools::new(), LazyStart::new());
    // Only while the server can be reached: when it is back, a failed load is repeated.
    let reachable = memo(move || matches!(live.connection().state, LinkState::Connected | LinkState::Polling { .. }));
    Effect::new(move |_| {
        if reachable.get() && available.get().is_some() {
            code.load(load_parts());
        }
    });
    open_linked();
    use_form().open.set_value(Some(open_file));
    let on_focus = move |_| {
        if reachable.get_untracked() {
            code.load(load_parts());
            tools.load();
            start.load();
        }
    };
    view! {
        <div class="studio" on:focusin=listener(on_focus)>
            <h1 class="visually-hidden">"Studio"</h1>
            <Boundary name="The form"><MakePanel prompt_tools=move |half| tools.view(half) run_notes=ViewFn::from(move || tools.notes()) workflow_fields=ViewFn::from(workflow_fields) saved_workflows=ViewFn::from(saved_workflows) start=ViewFn::from(move || start.view()) series=ViewFn::from(series) /></Boundary>
            <div class="studio-middle">
                {part(move || match available.get() {
                    Some(task) => if_loaded("task", parts()).map(|parts| (parts.stage)(task)).unwrap_or_else(|| view! {
                        <section class="stage" id="stage" aria-label="Picture" aria-busy="true">
                            <div class="stage-center">{code.placeholder()}</div>
                        </section>
                    }.erased()),
                    None => view! { <EmptyStage /> }.erased(),
                })}
                <Boundary name="The row of takes"><Takes /></Boundary>
            </div>
            <aside class="studio-nodes card" aria-label="Nodes of this task">
                {part(move || match available.get() {
                    Some(task) => if_loaded("task", parts()).map(|parts| (parts.nodes)(task)).unwrap_or_else(|| view! {
                        <div class="panel-title"><h2>"Nodes"</h2></div>
                        {code.placeholder()}
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
