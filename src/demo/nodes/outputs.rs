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
use crate::{
    faults::{
        SocketManner,
        worker::{put_out, socket_results},
    },
    files::Folder,
    frame::Encoding,
};

pub(super) fn save(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("images")?;
    let prefix = call.text("filename_prefix")?;
    let (width, height) = images.first().map_or((0, 0), RgbImage::dimensions);
    let prefix = prefix.replace("%width%", &width.to_string()).replace("%height%", &height.to_string());
    let files = write_images(call, Folder::Output, &prefix, &images)?;
    Ok(shown([("images", files)]))
}

pub(super) fn preview(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("images")?;
    if let Some(manner) = socket_results(call.run.engine, &call.run.prompt.id) {
        return send(call, &images, manner);
    }
    let files = write_images(call, Folder::Temp, &temp_prefix(), &images)?;
    Ok(shown([("images", files)]))
}

pub(super) fn preview_mask(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let masks = call.masks("mask")?;
    let gray = |mask: &GrayImage| DynamicImage::from(mask.clone()).into_rgb8();
    let pictures: Vec<RgbImage> = masks.iter().map(gray).collect();
    let files = write(call, Folder::Temp, &temp_prefix(), &pictures, picture::png)?;
    Ok(shown([("images", files), ("animated", json!([false]))]))
}

/// Strings stay as they are, other values become JSON or Python's `str` (fact 21).
pub(super) fn preview_any(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let text = match call.input("source")? {
        Data::Json(value @ (Value::Array(_) | Value::Object(_))) => proto::comfy::python_json(value),
        other => other.to_text(),
    };
    Ok(shown([("text", json!([text]))]))
}

/// Sends full images as preview frames: no `executed`, nothing in the history (facts 20, 22).
pub(super) fn save_websocket(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let images = call.images("images")?;
    let manner = socket_results(call.run.engine, &call.run.prompt.id).unwrap_or_default();
    send(call, &images, manner)
}

fn send(call: &mut Call<'_, '_>, images: &[RgbImage], manner: SocketManner) -> Result<NodeOutput, Failure> {
    for (step, image) in images.iter().enumerate() {
        let (encoding, bytes) =
            if manner.jpeg { (Encoding::Jpeg, picture::preview_jpeg(image)) } else { (Encoding::Png, picture::png(image, Vec::new())) };
        let bytes = bytes.ok_or_else(|| raised("OSError", "cannot write the picture"))?;
        if manner.plain {
            call.run.plain_frame(encoding, &bytes);
        } else {
            call.tick(step.into(), images.len().into(), Some((encoding, bytes)))?;
        }
    }
    if !manner.executed {
        return Ok(NodeOutput { values: Vec::new(), ui: None });
    }
    let kind = if manner.jpeg { "image/jpeg" } else { "image/png" };
    let one = json!({"source": "websocket", "content-type": kind, "type": "output"});
    Ok(shown([("images", Value::Array(vec![one; images.len()]))]))
}

pub(super) fn shown<const N: usize>(entries: [(&str, Value); N]) -> NodeOutput {
    let entries = entries.map(|(name, value)| (name.to_owned(), value));
    NodeOutput { values: Vec::new(), ui: Some(Map::from_iter(entries)) }
}

/// `ComfyUI_temp_` and five letters, so that previews of different nodes do not collide.
fn temp_prefix() -> String {
    let mut random = rand::rng();
    let letters: String = (0..5).map(|_| random.random_range('a'..='z')).collect();
    format!("ComfyUI_temp_{letters}")
}

/// The node's `images`, of which `colours` are those without transparency.
fn write_images(call: &Call<'_, '_>, folder: Folder, prefix: &str, colours: &[RgbImage]) -> Result<Value, Failure> {
    match call.input("images")? {
        Data::ImagesWithAlpha(images) => write(call, folder, prefix, images, picture::png_with_alpha),
        _ => write(call, folder, prefix, colours, picture::png),
    }
}

/// Encodes a picture with these texts.
type PngEncoder<P> = fn(&P, Vec<(String, String)>) -> Option<Vec<u8>>;

fn write<P>(call: &Call<'_, '_>, folder: Folder, prefix: &str, pictures: &[P], png: PngEncoder<P>) -> Result<Value, Failure> {
    if let Some((filename, bytes)) = put_out(call.run.engine, &call.run.prompt.id) {
        let dir = call.run.engine.folders.path(folder);
        fs::write(dir.join(&filename), bytes)?;
        return Ok(json!([{"filename": filename, "subfolder": "", "type": folder.name()}]));
    }
    let mut names = call.run.engine.folders.new_files(folder, prefix)?;
    let mut files = Vec::new();
    for picture in pictures {
        let png = png(picture, texts(call)).ok_or_else(|| raised("OSError", "cannot write a PNG"))?;
        let name = names.next("png");
        fs::write(names.dir.join(&name), png)?;
        files.push(json!({"filename": name, "subfolder": names.subfolder, "type": folder.name()}));
    }
    Ok(Value::Array(files))
}

/// What ComfyUI writes into a picture, so that it can be opened as a workflow: the prompt, then the workflow and what else the client sent.
fn texts(call: &Call<'_, '_>) -> Vec<(String, String)> {
    let prompt = call.run.prompt;
    let extras = prompt.extra_data.get("extra_pnginfo").and_then(Value::as_object);
    let extras = extras.into_iter().flatten().filter(|(key, _)| key.is_ascii() && (1..80).contains(&key.len()));
    let extras = extras.map(|(key, value)| (key.clone(), proto::comfy::python_json(value)));
    [("prompt".into(), proto::comfy::python_json(&Value::Object(prompt.graph.clone())))].into_iter().chain(extras).collect()
}
