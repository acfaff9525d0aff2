//! Database errors, with messages for the log and for the administrator.

use std::{path::PathBuf, sync::Arc};

use rusqlite::ErrorCode;

use super::ReplicaError;
use proto::ids::TaskId;

/// Cheap to clone: one failed transaction is reported to every waiter.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database {0} cannot be used: {1}")]
    Open(PathBuf, Box<StoreError>),
    #[error("the data folder {folder} is in use by another Darkroom{}; stop that one, or choose another folder with --data", process(.pid))]
    InUse { folder: PathBuf, pid: Option<u32> },
    #[error(
        "this database was written by a newer Darkroom (format {found}, this one knows {known}); start that version, or choose another folder with --data"
    )]
    Newer { found: u32, known: u32 },
    #[error("it is damaged; put a copy back in its place, or move it away to begin anew (sqlite3's .recover may save what is left)")]
    Damaged,
    #[error("another program has locked the database")]
    Locked,
    #[error("the disk is full")]
    Full,
    #[error("too many tasks wait to be written")]
    Overloaded,
    #[error("there is a task with the id {0} already")]
    Twice(TaskId),
    #[error("there is no task {0}")]
    Unknown(TaskId),
    #[error("not the JSON it should be: {0}")]
    Json(Arc<serde_json::Error>),
    #[error(
        "{0} is not a key of Darkroom; put the right file back, or remove it: then the extra data (such as API keys) of stored tasks is lost"
    )]
    Key(PathBuf),
    #[error("the extra data of a task cannot be encrypted")]
    Sealing,
    #[error("{0}")]
    Sqlite(Arc<rusqlite::Error>),
    #[error("{0}")]
    Io(Arc<std::io::Error>),
    #[error("the database is closed")]
    Closed,
    #[error("PostgreSQL has not confirmed this yet; it may still happen")]
    NotCommitted,
    #[error("another Darkroom writes the database")]
    NotOwner,
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

fn process(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            _ => Self::Sqlite(Arc::new(error)),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(Arc::new(error))
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}
