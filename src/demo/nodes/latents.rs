//! Latents. This engine stores the images themselves: encoding makes them a little darker, decoding changes nothing, and both take time.

use std::sync::Arc;

use image::{DynamicImage, GrayImage, RgbImage, imageops::FilterType};

use super::{
    call::Call,
    data::{Data, Latent},
    failure::{Failure, raised},
    output::NodeOutput,
};
use paint::picture;

pub(super) fn empty(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (width, height) = (eighth(call.side("width")?), eighth(call.side("height")?));
    let latent = Latent { pictures: vec![RgbImage::new(width, height); call.batch()?], noise_mask: None, blank: true };
    Ok(latent.into())
}

pub(super) fn upscale(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let latent = call.latent("samples")?;
    let (old_width, old_height) = latent.size();
    let (width, height) = match (call.int("width")?, call.int("height")?) {
        (0, 0) => (old_width, old_height),
        (0, _) => {
            let height = call.side("height")?;
            (in_proportion(old_width, height, old_height), height)
        }
        (_, 0) => {
            let width = call.side("width")?;
            (width, in_proportion(old_height, width, old_width))
        }
        _ => (call.side("width")?, call.side("height")?),
    };
    let (width, height) = (eighth(width), eighth(height));
    let pictures = latent.pictures.iter();
    let latent = Latent {
        pictures: pictures.map(|old| picture::resize(old, width, height, FilterType::Triangle)).collect(),
        noise_mask: latent.noise_mask.clone(),
        blank: latent.blank,
    };
    Ok(latent.into())
}

pub(super) fn set_noise_mask(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let latent = call.latent("samples")?;
    let masks = call.masks("mask")?;
    let latent = Latent { pictures: latent.pictures.clone(), noise_mask: masks.first().cloned(), blank: latent.blank };
    Ok(latent.into())
}

pub(super) fn decode(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let latent = call.latent("samples")?;
    call.model("vae")?;
    call.wait(0.25)?;
    Ok(Data::Images(Arc::new(latent.pictures.clone())).into())
}

pub(super) fn encode(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    Ok(encoded(call, None)?.into())
}

/// Grows the mask and turns the masked area gray, like ComfyUI.
pub(super) fn encode_for_inpaint(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let masks = call.masks("mask")?;
    let mask = masks.first().ok_or_else(|| raised("IndexError", "the mask is empty"))?;
    let grow = u8::try_from(call.int("grow_mask_by")?).unwrap_or(u8::MAX);
    let mut latent = encoded(call, Some(grown(mask, grow)))?;
    for picture in &mut latent.pictures {
        let (width, height) = picture.dimensions();
        let hard = DynamicImage::from(mask.clone()).resize_exact(width, height, FilterType::Triangle).into_luma8();
        for (pixel, mask) in picture.pixels_mut().zip(hard.pixels()) {
            if mask.0[0] >= 128 {
                pixel.0 = [128; 3];
            }
        }
    }
    Ok(latent.into())
}

pub(super) fn repeat(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let latent = call.latent("samples")?;
    let pictures = std::iter::repeat_n(latent.pictures.iter(), call.amount()?).flatten().cloned().collect();
    Ok(Latent { pictures, noise_mask: latent.noise_mask.clone(), blank: latent.blank }.into())
}

/// Prompts go through; the latent has the mask.
pub(super) fn inpaint_model_conditioning(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let masks = call.masks("mask")?;
    let noise_mask = masks.first().filter(|_| call.json("noise_mask").is_ok_and(proto::comfy::is_truthy)).cloned();
    let latent = encoded(call, noise_mask)?;
    let prompt = |name: &str| Ok::<_, Failure>(Data::Conditioning(call.conditioning(name)?));
    Ok(NodeOutput { values: vec![prompt("positive")?, prompt("negative")?, Data::Latent(Arc::new(latent))], ui: None })
}

/// The VAE of Stable Diffusion does not give the pixels back that it got. Nor does this engine: everything becomes a little darker, so that a
/// workflow that does not put its result into the original shows it.
fn through_vae(mut picture: RgbImage) -> RgbImage {
    picture.iter_mut().for_each(|value| *value -= *value / 64);
    picture
}

fn encoded(call: &Call<'_, '_>, noise_mask: Option<GrayImage>) -> Result<Latent, Failure> {
    let images = call.images("pixels")?;
    call.model("vae")?;
    call.wait(0.25)?;
    let fitting = |image: &RgbImage| picture::resize(image, eighth(image.width()), eighth(image.height()), FilterType::Triangle);
    let pictures: Vec<RgbImage> = images.iter().map(|image| through_vae(fitting(image))).collect();
    if pictures.is_empty() {
        return Err(raised("IndexError", "no picture to encode"));
    }
    Ok(Latent { pictures, noise_mask, blank: false })
}

/// Grows the mask: blurs it and steepens the edge.
fn grown(mask: &GrayImage, pixels: u8) -> GrayImage {
    if pixels == 0 {
        return mask.clone();
    }
    let mut soft = DynamicImage::from(mask.clone()).fast_blur(f32::from(pixels)).into_luma8();
    for pixel in soft.pixels_mut() {
        pixel.0[0] = pixel.0[0].saturating_mul(3);
    }
    soft
}

fn eighth(side: u32) -> u32 {
    (side / 8).max(1) * 8
}

fn in_proportion(side: u32, new: u32, old: u32) -> u32 {
    u32::try_from(u64::from(side) * u64::from(new) / u64::from(old.max(1))).unwrap_or(new).clamp(8, 4096)
}
