//! What a page shows of a mask: shaped as it will be used, at the resolution of the page.

use super::{grid::Mask, pixel_box::PixelBox};
use crate::edit::{Grey, PixelSize, feather, feather_reach, grow};

/// A shape that reaches farther than so many pixels is computed from a smaller picture of the mask.
const REACH: u32 = 32;
/// Samples along a side of a square of pixels, when its mean is estimated.
const SAMPLES: u32 = 4;

/// So far does a pixel act that is grown and softened by so many pixels.
#[must_use]
pub fn preview_reach(grown: u32, softened: u32) -> u32 {
    grown.saturating_add(feather_reach(softened))
}

/// A tile of the mask after it is [grown](grow) and [softened](feather) by so many pixels: width, height, and the values row by row. Each is
/// the mean of `2^level` × `2^level` pixels, fewer at the right and lower edge of the picture; at level 0 without a shape it is the mask itself.
#[must_use]
pub fn preview(mask: &Mask, tile: usize, level: u32, grown: u32, softened: u32) -> (u32, u32, Vec<u8>) {
    let area = mask.tile_box(tile);
    let size = |side: u32| side.div_ceil(1 << level);
    let (width, height) = (size(area.width()), size(area.height()));
    let reach = preview_reach(grown, softened);
    let wide = area.grown(reach, mask.width(), mask.height());
    if let Some(value) = mask.uniform(wide) {
        return (width, height, vec![value; width as usize * height as usize]);
    }
    if reach == 0 {
        return (width, height, reduced(mask, area, level).into_pixels());
    }
    let coarse = (level..=7).find(|level| reach >> level <= REACH).unwrap_or(7);
    let cell = 1 << coarse;
    let wide = PixelBox { left: wide.left / cell * cell, top: wide.top / cell * cell, ..wide };
    let mut shaped = reduced(mask, wide, coarse);
    let scaled = |pixels: u32| (pixels + cell / 2) / cell;
    grow(&mut shaped, scaled(grown));
    feather(&mut shaped, scaled(softened));
    let place = |at: u32, area: u32, wide: u32| {
        (f64::from(area - wide) + (f64::from(at) + 0.5) * f64::from(1_u32 << level)) / f64::from(cell) - 0.5
    };
    let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let values = rows.map(|(x, y)| sample(&shaped, place(x, area.left, wide.left), place(y, area.top, wide.top))).collect();
    (width, height, values)
}

/// The means of squares of `2^level` pixels; of large ones they are estimated from some of their pixels.
fn reduced(mask: &Mask, area: PixelBox, level: u32) -> Grey {
    let cell = 1_u32 << level;
    let size = PixelSize::new(area.width().div_ceil(cell), area.height().div_ceil(cell));
    let mut grey = Grey::new(size);
    if level == 0 {
        mask.read(area, grey.pixels_mut());
        return grey;
    }
    let stride = (cell / SAMPLES).max(1);
    for (at, value) in (0_u32..).zip(grey.pixels_mut()) {
        let (left, top) = (area.left + at % size.width * cell, area.top + at / size.width * cell);
        let (mut sum, mut count) = (0_u32, 0_u32);
        for y in (top..(top + cell).min(area.bottom)).step_by(stride as usize) {
            for x in (left..(left + cell).min(area.right)).step_by(stride as usize) {
                sum += u32::from(mask.get(x, y));
                count += 1;
            }
        }
        *value = u8::try_from((sum + count / 2) / count.max(1)).unwrap_or(u8::MAX);
    }
    grey
}

/// Between the four values around a place.
fn sample(grey: &Grey, x: f64, y: f64) -> u8 {
    let size = grey.size();
    let (x, y) = (x.clamp(0.0, f64::from(size.width - 1)), y.clamp(0.0, f64::from(size.height - 1)));
    // Casts from floats cut off what is behind the point.
    let (left, top) = (x as u32, y as u32);
    let at = |x: u32, y: u32| {
        let index = y.min(size.height - 1) as usize * size.width as usize + x.min(size.width - 1) as usize;
        f64::from(grey.pixels().get(index).copied().unwrap_or_default())
    };
    let (dx, dy) = (x - f64::from(left), y - f64::from(top));
    let upper = at(left, top) * (1.0 - dx) + at(left + 1, top) * dx;
    let lower = at(left, top + 1) * (1.0 - dx) + at(left + 1, top + 1) * dx;
    (upper * (1.0 - dy) + lower * dy).round() as u8
}
