//! The mask as a grid of tiles.

use super::{
    pixel_box::PixelBox,
    tile::{SIDE, TILE, Tile},
};
use crate::limits;

/// What is painted in a tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TileFacts {
    /// The smallest box with all pixels that are not 0.
    pub bounds: Option<PixelBox>,
    /// The sum of its values.
    pub sum: u64,
}

/// See the [module](super).
#[derive(Clone, Debug)]
pub struct Mask {
    width: u32,
    height: u32,
    columns: u32,
    pub(super) tiles: Vec<Tile>,
}

impl Mask {
    /// An empty one: all 0. Sizes outside of 1 to [`limits::MASK_SIDE`] become the nearest of these.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.clamp(1, limits::MASK_SIDE), height.clamp(1, limits::MASK_SIDE));
        let columns = width.div_ceil(TILE);
        let tiles = columns as usize * height.div_ceil(TILE) as usize;
        Self { width, height, columns, tiles: vec![Tile::Uniform(0); tiles] }
    }

    /// A mask with these values, row by row. `None`: they are not `width` × `height`, or a side is longer than [`limits::MASK_SIDE`].
    #[must_use]
    pub fn from_values(width: u32, height: u32, values: &[u8]) -> Option<Self> {
        let mut mask = Self::new(width, height);
        if (mask.width, mask.height) != (width, height) || values.len() != width as usize * height as usize {
            return None;
        }
        for index in 0..mask.tile_count() {
            let area = mask.tile_box(index);
            let tile = mask.tiles.get_mut(index)?;
            for (row, y) in tile.pixels_mut().chunks_exact_mut(SIDE).zip(area.top..area.bottom) {
                let from = y as usize * width as usize + area.left as usize;
                let values = values.get(from..from + area.width() as usize)?;
                row.get_mut(..values.len())?.copy_from_slice(values);
            }
            mask.normalise(index);
        }
        Some(mask)
    }

    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The value of a pixel; outside of the picture it is 0.
    #[must_use]
    pub fn get(&self, x: u32, y: u32) -> u8 {
        if x >= self.width || y >= self.height {
            return 0;
        }
        let tile = self.tiles.get(self.index(x / TILE, y / TILE));
        tile.map_or(0, |tile| tile.at((x % TILE) as usize, (y % TILE) as usize))
    }

    /// How many tiles there are; they are numbered row by row.
    #[must_use]
    pub fn tile_count(&self) -> usize {
        self.tiles.len()
    }

    /// The pixels of a tile that are inside of the picture.
    #[must_use]
    pub fn tile_box(&self, tile: usize) -> PixelBox {
        let at = u32::try_from(tile).unwrap_or(u32::MAX);
        let (left, top) = ((at % self.columns).saturating_mul(TILE), (at / self.columns).saturating_mul(TILE));
        let end = |from: u32, all: u32| from.saturating_add(TILE).min(all);
        PixelBox { left, top, right: end(left, self.width), bottom: end(top, self.height) }
    }

    /// The tiles that a box touches.
    pub fn tiles_in(&self, area: PixelBox) -> impl Iterator<Item = usize> + use<> {
        let area = PixelBox { right: area.right.min(self.width), bottom: area.bottom.min(self.height), ..area };
        let columns = self.columns;
        let across = area.left / TILE..if area.is_empty() { area.left / TILE } else { area.right.div_ceil(TILE) };
        let down = area.top / TILE..area.bottom.div_ceil(TILE);
        down.flat_map(move |row| across.clone().map(move |column| (row * columns + column) as usize))
    }

    /// The value of all pixels of a box, if they have the same. Looks at whole tiles only.
    #[must_use]
    pub fn uniform(&self, area: PixelBox) -> Option<u8> {
        let mut found = None;
        for tile in self.tiles_in(area) {
            match (self.tiles.get(tile)?, found) {
                (Tile::Uniform(value), None) => found = Some(*value),
                (Tile::Uniform(value), Some(before)) if *value == before => {}
                _ => return None,
            }
        }
        found
    }

    /// Writes the values of a box row by row. `out` has `width × height` of the box; pixels outside of the picture are 0.
    pub fn read(&self, area: PixelBox, out: &mut [u8]) {
        let width = area.width() as usize;
        if width == 0 {
            return;
        }
        for (y, row) in (area.top..area.bottom).zip(out.chunks_exact_mut(width)) {
            self.read_row(area.left, y, row);
        }
    }

    /// Writes the values of row `y` from `left` on.
    fn read_row(&self, left: u32, y: u32, out: &mut [u8]) {
        let inside = if y < self.height { (self.width.saturating_sub(left) as usize).min(out.len()) } else { 0 };
        let (inside, outside) = out.split_at_mut(inside);
        outside.fill(0);
        let mut x = left;
        let mut rest = inside;
        while !rest.is_empty() {
            let from = (x % TILE) as usize;
            let (part, after) = rest.split_at_mut((SIDE - from).min(rest.len()));
            if let Some(tile) = self.tiles.get(self.index(x / TILE, y / TILE)) {
                tile.row((y % TILE) as usize).write(from, part);
            }
            x += part.len() as u32;
            rest = after;
        }
    }

    /// Nothing may change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bounds().is_none()
    }

    /// The smallest box with all pixels that are not 0.
    #[must_use]
    pub fn bounds(&self) -> Option<PixelBox> {
        let boxes = (0..self.tiles.len()).filter_map(|tile| self.bounds_in(tile));
        boxes.reduce(PixelBox::with)
    }

    /// What is painted in one tile.
    #[must_use]
    pub fn tile_facts(&self, tile: usize) -> TileFacts {
        TileFacts { bounds: self.bounds_in(tile), sum: self.sum_in(tile) }
    }

    fn bounds_in(&self, index: usize) -> Option<PixelBox> {
        let all = self.tile_box(index);
        let pixels = match self.tiles.get(index)? {
            Tile::Uniform(0) => return None,
            Tile::Uniform(_) => return Some(all),
            Tile::Pixels(pixels) => pixels,
        };
        let mut found = PixelBox::default();
        for (y, row) in (all.top..all.bottom).zip(pixels.chunks_exact(SIDE)) {
            let row = row.get(..all.width() as usize).unwrap_or_default();
            if let (Some(first), Some(last)) = (row.iter().position(|value| *value > 0), row.iter().rposition(|value| *value > 0)) {
                let (left, right) = (all.left + first as u32, all.left + last as u32 + 1);
                found = found.with(PixelBox { left, top: y, right, bottom: y + 1 });
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// The share of the picture that may change, from 0 to 1; a pixel of 128 counts as half.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        let sum: u64 = (0..self.tiles.len()).map(|tile| self.sum_in(tile)).sum();
        sum as f64 / (255.0 * f64::from(self.width) * f64::from(self.height))
    }

    fn sum_in(&self, index: usize) -> u64 {
        let area = self.tile_box(index);
        match self.tiles.get(index) {
            Some(Tile::Uniform(value)) => u64::from(*value) * u64::from(area.width()) * u64::from(area.height()),
            Some(Tile::Pixels(pixels)) => {
                let rows = pixels.chunks_exact(SIDE).take(area.height() as usize);
                rows.flat_map(|row| row.iter().take(area.width() as usize)).map(|value| u64::from(*value)).sum()
            }
            None => 0,
        }
    }

    /// Frees the pixels of a tile of one value.
    pub(super) fn normalise(&mut self, index: usize) {
        let area = self.tile_box(index);
        if let Some(tile) = self.tiles.get_mut(index) {
            tile.normalise(area.width() as usize, area.height() as usize);
        }
    }

    pub(super) fn columns(&self) -> u32 {
        self.columns
    }

    fn index(&self, column: u32, row: u32) -> usize {
        row as usize * self.columns as usize + column as usize
    }
}

/// Compares the pixels of the picture.
impl PartialEq for Mask {
    fn eq(&self, other: &Self) -> bool {
        if (self.width, self.height) != (other.width, other.height) {
            return false;
        }
        let equal = |(index, (one, two)): (usize, (&Tile, &Tile))| match (one, two) {
            (Tile::Uniform(one), Tile::Uniform(two)) => one == two,
            _ => {
                let area = self.tile_box(index);
                let (width, height) = (area.width() as usize, area.height() as usize);
                (0..height).all(|y| (0..width).all(|x| one.at(x, y) == two.at(x, y)))
            }
        };
        self.tiles.iter().zip(&other.tiles).enumerate().all(equal)
    }
}
