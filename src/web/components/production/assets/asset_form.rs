//! The form of an asset.

use leptos::{ev, html, prelude::*};

use super::{
    super::page_data::{PageData, SaveTrouble, send, trouble_part},
    asset_draft::AssetDraft,
    usage::usage,
};
use crate::{
    api::change_production,
    components::reactive::{Erased, When, listener, memo, part, truth},
    live::ToastKind,
};
use proto::production::{Asset, AssetKind, ObjectKind, ProductionChange, ProjectId, views::AssetsPage};

pub(super) fn asset_form(data: PageData<AssetsPage>, project: ProjectId, draft: AssetDraft) -> AnyView {
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
        let change = match draft.change(project) {
            Ok(change) => change,
            Err((field, message)) => return draft.trouble.set(SaveTrouble::Wrong(field, message)),
        };
        send(data.busy, change_production(change), move |done| match done {
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
        let change = ProductionChange::Trash { project, kind: ObjectKind::Asset, id, version: Some(version) };
        send(data.busy, change_production(change), move |done| match done {
            Ok(_) => {
                draft.open.set(false);
                data.live.toast(ToastKind::Good, "In the trash", "It can be restored below for 30 days.", None);
                data.refresh();
            }
            Err(problem) => draft.trouble.set(problem.into()),
        });
    };
    let take = move |version: u32, theirs: Asset| draft.take(version, &theirs);
    let keep = move |version: u32| {
        draft.of.update(|of| {
            if let Some((_, known)) = of {
                *known = version;
            }
        });
        save();
    };
    let has_lora = memo(move || draft.lora.with(|lora| !lora.trim().is_empty()));
    let asset = memo(move || draft.of.with(|of| of.as_ref().and_then(|(id, _)| id.parse().ok())));
    view! {
        <dialog class="ask card view-form" aria-labelledby="asset-form-title" node_ref=dialog on:close=listener(move |_: ev::Event| draft.open.set(false))>
            <form novalidate on:submit=listener(submit)>
                <h2 id="asset-form-title">
                    {memo(move || {
                        let word = draft.kind.get().words().0;
                        if is_new.get() { format!("New {}", word.to_lowercase()) } else { word.to_owned() }
                    })}
                </h2>
                <div class="fields two">
                    {text("asset-name", "Name", "name", draft.name, draft)}
                    {kind_field(draft)}
                </div>
                {long("asset-fragment", "What prompts say of it", "prompt_fragment", draft.fragment, draft)}
                {text("asset-trigger", "Trigger word of its LoRA", "trigger_word", draft.trigger, draft)}
                <div class="fields two">
                    {text("asset-lora", "LoRA, as ComfyUI names the file", "lora/model_path", draft.lora, draft)}
                    <When holds=has_lora>{text("asset-weight", "Weight of the LoRA", "lora/weight", draft.weight, draft)}</When>
                </div>
                {long("asset-description", "Description, for people only", "description", draft.description, draft)}
                {part(move || match asset.get().filter(|_| draft.open.get()) {
                    Some(asset) => usage(project, asset),
                    None => ().into_any(),
                })}
                {trouble_part(draft.trouble, asset_words, take, keep)}
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

fn asset_words(asset: &Asset) -> String {
    let fields = &asset.fields;
    format!("{}: {}", fields.name, fields.prompt_fragment)
}

/// Whether what is wrong is in this field.
fn invalid(draft: AssetDraft, field: &'static str) -> Memo<Option<String>> {
    memo(move || draft.trouble.with(|trouble| matches!(trouble, SaveTrouble::Wrong(at, _) if at == field).then(|| "true".to_owned())))
}

fn text(id: &'static str, label: &'static str, field: &'static str, value: RwSignal<String>, draft: AssetDraft) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                aria-invalid=invalid(draft, field)
                prop:value=value
                on:input=listener(move |event| value.set(event_target_value(&event)))
            />
        </div>
    }
    .erased()
}

fn long(id: &'static str, label: &'static str, field: &'static str, value: RwSignal<String>, draft: AssetDraft) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <textarea
                id=id
                rows="2"
                aria-invalid=invalid(draft, field)
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
            <select id="asset-kind" on:change=listener(move |event| draft.kind.set(event_target_value(&event).parse().unwrap_or_default()))>
                {AssetKind::ALL.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
    .erased()
}
