//! Saving the workflow with what was changed in its form.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::save_workflow,
    base_path::with_base,
    components::{
        form::{FormModel, use_form},
        memo, part,
        reactive::{Erased, listener, truth},
    },
};
use proto::{
    ids::{NodeId, WorkflowId},
    submit::{FormRun, WorkflowToSave},
};

/// The name to save under, and how the last saving went. It outlives the fields, which are rendered again when their form changes.
#[derive(Clone, Copy)]
pub(super) struct Saving {
    name: RwSignal<String>,
    state: RwSignal<SaveState>,
}

impl Saving {
    pub(super) fn new(model: FormModel) -> Self {
        let saving = Self { name: RwSignal::new(String::new()), state: RwSignal::new(SaveState::Idle) };
        let json = memo(move || model.file.with(|file| file.as_ref().map(|file| file.json().to_owned())));
        // Another file.
        Effect::new(move |_| {
            json.with(|_| ());
            let name = model.file.with_untracked(|file| file.as_ref().map(|file| file.name.clone()).unwrap_or_default());
            saving.name.set(name.trim_end_matches(".json").to_owned());
            saving.state.set(SaveState::Idle);
        });
        saving
    }
}

#[derive(Clone, PartialEq)]
enum SaveState {
    Idle,
    Saving,
    Saved(WorkflowId, u32),
    Failed(String),
}

/// The name, and the button that saves. A saved workflow gets another version, or becomes another one.
#[component]
pub(super) fn SavePanel(saving: Saving) -> impl IntoView {
    let model = use_form();
    let Saving { name, state } = saving;
    let is_saved = memo(move || model.file.with(|file| file.as_ref().is_some_and(|file| file.saved.is_some())));
    let is_saving = memo(move || state.get() == SaveState::Saving);
    let save = move |as_new: bool| {
        if is_saving.get_untracked() {
            return;
        }
        state.set(SaveState::Saving);
        send(model, name.get_untracked(), as_new, state);
    };
    view! {
        <details class="more-fields">
            <summary>"Save this workflow"</summary>
            <div class="field save-workflow">
                <label for="workflow-name">"Name"</label>
                <input
                    type="text"
                    id="workflow-name"
                    maxlength="80"
                    autocomplete="off"
                    prop:value=name
                    on:input=listener(move |event| name.set(event_target_value(&event)))
                />
                <p class="note">"With the values and choices that it has here."</p>
                <div class="actions">
                    {part(move || if is_saved.get() {
                        view! {
                            <button type="button" class="button" aria-disabled=truth(move || is_saving.get()) on:click=listener(move |_| save(false))>
                                "Save as new version"
                            </button>
                            <button type="button" class="button" aria-disabled=truth(move || is_saving.get()) on:click=listener(move |_| save(true))>
                                "Save as another"
                            </button>
                        }.erased()
                    } else {
                        view! {
                            <button type="button" class="button" aria-disabled=truth(move || is_saving.get()) on:click=listener(move |_| save(true))>
                                "Save"
                            </button>
                        }.erased()
                    })}
                </div>
                {part(move || match state.get() {
                    SaveState::Idle => ().into_any(),
                    SaveState::Saving => view! { <p class="note" role="status">"Saving…"</p> }.erased(),
                    SaveState::Failed(why) => view! { <p class="field-problem" role="alert">{why}</p> }.erased(),
                    SaveState::Saved(id, version) => view! {
                        <p class="note" role="status">
                            {format!("Saved, version {version}. ")}
                            <a href=with_base(&format!("/?workflow={id}")) rel="external">"Link to this workflow"</a>
                        </p>
                    }.erased(),
                })}
            </div>
        </details>
    }
    .erased()
}

/// Afterwards the form goes on as it is, and belongs to the saved workflow.
fn send(model: FormModel, name: String, as_new: bool, state: RwSignal<SaveState>) {
    let Some(file) = model.file.get_untracked() else { return };
    let nodes = |nodes: Vec<String>| nodes.into_iter().map(NodeId).collect();
    let run = FormRun {
        name,
        json: file.json().to_owned(),
        inputs: model.inputs.get_untracked(),
        off: nodes(model.off.get_untracked()),
        unwanted: nodes(model.unwanted.get_untracked()),
        loras: model.loras.get_untracked(),
        arrangement: model.arrangement.get_untracked(),
    };
    let replaces = file.saved.filter(|_| !as_new);
    let workflow = WorkflowToSave { run, seeds: model.seeds.get_untracked(), replaces };
    spawn_local(async move {
        let next = match save_workflow(workflow).await {
            Ok(Ok(saved)) => {
                model.file.update(|file| {
                    if let Some(file) = file {
                        file.saved = Some((saved.id, saved.revision));
                        file.name = saved.name;
                    }
                });
                SaveState::Saved(saved.id, saved.version)
            }
            Ok(Err(why)) => SaveState::Failed(why),
            Err(_) => SaveState::Failed("Darkroom cannot be reached. Save it again when it can be.".into()),
        };
        let _ = state.try_set(next);
    });
}
