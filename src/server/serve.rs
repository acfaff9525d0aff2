//! Starts everything that makes up a server, and stops it again.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use axum::middleware::from_fn_with_state;
use service::Frontend;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    access::Access,
    backend::{Backend, BackendError, BackendServices, Catalogs},
    config::{BackendConfig, Config, ConfigError, MediaPlace, ReplicaConfig},
    connections::{self, Admission, BodyPace, limit_pace},
    gateway::{self, Gateway},
    media::{FrameSpool, MediaFiles, MediaLibrary, MediaStoreError},
    named_files::{FileFinder, NamedFiles},
    pool::Pool,
    production::run_demo_production,
    routes,
    run_listener::RunListeners,
    standby,
    state::AppState,
    store::{Kept, OwnerTerm, Replica, ReplicaError, Store, StoreError},
    tracker::Tracker,
    webhooks::{WebhookError, WebhookSettings},
};

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the data folder {0} cannot be made: {1}")]
    Data(std::path::PathBuf, std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] MediaStoreError),
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    #[error("a ComfyUI cannot be used: {0}")]
    Backend(#[from] BackendError),
    #[error("the demo engine cannot listen: {0}")]
    Demo(std::io::Error),
    #[error("[redis] cannot be used: {0}")]
    Redis(redis::RedisError),
    #[error("the gateway cannot listen on {addr}: {source}")]
    Gateway { addr: std::net::SocketAddr, source: std::io::Error },
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
}

/// How often the progress of running nodes that report none is estimated.
const TICK: Duration = Duration::from_millis(250);
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
    let lost = CancellationToken::new();
    let (listener, opened) = match &config.replica {
        None => {
            let (store, kept) = Store::open(&config.data, config.retention)?;
            (listener, Some((store, kept, None)))
        }
        Some(replica) => {
            let waiting = stop.run_until_cancelled(open_replica(replica, &config, lost.clone()));
            let (listener, opened) = standby::answer_during(listener, waiting).await.map_err(ServeError::Serve)?;
            (listener, opened.transpose()?)
        }
    };
    // Stopped while it waited to take over.
    let Some((store, kept, term)) = opened else { return Ok(()) };
    tokio::spawn(stop_at(lost.clone().cancelled_owned(), stop.clone()));
    let webhooks = WebhookSettings::new(&config, listener.local_addr().map_err(ServeError::Serve)?)?;
    let client_id = kept.client_id.clone();
    let carried_out = kept.commands.clone();
    let spool = Arc::new(FrameSpool::new(&config.data));
    let files = Arc::new(MediaFiles::open(&config.media, &config.data)?);
    let several = config.backends.len() + usize::from(config.demo) > 1;
    let clients = match &config.gateway {
        Some(settings) => Some(gateway::prepare(&store, several, settings.interleave_runs).await?),
        None => None,
    };
    let listeners = Arc::new(RunListeners::default());
    let named_files = Arc::new(NamedFiles::default());
    if let Some(clients) = &clients {
        listeners.set(clients.clone());
    }
    let tracker = Arc::new(Tracker::new(store.clone(), kept).keeping_outputs(config.media.keep));
    let media = Arc::new(MediaLibrary::new(files.clone(), spool.clone(), store.clone(), tracker.clone(), config.media.clone()));
    let mut jobs = JoinSet::new();

    let mut configs = config.backends.clone();
    if config.demo {
        configs.push(start_demo(&config, &stop, &mut jobs).await?);
    }
    let mut backends = Vec::new();
    let catalogs = Arc::new(Catalogs::new(store.clone()));
    for backend in &configs {
        let services = BackendServices {
            tracker: tracker.clone(),
            store: store.clone(),
            catalogs: catalogs.clone(),
            spool: spool.clone(),
            files: files.clone(),
            listeners: listeners.clone(),
            named_files: named_files.clone(),
            term: term.clone(),
        };
        let backend = Arc::new(Backend::new(backend, &config, client_id.clone(), services)?);
        jobs.spawn(backend.clone().run(config.link.clone(), stop.clone()));
        if config.gateway.is_some() {
            jobs.spawn(backend.clone().hear_broadcasts(config.link.clone(), stop.clone()));
        }
        backends.push(backend);
    }
    let pool = Arc::new(Pool::new(backends, tracker.clone(), &config));
    jobs.spawn(pool.clone().run(stop.clone()));
    jobs.spawn(tick(tracker.clone(), stop.clone()));
    let hub = tracker.hub();
    jobs.spawn(until(stop.clone(), async move { hub.run().await }));

    jobs.spawn(media.clone().run(pool.clone(), stop.clone()));
    let admission = Admission::new(&config.connections, &config.access, tracker.meters().clone());
    let state = AppState::new(tracker, store.clone(), pool, &config, carried_out, webhooks, media).map_err(ServeError::Redis)?;
    let streams = state.event_streams().clone();
    jobs.spawn(until(stop.clone(), async move { streams.run().await }));
    jobs.spawn(state.deliveries().clone().run(stop.clone()));
    jobs.spawn(state.grids().clone().run(stop.clone()));
    jobs.spawn(state.gallery().clone().run(stop.clone()));
    jobs.spawn(state.external().clone().run(stop.clone()));
    let productions = state.productions().clone();
    jobs.spawn(until(stop.clone(), async move { productions.tell_take_progress().await }));
    let productions = state.productions().clone();
    jobs.spawn(until(stop.clone(), async move { productions.watch_agents().await }));
    if config.demo_production {
        jobs.spawn(until(stop.clone(), run_demo_production(state.productions().clone(), state.external().clone())));
    }
    let access = Arc::new(Access::new(&config.access));
    let mut ports = JoinSet::new();
    // Held here until the end: the gateway holds the ComfyUIs, and they hold it only weakly.
    let mut finder: Option<Arc<dyn FileFinder>> = None;
    let gateway = match (&config.gateway, clients) {
        (Some(settings), Some(clients)) => {
            let listener = TcpListener::bind(settings.addr).await.map_err(|source| ServeError::Gateway { addr: settings.addr, source })?;
            let gateway = Gateway::new(state.clone(), clients, &config, settings, stop.clone());
            finder = Some(Arc::new(gateway.clone()));
            jobs.spawn(gateway.clone().run());
            let pace = from_fn_with_state(BodyPace::new(&config.connections), limit_pace);
            let app = gateway::router(gateway, access.clone()).layer(pace);
            ports.spawn(connections::serve(listener, app.clone(), admission.clone(), config.connections.clone(), stop.clone()));
            Some(app)
        }
        _ => None,
    };
    if let Some(finder) = &finder {
        named_files.set(finder);
    }
    let app = routes::router(state, access, frontend, &config, stop.clone(), gateway);
    // A client that does not close its connection must not hold up the shutdown.
    tokio::select! {
        () = async {
            connections::serve(listener, app, admission, config.connections.clone(), stop.clone()).await;
            ports.join_all().await;
        } => {}
        () = async { stop.cancelled().await; tokio::time::sleep(SHUTDOWN_GRACE).await } => {}
    }
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, jobs.join_all()).await;
    store.close().await;
    if lost.is_cancelled() { Err(StoreError::from(ReplicaError::TakenOver).into()) } else { Ok(()) }
}

