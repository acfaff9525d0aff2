//! Things that stand in a landscape.

use crate::{
    canvas::{Canvas, Color, mix, scale, smooth},
    noise::{Dice, rough_line},
    palette::Palette,
    scene::{Scene, Time},
    shapes::{Place, ellipse, limb, polygon},
    sky::Light,
};

/// Shading of an upright thing: -1 is its left edge, 1 its right.
fn round(color: Color, palette: &Palette, across: f32, from_left: bool) -> Color {
    let toward = if from_left { -across } else { across };
    let dark = mix(scale(color, 0.45), palette.near, 0.35);
    mix(dark, mix(color, palette.light, 0.18), smooth(-0.9, 1.0, toward))
}

pub(super) fn lighthouse(canvas: &mut Canvas, scene: &Scene, palette: &Palette, light: &Light, place: &Place, dice: &mut Dice) {
    let seed = dice.next();
    let from_left = light.x < place.x;
    // The rock it stands on.
    let rock = mix(palette.near, palette.haze, 0.10);
    place.fill(
        canvas,
        (-0.62, -0.22),
        (0.62, 0.16),
        |(x, y)| {
            let edge = 0.14 - 0.42 * x.abs().powf(1.7) + 0.07 * (rough_line(x * 9.0 + 40.0, 3, seed) - 0.5);
            (y - edge).max(-0.14 + 0.1 * x.abs() - y - 0.04)
        },
        |(x, y)| scale(rock, 0.85 + 0.5 * rough_line(x * 16.0 + y * 11.0, 3, seed ^ 3) * smooth(-0.1, 0.15, y)),
    );
    let half = |y: f32| 0.082 - 0.040 * y;
    let white = mix([0.90, 0.88, 0.84], palette.haze, if scene.time == Time::Night { 0.55 } else { 0.22 });
    let band = mix(palette.accent, palette.haze, if scene.time == Time::Night { 0.30 } else { 0.08 });
    place.fill(
        canvas,
        (-0.1, 0.06),
        (0.1, 0.80),
        |(x, y)| (x.abs() - half(y)).max(0.06 - y).max(y - 0.80),
        |(x, y)| {
            let color = if ((y - 0.06) / 0.148) as i32 % 2 == 1 { band } else { white };
            round(color, palette, x / half(y), from_left)
        },
    );
    let iron = mix(palette.near, palette.haze, 0.06);
    for (y, wide) in [(0.80, 0.075), (0.91, 0.052)] {
        place.fill(canvas, (-0.1, y), (0.1, y + 0.022), |(x, v)| (x.abs() - wide).max(y - v).max(v - y - 0.018), |_| iron);
    }
    place.fill(
        canvas,
        (-0.06, 0.81),
        (0.06, 0.92),
        |(x, y)| (x.abs() - 0.040).max(0.82 - y).max(y - 0.91),
        |_| mix(palette.lamp, [1.0; 3], 0.4),
    );
    place.fill(
        canvas,
        (-0.06, 0.92),
        (0.06, 1.03),
        |point| polygon(point, &[(-0.052, 0.925), (0.052, 0.925), (0.008, 0.99), (0.0, 1.03), (-0.008, 0.99)]),
        |_| mix(band, palette.near, 0.45),
    );
    for (x, y) in [(0.0, 0.26), (0.0, 0.52)] {
        place.fill(canvas, (-0.02, y), (0.02, y + 0.05), |point| ellipse(point, (x, y + 0.022), (0.012, 0.02)), |_| iron);
    }
    beam(canvas, scene, palette, place.point(0.0, 0.865), from_left);
}

/// The lamp and what it throws into the air.
fn beam(canvas: &mut Canvas, scene: &Scene, palette: &Palette, (x, y): (f32, f32), from_left: bool) {
    let unit = canvas.unit();
    let strength = match scene.time {
        Time::Night => 0.62,
        Time::Dusk | Time::Dawn => 0.30,
        Time::Day => 0.06,
    };
    canvas.halo((x, y), unit * 0.16, palette.lamp, strength * 1.1);
    canvas.halo((x, y), unit * 0.035, [1.0, 0.97, 0.88], strength.max(0.4) * 1.4);
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    canvas.within((0.0, 0.0), (width, height * 0.8), |canvas, px, py| {
        let (dx, dy) = (px as f32 - x, py as f32 - y);
        // One beam goes away from the light of the sky, a weaker one towards it.
        let ahead = (dx > 0.0) == from_left;
        let far = dx.abs().max(1.0);
        let off = (dy + far * 0.10) / (unit * 0.010 + far * 0.085);
        let core = (-off * off * 2.2).exp() * (-far / (unit * 0.75)).exp();
        canvas.glow(px, py, palette.lamp, core * strength * if ahead { 0.75 } else { 0.30 });
    });
}

