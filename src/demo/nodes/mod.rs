//! The node classes: what flows between them and which function runs which class.

mod images;
mod latents;
mod loaders;
mod outputs;
mod sampler;
mod testing;

use std::sync::Arc;

use image::{GrayImage, RgbImage};
use serde_json::{Map, Value};

use super::{frame::Encoding, pace::Interrupted, python, run::Run};

pub(super) use latents::Latent;

/// One value on a link, or the value of a widget.
#[derive(Clone)]
pub(super) enum Data {
    Json(Value),
    /// MODEL, CLIP or VAE: all this engine knows of one is the checkpoint's name.
    Model(Arc<str>),
    /// CONDITIONING: the text.
    Conditioning(Arc<str>),
    Latent(Arc<Latent>),
    Images(Arc<Vec<RgbImage>>),
    Masks(Arc<Vec<GrayImage>>),
    /// `ExecutionBlocker`, with a message or silent (fact 27).
    Blocked(Option<Arc<str>>),
}

impl Data {
    /// As `current_inputs` of an error shows it.
    pub(super) fn format(&self) -> Value {
        match self {
            Self::Json(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) => value.clone(),
            other => other.to_text().into(),
        }
    }

    /// `str(value)`; of tensors the shape has to do.
    pub(super) fn to_text(&self) -> String {
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
            Self::Masks(masks) => {
                let (width, height) = masks.first().map_or((0, 0), GrayImage::dimensions);
                format!("tensor(..., size=[{}, {height}, {width}])", masks.len())
            }
            Self::Blocked(_) => "ExecutionBlocker".to_owned(),
        }
    }
}

/// Batch, height, width, channels.
fn shape(images: &[RgbImage]) -> [usize; 4] {
    let (width, height) = images.first().map_or((0, 0), RgbImage::dimensions);
    [images.len(), height as usize, width as usize, 3]
}

/// What a node gives back.
pub(super) struct Output {
    pub(super) values: Vec<Data>,
    /// What `executed` and the history show of it.
    pub(super) ui: Option<Map<String, Value>>,
}

impl From<Data> for Output {
    fn from(value: Data) -> Self {
        Self { values: vec![value], ui: None }
    }
}

impl From<Vec<RgbImage>> for Output {
    fn from(images: Vec<RgbImage>) -> Self {
        Data::Images(Arc::new(images)).into()
    }
}

/// Why a node did not get to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("interrupted")]
    Interrupted,
    /// A Python exception: its class and its text.
    #[error("{class}: {message}")]
    Raised { class: &'static str, message: String },
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        raised("OSError", error.to_string())
    }
}

fn raised(class: &'static str, message: impl Into<String>) -> Failure {
    let message = message.into();
    Failure::Raised { class, message }
}

/// One execution of one node.
pub(super) struct Call<'a, 'r> {
    pub(super) run: &'a mut Run<'r>,
    pub(super) node: &'a str,
    pub(super) inputs: &'a [(String, Data)],
}

impl Call<'_, '_> {
    fn input(&self, name: &str) -> Result<&Data, Failure> {
        self.inputs
            .iter()
            .find_map(|(input, value)| (input == name).then_some(value))
            .ok_or_else(|| raised("TypeError", format!("missing 1 required positional argument: '{name}'")))
    }

    fn json(&self, name: &str) -> Result<&Value, Failure> {
        match self.input(name)? {
            Data::Json(value) => Ok(value),
            _ => Err(wrong(name)),
        }
    }

    fn text(&self, name: &str) -> Result<String, Failure> {
        self.json(name).map(python::str)
    }

    fn float(&self, name: &str) -> Result<f64, Failure> {
        self.json(name)?.as_f64().ok_or_else(|| wrong(name))
    }

    fn int(&self, name: &str) -> Result<u64, Failure> {
        self.json(name)?.as_u64().ok_or_else(|| wrong(name))
    }

    /// A side in pixels, as far as this engine goes.
    fn side(&self, name: &str) -> Result<u32, Failure> {
        const MAX: u64 = 4096;
        match self.int(name)? {
            side @ ..=MAX => Ok(u32::try_from(side).unwrap_or(1).max(1)),
            side => Err(raised("MemoryError", format!("the demo engine paints at most {MAX} pixels a side, not {side}"))),
        }
    }

