//! One asset.

use leptos::{ev, prelude::*};

use super::asset_draft::AssetDraft;
use crate::components::{
    reactive::{Erased, listener},
    words::count,
};
use proto::production::views::AssetCard;

pub(super) fn asset_card(draft: AssetDraft, card: AssetCard) -> AnyView {
    let fields = card.fields.clone();
    let image = fields.images.first().map(|id| view! { <img src=format!("/api/pictures/{id}") alt="" loading="lazy" /> }.erased());
    let uses = if card.shots > 0 {
        format!("In {}", count(usize::try_from(card.shots).unwrap_or(usize::MAX), "shot", "shots"))
    } else {
        "In no shot".into()
    };
    let lora = fields.lora.as_ref().map(|lora| format!("{} × {}", lora.model_path, lora.weight));
    let training = fields.lora_training_status.clone().filter(|status| !status.is_empty());
    view! {
        <li class="card asset">
            {image}
            <button type="button" class="asset-name" on:click=listener(move |_: ev::MouseEvent| draft.edit(&card))>
                {fields.name}<span class="visually-hidden">", change"</span>
            </button>
            {(!fields.prompt_fragment.is_empty()).then(|| view! { <p class="asset-fragment">{fields.prompt_fragment}</p> }.erased())}
            <dl class="facts">
                {(!fields.trigger_word.is_empty()).then(|| view! { <div><dt>"Trigger word"</dt><dd>{fields.trigger_word}</dd></div> }.erased())}
                {lora.map(|lora| view! { <div><dt>"LoRA"</dt><dd class="mono">{lora}</dd></div> }.erased())}
                {training.map(|status| view! { <div><dt>"Training"</dt><dd>{status}</dd></div> }.erased())}
            </dl>
            <p class="note">{uses}</p>
        </li>
    }
    .erased()
}
