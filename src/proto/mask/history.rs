//! Undo and redo: the tiles of each stroke as they were before it.

use std::collections::VecDeque;

use super::{grid::Mask, packed::PackedTile};
use crate::limits;

/// The tiles that a stroke changed, as they were before it (in `undone`: as they were after it).
#[derive(Clone, Debug, Default)]
struct Stroke(Vec<(usize, PackedTile)>);

impl Stroke {
    fn bytes(&self) -> usize {
        self.0.iter().map(|(_, tile)| tile.bytes() + size_of::<(usize, PackedTile)>()).sum()
    }

    /// Exchanges the tiles of the mask with those kept here. Calls `changed` for each.
    fn swap(&mut self, mask: &mut Mask, mut changed: impl FnMut(usize)) {
        for (index, kept) in &mut self.0 {
            let Some(tile) = mask.tiles.get_mut(*index) else { continue };
            let before = std::mem::replace(kept, PackedTile::of(tile));
            if let Some(restored) = before.unpack() {
                *tile = restored;
            }
            changed(*index);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    done: VecDeque<Stroke>,
    undone: Vec<Stroke>,
}

impl History {
    /// Adds a stroke. Nothing can be redone after it.
    pub fn push(&mut self, tiles: Vec<(usize, PackedTile)>) {
        self.undone.clear();
        self.done.push_back(Stroke(tiles));
        self.shorten();
    }

    /// Deflates at most so many tiles. Whether any was left to deflate.
    pub fn deflate(&mut self, tiles: usize) -> bool {
        let mut left = tiles;
        for stroke in self.done.iter_mut().rev().chain(self.undone.iter_mut().rev()) {
            for (_, tile) in &mut stroke.0 {
                if left == 0 {
                    return true;
                }
                if tile.deflate() {
                    left -= 1;
                }
            }
        }
        self.shorten();
        false
    }

    pub fn undo(&mut self, mask: &mut Mask, changed: impl FnMut(usize)) -> bool {
        let Some(mut stroke) = self.done.pop_back() else { return false };
        stroke.swap(mask, changed);
        self.undone.push(stroke);
        true
    }

    pub fn redo(&mut self, mask: &mut Mask, changed: impl FnMut(usize)) -> bool {
        let Some(mut stroke) = self.undone.pop() else { return false };
        stroke.swap(mask, changed);
        self.done.push_back(stroke);
        true
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    pub fn bytes(&self) -> usize {
        self.done.iter().chain(&self.undone).map(Stroke::bytes).sum()
    }

    /// Removes the oldest strokes over the limits. The last one stays, however large it is.
    fn shorten(&mut self) {
        let mut bytes = self.bytes();
        while self.done.len() > 1 && (self.done.len() > limits::MASK_STROKES || bytes > limits::MASK_HISTORY) {
            bytes -= self.done.pop_front().map_or(0, |stroke| stroke.bytes());
        }
    }
}
