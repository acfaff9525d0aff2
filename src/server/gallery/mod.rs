//! The gallery: every kept output with how it was made, searched, changed, and shown.

mod comfyui_files;
mod comfyui_import;
mod comfyui_imports;
mod error;
mod import;
mod indexer;
mod library;
mod size;
mod view;

pub use self::{error::GalleryError, import::ImportError, library::Gallery};
