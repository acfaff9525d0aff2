//! Repeatable chance: dice for composition, value noise for nature.

/// Draws numbers from a seed and a text.
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    pub(super) fn new(seed: u64, text: &str) -> Self {
        let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        Self { state: hash ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) }
    }

    pub(super) fn next(&mut self) -> u32 {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 32) as u32
    }

    /// From 0 up to 1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 8) as f32 / 16_777_216.0
    }

    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub(super) fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T], otherwise: T) -> T {
        let at = self.next() as usize % choices.len().max(1);
        choices.get(at).copied().unwrap_or(otherwise)
    }
}

fn lattice(x: i32, y: i32, seed: u32) -> f32 {
    let mut hash = (x as u32).wrapping_mul(0x27D4_EB2D) ^ (y as u32).wrapping_mul(0x1656_67B1) ^ seed;
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    ((hash ^ (hash >> 16)) >> 8) as f32 / 16_777_216.0
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Value noise along a line, 0 to 1.
pub(super) fn line(x: f32, seed: u32) -> f32 {
    let floor = x.floor();
    let (cell, t) = (floor as i32, ease(x - floor));
    let (a, b) = (lattice(cell, 0, seed), lattice(cell + 1, 0, seed));
    a + (b - a) * t
}

/// Straight from value to value, for what is made of rock.
pub(super) fn jagged_line(x: f32, seed: u32) -> f32 {
    let floor = x.floor();
    let cell = floor as i32;
    let (a, b) = (lattice(cell, 0, seed), lattice(cell + 1, 0, seed));
    a + (b - a) * (x - floor)
}

/// Value noise in the plane, 0 to 1.
pub(super) fn plane(x: f32, y: f32, seed: u32) -> f32 {
    let (floor_x, floor_y) = (x.floor(), y.floor());
    let (cell_x, cell_y) = (floor_x as i32, floor_y as i32);
    let (tx, ty) = (ease(x - floor_x), ease(y - floor_y));
    let (a, b) = (lattice(cell_x, cell_y, seed), lattice(cell_x + 1, cell_y, seed));
    let (c, d) = (lattice(cell_x, cell_y + 1, seed), lattice(cell_x + 1, cell_y + 1, seed));
    let (top, bottom) = (a + (b - a) * tx, c + (d - c) * tx);
    top + (bottom - top) * ty
}

/// Octaves of `line`, 0 to 1.
pub(super) fn rough_line(x: f32, octaves: u32, seed: u32) -> f32 {
    octaves_of(octaves, |scale, octave| line(x * scale, seed.wrapping_add(octave * 131)))
}

/// Octaves of `plane`, 0 to 1.
pub(super) fn rough_plane(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    octaves_of(octaves, |scale, octave| plane(x * scale, y * scale, seed.wrapping_add(octave * 131)))
}

fn octaves_of(octaves: u32, at: impl Fn(f32, u32) -> f32) -> f32 {
    let (mut sum, mut weight, mut total, mut scale) = (0.0, 1.0, 0.0, 1.0);
    for octave in 0..octaves {
        sum += at(scale, octave) * weight;
        total += weight;
        weight *= 0.5;
        scale *= 2.03;
    }
    sum / total
}
