//! The canvas with the mask. Of a large picture it has fewer pixels than that: each is the mean of a square of them.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use proto::{
    edit::PixelSize,
    mask::{Mask, PixelBox, preview, preview_reach},
};
use wasm_bindgen::Clamped;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::elements::{OVERLAY, WORLD, element};

/// The canvas has at most so many pixels: 16 MB of memory.
const MAX_PIXELS: u64 = 2_048 * 2_048;
/// The two colours of its stripes, red, green and blue: whatever the picture is, one of them differs from it.
const STRIPES: [[u8; 3]; 2] = [[255, 56, 96], [255, 214, 224]];
/// How much of the picture they hide where the mask is full, of 255.
const OPACITY: u32 = 158;
/// The stripes are about so many in the width of the canvas.
const STRIPE_COUNT: u32 = 160;

pub(super) struct MaskCanvas {
    context: CanvasRenderingContext2d,
    /// A pixel of the canvas is `2^level` pixels of the picture wide.
    level: u32,
    /// The width of a stripe in pixels of the canvas.
    stripe: u32,
    grow: u32,
    feather: u32,
}

impl MaskCanvas {
    /// Empties the canvas, which gets the size for this picture. `None`: it is not on the page.
    pub fn new(size: PixelSize) -> Option<Self> {
        let canvas: HtmlCanvasElement = document().get_element_by_id(OVERLAY)?.dyn_into().ok()?;
        let mut level = 0;
        while u64::from(size.width >> level) * u64::from(size.height >> level) > MAX_PIXELS {
            level += 1;
        }
        let side = |side: u32| side.div_ceil(1 << level);
        canvas.set_width(side(size.width));
        canvas.set_height(side(size.height));
        if let Some(world) = element(WORLD) {
            let style = web_sys::HtmlElement::style(&world);
            let _ = style.set_property("width", &format!("{}px", size.width));
            let _ = style.set_property("height", &format!("{}px", size.height));
        }
        // A pixel of the canvas may be cut off at the right and lower edge of the picture.
        let style = web_sys::HtmlElement::style(&canvas);
        let _ = style.set_property("width", &format!("{}px", side(size.width) << level));
        let _ = style.set_property("height", &format!("{}px", side(size.height) << level));
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let stripe = (side(size.width) / STRIPE_COUNT).max(2);
        Some(Self { context, level, stripe, grow: u32::MAX, feather: 0 })
    }

    /// Whether that is another shape than before.
    pub fn shape(&mut self, grow: u32, feather: u32) -> bool {
        let before = (self.grow, self.feather);
        (self.grow, self.feather) = (grow, feather);
        before != (grow, feather)
    }

    /// Everything that looks different when a tile changed.
    pub fn reached(&self, mask: &Mask, tile: usize) -> PixelBox {
        mask.tile_box(tile).grown(preview_reach(self.grow, self.feather), mask.width(), mask.height())
    }

    pub fn draw(&self, mask: &Mask, tile: usize) {
        let area = mask.tile_box(tile);
        let (left, top) = (area.left >> self.level, area.top >> self.level);
        let (width, height, values) = preview(mask, tile, self.level, self.grow, self.feather);
        let mut colours = Vec::with_capacity(values.len() * 4);
        for (y, row) in values.chunks_exact(width.max(1) as usize).enumerate() {
            for (x, value) in row.iter().enumerate() {
                let stripe = (left + x as u32 + top + y as u32) / self.stripe % 2;
                let [red, green, blue] = STRIPES[stripe as usize];
                colours.extend([red, green, blue, (u32::from(*value) * OPACITY / 255) as u8]);
            }
        }
        if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&colours), width, height) {
            let _ = self.context.put_image_data(&image, f64::from(left), f64::from(top));
        }
    }
}