    /// The size of a batch, as far as this engine goes.
    fn batch(&self) -> Result<usize, Failure> {
        const MAX: u64 = 64;
        match self.int("batch_size")? {
            count @ ..=MAX => Ok(usize::try_from(count).unwrap_or(1).max(1)),
            count => Err(raised("MemoryError", format!("the demo engine paints at most {MAX} pictures at once, not {count}"))),
        }
    }

    fn images(&self, name: &str) -> Result<Arc<Vec<RgbImage>>, Failure> {
        match self.input(name)? {
            Data::Images(images) => Ok(Arc::clone(images)),
            _ => Err(wrong(name)),
        }
    }

    fn masks(&self, name: &str) -> Result<Arc<Vec<GrayImage>>, Failure> {
        match self.input(name)? {
            Data::Masks(masks) => Ok(Arc::clone(masks)),
            _ => Err(wrong(name)),
        }
    }

    fn latent(&self, name: &str) -> Result<Arc<Latent>, Failure> {
        match self.input(name)? {
            Data::Latent(latent) => Ok(Arc::clone(latent)),
            _ => Err(wrong(name)),
        }
    }

    fn model(&self, name: &str) -> Result<Arc<str>, Failure> {
        match self.input(name)? {
            Data::Model(model) => Ok(Arc::clone(model)),
            _ => Err(wrong(name)),
        }
    }

    fn conditioning(&self, name: &str) -> Result<Arc<str>, Failure> {
        match self.input(name)? {
            Data::Conditioning(text) => Ok(Arc::clone(text)),
            _ => Err(wrong(name)),
        }
    }

    fn wait(&self, seconds: f64) -> Result<(), Failure> {
        Ok(self.run.engine.pace.wait(seconds)?)
    }

    fn tick(&mut self, value: Value, max: Value, picture: Option<(Encoding, Vec<u8>)>) -> Result<(), Failure> {
        Ok(self.run.tick(self.node, (value, max), picture)?)
    }
}

fn wrong(name: &str) -> Failure {
    raised("TypeError", format!("unexpected value for '{name}'"))
}

/// Asynchronous classes are preferred when several nodes are ready. (Here they still run one at a time.)
pub(super) fn is_async(class: &str) -> bool {
    class == "TestSleep"
}

/// Runs a node of that class.
///
/// # Errors
/// What the class raises, or the prompt's interrupt.
pub(super) fn call(class: &str, call: &mut Call<'_, '_>) -> Result<Output, Failure> {
    match class {
        "CheckpointLoaderSimple" => loaders::checkpoint(call),
        "CLIPTextEncode" => loaders::text_encode(call),
        "LoadImage" => loaders::image(call),
        "LoadImageMask" => loaders::mask(call),
        "PrimitiveStringMultiline" => Ok(Data::Json(call.json("value")?.clone()).into()),
        "EmptyLatentImage" => latents::empty(call),
        "LatentUpscale" => latents::upscale(call),
        "SetLatentNoiseMask" => latents::set_noise_mask(call),
        "VAEDecode" => latents::decode(call),
        "VAEEncode" => latents::encode(call),
        "VAEEncodeForInpaint" => latents::encode_for_inpaint(call),
        "KSampler" => sampler::simple(call),
        "KSamplerAdvanced" => sampler::advanced(call),
        "EmptyImage" => images::empty(call),
        "ImageInvert" => images::invert(call),
        "ImageBlend" => images::blend(call),
        "ImageBlur" => images::blur(call),
        "ImageScale" => images::scale(call),
        "ImageScaleBy" => images::scale_by(call),
        "SaveImage" => outputs::save(call),
        "PreviewImage" => outputs::preview(call),
        "MaskPreview" => outputs::preview_mask(call),
        "PreviewAny" => outputs::preview_any(call),
        "SaveImageWebsocket" => outputs::save_websocket(call),
        other => testing::call(other, call),
    }
}
