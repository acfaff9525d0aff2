//! The form with its two halves and its button.

use leptos::{ev, prelude::*};

use super::{
    drop::DropTarget,
    model::{FormKind, FormModel, use_form},
    text::TextFields,
    workflow::WorkflowChooser,
};
use crate::components::reactive::{Erased, When, listener, memo, part, truth};
use crate::{
    api::fetch_form_options,
    base_path::with_base,
    components::{page_state::use_page_state, problems::problem_list},
    live::{Live, use_live},
};
use proto::recipe::Field;

/// The form for a new task: from text, or from a workflow file.
#[component]
pub fn MakePanel(
    /// Help with prompts, whose code is loaded with the first focus.
    #[prop(into)]
    prompt_tools: Callback<FormKind, AnyView>,
    /// What speaks against the run, whose code is loaded with it.
    run_notes: ViewFn,
    /// The form of the chosen workflow, whose code is loaded when there is one.
    workflow_fields: ViewFn,
    /// The saved workflows, whose code is loaded with that half of the form.
    saved_workflows: ViewFn,
    /// The picture to start from, whose code is loaded with the first focus.
    start: ViewFn,
    /// Many runs, whose code is loaded when that part is opened.
    series: ViewFn,
) -> impl IntoView {
    // It stays when it is closed again: a series may be at work.
    let several = RwSignal::new(false);
    let (form, page, live) = (use_form(), use_page_state(), use_live());
    refresh_options(form, live);
    form.send_when_opened(live, page);
    let word = memo(move || if form.sending.get() { "Sending…" } else { "Generate" });
    view! {
        <section class="make card" aria-label="New task">
            <form
                method="post"
                action=with_base("/")
                enctype="multipart/form-data"
                novalidate
                on:submit=listener(move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    form.send(live, page);
                })
                on:keydown=listener(move |event: ev::KeyboardEvent| {
                    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                        event.prevent_default();
                        form.send(live, page);
                    }
                })
            >
                <fieldset class="tabs">
                    <legend class="visually-hidden">"What to make it from"</legend>
                    <KindTab kind=FormKind::Text label="From text" />
                    <KindTab kind=FormKind::Workflow label="Workflow" />
                </fieldset>
                <div class="make-fields">
                    <div class="make-text">{part(move || form.notice.get().map(|view| view.run()).into_any())}<TextFields prompt_tools start /></div>
                    <div class="make-workflow"><WorkflowChooser fields=workflow_fields saved=saved_workflows />{prompt_tools.run(FormKind::Workflow)}</div>
                    <a class="make-grid" href=with_base("/grids/new")>"Make a grid of this"</a>
                    <details class="more-fields with-script" on:toggle=listener(move |_: ev::Event| several.set(true))>
                        <summary>"More than one"</summary>
                        <When holds=several>{series.run()}</When>
                    </details>
                </div>
                <div class="make-foot">
                    {run_notes.run()}
                    <GeneralProblems />
                    <button type="submit" class="generate" aria-disabled=truth(move || form.sending.get())>
                        {word}
                        <kbd aria-hidden="true">"Ctrl ↵"</kbd>
                    </button>
                </div>
            </form>
            <DropTarget />
        </section>
    }
    .erased()
}

/// A radio button that looks like a tab. It works without JavaScript: the stylesheet shows the half that it selects.
#[component]
fn KindTab(kind: FormKind, label: &'static str) -> impl IntoView {
    let form = use_form();
    let is_it = memo(move || form.kind.get() == kind);
    view! {
        <input
            type="radio"
            name="kind"
            class="visually-hidden"
            id=kind.id()
            value=kind.value()
            checked=form.kind.get_untracked() == kind
            prop:checked=is_it
            on:change=listener(move |_| form.kind.set(kind))
        />
        <label for=kind.id()>{label}</label>
    }
    .erased()
}

/// The problems that belong to no field.
#[component]
pub(crate) fn GeneralProblems() -> impl IntoView {
    let form = use_form();
    let problems = memo(move || form.general_problems());
    view! {
        <div role="alert" class="form-alert">
            {part(move || problems.get().map(|(message, problems)| view! {
                <div class="form-problem" tabindex="0">
                    <p>{message}</p>
                    {problem_list("", &problems)}
                </div>
            }.erased()).into_any())}
        </div>
    }
    .erased()
}

/// Fetches the choices of the form, which come from the backends: when a backend becomes reachable, and repeatedly until they are known.
pub(crate) fn refresh_options(form: FormModel, live: Live) {
    const TRIES: u32 = 15;
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);
    let reachable = memo(move || live.backends().iter().filter(|backend| backend.state.is_reachable()).count());
    let tries = RwSignal::new(0);
    Effect::new(move |before: Option<usize>| {
        let now = reachable.get();
        let newly_reachable = before.is_some_and(|before| now > before);
        let missing = now > 0 && tries.get() < TRIES && !form.options.with_untracked(|options| options.known);
        if newly_reachable || missing {
            leptos::task::spawn_local(async move {
                if let Ok(options) = fetch_form_options().await {
                    form.value(Field::Checkpoint).update(|chosen| {
                        if chosen.is_empty() {
                            *chosen = options.checkpoints.first().cloned().unwrap_or_default();
                        }
                    });
                    let known = options.known;
                    form.options.set(options);
                    if !known {
                        set_timeout(move || tries.try_update(|tries| *tries += 1).unwrap_or_default(), PAUSE);
                    }
                }
            });
        }
        now
    });
}
