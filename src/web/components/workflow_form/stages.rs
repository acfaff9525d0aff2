//! Which parts of the workflow run, which of its results are wanted, what that changes, and what is missing for it.

use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    api::fetch_part_changes,
    components::{
        form::{FormModel, use_form},
        memo, part,
        reactive::{Erased, listener},
    },
};
use proto::{
    form::{FormOutput, FormStage, MissingClass, PartChange, PartChanges},
    ids::NodeId,
    submit::FormRun,
};

/// What the parts that are off and the results that are not wanted change: asked for when one is switched.
#[derive(Clone, Copy)]
pub(super) struct PartNotes(RwSignal<Result<PartChanges, String>>);

impl PartNotes {
    pub(super) fn of(model: FormModel) -> Self {
        let notes = Self(RwSignal::new(Ok(PartChanges::default())));
        Effect::new(move |_| {
            let (off, unwanted) = (model.off.get(), model.unwanted.get());
            let json = model.file.with(|file| file.as_ref().map(|file| file.json().to_owned()).unwrap_or_default());
            if json.is_empty() || off.is_empty() && unwanted.is_empty() {
                return notes.0.set(Ok(PartChanges::default()));
            }
            let asked = (off.clone(), unwanted.clone());
            let nodes = |nodes: Vec<String>| nodes.into_iter().map(NodeId).collect();
            let loras = model.loras.get_untracked();
            let run = FormRun { json, off: nodes(off), unwanted: nodes(unwanted), loras, ..FormRun::default() };
            spawn_local(async move {
                let answer = match fetch_part_changes(run).await {
                    Ok(answer) => answer,
                    Err(_) => Err("What this changes is shown when Darkroom can be reached.".to_owned()),
                };
                if (model.off.get_untracked(), model.unwanted.get_untracked()) == asked {
                    let _ = notes.0.try_set(answer);
                }
            });
        });
        notes
    }

    /// Of one part that is off.
    fn of_stage(self, node: &str) -> PartChange {
        self.0.with(|notes| {
            let stages = notes.as_ref().map(|changes| changes.stages.as_slice()).unwrap_or_default();
            stages.iter().find(|(stage, _)| stage.as_str() == node).map(|(_, change)| change.clone()).unwrap_or_default()
        })
    }

    fn of_outputs(self) -> PartChange {
        self.0.with(|notes| notes.as_ref().map(|changes| changes.outputs.clone()).unwrap_or_default())
    }

    fn problem(self) -> Option<String> {
        self.0.with(|notes| notes.as_ref().err().cloned())
    }
}

/// Parts that can be switched off: what reads them then reads what they read.
#[component]
pub(super) fn Stages(stages: Vec<FormStage>, changes: PartNotes) -> impl IntoView {
    let off = use_form().off;
    let of_stage = |FormStage { node, title, class, .. }: FormStage| {
        let change = {
            let node = node.clone();
            memo(move || changes.of_stage(node.as_str()))
        };
        let shown = part(move || change_list(change.get()));
        view! {
            {node_box(node, title, class, off)}
            {shown}
        }
        .into_any()
    };
    let boxes = stages.into_iter().map(of_stage).collect::<Vec<_>>();
    // The part that was switched off last.
    let said = memo(move || off.with(|off| off.last().map(|node| words(&changes.of_stage(node))).unwrap_or_default()));
    (!boxes.is_empty()).then(|| {
        let problem = part(move || changes.problem().map(|why| view! { <p class="note">{why}</p> }.erased()).into_any());
        box_group("Parts of the workflow", "Without a part, its input goes on to what follows.", boxes, said, problem)
    })
}

/// Which results are wanted, if there are several.
#[component]
pub(super) fn Outputs(outputs: Vec<FormOutput>, changes: PartNotes) -> impl IntoView {
    let unwanted = use_form().unwanted;
    let boxes = outputs.into_iter().map(|FormOutput { node, title, class, .. }| node_box(node, title, class, unwanted)).collect::<Vec<_>>();
    let change = memo(move || changes.of_outputs());
    let said = memo(move || change.with(words));
    (boxes.len() > 1).then(|| {
        let shown = part(move || change_list(change.get()));
        box_group("Results", "Only what these need is run.", boxes, said, shown)
    })
}

fn box_group(title: &'static str, note: &'static str, boxes: Vec<AnyView>, said: Memo<String>, below: AnyView) -> AnyView {
    view! {
        <details class="more-fields">
            <summary>{title}</summary>
            <fieldset class="boxes">
                <legend class="note">{note}</legend>
                {boxes}
                {below}
            </fieldset>
            <p class="visually-hidden" role="status">{said}</p>
        </details>
    }
    .erased()
}

fn words(change: &PartChange) -> String {
    change.sentences.iter().chain(&change.refused).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn change_list(PartChange { sentences, more, refused }: PartChange) -> AnyView {
    let lines = sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }.erased()).collect::<Vec<_>>();
    let list = (!lines.is_empty()).then(|| {
        view! {
            <ul class="part-changes">
                {lines}
                {(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> }.erased())}
            </ul>
        }
        .erased()
    });
    let refused = refused.map(|why| view! { <p class="field-problem">{why}</p> }.erased());
    view! {
        {list}
        {refused}
    }
    .into_any()
}

/// Checked unless the node is in the list.
fn node_box(node: NodeId, title: String, class: String, unchecked: RwSignal<Vec<String>>) -> AnyView {
    let id = node.0;
    let is_checked = {
        let id = id.clone();
        memo(move || !unchecked.with(|unchecked| unchecked.contains(&id)))
    };
    let toggle = move |event: ev::Event| {
        let checked = event_target_checked(&event);
        unchecked.update(|unchecked| {
            unchecked.retain(|node| *node != id);
            if !checked {
                unchecked.push(id.clone());
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=is_checked on:change=listener(toggle) />
            {title.clone()}
            {(title != class).then(|| view! { <span class="note">{class}</span> }.erased())}
        </label>
    }
    .erased()
}

/// Node classes that no ComfyUI has, or not every one, and notes on the file.
pub(super) fn missing(missing: &[MissingClass], notes: Vec<String>) -> AnyView {
    if missing.is_empty() && notes.is_empty() {
        return ().into_any();
    }
    let words = |missing: &MissingClass| {
        let (class, on, titles) = (&missing.class, &missing.on, missing.titles.join(", "));
        let text = match (on.have, &missing.module) {
            (0, _) => format!("No ComfyUI has the node class {class} ({titles}). Install the node pack it comes from."),
            (have, Some(module)) => format!("{class} ({titles}) is on {have} of {} ComfyUIs, from {module}: it runs there.", on.of),
            (have, None) => format!("{class} ({titles}) is on {have} of {} ComfyUIs: it runs there.", on.of),
        };
        view! { <li class:bad=on.have == 0>{text}</li> }.erased()
    };
    view! {
        <ul class="form-notes">
            {missing.iter().map(words).collect_view()}
            {notes.into_iter().map(|note| view! { <li>{note}</li> }.erased()).collect_view()}
        </ul>
    }
    .erased()
}
