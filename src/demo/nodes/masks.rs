//! Masks, and pictures that are cut, extended and composed by them: pixel for pixel as ComfyUI's nodes do it.

use std::sync::Arc;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage, imageops, imageops::FilterType};

use super::{
    call::Call,
    data::Data,
    failure::{Failure, raised},
    output::NodeOutput,
};

fn out(masks: Vec<GrayImage>) -> NodeOutput {
    Data::Masks(Arc::new(masks)).into()
}

pub(super) fn solid(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    // In 0..=255, so the cast loses nothing.
    let value = (call.float("value")?.clamp(0.0, 1.0) * 255.0).round() as u8;
    Ok(out(vec![GrayImage::from_pixel(call.side("width")?, call.side("height")?, Luma([value]))]))
}

pub(super) fn invert(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let mut masks = call.masks("mask")?.to_vec();
    masks.iter_mut().flat_map(|mask| mask.iter_mut()).for_each(|value| *value = 255 - *value);
    Ok(out(masks))
}

pub(super) fn threshold(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let least = call.float("value")?;
    let mut masks = call.masks("mask")?.to_vec();
    for value in masks.iter_mut().flat_map(|mask| mask.iter_mut()) {
        *value = if f64::from(*value) / 255.0 > least { 255 } else { 0 };
    }
    Ok(out(masks))
}

/// Step by step, in a square or, with tapered corners, a cross of 3 × 3 pixels.
pub(super) fn grow(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let by = call.json("expand")?.as_i64().unwrap_or_default();
    let tapered = proto::comfy::is_truthy(call.json("tapered_corners")?);
    let mut masks = call.masks("mask")?.to_vec();
    for mask in &mut masks {
        for _ in 0..by.unsigned_abs().min(u64::from(mask.width().max(mask.height()))) {
            *mask = stepped(mask, by > 0, tapered);
        }
    }
    Ok(out(masks))
}

fn stepped(mask: &GrayImage, is_larger: bool, tapered: bool) -> GrayImage {
    GrayImage::from_fn(mask.width(), mask.height(), |x, y| {
        let mut value = mask.get_pixel(x, y).0[0];
        for (dx, dy) in (-1_i64..=1).flat_map(|dx| (-1_i64..=1).map(move |dy| (dx, dy))) {
            let place = u32::try_from(i64::from(x) + dx).ok().zip(u32::try_from(i64::from(y) + dy).ok());
            let near = place.and_then(|(x, y)| mask.get_pixel_checked(x, y));
            if let Some(near) = near.filter(|_| !tapered || dx == 0 || dy == 0) {
                value = if is_larger { value.max(near.0[0]) } else { value.min(near.0[0]) };
            }
        }
        Luma([value])
    })
}

pub(super) fn crop_mask(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (x, y, width, height) = rect(call)?;
    let masks = call.masks("mask")?;
    Ok(out(masks
        .iter()
        .map(|mask| imageops::crop_imm(mask, x.min(mask.width() - 1), y.min(mask.height() - 1), width, height).to_image())
        .collect()))
}

pub(super) fn crop_image(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (x, y, width, height) = rect(call)?;
    let images = call.images("image")?;
    let cut = |image: &RgbImage| imageops::crop_imm(image, x.min(image.width() - 1), y.min(image.height() - 1), width, height).to_image();
    Ok(images.iter().map(cut).collect::<Vec<_>>().into())
}

fn rect(call: &Call<'_, '_>) -> Result<(u32, u32, u32, u32), Failure> {
    Ok((call.place("x")?, call.place("y")?, call.side("width")?, call.side("height")?))
}

pub(super) fn to_image(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let masks = call.masks("mask")?;
    Ok(masks.iter().map(|mask| DynamicImage::from(mask.clone()).into_rgb8()).collect::<Vec<_>>().into())
}

