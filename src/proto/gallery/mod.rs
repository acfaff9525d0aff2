//! The gallery: what it knows of an output, and what is searched for.

mod change_text;
mod comfyui_import;
mod completion;
mod dates;
mod error;
mod facts;
mod fields;
mod file_names;
mod id;
mod numbers;
#[cfg(feature = "files")]
mod of_settings;
#[cfg(feature = "files")]
mod of_task;
mod parse;
mod rerun;
#[cfg(feature = "files")]
mod sampling;
mod saved_search;
mod scan;
mod search;
#[cfg(test)]
mod tests;
mod url;
#[cfg(feature = "files")]
mod used_models;
mod view;

pub use self::{
    change_text::{facet_term, has_facet, has_term, toggle_facet, with_term, without_term},
    comfyui_import::{ComfyuiImport, ComfyuiImportState, RefusedFile, may_be_imported},
    completion::{Completion, TypedPart, completion_at, fields_beginning},
    dates::{CalendarDay, TimeOfDay, Today, day_and_time},
    error::SearchError,
    facts::{LoraFact, OutputFacts},
    fields::{SearchField, help},
    file_names::{DEFAULT_FILE_NAMES, FileNamePattern, NamePatternError, NamedOutput, UniqueNames},
    id::GalleryId,
    rerun::OutputsRerun,
    saved_search::SavedSearch,
    search::{Condition, Facet, FacetValue, Quantity, QuantityRange, Search, SearchPlace, SearchWords, Term, Trait},
    url::gallery_url,
    view::{
        FacetCounts, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryFirst, GalleryOrder, GalleryQuery,
        GallerySelection, GallerySlice, GalleryTile, GalleryTiles, SearchCompletion, SearchSuggestion,
    },
};
