//! The settings of a task that the page was opened with: what is said about them, and the way back to what was there before.

use leptos::{ev, prelude::*};

#[cfg(feature = "hydrate")]
use super::before::PictureMask;
use super::{
    before::{PageBefore, ReusedSettings},
    model::InpaintModel,
};
use crate::{
    base_path::with_base,
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, listener, part},
    },
};
use proto::recipe::Field;

/// What is on the page now; nothing, if no picture is chosen and nothing typed.
#[cfg(feature = "hydrate")]
pub(super) fn page_now(model: InpaintModel, mask: Option<PictureMask>) -> Option<PageBefore> {
    let choices = model.choices.get_untracked();
    let texts = Field::ALL.map(|field| model.form.value(field).get_untracked());
    let has_words = !texts[Field::Prompt as usize].trim().is_empty();
    let (new_seed, reused_seed) = (model.form.new_seed.get_untracked(), model.form.reused_seed.get_untracked());
    (choices.picture.is_some() || has_words).then_some(PageBefore { choices, texts, new_seed, reused_seed, mask })
}

fn bring_back(model: InpaintModel, before: PageBefore) {
    let PageBefore { choices, texts, new_seed, reused_seed, mask } = before;
    for (field, text) in Field::ALL.into_iter().zip(texts) {
        model.form.value(field).set(text);
    }
    model.form.new_seed.set(new_seed);
    model.form.reused_seed.set(reused_seed);
    model.form.refusal.set(None);
    model.choices.set(choices);
    model.shows_result.set(false);
    model.waiting_mask.set(mask);
    model.editor.announce("What was here before is back");
}

/// A line above the picture, with the way back.
#[component]
pub(super) fn ReusedNote(model: InpaintModel) -> impl IntoView {
    part(move || model.reused.get().map(|reused| note(model, reused)).into_any())
}

fn note(model: InpaintModel, reused: ReusedSettings) -> AnyView {
    let ReusedSettings { task, has_mask, draft, missing, before } = reused;
    let what = if has_mask { "These are the settings of a task, with its mask." } else { "These are the settings of a task." };
    let missing = missing.into_iter().map(|words| view! { <p class="field-problem">{words}</p> }.erased()).collect_view();
    let draft = draft.map(|name| {
        let words = format!("What you had painted on this picture is among the saved masks, as {name:?}.");
        view! { <p class="note">{words}</p> }.erased()
    });
    let done = move || {
        model.reused.set(None);
        dom::focus(Field::Prompt.name());
    };
    let back = before.map(|before| {
        let bring_back = move |_: ev::MouseEvent| {
            bring_back(model, before.clone());
            done();
        };
        view! { <button type="button" class="button" on:click=listener(bring_back)>"Bring back what was here"</button> }.erased()
    });
    view! {
        <div class="inpaint-reused">
            <div role="status">
                <p>{what}" "<a href=with_base(&format!("/tasks/{task}"))>"The task"</a></p>
                {draft.into_any()}
                {missing}
            </div>
            {back.into_any()}
            <button type="button" class="icon-button" aria-label="Close the note" title="Close the note" on:click=listener(move |_: ev::MouseEvent| done())>
                <Icon glyph=Glyph::Cross />
            </button>
        </div>
    }
    .erased()
}
