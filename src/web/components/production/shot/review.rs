//! What people say of a take: a rating, and a note with which another one is wanted.

use leptos::{ev, html, prelude::*};
use proto::production::{TakeId, TakeReview};
use serde_json::json;

use super::{generate, model::ShotModel};
use crate::components::{
    production::{
        address::shot_url,
        form::{fields, hidden, on_submit},
    },
    reactive::{Erased, listener, memo},
};

/// The id of the note of a take.
pub(super) fn note_id(take: TakeId) -> String {
    format!("retake-{take}")
}

#[component]
pub(super) fn ReviewForm(model: ShotModel, take: TakeId, number: Memo<String>) -> impl IntoView {
    let note = NodeRef::<html::Input>::new();
    let rating = memo(move || model.take(take).map_or(0, |take| take.fields.rating));
    let rate = move |event: ev::Event| {
        if let (Ok(rating), Some(take)) = (event_target_value(&event).parse::<u8>(), untrack(|| model.take(take))) {
            model.review(&take, fields(&[("rating", json!(rating))]));
        }
    };
    let act = move || {
        let (Some(field), Some(take)) = (note.get_untracked(), untrack(|| model.take(take))) else { return };
        let text = field.value();
        let word: &'static str = TakeReview::Retake.into();
        let quality = take.quality_preset;
        // A take is made of what was saved; what was not, stays in the field.
        model.review_then(&take, fields(&[("review", json!(word)), ("note", json!(text))]), move |saved| {
            if saved.fields.note != text {
                return;
            }
            generate::start(model, Some(quality), text.clone(), None);
            if let Some(field) = note.try_get_untracked().flatten() {
                field.set_value("");
            }
        });
    };
    let ratings: Vec<_> = (0..=5_u8)
        .map(|stars| {
            let word = if stars == 0 { "Not rated".to_owned() } else { format!("{stars} of 5") };
            view! { <option value=stars.to_string() selected=stars == rating.get_untracked()>{word}</option> }.erased()
        })
        .collect();
    let hidden_fields = vec![("do", "review".to_owned()), ("take", take.to_string()), ("review", "retake".to_owned())];
    let id = note_id(take);
    view! {
        <div class="take-review-line">
            <select
                class="with-script"
                aria-label=memo(move || format!("Rating of {}", number.get()))
                prop:value=memo(move || rating.get().to_string())
                on:change=listener(rate)
            >
                {ratings}
            </select>
            <form class="take-retake" method="post" action=shot_url(model.project, model.shot) on:submit=on_submit(act)>
                {hidden(hidden_fields)}
                <label class="visually-hidden" for=id.clone()>{memo(move || format!("What is to be different from {}", number.get()))}</label>
                <input id=id name="note" required maxlength="1000" placeholder="What is to be different" autocomplete="off" node_ref=note />
                <button class="button">"Retake"</button>
            </form>
        </div>
    }
    .erased()
}
