//! Fog, rain and falling snow, in front of all else.

use super::{
    canvas::{Canvas, mix, soft_values},
    noise::{Dice, rough_plane},
    palette::Palette,
    scene::{Scene, Time},
};

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, palette: &Palette, dice: &mut Dice) {
    if scene.fog > 0.3 && !scene.is_close() {
        fog(canvas, scene, palette, dice.next());
    }
    if scene.rain {
        rain(canvas, palette, dice);
    }
    if scene.snow && scene.time != Time::Day {
        snow(canvas, dice);
    }
}

fn fog(canvas: &mut Canvas, scene: &Scene, palette: &Palette, seed: u32) {
    let ratio = canvas.width as f32 / canvas.height as f32;
    let banks = soft_values(canvas.width, canvas.height, 64, |x, y| {
        let low = (-(y - 0.66) * (y - 0.66) * 16.0).exp();
        let drift = rough_plane(x * ratio * 2.2, y * 7.0, 3, seed);
        (low * (0.25 + 0.95 * drift) + 0.12) * scene.fog
    });
    let color = mix(palette.haze, palette.horizon, 0.5);
    for (pixel, bank) in canvas.pixels.iter_mut().zip(banks.pixels()) {
        *pixel = mix(*pixel, color, f32::from(bank.0[0]) / 255.0 * 0.85);
    }
}

fn rain(canvas: &mut Canvas, palette: &Palette, dice: &mut Dice) {
    let unit = canvas.unit();
    let color = mix(palette.horizon, [0.9, 0.94, 1.0], 0.5);
    let lean = dice.between(-0.22, 0.22);
    for _ in 0..((unit * 1.3) as usize).min(1400) {
        let near = dice.unit();
        let length = unit * (0.018 + 0.045 * near);
        let (x, y) = (dice.unit() * canvas.width as f32, dice.unit() * canvas.height as f32);
        for step in 0..length as usize {
            let (px, py) = (x + lean * step as f32, y + step as f32);
            if px >= 0.0 && (px as usize) < canvas.width && (py as usize) < canvas.height {
                let fade = 1.0 - (2.0 * step as f32 / length - 1.0).abs();
                canvas.glow(px as usize, py as usize, color, (0.06 + 0.16 * near) * fade);
            }
        }
    }
}

fn snow(canvas: &mut Canvas, dice: &mut Dice) {
    let unit = canvas.unit();
    for _ in 0..((unit * 1.1) as usize).min(900) {
        let near = dice.unit().powi(4);
        let at = (dice.unit() * canvas.width as f32, dice.unit() * canvas.height as f32);
        canvas.halo(at, (1.1 + near * 7.0) * (unit / 512.0).max(0.5), [0.96, 0.97, 1.0], 0.75 - 0.45 * near);
    }
}
