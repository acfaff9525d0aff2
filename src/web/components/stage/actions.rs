//! The actions for a task that has ended.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};

use super::{
    output::{filename, url},
    storage::NotKeptNote,
};
use crate::components::reactive::{Erased, When, listener, memo, part};
use crate::{
    components::{
        form::use_form,
        icon::{Glyph, Icon},
        page_state::{PageState, use_page_state},
    },
    live::{Live, OrderOutcome, ToastKind, use_live},
};
use proto::{
    ids::TaskId,
    outbox::Order,
    task::{Output, OutputKind},
};

/// Run it again, use its settings, download or open its result, or go to its page.
#[component]
pub(crate) fn ResultActions(
    task: TaskId,
    /// The result on the stage, if a person chose one.
    chosen: RwSignal<Option<u32>>,
) -> impl IntoView {
    let live = use_live();
    let (form, page) = (use_form(), use_page_state());
    let path = use_location().pathname;
    let navigate = use_navigate();
    let recipe = memo(move || live.with_task(task, |task| task.recipe.clone()).flatten());
    let file = memo(move || {
        let chosen = chosen.get();
        let shown = live.with_task(task, |task| {
            let file = |output: &&Output| output.kind != OutputKind::Text;
            let chosen = chosen.and_then(|chosen| task.outputs.iter().find(|output| output.id == chosen).filter(file));
            let output = chosen.or_else(|| task.pictures().next()).or_else(|| task.outputs.iter().find(file))?;
            Some((url(task.id, output.id), filename(output)))
        });
        shown.flatten()
    });
    let here = format!("/tasks/{task}");
    let elsewhere = memo({
        let here = here.clone();
        move || path.get() != here
    });
    let reuse = StoredValue::new(move || {
        if let Some(recipe) = recipe.get_untracked() {
            form.fill(&recipe);
            if path.get_untracked() != "/" {
                navigate("/", leptos_router::NavigateOptions::default());
            }
        }
    });
    view! {
        <NotKeptNote task />
        <div class="actions">
            <button type="button" class="button with-script" on:click=listener(move |_| run_again(live, page, task, false))>
                <Icon glyph=Glyph::Again />
                "Again"
            </button>
            <button type="button" class="button with-script" on:click=listener(move |_| run_again(live, page, task, true))>
                <Icon glyph=Glyph::Dice />
                "Again, new seed"
            </button>
            <When holds=memo(move || recipe.with(Option::is_some))>
                <button type="button" class="button with-script" title="Use these settings" on:click=listener(move |_| reuse.with_value(|reuse| reuse()))>
                    <Icon glyph=Glyph::Sliders />
                    <span>"Use these settings"</span>
                </button>
            </When>
            {part(move || file.get().map(|(url, name)| view! {
                <a class="button" href=url.clone() download=name title="Download"><Icon glyph=Glyph::Download /><span>"Download"</span></a>
                <a class="button" href=url target="_blank" title="Open full size"><Icon glyph=Glyph::Expand /><span>"Open full size"</span></a>
            }.erased()).into_any())}
            <When holds=elsewhere>
                <a class="button" href=here.clone() title="Task page"><Icon glyph=Glyph::Page /><span>"Task page"</span></a>
            </When>
        </div>
    }
    .erased()
}

/// Runs a finished task again, as a new one, and shows the active task.
fn run_again(live: Live, page: PageState, task: TaskId, new_seed: bool) {
    let answered = move |outcome| match outcome {
        OrderOutcome::Done(Some(task)) => {
            page.follow_active();
            live.toast(ToastKind::Waiting, "It runs again", "As a new task.", Some(task));
        }
        OrderOutcome::Refused(refusal) => live.toast(ToastKind::Bad, "Not run again", refusal.message, Some(task)),
        OrderOutcome::Done(None) | OrderOutcome::Deferred | OrderOutcome::Withdrawn => {}
    };
    live.order(Order::Rerun { task, new_seed }, Box::new(answered));
}
