//! What pages may ask of the gallery.

use async_trait::async_trait;
use proto::{
    gallery::{
        ComfyuiImport, ComparedOutput, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryId, GalleryQuery,
        GallerySelection, GallerySlice, GalleryTiles, OutputsRerun, SavedSearch, SearchCompletion,
    },
    ids::{BackendId, CommandId},
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

    /// Removes an output that is in the trash for good.
    async fn remove_output(&self, id: GalleryId) -> Result<(), String>;

    /// Removes all that is in the trash for good. Returns how many outputs there were.
    async fn empty_gallery_trash(&self) -> Result<u64, String>;

    /// Begins to import what a ComfyUI made before, in the background. If that is under way, it goes on.
    async fn begin_comfyui_import(&self, backend: BackendId) -> Result<ComfyuiImport, String>;

    /// How the last import of a ComfyUI goes, or ended.
    async fn comfyui_import(&self, backend: BackendId) -> Result<ComfyuiImport, String>;

    /// Stops it. What is in the gallery stays.
    async fn stop_comfyui_import(&self, backend: BackendId) -> Result<ComfyuiImport, String>;

    /// What can come at this place of a search. `cursor`: in characters.
    async fn complete_search(&self, text: String, cursor: u32) -> Result<SearchCompletion, String>;

    /// Runs the tasks of outputs again, at most [`proto::limits::GALLERY_RERUN`]. With the same `id`, no task is made twice.
    async fn rerun_outputs(&self, selection: GallerySelection, new_seed: bool, id: CommandId) -> Result<OutputsRerun, String>;

    /// The searches that are kept under a name, the oldest first.
    async fn saved_searches(&self) -> Result<Vec<SavedSearch>, String>;

    async fn save_search(&self, name: String, text: String) -> Result<SavedSearch, String>;

    /// Also when it is not there any more.
    async fn remove_saved_search(&self, id: i64) -> Result<(), String>;
}
