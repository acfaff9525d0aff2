//! The form of an object in a dialog: of a new one, or of one that is changed.

use leptos::{ev, html, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    conflict::{SaveTrouble, trouble_part},
    data::PageData,
    send::send,
};
use crate::{
    api::change_production,
    components::reactive::{Erased, listener, memo, part, truth},
    live::ToastKind,
};
use proto::production::{ObjectKind, ProductionChange, ProjectId};

/// What every such form knows, whatever is written in it.
pub(in crate::components::production) struct ObjectEditing<T: 'static> {
    /// The form is open.
    pub open: RwSignal<bool>,
    /// The id and the version of the object that is changed. `None`: it is a new one.
    pub of: RwSignal<Option<(String, u32)>>,
    pub trouble: RwSignal<SaveTrouble<T>>,
}

// Cheap to copy, whatever it is of.
impl<T> Clone for ObjectEditing<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ObjectEditing<T> {}

impl<T: Send + Sync> ObjectEditing<T> {
    pub fn new() -> Self {
        Self { open: RwSignal::new(false), of: RwSignal::new(None), trouble: RwSignal::new(SaveTrouble::None) }
    }

    /// Opens the form for an object with this version, or for a new one.
    pub fn begin(self, of: Option<(String, u32)>) {
        self.of.set(of);
        self.trouble.set(SaveTrouble::None);
        self.open.set(true);
    }

    /// Whether what is wrong is in this field.
    pub fn is_wrong(self, field: &'static str) -> Memo<Option<String>> {
        memo(move || self.trouble.with(|trouble| matches!(trouble, SaveTrouble::Wrong(at, _) if at == field).then(|| "true".to_owned())))
    }

    /// The change that saves these fields.
    pub fn change(self, project: ProjectId, kind: ObjectKind, fields: String) -> ProductionChange {
        match self.of.get_untracked() {
            Some((id, version)) => ProductionChange::Change { project, kind, id, version: Some(version), fields },
            None => ProductionChange::Create { project, kind, parent: None, name: None, before: None, fields },
        }
    }
}

/// What is written about an object until it is saved. Cheap to copy.
pub(in crate::components::production) trait ObjectForm: Copy + Send + Sync + 'static {
    type Object: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    const KIND: ObjectKind;
    /// The id of the form.
    const ID: &'static str;

    fn editing(self) -> ObjectEditing<Self::Object>;

    /// Its fields as JSON. `Err`: the field that cannot be read, and why.
    fn fields(self) -> Result<String, (String, String)>;

    /// Puts an object in the place of what was written.
    fn write(self, object: &Self::Object);

    /// The words of a value that says nothing to people by itself.
    fn value_words(self, field: &str, value: &Value) -> Option<String>;

    /// What is said when it is in the trash: a title, and how it is brought back.
    fn trashed_words() -> (&'static str, &'static str);
}

/// The dialog. `title` and `controls`: of its object.
pub(in crate::components::production) fn object_form<V, D>(
    data: PageData<V>,
    project: ProjectId,
    draft: D,
    title: Memo<String>,
    controls: AnyView,
) -> AnyView
where
    V: Send + Sync + DeserializeOwned + 'static,
    D: ObjectForm,
{
    let ObjectEditing { open, of, trouble } = draft.editing();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let open = open.get();
        let Some(dialog) = dialog.get_untracked() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let is_new = memo(move || of.with(Option::is_none));
    let save = move || {
        let fields = match draft.fields() {
            Ok(fields) => fields,
            Err((field, message)) => return trouble.set(SaveTrouble::Wrong(field, message)),
        };
        send(data.busy, change_production(draft.editing().change(project, D::KIND, fields)), move |done| match done {
            Ok(_) => {
                open.set(false);
                data.refresh();
            }
            Err(problem) => trouble.set(problem.into()),
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save();
    };
    let trash = move |_: ev::MouseEvent| {
        let Some((id, version)) = of.get_untracked() else { return };
        let change = ProductionChange::Trash { project, kind: D::KIND, id, version: Some(version) };
        send(data.busy, change_production(change), move |done| match done {
            Ok(_) => {
                open.set(false);
                let (title, text) = D::trashed_words();
                data.live.toast(ToastKind::Good, title, text, None);
                data.refresh();
            }
            Err(problem) => trouble.set(problem.into()),
        });
    };
    let set_version = move |now: u32| {
        of.update(|of| {
            if let Some((_, version)) = of {
                *version = now;
            }
        });
    };
    let take = move |version: u32, theirs: D::Object| {
        set_version(version);
        draft.write(&theirs);
    };
    let overwrite = move |version: u32| {
        set_version(version);
        save();
    };
    let yours = move || draft.fields().unwrap_or_default();
    let title_id = format!("{}-title", D::ID);
    let labelled = title_id.clone();
    view! {
        <dialog class="ask card view-form" aria-labelledby=labelled node_ref=dialog on:close=listener(move |_: ev::Event| open.set(false))>
            <form novalidate on:submit=listener(submit)>
                <h2 id=title_id>{title}</h2>
                {controls}
                {trouble_part(trouble, yours, move |field, value| draft.value_words(field, value), take, overwrite)}
                <div class="ask-actions">
                    {part(move || if is_new.get() {
                        ().into_any()
                    } else {
                        view! { <button type="button" class="button danger" on:click=listener(trash)>"Move to the trash"</button> }.erased()
                    })}
                    <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| open.set(false))>"Cancel"</button>
                    <button type="submit" class="button primary" aria-disabled=truth(move || data.busy.get())>"Save"</button>
                </div>
            </form>
        </dialog>
    }
    .erased()
}

/// A line of text. `note`: what becomes of it.
pub(in crate::components::production) fn text_field(
    id: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    is_wrong: Memo<Option<String>>,
    note: Option<&'static str>,
) -> AnyView {
    let note_id = format!("{id}-note");
    let described = note.map(|_| note_id.clone());
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                aria-invalid=is_wrong
                aria-describedby=described
                prop:value=value
                on:input=listener(move |event| value.set(event_target_value(&event)))
            />
            {note.map(|note| view! { <p class="note" id=note_id>{note}</p> }.erased())}
        </div>
    }
    .erased()
}
