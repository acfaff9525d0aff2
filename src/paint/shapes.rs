//! Shapes by their signed distance: soft edges at any size.

use super::canvas::{Canvas, Color};

/// Distance to a shape's edge, negative inside, in the shape's own measure.
pub(super) fn ellipse((x, y): (f32, f32), (cx, cy): (f32, f32), (rx, ry): (f32, f32)) -> f32 {
    let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
    ((dx * dx + dy * dy).sqrt() - 1.0) * rx.min(ry)
}

/// A line with round ends whose thickness changes from `r1` to `r2`.
pub(super) fn limb((x, y): (f32, f32), (x1, y1): (f32, f32), (x2, y2): (f32, f32), (r1, r2): (f32, f32)) -> f32 {
    let (ax, ay, bx, by) = (x - x1, y - y1, x2 - x1, y2 - y1);
    let t = ((ax * bx + ay * by) / (bx * bx + by * by).max(1e-6)).clamp(0.0, 1.0);
    let (dx, dy) = (ax - bx * t, ay - by * t);
    (dx * dx + dy * dy).sqrt() - (r1 + (r2 - r1) * t)
}

/// A polygon, the corners in order.
pub(super) fn polygon((x, y): (f32, f32), corners: &[(f32, f32)]) -> f32 {
    let mut nearest = f32::MAX;
    let mut inside = false;
    let mut previous = corners.len() - 1;
    for current in 0..corners.len() {
        let (a, b) = (corners[previous], corners[current]);
        nearest = nearest.min(limb((x, y), a, b, (0.0, 0.0)));
        if (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0 {
            inside = !inside;
        }
        previous = current;
    }
    if inside { -nearest } else { nearest }
}

/// Where a drawing stands on the canvas: its own measure has y up, the ground at 0, and a height near 1.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) ground: f32,
    pub(super) size: f32,
}

impl Place {
    pub(super) fn point(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.size, self.ground - y * self.size)
    }

    /// Fills a shape inside a box of the drawing's measure; the colour may depend on the point.
    pub(super) fn fill(
        &self,
        canvas: &mut Canvas,
        (left, bottom): (f32, f32),
        (right, top): (f32, f32),
        distance: impl Fn((f32, f32)) -> f32,
        color: impl Fn((f32, f32)) -> Color,
    ) {
        let (from, to) = (self.point(left, top), self.point(right, bottom));
        canvas.within((from.0 - 1.0, from.1 - 1.0), (to.0 + 1.0, to.1 + 1.0), |canvas, px, py| {
            let point = ((px as f32 + 0.5 - self.x) / self.size, (self.ground - py as f32 - 0.5) / self.size);
            let cover = (0.5 - distance(point) * self.size).clamp(0.0, 1.0);
            if cover > 0.0 {
                canvas.blend(px, py, color(point), cover);
            }
        });
    }
}
