//! The land: layers of silhouettes from far to near, each clearer and darker than the one behind it.

use super::{
    canvas::{Canvas, Color, mix, scale, smooth},
    noise::{Dice, jagged_line, line, plane, rough_line},
    palette::Palette,
    scene::{Ground, Scene, Time},
    sky::Light,
};

/// One silhouette.
struct Layer {
    kind: Ground,
    /// Where its foot is, as a row, and how far it rises above.
    base: f32,
    rise: f32,
    /// 0 is the farthest, 1 the nearest.
    near: f32,
    seed: u32,
}

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, palette: &Palette, light: &Light, dice: &mut Dice) {
    let layers = layers(canvas, scene, light.horizon, dice);
    let unit = canvas.unit();
    let ridges: Vec<Vec<f32>> = layers.iter().map(|layer| ridge(layer, canvas.width, unit)).collect();
    for (index, layer) in layers.iter().enumerate() {
        for x in 0..canvas.width {
            let top = ridges[index][x];
            // What a nearer layer hides is not painted.
            let end = ridges[index + 1..].iter().map(|ridge| ridge[x] + 1.0).fold(canvas.height as f32, f32::min);
            column(canvas, scene, palette, light, layer, x, (top, end), &ridges[index]);
        }
        if layer.kind == Ground::City {
            windows(canvas, scene, palette, layer, &ridges[index], &ridges[index + 1..]);
        }
    }
}

fn layers(canvas: &Canvas, scene: &Scene, horizon: f32, dice: &mut Dice) -> Vec<Layer> {
    let height = canvas.height as f32;
    let floor = if scene.water { horizon } else { height };
    // Kind, foot (0 horizon, 1 bottom), rise above the foot in shares of the height.
    let plan: &[(Ground, f32, f32)] = match scene.ground {
        Ground::Mountains => &[
            (Ground::Mountains, 0.0, 0.24),
            (Ground::Mountains, 0.06, 0.34),
            (Ground::Mountains, 0.20, 0.22),
            (Ground::Forest, 0.42, 0.11),
            (Ground::Forest, 0.80, 0.17),
        ],
        Ground::Hills => &[
            (Ground::Mountains, 0.0, 0.10),
            (Ground::Hills, 0.05, 0.08),
            (Ground::Hills, 0.22, 0.10),
            (Ground::Forest, 0.36, 0.06),
            (Ground::Hills, 0.62, 0.15),
            (Ground::Hills, 0.95, 0.16),
        ],
        Ground::Forest => &[
            (Ground::Mountains, 0.0, 0.16),
            (Ground::Forest, 0.10, 0.12),
            (Ground::Forest, 0.30, 0.18),
            (Ground::Forest, 0.58, 0.26),
            (Ground::Forest, 0.98, 0.38),
        ],
        Ground::Desert => &[
            (Ground::Mountains, 0.0, 0.06),
            (Ground::Desert, 0.08, 0.07),
            (Ground::Desert, 0.28, 0.14),
            (Ground::Desert, 0.58, 0.20),
            (Ground::Desert, 1.0, 0.26),
        ],
        Ground::City => &[(Ground::City, 0.0, 0.26), (Ground::City, 0.10, 0.36), (Ground::City, 0.30, 0.34)],
        Ground::Coast => &[(Ground::Hills, 0.0, 0.05), (Ground::Hills, 0.0, 0.025)],
    };
    let last = plan.len().saturating_sub(1).max(1) as f32;
    plan.iter()
        .enumerate()
        .filter(|(_, (kind, foot, _))| !scene.water || *foot < 0.35 || *kind == Ground::City)
        .map(|(index, (kind, foot, rise))| Layer {
            kind: *kind,
            base: if scene.water { horizon + 1.0 } else { horizon + foot * (floor - horizon) },
            rise: height * rise * dice.between(0.85, 1.2) * if scene.water && index > 1 { 0.6 } else { 1.0 },
            near: index as f32 / last,
            seed: dice.next(),
        })
        .collect()
}

/// The row of the silhouette's edge in each column.
fn ridge(layer: &Layer, width: usize, unit: f32) -> Vec<f32> {
    let seed = layer.seed;
    (0..width)
        .map(|x| {
            let u = x as f32 / unit;
            let up = match layer.kind {
                Ground::Mountains => {
                    // Peaks on peaks, each size half as high as the one before.
                    let fold = |scale: f32, seed| 1.0 - (2.0 * jagged_line(u * scale, seed) - 1.0).abs();
                    let large = 0.56 * fold(2.1, seed) + 0.27 * fold(4.7, seed ^ 7);
                    let small = 0.12 * fold(11.3, seed ^ 21) + 0.06 * fold(27.0, seed ^ 42);
                    large + small + 0.03 * fold(61.0, seed ^ 84)
                }
                Ground::Hills | Ground::Coast => rough_line(u * 2.1, 3, seed) * 1.1 - 0.1 + 0.03 * line(u * 60.0, seed),
                Ground::Desert => {
                    let swell = line(u * 1.3, seed);
                    let crest = 1.0 - (2.0 * line(u * 1.9 + swell * 0.6, seed ^ 3) - 1.0).abs();
                    0.45 * swell + 0.5 * crest
                }
                Ground::Forest => {
                    let ground = rough_line(u * 2.4, 3, seed) * 0.55;
                    let size = 0.25 + 0.35 * layer.near;
                    ground + conifers(u / (0.020 + 0.040 * layer.near), seed) * size
                }
                Ground::City => skyline(u / (0.055 + 0.05 * layer.near), seed),
            };
            layer.base - up * layer.rise
        })
        .collect()
}

