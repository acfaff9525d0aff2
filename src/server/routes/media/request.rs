//! The query of a request for an output.

use axum::http::HeaderMap;

#[derive(Clone, Debug)]
pub(in crate::routes) struct OutputRequest {
    /// The longest side of a small picture; `None`: the file itself.
    pub(in crate::routes) thumb: Option<u32>,
    /// As an attachment, to be saved.
    pub(in crate::routes) download: bool,
    pub(in crate::routes) is_head: bool,
    pub(in crate::routes) headers: HeaderMap,
}
