//! A picture as it is compared: in full, with a small version until it has come.

use leptos::prelude::*;

use super::{
    super::{tile::label, url::file_url},
    model::CompareModel,
};
use crate::components::reactive::{Erased, listener, memo};

/// The picture at a place of the list.
#[component]
pub(super) fn ComparedPicture(model: CompareModel, at: usize) -> impl IntoView {
    let Some(id) = model.shown.with_untracked(|shown| shown.get(at).map(|(id, _)| *id)) else { return ().into_any() };
    let alt = memo(move || format!("{}. {}", at + 1, model.of_output(at, |output| label(&output.tile))));
    let loaded = RwSignal::new(false);
    view! {
        <img class="stage-picture with-script" src=file_url(id, Some(640)) alt="" class:covered=loaded draggable="false" />
        <img class="stage-picture" src=file_url(id, None) alt=alt draggable="false" on:load=listener(move |_| loaded.set(true)) />
    }
    .into_any()
}

/// Which picture of the pair is where: "A · 1".
pub(super) fn tag(class: &'static str, letter: &'static str, at: usize) -> AnyView {
    view! { <span class=format!("compare-tag {class}") aria-hidden="true">{format!("{letter} · {}", at + 1)}</span> }.erased()
}