pub(super) fn of_image(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let channel = match call.text("channel")?.as_str() {
        "red" => 0,
        "green" => 1,
        "blue" => 2,
        // Pictures of this engine have no alpha.
        _ => return Err(raised("IndexError", "index 3 is out of bounds for dimension 3 with size 3")),
    };
    let images = call.images("image")?;
    let mask = |image: &RgbImage| GrayImage::from_fn(image.width(), image.height(), |x, y| Luma([image.get_pixel(x, y).0[channel]]));
    Ok(out(images.iter().map(mask).collect()))
}

/// Grey around the picture, and a mask that is white there, and fades into the picture.
pub(super) fn pad(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("image")?;
    let (left, top, right, bottom) = (call.place("left")?, call.place("top")?, call.place("right")?, call.place("bottom")?);
    let feathering = call.place("feathering")?;
    let Some((width, height)) = images.first().map(RgbImage::dimensions) else { return Err(raised("IndexError", "no picture to extend")) };
    let padded = |image: &RgbImage| {
        let mut padded = RgbImage::from_pixel(width + left + right, height + top + bottom, Rgb([127; 3]));
        imageops::replace(&mut padded, image, i64::from(left), i64::from(top));
        padded
    };
    let fades = feathering > 0 && feathering * 2 < width && feathering * 2 < height;
    let mask = GrayImage::from_fn(width + left + right, height + top + bottom, |x, y| {
        let inside = x.checked_sub(left).zip(y.checked_sub(top)).filter(|(x, y)| *x < width && *y < height);
        let Some((x, y)) = inside else { return Luma([255]) };
        let distances = [
            if top != 0 { y } else { height },
            if bottom != 0 { height - y } else { height },
            if left != 0 { x } else { width },
            if right != 0 { width - x } else { width },
        ];
        let nearest = distances.into_iter().min().unwrap_or_default();
        if !fades || nearest >= feathering {
            return Luma([0]);
        }
        let share = f64::from(feathering - nearest) / f64::from(feathering);
        Luma([(share * share * 255.0) as u8])
    });
    let values = vec![Data::Images(Arc::new(images.iter().map(padded).collect())), Data::Masks(Arc::new(vec![mask]))];
    Ok(NodeOutput { values, ui: None })
}

pub(super) fn repeat_images(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("image")?;
    let amount = call.amount()?;
    Ok(std::iter::repeat_n(images.iter(), amount).flatten().cloned().collect::<Vec<_>>().into())
}

/// The source is put into the destination where the mask is white. As many pictures as the destination has.
pub(super) fn composite(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (destinations, sources) = (call.images("destination")?, call.images("source")?);
    let (left, top) = (call.place("x")?, call.place("y")?);
    let resize = proto::comfy::is_truthy(call.json("resize_source")?);
    let masks = call.masks("mask").ok();
    if sources.is_empty() {
        return Err(raised("IndexError", "no picture to put in"));
    }
    let composed = |(index, destination): (usize, &RgbImage)| {
        let mut source = sources[index % sources.len()].clone();
        if resize {
            source = imageops::resize(&source, destination.width(), destination.height(), FilterType::Triangle);
        }
        let mask = masks.as_ref().and_then(|masks| masks.get(index % masks.len().max(1)));
        let mask = mask.map(|mask| {
            if mask.dimensions() == source.dimensions() {
                mask.clone()
            } else {
                imageops::resize(mask, source.width(), source.height(), FilterType::Triangle)
            }
        });
        let mut composed = destination.clone();
        for (x, y, new) in source.enumerate_pixels() {
            let share = mask.as_ref().map_or(255, |mask| mask.get_pixel(x, y).0[0]);
            if let Some(old) = composed.get_pixel_mut_checked(x + left, y + top) {
                old.0 = std::array::from_fn(|channel| mixed(old.0[channel], new.0[channel], share));
            }
        }
        composed
    };
    Ok(destinations.iter().enumerate().map(composed).collect::<Vec<_>>().into())
}

