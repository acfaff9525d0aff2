//! A mask that is being painted: its strokes, undo and redo, and which tiles have to be drawn again.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    brush::{Brush, BrushPoint, Segment},
    flood,
    grid::Mask,
    history::History,
    packed::PackedTile,
    polygon,
    tile::Tile,
};

#[derive(Clone, Debug)]
pub struct Painting {
    mask: Mask,
    history: History,
    /// The tiles of the stroke in progress, as they were before it.
    stroke: BTreeMap<usize, PackedTile>,
    changed: BTreeSet<usize>,
}

impl Painting {
    /// Begins with a mask. Nothing can be undone, and everything has to be drawn.
    #[must_use]
    pub fn new(mask: Mask) -> Self {
        let changed = (0..mask.tile_count()).collect();
        Self { mask, history: History::default(), stroke: BTreeMap::new(), changed }
    }

    #[must_use]
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Draws a line with a brush. It belongs to the stroke in progress, until [`end_stroke`](Self::end_stroke).
    pub fn draw(&mut self, brush: Brush, from: BrushPoint, to: BrushPoint) {
        for tile in self.tiles_of(brush, from, to) {
            self.draw_in(tile, brush, from, to);
        }
    }

    /// The tiles that this line may change.
    #[must_use]
    pub fn tiles_of(&self, brush: Brush, from: BrushPoint, to: BrushPoint) -> Vec<usize> {
        let Some(segment) = Segment::new(brush, from, to) else { return Vec::new() };
        let area = segment.area(self.mask.width(), self.mask.height());
        self.mask.tiles_in(area).filter(|tile| segment.touches(&self.mask, *tile)).collect()
    }

    /// Draws what one tile has of a line: a large brush is many tiles, and a page may want to draw some of them later.
    pub fn draw_in(&mut self, tile: usize, brush: Brush, from: BrushPoint, to: BrushPoint) {
        if let Some(segment) = Segment::new(brush, from, to).filter(|segment| segment.touches(&self.mask, tile)) {
            self.save(tile);
            segment.draw(&mut self.mask, tile);
        }
    }

    /// Ends the stroke in progress: it can be undone as a whole. Whether it changed anything.
    pub fn end_stroke(&mut self) -> bool {
        let before = std::mem::take(&mut self.stroke);
        for index in before.keys() {
            self.mask.normalise(*index);
        }
        let tiles: Vec<_> = before.into_iter().filter(|(index, before)| is_changed(before, self.mask.tiles.get(*index))).collect();
        if tiles.is_empty() {
            return false;
        }
        self.history.push(tiles);
        true
    }

    /// Takes the stroke in progress back, as if it had not begun.
    pub fn abandon_stroke(&mut self) {
        for (index, before) in std::mem::take(&mut self.stroke) {
            self.changed.insert(index);
            if let (Some(tile), Some(restored)) = (self.mask.tiles.get_mut(index), before.unpack()) {
                *tile = restored;
            }
        }
    }

    /// Fills what the pixel lies in, up to where the mask is half covered. Takes that away instead, if the pixel is covered.
    pub fn fill_at(&mut self, x: u32, y: u32) -> bool {
        self.end_stroke();
        for (index, tile) in flood::flood(&self.mask, x, y) {
            self.replace(index, tile);
        }
        self.end_stroke()
    }

    /// Fills the inside of a line that is closed from its last point to its first, or takes it away.
    pub fn fill_polygon(&mut self, points: &[(f32, f32)], erases: bool) -> bool {
        self.end_stroke();
        for (index, tile) in polygon::fill(&self.mask, points, erases) {
            self.replace(index, tile);
        }
        self.end_stroke()
    }

    /// Sets all pixels to one value.
    pub fn set_all(&mut self, value: u8) -> bool {
        self.end_stroke();
        for index in 0..self.mask.tile_count() {
            if !matches!(self.mask.tiles.get(index), Some(Tile::Uniform(before)) if *before == value) {
                self.replace(index, Tile::Uniform(value));
            }
        }
        self.end_stroke()
    }

    /// Takes over another mask of the same size. Whether it differs from this one, and has the same size.
    pub fn set_mask(&mut self, mask: &Mask) -> bool {
        self.end_stroke();
        if (mask.width(), mask.height()) != (self.mask.width(), self.mask.height()) || *mask == self.mask {
            return false;
        }
        for (index, tile) in mask.tiles.iter().enumerate() {
            if self.mask.tiles.get(index) != Some(tile) {
                self.replace(index, tile.clone());
            }
        }
        self.end_stroke()
    }

    /// What may change stays as it is, and the other way round.
    pub fn invert(&mut self) -> bool {
        self.end_stroke();
        for index in 0..self.mask.tile_count() {
            self.save(index);
            if let Some(tile) = self.mask.tiles.get_mut(index) {
                tile.invert();
            }
        }
        self.end_stroke()
    }

    /// Takes the last stroke back. Whether there was one.
    pub fn undo(&mut self) -> bool {
        self.end_stroke();
        let changed = &mut self.changed;
        self.history.undo(&mut self.mask, |index| {
            changed.insert(index);
        })
    }

    /// Does the last stroke that was taken back once more. Whether there was one.
    pub fn redo(&mut self) -> bool {
        self.end_stroke();
        let changed = &mut self.changed;
        self.history.redo(&mut self.mask, |index| {
            changed.insert(index);
        })
    }

    #[must_use]
    pub fn can_undo(&self) -> bool {
        self.history.can_undo() || !self.stroke.is_empty()
    }

    #[must_use]
    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// What undo and redo occupy, bytes.
    #[must_use]
    pub fn history_bytes(&self) -> usize {
        self.history.bytes()
    }

    /// Makes at most so many tiles of undo and redo smaller, when there is time for it. Whether there is more to do.
    pub fn tidy(&mut self, tiles: usize) -> bool {
        self.history.deflate(tiles)
    }

    /// The tiles that changed since this was called last, in ascending order.
    pub fn take_changed(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.changed)
    }

    fn replace(&mut self, index: usize, tile: Tile) {
        self.save(index);
        if let Some(place) = self.mask.tiles.get_mut(index) {
            *place = tile;
        }
    }

    /// Before a tile is changed.
    fn save(&mut self, index: usize) {
        self.changed.insert(index);
        if let Some(tile) = self.mask.tiles.get(index) {
            self.stroke.entry(index).or_insert_with(|| PackedTile::of(tile));
        }
    }
}

fn is_changed(before: &PackedTile, now: Option<&Tile>) -> bool {
    match (before, now) {
        (PackedTile::Uniform(before), Some(Tile::Uniform(now))) => before != now,
        (PackedTile::Raw(before), Some(Tile::Pixels(now))) => before != now,
        _ => true,
    }
}
