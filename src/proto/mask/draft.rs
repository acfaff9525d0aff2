//! A mask as few bytes, to keep in the browser.
//!
//! `DRM1`, width and height as 32-bit numbers, then the tiles in order: runs of tiles of one value as 0, the value, and their number in 32 bits; a
//! tile of several values as 1, its number of bytes in 32 bits, and the bytes (deflated). Numbers are little-endian.

use thiserror::Error;

use super::{grid::Mask, packed::PackedTile, tile::Tile};
use crate::limits;

const MAGIC: &[u8; 4] = b"DRM1";
const RUN: u8 = 0;
const PIXELS: u8 = 1;

/// Writes a mask in several steps, so that a page can do other work between them.
#[derive(Clone, Debug)]
pub struct DraftWriter {
    bytes: Vec<u8>,
    next: usize,
}

impl DraftWriter {
    #[must_use]
    pub fn new(mask: &Mask) -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(mask.width().to_le_bytes());
        bytes.extend(mask.height().to_le_bytes());
        Self { bytes, next: 0 }
    }

    /// Writes until `pixel_tiles` tiles of several values are written. Whether there is more to write. The mask has to be of the size that
    /// this began with; tiles that changed meanwhile are written as they are now.
    pub fn write(&mut self, mask: &Mask, pixel_tiles: usize) -> bool {
        let mut left = pixel_tiles;
        while let Some(tile) = mask.tiles.get(self.next) {
            if let Tile::Uniform(value) = tile {
                let run =
                    mask.tiles.iter().skip(self.next).take_while(|tile| matches!(tile, Tile::Uniform(other) if other == value)).count();
                self.bytes.extend([RUN, *value]);
                self.bytes.extend(u32::try_from(run).unwrap_or_default().to_le_bytes());
                self.next += run;
                continue;
            }
            if left == 0 {
                return true;
            }
            left -= 1;
            let mut packed = PackedTile::of(tile);
            packed.deflate();
            if let PackedTile::Deflated(bytes) | PackedTile::Raw(bytes) = packed {
                self.bytes.push(PIXELS);
                self.bytes.extend(u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes());
                self.bytes.extend(&bytes);
            }
            self.next += 1;
        }
        false
    }

    /// The bytes, once all is written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Why bytes are no mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DraftError {
    #[error("the draft is not a mask")]
    NoMask,
    #[error("the mask of the draft is larger than {} pixels on a side", limits::MASK_SIDE)]
    TooLarge,
    #[error("the draft is damaged")]
    Damaged,
}

impl Mask {
    /// The whole mask as a draft.
    #[must_use]
    pub fn to_draft(&self) -> Vec<u8> {
        let mut writer = DraftWriter::new(self);
        writer.write(self, usize::MAX);
        writer.into_bytes()
    }

    /// # Errors
    /// The bytes are no draft, or were cut off or changed.
    pub fn from_draft(bytes: &[u8]) -> Result<Self, DraftError> {
        let mut reader = DraftReader(bytes.strip_prefix(MAGIC).ok_or(DraftError::NoMask)?);
        let (width, height) = (reader.number()?, reader.number()?);
        if width == 0 || height == 0 {
            return Err(DraftError::Damaged);
        }
        if width > limits::MASK_SIDE || height > limits::MASK_SIDE {
            return Err(DraftError::TooLarge);
        }
        let mut mask = Self::new(width, height);
        let mut places = mask.tiles.iter_mut();
        while places.len() > 0 {
            match reader.byte()? {
                RUN => {
                    let value = reader.byte()?;
                    let run = reader.number()? as usize;
                    if run == 0 || run > places.len() {
                        return Err(DraftError::Damaged);
                    }
                    places.by_ref().take(run).for_each(|tile| *tile = Tile::Uniform(value));
                }
                PIXELS => {
                    let length = reader.number()? as usize;
                    let packed = PackedTile::Deflated(reader.take(length)?.into());
                    let tile = packed.unpack().ok_or(DraftError::Damaged)?;
                    if let Some(place) = places.next() {
                        *place = tile;
                    }
                }
                _ => return Err(DraftError::Damaged),
            }
        }
        if reader.0.is_empty() { Ok(mask) } else { Err(DraftError::Damaged) }
    }
}

struct DraftReader<'a>(&'a [u8]);

impl<'a> DraftReader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DraftError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DraftError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, DraftError> {
        self.take(1)?.first().copied().ok_or(DraftError::Damaged)
    }

    fn number(&mut self) -> Result<u32, DraftError> {
        let bytes = self.take(4)?.try_into().map_err(|_| DraftError::Damaged)?;
        Ok(u32::from_le_bytes(bytes))
    }
}
