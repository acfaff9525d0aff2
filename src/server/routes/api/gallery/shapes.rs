//! The bodies of requests and responses about the gallery.

use proto::{
    gallery::{Facet, GalleryActionResult, GalleryChange, GalleryFacets, GalleryId, GalleryOrder, GalleryQuery, GallerySelection},
    ids::TaskId,
    limits,
    task::OutputKind,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{fields::not_null, problem::ApiProblem};
use crate::{clock::rfc3339, report::Urls, store::GalleryItem};

/// An output in the gallery. It stays when its task is removed by the limits of the store.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GalleryOutput {
    /// A decimal number as text, because it is larger than the numbers of JavaScript. Larger ones are newer.
    #[schema(value_type = String, pattern = "^[0-9]{1,20}$", example = "1888888888888888888")]
    pub(in crate::routes::api) output_id: GalleryId,
    /// The task that made it. `null`: it was imported. The task may have been removed.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in crate::routes::api) task_id: Option<TaskId>,
    /// Where it can be downloaded.
    #[schema(example = "/api/outputs/1888888888888888888/file")]
    pub(in crate::routes::api) url: String,
    #[serde(rename = "type")]
    pub(in crate::routes::api) kind: OutputKind,
    pub(in crate::routes::api) filename: String,
    /// `null`: a type that browsers must not show.
    pub(in crate::routes::api) mime_type: Option<String>,
    pub(in crate::routes::api) bytes: u64,
    /// In pixels; 0 where unknown.
    pub(in crate::routes::api) width: u32,
    pub(in crate::routes::api) height: u32,
    /// RFC 3339.
    #[schema(format = DateTime)]
    pub(in crate::routes::api) created_at: String,
    /// The name of its task.
    pub(in crate::routes::api) name: String,
    pub(in crate::routes::api) prompt: String,
    pub(in crate::routes::api) negative_prompt: String,
    /// The main one first.
    pub(in crate::routes::api) models: Vec<String>,
    pub(in crate::routes::api) loras: Vec<OutputLora>,
    /// A decimal number as text.
    #[schema(pattern = "^[0-9]{1,20}$")]
    pub(in crate::routes::api) seed: Option<String>,
    pub(in crate::routes::api) sampler: String,
    pub(in crate::routes::api) scheduler: String,
    pub(in crate::routes::api) steps: Option<u32>,
    /// A decimal number as text; empty where there is none.
    pub(in crate::routes::api) cfg: String,
    pub(in crate::routes::api) workflow: String,
    pub(in crate::routes::api) backend: String,
    /// The program that wrote an imported file.
    pub(in crate::routes::api) program: String,
    /// The SHA-256 of the pictures that it was made from.
    pub(in crate::routes::api) parents: Vec<String>,
    pub(in crate::routes::api) has_mask: bool,
    pub(in crate::routes::api) star: bool,
    /// 0 (none) to 5.
    pub(in crate::routes::api) rating: u8,
    pub(in crate::routes::api) tags: Vec<String>,
    pub(in crate::routes::api) albums: Vec<String>,
    /// Since when it is in the trash; `null`: it is not.
    #[schema(format = DateTime)]
    pub(in crate::routes::api) deleted_at: Option<String>,
}

/// A LoRA that an output was made with.
#[derive(Serialize, ToSchema)]
pub struct OutputLora {
    pub(in crate::routes::api) name: String,
    /// A decimal number as text.
    pub(in crate::routes::api) weight: String,
}

impl GalleryOutput {
    pub(in crate::routes::api) fn of(item: GalleryItem, urls: &Urls) -> Self {
        let facts = item.facts;
        Self {
            url: urls.gallery_file(item.id),
            output_id: item.id,
            task_id: item.task,
            kind: facts.kind.unwrap_or(OutputKind::File),
            filename: facts.filename,
            mime_type: item.file.mime,
            bytes: item.file.bytes,
            width: facts.width,
            height: facts.height,
            created_at: rfc3339(item.created_at),
            name: facts.name,
            prompt: facts.prompt,
            negative_prompt: facts.negative,
            models: facts.models,
            loras: facts.loras.into_iter().map(|lora| OutputLora { name: lora.name, weight: lora.weight }).collect(),
            seed: facts.seed.map(|seed| seed.to_string()),
            sampler: facts.sampler,
            scheduler: facts.scheduler,
            steps: facts.steps,
            cfg: facts.cfg,
            workflow: facts.workflow,
            backend: facts.backend,
            program: facts.program,
            parents: facts.parents,
            has_mask: facts.has_mask,
            star: item.star,
            rating: item.rating,
            tags: item.tags,
            albums: item.albums,
            deleted_at: item.deleted_at.map(rfc3339),
        }
    }
}

/// A page of outputs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GalleryPage {
    pub(super) outputs: Vec<GalleryOutput>,
    /// How many there are in all.
    pub(super) total: u64,
    /// For the next page: the value of `after`. `null` on the last page.
    #[schema(value_type = Option<String>)]
    pub(super) next: Option<GalleryId>,
}

/// How many outputs have each value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputFacets {
    total: u64,
    /// `null`: all were counted. Otherwise only so many, the newest.
    of_newest: Option<u64>,
    facets: Vec<OutputFacet>,
}

#[derive(Serialize, ToSchema)]
pub struct OutputFacet {
    /// The field of a search.
    #[schema(example = "model")]
    field: &'static str,
    /// The most frequent first.
    values: Vec<OutputFacetValue>,
}

