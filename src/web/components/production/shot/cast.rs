//! What is in the shot, and the emotional beat of its scene.

use leptos::{ev, prelude::*};
use proto::production::{AssetId, AssetKind, CastId, ObjectKind, ProductionChange};
use serde_json::{Value, json};

use super::model::ShotModel;
use crate::components::{
    icon::{Glyph, Icon},
    production::form::fields,
    reactive::{Erased, listener, memo, part},
};

fn kind_words(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Character => "Character",
        AssetKind::Style => "Style",
        AssetKind::Location => "Location",
        AssetKind::Prop => "Prop",
        AssetKind::Sound => "Sound",
    }
}

#[component]
pub(super) fn CastPanel(model: ShotModel) -> impl IntoView {
    // In the order in which they are in prompts.
    let cast = memo(move || {
        model.with(|view| {
            let asset = |id| view.assets.0.iter().find(|asset| asset.id == id && asset.stamp.deleted_at.is_none());
            let mut casts: Vec<_> = view.casts.0.iter().filter(|cast| cast.stamp.deleted_at.is_none()).collect();
            casts.sort_by_key(|cast| (cast.position, cast.id));
            let named = casts.into_iter().filter_map(|cast| Some((cast.id, asset(cast.asset)?)));
            named.map(|(id, asset)| (id, asset.id, asset.fields.kind, asset.fields.name.clone())).collect::<Vec<_>>()
        })
    });
    let others = memo(move || {
        let here: Vec<AssetId> = cast.get().into_iter().map(|(_, asset, ..)| asset).collect();
        model.with(|view| {
            let free = view.assets.0.iter().filter(|asset| asset.stamp.deleted_at.is_none() && !here.contains(&asset.id));
            free.map(|asset| (asset.id, asset.fields.kind, asset.fields.name.clone())).collect::<Vec<_>>()
        })
    });
    let beats = memo(move || {
        let now = model.with(|view| view.scene.0.fields.emotional_beat.clone());
        let named = model.with(|view| {
            let there = view.beats.0.iter().filter(|beat| beat.stamp.deleted_at.is_none());
            there.map(|beat| beat.fields.beat.clone()).collect::<Vec<_>>()
        });
        (now, named)
    });
    let remove = move |cast: CastId| {
        let change = ProductionChange::Trash { project: model.project, kind: ObjectKind::Cast, id: cast.to_string(), version: None };
        model.send("Not removed", change);
    };
    let add = move |event: ev::Event| {
        let Ok(asset) = event_target_value(&event).parse::<AssetId>() else { return };
        let change = ProductionChange::Create {
            project: model.project,
            kind: ObjectKind::Cast,
            parent: Some(model.shot.to_string()),
            name: Some(asset.to_string()),
            before: None,
            fields: String::new(),
        };
        model.send("Not added", change);
    };
    let choose_beat = move |event: ev::Event| {
        let chosen = event_target_value(&event);
        let value = if chosen.is_empty() { Value::Null } else { json!(chosen) };
        let (id, version) = model.with_untracked(|view| (view.scene.0.id.to_string(), view.scene.0.stamp.version));
        let fields = fields(&[("emotional_beat", value)]);
        let change = ProductionChange::Change { project: model.project, kind: ObjectKind::Scene, id, version: Some(version), fields };
        model.send("The beat is not changed", change);
    };
    view! {
        <section class="card shot-cast" aria-labelledby="cast-title">
            <h2 id="cast-title">"Cast and beat"</h2>
            {part(move || {
                let rows: Vec<_> = cast.get().into_iter().map(|(id, _, kind, name)| view! {
                    <li>
                        <span>{name.clone()}</span>
                        <span class="note">{kind_words(kind)}</span>
                        <button
                            type="button"
                            class="icon-button with-script"
                            aria-label=format!("Remove {name}")
                            on:click=listener(move |_: ev::MouseEvent| remove(id))
                        >
                            <Icon glyph=Glyph::Cross />
                        </button>
                    </li>
                }.erased()).collect();
                if rows.is_empty() {
                    view! { <p class="note">"Nobody is in this shot yet."</p> }.erased()
                } else {
                    view! { <ul class="production-list" aria-label="Cast">{rows}</ul> }.into_any()
                }
            })}
            {part(move || {
                let others = others.get();
                if others.is_empty() {
                    return view! { <p class="note with-script">"Characters, places and styles of the project can be added here, once there are any."</p> }.erased();
                }
                let options: Vec<_> = others.into_iter().map(|(id, kind, name)| view! {
                    <option value=id.to_string()>{format!("{name} ({})", kind_words(kind).to_lowercase())}</option>
                }.erased()).collect();
                view! {
                    <div class="field with-script">
                        <label for="add-cast">"Add to the shot"</label>
                        <select id="add-cast" prop:value="" on:change=listener(add)>
                            <option value="" selected>"Choose…"</option>
                            {options}
                        </select>
                    </div>
                }.erased()
            })}
            {part(move || {
                let (now, mut named) = beats.get();
                named.extend(now.clone().filter(|now| !named.contains(now)));
                let is_none = now.is_none();
                let options: Vec<_> = named.into_iter().map(|name| {
                    let selected = Some(&name) == now.as_ref();
                    let value = name.clone();
                    view! { <option value=value selected=selected>{name}</option> }.erased()
                }).collect();
                view! {
                    <div class="field with-script">
                        <label for="shot-beat">"Emotional beat of the scene"</label>
                        <select id="shot-beat" on:change=listener(choose_beat)>
                            <option value="" selected=is_none>"None"</option>
                            {options}
                        </select>
                    </div>
                }.erased()
            })}
        </section>
    }
    .into_any()
}
