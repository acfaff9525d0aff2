//! Reads the pixels of pictures, and draws their difference.

use leptos::web_sys::HtmlCanvasElement;
use proto::gallery::PixelDifference;

/// What was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DrawnDifference {
    pub difference: PixelDifference,
    /// The size that both were compared at, and their own, in pixels.
    pub size: (u32, u32),
    pub first: (u32, u32),
    pub second: (u32, u32),
}

/// Pixels that are compared at most: browsers have no larger canvas everywhere.
#[cfg(feature = "hydrate")]
const PIXELS: u64 = 16_000_000;
/// Rows that are read at once, so that little memory is taken.
#[cfg(feature = "hydrate")]
const ROWS: u32 = 128;

/// Draws into `canvas` how much the pictures at two addresses differ, at the size of the first. `None`: one of them cannot be read.
#[cfg(feature = "hydrate")]
pub(super) async fn draw_difference(canvas: HtmlCanvasElement, first: &str, second: &str) -> Option<DrawnDifference> {
    use wasm_bindgen::Clamped;
    use web_sys::{CanvasRenderingContext2d, ImageData};

    let (first, second) = (image(first).await?, image(second).await?);
    let natural = |image: &web_sys::HtmlImageElement| (image.natural_width().max(1), image.natural_height().max(1));
    let (first_size, second_size) = (natural(&first), natural(&second));
    let size = within(first_size);
    let width = f64::from(size.0);
    let pixels = |image: &web_sys::HtmlImageElement, natural: (u32, u32)| -> Option<CanvasRenderingContext2d> {
        let context = context(&new_canvas()?, size)?;
        let [left, top, width, height] = fitted(natural, size).map(f64::from);
        context.draw_image_with_html_image_element_and_dw_and_dh(image, left, top, width, height).ok()?;
        Some(context)
    };
    let (first, second) = (pixels(&first, first_size)?, pixels(&second, second_size)?);
    let shown = context(&canvas, size)?;
    let mut difference = PixelDifference::default();
    for top in (0..size.1).step_by(ROWS as usize) {
        let (at, rows) = (f64::from(top), f64::from(ROWS.min(size.1 - top)));
        let first = first.get_image_data(0.0, at, width, rows).ok()?.data();
        let second = second.get_image_data(0.0, at, width, rows).ok()?.data();
        let mut drawn = vec![0; first.len()];
        difference.add(&first, &second, &mut drawn);
        let drawn = ImageData::new_with_u8_clamped_array(Clamped(&drawn), size.0).ok()?;
        shown.put_image_data(&drawn, 0.0, at).ok()?;
    }
    Some(DrawnDifference { difference, size, first: first_size, second: second_size })
}

/// Where a picture of the size `natural` lies in one of `size`, so that it is as large as it can be, and keeps its shape: left, top, width, height.
#[cfg(any(feature = "hydrate", test))]
fn fitted((width, height): (u32, u32), size: (u32, u32)) -> [u32; 4] {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (across, down) = (u64::from(size.0), u64::from(size.1));
    let (fit_width, fit_height) =
        if width * down >= height * across { (across, (height * across / width).max(1)) } else { ((width * down / height).max(1), down) };
    [(across - fit_width.min(across)) / 2, (down - fit_height.min(down)) / 2, fit_width, fit_height]
        .map(|side| u32::try_from(side).unwrap_or(u32::MAX))
}

/// The server draws nothing.
#[cfg(not(feature = "hydrate"))]
pub(super) async fn draw_difference(_: HtmlCanvasElement, _: &str, _: &str) -> Option<DrawnDifference> {
    None
}

/// The size, or a smaller one of the same shape.
#[cfg(feature = "hydrate")]
fn within((width, height): (u32, u32)) -> (u32, u32) {
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= PIXELS {
        return (width, height);
    }
    let factor = (PIXELS as f64 / pixels as f64).sqrt();
    let scaled = |side: u32| ((f64::from(side) * factor) as u32).max(1);
    (scaled(width), scaled(height))
}

#[cfg(feature = "hydrate")]
async fn image(url: &str) -> Option<web_sys::HtmlImageElement> {
    let image = web_sys::HtmlImageElement::new().ok()?;
    image.set_src(url);
    wasm_bindgen_futures::JsFuture::from(image.decode()).await.ok()?;
    Some(image)
}

#[cfg(feature = "hydrate")]
fn new_canvas() -> Option<HtmlCanvasElement> {
    use leptos::{prelude::document, wasm_bindgen::JsCast};
    document().create_element("canvas").ok()?.dyn_into().ok()
}

/// Of a canvas that gets this size.
#[cfg(feature = "hydrate")]
fn context(canvas: &HtmlCanvasElement, (width, height): (u32, u32)) -> Option<web_sys::CanvasRenderingContext2d> {
    use leptos::wasm_bindgen::JsCast;
    canvas.set_width(width);
    canvas.set_height(height);
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn a_picture_of_another_shape_is_not_distorted() {
        assert_eq!(fitted((512, 512), (512, 512)), [0, 0, 512, 512]);
        assert_eq!(fitted((1024, 1024), (512, 512)), [0, 0, 512, 512]);
        assert_eq!(fitted((200, 100), (100, 100)), [0, 25, 100, 50]);
        assert_eq!(fitted((100, 400), (100, 100)), [37, 0, 25, 100]);
        assert_eq!(fitted((1, 1_000), (100, 100)), [49, 0, 1, 100]);
    }
}
