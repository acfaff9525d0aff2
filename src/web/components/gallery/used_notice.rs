//! Above the fields of Studio: what of an output is in them now, and the way back.

use leptos::{ev, prelude::*};

use super::{form_snapshot::FormSnapshot, url::file_url, url::gallery_url};
use crate::components::{
    dom,
    form::FormModel,
    icon::{Glyph, Icon},
    reactive::{Erased, listener},
};
use proto::{
    gallery::{GalleryId, GalleryQuery},
    recipe::Field,
};

const ID: &str = "used-output";

/// `words`: what is in the form. `before`: the form as it was.
pub(super) fn show(form: FormModel, id: GalleryId, words: String, before: FormSnapshot) {
    form.notice.set(Some(ViewFn::from(move || notice(form, id, words.clone(), before.clone()))));
    // When it is in the document.
    request_animation_frame(|| dom::focus_any(ID));
}

fn notice(form: FormModel, id: GalleryId, words: String, before: FormSnapshot) -> AnyView {
    let close = move || {
        form.notice.set(None);
        dom::focus(Field::Prompt.name());
    };
    let undo = move |_: ev::MouseEvent| {
        before.clone().restore(form);
        close();
    };
    view! {
        <section class="file-card used-output" id=ID tabindex="-1" aria-label="Used from the gallery">
            <div class="file-head">
                <a href=gallery_url(Some(id), &GalleryQuery::default()) aria-label="The output">
                    <img src=file_url(id, Some(320)) alt="" width="44" height="44" />
                </a>
                <p class="note">{words}</p>
                <button type="button" class="icon-button" aria-label="Close" title="Close" on:click=listener(move |_: ev::MouseEvent| close())>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            <button type="button" class="button" on:click=listener(undo)>"Undo"</button>
        </section>
    }
    .erased()
}
