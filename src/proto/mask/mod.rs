//! The mask of a picture: for each pixel how much of it may change, from 0 (not at all) to 255 (wholly). It has the picture's size in pixels.
//!
//! It is kept in square tiles, and a tile of one value costs nothing but that value. So memory and time depend on what is painted, not on the
//! size of the picture, and a page draws only the tiles that changed.

mod brush;
mod draft;
mod flood;
mod grid;
mod history;
mod packed;
mod painting;
mod pixel_box;
mod png;
mod polygon;
mod resized;
mod shaped;
#[cfg(test)]
mod tests;
mod tile;

pub use brush::{Brush, BrushPoint};
pub use draft::{DraftError, DraftWriter};
pub use grid::{Mask, TileFacts};
pub use painting::Painting;
pub use pixel_box::PixelBox;
pub use png::PngWriter;
pub use shaped::{preview, preview_reach};
pub use tile::TILE;
