//! The query of a request for an output.

use axum::http::{HeaderMap, Method};
use proto::limits;
use serde::Deserialize;
use utoipa::ToSchema;

/// The meaning of `preview`.
const LARGE_THUMB: u32 = limits::THUMBNAIL_SIDES[1];

#[derive(Deserialize)]
pub(in crate::routes) struct ViewQuery {
    /// The longest side of a small picture.
    thumb: Option<u32>,
    /// A smaller picture: what pages of an earlier version ask for.
    preview: Option<u8>,
    /// As an attachment, to be saved.
    download: Option<u8>,
    /// Of the gallery only.
    metadata: Option<MetadataChoice>,
}

/// What is written in a file about how it was made: prompts, workflows, Exif, comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetadataChoice {
    #[default]
    Keep,
    Strip,
}

#[derive(Clone, Debug)]
pub(crate) struct OutputRequest {
    /// The longest side of a small picture; `None`: the file itself.
    pub(crate) thumb: Option<u32>,
    /// As an attachment, to be saved.
    pub(crate) download: bool,
    pub(crate) is_head: bool,
    pub(crate) headers: HeaderMap,
}

impl ViewQuery {
    pub(super) fn metadata(&self) -> MetadataChoice {
        self.metadata.unwrap_or_default()
    }

    /// # Errors
    /// There is no small picture of that size; the text is for people.
    pub(in crate::routes) fn request(&self, method: &Method, headers: HeaderMap) -> Result<OutputRequest, &'static str> {
        let thumb = self.thumb.or(self.preview.map(|_| LARGE_THUMB));
        if thumb.is_some_and(|side| !limits::THUMBNAIL_SIDES.contains(&side)) {
            return Err("thumb is 320 or 640.");
        }
        Ok(OutputRequest { thumb, download: self.download.is_some(), is_head: *method == Method::HEAD, headers })
    }
}
