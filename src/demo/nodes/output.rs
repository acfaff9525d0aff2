//! The result of a node.

use std::sync::Arc;

use image::RgbImage;
use serde_json::{Map, Value};

use super::data::{Data, Latent};

/// The outputs of a node.
pub(crate) struct NodeOutput {
    pub(crate) values: Vec<Data>,
    /// The `output` of `executed` and of the history.
    pub(crate) ui: Option<Map<String, Value>>,
}

impl From<Data> for NodeOutput {
    fn from(value: Data) -> Self {
        Self { values: vec![value], ui: None }
    }
}

impl From<Vec<RgbImage>> for NodeOutput {
    fn from(images: Vec<RgbImage>) -> Self {
        Data::Images(Arc::new(images)).into()
    }
}

impl From<Latent> for NodeOutput {
    fn from(latent: Latent) -> Self {
        Data::Latent(Arc::new(latent)).into()
    }
}
