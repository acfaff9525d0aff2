//! The settings of a task that the page was opened with: what is said about them, and the way back to what was there before.

use leptos::{ev, prelude::*};

use super::{choices::EditChoices, model::InpaintModel};
use crate::components::{
    dom,
    icon::{Glyph, Icon},
    reactive::{Erased, listener, part},
};
use proto::{
    edit::PictureId,
    ids::TaskId,
    mask::Mask,
    recipe::Field,
};

/// The page has the settings of this task.
#[derive(Clone)]
pub(super) struct ReusedSettings {
    pub task: TaskId,
    pub has_mask: bool,
    /// What could not be brought back, and what to do, for people.
    pub missing: Vec<String>,
    /// `None`: nothing was there.
    pub before: Option<PageBefore>,
}

/// What was on the page. The masks of other pictures are drafts, too; this one is there where the browser stores nothing.
#[derive(Clone)]
pub(super) struct PageBefore {
    pub choices: EditChoices,
    texts: [String; Field::ALL.len()],
    new_seed: bool,
    reused_seed: bool,
    pub mask: Option<PictureMask>,
}

/// The mask of a picture.
#[derive(Clone)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers have masks"))]
pub(super) struct PictureMask {
    pub picture: PictureId,
    pub mask: Mask,
}

impl PageBefore {
    /// What is there now; nothing, if no picture was chosen and nothing typed.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers have something before"))]
    pub fn of(model: InpaintModel, mask: Option<PictureMask>) -> Option<Self> {
        let choices = model.choices.get_untracked();
        let texts = Field::ALL.map(|field| model.form.value(field).get_untracked());
        let has_words = !texts[Field::Prompt as usize].trim().is_empty();
        let (new_seed, reused_seed) = (model.form.new_seed.get_untracked(), model.form.reused_seed.get_untracked());
        (choices.picture.is_some() || has_words).then_some(Self { choices, texts, new_seed, reused_seed, mask })
    }

    fn bring_back(self, model: InpaintModel) {
        for (field, text) in Field::ALL.into_iter().zip(self.texts) {
            model.form.value(field).set(text);
        }
        model.form.new_seed.set(self.new_seed);
        model.form.reused_seed.set(self.reused_seed);
        model.form.refusal.set(None);
        model.choices.set(self.choices);
        model.shows_result.set(false);
        model.waiting_mask.set(self.mask);
    }
}

/// A line above the picture, with the way back.
#[component]
pub(super) fn ReusedNote(model: InpaintModel) -> impl IntoView {
    part(move || model.reused.get().map(|reused| note(model, reused)).into_any())
}

fn note(model: InpaintModel, reused: ReusedSettings) -> AnyView {
    let ReusedSettings { task, has_mask, missing, before } = reused;
    let what = if has_mask { "These are the settings of a task, with its mask." } else { "These are the settings of a task." };
    let missing = missing.into_iter().map(|words| view! { <p class="field-problem">{words}</p> }.erased()).collect_view();
    let done = move || {
        model.reused.set(None);
        dom::focus(Field::Prompt.name());
    };
    let back = before.map(|before| {
        let bring_back = move |_: ev::MouseEvent| {
            before.clone().bring_back(model);
            model.editor.announce("What was here before is back");
            done();
        };
        view! { <button type="button" class="button" on:click=listener(bring_back)>"Bring back what was here"</button> }.erased()
    });
    view! {
        <div class="inpaint-reused">
            <div role="status">
                <p>{what}" "<a href=format!("/tasks/{task}")>"The task"</a></p>
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
