//! Filling the area around a pixel.

use std::collections::{BTreeMap, HashMap};

use super::{
    grid::Mask,
    tile::{AREA, SIDE, Tile},
};

/// From this value on a pixel counts as covered.
const HALF: u8 = 128;

/// The tiles that change when the area around `(x, y)` is filled: all pixels that can be reached through pixels of the same side of
/// [`HALF`], sideways, up and down. From there the fill climbs the soft edge of what surrounds it, so that no seam stays.
pub(super) fn flood(mask: &Mask, x: u32, y: u32) -> Vec<(usize, Tile)> {
    if x >= mask.width() || y >= mask.height() {
        return Vec::new();
    }
    let fill = Fill { mask, covers: mask.get(x, y) < HALF };
    let (column, row) = (x as usize / SIDE, y as usize / SIDE);
    let first = row * mask.columns() as usize + column;
    let mut waiting = BTreeMap::from([(first, vec![((x as usize % SIDE) + (y as usize % SIDE) * SIDE) as u16])]);
    let mut reached: HashMap<usize, Vec<bool>> = HashMap::new();
    while let Some((index, starts)) = waiting.pop_first() {
        let reached = reached.entry(index).or_insert_with(|| vec![false; AREA]);
        fill.spread(index, starts, reached, &mut waiting);
    }
    let mut tiles: Vec<(usize, Tile)> = reached.into_iter().map(|(index, reached)| (index, fill.painted(index, &reached))).collect();
    tiles.sort_by_key(|(index, _)| *index);
    tiles
}

struct Fill<'a> {
    mask: &'a Mask,
    /// Covers what is not covered; otherwise the other way round.
    covers: bool,
}

impl Fill<'_> {
    /// How far a value is from what the fill makes of it: 0 is filled already.
    fn height(&self, value: u8) -> u8 {
        if self.covers { 255 - value } else { value }
    }

    /// Whether the fill goes from a pixel of the one value to its neighbour of the other: everywhere on its own side of [`HALF`], and then
    /// only towards what is filled already.
    fn passes(&self, from: u8, to: u8) -> bool {
        let (from, to) = (self.height(from), self.height(to));
        to >= HALF || (to > 0 && to < from)
    }

    /// Reaches what can be reached inside of a tile, and gives its neighbours the places to begin at.
    fn spread(&self, index: usize, starts: Vec<u16>, reached: &mut [bool], waiting: &mut BTreeMap<usize, Vec<u16>>) {
        let Some(tile) = self.mask.tiles.get(index) else { return };
        let area = self.mask.tile_box(index);
        let (width, height) = (area.width() as usize, area.height() as usize);
        let columns = self.mask.columns() as usize;
        if let Tile::Uniform(value) = tile
            && self.height(*value) >= HALF
        {
            // All at once: only its edges matter to its neighbours.
            if reached.first() == Some(&true) {
                return;
            }
            reached.fill(true);
            for at in 0..SIDE {
                for (x, y) in [(at, 0), (at, height - 1), (0, at), (width - 1, at)] {
                    if x < width && y < height {
                        self.leave(index, (x, y), tile.at(x, y), (width, height), columns, waiting);
                    }
                }
            }
            return;
        }
        let mut open = starts;
        while let Some(place) = open.pop() {
            let (x, y) = (usize::from(place) % SIDE, usize::from(place) / SIDE);
            let Some(seen) = reached.get_mut(usize::from(place)) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            let value = tile.at(x, y);
            let mut step = |x: usize, y: usize| {
                let at = y * SIDE + x;
                if reached.get(at) == Some(&false) && self.passes(value, tile.at(x, y)) {
                    open.push(at as u16);
                }
            };
            if x > 0 {
                step(x - 1, y);
            }
            if x + 1 < width {
                step(x + 1, y);
            }
            if y > 0 {
                step(x, y - 1);
            }
            if y + 1 < height {
                step(x, y + 1);
            }
            self.leave(index, (x, y), value, (width, height), columns, waiting);
        }
    }

    /// From a pixel at the edge of a tile into the tile beside it.
    fn leave(
        &self,
        index: usize,
        (x, y): (usize, usize),
        value: u8,
        (width, height): (usize, usize),
        columns: usize,
        waiting: &mut BTreeMap<usize, Vec<u16>>,
    ) {
        let mut enter = |index: usize, x: usize, y: usize| {
            if self.mask.tiles.get(index).is_some_and(|tile| self.passes(value, tile.at(x, y))) {
                waiting.entry(index).or_default().push((y * SIDE + x) as u16);
            }
        };
        let column = index % columns;
        if x == 0 && column > 0 {
            enter(index - 1, SIDE - 1, y);
        }
        if x + 1 == width && column + 1 < columns {
            enter(index + 1, 0, y);
        }
        if y == 0 && index >= columns {
            enter(index - columns, x, SIDE - 1);
        }
        if y + 1 == height {
            enter(index + columns, x, 0);
        }
    }

    fn painted(&self, index: usize, reached: &[bool]) -> Tile {
        let full = if self.covers { 255 } else { 0 };
        if reached.iter().all(|reached| *reached) {
            return Tile::Uniform(full);
        }
        let mut tile = self.mask.tiles.get(index).cloned().unwrap_or(Tile::Uniform(0));
        for (pixel, _) in tile.pixels_mut().iter_mut().zip(reached).filter(|(_, reached)| **reached) {
            *pixel = full;
        }
        tile
    }
}
