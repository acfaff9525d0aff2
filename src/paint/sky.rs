//! The sky: a gradient, clouds, stars, and the sun or moon that lights all else.

use super::{
    canvas::{Canvas, Color, mix, scale, smooth, soft_colors},
    noise::{Dice, rough_plane},
    palette::Palette,
    scene::{Scene, Time},
};

/// Where the light comes from, in pixels, and where sky and land meet.
pub(super) struct Light {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) radius: f32,
    pub(super) horizon: f32,
}

/// The sky is smooth: this many points each way are enough.
const GRID: u32 = 112;

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, palette: &Palette, dice: &mut Dice) -> Light {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let horizon = height * if scene.is_close() { 0.8 } else { dice.between(0.56, 0.68) };
    let side = if dice.chance(0.5) { dice.between(0.16, 0.40) } else { dice.between(0.60, 0.84) };
    let rise = match scene.time {
        Time::Night => dice.between(0.14, 0.34),
        Time::Dusk => dice.between(0.74, 0.92),
        Time::Dawn => dice.between(0.62, 0.82),
        Time::Day => dice.between(0.16, 0.34),
    };
    let light = Light {
        x: width * side,
        y: horizon * rise,
        radius: canvas.unit() * if scene.time == Time::Night { dice.between(0.035, 0.055) } else { 0.038 },
        horizon,
    };
    let seed = dice.next();
    let ratio = width / height;
    let spot = (light.x / width, light.y / height);
    let shines = scene.time != Time::Night || scene.moon;
    let sky = soft_colors(canvas.width, canvas.height, GRID, |x, y| {
        let depth = (y * height / horizon).min(1.15);
        let mut color = gradient(palette, depth);
        let (dx, dy) = ((x - spot.0) * ratio, y - spot.1);
        let near = (dx * dx + dy * dy * 1.4).sqrt();
        if shines {
            color = mix(color, palette.light, 0.62 * (-near * 5.2).exp() + 0.20 * (-near * 1.7).exp());
        }
        if scene.aurora {
            color = aurora(color, x, depth, seed);
        }
        clouds(color, scene, palette, (x * ratio, depth, near), seed)
    });
    for (pixel, sky) in canvas.pixels.iter_mut().zip(sky.pixels()) {
        let [red, green, blue] = sky.0;
        *pixel = [f32::from(red) / 255.0, f32::from(green) / 255.0, f32::from(blue) / 255.0];
    }
    if scene.stars && !scene.rain && !scene.is_close() {
        stars(canvas, scene, horizon, dice);
    }
    if shines && !scene.is_close() && !scene.rain {
        disk(canvas, scene, palette, &light, seed);
    }
    light
}

fn gradient(palette: &Palette, depth: f32) -> Color {
    let upper = mix(palette.zenith, palette.middle, smooth(0.0, 0.72, depth));
    mix(upper, palette.horizon, smooth(0.45, 1.02, depth))
}

fn clouds(color: Color, scene: &Scene, palette: &Palette, (x, depth, near): (f32, f32, f32), seed: u32) -> Color {
    // Perspective: clouds get flatter and finer towards the horizon.
    let far = 1.0 / (1.18 - depth.min(1.0));
    let warp = rough_plane(x * 1.4, depth * 2.0, 2, seed ^ 77) * 0.9;
    let density = rough_plane(x * 2.2 + warp, depth * 3.4 * far.min(3.0) + warp * 0.5, 4, seed);
    let cover = smooth(0.66 - scene.clouds * 0.32, 0.86 - scene.clouds * 0.20, density) * (0.35 + scene.clouds * 0.6);
    let lit = (-near * 2.4).exp();
    let bright = mix(mix(palette.horizon, [1.0, 1.0, 1.0], 0.25), palette.light, lit.min(0.8));
    let shade = mix(palette.middle, palette.haze, 0.5);
    let shade = scale(shade, if scene.time == Time::Night { 1.15 } else { 0.92 });
    let body = mix(bright, shade, smooth(0.50, 0.80, density) * (1.0 - lit * 0.6));
    let body = if scene.time == Time::Night { mix(body, color, 0.55) } else { body };
    mix(color, body, cover * 0.85)
}

fn aurora(color: Color, x: f32, depth: f32, seed: u32) -> Color {
    let fold = rough_plane(x * 3.0, 0.3, 3, seed ^ 5) * 0.5 + 0.12;
    let curtain = smooth(0.0, 0.05, depth - fold * 0.6) * (-(depth - fold * 0.6).max(0.0) * 4.2).exp();
    let rays = 0.55 + 0.45 * rough_plane(x * 22.0, depth * 0.7, 2, seed ^ 9);
    let light = mix([0.25, 0.95, 0.60], [0.55, 0.35, 0.90], smooth(0.1, 0.6, depth));
    mix(color, light, curtain * rays * 0.75)
}

fn stars(canvas: &mut Canvas, scene: &Scene, horizon: f32, dice: &mut Dice) {
    let area = canvas.width as f32 * horizon;
    let unit = canvas.unit() / 512.0;
    let night = scene.time == Time::Night;
    let count = (area / (unit * unit).max(0.05) / if night { 620.0 } else { 3200.0 }) as usize;
    for _ in 0..count.min(1200) {
        let (x, y) = (dice.unit() * canvas.width as f32, dice.unit().powf(1.25) * horizon * 0.97);
        let bright = dice.unit().powi(5);
        let size = (0.55 + bright * 1.1) * unit.max(0.6);
        let tone = mix([0.75, 0.84, 1.0], [1.0, 0.90, 0.76], dice.unit());
        let fade = 1.0 - 0.75 * (y / horizon);
        canvas.halo((x, y), size + 0.6, tone, (0.30 + bright * 0.9) * fade);
        if bright > 0.72 && night {
            canvas.halo((x, y), size * 5.0, tone, 0.16);
        }
    }
}

fn disk(canvas: &mut Canvas, scene: &Scene, palette: &Palette, light: &Light, seed: u32) {
    let night = scene.time == Time::Night;
    let (x, y, radius) = (light.x, light.y, light.radius);
    canvas.halo((x, y), radius * if night { 5.5 } else { 8.0 }, palette.light, if night { 0.30 } else { 0.42 });
    let face = if night { palette.light } else { mix(palette.light, [1.0, 1.0, 0.97], 0.6) };
    canvas.within((x - radius, y - radius), (x + radius, y + radius), |canvas, px, py| {
        let (dx, dy) = (px as f32 - x, py as f32 - y);
        let cover = (radius + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
        if cover <= 0.0 {
            return;
        }
        let mut color = face;
        if night {
            // Seas on the moon, and a side in shadow.
            let spots = rough_plane(dx / radius * 1.6 + 9.0, dy / radius * 1.6, 3, seed ^ 3);
            color = scale(color, 0.80 + 0.24 * smooth(0.35, 0.6, spots));
            color = scale(color, 1.0 - 0.22 * smooth(-0.2, 1.0, (dx + dy) / radius));
        }
        canvas.blend(px, py, color, cover * if scene.fog > 0.5 { 0.55 } else { 1.0 });
    });
}
