//! Water: what is above the horizon, upside down, broken by ripples that grow towards the viewer.

use super::{
    canvas::{Canvas, mix, scale, smooth},
    noise::{Dice, plane},
    palette::Palette,
    scene::{Scene, Time},
    sky::Light,
};

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, palette: &Palette, light: &Light, dice: &mut Dice) {
    let start = (light.horizon as usize).min(canvas.height);
    let unit = canvas.unit();
    let seed = dice.next();
    let span = (canvas.height - start).max(1) as f32;
    let shines = (scene.time != Time::Night || scene.moon) && !scene.rain;
    let deep = mix(palette.zenith, palette.near, 0.45);
    for y in start..canvas.height {
        let down = (y - start) as f32;
        let depth = down / span;
        // Ripples are long and flat, and get larger with nearness.
        let near = 0.16 + depth;
        for x in 0..canvas.width {
            let u = (x as f32 - canvas.width as f32 * 0.5) / unit / near;
            let v = (depth + 0.04).ln() * 22.0;
            let wave = plane(u * 4.5 + v * 0.4, v, seed) - 0.5;
            let fine = plane(u * 17.0 - v, v * 2.6, seed ^ 55) - 0.5;
            let lift = (wave * 0.10 + fine * 0.04) * unit * near * 0.9;
            let from_y = (start as f32 - 1.0 - down * 0.92 + lift).clamp(0.0, start.max(1) as f32 - 1.0);
            let from_x = (x as f32 + wave * unit * 0.03 * near).clamp(0.0, canvas.width as f32 - 1.0);
            let mirrored = canvas.at(from_x as usize, from_y as usize);
            let mut color = mix(scale(mirrored, 0.86), deep, 0.16 + 0.44 * depth);
            color = scale(color, 1.0 + (wave * 0.7 + fine * 0.5) * 0.30);
            if shines {
                // The path of light: narrow far away, broken into glints near by.
                let aside = (x as f32 - light.x).abs() / (unit * (0.030 + 0.14 * depth));
                let path = (-aside * aside).exp();
                let glint = smooth(0.08, 0.34, wave + fine * 0.8) * (1.0 - 0.35 * depth) + 0.30 * (1.0 - depth);
                color = mix(color, palette.light, path * glint * 0.85);
            }
            canvas.blend(x, y, color, 1.0);
        }
    }
    // A breath of haze where sky and water meet.
    let band = unit * 0.02;
    let first = (light.horizon - band).max(0.0) as usize;
    for y in first..((light.horizon + band) as usize).min(canvas.height) {
        let share = 0.30 * (1.0 - (y as f32 - light.horizon).abs() / band).max(0.0);
        for pixel in canvas.row(y) {
            *pixel = mix(*pixel, palette.haze, share);
        }
    }
}
