//! What pages ask of the gallery, and get.

use serde::{Deserialize, Serialize};

use super::{Facet, GalleryId, OutputFacts, missing::MissingName, saved_search::SavedSearch};
use crate::{ids::TaskId, task::OutputKind, time::Timestamp};

/// The order of a list of outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GalleryOrder {
    #[default]
    Newest,
    Oldest,
}

/// A search as a page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GalleryQuery {
    /// In the language of [`Search`](super::Search).
    pub text: String,
    pub order: GalleryOrder,
    /// How far the clock of the person is ahead of UTC: what `date:` means.
    pub utc_offset_minutes: i32,
}

/// A part of the results of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GallerySlice {
    pub query: GalleryQuery,
    /// Newer outputs do not count, so that places in the list stay the same while new ones come. `None`: up to the newest.
    pub upto: Option<GalleryId>,
    /// How many outputs are before it in the order.
    pub offset: u64,
    pub limit: u32,
}

/// Results of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryTiles {
    /// Outputs up to this one were counted. `None`: the gallery is empty.
    pub upto: Option<GalleryId>,
    /// How many there are in all.
    pub total: u64,
    pub tiles: Vec<GalleryTile>,
}

/// One output in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryTile {
    pub id: GalleryId,
    /// `None`: a file that is neither picture, video nor sound.
    pub kind: Option<OutputKind>,
    /// In pixels; 0 where unknown.
    pub width: u32,
    pub height: u32,
    pub star: bool,
    /// 0 (none) to 5.
    pub rating: u8,
    /// The beginning of its prompt, or the name of its file: what it is called where it is not seen.
    pub label: String,
}

/// How many results have each value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryFacets {
    pub facets: Vec<FacetCounts>,
    /// `None`: all results were counted. Otherwise only so many, the newest.
    pub of_newest: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCounts {
    pub facet: Facet,
    /// The most frequent first.
    pub values: Vec<(String, u64)>,
}

/// One output with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GalleryDetail {
    pub tile: GalleryTile,
    pub facts: OutputFacts,
    pub bytes: u64,
    /// `None`: a type that browsers must not show.
    pub mime: Option<String>,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub tags: Vec<String>,
    pub albums: Vec<String>,
    /// Its task and its number there, if that is still there.
    pub task: Option<(TaskId, u32)>,
    /// The results of the search before and after it.
    pub before: Option<GalleryId>,
    pub after: Option<GalleryId>,
    pub lineage: LineageGraph,
    /// What it was made with and no ComfyUI has under this name.
    pub missing: Vec<MissingName>,
}

/// What an output was made from and what was made from it, some steps back and forth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageGraph {
    /// The output itself is the first. Each is there once.
    pub nodes: Vec<LineageNode>,
    /// From a source to what was made from it, as places in `nodes`. Each leads to a later generation.
    pub edges: Vec<(u32, u32)>,
    /// Generations that have more than is shown.
    pub left_out: Vec<LineageLeftOut>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageNode {
    /// 0: the output; below: what it was made from, so many steps before; above: what was made from it.
    pub generation: i8,
    pub source: LineageSource,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineageSource {
    Output(GalleryTile),
    /// A picture that people gave, by its id.
    Picture(String),
    /// It is not there any more.
    Gone,
}

/// What a generation has more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageLeftOut {
    pub generation: i8,
    pub count: u64,
    /// The newest of them, at most [`GALLERY_LINEAGE`](crate::limits::GALLERY_LINEAGE).
    pub outputs: Vec<GalleryTile>,
}

/// One output as it is compared with others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedOutput {
    pub tile: GalleryTile,
    pub facts: OutputFacts,
    pub bytes: u64,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

/// Which outputs are to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GallerySelection {
    Ids(Vec<GalleryId>),
    /// All results of a search up to this output, except some.
    Results {
        query: GalleryQuery,
        upto: GalleryId,
        except: Vec<GalleryId>,
    },
}

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GalleryChange {
    Star(bool),
    /// 0 (none) to 5.
    Rating(u8),
    AddTag(String),
    RemoveTag(String),
    AddToAlbum(String),
    RemoveFromAlbum(String),
    Trash,
    Restore,
}

/// What came of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryActionResult {
    /// Undoes it.
    pub action: u64,
    /// How many outputs are different now.
    pub changed: u64,
    /// How many were left alone: starred ones do not go to the trash with others.
    pub refused: u64,
    /// Of outputs that went to the trash: how many files each ComfyUI may still have in its output folder, where Darkroom deletes nothing. The most
    /// first.
    pub also_at: Vec<(String, u64)>,
}

/// What can be written at a place of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchCompletion {
    pub suggestions: Vec<SearchSuggestion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchSuggestion {
    /// What it is: a value with the number of outputs that have it, or what a field is for.
    pub label: String,
    pub note: String,
    /// The whole search with it, and where the cursor is then, in characters.
    pub text: String,
    pub cursor: u32,
}

/// What the server renders a page of the gallery with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GalleryFirst {
    pub query: GalleryQuery,
    /// How many results come before these.
    pub offset: u64,
    /// The first results, or why there are none.
    pub tiles: Result<GalleryTiles, String>,
    pub facets: GalleryFacets,
    /// The oldest first.
    pub saved: Vec<SavedSearch>,
    /// The output at the address, if there is one.
    pub detail: Option<GalleryDetail>,
    /// The outputs that the address names to be compared: those that are there.
    pub compared: Vec<ComparedOutput>,
}
