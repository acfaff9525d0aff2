//! The gallery: every kept output, found again by what is known of it.
//!
//! Everything that an output can be found by is a word of one full-text index, `gallery_text`: the words of its prompt and names, and for each value
//! (its model, its size, a tag) the token of that value in the dictionary `gallery_values`. So a search is one MATCH expression, and the index answers
//! it newest first without sorting, because the id of an output begins with its time. Rows outlive their tasks.

mod actions;
mod apply;
mod backends;
mod buckets;
mod compile;
mod counting;
mod facets;
mod handle;
mod indexing;
mod keys;
mod lineage;
mod listing;
mod model;
mod model_path;
mod news;
mod numbers;
mod organize;
mod read;
mod references;
mod results;
mod schema;
mod searches;
#[cfg(test)]
mod tests;
mod to_index;
mod undo;
mod values;
mod walk;
mod words;
mod write;

pub(super) use self::{
    counting::RecentCounts,
    news::{create_news, newest_news},
    references::{expire_file, file_changed, forget_task, keys_of_file},
    schema::{create, list_in_portions},
};
pub use self::{
    model::{
        FacetTally, GalleryItem, GalleryNeighbours, GalleryRange, GallerySource, GalleryTarget, Lineage, LineageMember, LineageRest,
        NewGalleryItem, OutputToIndex, TaskToIndex,
    },
    news::{GalleryNews, GalleryNewsKind, GalleryNewsPage},
};
