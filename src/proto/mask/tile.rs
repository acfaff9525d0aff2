//! One square of a mask.

/// The side of a tile in pixels.
pub const TILE: u32 = 128;
pub(super) const SIDE: usize = TILE as usize;
pub(super) const AREA: usize = SIDE * SIDE;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tile {
    /// All pixels have this value.
    Uniform(u8),
    /// [`AREA`] values, row by row. At the right and lower edge of a picture, those outside of it mean nothing.
    Pixels(Box<[u8]>),
}

impl Tile {
    /// The value at a place inside of the tile.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        match self {
            Self::Uniform(value) => *value,
            Self::Pixels(pixels) => pixels.get(y * SIDE + x).copied().unwrap_or_default(),
        }
    }

    /// Row `y`, for reading.
    pub fn row(&self, y: usize) -> TileRow<'_> {
        match self {
            Self::Uniform(value) => TileRow::Uniform(*value),
            Self::Pixels(pixels) => TileRow::Pixels(pixels.get(y * SIDE..(y + 1) * SIDE).unwrap_or_default()),
        }
    }

    /// The values, for writing.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        if let Self::Uniform(value) = self {
            *self = Self::Pixels(vec![*value; AREA].into_boxed_slice());
        }
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Uniform(_) => &mut [],
        }
    }

    /// Frees the pixels if all of the first `width` × `height` have the same value.
    pub fn normalise(&mut self, width: usize, height: usize) {
        let Self::Pixels(pixels) = &*self else { return };
        let first = pixels.first().copied().unwrap_or_default();
        if pixels.chunks_exact(SIDE).take(height).all(|row| row.iter().take(width).all(|value| *value == first)) {
            *self = Self::Uniform(first);
        }
    }

    pub fn invert(&mut self) {
        match self {
            Self::Uniform(value) => *value = 255 - *value,
            Self::Pixels(pixels) => pixels.iter_mut().for_each(|value| *value = 255 - *value),
        }
    }
}

pub(super) enum TileRow<'a> {
    Uniform(u8),
    Pixels(&'a [u8]),
}

impl TileRow<'_> {
    /// Writes the values from column `from` on.
    pub fn write(&self, from: usize, out: &mut [u8]) {
        match self {
            Self::Uniform(value) => out.fill(*value),
            Self::Pixels(pixels) => {
                for (out, value) in out.iter_mut().zip(pixels.iter().skip(from)) {
                    *out = *value;
                }
            }
        }
    }
}
