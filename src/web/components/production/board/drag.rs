//! Scenes and shots are dragged: onto the one that they come before, or onto the scene or chapter at whose end they go.

use leptos::{ev, prelude::*};

use super::{
    model::{BoardModel, BoardObject},
    moves::{NewPlace, move_scene, move_shot},
};
use crate::components::reactive::listener;

pub(super) fn start(model: BoardModel, what: BoardObject) -> Box<dyn FnMut(ev::DragEvent)> {
    listener(move |event: ev::DragEvent| {
        event.stop_propagation();
        model.dragged.set(Some(what));
        #[cfg(feature = "hydrate")]
        if let Some(data) = event.data_transfer() {
            // Firefox drags nothing that has no data.
            let _ = data.set_data("text/plain", &what.id());
        }
    })
}

pub(super) fn end(model: BoardModel) -> Box<dyn FnMut(ev::DragEvent)> {
    listener(move |_: ev::DragEvent| model.dragged.set(None))
}

/// Whether what is dragged can be dropped on this.
pub(super) fn accepts(model: BoardModel, on: BoardObject) -> bool {
    place(model.dragged.get(), on).is_some()
}

pub(super) fn over(model: BoardModel, on: BoardObject) -> Box<dyn FnMut(ev::DragEvent)> {
    listener(move |event: ev::DragEvent| {
        if place(model.dragged.get_untracked(), on).is_some() {
            event.prevent_default();
        }
    })
}

pub(super) fn dropped(model: BoardModel, on: BoardObject) -> Box<dyn FnMut(ev::DragEvent)> {
    listener(move |event: ev::DragEvent| {
        let dragged = model.dragged.get_untracked();
        let Some(mut place) = place(dragged, on) else { return };
        event.prevent_default();
        event.stop_propagation();
        model.dragged.set(None);
        match dragged {
            Some(BoardObject::Shot(shot)) => {
                if let BoardObject::Shot(before) = on {
                    place.parent = model.with_untracked(|board| board.shots.get(&before).map(|shot| shot.scene.to_string()));
                }
                move_shot(model, shot, Some(place));
            }
            Some(BoardObject::Scene(scene)) => {
                if let BoardObject::Scene(before) = on {
                    place.parent = model.with_untracked(|board| board.scenes.get(&before).map(|scene| scene.chapter.to_string()));
                }
                move_scene(model, scene, place);
            }
            _ => {}
        }
    })
}

/// Where what is dragged goes when it is dropped on this; its parent as far as that is known.
fn place(dragged: Option<BoardObject>, on: BoardObject) -> Option<NewPlace> {
    let (before, parent) = match (dragged?, on) {
        (BoardObject::Shot(shot), BoardObject::Shot(on)) if shot != on => (Some(on.to_string()), None),
        (BoardObject::Shot(_), BoardObject::Scene(scene)) => (None, Some(scene.to_string())),
        (BoardObject::Scene(scene), BoardObject::Scene(on)) if scene != on => (Some(on.to_string()), None),
        (BoardObject::Scene(_), BoardObject::Chapter(chapter)) => (None, Some(chapter.to_string())),
        _ => return None,
    };
    Some(NewPlace { before, parent })
}
