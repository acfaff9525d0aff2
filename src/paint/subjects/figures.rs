//! Things seen from near: a cat against the sky, a face, a flower.

use std::f32::consts::{PI, TAU};

use crate::{
    canvas::{Canvas, Color, mix, scale, smooth},
    noise::{Dice, rough_line},
    palette::Palette,
    shapes::{Place, ellipse, limb, polygon},
    sky::Light,
};

/// A dark body with a rim of light on the side the light comes from.
fn rimmed(body: Color, palette: &Palette, inside: f32, (x, y): (f32, f32), toward: f32) -> Color {
    let rim = smooth(0.034, 0.0, inside) * smooth(-0.25, 0.35, x * toward + y * 0.18);
    mix(body, mix(palette.light, palette.horizon, 0.35), rim * 0.8)
}

pub(super) fn cat(canvas: &mut Canvas, palette: &Palette, light: &Light, place: &Place) {
    let toward = if light.x < place.x { -1.0 } else { 1.0 };
    let fur = mix(palette.near, palette.accent, 0.10);
    // The wall it sits on.
    let ledge = mix(palette.near, palette.haze, 0.16);
    place.fill(
        canvas,
        (-9.0, -0.6),
        (9.0, 0.05),
        |(_, y)| y - 0.035,
        |(x, y)| {
            let stone = rough_line(x * 7.0 + (y * 14.0).floor() * 3.3, 3, 5);
            scale(ledge, 0.75 + 0.25 * stone + 0.35 * smooth(0.0, 0.035, y))
        },
    );
    let shape = |point: (f32, f32)| {
        let back = ellipse(point, (0.03, 0.23), (0.185, 0.235));
        let chest = ellipse(point, (-0.03, 0.34), (0.115, 0.24));
        let neck = limb(point, (-0.02, 0.45), (-0.04, 0.62), (0.10, 0.085));
        let head = ellipse(point, (-0.05, 0.665), (0.122, 0.104));
        let ears = polygon(point, &[(-0.160, 0.70), (-0.155, 0.86), (-0.062, 0.755)])
            .min(polygon(point, &[(-0.040, 0.757), (0.052, 0.862), (0.062, 0.70)]));
        let legs = limb(point, (-0.085, 0.30), (-0.105, 0.06), (0.05, 0.038)).min(limb(point, (0.0, 0.28), (-0.01, 0.06), (0.05, 0.038)));
        let tail = limb(point, (0.17, 0.07), (0.36, 0.05), (0.042, 0.036)).min(limb(point, (0.36, 0.05), (0.45, 0.15), (0.036, 0.024)));
        back.min(chest).min(neck).min(head).min(ears).min(legs).min(tail)
    };
    place.fill(canvas, (-0.3, 0.0), (0.5, 0.9), shape, |point| {
        let hair = 0.9 + 0.25 * rough_line(point.0 * 60.0 + point.1 * 23.0, 2, 8);
        rimmed(scale(fur, hair), palette, -shape(point), (point.0 - 0.0, point.1 - 0.4), toward)
    });
    // Eyes, looking at the viewer.
    let iris = mix(palette.lamp, [0.70, 0.92, 0.45], 0.35);
    for x in [-0.098, -0.004] {
        place.fill(canvas, (x - 0.03, 0.64), (x + 0.03, 0.70), |point| ellipse(point, (x, 0.672), (0.024, 0.017)), |_| iris);
        place.fill(canvas, (x - 0.01, 0.64), (x + 0.01, 0.70), |point| ellipse(point, (x, 0.672), (0.006, 0.016)), |_| [0.02, 0.02, 0.03]);
        canvas.halo(place.point(x, 0.672), place.size * 0.07, iris, 0.25);
    }
    place.fill(
        canvas,
        (-0.07, 0.61),
        (-0.03, 0.64),
        |point| ellipse(point, (-0.051, 0.628), (0.013, 0.009)),
        |_| mix(palette.accent, [0.8, 0.5, 0.5], 0.5),
    );
    for (y, rise) in [(0.628, 0.016), (0.618, -0.008)] {
        for side in [-1.0, 1.0] {
            let (from, to) = ((-0.051 + side * 0.04, y), (-0.051 + side * 0.19, y + rise));
            place.fill(
                canvas,
                (-0.3, 0.58),
                (0.2, 0.68),
                |point| limb(point, from, to, (0.0026, 0.0012)),
                |_| mix(palette.light, palette.haze, 0.4),
            );
        }
    }
}

