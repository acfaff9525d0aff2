//! The Darkroom that may write.

use std::{path::PathBuf, sync::Arc};

use proto::{ids::Epoch, task::Snapshot};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Checkpoints, CommitLog, OwnerTerm, ReplicaTimes,
    database::Database,
    lease::Lease,
    live_rows::write_view,
    position::{self, Position},
    restore::Local,
};
use crate::store::{StoreError, lock::FolderLock, schema};
use proto::limits;

/// The right to write a database in a folder that is also in PostgreSQL, and this folder, up to date and locked.
pub struct Replica {
    pub(super) lock: FolderLock,
    pub(super) database: Database,
    pub(super) lease: Lease,
    pub(super) local: Local,
    pub(super) path: PathBuf,
    pub(super) times: ReplicaTimes,
    pub(super) renewal: Renewal,
    /// See [`Member::newest_epoch`](super::Member::newest_epoch).
    pub(in crate::store) newest_epoch: Epoch,
}

/// The task that renews the lease, and gives it up when this is dropped.
pub(in crate::store) struct Renewal {
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Renewal {
    pub(super) fn begin(lease: &Lease, database: &Database, times: ReplicaTimes) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(lease.clone().keep(database.clone(), times, stop.clone()));
        Self { stop: stop.drop_guard(), task }
    }

    /// Gives the lease up, and returns when PostgreSQL knows. Nothing may be written afterwards.
    pub(in crate::store) async fn end(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

/// What the store needs to write.
pub(in crate::store) struct Replication {
    pub log: CommitLog,
    pub checkpoints: Checkpoints,
    pub views: ViewKeeper,
}

impl Replica {
    /// Cancelled when another Darkroom has taken over, or PostgreSQL has what the folder cannot take: then this process must end.
    #[must_use]
    pub fn lost(&self) -> CancellationToken {
        self.lease.lost.clone()
    }

    /// What the requests of this owner to ComfyUIs depend on.
    #[must_use]
    pub fn owner_term(&self) -> OwnerTerm {
        self.lease.owner.clone()
    }

    /// A random id of the time of this Darkroom as owner, known to those that read PostgreSQL.
    #[must_use]
    pub fn holder(&self) -> Arc<str> {
        self.lease.holder.clone()
    }

    /// Opens the database in the folder, and sees to it that PostgreSQL has all of it.
    pub(in crate::store) async fn open(self) -> Result<(rusqlite::Connection, FolderLock, Replication, Renewal), StoreError> {
        let Self { lock, database, lease, local, path, times, renewal, .. } = self;
        let before = schema::format_of(&path)?;
        let connection = schema::open(&path)?;
        let format = schema::format();
        let seq = match &local {
            Local::Copy(position) => position.seq,
            Local::Original { cluster } => {
                position::set(&connection, &Position { cluster: cluster.clone(), term: 0, seq: 0 })?;
                0
            }
        };
        let checkpoints = Checkpoints::new(database.clone(), lease.clone(), path, format);
        // A migration is no changeset.
        if before != Some(format) || matches!(local, Local::Original { .. }) {
            checkpoints.make().await?;
        }
        tokio::spawn(checkpoints.clone().run());
        let views = ViewKeeper { database: database.clone(), lease: lease.clone() };
        let log = CommitLog::new(database, lease, format, seq, times.checkpoint_after);
        Ok((connection, lock, Replication { log, checkpoints, views }, renewal))
    }
}

/// Writes the shown state to PostgreSQL now and then.
#[derive(Clone)]
pub(in crate::store) struct ViewKeeper {
    database: Database,
    lease: Lease,
}

impl ViewKeeper {
    /// Writes it at once, and later when it has changed, until the lease is lost or nobody shows anything.
    pub(in crate::store) async fn run(self, shown: impl Fn() -> Option<Snapshot>) {
        let mut written = None;
        while let (false, Some(snapshot)) = (self.lease.lost.is_cancelled(), shown()) {
            let mut pause = limits::LIVE_VIEW_EVERY;
            if written != Some(snapshot.resume()) {
                match self.write(&snapshot).await {
                    Ok(()) => written = Some(snapshot.resume()),
                    Err(error) => {
                        tracing::warn!(%error, "the shown state could not be written to PostgreSQL; it is tried again");
                        pause = limits::STORE_RETRY;
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn write(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let client = self.database.connect().await?;
        write_view(&self.database, &client, &self.lease, snapshot).await
    }
}
