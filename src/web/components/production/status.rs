//! Where people are with a scene or a shot.

use leptos::{ev, prelude::*};
use proto::production::ReviewState;

use super::words::review_words;
use crate::components::reactive::{Erased, listener, memo};

/// A choice of a status. Without JavaScript only its word.
#[component]
pub(super) fn StatusSelect(
    status: Memo<ReviewState>,
    #[prop(into)] name: Signal<String>,
    on_choose: impl Fn(ReviewState) + 'static,
) -> impl IntoView {
    let choose = move |event: ev::Event| {
        if let Ok(chosen) = event_target_value(&event).parse::<ReviewState>() {
            on_choose(chosen);
        }
    };
    view! {
        <span class="without-script note">{memo(move || review_words(status.get()))}</span>
        <select
            class="status-select with-script"
            aria-label=name
            data-status=memo(move || word(status.get()))
            prop:value=memo(move || word(status.get()))
            on:change=listener(choose)
        >
            {options(status.get_untracked())}
        </select>
    }
    .into_any()
}

/// The choices, of which one is selected.
pub(super) fn options(selected: ReviewState) -> Vec<AnyView> {
    let option =
        |state: ReviewState| view! { <option value=word(state) selected=state == selected>{review_words(state)}</option> }.erased();
    ReviewState::ALL.into_iter().map(option).collect()
}

fn word(status: ReviewState) -> &'static str {
    status.into()
}
