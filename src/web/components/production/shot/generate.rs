//! New takes: low, standard or high quality.

use leptos::{ev, prelude::*};
use proto::production::{GenerateOrder, QualityPreset, TakeId};

use super::model::ShotModel;
use crate::components::{
    production::{
        address::shot_url,
        client::order_id,
        words::{QUALITIES, quality_words},
    },
    reactive::{Erased, listener, memo},
};

/// Starts a take with the prompt as it is shown. `redo`: makes that take again, as it was then.
pub(super) fn start(model: ShotModel, quality: Option<QualityPreset>, note: String, redo: Option<TakeId>) {
    let node = untrack(|| model.node()).map(|node| node.node_id);
    let shots = if node.is_some() { Vec::new() } else { vec![model.shot] };
    // One that is made again has the prompt that it had.
    let off = if redo.is_some() { Vec::new() } else { model.off.with_untracked(|off| off.iter().cloned().collect()) };
    let order = GenerateOrder { project: model.project, id: order_id(), shots, node, quality, off, note, redo };
    // What is being made is looked at.
    model.client.generate(order, move || _ = model.looked_at.try_set(None));
}

#[component]
pub(super) fn GeneratePanel(model: ShotModel) -> impl IntoView {
    let quality = memo(move || {
        let of_node = model.node().and_then(|node| node.fields.quality_preset);
        of_node.unwrap_or_else(|| model.with(|view| view.project.0.fields.default_quality))
    });
    let button = move |preset: QualityPreset| {
        let value: &'static str = preset.into();
        let act = move |event: ev::MouseEvent| {
            event.prevent_default();
            start(model, Some(preset), String::new(), None);
        };
        view! {
            <button
                class="button"
                class:accent=memo(move || quality.get() == preset)
                name="quality"
                value=value
                disabled=memo(move || model.client.under_way.get() > 0)
                on:click=listener(act)
            >
                {quality_words(preset)}
            </button>
        }
        .erased()
    };
    view! {
        <section class="card" aria-labelledby="generate-title">
            <h2 id="generate-title">"Generate a take"</h2>
            <form class="production-buttons" method="post" action=shot_url(model.project, model.shot)>
                <input type="hidden" name="do" value="generate" />
                {QUALITIES.into_iter().map(button).collect_view()}
            </form>
            <p class="note">"Low is quick, for ideas. A take in high with the same seed shows the same picture, finer."</p>
        </section>
    }
    .into_any()
}
