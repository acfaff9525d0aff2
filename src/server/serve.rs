//! Starts everything that makes up a server, and stops it again.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use axum::Router;
use service::{BasePath, Frontend};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    access::Access,
    cluster::{Forwarder, Front, FrontPort},
    config::{Config, ConnectionsConfig, MediaPlace, ReplicaConfig},
    connections::{self, Admission},
    meters::Meters,
    routes::below_base_path,
    serve_error::ServeError,
    services::{ServerRole, ServerSetup, Services, ShownParts, start_demo},
    store::{FollowEnd, LiveFollower, Member, MemberTurn, Replica, ReplicaError, Store, StoreError},
};

/// At shutdown, open connections and jobs each get this long to end.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// Serves on `listener` with the pages of `frontend` until `shutdown`, then closes every connection and writes the state to disk.
///
/// # Errors
/// The data folder, the database or a backend cannot be used; see [`ServeError`].
pub async fn run(
    listener: TcpListener,
    config: Config,
    frontend: Arc<dyn Frontend>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    make_folder(&config.data).map_err(|error| ServeError::Data(config.data.clone(), error))?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_at(shutdown, stop.clone()));
    let mut engines = JoinSet::new();
    let mut backends = config.backends.clone();
    if config.demo {
        backends.push(start_demo(&config, &stop, &mut engines).await?);
    }
    let access = Arc::new(Access::new(&config.access));
    let addr = listener.local_addr().map_err(ServeError::Serve)?;
    let meters = Meters::default();
    let replica = config.replica.clone();
    let ports = Ports::open(listener, &config, meters.clone(), stop.clone()).await?;
    let setup = ServerSetup { config, frontend, access, meters, backends, addr };
    let ended = match replica {
        None => run_alone(&setup, ports, &stop).await,
        Some(replica) => run_among_others(&setup, &replica, ports, &stop).await,
    };
    stop.cancel();
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, engines.join_all()).await;
    ended
}

async fn run_alone(setup: &ServerSetup, ports: Ports, stop: &CancellationToken) -> Result<(), ServeError> {
    let (store, kept) = Store::open(&setup.config.data, setup.config.retention)?;
    let services = Services::start(setup, store, kept, ServerRole::Alone, stop.clone()).await?;
    ports.serve(services.app.clone(), services.gateway.clone()).await;
    services.end(SHUTDOWN_GRACE).await;
    Ok(())
}

/// Shows what another Darkroom does until this one is the owner, and then until it is stopped.
async fn run_among_others(setup: &ServerSetup, replica: &ReplicaConfig, ports: Ports, stop: &CancellationToken) -> Result<(), ServeError> {
    let config = &setup.config;
    if config.media.keep && config.media.place == MediaPlace::Folder(None) {
        tracing::warn!(
            "outputs are kept in the data folder alone, and are lost with it: give [media] a bucket, or a folder that all Darkrooms share"
        );
    }
    let forwarder = Arc::new(Forwarder::new(stop.clone()));
    let (pages, clients) =
        (FrontPort::new(forwarder.clone(), config.base_path.join("")), FrontPort::new(forwarder.clone(), config.base_path.join("/comfy")));
    let serving = tokio::spawn(ports.serve(pages.clone().router(), Some(clients.clone().router())));
    let becoming = async {
        let (url, ca_file, address) = (replica.url.clone(), replica.ca_file.as_deref(), replica.address.as_deref());
        let mut member = Member::join(url, ca_file, replica.times, &config.data, setup.addr, address, forwarder.owner()).await?;
        loop {
            let follower = match member.turn().await? {
                MemberTurn::Owner(owner) => return Ok((*owner, None)),
                MemberTurn::Follower(follower) => follower,
            };
            match show(setup, replica, *follower, &pages, stop).await? {
                (FollowEnd::Owner(owner), shown) => return Ok((owner, shown)),
                (FollowEnd::Anew(again), _) => member = again,
            }
        }
    };
    let owned = match stop.run_until_cancelled(becoming).await {
        // Stopped before it was the owner.
        None => Ok(()),
        Some(Err(error)) => Err(error),
        Some(Ok((owner, shown))) => own(setup, replica, owner, shown, [&pages, &clients], stop).await,
    };
    stop.cancel();
    let _ = serving.await;
    owned
}

