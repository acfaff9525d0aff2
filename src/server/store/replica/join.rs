//! Becoming the owner: waiting for the lease, with a copy that is up to date.

use std::path::{Path, PathBuf};

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_postgres::Client;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Checkpoints, CommitLog, OwnerTerm, ReplicaError, ReplicaTimes, ReplicaUrl,
    database::Database,
    lease::{Lease, wait_for_turn},
    position::{self, Position},
    restore::{Local, catch_up},
};
use crate::store::{StoreError, lock::FolderLock, schema};
use proto::limits;

/// The right to write a database in a folder that is also in PostgreSQL, and this folder, up to date and locked.
pub struct Replica {
    pub(in crate::store) lock: FolderLock,
    database: Database,
    lease: Lease,
    local: Local,
    path: PathBuf,
    times: ReplicaTimes,
    renewal: Renewal,
}

/// The task that renews the lease, and gives it up when this is dropped.
pub(in crate::store) struct Renewal {
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Renewal {
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
}

impl Replica {
    /// Waits until this Darkroom is the owner. Other owners may live for long: meanwhile the copy in the folder is kept up to date. Can be dropped at
    /// any time.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached at the start, or refuses; the folder is in use, or has another database.
    pub async fn join(url: ReplicaUrl, ca_file: Option<&Path>, times: ReplicaTimes, folder: &Path) -> Result<Self, StoreError> {
        let lock = FolderLock::acquire(folder)?;
        let path = folder.join("darkroom.db");
        let database = Database::new(url, ca_file)?;
        let mut client = database.connect().await?;
        database.prepare(&mut client).await?;
        let mut is_waiting = false;
        let lease = loop {
            match take_or_follow(&database, &mut client, times, &path).await {
                Ok(Some(lease)) => break lease,
                Ok(None) => {}
                Err(error @ ReplicaError::Unreachable { .. }) if is_waiting => {
                    tracing::warn!(%error, "waiting to take over");
                    tokio::time::sleep(limits::STORE_RETRY).await;
                    if let Ok(new) = database.connect().await {
                        client = new;
                    }
                }
                Err(error) => return Err(error.into()),
            }
            if !std::mem::replace(&mut is_waiting, true) {
                tracing::info!(postgres = %database.url(), "another Darkroom is the owner; this one waits to take over");
            }
            wait_for_turn(times).await;
        };
        tracing::info!(postgres = %database.url(), term = lease.term, "this Darkroom is the owner");
        let stop = CancellationToken::new();
        let task = tokio::spawn(lease.clone().keep(database.clone(), times, stop.clone()));
        let renewal = Renewal { stop: stop.drop_guard(), task };
        // The last owner may have committed until the lease was taken.
        let local = catch_up(&database, &client, &path).await?;
        Ok(Self { lock, database, lease, local, path, times, renewal })
    }

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

    /// Opens the database in the folder, and sees to it that PostgreSQL has all of it.
    pub(in crate::store) async fn open(self) -> Result<(rusqlite::Connection, FolderLock, Replication, Renewal), StoreError> {
        let Self { lock, database, lease, local, path, times, renewal } = self;
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
        let log = CommitLog::new(Handle::current(), database, lease, format, seq, times.checkpoint_after);
        Ok((connection, lock, Replication { log, checkpoints }, renewal))
    }
}

/// `None`: another Darkroom has the lease, and the copy is up to date.
async fn take_or_follow(database: &Database, client: &mut Client, times: ReplicaTimes, path: &Path) -> Result<Option<Lease>, ReplicaError> {
    if let Some(lease) = Lease::take(database, client, times).await? {
        return Ok(Some(lease));
    }
    catch_up(database, client, path).await.map(|_| None)
}
