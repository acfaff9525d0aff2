//! Masks that a person saved under a name, and masks from files.

use leptos::{ev, html, prelude::*, web_sys};

use super::model::MaskEditorModel;
use crate::components::reactive::{Erased, listener, memo, part, truth};
use proto::limits;

/// Cheap to copy.
#[derive(Clone, Copy)]
struct SavedMasks {
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers have masks"))]
    editor: MaskEditorModel,
    names: RwSignal<Vec<String>>,
    name: RwSignal<String>,
    /// What was done, or why it was not.
    status: RwSignal<String>,
}

/// Saves, lists, takes over and deletes masks for pictures of this size.
#[component]
pub(super) fn MaskLibrary(model: MaskEditorModel) -> impl IntoView {
    let saved = SavedMasks {
        editor: model,
        names: RwSignal::new(Vec::new()),
        name: RwSignal::new(String::new()),
        status: RwSignal::new(String::new()),
    };
    // Another picture may have another size.
    Effect::new(move |_| {
        model.begun.track();
        saved.list();
    });
    let nothing = memo(move || saved.name.with(|name| name.trim().is_empty()) || model.painted.with(|painted| painted.bounds.is_none()));
    view! {
        <details class="mask-saved">
            <summary>"Saved masks"</summary>
            <form
                class="mask-save"
                on:submit=listener(move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    saved.save();
                })
            >
                <div class="field">
                    <label class="visually-hidden" for="mask-name">"Name of the mask"</label>
                    <input
                        id="mask-name"
                        placeholder="Name"
                        autocomplete="off"
                        maxlength=limits::MASK_NAME.to_string()
                        prop:value=saved.name
                        on:input=listener(move |event: ev::Event| saved.name.set(event_target_value(&event)))
                    />
                </div>
                <button type="submit" class="button" aria-disabled=truth(move || nothing.get())>"Save the mask"</button>
                {file_button(saved)}
            </form>
            {part(move || saved.names.with(|names| match names.as_slice() {
                [] => view! { <p class="note">"Masks that you save are kept in this browser, for pictures of the same size."</p> }.erased(),
                names => view! {
                    <ul aria-label="Saved masks">{names.iter().map(|name| row(saved, name.clone())).collect_view()}</ul>
                }.erased(),
            }))}
            <p class="note" role="status">{saved.status}</p>
        </details>
    }
    .erased()
}

fn row(saved: SavedMasks, name: String) -> AnyView {
    let (used, gone) = (name.clone(), name.clone());
    view! {
        <li>
            <span>{name.clone()}</span>
            <button type="button" class="button quiet" aria-label=format!("Use {name}") on:click=listener(move |_: ev::MouseEvent| saved.take_over(used.clone()))>
                "Use"
            </button>
            <button type="button" class="button quiet" aria-label=format!("Delete {name}") on:click=listener(move |_: ev::MouseEvent| saved.delete(gone.clone()))>
                "Delete"
            </button>
        </li>
    }
    .erased()
}

fn file_button(saved: SavedMasks) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_: ev::Event| {
        if let Some(input) = input.get_untracked() {
            saved.open_file(&input);
        }
    };
    view! {
        <div class="picture-file">
            <input
                type="file"
                id="mask-file"
                class="visually-hidden"
                accept="image/png,image/webp,image/jpeg"
                node_ref=input
                on:change=listener(chosen)
            />
            <label class="button" for="mask-file">"Open a mask file"</label>
        </div>
    }
    .erased()
}

#[cfg(feature = "hydrate")]
impl SavedMasks {
    fn list(self) {
        leptos::task::spawn_local(async move {
            let names = super::driver::saved_masks(self.editor).await;
            // The page may have been left meanwhile.
            let _ = self.names.try_set(names);
        });
    }

    fn save(self) {
        let name = self.name.get_untracked().trim().to_owned();
        if self.editor.painted.with_untracked(|painted| painted.bounds.is_none()) {
            return self.status.set("Nothing is painted yet.".into());
        }
        if name.is_empty() {
            return self.status.set("Give the mask a name.".into());
        }
        self.run(format!("Saved as {name:?}."), async move |editor| super::driver::save_mask(editor, &name).await);
        self.name.set(String::new());
    }

    fn take_over(self, name: String) {
        self.run(format!("{name:?} is the mask now. Undo brings the one before back."), async move |editor| {
            super::driver::use_saved_mask(editor, &name).await
        });
    }

    fn delete(self, name: String) {
        self.run(format!("{name:?} is deleted."), async move |editor| {
            super::driver::delete_saved_mask(editor, &name).await;
            Ok(())
        });
    }

    fn open_file(self, input: &web_sys::HtmlInputElement) {
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            self.run("The file is the mask now. Undo brings the one before back.".into(), async move |editor| {
                super::driver::use_mask_file(editor, &file).await
            });
        }
        // The same file can be chosen again.
        input.set_value("");
    }

    fn run(self, done: String, work: impl AsyncFnOnce(MaskEditorModel) -> Result<(), String> + 'static) {
        leptos::task::spawn_local(async move {
            let outcome = work(self.editor).await;
            let _ = self.status.try_set(outcome.err().unwrap_or(done));
            self.list();
        });
    }
}

#[cfg(not(feature = "hydrate"))]
impl SavedMasks {
    fn list(self) {}
    fn save(self) {}
    fn take_over(self, _name: String) {}
    fn delete(self, _name: String) {}
    fn open_file(self, _input: &web_sys::HtmlInputElement) {}
}
