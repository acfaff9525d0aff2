//! A shot on the board.

use leptos::{ev, prelude::*};
use serde_json::json;

use super::{
    card_state::CardState,
    drag,
    model::{BoardModel, BoardObject},
    moves,
    rename::{MoreMenu, Rename},
    window::{card_id, scroll_to},
};
use crate::{
    base_path::with_base,
    components::{
        dom,
        production::{address::shot_url, form::fields, status::StatusSelect},
        reactive::{Erased, When, listener, memo, part},
    },
};
use proto::production::{ObjectKind, ProductionChange, ReviewState, ShotId};

#[component]
pub(super) fn ShotCard(model: BoardModel, shot: ShotId) -> impl IntoView {
    let this = BoardObject::Shot(shot);
    let title = memo(move || model.with(|board| board.shots.get(&shot).map(|shot| shot.title.clone()).unwrap_or_default()));
    let name = memo(move || model.with(|board| board.shots.get(&shot).map(|shot| board.shot_name(shot)).unwrap_or_default()));
    let prompt = memo(move || model.with(|board| board.shots.get(&shot).map(|shot| shot.prompt.clone()).unwrap_or_default()));
    let status = memo(move || model.with(|board| board.shots.get(&shot).map(|shot| shot.status).unwrap_or_default()));
    let state = memo(move || model.fact(shot, |facts| facts.state));
    let thumbnail = memo(move || model.fact(shot, |facts| facts.thumbnail.clone()));
    let is_selected = memo(move || model.selected.with(|selected| selected.contains(&shot)));
    let is_stale = memo(move || model.stale.with(|stale| stale.contains(&shot)));
    let is_renamed = memo(move || model.renamed.get() == Some(this));
    let words = memo(move || match (title.get(), prompt.get()) {
        (title, prompt) if title.is_empty() => prompt,
        (title, _) => title,
    });
    let set_status = move |status: ReviewState| {
        let word: &'static str = status.into();
        let change = ProductionChange::Change {
            project: model.project,
            kind: ObjectKind::Shot,
            id: shot.to_string(),
            version: this.version(model),
            fields: fields(&[("status", json!(word))]),
        };
        model.send("The status is not changed", change);
    };
    let select = move |event: ev::Event| {
        let checked = event_target_checked(&event);
        model.selected.update(|selected| if checked { _ = selected.insert(shot) } else { _ = selected.remove(&shot) });
    };
    view! {
        <li
            class="shot-card card"
            data-shot-id=shot.to_string()
            data-state=memo(move || state.get().word())
            draggable="true"
            class:selected=is_selected
            class:drop-here=memo(move || drag::accepts(model, this))
            on:dragstart=drag::start(model, this)
            on:dragend=drag::end(model)
            on:dragover=drag::over(model, this)
            on:drop=drag::dropped(model, this)
        >
            <a class="shot-link" id=card_id(shot) href=shot_url(model.project, shot) on:keydown=on_key(model, shot)>
                <span class="shot-picture">
                    {part(move || match thumbnail.get() {
                        Some(thumbnail) => view! { <img src=with_base(&thumbnail) alt="" loading="lazy" draggable="false" /> }.erased(),
                        None => view! { <span class="shot-no-picture note">{prompt}</span> }.erased(),
                    })}
                </span>
                <span class="shot-name">
                    <span class="production-code">{name}</span>
                    <span class="shot-title">{words}</span>
                </span>
            </a>
            <label class="shot-select with-script">
                <input
                    type="checkbox"
                    aria-label=memo(move || format!("Select {}", name.get()))
                    prop:checked=is_selected
                    on:change=listener(select)
                />
            </label>
            <When holds=is_renamed><Rename model object=this title /></When>
            <CardState model shot state />
            <When holds=is_stale><span class="stale-mark" title="A part of its prompt has changed since">"Stale"</span></When>
            <div class="shot-foot">
                <StatusSelect status name=memo(move || format!("Status of {}", name.get())) on_choose=set_status />
                <MoreMenu model object=this title=name />
            </div>
        </li>
    }
    .into_any()
}

/// Arrows go to the card beside it; with Alt they move the shot.
fn on_key(model: BoardModel, shot: ShotId) -> Box<dyn FnMut(ev::KeyboardEvent)> {
    listener(move |event: ev::KeyboardEvent| {
        let (right, down) = match event.key().as_str() {
            "ArrowLeft" => (-1, 0),
            "ArrowRight" => (1, 0),
            "ArrowUp" => (0, -1),
            "ArrowDown" => (0, 1),
            _ => return,
        };
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        // Also where nothing moves: in some browsers these keys leave the page.
        event.prevent_default();
        if event.alt_key() {
            return if down == 0 { moves::step_shot(model, shot, right) } else { moves::to_scene(model, shot, down) };
        }
        if let Some(next) = model.lines.with_untracked(|lines| lines.beside(shot, right, down)) {
            scroll_to(model, next);
            request_animation_frame(move || dom::focus(&card_id(next)));
        }
    })
}
