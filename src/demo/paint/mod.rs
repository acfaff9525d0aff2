//! Paints a picture of what a prompt says. (Stub.)
use image::{Rgb, RgbImage};
pub(super) struct Wish<'a> {
    pub(super) prompt: &'a str,
    pub(super) negative: &'a str,
    pub(super) seed: u64,
    pub(super) cfg: f64,
    pub(super) checkpoint: &'a str,
}
pub(super) fn paint(wish: &Wish<'_>, width: u32, height: u32) -> RgbImage {
    let _ = (wish.prompt, wish.negative, wish.cfg, wish.checkpoint);
    RgbImage::from_pixel(width, height, Rgb([wish.seed as u8; 3]))
}
