//! What pages ask of the gallery. Inner errors are why it was not done, for people.

use leptos::{prelude::*, server_fn::codec::Postcard};

use super::error::CallError;
use proto::{
    gallery::{
        ComfyuiImport, ComparedOutput, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryId, GalleryQuery,
        GallerySelection, GallerySlice, GalleryTiles, OutputsRerun, SavedSearch, SearchCompletion,
    },
    ids::{BackendId, CommandId},
};

/// A part of the results of a search.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "gallery_tiles", input = Postcard, output = Postcard)]
pub async fn fetch_gallery_tiles(slice: GallerySlice) -> Result<Result<GalleryTiles, String>, CallError> {
    Ok(super::context::service()?.gallery_tiles(slice).await)
}

/// How many results of a search have each value.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "gallery_facets", input = Postcard, output = Postcard)]
pub async fn fetch_gallery_facets(query: GalleryQuery) -> Result<Result<GalleryFacets, String>, CallError> {
    Ok(super::context::service()?.gallery_facets(query).await)
}

/// One output, and its neighbours among the results of a search. `None`: it is not in the gallery (any more).
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "gallery_detail", input = Postcard, output = Postcard)]
pub async fn fetch_gallery_detail(id: GalleryId, query: GalleryQuery) -> Result<Result<Option<GalleryDetail>, String>, CallError> {
    Ok(super::context::service()?.gallery_detail(id, query).await)
}

/// Those of a few outputs that are there, to be compared.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "compared_outputs", input = Postcard, output = Postcard)]
pub async fn fetch_compared_outputs(ids: Vec<GalleryId>) -> Result<Result<Vec<ComparedOutput>, String>, CallError> {
    Ok(super::context::service()?.compared_outputs(ids).await)
}

/// Changes outputs. It is on disk when this returns.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "change_gallery", input = Postcard, output = Postcard)]
pub async fn change_gallery(selection: GallerySelection, change: GalleryChange) -> Result<Result<GalleryActionResult, String>, CallError> {
    Ok(super::context::service()?.change_gallery(selection, change).await)
}

/// Makes undone what one change did.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "undo_gallery", input = Postcard, output = Postcard)]
pub async fn undo_gallery(action: u64) -> Result<Result<GalleryActionResult, String>, CallError> {
    Ok(super::context::service()?.undo_gallery(action).await)
}

/// Removes an output that is in the trash for good.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "remove_output", input = Postcard, output = Postcard)]
pub async fn remove_output(id: GalleryId) -> Result<Result<(), String>, CallError> {
    Ok(super::context::service()?.remove_output(id).await)
}

/// Removes all that is in the trash for good. Returns how many outputs there were.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "empty_gallery_trash", input = Postcard, output = Postcard)]
pub async fn empty_gallery_trash() -> Result<Result<u64, String>, CallError> {
    Ok(super::context::service()?.empty_gallery_trash().await)
}

/// What can come at this place of a search. `cursor`: in characters.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "complete_search", input = Postcard, output = Postcard)]
pub async fn complete_search(text: String, cursor: u32) -> Result<Result<SearchCompletion, String>, CallError> {
    Ok(super::context::service()?.complete_search(text, cursor).await)
}

/// Runs the tasks of outputs again. With the same `id`, no task is made twice.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "rerun_outputs", input = Postcard, output = Postcard)]
pub async fn rerun_outputs(selection: GallerySelection, new_seed: bool, id: CommandId) -> Result<Result<OutputsRerun, String>, CallError> {
    Ok(super::context::service()?.rerun_outputs(selection, new_seed, id).await)
}

/// The searches that are kept under a name, the oldest first.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "saved_searches", input = Postcard, output = Postcard)]
pub async fn fetch_saved_searches() -> Result<Result<Vec<SavedSearch>, String>, CallError> {
    Ok(super::context::service()?.saved_searches().await)
}

/// Keeps a search under a name.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "save_search", input = Postcard, output = Postcard)]
pub async fn save_search(name: String, text: String) -> Result<Result<SavedSearch, String>, CallError> {
    Ok(super::context::service()?.save_search(name, text).await)
}

/// Also when it is not there any more.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "remove_saved_search", input = Postcard, output = Postcard)]
pub async fn remove_saved_search(id: i64) -> Result<Result<(), String>, CallError> {
    Ok(super::context::service()?.remove_saved_search(id).await)
}

/// Begins to import what a ComfyUI made before, in the background. If that is under way, it goes on.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "begin_comfyui_import", input = Postcard, output = Postcard)]
pub async fn begin_comfyui_import(backend: BackendId) -> Result<Result<ComfyuiImport, String>, CallError> {
    Ok(super::context::service()?.begin_comfyui_import(backend).await)
}

/// How the last import of a ComfyUI goes, or ended.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "comfyui_import", input = Postcard, output = Postcard)]
pub async fn fetch_comfyui_import(backend: BackendId) -> Result<Result<ComfyuiImport, String>, CallError> {
    Ok(super::context::service()?.comfyui_import(backend).await)
}

/// Stops it. What is in the gallery stays.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "stop_comfyui_import", input = Postcard, output = Postcard)]
pub async fn stop_comfyui_import(backend: BackendId) -> Result<Result<ComfyuiImport, String>, CallError> {
    Ok(super::context::service()?.stop_comfyui_import(backend).await)
}