pub(super) fn boat(canvas: &mut Canvas, palette: &Palette, light: &Light, place: &Place) {
    let toward = if light.x < place.x { -1.0 } else { 1.0 };
    let hull = mix(palette.accent, palette.near, 0.55);
    let sail = mix([0.95, 0.92, 0.86], palette.haze, 0.25);
    // Its image in the water first: wavering, and fainter with depth.
    let (from, to) = (place.point(-0.4, 0.0), place.point(0.4, -0.85));
    let image = mix(palette.near, palette.zenith, 0.35);
    canvas.within(from, to, |canvas, px, py| {
        let depth = (py as f32 - place.ground) / place.size;
        let ripple = 0.030 * (depth * 47.0).sin() + 0.018 * (depth * 113.0).sin();
        let across = ((px as f32 - place.x) / place.size + ripple * (0.3 + depth)).abs();
        let wide = 0.30 - 0.30 * depth;
        let share = smooth(wide, wide * 0.6, across) * (1.0 - depth / 0.85).max(0.0);
        canvas.blend(px, py, image, share * 0.62);
    });
    let main = [(0.015, 0.16), (0.015, 1.0), (0.33, 0.18)];
    let fore = [(-0.03, 0.17), (-0.01, 0.88), (-0.30, 0.17)];
    for (corners, bright) in [(&main, 0.5 + 0.5 * toward), (&fore, 0.5 - 0.5 * toward)] {
        place.fill(
            canvas,
            (-0.35, 0.1),
            (0.38, 1.02),
            |(x, y)| polygon((x - 0.06 * (y * 3.2).sin() * x.signum(), y), corners),
            |(_, y)| {
                let lit = mix(scale(sail, 0.55), mix(sail, palette.light, 0.35), 0.25 + 0.75 * bright);
                mix(lit, scale(lit, 0.8), smooth(0.8, 0.1, y) * 0.6)
            },
        );
    }
    place.fill(canvas, (-0.02, 0.05), (0.03, 1.05), |point| limb(point, (0.0, 0.05), (0.0, 1.03), (0.008, 0.004)), |_| palette.near);
    place.fill(
        canvas,
        (-0.4, -0.02),
        (0.45, 0.16),
        |point| polygon(point, &[(-0.34, 0.13), (0.40, 0.15), (0.28, 0.01), (-0.25, 0.0)]),
        |(_, y)| mix(scale(hull, 0.7), mix(hull, palette.light, 0.25), smooth(0.06, 0.14, y)),
    );
}

/// A soft shadow, so that a thing stands in the land and not on it.
fn foot(canvas: &mut Canvas, palette: &Palette, place: &Place, wide: f32) {
    let low = wide * 0.22;
    canvas.within(place.point(-wide, low), place.point(wide, -low), |canvas, px, py| {
        let x = (px as f32 - place.x) / place.size / wide;
        let y = (py as f32 - place.ground) / place.size / low;
        let near = (1.0 - x * x - y * y).max(0.0);
        canvas.blend(px, py, palette.near, 0.7 * near);
    });
}

