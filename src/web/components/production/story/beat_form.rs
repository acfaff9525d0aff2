//! The form of a beat.

use leptos::prelude::*;

use super::{
    super::page_data::{object_form, text_field},
    beat_draft::BeatDraft,
    curve::signed,
    words::{scene_choices, step_choices},
};
use crate::components::reactive::{Erased, listener, memo, part};
use proto::production::ProjectId;

pub(super) fn beat_form(project: ProjectId, draft: BeatDraft) -> AnyView {
    let BeatDraft { data, editing, .. } = draft;
    let title = memo(move || if editing.of.with(Option::is_none) { "New beat".to_owned() } else { "Beat".to_owned() });
    let controls = view! {
        {text_field("beat-name", "Name", draft.name, editing.is_wrong("beat"), None)}
        {text_field(
            "beat-keywords",
            "Keywords, with commas between",
            draft.keywords,
            editing.is_wrong("keywords"),
            Some("Prompts of scenes with this beat get them."),
        )}
        <div class="field">
            <label for="beat-intensity">"Intensity, from down to up: "<strong>{memo(move || signed(draft.intensity.get()))}</strong></label>
            <input
                id="beat-intensity"
                type="range"
                min="-1"
                max="1"
                step="0.1"
                prop:value=memo(move || draft.intensity.get().to_string())
                on:input=listener(move |event| draft.intensity.set(event_target_value(&event).parse().unwrap_or_default()))
            />
        </div>
        <div class="fields two">
            {choice("beat-step", "Step", draft.step, memo(move || data.with(step_choices)))}
            {choice("beat-scene", "Scene", draft.scene, memo(move || data.with(scene_choices)))}
        </div>
    };
    object_form(data, project, draft, title, controls.into_any())
}

/// A choice among things with an id and a name, or none of them.
fn choice(id: &'static str, label: &'static str, value: RwSignal<String>, options: Memo<Vec<(String, String)>>) -> AnyView {
    let option = move |(key, name): (String, String)| {
        let own = key.clone();
        let is_it = memo(move || value.with(|value| *value == own));
        view! { <option value=key prop:selected=is_it>{name}</option> }.erased()
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id on:change=listener(move |event| value.set(event_target_value(&event)))>
                <option value="" prop:selected=memo(move || value.with(String::is_empty))>"None"</option>
                {part(move || options.get().into_iter().map(option).collect_view().into_any())}
            </select>
        </div>
    }
    .erased()
}
