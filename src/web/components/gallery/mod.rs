//! The gallery: every kept output, found by what it shows and how it was made.

mod actions;
mod comfyui_import;
mod compare;
mod confirm;
mod copied;
mod download;
mod facets;
mod form_changes;
mod form_snapshot;
mod glyphs;
mod grid;
mod import;
#[cfg(feature = "hydrate")]
mod import_files;
mod import_state;
mod labeling;
mod last_change;
mod layout;
mod lightbox;
mod lineage;
mod loaded;
mod model;
mod page;
mod parameters;
mod saved_searches;
mod search;
mod selection;
mod source;
#[cfg(feature = "hydrate")]
mod source_file;
mod tile;
mod toolbar;
mod url;
mod use_again;
mod used_notice;
mod window;
mod words;

pub use page::GalleryPanel;