/// As many pictures as there are of both. The mask says how transparent they become. It has 8 bits here, where ComfyUI has floats: nothing is
/// rounded.
pub(super) fn join_alpha(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (images, masks) = (call.images("image")?, call.masks("alpha")?);
    let joined = |(image, mask): (&RgbImage, &GrayImage)| {
        let fits = mask.dimensions() == image.dimensions();
        let mask = if fits { mask.clone() } else { imageops::resize(mask, image.width(), image.height(), FilterType::Triangle) };
        RgbaImage::from_fn(image.width(), image.height(), |x, y| {
            let Rgb([red, green, blue]) = *image.get_pixel(x, y);
            Rgba([red, green, blue, 255 - mask.get_pixel(x, y).0[0]])
        })
    };
    Ok(Data::ImagesWithAlpha(Arc::new(images.iter().zip(masks.iter()).map(joined).collect())).into())
}

/// The source on the destination, where they overlap.
pub(super) fn combine(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let (mut destinations, sources) = (call.masks("destination")?.to_vec(), call.masks("source")?);
    let (left, top) = (call.place("x")?, call.place("y")?);
    let operation = call.text("operation")?;
    if sources.is_empty() {
        return Err(raised("IndexError", "no mask to combine with"));
    }
    for (index, destination) in destinations.iter_mut().enumerate() {
        for (x, y, Luma([new])) in sources[index % sources.len()].enumerate_pixels() {
            if let Some(Luma([old])) = destination.get_pixel_mut_checked(x + left, y + top) {
                *old = combined(&operation, *old, *new);
            }
        }
    }
    Ok(out(destinations))
}

fn combined(operation: &str, old: u8, new: u8) -> u8 {
    let is_set = |value: u8| value > 127;
    let whole = |holds: bool| if holds { 255 } else { 0 };
    match operation {
        "multiply" => u8::try_from((u32::from(old) * u32::from(new) + 127) / 255).unwrap_or(255),
        "add" => old.saturating_add(new),
        "subtract" => old.saturating_sub(new),
        "and" => whole(is_set(old) && is_set(new)),
        "or" => whole(is_set(old) || is_set(new)),
        _ => whole(is_set(old) != is_set(new)),
    }
}

/// In 32-bit floats from 0 to 1, and truncated to 8 bits when saved.
fn mixed(old: u8, new: u8, share: u8) -> u8 {
    let unit = |value: u8| f32::from(value) / 255.0;
    let mixed = unit(share) * unit(new) + (1.0 - unit(share)) * unit(old);
    (mixed * 255.0).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_mask_leaves_out_keeps_every_value() {
        for old in 0..=255 {
            for new in [0, 1, 127, 254, 255] {
                assert_eq!(mixed(old, new, 0), old);
                assert_eq!(mixed(new, old, 255), old);
            }
        }
        assert_eq!(mixed(0, 255, 128), 128);
    }

    #[test]
    fn masks_are_combined() {
        let of = |operation| [(200, 100), (0, 255), (255, 255)].map(|(old, new)| combined(operation, old, new));
        assert_eq!(of("multiply"), [78, 0, 255]);
        assert_eq!(of("add"), [255, 255, 255]);
        assert_eq!(of("subtract"), [100, 0, 0]);
        assert_eq!((of("and"), of("or"), of("xor")), ([0, 0, 255], [255, 255, 255], [255, 255, 0]));
    }

    #[test]
    fn a_mask_grows_by_a_cross_or_a_square() {
        let mut mask = GrayImage::new(7, 7);
        mask.put_pixel(3, 3, Luma([255]));
        let count = |mask: &GrayImage| mask.iter().filter(|value| **value > 0).count();
        assert_eq!(count(&stepped(&stepped(&mask, true, true), true, true)), 13);
        let square = stepped(&mask, true, false);
        assert_eq!(count(&square), 9);
        assert_eq!(stepped(&square, false, false), mask);
    }
}
