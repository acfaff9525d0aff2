//! Copies the outputs of tasks, so that they outlive their ComfyUI.
//!
//! Which outputs are to be copied is written with the task that has them ([`crate::store`]). [`copier`] copies them, [`keep`] takes the bytes
//! in and checks them, [`files`] is the folder or bucket, [`sweep`] removes what is over the limits or what nobody refers to.

mod copier;
mod copy;
mod database;
mod decode;
mod error;
mod files;
mod keep;
mod library;
mod outside;
mod plain;
mod sniff;
mod spool;
mod sweep;
#[cfg(test)]
mod tests;
mod thumbnails;

pub use self::{
    copy::patient,
    decode::{decoded, decoded_at_most},
    error::{MediaFailure, MediaStoreError},
    files::MediaFiles,
    keep::{KeepError, NewFile},
    library::MediaLibrary,
    plain::PlainError,
    sniff::{SNIFFED, sniff},
    spool::FrameSpool,
    thumbnails::shrink,
};
