//! The form of a beat.

use leptos::{ev, html, prelude::*};

use super::{
    super::page_data::{PageData, SaveTrouble, send, trouble_part},
    beat_draft::BeatDraft,
    curve::signed,
};
use crate::{
    api::change_production,
    components::reactive::{Erased, listener, memo, part, truth},
    live::ToastKind,
};
use proto::production::{EmotionalBeat, ObjectKind, ProductionChange, ProjectId, views::StoryPage};

pub(super) fn beat_form(data: PageData<StoryPage>, project: ProjectId, draft: BeatDraft) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let open = draft.open.get();
        let Some(dialog) = dialog.get_untracked() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let is_new = memo(move || draft.of.with(Option::is_none));
    let save = move || {
        send(data.busy, change_production(draft.change(project)), move |done| match done {
            Ok(_) => {
                draft.open.set(false);
                data.refresh();
            }
            Err(problem) => draft.trouble.set(problem.into()),
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save();
    };
    let trash = move |_: ev::MouseEvent| {
        let Some((id, version)) = draft.of.get_untracked() else { return };
        let change = ProductionChange::Trash { project, kind: ObjectKind::Beat, id, version: Some(version) };
        send(data.busy, change_production(change), move |done| match done {
            Ok(_) => {
                draft.open.set(false);
                data.live.toast(ToastKind::Good, "The beat is in the trash", "It can be restored for 30 days, over the API.", None);
                data.refresh();
            }
            Err(problem) => draft.trouble.set(problem.into()),
        });
    };
    let take = move |version: u32, theirs: EmotionalBeat| draft.take(version, &theirs);
    let keep = move |version: u32| {
        draft.of.update(|of| {
            if let Some((_, known)) = of {
                *known = version;
            }
        });
        save();
    };
    let is_wrong = move |field: &'static str| {
        memo(move || draft.trouble.with(|trouble| matches!(trouble, SaveTrouble::Wrong(at, _) if at == field).then(|| "true".to_owned())))
    };
    view! {
        <dialog class="ask card view-form" aria-labelledby="beat-form-title" node_ref=dialog on:close=listener(move |_: ev::Event| draft.open.set(false))>
            <form novalidate on:submit=listener(submit)>
                <h2 id="beat-form-title">{memo(move || if is_new.get() { "New beat" } else { "Beat" })}</h2>
                <div class="field">
                    <label for="beat-name">"Name"</label>
                    <input
                        id="beat-name"
                        type="text"
                        autocomplete="off"
                        aria-invalid=is_wrong("beat")
                        prop:value=draft.name
                        on:input=listener(move |event| draft.name.set(event_target_value(&event)))
                    />
                </div>
                <div class="field">
                    <label for="beat-keywords">"Keywords, with commas between"</label>
                    <input
                        id="beat-keywords"
                        type="text"
                        autocomplete="off"
                        aria-invalid=is_wrong("keywords")
                        aria-describedby="beat-keywords-note"
                        prop:value=draft.keywords
                        on:input=listener(move |event| draft.keywords.set(event_target_value(&event)))
                    />
                    <p class="note" id="beat-keywords-note">"Prompts of scenes with this beat get them."</p>
                </div>
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
                    {choice("beat-step", "Step", draft.step, memo(move || data.with(|page| {
                        page.structure.steps.iter().map(|step| (step.key.clone(), step.title.clone())).collect()
                    })))}
                    {choice("beat-scene", "Scene", draft.scene, memo(move || data.with(|page| {
                        let scenes = page.chapters.iter().flat_map(|chapter| &chapter.scenes);
                        scenes.map(|scene| (scene.id.to_string(), format!("{} {}", scene.code, scene.title))).collect()
                    })))}
                </div>
                {trouble_part(draft.trouble, beat_words, take, keep)}
                <div class="ask-actions">
                    {part(move || if is_new.get() {
                        ().into_any()
                    } else {
                        view! { <button type="button" class="button danger" on:click=listener(trash)>"Move to the trash"</button> }.erased()
                    })}
                    <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| draft.open.set(false))>"Cancel"</button>
                    <button type="submit" class="button primary" aria-disabled=truth(move || data.busy.get())>"Save"</button>
                </div>
            </form>
        </dialog>
    }
    .erased()
}

fn beat_words(beat: &EmotionalBeat) -> String {
    let fields = &beat.fields;
    format!("{}, {} ({})", fields.beat, signed(fields.intensity), fields.keywords.join(", "))
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
