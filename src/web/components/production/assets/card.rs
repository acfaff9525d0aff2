//! One asset.

use leptos::{ev, prelude::*};

use super::{super::page_data::PageData, asset_draft::AssetDraft};
use crate::{
    base_path::with_base,
    components::{
        reactive::{Erased, listener, memo, part},
        words::count,
    },
};
use proto::production::views::{AssetCard, AssetsPage};

/// Its parts change by themselves: the card stays, and with it the focus.
pub(super) fn asset_card(data: PageData<AssetsPage>, draft: AssetDraft, key: u128) -> AnyView {
    let card = memo(move || data.with(|page| page.assets.iter().find(|card| card.id.0.as_u128() == key).cloned()));
    let of = move |read: fn(&AssetCard) -> String| memo(move || card.with(|card| card.as_ref().map(read).unwrap_or_default()));
    let edit = move |_: ev::MouseEvent| {
        if let Some(card) = card.get_untracked() {
            draft.edit(&card);
        }
    };
    let image = of(|card| card.fields.images.first().map(|id| with_base(&format!("/api/pictures/{id}"))).unwrap_or_default());
    let fragment = of(|card| card.fields.prompt_fragment.clone());
    let facts = memo(move || {
        card.with(|card| {
            let Some(card) = card else { return Vec::new() };
            let lora = card.fields.lora.as_ref().map(|lora| format!("{} × {}", lora.model_path, lora.weight));
            let facts = [
                ("Trigger word", card.fields.trigger_word.clone()),
                ("LoRA", lora.unwrap_or_default()),
                ("Training", card.fields.lora_training_status.clone().unwrap_or_default()),
            ];
            facts.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
        })
    });
    let uses = of(|card| {
        let number = |number: u32, one: &str, many: &str| count(usize::try_from(number).unwrap_or(usize::MAX), one, many);
        match (card.shots, card.scenes) {
            (0, 0) => "In no shot".into(),
            (0, scenes) => format!("Where {} happen{}", number(scenes, "scene", "scenes"), if scenes == 1 { "s" } else { "" }),
            (shots, 0) => format!("In {}", number(shots, "shot", "shots")),
            (shots, scenes) => format!("In {} and {}", number(scenes, "scene", "scenes"), number(shots, "shot", "shots")),
        }
    });
    let fact = |(term, value): (&'static str, String)| view! { <div><dt>{term}</dt><dd class="mono">{value}</dd></div> }.erased();
    view! {
        <li class="card asset">
            {part(move || match image.get() {
                none if none.is_empty() => ().into_any(),
                src => view! { <img src=src alt="" loading="lazy" /> }.erased(),
            })}
            <button type="button" class="asset-name" on:click=listener(edit)>
                {of(|card| card.fields.name.clone())}<span class="visually-hidden">", change"</span>
            </button>
            {part(move || if fragment.with(String::is_empty) { ().into_any() } else { view! { <p class="asset-fragment">{fragment}</p> }.erased() })}
            {part(move || match facts.get() {
                facts if facts.is_empty() => ().into_any(),
                facts => view! { <dl class="facts">{facts.into_iter().map(fact).collect_view()}</dl> }.erased(),
            })}
            <p class="note">{uses}</p>
        </li>
    }
    .erased()
}
