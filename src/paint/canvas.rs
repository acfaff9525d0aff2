//! A picture in the making: RGB floats, 0 to 1, as the eye sees them (no linear light here).

use image::{GrayImage, Luma, Rgb, RgbImage, imageops::FilterType};

use crate::picture;

pub(super) type Color = [f32; 3];

pub(super) fn mix(a: Color, b: Color, t: f32) -> Color {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

pub(super) fn scale(color: Color, factor: f32) -> Color {
    [color[0] * factor, color[1] * factor, color[2] * factor]
}

pub(super) fn smooth(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<Color>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.max(1) as usize, height.max(1) as usize);
        Self { width, height, pixels: vec![[0.0; 3]; width * height] }
    }

    /// The shorter side: the measure of all sizes.
    pub(super) fn unit(&self) -> f32 {
        self.width.min(self.height) as f32
    }

    pub(super) fn row(&mut self, y: usize) -> &mut [Color] {
        let start = y * self.width;
        &mut self.pixels[start..start + self.width]
    }

    pub(super) fn at(&self, x: usize, y: usize) -> Color {
        self.pixels[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
    }

    pub(super) fn blend(&mut self, x: usize, y: usize, color: Color, share: f32) {
        let at = y * self.width + x;
        self.pixels[at] = mix(self.pixels[at], color, share);
    }

    /// Light upon what is there: it never gets darker.
    pub(super) fn glow(&mut self, x: usize, y: usize, color: Color, strength: f32) {
        let pixel = &mut self.pixels[y * self.width + x];
        for (value, light) in pixel.iter_mut().zip(color) {
            *value += (1.0 - value.min(1.0)) * light * strength;
        }
    }

    /// Calls for each pixel of a box that lies on the canvas.
    pub(super) fn within(&mut self, (left, top): (f32, f32), (right, bottom): (f32, f32), mut paint: impl FnMut(&mut Self, usize, usize)) {
        let clip = |value: f32, end: usize| value.clamp(0.0, end as f32) as usize;
        let (left, right) = (clip(left.floor(), self.width), clip(right.ceil() + 1.0, self.width));
        let (top, bottom) = (clip(top.floor(), self.height), clip(bottom.ceil() + 1.0, self.height));
        for y in top..bottom {
            for x in left..right {
                paint(self, x, y);
            }
        }
    }

    /// A soft round light.
    pub(super) fn halo(&mut self, (x, y): (f32, f32), radius: f32, color: Color, strength: f32) {
        self.within((x - radius, y - radius), (x + radius, y + radius), |canvas, px, py| {
            let (dx, dy) = (px as f32 - x, py as f32 - y);
            let near = 1.0 - (dx * dx + dy * dy) / (radius * radius);
            if near > 0.0 {
                canvas.glow(px, py, color, strength * near * near * near);
            }
        });
    }
}

/// Computes colours on a coarse grid, 0 to 1 both ways, and scales them up smoothly.
pub(super) fn soft_colors(width: usize, height: usize, grid: u32, at: impl Fn(f32, f32) -> Color) -> RgbImage {
    let step = 1.0 / grid as f32;
    let coarse = RgbImage::from_fn(grid, grid, |x, y| {
        let color = at((x as f32 + 0.5) * step, (y as f32 + 0.5) * step);
        Rgb([byte(color[0]), byte(color[1]), byte(color[2])])
    });
    picture::resize(&coarse, width as u32, height as u32, FilterType::CatmullRom)
}

/// The same for one value.
pub(super) fn soft_values(width: usize, height: usize, grid: u32, at: impl Fn(f32, f32) -> f32) -> GrayImage {
    let step = 1.0 / grid as f32;
    let coarse = GrayImage::from_fn(grid, grid, |x, y| Luma([byte(at((x as f32 + 0.5) * step, (y as f32 + 0.5) * step))]));
    image::DynamicImage::from(coarse).resize_exact(width as u32, height as u32, FilterType::CatmullRom).into_luma8()
}

/// Rounded into 0..=255, where a cast loses nothing.
pub(super) fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}
