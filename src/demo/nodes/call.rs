//! One execution of one node: its inputs, converted to the types of its class.

use std::sync::Arc;

use image::{DynamicImage, GrayImage, RgbImage};
use serde_json::Value;

use super::{
    data::{Data, Latent, Media},
    failure::{Failure, raised},
};
use crate::{frame::Encoding, python, run::Run};

/// One execution of one node.
pub(crate) struct Call<'a, 'r> {
    pub(crate) run: &'a mut Run<'r>,
    pub(crate) node: &'a str,
    pub(crate) inputs: &'a [(String, Data)],
}

impl Call<'_, '_> {
    pub(super) fn input(&self, name: &str) -> Result<&Data, Failure> {
        self.inputs
            .iter()
            .find_map(|(input, value)| (input == name).then_some(value))
            .ok_or_else(|| raised("TypeError", format!("missing 1 required positional argument: '{name}'")))
    }

    pub(super) fn json(&self, name: &str) -> Result<&Value, Failure> {
        match self.input(name)? {
            Data::Json(value) => Ok(value),
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<String, Failure> {
        self.json(name).map(python::str)
    }

    pub(super) fn float(&self, name: &str) -> Result<f64, Failure> {
        self.json(name)?.as_f64().ok_or_else(|| wrong(name))
    }

    pub(super) fn int(&self, name: &str) -> Result<u64, Failure> {
        self.json(name)?.as_u64().ok_or_else(|| wrong(name))
    }

    /// A side in pixels, up to this engine's limit.
    pub(super) fn side(&self, name: &str) -> Result<u32, Failure> {
        const MAX: u64 = 4096;
        match self.int(name)? {
            side @ ..=MAX => Ok(u32::try_from(side).unwrap_or(1).max(1)),
            side => Err(raised("MemoryError", format!("the demo engine paints at most {MAX} pixels a side, not {side}"))),
        }
    }

    /// A place or a length in pixels, up to this engine's limit; may be 0.
    pub(super) fn place(&self, name: &str) -> Result<u32, Failure> {
        match self.int(name)? {
            place @ ..=16_384 => Ok(u32::try_from(place).unwrap_or_default()),
            place => Err(raised("ValueError", format!("{place} is beyond every picture"))),
        }
    }

    /// How often something is repeated, up to this engine's limit.
    pub(super) fn amount(&self) -> Result<usize, Failure> {
        const MAX: u64 = 64;
        match self.int("amount")? {
            amount @ ..=MAX => Ok(usize::try_from(amount).unwrap_or(1).max(1)),
            amount => Err(raised("MemoryError", format!("the demo engine makes at most {MAX} copies, not {amount}"))),
        }
    }

    /// The batch size, up to this engine's limit.
    pub(super) fn batch(&self) -> Result<usize, Failure> {
        const MAX: u64 = 64;
        match self.int("batch_size")? {
            count @ ..=MAX => Ok(usize::try_from(count).unwrap_or(1).max(1)),
            count => Err(raised("MemoryError", format!("the demo engine paints at most {MAX} pictures at once, not {count}"))),
        }
    }

    pub(super) fn images(&self, name: &str) -> Result<Arc<Vec<RgbImage>>, Failure> {
        match self.input(name)? {
            Data::Images(images) => Ok(Arc::clone(images)),
            // Only output nodes of this engine use the transparency.
            Data::ImagesWithAlpha(images) => {
                Ok(Arc::new(images.iter().map(|image| DynamicImage::from(image.clone()).into_rgb8()).collect()))
            }
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn masks(&self, name: &str) -> Result<Arc<Vec<GrayImage>>, Failure> {
        match self.input(name)? {
            Data::Masks(masks) => Ok(Arc::clone(masks)),
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn media(&self, name: &str) -> Result<Arc<Media>, Failure> {
        match self.input(name)? {
            Data::Media(media) => Ok(Arc::clone(media)),
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn latent(&self, name: &str) -> Result<Arc<Latent>, Failure> {
        match self.input(name)? {
            Data::Latent(latent) => Ok(Arc::clone(latent)),
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn model(&self, name: &str) -> Result<Arc<str>, Failure> {
        match self.input(name)? {
            Data::Model(model) => Ok(Arc::clone(model)),
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn conditioning(&self, name: &str) -> Result<Arc<str>, Failure> {
        match self.input(name)? {
            Data::Conditioning(text) => Ok(Arc::clone(text)),
            _ => Err(wrong(name)),
        }
    }

    pub(super) fn wait(&self, seconds: f64) -> Result<(), Failure> {
        Ok(self.run.engine.pace.wait(seconds)?)
    }

    pub(super) fn tick(&mut self, value: Value, max: Value, picture: Option<(Encoding, Vec<u8>)>) -> Result<(), Failure> {
        Ok(self.run.tick(self.node, (value, max), picture)?)
    }
}

fn wrong(name: &str) -> Failure {
    raised("TypeError", format!("unexpected value for '{name}'"))
}