pub(super) fn portrait(canvas: &mut Canvas, palette: &Palette, light: &Light, place: &Place, dice: &mut Dice) {
    let toward = if light.x < place.x { -1.0 } else { 1.0 };
    let seed = dice.next();
    let tone = dice.unit();
    let skin = mix([0.90, 0.70, 0.58], [0.42, 0.26, 0.18], tone * tone);
    let hair =
        mix(dice.pick(&[[0.12, 0.08, 0.06], [0.30, 0.17, 0.09], [0.08, 0.08, 0.10], [0.45, 0.30, 0.16]], [0.12; 3]), palette.near, 0.25);
    let cloth = mix(palette.accent, palette.near, 0.35);
    let long = dice.between(0.16, 0.36);
    let warm = mix(palette.light, [1.0, 0.85, 0.70], 0.5);
    let lit = |color: Color, (x, y): (f32, f32), (cx, cy): (f32, f32), wide: f32| {
        let across = ((x - cx) * toward / wide).clamp(-1.0, 1.0);
        let up = ((y - cy) / wide * 0.35).clamp(-0.5, 0.5);
        let key = smooth(-0.75, 0.95, across + up);
        let fill = mix(scale(color, 0.34), palette.zenith, 0.16);
        mix(fill, [color[0] * warm[0] * 1.08, color[1] * warm[1] * 1.04, color[2] * warm[2]], key)
    };
    // Hair behind, shoulders, neck.
    let back =
        |point: (f32, f32)| ellipse(point, (0.0, 0.66), (0.205, 0.245)).min(limb(point, (0.0, 0.62), (0.0, 0.66 - long), (0.200, 0.150)));
    let strands = |(x, y): (f32, f32)| 0.72 + 0.55 * rough_line(x * 46.0 + 3.0 * (y * 4.0).sin(), 3, seed);
    place.fill(canvas, (-0.3, 0.2), (0.3, 0.95), back, |point| {
        let rim = smooth(0.03, 0.0, -back(point)) * smooth(-0.1, 0.2, point.0 * toward);
        mix(scale(hair, strands(point)), warm, rim * 0.55)
    });
    place.fill(
        canvas,
        (-0.12, 0.2),
        (0.12, 0.52),
        |point| limb(point, (0.0, 0.25), (0.0, 0.5), (0.088, 0.066)),
        |point| scale(lit(skin, point, (0.0, 0.4), 0.10), 0.62 + 0.26 * smooth(0.45, 0.34, point.1)),
    );
    place.fill(
        canvas,
        (-0.6, -0.1),
        (0.6, 0.40),
        |point| ellipse(point, (0.0, 0.02), (0.43, 0.35)),
        |point| {
            let folds = 0.9 + 0.2 * rough_line(point.0 * 13.0 + point.1 * 6.0, 3, seed ^ 6);
            scale(lit(cloth, point, (0.0, 0.1), 0.42), folds)
        },
    );
    let collar = |(x, y): (f32, f32)| x.abs() - 0.075 * smooth(0.24, 0.40, y);
    place.fill(canvas, (-0.12, 0.24), (0.12, 0.40), collar, |point| scale(lit(skin, point, (0.0, 0.4), 0.10), 0.88));
    // The face: an egg with the point down.
    let face = |(x, y): (f32, f32)| {
        let narrow = 1.0 + 0.34 * smooth(0.62, 0.42, y);
        ellipse((x * narrow, y), (0.0, 0.625), (0.148, 0.195))
    };
    place.fill(canvas, (-0.2, 0.4), (0.2, 0.85), face, |point| lit(skin, point, (0.0, 0.62), 0.155));
    features(canvas, place, skin, hair, palette, toward);
    // A fringe over the brow, parted to one side.
    let part = -0.05 * toward;
    let fringe = |(x, y): (f32, f32)| {
        let cap = ellipse((x, y), (0.0, 0.685), (0.188, 0.190));
        let line = 0.770 - 1.9 * (x - part) * (x - part) - 0.02 * (x * 31.0).sin();
        cap.max(line - y)
    };
    place.fill(canvas, (-0.25, 0.6), (0.25, 0.92), fringe, |point| {
        let shine = smooth(0.05, 0.0, (point.1 - 0.81 + point.0 * 0.1 * toward).abs()) * smooth(-0.1, 0.12, point.0 * toward);
        mix(scale(hair, strands(point)), warm, shine * 0.30)
    });
}

