//! Nodes that transform images.

use image::{DynamicImage, Rgb, RgbImage, imageops::FilterType};

use super::{
    call::Call,
    failure::{Failure, raised},
    output::NodeOutput,
};
use paint::picture;

pub(super) fn empty(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let color = call.int("color")?;
    let [.., red, green, blue] = color.to_be_bytes();
    let picture = RgbImage::from_pixel(call.side("width")?, call.side("height")?, Rgb([red, green, blue]));
    Ok(vec![picture; call.batch()?].into())
}

pub(super) fn invert(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let mut pictures = call.images("image")?.to_vec();
    for picture in &mut pictures {
        for value in picture.iter_mut() {
            *value = 255 - *value;
        }
    }
    Ok(pictures.into())
}

pub(super) fn blend(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (first, second) = (call.images("image1")?, call.images("image2")?);
    let factor = call.float("blend_factor")?;
    let mode = call.text("blend_mode")?;
    let mix = |a: u8, b: u8| {
        let (a, b) = (f64::from(a) / 255.0, f64::from(b) / 255.0);
        let blended = match mode.as_str() {
            "multiply" => a * b,
            "screen" => 1.0 - (1.0 - a) * (1.0 - b),
            "overlay" if a <= 0.5 => 2.0 * a * b,
            "overlay" => 1.0 - 2.0 * (1.0 - a) * (1.0 - b),
            "soft_light" if b <= 0.5 => a - (1.0 - 2.0 * b) * a * (1.0 - a),
            "soft_light" => a + (2.0 * b - 1.0) * (a.sqrt() - a),
            "difference" => (a - b).abs(),
            _ => b,
        };
        to_byte(a * (1.0 - factor) + blended * factor)
    };
    let pictures: Vec<RgbImage> = first
        .iter()
        .zip(second.iter().cycle())
        .map(|(first, second)| {
            let second = picture::resize(second, first.width(), first.height(), FilterType::CatmullRom);
            let mut mixed = first.clone();
            for (value, other) in mixed.iter_mut().zip(second.iter()) {
                *value = mix(*value, *other);
            }
            mixed
        })
        .collect();
    Ok(pictures.into())
}

fn to_byte(value: f64) -> u8 {
    // In 0..=255, so the cast loses nothing.
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

pub(super) fn blur(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let pictures = call.images("image")?;
    let sigma = call.float("sigma")?.max(0.1) as f32;
    let blurred = |picture: &RgbImage| DynamicImage::from(picture.clone()).fast_blur(sigma).into_rgb8();
    Ok(pictures.iter().map(blurred).collect::<Vec<_>>().into())
}

pub(super) fn scale(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let pictures = call.images("image")?;
    let (width, height) = (call.side("width")?, call.side("height")?);
    let filter = filter(&call.text("upscale_method")?);
    let center = call.text("crop")? == "center";
    let scaled = |picture: &RgbImage| {
        if center {
            DynamicImage::from(picture.clone()).resize_to_fill(width, height, filter).into_rgb8()
        } else {
            picture::resize(picture, width, height, filter)
        }
    };
    Ok(pictures.iter().map(scaled).collect::<Vec<_>>().into())
}

pub(super) fn scale_by(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let pictures = call.images("image")?;
    let factor = call.float("scale_by")?;
    let filter = filter(&call.text("upscale_method")?);
    let side = |side: u32| (f64::from(side) * factor).round().clamp(1.0, 4096.0) as u32;
    let scaled = |picture: &RgbImage| picture::resize(picture, side(picture.width()), side(picture.height()), filter);
    Ok(pictures.iter().map(scaled).collect::<Vec<_>>().into())
}

pub(super) fn upscale_with_model(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let pictures = call.images("image")?;
    let model = call.model("upscale_model")?.to_lowercase();
    let factor = (1..=8).find(|factor| model.contains(&format!("{factor}x")) || model.contains(&format!("x{factor}"))).unwrap_or(4);
    let tiles: u32 = pictures.iter().map(|picture| picture.width().div_ceil(512) * picture.height().div_ceil(512)).sum();
    for tile in 0..tiles {
        call.wait(0.4)?;
        call.tick((tile + 1).into(), tiles.into(), None)?;
    }
    let side = |side: u32| -> Result<u32, Failure> {
        let side = side.saturating_mul(factor);
        if side > 16_384 { Err(raised("MemoryError", "the picture would be too large for the demo engine")) } else { Ok(side) }
    };
    let larger = |picture: &RgbImage| Ok(picture::resize(picture, side(picture.width())?, side(picture.height())?, FilterType::Lanczos3));
    Ok(pictures.iter().map(larger).collect::<Result<Vec<_>, Failure>>()?.into())
}

fn filter(method: &str) -> FilterType {
    match method {
        "nearest-exact" => FilterType::Nearest,
        "bicubic" => FilterType::CatmullRom,
        "lanczos" => FilterType::Lanczos3,
        _ => FilterType::Triangle,
    }
}
