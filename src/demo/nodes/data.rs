//! The values on the links between nodes.

use std::sync::Arc;

use image::{GrayImage, RgbImage, RgbaImage};
use serde_json::Value;

use crate::python;

/// One value on a link, or the value of a widget.
#[derive(Clone)]
pub(crate) enum Data {
    Json(Value),
    /// MODEL, CLIP or VAE: only the checkpoint's name.
    Model(Arc<str>),
    /// CONDITIONING: the text.
    Conditioning(Arc<str>),
    Latent(Arc<Latent>),
    Images(Arc<Vec<RgbImage>>),
    /// IMAGE with a fourth channel.
    ImagesWithAlpha(Arc<Vec<RgbaImage>>),
    Masks(Arc<Vec<GrayImage>>),
    /// AUDIO or VIDEO.
    Media(Arc<Media>),
    /// `ExecutionBlocker`, with a message or silent (fact 27).
    Blocked(Option<Arc<str>>),
}

impl Data {
    /// The format of `current_inputs` in an error.
    pub(crate) fn format(&self) -> Value {
        match self {
            Self::Json(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) => value.clone(),
            other => other.to_text().into(),
        }
    }

    /// `str(value)`; for tensors only the shape.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Json(value) => python::str(value),
            Self::Model(name) => format!("<{name}>"),
            Self::Conditioning(text) => format!("[[tensor(...), {{'text': {}}}]]", python::repr(&Value::from(&**text))),
            Self::Latent(latent) => {
                let (width, height) = latent.size();
                let shape = [latent.pictures.len(), 4, height as usize / 8, width as usize / 8];
                format!("{{'samples': tensor(..., size={shape:?})}}")
            }
            Self::Images(images) => format!("tensor(..., size={:?})", shape(images)),
            Self::ImagesWithAlpha(images) => {
                let (width, height) = images.first().map_or((0, 0), RgbaImage::dimensions);
                format!("tensor(..., size=[{}, {height}, {width}, 4])", images.len())
            }
            Self::Masks(masks) => {
                let (width, height) = masks.first().map_or((0, 0), GrayImage::dimensions);
                format!("tensor(..., size=[{}, {height}, {width}])", masks.len())
            }
            Self::Media(media) => format!("<{} bytes of {}>", media.bytes.len(), media.extension),
            Self::Blocked(_) => "ExecutionBlocker".to_owned(),
        }
    }
}

/// Batch, height, width, channels.
pub(super) fn shape(images: &[RgbImage]) -> [usize; 4] {
    let (width, height) = images.first().map_or((0, 0), RgbImage::dimensions);
    [images.len(), height as usize, width as usize, 3]
}

/// A file that is passed on as it is.
pub(crate) struct Media {
    pub(crate) bytes: Vec<u8>,
    /// Of its name, without the dot.
    pub(crate) extension: String,
}

pub(crate) struct Latent {
    /// At least one; all have the same size, a multiple of 8 pixels.
    pub(crate) pictures: Vec<RgbImage>,
    /// Where sampling may paint; everywhere when absent.
    pub(crate) noise_mask: Option<GrayImage>,
    /// Empty latent: sampling starts from pure noise.
    pub(crate) blank: bool,
}

impl Latent {
    /// Width and height in pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.pictures.first().map_or((8, 8), RgbImage::dimensions)
    }
}
