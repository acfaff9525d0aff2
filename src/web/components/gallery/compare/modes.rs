//! How the outputs are shown, and which two of them.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

use super::model::{CompareModel, ModeChange};
use crate::components::reactive::{Erased, When, listener, memo, part};
use proto::gallery::CompareMode;

/// A choice of modes, and below three or four pictures a choice of two.
#[component]
pub(super) fn Modes(model: CompareModel, mode_change: ModeChange) -> impl IntoView {
    let is_choice = memo(move || model.pictures.with(Vec::len) > 1);
    let is_pair = memo(move || model.mode.get() != CompareMode::SideBySide && model.pictures.with(Vec::len) > 2);
    let list = NodeRef::<html::Fieldset>::new();
    Effect::new(move |_| {
        let mode = model.mode.get();
        // On narrow screens it scrolls by itself: the mode that is on is in sight.
        let label = list.get().and_then(|list| list.query_selector(&format!("label[for=compare-{}]", mode.name())).ok().flatten());
        if let (Some(list), Some(label)) = (list.get(), label.and_then(|label| label.dyn_into::<HtmlElement>().ok())) {
            list.set_scroll_left(label.offset_left() - list.offset_left() - list.client_width() / 4);
        }
    });
    view! {
        <When holds=is_choice fallback=|| view! { <p class="note">"Only pictures can be laid over each other."</p> }.erased()>
            <fieldset class="tabs compare-modes with-script" node_ref=list>
                <legend class="visually-hidden">"How to compare"</legend>
                {CompareMode::ALL.into_iter().map(|mode| one(model, mode_change, mode)).collect_view()}
            </fieldset>
        </When>
        <When holds=is_pair>
            <div class="compare-pair with-script">
                <PairSelect model mode_change is_second=false />
                <PairSelect model mode_change is_second=true />
            </div>
        </When>
    }
    .into_any()
}

fn one(model: CompareModel, mode_change: ModeChange, mode: CompareMode) -> AnyView {
    let id = format!("compare-{}", mode.name());
    view! {
        <input
            type="radio"
            class="visually-hidden"
            name="compare-mode"
            id=id.clone()
            value=mode.name()
            prop:checked=memo(move || model.mode.get() == mode)
            checked=model.mode.get_untracked() == mode
            on:change=listener(move |_: ev::Event| mode_change.to_mode(mode))
        />
        <label for=id>{mode.words()}</label>
    }
    .into_any()
}

/// One of the two pictures that lie over each other. The other one's picture is exchanged for it.
#[component]
fn PairSelect(model: CompareModel, mode_change: ModeChange, is_second: bool) -> impl IntoView {
    let (id, letter) = if is_second { ("compare-b", "B") } else { ("compare-a", "A") };
    let place = memo(move || {
        let (first, second) = model.pair.get();
        if is_second { second } else { first }
    });
    let choose = move |event: ev::Event| {
        let Some(chosen) = event_target_value(&event).parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else { return };
        let (first, second) = model.pair.get_untracked();
        mode_change.to_pair(match (is_second, chosen) {
            (false, chosen) if chosen == second => (second, first),
            (false, chosen) => (chosen, second),
            (true, chosen) if chosen == first => (second, first),
            (true, chosen) => (first, chosen),
        });
    };
    view! {
        <label for=id>{letter}</label>
        {part(move || {
            let now = place.get();
            let choices = model.pictures.get().into_iter().map(|at| {
                view! { <option value=(at + 1).to_string() selected=at == now>{(at + 1).to_string()}</option> }.erased()
            });
            view! { <select id=id on:change=listener(choose)>{choices.collect_view()}</select> }.erased()
        })}
    }
    .into_any()
}
