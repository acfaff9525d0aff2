//! Pictures as they flow through a graph, and their encodings.
//!
//! Work on whole pictures is left to the image crate where it can be: it is optimised in development builds too.

use image::{DynamicImage, RgbImage, RgbaImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

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

/// A PNG with these `tEXt` chunks (key, text) before its pixels, in this order. `None`: a key is empty or over 79 bytes, or a key or a text has
/// characters outside Latin-1.
pub fn png(picture: &RgbImage, texts: Vec<(String, String)>) -> Option<Vec<u8>> {
    encoded(ColorType::Rgb, picture.dimensions(), picture, texts)
}

/// The same for a picture with transparency.
pub fn png_with_alpha(picture: &RgbaImage, texts: Vec<(String, String)>) -> Option<Vec<u8>> {
    encoded(ColorType::Rgba, picture.dimensions(), picture, texts)
}

fn encoded(colours: ColorType, (width, height): (u32, u32), pixels: &[u8], texts: Vec<(String, String)>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(colours);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Adaptive);
    for (key, text) in texts {
        encoder.add_text_chunk(key, text).ok()?;
    }
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(pixels).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_png_has_its_pixels_and_its_texts() {
        let picture = RgbImage::from_fn(3, 2, |x, y| image::Rgb([x as u8, y as u8, 9]));
        let texts = [("prompt", r#"{"1": {}}"#), ("workflow", "[]")].map(|(key, text)| (key.to_owned(), text.to_owned()));
        let bytes = png(&picture, texts.to_vec()).unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().into_rgb8(), picture);
        let reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
        let read: Vec<_> = reader.info().uncompressed_latin1_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.text.clone())).collect();
        assert_eq!(read, texts);
        assert_eq!(png(&picture, vec![(String::new(), "a text without a key".into())]), None);
    }
}
