//! The gallery: every kept output with how it was made, searched, changed, and shown.

mod comfyui_files;
mod comfyui_import;
mod comfyui_imports;
mod error;
mod follow;
mod import;
mod indexer;
mod library;
mod missing;
mod names;
mod rerun;
mod saved_searches;
mod size;
mod view;

pub use self::{
    error::GalleryError,
    follow::{FollowedGallery, GalleryFollower},
    import::ImportError,
    library::Gallery,
};
