//! One of the Darkrooms that share a database in PostgreSQL, before it is known whether it is the owner.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use proto::{ids::Epoch, limits, task::Snapshot};
use tokio::sync::{Notify, watch};
use tokio_postgres::Client;

use super::{
    ReplicaError, ReplicaTimes, ReplicaUrl,
    database::Database,
    lease::Lease,
    live_rows::read_view,
    owner::{Renewal, Replica},
    position::Position,
    restore::{Local, catch_up},
};
use crate::store::{StoreError, lock::FolderLock, schema};

/// Has the lock of its folder.
pub struct Member {
    lock: FolderLock,
    pub(super) database: Database,
    pub(super) client: Client,
    /// Notified when the owner committed something, and when the connection ends.
    pub(super) news: Arc<Notify>,
    pub(super) times: ReplicaTimes,
    pub(super) path: PathBuf,
    /// Where others reach this one.
    address: Arc<str>,
    owner: Arc<watch::Sender<Option<OwnerAddress>>>,
    pub(super) is_waiting: bool,
    /// Changes were missing after the state that it began with.
    pub(super) had_hole: bool,
}

/// Where the owner is. It may have died since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerAddress {
    /// Host and port.
    pub address: Arc<str>,
    /// See [`Replica::holder`].
    pub holder: Arc<str>,
    /// It was this Darkroom, before it was started anew: until its lease ends there is no owner.
    pub is_gone: bool,
}

impl Member {
    /// `addr`: where this one listens. Others reach it at `address`; without one there, or, if that is no particular address, at the one that PostgreSQL sees it come from.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses; the folder is in use.
    pub async fn join(
        url: ReplicaUrl,
        ca_file: Option<&Path>,
        times: ReplicaTimes,
        folder: &Path,
        addr: SocketAddr,
        address: Option<&str>,
        owner: Arc<watch::Sender<Option<OwnerAddress>>>,
    ) -> Result<Self, StoreError> {
        let lock = FolderLock::acquire(folder)?;
        let database = Database::new(url, ca_file)?;
        let (mut client, news) = database.connect_listening().await?;
        database.prepare(&mut client).await?;
        let address = match address {
            Some(address) => address.to_owned(),
            None if !addr.ip().is_unspecified() => addr.to_string(),
            None => own_address(&database, &client, addr.port()).await?,
        };
        let path = folder.join("darkroom.db");
        Ok(Self { lock, database, client, news, times, path, address: address.into(), owner, is_waiting: false, had_hole: false })
    }

    /// `None`: not yet. What others showed comes before the lease: a Darkroom that has just been started then goes on with it as the owner, too.
    pub(super) async fn try_turn(&mut self) -> Result<Option<TurnFound>, ReplicaError> {
        let view = read_view(&self.database, &self.client, self.had_hole).await?;
        if view.is_none()
            && let Some(lease) = self.take().await?
        {
            return Ok(Some(TurnFound::Lease(lease)));
        }
        self.read_owner().await?;
        let local = catch_up(&self.database, &self.client, &self.path).await?;
        // A database of another version is not read by this one.
        let is_of_this_version = schema::format_of(&self.path).ok().flatten() == Some(schema::format());
        match (view, local) {
            (Some(snapshot), Local::Copy(position)) if is_of_this_version => Ok(Some(TurnFound::View(Box::new(snapshot), position))),
            _ => Ok(self.take().await?.map(TurnFound::Lease)),
        }
    }

    /// `None`: another Darkroom has the lease.
    pub(super) async fn take(&self) -> Result<Option<Lease>, ReplicaError> {
        Lease::take(&self.database, &self.client, self.times, &self.address).await
    }

    pub(super) async fn read_owner(&self) -> Result<(), ReplicaError> {
        let row = self.client.query_one("SELECT address, holder FROM darkroom.owner", &[]).await;
        let row = row.map_err(|error| self.database.error(&error))?;
        let (address, holder): (String, String) = (row.get(0), row.get(1));
        let is_gone = *address == *self.address;
        tell(&self.owner, (!address.is_empty()).then(|| OwnerAddress { address: address.into(), holder: holder.into(), is_gone }));
        Ok(())
    }

    /// The newest epoch that anybody began, also one whose owner was lost before it showed anything.
    pub(super) async fn newest_epoch(&self) -> Result<Epoch, ReplicaError> {
        let select = "SELECT greatest((SELECT max(epoch) FROM darkroom.views), (SELECT max(epoch) FROM darkroom.live), 0)";
        let row = self.client.query_one(select, &[]).await.map_err(|error| self.database.error(&error))?;
        Ok(Epoch(row.get::<_, i64>(0).cast_unsigned()))
    }

    /// Waits a little, and connects to PostgreSQL anew if it can be reached.
    pub(super) async fn reconnect(&mut self) {
        tokio::time::sleep(limits::STORE_RETRY.min(self.times.lease / 4)).await;
        if let Ok((client, news)) = self.database.connect_listening().await {
            (self.client, self.news) = (client, news);
        }
    }

    /// This Darkroom has the lease: brings its folder up to date.
    pub(super) async fn own(self, lease: Lease) -> Result<Replica, StoreError> {
        let newest_epoch = self.newest_epoch().await?;
        let Self { lock, database, client, times, path, owner, address, .. } = self;
        // Requests that wait for an owner come here.
        tell(&owner, Some(OwnerAddress { address, holder: lease.holder.clone(), is_gone: false }));
        tracing::info!(postgres = %database.url(), term = lease.term, "this Darkroom is the owner");
        let renewal = Renewal::begin(&lease, &database, times);
        // The last owner may have committed until the lease was taken.
        let local = catch_up(&database, &client, &path).await?;
        Ok(Replica { lock, database, lease, local, path, times, renewal, newest_epoch })
    }
}

fn tell(known: &watch::Sender<Option<OwnerAddress>>, owner: Option<OwnerAddress>) {
    known.send_if_modified(|known| {
        let is_new = *known != owner;
        *known = owner;
        is_new
    });
}

/// What this Darkroom can be.
pub(super) enum TurnFound {
    Lease(Lease),
    View(Box<Snapshot>, Position),
}

/// What PostgreSQL sees as the address of this machine, and the port.
async fn own_address(database: &Database, client: &Client, port: u16) -> Result<String, ReplicaError> {
    let row = client.query_one("SELECT host(inet_client_addr())", &[]).await.map_err(|error| database.error(&error))?;
    // Over a Unix socket it is this machine.
    let host: String = row.get::<_, Option<String>>(0).unwrap_or_else(|| "127.0.0.1".into());
    Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}
