//! The gallery: every kept output, found by what it shows and how it was made.

mod actions;
mod compare;
mod facets;
mod glyphs;
mod grid;
mod last_change;
mod layout;
mod lightbox;
mod lineage;
mod loaded;
mod model;
mod page;
mod parameters;
mod search;
mod selection;
mod tile;
mod toolbar;
mod url;
mod window;
mod words;

pub use page::GalleryPanel;
