//! The slot: the picture with its strength, and how another one gets in.

use leptos::{ev, prelude::*, web_sys};

use super::{model::StartModel, planned::words};
use crate::{
    base_path::with_base,
    components::{
        edit_fields::StrengthField,
        form::use_form,
        icon::{Glyph, Icon},
        later_styles::LaterStyles,
        memo, part,
        pictures::{PictureButtons, PictureUpload, UploadStatus},
        reactive::{Erased, When, listener, truth},
    },
    live::use_live,
};
use proto::edit::{EditField, StartPicture};

/// What is in the opened part.
#[component]
pub fn StartSlot() -> impl IntoView {
    let model = StartModel::new(use_form(), use_live());
    #[cfg(feature = "hydrate")]
    let navigate = crate::base_path::use_navigate();
    // Runs once, so that its listeners stay.
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        untrack(|| {
            super::take::take_pasted(model);
            super::take::take_dropped(model);
            super::take::forget_address(navigate.clone());
        });
    });
    Effect::new(move |_| {
        let has_picture = model.picture.with(Option::is_some);
        #[cfg(feature = "hydrate")]
        if has_picture {
            super::take::open_slot();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = has_picture;
    });
    // Another part of the page may have named a result as the start.
    Effect::new(move |_| {
        let result = model.read();
        #[cfg(feature = "hydrate")]
        if let Some((task, output)) = result {
            super::take::take_result(model, task, output);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = result;
    });
    let sending = truth(move || model.upload.get() == PictureUpload::Sending);
    let none = memo(move || model.picture.with(Option::is_none));
    view! {
        <LaterStyles />
        <div class="start-slot" aria-busy=sending>
            {part(move || model.picture.get().map(|start| shown(model, &start)).into_any())}
            <When holds=none>
                <p class="note with-script">"Drop a picture here, paste it, or drag a result onto this: PNG, JPEG or WebP."</p>
            </When>
            <PictureButtons id="start" choose=Callback::new(move |file| take_file(model, file)) />
            <UploadStatus upload=model.upload />
        </div>
    }
    .into_any()
}

/// The picture, and what becomes of it. Without JavaScript, the form sends it along as a hidden field.
fn shown(model: StartModel, start: &StartPicture) -> AnyView {
    let gone = RwSignal::new(false);
    let line = model.form.start.get_untracked();
    let size = format!("{} × {}", start.size.width, start.size.height);
    let described = start.clone();
    let plan = memo(move || match model.planned.get() {
        Some(Ok(plan)) => Some(words(&described, &plan)),
        _ => None,
    });
    let remove = move |_: ev::MouseEvent| {
        model.remove();
        crate::components::dom::focus("start-file");
    };
    view! {
        <input type="hidden" name="start-picture" value=line />
        <div class="start-picture" id="start-picture">
            <img
                src=with_base(&format!("/api/pictures/{}?thumb=320", start.picture))
                alt="The picture to start from"
                on:error=listener(move |_: ev::ErrorEvent| gone.set(true))
            />
            <p class="start-size">{size}</p>
            <button type="button" class="icon-button with-script" aria-label="Remove the picture" title="Remove the picture" on:click=listener(remove)>
                <Icon glyph=Glyph::Cross />
            </button>
            <span class="without-script"><a class="button" href=with_base("/")>"Remove the picture"</a></span>
        </div>
        <When holds=memo(move || gone.get())>
            <p class="field-problem" role="alert">"Darkroom does not have this picture any more, or cannot be reached. Choose it again."</p>
        </When>
        <Strength model />
        <p class="note start-plan" role="status">{plan}</p>
    }
    .erased()
}

#[component]
fn Strength(model: StartModel) -> impl IntoView {
    let value = memo(move || model.form.strength.get());
    let problem = memo(move || match model.planned.get() {
        Some(Err(problems)) => problems.into_iter().find(|problem| problem.field == EditField::Strength).map(|problem| problem.message),
        _ => None,
    });
    let typed = Callback::new(move |text| {
        model.form.strength.set(text);
        model.form.refusal.set(None);
    });
    view! { <StrengthField id="start-strength" name=Some("strength") value problem typed /> }.erased()
}

fn take_file(model: StartModel, file: web_sys::Blob) {
    #[cfg(feature = "hydrate")]
    super::take::take_file(model, file);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, file);
}
