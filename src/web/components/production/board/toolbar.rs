//! What can be done with the shots that are selected.

use leptos::{ev, prelude::*};
use proto::production::{GenerateOrder, ObjectKind, ProductionChange, QualityPreset, ReviewState, ShotId};
use serde_json::json;

use super::model::BoardModel;
use crate::components::{
    icon::{Glyph, Icon},
    production::{
        client::order_id,
        form::fields,
        words::{QUALITIES, quality_words, review_words},
    },
    reactive::{Erased, When, listener, memo},
    words::count,
};

/// At the lower edge of the window, while anything is selected.
#[component]
pub(super) fn SelectionBar(model: BoardModel) -> impl IntoView {
    let number = memo(move || model.selected.with(std::collections::BTreeSet::len));
    let some = memo(move || number.get() > 0);
    view! {
        <When holds=some>
            <div class="board-selection card with-script" role="group" aria-label="Selected shots">
                <p role="status">{memo(move || format!("{} selected", count(number.get(), "shot", "shots")))}</p>
                <span class="board-selection-label note">"Generate"</span>
                {QUALITIES.into_iter().map(|quality| generate_button(model, quality)).collect_view()}
                <StatusOfAll model />
                <button type="button" class="button" on:click=listener(move |_| select_all(model))>"Select all shown"</button>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Select nothing"
                    on:click=listener(move |_| model.selected.update(std::collections::BTreeSet::clear))
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
        </When>
    }
    .erased()
}

fn select_all(model: BoardModel) {
    let shown = model.lines.with_untracked(|lines| lines.shots.clone());
    model.selected.set(shown.into_iter().collect());
}

/// Those that are selected, in the order of the board.
fn selected(model: BoardModel) -> Vec<ShotId> {
    model.selected.with_untracked(|selected| {
        let mut shots: Vec<ShotId> =
            model.lines.with_untracked(|lines| lines.shots.iter().copied().filter(|shot| selected.contains(shot)).collect());
        // What a filter hides is selected, too.
        let hidden: Vec<ShotId> = selected.iter().copied().filter(|shot| !shots.contains(shot)).collect();
        shots.extend(hidden);
        shots
    })
}

fn generate_button(model: BoardModel, quality: QualityPreset) -> AnyView {
    let generate = move |_: ev::MouseEvent| {
        let order = GenerateOrder {
            project: model.project,
            id: order_id(),
            shots: selected(model),
            node: None,
            quality: Some(quality),
            off: Vec::new(),
            note: String::new(),
            redo: None,
        };
        model.client.generate(order, move || {
            let _ = model.selected.try_update(std::collections::BTreeSet::clear);
        });
    };
    view! {
        <button
            type="button"
            class="button"
            class:accent=quality == QualityPreset::Standard
            disabled=memo(move || model.client.under_way.get() > 0)
            aria-label=format!("Generate in {} quality", quality_words(quality).to_lowercase())
            on:click=listener(generate)
        >
            {quality_words(quality)}
        </button>
    }
    .erased()
}

/// Sets the status of all that are selected.
#[component]
fn StatusOfAll(model: BoardModel) -> impl IntoView {
    let choose = move |event: ev::Event| {
        let Ok(status) = event_target_value(&event).parse::<ReviewState>() else { return };
        let word: &'static str = status.into();
        for shot in selected(model) {
            let change = ProductionChange::Change {
                project: model.project,
                kind: ObjectKind::Shot,
                id: shot.to_string(),
                version: None,
                fields: fields(&[("status", json!(word))]),
            };
            model.send("The status is not changed", change);
        }
    };
    let options: Vec<_> = ReviewState::ALL
        .into_iter()
        .map(|state| {
            let word: &'static str = state.into();
            view! { <option value=word>{review_words(state)}</option> }.erased()
        })
        .collect();
    view! {
        <select class="status-select" aria-label="Status of the selected shots" prop:value="" on:change=listener(choose)>
            <option value="" selected>"Set status…"</option>
            {options}
        </select>
    }
    .erased()
}
