//! The form of an asset.

use leptos::{ev, prelude::*};

use super::{
    super::page_data::{PageData, object_form, text_field},
    asset_draft::AssetDraft,
    usage::usage,
};
use crate::components::reactive::{Erased, When, listener, memo, part};
use proto::production::{AssetKind, ProjectId, views::AssetsPage};

pub(super) fn asset_form(data: PageData<AssetsPage>, project: ProjectId, draft: AssetDraft) -> AnyView {
    let editing = draft.editing;
    let title = memo(move || {
        let word = draft.kind.get().words().0;
        if editing.of.with(Option::is_none) { format!("New {}", word.to_lowercase()) } else { word.to_owned() }
    });
    let has_lora = memo(move || draft.lora.with(|lora| !lora.trim().is_empty()));
    let asset = memo(move || editing.of.with(|of| of.as_ref().and_then(|(id, _)| id.parse().ok())));
    let text = move |id, label, field, value| text_field(id, label, value, editing.is_wrong(field), None);
    let controls = view! {
        <div class="fields two">
            {text("asset-name", "Name", "name", draft.name)}
            {kind_field(draft)}
        </div>
        {long("asset-fragment", "What prompts say of it", "prompt_fragment", draft.fragment, draft)}
        {text("asset-trigger", "Trigger word of its LoRA", "trigger_word", draft.trigger)}
        <div class="fields two">
            {text("asset-lora", "LoRA, as ComfyUI names the file", "lora/model_path", draft.lora)}
            <When holds=has_lora>{text("asset-weight", "Weight of the LoRA", "lora/weight", draft.weight)}</When>
        </div>
        {long("asset-description", "Description, for people only", "description", draft.description, draft)}
        {part(move || match asset.get().filter(|_| editing.open.get()) {
            Some(asset) => usage(project, asset),
            None => ().into_any(),
        })}
    };
    object_form(data, project, draft, title, controls.into_any())
}

fn long(id: &'static str, label: &'static str, field: &'static str, value: RwSignal<String>, draft: AssetDraft) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <textarea
                id=id
                rows="2"
                aria-invalid=draft.editing.is_wrong(field)
                prop:value=value
                on:input=listener(move |event| value.set(event_target_value(&event)))
            ></textarea>
        </div>
    }
    .erased()
}

fn kind_field(draft: AssetDraft) -> AnyView {
    let option = move |kind: AssetKind| {
        let word: &'static str = kind.into();
        view! { <option value=word prop:selected=memo(move || draft.kind.get() == kind)>{kind.words().0}</option> }.erased()
    };
    view! {
        <div class="field">
            <label for="asset-kind">"Kind"</label>
            <select id="asset-kind" on:change=listener(move |event: ev::Event| draft.kind.set(event_target_value(&event).parse().unwrap_or_default()))>
                {AssetKind::ALL.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
    .erased()
}