fn features(canvas: &mut Canvas, place: &Place, skin: Color, hair: Color, palette: &Palette, toward: f32) {
    let shade = mix(scale(skin, 0.42), palette.near, 0.25);
    for side in [-1.0_f32, 1.0] {
        let x = side * 0.062;
        // The hollow of the eye, the lashes of its closed lid, the brow.
        canvas.within(place.point(x - 0.05, 0.67), place.point(x + 0.05, 0.60), |canvas, px, py| {
            let (ex, ey) = place.point(x, 0.640);
            let (dx, dy) = ((px as f32 - ex) / (place.size * 0.048), (py as f32 - ey) / (place.size * 0.028));
            let soft = (1.0 - dx * dx - dy * dy).max(0.0);
            canvas.blend(px, py, shade, soft * 0.35);
        });
        place.fill(
            canvas,
            (x - 0.05, 0.61),
            (x + 0.05, 0.66),
            |(u, v)| {
                let arc = 0.629 + 7.0 * (u - x) * (u - x);
                ((v - arc).abs() - 0.0034).max((u - x).abs() - 0.036)
            },
            |_| scale(hair, 0.7),
        );
        place.fill(
            canvas,
            (x - 0.06, 0.66),
            (x + 0.06, 0.70),
            |(u, v)| {
                let arc = 0.684 - 4.0 * (u - x * 1.02) * (u - x * 1.02);
                ((v - arc).abs() - 0.0062 + 0.05 * (u - x).abs()).max((u - x).abs() - 0.044)
            },
            |_| mix(hair, skin, 0.18),
        );
    }
    // The nose is only its shadow, the mouth two curves.
    let away = -toward;
    canvas.within(place.point(-0.05, 0.63), place.point(0.05, 0.53), |canvas, px, py| {
        let (x, y) = ((px as f32 - place.x) / place.size, (place.ground - py as f32) / place.size);
        let t = ((0.63 - y) / 0.085).clamp(0.0, 1.0);
        let side = (x - away * (0.010 + 0.018 * t)) / (0.010 + 0.010 * t);
        let under = ellipse((x, y), (0.0, 0.545), (0.026, 0.010));
        let share = 0.34 * (-side * side).exp() * smooth(0.0, 0.3, t) + 0.45 * smooth(0.008, -0.006, under);
        canvas.blend(px, py, shade, share.min(0.6) * if y > 0.535 { 1.0 } else { 0.0 });
    });
    let lips = mix(mix(skin, [0.72, 0.24, 0.26], 0.55), palette.near, 0.10);
    place.fill(
        canvas,
        (-0.06, 0.46),
        (0.06, 0.52),
        |(x, y)| {
            let upper = 0.4985 + 0.0085 * (x * 52.0).cos().max(-0.2) * (1.0 - (x / 0.052).abs()).max(0.0) - 0.5 * x * x;
            let lower = 0.4790 + 5.0 * x * x;
            (y - upper).max(lower - y).max(x.abs() - 0.054)
        },
        |(x, y)| mix(scale(lips, 0.72), lips, smooth(0.497, 0.486, y) * 0.9 + 0.1 * (x * toward).max(0.0)),
    );
    place.fill(
        canvas,
        (-0.06, 0.48),
        (0.06, 0.51),
        |(x, y)| ((y - 0.4945 - 0.6 * x * x).abs() - 0.0018).max(x.abs() - 0.052),
        |_| scale(lips, 0.42),
    );
}

