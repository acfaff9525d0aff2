//! What the shot says: title, what is seen, status and more. Sent as a whole, only what was changed.

use leptos::{ev, prelude::*};
use proto::production::{ObjectKind, ProductionChange, ShotFields};
use serde_json::json;

use super::model::ShotModel;
use crate::components::{
    production::{
        address::shot_url,
        form::{fields, on_submit},
        status::options,
    },
    reactive::{Erased, When, listener, memo},
};

/// A field of text, by its name on the wire.
#[derive(Clone, Copy)]
struct DetailField {
    name: &'static str,
    label: &'static str,
    read: fn(&ShotFields) -> &str,
    is_long: bool,
}

const FIELDS: [DetailField; 5] = [
    DetailField { name: "title", label: "Title", read: |fields| &fields.title, is_long: false },
    DetailField { name: "base_prompt", label: "What is seen", read: |fields| &fields.base_prompt, is_long: true },
    DetailField { name: "shot_type", label: "Shot type", read: |fields| &fields.shot_type, is_long: false },
    DetailField { name: "camera", label: "Camera", read: |fields| &fields.camera, is_long: false },
    DetailField { name: "dialogue", label: "Dialogue", read: |fields| &fields.dialogue, is_long: true },
];

/// What was typed and not sent yet. Cheap to copy.
#[derive(Clone, Copy)]
struct ShotDraft {
    texts: RwSignal<Vec<(&'static str, String)>>,
    /// The version of the shot that was changed.
    version: RwSignal<Option<u32>>,
}

impl ShotDraft {
    fn set(self, model: ShotModel, name: &'static str, text: String) {
        if self.version.get_untracked().is_none() {
            self.version.set(model.with_untracked(|view| Some(view.shot.0.stamp.version)));
        }
        self.texts.update(|texts| {
            texts.retain(|(known, _)| *known != name);
            texts.push((name, text));
        });
    }

    fn of(self, name: &str) -> Option<String> {
        self.texts.with(|texts| texts.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone()))
    }

    fn clear(self) {
        let _ = self.texts.try_update(Vec::clear);
        let _ = self.version.try_set(None);
    }
}

#[component]
pub(super) fn DetailsPanel(model: ShotModel) -> impl IntoView {
    let draft = ShotDraft { texts: RwSignal::default(), version: RwSignal::new(None) };
    let is_changed = memo(move || draft.texts.with(|texts| !texts.is_empty()));
    let act = move || {
        let list = draft.texts.with_untracked(|texts| texts.iter().map(|(name, text)| (*name, json!(text))).collect::<Vec<_>>());
        let change = ProductionChange::Change {
            project: model.project,
            kind: ObjectKind::Shot,
            id: model.shot.to_string(),
            version: draft.version.get_untracked(),
            fields: fields(&list),
        };
        model.client.send("The shot is not changed", change, move |event| {
            draft.clear();
            model.changed(event);
        });
    };
    let status = memo(move || model.with(|view| view.shot.0.fields.status));
    let status_word = memo(move || <&'static str>::from(status.get()));
    let choose = move |event: ev::Event| draft.set(model, "status", event_target_value(&event));
    view! {
        <section class="card" aria-labelledby="details-title">
            <h2 id="details-title">"Details"</h2>
            <form class="fields" method="post" action=shot_url(model.project, model.shot) on:submit=on_submit(act)>
                <input type="hidden" name="do" value="change" />
                {FIELDS.into_iter().map(|field| text_field(model, draft, field)).collect_view()}
                <div class="field">
                    <label for="shot-status">"Status"</label>
                    <select
                        id="shot-status"
                        name="status"
                        prop:value=memo(move || draft.of("status").unwrap_or_else(|| status_word.get().to_owned()))
                        on:change=listener(choose)
                    >
                        {options(status.get_untracked())}
                    </select>
                </div>
                <div class="production-buttons">
                    <button class="button accent">"Save"</button>
                    <When holds=is_changed>
                        <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| draft.clear())>"Discard"</button>
                    </When>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn text_field(model: ShotModel, draft: ShotDraft, field: DetailField) -> AnyView {
    let DetailField { name, label, read, is_long } = field;
    let id = format!("shot-{name}");
    let stored = memo(move || model.with(|view| read(&view.shot.0.fields).to_owned()));
    let value = memo(move || draft.of(name).unwrap_or_else(|| stored.get()));
    let typed = listener(move |event: ev::Event| draft.set(model, name, event_target_value(&event)));
    let control = if is_long {
        view! {
            <textarea id=id.clone() name=name rows="4" maxlength="20000" prop:value=value on:input=typed>{stored.get_untracked()}</textarea>
        }
        .erased()
    } else {
        view! {
            <input id=id.clone() name=name maxlength="200" autocomplete="off" value=stored.get_untracked() prop:value=value on:input=typed />
        }
        .erased()
    };
    view! { <div class="field"><label for=id>{label}</label>{control}</div> }.erased()
}
