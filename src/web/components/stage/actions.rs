//! The actions for a task that has ended.

use leptos::prelude::*;

use super::{
    output::{filename, url},
    storage::{NotKeptNote, OutsideNote},
    upscale_slot::{UpscaleOpen, UpscaleSlot, UpscaleSource},
};
use crate::components::reactive::{When, listener, memo, part, truth};
use crate::{
    base_path::{use_navigate, use_path, with_base, without_base},
    components::{
        dom,
        form::{FormKind, use_form},
        icon::{Glyph, Icon},
        page_state::{PageState, use_page_state},
    },
    live::{Live, OrderOutcome, ToastKind, use_live},
};
use proto::{
    edit::StartLine,
    ids::TaskId,
    outbox::Order,
    recipe::Field,
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
    let path = use_path();
    let navigate = use_navigate();
    let recipe = memo(move || live.with_task(task, |task| task.recipe.clone()).flatten());
    let file = memo(move || {
        let chosen = chosen.get();
        let shown = live.with_task(task, |task| {
            let file = |output: &&Output| output.kind != OutputKind::Text;
            let chosen = chosen.and_then(|chosen| task.outputs.iter().find(|output| output.id == chosen).filter(file));
            let output = chosen.or_else(|| task.pictures().next()).or_else(|| task.outputs.iter().find(file))?;
            Some((url(task.id, output.id), filename(output), output.id, output.kind == OutputKind::Image))
        });
        shown.flatten()
    });
    let here = with_base(&format!("/tasks/{task}"));
    let elsewhere = memo({
        let here = here.clone();
        move || path.with(|path| without_base(&here) != path)
    });
    let upscale = use_context::<UpscaleSlot>();
    let upscaling = RwSignal::new(false);
    provide_context(UpscaleOpen(upscaling));
    let picture = memo(move || file.with(|file| file.as_ref().filter(|(.., is_picture)| *is_picture).map(|(_, _, output, _)| *output)));
    let go_to = StoredValue::new(move |to: &str| {
        if path.get_untracked() != to {
            navigate(to, leptos_router::NavigateOptions::default());
        }
    });
    let reuse = move || {
        let Some(recipe) = recipe.get_untracked() else { return };
        let start = untrack(|| live.with_task(task, |task| task.start.clone())).flatten().unwrap_or_default();
        // These have a page of their own, on which their mask can be painted on.
        if matches!(start.edit(), "inpaint" | "outpaint") {
            return go_to.with_value(|go_to| go_to(&format!("/inpaint?settings={task}")));
        }
        form.fill(&recipe);
        if let Some(strength) = start.picture().and_then(|start| start.strength) {
            form.strength.set(strength.to_string());
        }
        form.start.set(start.as_str().to_owned());
        go_to.with_value(|go_to| go_to("/"));
    };
    let start_from = move || {
        if let Some(output) = picture.get_untracked() {
            form.kind.set(FormKind::Text);
            form.start.set(StartLine::of_result(task, output).as_str().to_owned());
            go_to.with_value(|go_to| go_to("/"));
            dom::focus(Field::Prompt.name());
        }
    };
    view! {
        <NotKeptNote task />
        <OutsideNote task chosen />
        <div class="actions">
            <button
                type="button"
                class="button with-script"
                title="The same inputs: this gives the same result"
                on:click=listener(move |_| run_again(live, page, task, false))
            >
                <Icon glyph=Glyph::Again />
                "Again"
            </button>
            <button type="button" class="button with-script" on:click=listener(move |_| run_again(live, page, task, true))>
                <Icon glyph=Glyph::Dice />
                "Again, new seed"
            </button>
            <When holds=memo(move || recipe.with(Option::is_some))>
                <button type="button" class="button with-script" title="Use these settings" on:click=listener(move |_| reuse())>
                    <Icon glyph=Glyph::Sliders />
                    <span>"Use these settings"</span>
                </button>
            </When>
            <When holds=memo(move || picture.get().is_some())>
                <a
                    class="button with-script"
                    href=memo(move || with_base(&format!("/inpaint?task={task}&output={}", picture.get().unwrap_or_default())))
                    title="Edit this picture"
                >
                    <Icon glyph=Glyph::Picture />
                    <span>"Edit this picture"</span>
                </a>
                <button type="button" class="button with-script" title="Use as the start" on:click=listener(move |_| start_from())>
                    <Icon glyph=Glyph::Play />
                    <span>"Use as the start"</span>
                </button>
                <When holds=upscale.is_some()>
                    <button
                        type="button"
                        class="button with-script"
                        title="Upscale"
                        aria-expanded=truth(move || upscaling.get())
                        on:click=listener(move |_| upscaling.update(|open| *open = !*open))
                    >
                        <Icon glyph=Glyph::Up />
                        <span>"Upscale"</span>
                    </button>
                </When>
            </When>
            {part(move || file.get().map(|(url, name, ..)| view! {
                <a class="button" href=url.clone() download=name title="Download"><Icon glyph=Glyph::Download /><span>"Download"</span></a>
                <a class="button" href=url target="_blank" title="Open full size"><Icon glyph=Glyph::Expand /><span>"Open full size"</span></a>
            }.into_any()).into_any())}
            <When holds=elsewhere>
                <a class="button" href=here.clone() title="Task page"><Icon glyph=Glyph::Page /><span>"Task page"</span></a>
            </When>
        </div>
        {part(move || match (upscale, picture.get()) {
            (Some(UpscaleSlot(draw)), Some(output)) if upscaling.get() => draw(UpscaleSource::Result(task, output)),
            _ => ().into_any(),
        })}
    }
    .into_any()
}

/// Runs a finished task again, as a new one, and shows the active task.
fn run_again(live: Live, page: PageState, task: TaskId, new_seed: bool) {
    let answered = move |outcome| match outcome {
        OrderOutcome::Done(Some(task)) => {
            page.follow_active();
            let what = if new_seed { "As a new task." } else { "With the same inputs: this gives the same result." };
            live.toast(ToastKind::Waiting, "It runs again", what, Some(task));
        }
        OrderOutcome::Refused(refusal) => live.toast(ToastKind::Bad, "Not run again", refusal.message, Some(task)),
        OrderOutcome::Done(None) | OrderOutcome::Deferred | OrderOutcome::Withdrawn => {}
    };
    live.order(Order::Rerun { task, new_seed }, Box::new(answered));
}