/// Shows what the owner does, until this Darkroom is the owner or has to begin again.
async fn show(
    setup: &ServerSetup,
    replica: &ReplicaConfig,
    follower: LiveFollower,
    pages: &FrontPort,
    stop: &CancellationToken,
) -> Result<(FollowEnd, Option<ShownParts>), ServeError> {
    let (store, kept) = Store::follow(&setup.config.data, replica.key_file.clone())?;
    let role = ServerRole::Follower { snapshot: Box::new(follower.snapshot().clone()) };
    let services = Services::start(setup, store.clone(), kept, role, stop.child_token()).await?;
    // Not before: a page that was elsewhere would be shown less than it knows.
    let is_complete = || {
        pages.set(Front::Partly(services.app.clone()));
        tracing::info!("another Darkroom is the owner; this one shows what it does");
    };
    let ended = follower.follow(&store, &*services.tracker, is_complete).await;
    pages.set(Front::Elsewhere);
    let shown = services.shown();
    // Its connections end: pages and programs come back, and go on where they were.
    services.end(SHUTDOWN_GRACE).await;
    Ok((ended?, shown))
}

/// Is the owner, until it is stopped or another Darkroom is.
async fn own(
    setup: &ServerSetup,
    replica: &ReplicaConfig,
    owner: Replica,
    before: Option<ShownParts>,
    [pages, clients]: [&FrontPort; 2],
    stop: &CancellationToken,
) -> Result<(), ServeError> {
    let (lost, holder, term) = (owner.lost(), owner.holder(), owner.owner_term());
    let (store, kept) = Store::open_replica(&setup.config.data, setup.config.retention, owner, replica.key_file.clone()).await?;
    let services = Services::start(setup, store, kept, ServerRole::Owner { before, term }, stop.child_token()).await?;
    pages.set(Front::Here(services.app.clone(), holder.clone()));
    if let Some(gateway) = &services.gateway {
        clients.set(Front::Here(gateway.clone(), holder));
    }
    tokio::select! {
        () = stop.cancelled() => {}
        () = lost.cancelled() => {}
    }
    for port in [pages, clients] {
        port.set(Front::Elsewhere);
    }
    services.end(SHUTDOWN_GRACE).await;
    if lost.is_cancelled() { Err(StoreError::from(ReplicaError::TakenOver).into()) } else { Ok(()) }
}

/// Where requests come in.
struct Ports {
    pages: TcpListener,
    /// For clients of ComfyUI.
    clients: Option<TcpListener>,
    base: BasePath,
    behind_proxy: bool,
    admission: Admission,
    limits: ConnectionsConfig,
    stop: CancellationToken,
}

impl Ports {
    async fn open(pages: TcpListener, config: &Config, meters: Meters, stop: CancellationToken) -> Result<Self, ServeError> {
        let clients = match config.gateway.as_ref().map(|gateway| gateway.addr) {
            Some(addr) => Some(TcpListener::bind(addr).await.map_err(|source| ServeError::Gateway { addr, source })?),
            None => None,
        };
        let admission = Admission::new(&config.connections, &config.access, meters);
        let (base, behind_proxy) = (config.base_path.clone(), config.access.behind_proxy);
        Ok(Self { pages, clients, base, behind_proxy, admission, limits: config.connections.clone(), stop })
    }

    /// Until the server stops. A client that does not close its connection does not hold that up.
    async fn serve(self, pages: Router, clients: Option<Router>) {
        let Self { pages: pages_port, clients: clients_port, base, behind_proxy, admission, limits, stop } = self;
        let pages = below_base_path(&base, behind_proxy, pages);
        let mut ports = JoinSet::new();
        if let (Some(listener), Some(app)) = (clients_port, clients) {
            ports.spawn(connections::serve(listener, app, admission.clone(), limits.clone(), stop.clone()));
        }
        ports.spawn(connections::serve(pages_port, pages, admission, limits, stop.clone()));
        tokio::select! {
            _ = ports.join_all() => {}
            () = async { stop.cancelled().await; tokio::time::sleep(SHUTDOWN_GRACE).await } => {}
        }
    }
}

/// Cancels `stop` with `event`.
async fn stop_at(event: impl Future<Output = ()>, stop: CancellationToken) {
    tokio::select! {
        () = event => stop.cancel(),
        () = stop.cancelled() => {}
    }
}

/// Readable by this user alone: prompts and the secrets of webhooks are in it. The mode of an existing folder is not changed.
fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}
