//! From colours to film: tone, the checkpoint's look, a darker rim, grain.

use image::RgbImage;

use super::{
    Wish,
    canvas::{Canvas, Color, byte, mix},
    noise::Dice,
    scene::Scene,
};

/// Side of the tile that grain repeats in: too large to be seen.
const TILE: usize = 191;

pub(super) fn finish(canvas: &Canvas, wish: &Wish<'_>, scene: &Scene, dice: &mut Dice) -> RgbImage {
    // cfg 7 is neutral.
    let punch = 1.0 + ((wish.cfg as f32).clamp(1.0, 20.0) - 7.0) * 0.018;
    let look = Look::of(wish.checkpoint);
    let grain: Vec<f32> = (0..TILE * TILE).map(|_| (dice.unit() + dice.unit() - 1.0) * 0.030).collect();
    let edge = |at: usize, length: usize| {
        let off = (at as f32 + 0.5) / length as f32 * 2.0 - 1.0;
        1.0 - 0.15 * off * off * off * off - 0.05 * off * off
    };
    let across: Vec<f32> = (0..canvas.width).map(|x| edge(x, canvas.width)).collect();
    let mut bytes = Vec::with_capacity(canvas.pixels.len() * 3);
    for y in 0..canvas.height {
        let down = edge(y, canvas.height);
        for (x, rim) in across.iter().enumerate() {
            let color = look.apply(canvas.pixels[y * canvas.width + x], punch, scene.monochrome);
            let noise = grain[(y % TILE) * TILE + x % TILE];
            let rim = rim * down;
            bytes.push(byte(color[0] * rim + noise));
            bytes.push(byte(color[1] * rim + noise));
            bytes.push(byte(color[2] * rim + noise));
        }
    }
    RgbImage::from_raw(canvas.width as u32, canvas.height as u32, bytes).unwrap_or_default()
}

/// How a checkpoint develops what it saw.
#[derive(Clone, Copy)]
enum Look {
    Neutral,
    /// Warm: shadows towards oxblood, lights towards amber.
    Safelight,
    /// Prussian blue to paper white.
    Cyanotype,
}

impl Look {
    fn of(checkpoint: &str) -> Self {
        match checkpoint {
            name if name.contains("safelight") => Self::Safelight,
            name if name.contains("cyanotype") => Self::Cyanotype,
            _ => Self::Neutral,
        }
    }

    fn apply(self, color: Color, punch: f32, monochrome: bool) -> Color {
        let gray = 0.30 * color[0] + 0.58 * color[1] + 0.12 * color[2];
        let color = if monochrome { [gray; 3] } else { mix([gray; 3], color, punch) };
        let contrast = |value: f32| {
            let bent = value.clamp(0.0, 1.2);
            bent + (bent - 0.42) * 0.10 * punch
        };
        let color = [contrast(color[0]), contrast(color[1]), contrast(color[2])];
        match self {
            Self::Neutral => color,
            Self::Safelight => {
                let tone = [0.050 + gray * 0.985, 0.014 + gray * 0.915, 0.020 + gray * 0.830];
                mix(color, tone, 0.18)
            }
            Self::Cyanotype => {
                let low = gray.min(0.5) * 2.0;
                let high = (gray - 0.5).max(0.0) * 2.0;
                let tone = mix(mix([0.010, 0.060, 0.170], [0.230, 0.450, 0.640], low), [0.965, 0.960, 0.915], high);
                mix(color, tone, 0.74)
            }
        }
    }
}
