//! Output nodes.

use std::fs;

use image::{DynamicImage, GrayImage, RgbImage};
use paint::picture;
use rand::Rng;
use serde_json::{Map, Value, json};

use super::{
    call::Call,
    data::Data,
    failure::{Failure, raised},
    output::NodeOutput,
};
use crate::{faults::worker::put_out, files::Folder, frame::Encoding, png_text, python};

pub(super) fn save(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("images")?;
    let prefix = call.text("filename_prefix")?;
    let (width, height) = images.first().map_or((0, 0), RgbImage::dimensions);
    let prefix = prefix.replace("%width%", &width.to_string()).replace("%height%", &height.to_string());
    let pictures: Vec<DynamicImage> = images.iter().cloned().map(DynamicImage::from).collect();
    let files = write(call, Folder::Output, &prefix, &pictures)?;
    Ok(shown([("images", files)]))
}

pub(super) fn preview(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("images")?;
    let pictures: Vec<DynamicImage> = images.iter().cloned().map(DynamicImage::from).collect();
    let files = write(call, Folder::Temp, &temp_prefix(), &pictures)?;
    Ok(shown([("images", files)]))
}

pub(super) fn preview_mask(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let masks = call.masks("mask")?;
    let gray = |mask: &GrayImage| DynamicImage::from(DynamicImage::from(mask.clone()).into_rgb8());
    let pictures: Vec<DynamicImage> = masks.iter().map(gray).collect();
    let files = write(call, Folder::Temp, &temp_prefix(), &pictures)?;
    Ok(shown([("images", files), ("animated", json!([false]))]))
}

/// Strings stay as they are, other values become JSON or Python's `str` (fact 21).
pub(super) fn preview_any(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let text = match call.input("source")? {
        Data::Json(value @ (Value::Array(_) | Value::Object(_))) => python::dumps(value),
        other => other.to_text(),
    };
    Ok(shown([("text", json!([text]))]))
}

/// Sends full images as preview frames: no `executed`, nothing in the history (facts 20, 22).
pub(super) fn save_websocket(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("images")?;
    for (step, image) in images.iter().enumerate() {
        let png = picture::png(&DynamicImage::from(image.clone())).ok_or_else(|| raised("OSError", "cannot write a PNG"))?;
        call.tick(step.into(), images.len().into(), Some((Encoding::Png, png)))?;
    }
    Ok(NodeOutput { values: Vec::new(), ui: None })
}

fn shown<const N: usize>(entries: [(&str, Value); N]) -> NodeOutput {
    let entries = entries.map(|(name, value)| (name.to_owned(), value));
    NodeOutput { values: Vec::new(), ui: Some(Map::from_iter(entries)) }
}

/// `ComfyUI_temp_` and five letters, so that previews of different nodes do not collide.
fn temp_prefix() -> String {
    let mut random = rand::rng();
    let letters: String = (0..5).map(|_| random.random_range('a'..='z')).collect();
    format!("ComfyUI_temp_{letters}")
}

fn write(call: &Call<'_, '_>, folder: Folder, prefix: &str, pictures: &[DynamicImage]) -> Result<Value, Failure> {
    if let Some((filename, bytes)) = put_out(call.run.engine, &call.run.prompt.id) {
        let dir = call.run.engine.folders.path(folder);
        fs::write(dir.join(&filename), bytes)?;
        return Ok(json!([{"filename": filename, "subfolder": "", "type": folder.name()}]));
    }
    let mut names = call.run.engine.folders.new_files(folder, prefix)?;
    let mut files = Vec::new();
    for picture in pictures {
        let png = picture::png(picture).ok_or_else(|| raised("OSError", "cannot write a PNG"))?;
        let name = names.next();
        fs::write(names.dir.join(&name), with_workflow(call, &png))?;
        files.push(json!({"filename": name, "subfolder": names.subfolder, "type": folder.name()}));
    }
    Ok(Value::Array(files))
}

/// Writes prompt and workflow into the file, the prompt first.
fn with_workflow(call: &Call<'_, '_>, png: &[u8]) -> Vec<u8> {
    let prompt = call.run.prompt;
    let mut png = png.to_vec();
    let extras = prompt.extra_data.get("extra_pnginfo").and_then(Value::as_object);
    // Each chunk is inserted before the previous ones.
    for (key, value) in extras.into_iter().flatten() {
        if key.is_ascii() && !key.is_empty() && key.len() < 80 {
            png = png_text::with_text(&png, key, &python::dumps(value));
        }
    }
    png_text::with_text(&png, "prompt", &python::dumps(&Value::Object(prompt.graph.clone())))
}
