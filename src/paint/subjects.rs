//! What a picture is of, when a word names it.

mod figures;
mod places;

use super::{
    canvas::{Canvas, mix},
    noise::Dice,
    palette::Palette,
    scene::{Scene, Subject},
    shapes::Place,
    sky::Light,
};

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, palette: &Palette, light: &Light, dice: &mut Dice) {
    let Some(subject) = scene.subject else {
        return;
    };
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let unit = canvas.unit();
    // Across from the light, so that each has its side.
    let aside = if light.x < width * 0.5 { dice.between(0.62, 0.76) } else { dice.between(0.24, 0.38) };
    let place = |x: f32, ground: f32, size: f32| Place { x: width * x, ground, size: unit * size };
    match subject {
        Subject::Lighthouse => {
            let ground = if scene.water { light.horizon + 1.0 } else { height * 0.86 };
            places::lighthouse(canvas, scene, palette, light, &place(aside, ground, dice.between(0.46, 0.54)), dice);
        }
        Subject::Boat => {
            let ground = light.horizon + (height - light.horizon) * dice.between(0.22, 0.42);
            places::boat(canvas, palette, light, &place(aside, ground, dice.between(0.24, 0.32)));
        }
        Subject::House => {
            let ground = if scene.water { light.horizon + 1.0 } else { height * dice.between(0.83, 0.88) };
            places::house(canvas, scene, palette, light, &place(aside, ground, dice.between(0.22, 0.28)));
        }
        Subject::Tree => {
            let ground = if scene.water { light.horizon + 1.0 } else { height * 0.88 };
            places::tree(canvas, palette, light, &place(aside, ground, dice.between(0.48, 0.58)), dice);
        }
        Subject::Cat => figures::cat(canvas, palette, light, &place(aside, height * 0.97, dice.between(0.58, 0.66))),
        Subject::Portrait => {
            figures::portrait(canvas, palette, light, &place(dice.between(0.44, 0.56), height, dice.between(0.92, 1.0)), dice)
        }
        Subject::Flower => {
            figures::flower(canvas, palette, light, &place(dice.between(0.42, 0.58), height, dice.between(0.94, 1.02)), dice)
        }
    }
}

/// Lights out of focus, behind what is seen from near.
pub(super) fn backdrop(canvas: &mut Canvas, palette: &Palette, dice: &mut Dice) {
    let unit = canvas.unit();
    for pixel in &mut canvas.pixels {
        *pixel = mix(*pixel, palette.near, 0.45);
    }
    for _ in 0..16 {
        let (x, y) = (dice.unit() * canvas.width as f32, dice.unit() * canvas.height as f32);
        let radius = unit * dice.between(0.02, 0.09);
        let color = mix(palette.light, palette.horizon, dice.unit());
        let strength = dice.between(0.05, 0.20);
        canvas.within((x - radius, y - radius), (x + radius, y + radius), |canvas, px, py| {
            let (dx, dy) = (px as f32 - x, py as f32 - y);
            let far = (dx * dx + dy * dy).sqrt() / radius;
            // Out of focus a light is a disc with a brighter rim.
            let cover = ((1.0 - far) * radius * 0.35).clamp(0.0, 1.0);
            canvas.glow(px, py, color, cover * strength * (0.7 + 0.5 * far * far));
        });
    }
}
