//! The gallery: what it knows of an output, and what is searched for.

mod change_text;
mod changed_words;
mod comfyui_import;
mod compare_address;
mod compare_facts;
mod completion;
mod dates;
mod error;
mod facts;
mod fields;
mod file_names;
mod id;
mod lineage;
mod missing;
mod numbers;
#[cfg(feature = "files")]
mod of_settings;
#[cfg(feature = "files")]
mod of_task;
mod parse;
mod pixel_difference;
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

pub(crate) use self::dates::day_number;
pub use self::{
    change_text::{facet_term, has_facet, has_term, toggle_facet, with_term, without_term},
    changed_words::{TextPiece, changed_words},
    comfyui_import::{ComfyuiImport, ComfyuiImportState, RefusedFile, may_be_imported},
    compare_address::{CompareAddress, CompareAddressError, CompareMode},
    compare_facts::{ComparedFacts, ComparedRow, compare_facts},
    completion::{Completion, TypedPart, completion_at, fields_beginning},
    dates::{CalendarDay, TimeOfDay, Today, day_and_time},
    error::SearchError,
    facts::{LoraFact, OutputFacts},
    fields::{SearchField, help},
    file_names::{DEFAULT_FILE_NAMES, FileNamePattern, NamePatternError, NamedOutput, UniqueNames},
    id::GalleryId,
    lineage::{LineageColumn, LineageDrawing},
    missing::MissingName,
    parse::corrected,
    pixel_difference::PixelDifference,
    rerun::OutputsRerun,
    saved_search::SavedSearch,
    search::{Condition, Facet, FacetValue, Quantity, QuantityRange, Search, SearchPlace, SearchWords, Term, Trait},
    url::gallery_url,
    view::{
        ComparedOutput, FacetCounts, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryFirst, GalleryOrder,
        GalleryQuery, GallerySelection, GallerySlice, GalleryTile, GalleryTiles, LineageGraph, LineageLeftOut, LineageNode, LineageSource,
        SearchCompletion, SearchSuggestion,
    },
};
