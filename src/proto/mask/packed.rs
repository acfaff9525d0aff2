//! A tile as few bytes: for undo, and for drafts.

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};

use super::tile::{AREA, Tile};

/// Level 1 of deflate: tiles are packed while a person paints.
const LEVEL: u8 = 1;

#[derive(Clone, Debug)]
pub(super) enum PackedTile {
    Uniform(u8),
    /// Not deflated yet.
    Raw(Box<[u8]>),
    Deflated(Box<[u8]>),
}

impl PackedTile {
    pub fn of(tile: &Tile) -> Self {
        match tile {
            Tile::Uniform(value) => Self::Uniform(*value),
            Tile::Pixels(pixels) => Self::Raw(pixels.clone()),
        }
    }

    /// `None`: the bytes are not those of a tile.
    pub fn unpack(self) -> Option<Tile> {
        match self {
            Self::Uniform(value) => Some(Tile::Uniform(value)),
            Self::Raw(pixels) => Some(Tile::Pixels(pixels)),
            Self::Deflated(bytes) => {
                let pixels = decompress_to_vec_with_limit(&bytes, AREA).ok().filter(|pixels| pixels.len() == AREA)?;
                Some(Tile::Pixels(pixels.into_boxed_slice()))
            }
        }
    }

    /// Deflates it. Whether there was anything to do.
    pub fn deflate(&mut self) -> bool {
        let Self::Raw(pixels) = &*self else { return false };
        *self = Self::Deflated(compress_to_vec(pixels, LEVEL).into_boxed_slice());
        true
    }

    /// What it occupies beside itself, bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Uniform(_) => 0,
            Self::Raw(bytes) | Self::Deflated(bytes) => bytes.len(),
        }
    }
}
