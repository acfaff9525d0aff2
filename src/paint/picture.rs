//! Pictures as they flow through a graph, and their encodings.
//!
//! Work on whole pictures is left to the image crate where it can be: it is optimised in development builds too.

use image::{
    DynamicImage, ImageEncoder, RgbImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType as PngFilter, PngEncoder},
    },
    imageops::FilterType,
};

/// The longest side of a preview, in pixels (fact 22).
const PREVIEW: u32 = 512;

pub fn resize(picture: &RgbImage, width: u32, height: u32, filter: FilterType) -> RgbImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    DynamicImage::from(picture.clone()).resize_exact(width.max(1), height.max(1), filter).into_rgb8()
}

/// A JPEG scaled to 512 pixels, up or down.
pub fn preview_jpeg(picture: &RgbImage) -> Option<Vec<u8>> {
    let fitted = DynamicImage::from(picture.clone()).resize(PREVIEW, PREVIEW, FilterType::CatmullRom).into_rgb8();
    let mut bytes = Vec::new();
    fitted.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 85)).ok()?;
    Some(bytes)
}

pub fn png(picture: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, PngFilter::Adaptive)
        .write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into())
        .ok()?;
    Some(bytes)
}
