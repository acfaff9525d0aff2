//! What pages get of the gallery.

use async_trait::async_trait;
use proto::{
    gallery::{
        ComfyuiImport, ComparedOutput, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryId, GalleryOrder,
        GalleryQuery, GallerySelection, GallerySlice, GalleryTile, GalleryTiles, LineageGraph, LineageLeftOut, LineageNode, LineageSource,
        OutputsRerun, SavedSearch, SearchCompletion,
    },
    ids::{BackendId, CommandId},
    limits,
};
use service::GalleryService;

use super::{error::GalleryError, missing::missing_names, rerun::rerun};
use crate::{
    state::AppState,
    store::{GalleryItem, GalleryNeighbours, GalleryRange, GallerySource, Lineage},
};

/// Characters of a prompt that name a tile.
const LABEL: usize = 160;

#[async_trait]
impl GalleryService for AppState {
    async fn gallery_tiles(&self, slice: GallerySlice) -> Result<GalleryTiles, String> {
        tiles(self, &slice).await.map_err(for_people)
    }

    async fn gallery_facets(&self, query: GalleryQuery) -> Result<GalleryFacets, String> {
        self.gallery().facets(&query).await.map(|(facets, _)| facets).map_err(for_people)
    }

    async fn gallery_detail(&self, id: GalleryId, query: GalleryQuery) -> Result<Option<GalleryDetail>, String> {
        match detail(self, id, &query).await {
            Ok(detail) => Ok(Some(detail)),
            Err(GalleryError::Unknown) => Ok(None),
            Err(error) => Err(for_people(error)),
        }
    }

    async fn compared_outputs(&self, ids: Vec<GalleryId>) -> Result<Vec<ComparedOutput>, String> {
        compared(self, &ids).await.map_err(for_people)
    }

    async fn change_gallery(&self, selection: GallerySelection, change: GalleryChange) -> Result<GalleryActionResult, String> {
        self.gallery().change(selection, change).await.map_err(for_people)
    }

    async fn undo_gallery(&self, action: u64) -> Result<GalleryActionResult, String> {
        self.gallery().undo(action).await.map_err(for_people)
    }

    async fn remove_output(&self, id: GalleryId) -> Result<(), String> {
        self.gallery().remove(id).await.map_err(for_people)
    }

    async fn empty_gallery_trash(&self) -> Result<u64, String> {
        self.gallery().empty_trash().await.map_err(for_people)
    }

    async fn begin_comfyui_import(&self, backend: BackendId) -> Result<ComfyuiImport, String> {
        self.gallery().begin_import(&backend).ok_or_else(|| no_comfyui(&backend))
    }

    async fn comfyui_import(&self, backend: BackendId) -> Result<ComfyuiImport, String> {
        self.gallery().import_progress(&backend).ok_or_else(|| no_comfyui(&backend))
    }

    async fn stop_comfyui_import(&self, backend: BackendId) -> Result<ComfyuiImport, String> {
        self.gallery().stop_import(&backend).ok_or_else(|| no_comfyui(&backend))
    }

    async fn complete_search(&self, text: String, cursor: u32) -> Result<SearchCompletion, String> {
        self.gallery().complete(&text, cursor).await.map_err(for_people)
    }

    async fn rerun_outputs(&self, selection: GallerySelection, new_seed: bool, id: CommandId) -> Result<OutputsRerun, String> {
        rerun(self, selection, new_seed, id).await.map_err(for_people)
    }

    async fn saved_searches(&self) -> Result<Vec<SavedSearch>, String> {
        self.gallery().saved_searches().await.map_err(for_people)
    }

    async fn save_search(&self, name: String, text: String) -> Result<SavedSearch, String> {
        self.gallery().save_search(name, text).await.map_err(for_people)
    }

    async fn remove_saved_search(&self, id: i64) -> Result<(), String> {
        self.gallery().remove_saved_search(id).await.map_err(for_people)
    }
}

fn no_comfyui(backend: &BackendId) -> String {
    format!("There is no ComfyUI called {backend}.")
}

