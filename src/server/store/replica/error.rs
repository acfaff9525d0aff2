//! Why the copy in PostgreSQL cannot be used, in words for the administrator.

use std::{path::PathBuf, sync::Arc};

/// Cheap to clone: one failed commit is reported to everybody who waits for it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReplicaError {
    #[error("url {0}")]
    Url(String),
    #[error("PostgreSQL at {address} cannot be reached: {why}")]
    Unreachable { address: String, why: String },
    #[error("PostgreSQL at {address} refuses: {why}")]
    Refused { address: String, why: String },
    #[error("another Darkroom has taken over; this one writes nothing more")]
    TakenOver,
    #[error(
        "the database {folder} belongs to another set of Darkrooms than the one in PostgreSQL; choose another folder with --data, or another database with --store"
    )]
    Foreign { folder: PathBuf },
    #[error(
        "the database {folder} was never a copy of what is in PostgreSQL already; choose an empty folder with --data, or an empty database with --store"
    )]
    Unrelated { folder: PathBuf },
    #[error(
        "PostgreSQL lacks the last {missing} commits that {folder} has: it was probably restored from a backup. Move the file away to continue with what PostgreSQL has, or start without --store to continue with what the folder has"
    )]
    Ahead { folder: PathBuf, missing: i64 },
    #[error("what is in PostgreSQL was written by a newer Darkroom (format {found}, this one knows {known}); start that version")]
    Newer { found: i32, known: i32 },
    #[error("what is in PostgreSQL is damaged: {0}")]
    Damaged(String),
    #[error("the copy in {folder} cannot be written: {why}")]
    Folder { folder: PathBuf, why: Arc<str> },
}