/// Overlapping firs: points, with branches hanging off them.
fn conifers(u: f32, seed: u32) -> f32 {
    let mut top: f32 = 0.0;
    let cell = u.floor();
    for neighbour in -1..=1 {
        let at = cell + neighbour as f32;
        let tall = 0.45 + 0.55 * line(at * 7.31, seed ^ 91);
        let middle = at + 0.25 + 0.5 * line(at * 3.7, seed ^ 17);
        let off = (u - middle).abs() * 1.35;
        let branches = 0.10 * ((u - middle).abs() * 34.0 * tall).sin();
        top = top.max(tall * (1.0 - off) + branches * off.min(0.6));
    }
    top.max(0.0)
}

fn skyline(u: f32, seed: u32) -> f32 {
    let block = u.floor();
    let tall = plane(block * 5.17, 0.5, seed);
    let inner = u - block;
    let gap = plane(block * 2.9, 8.5, seed) * 0.16;
    if inner < gap {
        return 0.16 + 0.12 * plane(block, 3.5, seed);
    }
    let crown = plane(block * 9.7, 2.5, seed);
    // Some have a narrower top, a few a mast.
    let setback = if crown > 0.62 && (0.3..0.8).contains(&inner) { 0.10 } else { 0.0 };
    let mast = if crown > 0.80 && (inner - 0.55).abs() < 0.018 { 0.14 } else { 0.0 };
    0.22 + 0.68 * tall * tall + setback + mast
}

#[expect(clippy::too_many_arguments, reason = "the inner loop of a picture: all of it is needed in each column")]
fn column(
    canvas: &mut Canvas,
    scene: &Scene,
    palette: &Palette,
    light: &Light,
    layer: &Layer,
    x: usize,
    (top, end): (f32, f32),
    ridge: &[f32],
) {
    let depth = layer.near.powf(0.9);
    let unit = canvas.unit();
    let color = mix(palette.haze, palette.near, 0.12 + 0.86 * depth);
    let mist = mix(palette.haze, palette.horizon, 0.35);
    let aside = (x as f32 - light.x).abs() / canvas.width as f32;
    let shines = scene.time != Time::Night || scene.moon;
    let rim = if shines { (-aside * 5.0).exp() * (1.0 - 0.6 * depth) } else { 0.0 };
    let toward = ((light.x - x as f32) / (canvas.width as f32 * 0.22)).clamp(-1.0, 1.0);
    // Ridges run down slantwise: lower points follow a slope further to the side.
    let faces_light = |below: f32| {
        let lean = if layer.seed.is_multiple_of(2) { 0.55 } else { -0.55 };
        let at = (x as f32 + below * unit * lean).clamp(0.0, ridge.len() as f32 - 1.0) as usize;
        let slope = ridge[(at + 3).min(ridge.len() - 1)] - ridge[at.saturating_sub(3)];
        (slope / unit * 90.0 * toward).clamp(-1.0, 1.0)
    };
    let first = top.max(0.0) as usize;
    let last = end.min(canvas.height as f32) as usize;
    for y in first..last {
        let below = (y as f32 - top) / unit;
        let mut pixel = match layer.kind {
            Ground::Mountains => mountain(color, scene, palette, layer, (x as f32 / unit, y as f32 / unit, below), faces_light(below)),
            Ground::Desert => dune(color, palette, layer, below, faces_light(below)),
            Ground::Hills | Ground::Coast => {
                let grass = plane(x as f32 / unit * 90.0, y as f32 / unit * 40.0, layer.seed);
                scale(color, 0.90 + 0.22 * grass * (0.3 + depth))
            }
            _ => color,
        };
        if scene.snow && !matches!(layer.kind, Ground::City | Ground::Mountains) {
            let drift = mix(mix(palette.haze, palette.light, 0.42), palette.zenith, 0.18);
            let edge = below + 0.02 * (x as f32 * 0.11).sin();
            let under = if layer.kind == Ground::Forest { 0.16 } else { 0.0 };
            let share = smooth(under + 0.03, under + 0.14, edge);
            pixel = mix(pixel, drift, 0.75 * share);
        }
        let veil = smooth(0.0, 0.30, below) * (0.50 + 0.4 * scene.fog) * (1.0 - depth * 0.85);
        pixel = mix(pixel, mist, veil);
        pixel = mix(pixel, palette.light, rim * 0.55 * (-below * 60.0).exp() + rim * 0.10);
        // The edge covers its pixel only in part.
        let cover = if y == first { 1.0 - (top - top.floor()).clamp(0.0, 1.0) } else { 1.0 };
        canvas.blend(x, y, pixel, cover);
    }
}