pub(super) fn house(canvas: &mut Canvas, scene: &Scene, palette: &Palette, light: &Light, place: &Place) {
    let from_left = light.x < place.x;
    let dim = if scene.time == Time::Night { 0.62 } else { 0.25 };
    let wall = mix(mix([0.80, 0.74, 0.66], palette.accent, 0.18), palette.near, dim);
    let roof = mix(if scene.snow { [0.90, 0.92, 0.96] } else { mix(palette.accent, palette.near, 0.35) }, palette.near, dim * 0.6);
    let lit = !matches!(scene.time, Time::Day);
    foot(canvas, palette, place, 0.75);
    let (front, side) = if from_left { (1.0, 0.62) } else { (0.78, 1.0) };
    place.fill(
        canvas,
        (-0.55, -0.05),
        (0.1, 0.5),
        |point| polygon(point, &[(-0.52, 0.0), (0.06, -0.03), (0.06, 0.46), (-0.52, 0.44)]),
        |_| scale(wall, front),
    );
    place.fill(
        canvas,
        (0.0, -0.05),
        (0.5, 0.85),
        |point| polygon(point, &[(0.06, -0.03), (0.46, 0.02), (0.46, 0.44), (0.26, 0.80), (0.06, 0.46)]),
        |_| scale(wall, side),
    );
    place.fill(
        canvas,
        (-0.6, 0.4),
        (0.35, 0.9),
        |point| polygon(point, &[(-0.60, 0.42), (0.09, 0.44), (0.27, 0.83), (-0.38, 0.80)]),
        |(_, y)| scale(roof, 0.85 + 0.3 * smooth(0.4, 0.85, y)),
    );
    place.fill(canvas, (0.2, 0.3), (0.56, 0.9), |point| limb(point, (0.27, 0.815), (0.49, 0.42), (0.025, 0.025)), |_| scale(roof, 0.8));
    place.fill(
        canvas,
        (-0.25, 0.7),
        (-0.1, 1.0),
        |point| polygon(point, &[(-0.24, 0.70), (-0.13, 0.70), (-0.13, 0.98), (-0.24, 0.98)]),
        |_| scale(wall, 0.7),
    );
    let glass = if lit { palette.lamp } else { mix(palette.zenith, palette.near, 0.4) };
    for (x, y) in [(-0.40, 0.16), (-0.14, 0.16), (0.20, 0.20), (0.20, 0.48)] {
        place.fill(
            canvas,
            (x, y),
            (x + 0.14, y + 0.17),
            |(u, v)| (x - u).max(u - x - 0.12).max(y - v).max(v - y - 0.15).max(0.006 - (u - x - 0.06).abs()),
            |_| glass,
        );
        if lit {
            canvas.halo(place.point(x + 0.06, y + 0.07), place.size * 0.42, palette.lamp, 0.30);
        }
    }
    if lit {
        for puff in 0..9 {
            let t = puff as f32 / 9.0;
            let at = place.point(-0.185 + 0.18 * t * t + 0.03 * (t * 9.0).sin(), 1.02 + 0.75 * t);
            canvas.halo(at, place.size * (0.06 + 0.16 * t), palette.haze, 0.30 * (1.0 - t));
        }
    }
}

pub(super) fn tree(canvas: &mut Canvas, palette: &Palette, light: &Light, place: &Place, dice: &mut Dice) {
    let bark = mix(palette.near, palette.haze, 0.04);
    let toward = if light.x < place.x { -1.0 } else { 1.0 };
    foot(canvas, palette, place, 0.45);
    place.fill(
        canvas,
        (-0.15, -0.05),
        (0.15, 0.6),
        |(x, y)| limb((x + 0.03 * (y * 7.0).sin(), y), (0.0, -0.05), (0.02, 0.58), (0.050, 0.022)),
        |_| bark,
    );
    let leaves = mix(mix(palette.accent, palette.near, 0.45), palette.haze, 0.10);
    // Many small crowns make a large one: dark ones first.
    for index in 0..260 {
        let t = index as f32 / 260.0;
        let (angle, far) = (dice.unit() * std::f32::consts::TAU, dice.unit().sqrt());
        let (x, y) =
            (angle.cos() * far * (0.34 + 0.05 * (angle * 3.0).sin()), 0.70 + angle.sin() * far * (0.25 + 0.04 * (angle * 5.0).cos()));
        if index % 26 == 0 {
            place.fill(canvas, (-0.4, 0.3), (0.4, 1.0), |point| limb(point, (0.0, 0.42), (x, y), (0.016, 0.004)), |_| bark);
        }
        let lit = smooth(-0.3, 0.9, toward * x / 0.36 + (y - 0.66) * 2.0) * t;
        let color = mix(scale(leaves, 0.55), mix(leaves, palette.light, 0.42), lit);
        let radius = dice.between(0.016, 0.046) * (1.25 - 0.5 * t);
        place.fill(canvas, (x - 0.1, y - 0.1), (x + 0.1, y + 0.1), |point| ellipse(point, (x, y), (radius, radius * 0.85)), |_| color);
    }
}
