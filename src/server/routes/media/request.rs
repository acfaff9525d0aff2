//! The query of a request for an output.

use axum::http::HeaderMap;
use serde::Deserialize;

#[derive(Deserialize)]
pub(in crate::routes) struct ViewQuery {
    /// The longest side of a small picture.
    pub(super) thumb: Option<u32>,
    /// A smaller picture: what pages of an earlier version ask for.
    pub(super) preview: Option<u8>,
    /// As an attachment, to be saved.
    pub(super) download: Option<u8>,
}

#[derive(Clone, Debug)]
pub(in crate::routes) struct OutputRequest {
    /// The longest side of a small picture; `None`: the file itself.
    pub(in crate::routes) thumb: Option<u32>,
    /// As an attachment, to be saved.
    pub(in crate::routes) download: bool,
    pub(in crate::routes) is_head: bool,
    pub(in crate::routes) headers: HeaderMap,
}
