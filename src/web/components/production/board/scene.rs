//! The head of a scene: its code, title and status, and the form for a new shot.

use leptos::prelude::*;
use serde_json::json;

use super::{
    add::AddForm,
    drag,
    head::{moved_by_keys, title_or_rename},
    model::{BoardModel, BoardObject},
    rename::MoreMenu,
};
use crate::components::{
    production::{address::board_url, form::fields, status::StatusSelect},
    reactive::memo,
    words::count,
};
use proto::production::{ObjectKind, ProductionChange, ReviewState, SceneId};

#[component]
pub(super) fn SceneHead(model: BoardModel, scene: SceneId) -> impl IntoView {
    let this = BoardObject::Scene(scene);
    let title = memo(move || model.with(|board| board.scenes.get(&scene).map(|scene| scene.title.clone()).unwrap_or_default()));
    let code = memo(move || model.with(|board| board.scenes.get(&scene).map(|scene| scene.code.to_string()).unwrap_or_default()));
    let status = memo(move || model.with(|board| board.scenes.get(&scene).map(|scene| scene.status).unwrap_or_default()));
    let shots = memo(move || {
        count(model.with(|board| board.shots.values().filter(|shot| shot.scene == scene && !shot.is_gone).count()), "shot", "shots")
    });
    let set_status = move |status: ReviewState| {
        let version = model.with_untracked(|board| board.scenes.get(&scene).map(|scene| scene.version));
        let word: &'static str = status.into();
        let change = ProductionChange::Change {
            project: model.project,
            kind: ObjectKind::Scene,
            id: scene.to_string(),
            version,
            fields: fields(&[("status", json!(word))]),
        };
        model.send("The status is not changed", change);
    };
    view! {
        <div
            class="board-scene"
            id=format!("scene-{scene}")
            data-scene-id=scene.to_string()
            draggable="true"
            class:drop-here=memo(move || drag::accepts(model, this))
            on:keydown=moved_by_keys(model, this)
            on:dragstart=drag::start(model, this)
            on:dragend=drag::end(model)
            on:dragover=drag::over(model, this)
            on:drop=drag::dropped(model, this)
        >
            <span class="production-code">{code}</span>
            {title_or_rename(model, this, title, |title| view! { <h3>{title}</h3> }.into_any())}
            <p class="note">{shots}</p>
            <div class="board-tools">
                <StatusSelect status name=memo(move || format!("Status of {}", code.get())) on_choose=set_status />
                <AddForm model kind=ObjectKind::Shot parent=scene.to_string() action=board_url(model.project) label="Add shot" />
                <MoreMenu model object=this title />
            </div>
        </div>
    }
    .into_any()
}
