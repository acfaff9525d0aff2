//! What pages may ask of the gallery.

use async_trait::async_trait;
use proto::gallery::{
    ComparedOutput, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryId, GalleryQuery, GallerySelection,
    GallerySlice, GalleryTiles, SearchCompletion,
};

/// Every error is why it was not done, for people: what is wrong in a search, or that the database cannot be used.
#[async_trait]
pub trait GalleryService: Send + Sync {
    /// A part of the results of a search.
    async fn gallery_tiles(&self, slice: GallerySlice) -> Result<GalleryTiles, String>;

    /// How many results have each value.
    async fn gallery_facets(&self, query: GalleryQuery) -> Result<GalleryFacets, String>;

    /// One output, and its neighbours among the results of a search. `None`: it is not in the gallery (any more).
    async fn gallery_detail(&self, id: GalleryId, query: GalleryQuery) -> Result<Option<GalleryDetail>, String>;

    /// Those of at most [`GALLERY_COMPARED`](proto::limits::GALLERY_COMPARED) outputs that are there, in this order.
    async fn compared_outputs(&self, ids: Vec<GalleryId>) -> Result<Vec<ComparedOutput>, String>;

    /// Changes outputs. It is on disk when this returns.
    async fn change_gallery(&self, selection: GallerySelection, change: GalleryChange) -> Result<GalleryActionResult, String>;

    /// Makes undone what one change did.
    async fn undo_gallery(&self, action: u64) -> Result<GalleryActionResult, String>;

    /// What can come at this place of a search. `cursor`: in characters.
    async fn complete_search(&self, text: String, cursor: u32) -> Result<SearchCompletion, String>;
}
