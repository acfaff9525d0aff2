//! The lines of a board, of which only those near the window are drawn.

use leptos::{html, prelude::*};

use super::{
    card::ShotCard,
    chapter::ChapterHead,
    lines::{BoardLine, DrawnLines},
    model::BoardModel,
    scene::SceneHead,
    window::{BOARD_LIST, measure, set_height},
};
use crate::components::reactive::{Erased, memo, rows};
use proto::production::{SceneId, ShotId};

/// How much of the board is above the window, and how much the window shows, in CSS pixels.
type BoardWindow = Option<(u64, u64)>;

#[component]
pub(super) fn BoardList(model: BoardModel) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let (above, below) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let window = RwSignal::new(BoardWindow::None);
    let drawn = memo(move || {
        let (top, height) = window.get().unwrap_or_default();
        model.lines.with(|lines| lines.drawn(top, height))
    });
    let keys = memo(move || {
        let drawn: DrawnLines = drawn.get();
        model.lines.with(|lines| lines.keys(drawn))
    });
    let look = move || {
        let Some(list) = list.get_untracked() else { return };
        let Some((sizes, seen)) = measure(&list) else { return };
        if model.sizes.get_untracked() != Some(sizes) {
            model.sizes.set(Some(sizes));
        }
        if window.get_untracked() != Some(seen) {
            window.set(Some(seen));
        }
    };
    Effect::new(move |_| {
        // What the server drew is there before the first look.
        list.track();
        look();
    });
    for event in ["scroll", "resize"] {
        let handle = window_event_listener_untyped(event, move |_| look());
        on_cleanup(move || handle.remove());
    }
    Effect::new(move |_| {
        let drawn = drawn.get();
        for (space, height) in [(above, drawn.above), (below, drawn.below)] {
            if let Some(space) = space.get() {
                set_height(&space, height);
            }
        }
    });
    view! {
        <div class="board-list" id=BOARD_LIST node_ref=list>
            <div class="board-space" node_ref=above aria-hidden="true"></div>
            {rows(keys, move |key| line(model, key))}
            <div class="board-space" node_ref=below aria-hidden="true"></div>
        </div>
    }
    .into_any()
}

fn line(model: BoardModel, key: u128) -> AnyView {
    match model.lines.with_untracked(|lines| lines.line(key).cloned()) {
        Some(BoardLine::Chapter(chapter)) => view! { <ChapterHead model chapter /> }.into_any(),
        Some(BoardLine::Scene(scene)) => view! { <SceneHead model scene /> }.into_any(),
        Some(BoardLine::Cards { scene, first, .. }) => cards(model, key, scene, first),
        None => ().into_any(),
    }
}

/// The cards of a line, which change while it stays.
fn cards(model: BoardModel, key: u128, scene: SceneId, first: usize) -> AnyView {
    let shots = memo(move || -> Vec<u128> {
        match model.lines.with(|lines| lines.line(key).cloned()) {
            Some(BoardLine::Cards { shots, .. }) => shots.into_iter().map(|shot| shot.0.as_u128()).collect(),
            _ => Vec::new(),
        }
    });
    let label = memo(move || {
        let code = model.with(|board| board.scenes.get(&scene).map(|scene| scene.code.to_string()));
        format!("Shots of {}, from {}", code.unwrap_or_default(), first + 1)
    });
    view! {
        <ul class="board-cards" aria-label=label>
            {rows(shots, move |shot| view! { <ShotCard model shot=ShotId(shot_uuid(shot)) /> }.into_any())}
        </ul>
    }
    .erased()
}

fn shot_uuid(shot: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(shot)
}
