//! Checkpoints, prompts and input files.

use std::sync::Arc;

use image::{DynamicImage, GrayImage, Luma};

use super::{
    call::Call,
    data::Data,
    failure::{Failure, raised},
    output::NodeOutput,
};

pub(super) fn checkpoint(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let name: Arc<str> = call.text("ckpt_name")?.into();
    call.wait(0.8)?;
    Ok(NodeOutput { values: vec![Data::Model(name); 3], ui: None })
}

pub(super) fn text_encode(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let text = call.text("text")?;
    call.wait(0.1)?;
    Ok(Data::Conditioning(text.into()).into())
}

pub(super) fn image(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let picture = load(call)?;
    // The mask is the inverted alpha channel; empty without one.
    let mask = match &picture {
        picture if picture.color().has_alpha() => {
            let rgba = picture.to_rgba8();
            GrayImage::from_fn(rgba.width(), rgba.height(), |x, y| Luma([255 - rgba.get_pixel(x, y).0[3]]))
        }
        _ => GrayImage::new(64, 64),
    };
    Ok(NodeOutput { values: vec![Data::Images(Arc::new(vec![picture.into_rgb8()])), Data::Masks(Arc::new(vec![mask]))], ui: None })
}

pub(super) fn mask(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let rgba = load(call)?.into_rgba8();
    let channel = match call.text("channel")?.as_str() {
        "red" => 0,
        "green" => 1,
        "blue" => 2,
        _ => 3,
    };
    let mask = GrayImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let value = rgba.get_pixel(x, y).0[channel];
        Luma([if channel == 3 { 255 - value } else { value }])
    });
    Ok(Data::Masks(Arc::new(vec![mask])).into())
}

/// The factor of the model is in its name, as "4x" or "x4"; else it is 4.
pub(super) fn upscale_model(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let name = call.text("model_name")?;
    call.wait(0.3)?;
    Ok(Data::Model(name.into()).into())
}

/// The name of the LoRA becomes a part of the model's, from which pictures follow.
pub(super) fn lora(call: &mut Call<'_, '_>, with_clip: bool) -> Result<NodeOutput, Failure> {
    let (name, strength) = (call.text("lora_name")?, call.text("strength_model")?);
    call.wait(0.2)?;
    let of = |model: Arc<str>| Data::Model(format!("{model} + {name} {strength}").into());
    let mut values = vec![of(call.model("model")?)];
    if with_clip {
        values.push(of(call.model("clip")?));
    }
    Ok(NodeOutput { values, ui: None })
}

/// This engine's sampler follows soft masks anyway.
pub(super) fn differential_diffusion(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    Ok(Data::Model(call.model("model")?).into())
}

fn load(call: &Call<'_, '_>) -> Result<DynamicImage, Failure> {
    let name = call.text("image")?;
    let path = call.run.engine.folders.annotated(&name).ok_or_else(|| raised("FileNotFoundError", format!("No such file: '{name}'")))?;
    let bytes = std::fs::read(path)?;
    image::load_from_memory(&bytes)
        .map_err(|error| raised("PIL.UnidentifiedImageError", format!("cannot identify image file '{name}': {error}")))
}
