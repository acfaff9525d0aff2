//! Chapters, scenes and shots change their places.

use leptos::prelude::*;
use proto::production::{Board, BoardShot, ChapterId, ObjectKind, ProductionChange, SceneId, ShotId};

use super::{
    model::{BoardModel, BoardObject},
    window::{card_id, scroll_to},
};
use crate::components::dom;

/// Where something goes: before another one, or to the end; of a scene or chapter, or of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewPlace {
    pub before: Option<String>,
    pub parent: Option<String>,
}

/// One place earlier (−1) or later (1) in a list of ids. `None`: it is the first or the last.
fn step_in<T: PartialEq + ToString>(ids: &[T], id: &T, step: isize) -> Option<NewPlace> {
    let at = ids.iter().position(|other| other == id)?;
    let to = at.checked_add_signed(step).filter(|to| *to < ids.len())?;
    // After the one behind it is before the one after that.
    let before = if step < 0 { ids.get(to) } else { ids.get(to + 1) };
    Some(NewPlace { before: before.map(ToString::to_string), parent: None })
}

fn send(model: BoardModel, kind: ObjectKind, id: String, place: NewPlace, then: impl Fn() + Send + Sync + 'static) {
    let NewPlace { before, parent } = place;
    let change = ProductionChange::Move { project: model.project, kind, id, version: None, before, parent };
    model.client.send("Not moved", change, move |event| {
        model.changed(event);
        then();
    });
}

/// One place earlier (−1) or later (1).
pub(super) fn step(model: BoardModel, object: BoardObject, step: isize) {
    match object {
        BoardObject::Chapter(chapter) => step_chapter(model, chapter, step),
        BoardObject::Scene(scene) => step_scene(model, scene, step),
        BoardObject::Shot(shot) => step_shot(model, shot, step),
    }
}

fn step_chapter(model: BoardModel, chapter: ChapterId, step: isize) {
    let ids: Vec<ChapterId> = model.with_untracked(|board| board.chapters_in_order().iter().map(|chapter| chapter.id).collect());
    match step_in(&ids, &chapter, step) {
        Some(place) => send(model, ObjectKind::Chapter, chapter.to_string(), place, move || say_place(model, "The chapter", None)),
        None => say_end(model),
    }
}

/// Within its chapter; over its end into the next one.
fn step_scene(model: BoardModel, scene: SceneId, step: isize) {
    let place = model.with_untracked(|board| {
        let chapter = board.scenes.get(&scene)?.chapter;
        let ids: Vec<SceneId> = board.scenes_of(chapter).iter().map(|scene| scene.id).collect();
        step_in(&ids, &scene, step).or_else(|| {
            let chapters = board.chapters_in_order();
            let at = chapters.iter().position(|other| other.id == chapter)?;
            let next = chapters.get(at.checked_add_signed(step)?)?.id;
            let before = if step < 0 { None } else { board.scenes_of(next).first().map(|scene| scene.id.to_string()) };
            Some(NewPlace { before, parent: Some(next.to_string()) })
        })
    });
    match place {
        Some(place) => send(model, ObjectKind::Scene, scene.to_string(), place, move || say_place(model, "The scene", None)),
        None => say_end(model),
    }
}

/// The scenes of a board, in the order of the story.
fn scenes(board: &Board) -> Vec<SceneId> {
    board.chapters_in_order().iter().flat_map(|chapter| board.scenes_of(chapter.id)).map(|scene| scene.id).collect()
}

fn shots_of(board: &Board, scene: SceneId) -> Vec<ShotId> {
    let mut shots: Vec<&BoardShot> = board.shots.values().filter(|shot| shot.scene == scene && !shot.is_gone).collect();
    shots.sort_by_key(|shot| (shot.position, shot.id));
    shots.into_iter().map(|shot| shot.id).collect()
}

/// Within its scene.
pub(super) fn step_shot(model: BoardModel, shot: ShotId, step: isize) {
    let place = model.with_untracked(|board| step_in(&shots_of(board, board.shots.get(&shot)?.scene), &shot, step));
    move_shot(model, shot, place);
}

/// Into the scene before (−1) or after (1): to its end, or to its beginning.
pub(super) fn to_scene(model: BoardModel, shot: ShotId, step: isize) {
    let place = model.with_untracked(|board| {
        let scenes = scenes(board);
        let at = scenes.iter().position(|scene| Some(*scene) == board.shots.get(&shot).map(|shot| shot.scene))?;
        let scene = *scenes.get(at.checked_add_signed(step)?)?;
        let before = if step < 0 { None } else { shots_of(board, scene).first().map(ToString::to_string) };
        Some(NewPlace { before, parent: Some(scene.to_string()) })
    });
    move_shot(model, shot, place);
}

pub(super) fn move_shot(model: BoardModel, shot: ShotId, place: Option<NewPlace>) {
    match place {
        Some(place) => send(model, ObjectKind::Shot, shot.to_string(), place, move || {
            say_place(model, "", Some(shot));
            scroll_to(model, shot);
            // Its card may be drawn anew, in another line.
            request_animation_frame(move || request_animation_frame(move || dom::focus(&card_id(shot))));
        }),
        None => say_end(model),
    }
}

/// Before another one, or to the end of a chapter.
pub(super) fn move_scene(model: BoardModel, scene: SceneId, place: NewPlace) {
    send(model, ObjectKind::Scene, scene.to_string(), place, move || say_place(model, "The scene", None));
}

fn say_end(model: BoardModel) {
    model.client.said.set("There is no place further on.".into());
}

/// For screen readers.
fn say_place(model: BoardModel, what: &str, shot: Option<ShotId>) {
    let words = model.with_untracked(|board| {
        let shot = board.shots.get(&shot?)?;
        let shots = shots_of(board, shot.scene);
        let at = shots.iter().position(|other| *other == shot.id)? + 1;
        Some(format!("{} is shot {at} of {} in {}.", board.shot_name(shot), shots.len(), board.scenes.get(&shot.scene)?.code))
    });
    let _ = model.client.said.try_set(words.unwrap_or_else(|| format!("{what} is moved.")));
}

#[cfg(test)]
mod tests {
    use super::{NewPlace, step_in};

    #[test]
    fn a_step_is_told_by_what_comes_after_it() {
        let before = |id: Option<i32>| Some(NewPlace { before: id.map(|id| id.to_string()), parent: None });
        let ids = [1, 2, 3];
        assert_eq!([step_in(&ids, &1, 1), step_in(&ids, &2, 1), step_in(&ids, &3, 1)], [before(Some(3)), before(None), None]);
        assert_eq!([step_in(&ids, &1, -1), step_in(&ids, &2, -1), step_in(&ids, &3, -1)], [None, before(Some(1)), before(Some(2))]);
    }
}