fn mountain(color: Color, scene: &Scene, palette: &Palette, layer: &Layer, (u, v, below): (f32, f32, f32), faces_light: f32) -> Color {
    let coarse = plane(u * 30.0 + v * 14.0, v * 26.0 - u * 9.0, layer.seed);
    let rock = 0.6 * coarse + 0.4 * plane(u * 95.0, v * 80.0, layer.seed ^ 6);
    let facet = (faces_light * 0.75 + (rock - 0.5) * 1.1).clamp(-1.0, 1.0);
    let shaded = scale(color, 1.0 + 0.24 * facet * (0.4 + 0.6 * layer.near));
    let deep = if scene.snow { 0.26 } else { 0.085 };
    let cap = smooth(deep, deep * 0.45, below + (rock - 0.5) * 0.12 - faces_light * 0.02) * if layer.near < 0.65 { 1.0 } else { 0.0 };
    let snow = mix(mix(palette.haze, palette.zenith, 0.25), mix(palette.light, [1.0; 3], 0.3), 0.35 + 0.5 * facet.max(-0.4));
    mix(shaded, snow, cap * 0.75)
}

fn dune(color: Color, palette: &Palette, layer: &Layer, below: f32, faces_light: f32) -> Color {
    let sand = mix(mix(color, palette.horizon, 0.50 - 0.25 * layer.near), [0.90, 0.62, 0.36], 0.55);
    // A dune is rounder below its crest.
    let steep = smooth(-0.6, 0.6, faces_light);
    let lit = steep + (0.55 - steep) * smooth(0.04, 0.30, below);
    let shadow = mix(scale(color, 0.8), sand, 0.48);
    let side = mix(shadow, sand, lit);
    mix(side, scale(side, 0.82), smooth(0.0, 0.35, below))
}

fn windows(canvas: &mut Canvas, scene: &Scene, palette: &Palette, layer: &Layer, ridge: &[f32], nearer: &[Vec<f32>]) {
    let unit = canvas.unit();
    let step = (unit * (0.010 + 0.006 * layer.near)).max(2.0);
    let lit = match scene.time {
        Time::Night => 0.42,
        Time::Dusk => 0.26,
        Time::Dawn => 0.12,
        Time::Day => 0.0,
    };
    let columns = (canvas.width as f32 / step) as i32;
    let rows = (canvas.height as f32 / step) as i32;
    for column in 0..columns {
        let x = (column as f32 + 0.3) * step;
        let at = (x as usize).min(ridge.len() - 1);
        let hidden = nearer.iter().map(|ridge| ridge[at]).fold(canvas.height as f32, f32::min);
        for row in 0..rows {
            let y = (row as f32 + 0.3) * step;
            // Whole floors and single rooms.
            let chance = 0.6 * plane(column as f32 * 1.7, row as f32 * 1.3, layer.seed)
                + 0.4 * plane(column as f32 * 0.31, row as f32 * 0.23, !layer.seed);
            if y < ridge[at] + step || y + step > hidden || chance > lit + 0.06 {
                continue;
            }
            let tone = mix(palette.lamp, [0.75, 0.88, 1.0], if plane(column as f32 * 3.1, row as f32 * 2.7, 5) > 0.7 { 0.7 } else { 0.0 });
            let strength = 0.35 + 0.6 * layer.near * plane(column as f32 * 5.3, row as f32 * 4.1, 9);
            canvas.within((x, y), (x + step * 0.35, y + step * 0.42), |canvas, px, py| {
                canvas.glow(px, py, tone, strength * if lit > 0.0 { 1.0 } else { 0.2 });
            });
        }
    }
}

/// The wet ground of a city: it mirrors what stands above, drawn out downwards.
pub(super) fn street(canvas: &mut Canvas, palette: &Palette, dice: &mut Dice) {
    let start = (canvas.height as f32 * dice.between(0.80, 0.84)) as usize;
    let seed = dice.next();
    let unit = canvas.unit();
    for y in start..canvas.height {
        let down = (y - start) as f32;
        let depth = down / (canvas.height - start).max(1) as f32;
        for x in 0..canvas.width {
            let wave = (plane(x as f32 / unit * 60.0, down / unit * 26.0, seed) - 0.5) * unit * 0.014 * (0.4 + depth);
            let from = (x as f32 + wave).clamp(0.0, canvas.width as f32 - 1.0) as usize;
            let source = start.saturating_sub(1 + (down * 1.9) as usize);
            let mirrored = mix(canvas.at(from, source), palette.near, 0.42 + 0.2 * depth);
            canvas.blend(x, y, mirrored, 1.0);
        }
    }
}
