//! Filling the inside of a closed line, with a smooth edge.

use super::{
    grid::Mask,
    pixel_box::PixelBox,
    tile::{SIDE, Tile},
};
use crate::limits;

/// Lines of samples in each row of pixels; sideways the edge is exact.
const LINES: usize = 4;

/// One side of the polygon, from top to bottom.
#[derive(Clone, Copy)]
struct Side {
    top: (f32, f32),
    bottom: (f32, f32),
    /// 1 if the line was drawn downwards, else −1.
    turn: i32,
}

impl Side {
    /// `None` for a horizontal one, which encloses nothing.
    fn new(from: (f32, f32), to: (f32, f32)) -> Option<Self> {
        let (top, bottom, turn) = if from.1 < to.1 { (from, to, 1) } else { (to, from, -1) };
        (top.1 < bottom.1).then_some(Self { top, bottom, turn })
    }

    /// Where it crosses the height `y`.
    fn at(self, y: f32) -> Option<f32> {
        (self.top.1 <= y && y < self.bottom.1)
            .then(|| self.top.0 + (y - self.top.1) / (self.bottom.1 - self.top.1) * (self.bottom.0 - self.top.0))
    }

    /// The columns that it touches between two heights.
    fn columns(self, from: f32, to: f32) -> Option<(f32, f32)> {
        if self.bottom.1 < from || self.top.1 > to {
            return None;
        }
        let at = |y: f32| {
            let share = ((y - self.top.1) / (self.bottom.1 - self.top.1)).clamp(0.0, 1.0);
            self.top.0 + share * (self.bottom.0 - self.top.0)
        };
        let (one, two) = (at(from), at(to));
        Some((one.min(two), one.max(two)))
    }
}

/// The tiles that change. A line that crosses itself encloses all that it goes around.
pub(super) fn fill(mask: &Mask, points: &[(f32, f32)], erases: bool) -> Vec<(usize, Tile)> {
    let far = 2.0 * limits::MASK_SIDE as f32;
    let points: Vec<(f32, f32)> = points
        .iter()
        .take(limits::LASSO_POINTS)
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .map(|(x, y)| (x.clamp(-far, far), y.clamp(-far, far)))
        .collect();
    let ends = points.iter().skip(1).chain(points.first());
    let sides: Vec<Side> = points.iter().zip(ends).filter_map(|(from, to)| Side::new(*from, *to)).collect();
    let Some(area) = bounds(&sides, mask) else { return Vec::new() };
    let mut tiles = Vec::new();
    let mut band = None;
    for index in mask.tiles_in(area) {
        let place = mask.tile_box(index);
        if band.as_ref().is_none_or(|band: &Band| band.top != place.top) {
            band = Some(Band::new(&sides, place));
        }
        tiles.extend(band.as_ref().and_then(|band| band.fill(mask, index, place, erases)).map(|tile| (index, tile)));
    }
    tiles
}

/// What a row of tiles has of the polygon.
struct Band {
    top: u32,
    sides: Vec<Side>,
    /// For each line of samples: where it is crossed, from left to right, and the turns of the sides there.
    lines: Vec<Vec<(f32, i32)>>,
}

impl Band {
    fn new(sides: &[Side], place: PixelBox) -> Self {
        let (top, bottom) = (place.top as f32, place.bottom as f32);
        let sides: Vec<Side> = sides.iter().copied().filter(|side| side.bottom.1 >= top && side.top.1 <= bottom).collect();
        let mut lines = vec![Vec::new(); place.height() as usize * LINES];
        for side in &sides {
            // Casts from floats keep to the ends of the type.
            let first = ((side.top.1 - top) * LINES as f32).floor().max(0.0) as usize;
            let last = ((side.bottom.1 - top) * LINES as f32).ceil() as usize;
            for (at, line) in lines.iter_mut().enumerate().take(last).skip(first) {
                let height = top + (at as f32 + 0.5) / LINES as f32;
                line.extend(side.at(height).map(|x| (x, side.turn)));
            }
        }
        for line in &mut lines {
            line.sort_by(|one, two| one.0.total_cmp(&two.0));
        }
        Self { top: place.top, sides, lines }
    }

    /// A tile of this row with the inside filled. `None`: it has nothing of it.
    fn fill(&self, mask: &Mask, index: usize, area: PixelBox, erases: bool) -> Option<Tile> {
        let (left, top) = (area.left as f32, area.top as f32);
        let (right, bottom) = (left + SIDE as f32, top + SIDE as f32);
        let crossed = self.sides.iter().filter_map(|side| side.columns(top, bottom)).any(|(from, to)| to >= left && from <= right);
        let full = if erases { 0 } else { 255 };
        if !crossed {
            let winding: i32 = self.lines.first()?.iter().take_while(|(x, _)| *x <= left).map(|(_, turn)| turn).sum();
            return (winding != 0).then_some(Tile::Uniform(full));
        }
        let mut tile = mask.tiles.get(index)?.clone();
        for (row, lines) in tile.pixels_mut().chunks_exact_mut(SIDE).zip(self.lines.chunks_exact(LINES)) {
            let mut covered = [0.0_f32; SIDE];
            for line in lines {
                let mut winding = 0;
                for pair in line.windows(2) {
                    if let [(from, turn), (to, _)] = pair {
                        winding += turn;
                        if winding != 0 {
                            cover(&mut covered, (from - left).max(0.0), (to - left).min(SIDE as f32));
                        }
                    }
                }
            }
            for (pixel, covered) in row.iter_mut().zip(covered) {
                let value = (covered / LINES as f32 * 255.0).round() as u8;
                *pixel = if erases { (*pixel).min(255 - value) } else { (*pixel).max(value) };
            }
        }
        Some(tile)
    }
}

fn bounds(sides: &[Side], mask: &Mask) -> Option<PixelBox> {
    let low = |values: &mut dyn Iterator<Item = f32>| values.reduce(f32::min);
    let high = |values: &mut dyn Iterator<Item = f32>| values.reduce(f32::max);
    let across = || sides.iter().flat_map(|side| [side.top.0, side.bottom.0]);
    // Casts from floats keep to the ends of the type.
    Some(PixelBox {
        left: (low(&mut across())?.floor() as u32).min(mask.width()),
        top: (low(&mut sides.iter().map(|side| side.top.1))?.floor() as u32).min(mask.height()),
        right: (high(&mut across())?.ceil() as u32).min(mask.width()),
        bottom: (high(&mut sides.iter().map(|side| side.bottom.1))?.ceil() as u32).min(mask.height()),
    })
}

/// Adds the share of each pixel that lies between two columns.
fn cover(row: &mut [f32; SIDE], from: f32, to: f32) {
    if from >= to {
        return;
    }
    let (first, last) = (from as usize, to.ceil() as usize);
    for (x, covered) in row.iter_mut().enumerate().take(last).skip(first) {
        *covered += (to.min(x as f32 + 1.0) - from.max(x as f32)).max(0.0);
    }
}
