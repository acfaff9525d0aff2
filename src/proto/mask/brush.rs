//! A round brush with a soft edge, drawn along straight lines.

use super::{
    grid::Mask,
    pixel_box::PixelBox,
    tile::{SIDE, TILE, Tile},
};
use crate::limits;

/// How a brush paints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// In pixels of the picture, at most [`limits::BRUSH_RADIUS`].
    pub radius: f32,
    /// The share of the radius that is painted wholly, from 0 to 1; from there to the edge it fades.
    pub hardness: f32,
    /// From 0 to 1.
    pub opacity: f32,
    /// Takes away instead.
    pub erases: bool,
    /// The pressure of a pen changes the radius.
    pub pressure_sizes: bool,
}

/// A place on the way of a brush, in pixels of the picture from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrushPoint {
    pub x: f32,
    pub y: f32,
    /// From 0 to 1. A mouse and a finger have 1.
    pub pressure: f32,
}

/// The radius without any pressure, as a share of the whole one.
const LIGHTEST: f32 = 0.15;

/// A segment of a stroke: from one point to the next.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    from: (f32, f32),
    along: (f32, f32),
    /// The square of its length, 0 for a dot.
    length: f32,
    radius: (f32, f32),
    hardness: f32,
    value: u8,
    erases: bool,
}

impl Segment {
    /// `None` for numbers that are none.
    pub fn new(brush: Brush, from: BrushPoint, to: BrushPoint) -> Option<Self> {
        let all = [brush.radius, brush.hardness, brush.opacity, from.x, from.y, from.pressure, to.x, to.y, to.pressure];
        if !all.into_iter().all(f32::is_finite) {
            return None;
        }
        let radius = |point: BrushPoint| {
            let share = if brush.pressure_sizes { LIGHTEST + (1.0 - LIGHTEST) * point.pressure.clamp(0.0, 1.0) } else { 1.0 };
            (brush.radius.clamp(0.5, limits::BRUSH_RADIUS) * share).max(0.5)
        };
        let place = |point: BrushPoint| (near(point.x), near(point.y));
        let ((x0, y0), (x1, y1)) = (place(from), place(to));
        let along = (x1 - x0, y1 - y0);
        Some(Self {
            from: (x0, y0),
            along,
            length: along.0 * along.0 + along.1 * along.1,
            radius: (radius(from), radius(to)),
            hardness: brush.hardness.clamp(0.0, 1.0),
            value: (brush.opacity.clamp(0.0, 1.0) * 255.0).round() as u8,
            erases: brush.erases,
        })
    }

    /// The pixels that it may change.
    pub fn area(&self, width: u32, height: u32) -> PixelBox {
        let reach = self.radius.0.max(self.radius.1) + 1.0;
        let to = (self.from.0 + self.along.0, self.from.1 + self.along.1);
        // Casts from floats keep to the ends of the type.
        let low = |one: f32, two: f32| (one.min(two) - reach).floor() as u32;
        let high = |one: f32, two: f32, all: u32| ((one.max(two) + reach).ceil() as u32).min(all);
        PixelBox {
            left: low(self.from.0, to.0).min(width),
            top: low(self.from.1, to.1).min(height),
            right: high(self.from.0, to.0, width),
            bottom: high(self.from.1, to.1, height),
        }
    }

    /// Whether it changes anything in a tile, seen from what is sure without looking at its pixels.
    pub fn touches(&self, mask: &Mask, index: usize) -> bool {
        let saturated = match mask.tiles.get(index) {
            Some(Tile::Uniform(value)) if self.erases => *value == 0 || *value <= 255 - self.value,
            Some(Tile::Uniform(value)) => *value >= self.value,
            Some(Tile::Pixels(_)) => false,
            None => true,
        };
        let (distance, radius) = self.distance(centre(mask, index));
        !saturated && distance - HALF_DIAGONAL <= edge(radius.max(self.radius.0).max(self.radius.1), self.hardness).1
    }

    /// Draws into one tile.
    pub fn draw(&self, mask: &mut Mask, index: usize) {
        let area = mask.tile_box(index);
        let covers = {
            let (distance, _) = self.distance(centre(mask, index));
            distance + HALF_DIAGONAL <= edge(self.radius.0.min(self.radius.1), self.hardness).0
        };
        let (value, erases) = (self.value, self.erases);
        let Some(tile) = mask.tiles.get_mut(index) else { return };
        if covers && value == 255 {
            *tile = Tile::Uniform(if erases { 0 } else { 255 });
            return;
        }
        let changed = self.area(area.right, area.bottom);
        let (left, top) = (changed.left.max(area.left), changed.top.max(area.top));
        let pixels = tile.pixels_mut();
        for y in top..changed.bottom {
            let row = (y - area.top) as usize * SIDE;
            for x in left..changed.right {
                let Some(pixel) = pixels.get_mut(row + (x - area.left) as usize) else { continue };
                let (distance, radius) = self.distance((x as f32 + 0.5, y as f32 + 0.5));
                let (inner, outer) = edge(radius, self.hardness);
                let weight = if distance <= inner {
                    value
                } else if distance >= outer {
                    continue;
                } else {
                    let share = (outer - distance) / (outer - inner);
                    (f32::from(value) * share * share * (3.0 - 2.0 * share)).round() as u8
                };
                *pixel = if erases { (*pixel).min(255 - weight) } else { (*pixel).max(weight) };
            }
        }
    }

    /// The distance of a place from the way of the brush, and the radius there.
    fn distance(&self, place: (f32, f32)) -> (f32, f32) {
        let (dx, dy) = (place.0 - self.from.0, place.1 - self.from.1);
        let share = if self.length > 0.0 { ((dx * self.along.0 + dy * self.along.1) / self.length).clamp(0.0, 1.0) } else { 0.0 };
        let (dx, dy) = (dx - share * self.along.0, dy - share * self.along.1);
        ((dx * dx + dy * dy).sqrt(), self.radius.0 + share * (self.radius.1 - self.radius.0))
    }
}

/// From its middle to a corner of a tile.
const HALF_DIAGONAL: f32 = TILE as f32 * std::f32::consts::FRAC_1_SQRT_2;

fn centre(mask: &Mask, index: usize) -> (f32, f32) {
    let area = mask.tile_box(index);
    let half = TILE as f32 / 2.0;
    (area.left as f32 + half, area.top as f32 + half)
}

/// Where the brush begins to fade, and where it ends. The edge of the hardest is one pixel wide.
fn edge(radius: f32, hardness: f32) -> (f32, f32) {
    let inner = (radius * hardness).min(radius - 0.5);
    (inner, radius.max(inner + 1.0))
}

/// A coordinate that is not farther outside of any picture than a person can point at: longer lines would be drawn with large errors.
fn near(coordinate: f32) -> f32 {
    let far = 2.0 * limits::MASK_SIDE as f32;
    coordinate.clamp(-far, far)
}