pub(super) fn flower(canvas: &mut Canvas, palette: &Palette, light: &Light, place: &Place, dice: &mut Dice) {
    let toward = if light.x < place.x { -1.0 } else { 1.0 };
    let seed = dice.next();
    let bend = dice.between(-0.08, 0.08);
    let green = mix([0.20, 0.40, 0.20], palette.near, 0.35);
    let head = (0.0, 0.60);
    let stem = |(x, y): (f32, f32)| limb((x - bend * (y * PI / 0.6).sin(), y), (bend, -0.05), (0.0, 0.58), (0.017, 0.013));
    place.fill(canvas, (-0.2, -0.05), (0.2, 0.6), stem, |(x, _)| {
        mix(scale(green, 0.6), mix(green, palette.light, 0.3), smooth(-0.02, 0.02, x * toward))
    });
    for (side, base, reach) in [(-1.0_f32, 0.10, 0.30), (1.0, 0.20, 0.26)] {
        let leaf = |(x, y): (f32, f32)| {
            let along = (x - bend) * side / reach;
            let spine = base + 0.55 * reach * along * (1.5 - 0.6 * along);
            let wide = 0.055 * (along.clamp(0.0, 1.0) * PI).sin();
            ((y - spine).abs() - wide).max(-along * 0.2).max((along - 1.0) * 0.2)
        };
        place.fill(canvas, (-0.45, 0.0), (0.45, 0.5), leaf, |(x, y)| {
            let vein = rough_line(y * 40.0 + x * 25.0, 2, seed) * 0.25;
            mix(scale(green, 0.65 + vein), mix(green, palette.light, 0.35), smooth(-0.2, 0.3, x * toward))
        });
    }
    let petal = mix(palette.accent, [1.0, 0.92, 0.90], 0.08);
    let count = 7 + (dice.next() % 3) as i32;
    let turn = dice.unit() * TAU;
    // From the outer ring inwards, each brighter than the one under it.
    for ring in 0..4 {
        let t = ring as f32 / 3.0;
        let (far, wide, long) = (0.145 - 0.105 * t, 0.088 - 0.040 * t, 0.135 - 0.062 * t);
        for index in 0..count {
            let angle = turn + ring as f32 * 0.42 + index as f32 / count as f32 * TAU + 0.12 * (dice.unit() - 0.5);
            let (cos, sin) = (angle.cos(), angle.sin());
            let middle = (head.0 + cos * far, head.1 + sin * far * 0.92);
            let size = dice.between(0.92, 1.08);
            let own = |(x, y): (f32, f32)| {
                let (dx, dy) = (x - middle.0, y - middle.1);
                ((dx * cos + dy * sin) / (long * size), (dy * cos - dx * sin) / (wide * size))
            };
            let shape = |point: (f32, f32)| {
                let (u, v) = own(point);
                // Broad outside, pointed inside.
                let v = v * (1.18 - 0.30 * u);
                ((u * u + v * v).sqrt() - 1.0) * wide
            };
            place.fill(canvas, (middle.0 - 0.16, middle.1 - 0.16), (middle.0 + 0.16, middle.1 + 0.16), shape, |point| {
                let (u, v) = own(point);
                let vein = 0.90 + 0.16 * rough_line(v * 9.0 + index as f32 * 5.0, 2, seed ^ 4);
                let lit = smooth(-1.0, 1.1, (cos * toward) * 0.6 + sin * 0.35 + u * 0.45 + v * 0.15 * toward);
                let deep = mix(scale(petal, 0.36), palette.near, 0.22);
                let bright = mix(petal, palette.light, 0.30 + 0.12 * t);
                let body = scale(mix(deep, bright, lit * smooth(-1.15, 0.5, u)), vein);
                mix(body, mix(bright, [1.0; 3], 0.25), smooth(-0.10, 0.0, shape(point) / wide) * lit * 0.5)
            });
        }
    }
    let heart = mix(palette.lamp, [0.85, 0.60, 0.20], 0.5);
    for index in 0..26 {
        let (angle, far) = (index as f32 * 2.399, 0.036 * (index as f32 / 26.0).sqrt());
        let (x, y) = (head.0 + angle.cos() * far, head.1 + angle.sin() * far);
        place.fill(
            canvas,
            (x - 0.01, y - 0.01),
            (x + 0.01, y + 0.01),
            |point| ellipse(point, (x, y), (0.0065, 0.0065)),
            |_| scale(heart, 0.65 + 0.5 * (index % 3) as f32 / 2.0),
        );
    }
}
