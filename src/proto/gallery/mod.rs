//! The gallery: what it knows of an output, and what is searched for.

mod facts;
mod id;
mod search;
mod view;

pub use self::{
    facts::{LoraFact, OutputFacts},
    id::GalleryId,
    search::{Condition, Facet, FacetValue, NumberRange, Place, Quantity, Search, Term, Trait, Words},
    view::{
        FacetCounts, GalleryActionResult, GalleryChange, GalleryDetail, GalleryFacets, GalleryFirst, GalleryOrder, GalleryQuery,
        GallerySelection, GallerySlice, GalleryTile, GalleryTiles, SearchCompletion, SearchSuggestion,
    },
};