#[derive(Serialize, ToSchema)]
pub struct OutputFacetValue {
    value: String,
    outputs: u64,
}

impl OutputFacets {
    pub(super) fn of(facets: GalleryFacets, total: u64) -> Self {
        let values = |values: Vec<(String, u64)>| values.into_iter().map(|(value, outputs)| OutputFacetValue { value, outputs }).collect();
        let facet = |facet: Facet| -> &'static str { facet.into() };
        let facets_of = facets.facets.into_iter().map(|counts| OutputFacet { field: facet(counts.facet), values: values(counts.values) });
        Self { total, of_newest: facets.of_newest, facets: facets_of.collect() }
    }
}

/// Which outputs are to be changed, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OutputAction {
    select: OutputSelection,
    change: OutputChange,
}

/// Either `ids`, or all results of a search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OutputSelection {
    /// At most 10,000.
    #[schema(value_type = Option<Vec<String>>, nullable = false, max_items = 10000)]
    #[serde(default, deserialize_with = "not_null")]
    ids: Option<Vec<GalleryId>>,
    /// All results of this search; empty: everything that is not in the trash.
    #[schema(nullable = false, example = "model:flux* -star:yes")]
    #[serde(default, deserialize_with = "not_null")]
    q: Option<String>,
    /// With `q`: newer outputs are left alone, so that nothing is changed that was not seen. The `outputId` of the newest that was seen.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    up_to: Option<GalleryId>,
    /// With `q`: these are left alone.
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    #[serde(default)]
    except: Vec<GalleryId>,
}

/// What is to be changed: one of these.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutputChange {
    Star(bool),
    /// 0 (none) to 5.
    Rating(u8),
    AddTag(String),
    RemoveTag(String),
    AddToAlbum(String),
    RemoveFromAlbum(String),
    /// `true`: into the trash, from where they are removed for good after 30 days; starred ones stay, unless only one is named. `false`: out of it.
    Trash(bool),
}

impl OutputSelection {
    pub(in crate::routes::api) fn read(self) -> Result<GallerySelection, ApiProblem> {
        Ok(match self {
            Self { ids: Some(ids), q: None, up_to: None, except } if except.is_empty() => GallerySelection::Ids(ids),
            Self { ids: None, q: Some(text), up_to: Some(upto), except } => {
                let query = GalleryQuery { text, order: GalleryOrder::Newest, utc_offset_minutes: 0 };
                GallerySelection::Results { query, upto, except }
            }
            Self { ids: None, q: Some(_), up_to: None, .. } => {
                return Err(ApiProblem::at("/select/upTo", "Name the newest output that was seen: its outputId."));
            }
            _ => return Err(ApiProblem::at("/select", "Give either ids, or q and upTo.")),
        })
    }
}

impl OutputAction {
    pub(super) fn parts(self) -> Result<(GallerySelection, GalleryChange), ApiProblem> {
        let selection = self.select.read()?;
        let change = match self.change {
            OutputChange::Star(star) => GalleryChange::Star(star),
            OutputChange::Rating(rating) => GalleryChange::Rating(rating),
            OutputChange::AddTag(tag) => GalleryChange::AddTag(tag),
            OutputChange::RemoveTag(tag) => GalleryChange::RemoveTag(tag),
            OutputChange::AddToAlbum(album) => GalleryChange::AddToAlbum(album),
            OutputChange::RemoveFromAlbum(album) => GalleryChange::RemoveFromAlbum(album),
            OutputChange::Trash(true) => GalleryChange::Trash,
            OutputChange::Trash(false) => GalleryChange::Restore,
        };
        Ok((selection, change))
    }
}

/// What came of a change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputActionResult {
    /// Undoes it: `POST /api/outputs/actions/{action}/undo`.
    action_id: u64,
    /// How many outputs are different now.
    changed: u64,
    /// How many were left alone: starred ones do not go to the trash with others.
    refused: u64,
    /// After `{"trash": true}`: the ComfyUIs that may still have the files in their output folders, where Darkroom deletes nothing.
    also_at: Vec<OutputsAtBackend>,
}

/// Files that a ComfyUI made.
#[derive(Serialize, ToSchema)]
pub struct OutputsAtBackend {
    /// The name of the ComfyUI.
    backend: String,
    outputs: u64,
}

impl From<GalleryActionResult> for OutputActionResult {
    fn from(result: GalleryActionResult) -> Self {
        let also_at = result.also_at.into_iter().map(|(backend, outputs)| OutputsAtBackend { backend, outputs }).collect();
        Self { action_id: result.action, changed: result.changed, refused: result.refused, also_at }
    }
}

/// Files, by the SHA-256 of their bytes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileHashes {
    /// In hexadecimal digits; at most 1,000.
    #[schema(max_items = 1000)]
    hashes: Vec<String>,
}

impl FileHashes {
    pub(super) fn checked(self) -> Result<Vec<String>, ApiProblem> {
        if self.hashes.len() > limits::GALLERY_HASHES {
            return Err(ApiProblem::at("/hashes", format!("At most {} hashes are looked up at once.", limits::GALLERY_HASHES)));
        }
        Ok(self.hashes)
    }
}

#[derive(Serialize, ToSchema)]
pub struct KnownHashes {
    pub(super) known: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RemovedOutputs {
    /// How many outputs were removed.
    pub(super) removed: u64,
}
