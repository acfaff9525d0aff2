//! What a person writes and draws about takes, until it is saved: of each take by itself, so that nothing is lost when another one is shown.

use std::collections::HashMap;

use leptos::prelude::*;
use serde_json::json;

use super::{super::page_data::SaveTrouble, player::Player};
use crate::components::reactive::memo;
use proto::{
    limits,
    production::{DrawnColor, DrawnLine, ProductionChange, ProjectId, Take, TakeId, TakeReview, views::DailiesTake},
};

/// Of one take.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ReviewDraft {
    pub version: u32,
    pub note: String,
    pub drawing: Vec<DrawnLine>,
}

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct ReviewDrafts {
    /// The take that is shown.
    pub take: Memo<Option<DailiesTake>>,
    drafts: RwSignal<HashMap<TakeId, ReviewDraft>>,
    /// The pointer draws.
    pub draws: RwSignal<bool>,
    /// A line is under way.
    pub is_drawing: RwSignal<bool>,
    pub color: RwSignal<DrawnColor>,
    pub trouble: RwSignal<SaveTrouble<Take>>,
}

impl ReviewDrafts {
    pub fn new(player: Player) -> Self {
        let take = memo(move || player.shot.with(|shot| shot.as_ref().and_then(|shot| shot.take.clone())));
        let trouble = RwSignal::new(SaveTrouble::None);
        let id = memo(move || take.with(|take| take.as_ref().map(|take| take.id)));
        // What was wrong with another take is not shown at this one.
        Effect::new(move |_| {
            id.get();
            trouble.set(SaveTrouble::None);
        });
        Self {
            take,
            drafts: RwSignal::default(),
            draws: RwSignal::new(false),
            is_drawing: RwSignal::new(false),
            color: RwSignal::default(),
            trouble,
        }
    }

    fn read<T: Default>(self, of_draft: impl FnOnce(&ReviewDraft) -> T, of_take: impl FnOnce(&DailiesTake) -> T) -> T {
        self.take.with(|take| {
            let Some(take) = take else { return T::default() };
            self.drafts.with(|drafts| match drafts.get(&take.id) {
                Some(draft) => of_draft(draft),
                None => of_take(take),
            })
        })
    }

    pub fn note(self) -> String {
        self.read(|draft| draft.note.clone(), |take| take.note.clone())
    }

    pub fn drawing(self) -> Vec<DrawnLine> {
        self.read(|draft| draft.drawing.clone(), |take| take.drawing.clone())
    }

    /// Whether there is anything to be saved.
    pub fn is_changed(self) -> bool {
        self.read(|_| true, |_| false)
    }

    /// Changes the draft of the take that is shown.
    pub fn change(self, change: impl FnOnce(&mut ReviewDraft)) {
        let Some(take) = self.take.get_untracked() else { return };
        let (version, note, drawing) = (take.version, take.note, take.drawing);
        self.drafts.update(|drafts| change(drafts.entry(take.id).or_insert(ReviewDraft { version, note, drawing })));
    }

    pub fn forget(self, take: TakeId) {
        self.drafts.update(|drafts| drop(drafts.remove(&take)));
    }

    pub fn begin_line(self, point: [u16; 2]) {
        let color = self.color.get_untracked();
        let points = self.drawing_points();
        if points >= limits::DRAWN_POINTS {
            return;
        }
        self.is_drawing.set(true);
        self.change(|draft| {
            if draft.drawing.len() < limits::DRAWN_LINES {
                draft.drawing.push(DrawnLine { color, points: vec![point] });
            }
        });
    }

    /// Goes on with the line, if the point is not too `near` to the last one.
    pub fn add_point(self, point: [u16; 2], near: u16) {
        if self.drawing_points() >= limits::DRAWN_POINTS {
            return self.is_drawing.set(false);
        }
        self.change(|draft| {
            let Some(line) = draft.drawing.last_mut() else { return };
            let is_far = line.points.last().is_none_or(|last| (0..2).any(|axis| last[axis].abs_diff(point[axis]) >= near));
            if is_far {
                line.points.push(point);
            }
        });
    }

    fn drawing_points(self) -> usize {
        let take = self.take.get_untracked().map(|take| take.id);
        let count = |draft: &ReviewDraft| draft.drawing.iter().map(|line| line.points.len()).sum();
        take.and_then(|take| self.drafts.with_untracked(|drafts| drafts.get(&take).map(count))).unwrap_or_default()
    }

    /// The change that saves it, with what people say of the take; `None`: that stays.
    pub fn save(self, project: ProjectId, review: Option<TakeReview>) -> Option<(TakeId, ProductionChange)> {
        let take = self.take.get_untracked()?;
        let draft = self.drafts.with_untracked(|drafts| drafts.get(&take.id).cloned());
        let version = draft.as_ref().map_or(take.version, |draft| draft.version);
        let mut fields = serde_json::Map::new();
        if let Some(draft) = draft {
            fields.insert("note".into(), draft.note.into());
            fields.insert("drawing".into(), json!(draft.drawing));
        }
        if let Some(review) = review {
            fields.insert("review".into(), json!(review));
        }
        let fields = serde_json::Value::Object(fields).to_string();
        Some((take.id, ProductionChange::ReviewTake { project, take: take.id, version: Some(version), fields }))
    }
}
