//! The state of the driver, and what changes the mask.

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

use idb::Database;
use leptos::prelude::*;
use proto::{
    edit::PixelRect,
    mask::{Brush, BrushPoint, Painting, PixelBox, TileFacts},
};

use super::{
    overlay::MaskCanvas,
    touch::{Pair, Touches},
};
use crate::components::mask_editor::model::{EditedPicture, MaskEditorModel, PaintedMask};

#[derive(Clone)]
pub(super) struct DriverHandle(pub Rc<RefCell<Driver>>);

pub(super) struct Driver {
    pub picture: EditedPicture,
    pub painting: Painting,
    /// Of each tile of the mask.
    pub facts: Vec<TileFacts>,
    pub overlay: MaskCanvas,
    /// How often the mask was changed.
    pub revision: u32,
    /// Tiles whose picture on the canvas is old.
    pub to_draw: BTreeSet<usize>,
    /// What was painted and is not in the mask yet.
    pub input: VecDeque<PendingPaint>,
    pub gesture: Gesture,
    pub touches: Touches,
    /// A pen was used: fingers move the picture, so that a hand can rest on the screen.
    pub pen_seen: bool,
    /// Space is held over the picture.
    pub space_held: bool,
    /// All of the picture is shown, also when the window changes.
    pub fitted: bool,
    pub frame_requested: bool,
    pub draft: DraftState,
}

pub(super) enum PendingPaint {
    Line { brush: Brush, from: BrushPoint, to: BrushPoint, tiles: Option<VecDeque<usize>> },
    End,
}

#[derive(Default)]
pub(super) struct DraftState {
    pub database: Option<Rc<Database>>,
    /// The draft of before was looked up.
    pub known: bool,
    /// There are changes that are not stored.
    pub changed: bool,
    pub saving: bool,
}

/// What the pointers are doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gesture {
    None,
    Paint { pointer: i32, last: BrushPoint, erases: bool, since: f64 },
    Lasso { pointer: i32, erases: bool },
    Pan { pointer: i32, last: (f64, f64) },
    Pinch(Pair),
}

/// A second finger within this time means that the first one did not want to paint, milliseconds.
const SECOND_FINGER: f64 = 400.0;
/// The driver of the editor, once there is a picture. The model does not name its type, which depends on the model.
pub(super) fn handle(model: MaskEditorModel) -> Option<DriverHandle> {
    model.driver.try_get_value().flatten()?.downcast_ref::<DriverHandle>().cloned()
}

impl Driver {
    /// How the mask is shaped where it is seen. All of it is drawn anew.
    pub fn shape(&mut self, grow: u32, feather: u32) {
        if self.overlay.shape(grow, feather) {
            self.to_draw.extend(0..self.painting.mask().tile_count());
        }
    }

    /// Paints what waits, all of it.
    pub fn finish_input(&mut self) {
        while self.paint_some() {}
    }

    /// Paints one tile of what waits. Whether anything waited.
    pub fn paint_some(&mut self) -> bool {
        let Some(input) = self.input.pop_front() else { return false };
        match input {
            PendingPaint::End => {
                self.painting.end_stroke();
            }
            PendingPaint::Line { brush, from, to, tiles } => {
                let mut tiles = tiles.unwrap_or_else(|| VecDeque::from(self.painting.tiles_of(brush, from, to)));
                if let Some(tile) = tiles.pop_front() {
                    self.painting.draw_in(tile, brush, from, to);
                    if !tiles.is_empty() {
                        self.input.push_front(PendingPaint::Line { brush, from, to, tiles: Some(tiles) });
                    }
                }
            }
        }
        true
    }

    /// Whether the mask changed since the last frame.
    pub fn collect_changed(&mut self) -> bool {
        let changed = self.painting.take_changed();
        for tile in &changed {
            if let Some(facts) = self.facts.get_mut(*tile) {
                *facts = self.painting.mask().tile_facts(*tile);
            }
        }
        let (mask, overlay) = (self.painting.mask(), &self.overlay);
        let shown = changed.iter().flat_map(|tile| mask.tiles_in(overlay.reached(mask, *tile)));
        self.to_draw.extend(shown);
        self.revision += u32::from(!changed.is_empty());
        !changed.is_empty()
    }

    pub fn draw_one(&mut self) -> bool {
        let Some(tile) = self.to_draw.pop_first() else { return false };
        self.overlay.draw(self.painting.mask(), tile);
        true
    }

    pub fn painted(&self) -> PaintedMask {
        let mask = self.painting.mask();
        let bounds = self.facts.iter().filter_map(|facts| facts.bounds).reduce(PixelBox::with);
        let sum: u64 = self.facts.iter().map(|facts| facts.sum).sum();
        let all = 255 * u64::from(mask.width()) * u64::from(mask.height());
        PaintedMask {
            bounds: bounds.map(|area| PixelRect { x: area.left, y: area.top, width: area.width(), height: area.height() }),
            // What is painted at all is not nothing.
            permille: u32::try_from(sum * 1000 / all.max(1)).unwrap_or_default().max(u32::from(sum > 0)),
            can_undo: self.painting.can_undo(),
            can_redo: self.painting.can_redo(),
            known: self.draft.known,
            revision: self.revision,
        }
    }

    /// Ends what one finger began when a second one comes: a stroke of a moment ago is taken back.
    pub fn leave_gesture(&mut self, model: MaskEditorModel, now: f64) {
        match self.gesture {
            Gesture::Paint { since, .. } if now - since < SECOND_FINGER => {
                self.input.clear();
                self.painting.abandon_stroke();
            }
            Gesture::Paint { .. } => self.input.push_back(PendingPaint::End),
            Gesture::Lasso { .. } => model.lasso.set(Vec::new()),
            _ => {}
        }
        self.gesture = Gesture::None;
    }

    pub fn line(&mut self, model: MaskEditorModel, from: BrushPoint, to: BrushPoint, erases: bool) {
        let settings = model.settings.get_untracked();
        let brush = settings.brush(untrack(|| model.diameter()));
        self.input.push_back(PendingPaint::Line { brush: Brush { erases, ..brush }, from, to, tiles: None });
    }

    pub fn fill_at(&mut self, x: f32, y: f32) -> bool {
        self.finish_input();
        let inside = x >= 0.0 && y >= 0.0;
        // Casts from floats keep to the ends of the type.
        inside && self.painting.fill_at(x as u32, y as u32)
    }
}