fn for_people(error: GalleryError) -> String {
    if let GalleryError::Store(error) = &error {
        tracing::error!(%error, "the gallery cannot be read or changed");
    }
    error.to_string()
}

async fn tiles(state: &AppState, slice: &GallerySlice) -> Result<GalleryTiles, GalleryError> {
    let gallery = state.gallery();
    let upto = match slice.upto {
        Some(upto) => Some(upto),
        None => gallery.newest(&slice.query).await?,
    };
    let total = gallery.count(&slice.query, upto).await?;
    let range = GalleryRange { after: None, upto, offset: slice.offset, total: Some(total) };
    let items = gallery.page(&slice.query, range, slice.limit).await?;
    Ok(GalleryTiles { upto, total, tiles: items.iter().map(tile).collect() })
}

async fn detail(state: &AppState, id: GalleryId, query: &GalleryQuery) -> Result<GalleryDetail, GalleryError> {
    let gallery = state.gallery();
    let item = gallery.item(id).await?;
    // A mistake in the search must not hide the output.
    let GalleryNeighbours { newer, older } = match gallery.neighbours(query, id).await {
        Err(GalleryError::Search(_)) => GalleryNeighbours::default(),
        neighbours => neighbours?,
    };
    let (before, after) = match query.order {
        GalleryOrder::Newest => (newer, older),
        GalleryOrder::Oldest => (older, newer),
    };
    let lineage = gallery.lineage(id).await?;
    let task = match item.task {
        Some(task) if state.archive().task(task).await.is_some() => Some((task, item.output)),
        _ => None,
    };
    Ok(GalleryDetail {
        tile: tile(&item),
        bytes: item.file.bytes,
        mime: item.file.mime.clone(),
        created_at: item.created_at,
        deleted_at: item.deleted_at,
        task,
        before,
        after,
        lineage: graph(&lineage),
        missing: missing_names(&item.facts, &state.pool().form_options()),
        facts: item.facts,
        tags: item.tags,
        albums: item.albums,
    })
}

/// Those that are there, in this order.
async fn compared(state: &AppState, ids: &[GalleryId]) -> Result<Vec<ComparedOutput>, GalleryError> {
    let mut compared = Vec::new();
    for id in ids.iter().take(limits::GALLERY_COMPARED) {
        match state.gallery().item(*id).await {
            Ok(item) => compared.push(ComparedOutput {
                tile: tile(&item),
                bytes: item.file.bytes,
                created_at: item.created_at,
                deleted_at: item.deleted_at,
                facts: item.facts,
            }),
            Err(GalleryError::Unknown) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(compared)
}

fn graph(lineage: &Lineage) -> LineageGraph {
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let source = |source: &GallerySource| match source {
        GallerySource::Output(item) => LineageSource::Output(tile(item)),
        GallerySource::Picture(hash) => LineageSource::Picture(hash.clone()),
        GallerySource::Gone(_) => LineageSource::Gone,
    };
    let nodes = lineage.members.iter().map(|member| LineageNode { generation: member.generation, source: source(&member.source) });
    let left_out = lineage.left_out.iter().map(|rest| LineageLeftOut {
        generation: rest.generation,
        count: rest.count,
        outputs: rest.outputs.iter().map(tile).collect(),
    });
    LineageGraph {
        nodes: nodes.collect(),
        edges: lineage.edges.iter().map(|(from, to)| (place(*from), place(*to))).collect(),
        left_out: left_out.collect(),
    }
}

fn tile(item: &GalleryItem) -> GalleryTile {
    let text = if item.facts.prompt.trim().is_empty() { &item.facts.filename } else { &item.facts.prompt };
    let mut label: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LABEL + 1).collect();
    if label.chars().count() > LABEL {
        label.pop();
        label.push('…');
    }
    GalleryTile {
        id: item.id,
        kind: item.facts.kind,
        width: item.facts.width,
        height: item.facts.height,
        star: item.star,
        rating: item.rating,
        label,
    }
}