/// Waits until this Darkroom may write. `lost` is cancelled when it may not any more.
async fn open_replica(
    replica: &ReplicaConfig,
    config: &Config,
    lost: CancellationToken,
) -> Result<(Store, Kept, Option<OwnerTerm>), StoreError> {
    if config.media.keep && config.media.place == MediaPlace::Folder(None) {
        tracing::warn!(
            "outputs are kept in the data folder alone, and are lost with it: give [media] a bucket, or a folder that all Darkrooms share"
        );
    }
    let joined = Replica::join(replica.url.clone(), replica.ca_file.as_deref(), replica.times, &config.data).await?;
    tokio::spawn(stop_at(joined.lost().cancelled_owned(), lost));
    let term = joined.owner_term();
    let (store, kept) = Store::open_replica(&config.data, config.retention, joined, replica.key_file.clone()).await?;
    Ok((store, kept, Some(term)))
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

async fn start_demo(config: &Config, stop: &CancellationToken, jobs: &mut JoinSet<()>) -> Result<BackendConfig, ServeError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(ServeError::Demo)?;
    let addr = listener.local_addr().map_err(ServeError::Demo)?;
    let options = demo::Options { dir: config.data.join("demo"), ..demo::Options::default() };
    let stop = stop.clone();
    jobs.spawn(async move {
        if let Err(error) = demo::serve(listener, options, stop.cancelled_owned()).await {
            tracing::error!(%error, "the demo engine stopped");
        }
    });
    Ok(BackendConfig::demo(addr)?)
}

/// Runs `job` until `stop`.
async fn until(stop: CancellationToken, job: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = job => {}
    }
}

async fn tick(tracker: Arc<Tracker>, stop: CancellationToken) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => tracker.tick(),
        }
    }
}
