//! Everything that makes up a server, for as long as it is what it is: alone, the owner among several Darkrooms, or one that shows what the owner shows.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, middleware::from_fn_with_state};
use service::Frontend;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    access::{Access, SIGNED_OUT},
    backend::{Backend, BackendServices, Catalogs},
    config::{BackendConfig, Config, GatewayConfig},
    connections::{BodyPace, limit_pace},
    feed::FeedLog,
    gateway::{self, Gateway, GatewayHub},
    media::{FrameSpool, MediaFiles, MediaLibrary},
    meters::Meters,
    named_files::{FileFinder, NamedFiles},
    pool::Pool,
    production::run_demo_production,
    routes,
    run_listener::RunListeners,
    serve_error::ServeError,
    state::{AppState, StateParts},
    store::{Kept, OwnerTerm, Store},
    tracker::{ShownState, Tracker},
    webhooks::{WebhookSettings, share_secret},
};
use proto::task::Snapshot;

/// How often the progress of running nodes that report none is estimated.
const TICK: Duration = Duration::from_millis(250);

/// How often a Darkroom that is not the owner looks for sign-outs.
const SIGN_OUTS: Duration = Duration::from_secs(1);

/// What a server is.
pub enum ServerRole {
    Alone,
    /// `before`: what it showed until now. `term`: what its requests to ComfyUIs depend on.
    Owner {
        before: Option<ShownParts>,
        term: OwnerTerm,
    },
    /// From this state on.
    Follower {
        snapshot: Box<Snapshot>,
    },
}

/// What pages and programs were shown: the owner that this Darkroom becomes goes on with it.
pub struct ShownParts {
    state: ShownState,
    feed: Arc<FeedLog>,
}

/// What stays the same.
pub struct ServerSetup {
    pub config: Config,
    pub frontend: Arc<dyn Frontend>,
    pub access: Arc<Access>,
    pub meters: Meters,
    /// All ComfyUIs, also the demo engine.
    pub backends: Vec<BackendConfig>,
    /// Where it listens.
    pub addr: SocketAddr,
}

pub struct Services {
    pub state: AppState,
    pub tracker: Arc<Tracker>,
    /// For the port of pages and the API.
    pub app: Router,
    /// For clients of ComfyUI, which may have a port of their own.
    pub gateway: Option<Router>,
    store: Store,
    jobs: JoinSet<()>,
    stop: CancellationToken,
    /// Held here until the end: the gateway holds the ComfyUIs, and they hold it only weakly.
    _finder: Option<Arc<dyn FileFinder>>,
}

impl Services {
    /// Starts them, until `stop`.
    ///
    /// # Errors
    /// A backend, the media store or a secret cannot be used.
    pub async fn start(
        setup: &ServerSetup,
        store: Store,
        kept: Kept,
        role: ServerRole,
        stop: CancellationToken,
    ) -> Result<Self, ServeError> {
        let config = &setup.config;
        if let Some(signed_out) = kept.meta.get(SIGNED_OUT) {
            setup.access.merge_signed_out(signed_out);
        }
        if !matches!(role, ServerRole::Alone) && config.webhooks.key.is_none() {
            share_secret(&store, &kept, config)?;
        }
        let webhooks = WebhookSettings::new(config, setup.addr)?;
        let client_id = kept.client_id.clone();
        let carried_out = kept.commands.clone();
        let decides = !matches!(role, ServerRole::Follower { .. });
        let term = match &role {
            ServerRole::Alone => None,
            ServerRole::Owner { term, .. } => Some(term.clone()),
            ServerRole::Follower { .. } => Some(OwnerTerm::of_others()),
        };
        let spool = Arc::new(FrameSpool::new(&config.data));
        let files = Arc::new(MediaFiles::open(&config.media, &config.data)?);
        let clients = match &config.gateway {
            Some(settings) if decides => Some(gateway::prepare(&store, setup.backends.len() > 1, settings.interleave_runs).await?),
            _ => None,
        };
        let listeners = Arc::new(RunListeners::default());
        let named_files = Arc::new(NamedFiles::default());
        if let Some(clients) = &clients {
            listeners.set(clients.clone());
        }
        let (tracker, feed) = tracker(setup, &store, kept, role);
        let media = Arc::new(MediaLibrary::new(files.clone(), spool.clone(), store.clone(), tracker.clone(), config.media.clone()));
        let catalogs = Arc::new(Catalogs::new(store.clone()));
        let mut backends = Vec::new();
        for backend in &setup.backends {
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
            backends.push(Arc::new(Backend::new(backend, config, client_id.clone(), services)?));
        }
        let pool = Arc::new(Pool::new(backends, tracker.clone(), config));
        let parts = StateParts { tracker: tracker.clone(), store: store.clone(), pool, carried_out, webhooks, media, feed };
        let state = AppState::new(config, parts).map_err(ServeError::Redis)?;
        let mut services =
            Self { app: Router::new(), gateway: None, state, tracker, store, jobs: JoinSet::new(), stop: stop.clone(), _finder: None };
        services.show();
        if decides {
            services.decide(setup);
        } else {
            services.until_stop(hear_sign_outs(setup.access.clone(), services.store.clone()));
        }
        if let (Some(settings), Some(clients)) = (&config.gateway, clients) {
            services.open_gateway(setup, settings, clients, &named_files);
        }
        let gateway = services.gateway.clone();
        services.app = routes::router(services.state.clone(), setup.access.clone(), setup.frontend.clone(), config, stop, gateway);
        Ok(services)
    }

    /// What pages and programs need to be told what happens.
    fn show(&mut self) {
        let hub = self.tracker.hub();
        self.until_stop(async move { hub.run().await });
        let streams = self.state.event_streams().clone();
        self.until_stop(async move { streams.run().await });
    }

    /// What makes something happen.
    fn decide(&mut self, setup: &ServerSetup) {
        let (config, stop, state) = (&setup.config, self.stop.clone(), self.state.clone());
        for backend in state.pool().iter() {
            self.jobs.spawn(backend.clone().run(config.link.clone(), stop.clone()));
            if config.gateway.is_some() {
                self.jobs.spawn(backend.clone().hear_broadcasts(config.link.clone(), stop.clone()));
            }
        }
        self.jobs.spawn(state.shared_pool().clone().run(stop.clone()));
        self.jobs.spawn(tick(self.tracker.clone(), stop.clone()));
        self.jobs.spawn(state.media().clone().run(state.shared_pool().clone(), stop.clone()));
        self.jobs.spawn(state.deliveries().clone().run(stop.clone()));
        self.jobs.spawn(state.grids().clone().run(stop.clone()));
        self.jobs.spawn(state.gallery().clone().run(stop.clone()));
        self.jobs.spawn(state.external().clone().run(stop.clone()));
        let productions = state.productions().clone();
        self.until_stop(async move { productions.tell_take_progress().await });
        let productions = state.productions().clone();
        self.until_stop(async move { productions.watch_agents().await });
        if config.demo_production {
            self.until_stop(run_demo_production(state.productions().clone(), state.external().clone()));
        }
    }

    fn open_gateway(&mut self, setup: &ServerSetup, settings: &GatewayConfig, clients: Arc<GatewayHub>, named_files: &NamedFiles) {
        let gateway = Gateway::new(self.state.clone(), clients, &setup.config, settings, self.stop.clone());
        let finder: Arc<dyn FileFinder> = Arc::new(gateway.clone());
        named_files.set(&finder);
        self._finder = Some(finder);
        self.jobs.spawn(gateway.clone().run());
        let pace = from_fn_with_state(BodyPace::new(&setup.config.connections), limit_pace);
        self.gateway = Some(gateway::router(gateway, setup.access.clone()).layer(pace));
    }

    /// What was shown, to go on with. `None`: it cannot be continued.
    pub fn shown(&self) -> Option<ShownParts> {
        Some(ShownParts { state: self.tracker.shown_state()?, feed: self.state.event_streams().log() })
    }

    /// Waits until all jobs have ended, at most `grace`, and writes the state to disk.
    pub async fn end(self, grace: Duration) {
        self.stop.cancel();
        let _ = tokio::time::timeout(grace, self.jobs.join_all()).await;
        self.store.close().await;
    }

    fn until_stop(&mut self, job: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.jobs.spawn(async move { stop.run_until_cancelled(job).await.unwrap_or_default() });
    }
}

fn tracker(setup: &ServerSetup, store: &Store, kept: Kept, role: ServerRole) -> (Arc<Tracker>, Option<Arc<FeedLog>>) {
    let keep = setup.config.media.keep;
    let meters = setup.meters.clone();
    match role {
        ServerRole::Alone => (Arc::new(Tracker::new(store.clone(), kept, meters).keeping_outputs(keep)), None),
        ServerRole::Follower { snapshot } => (Arc::new(Tracker::follower(store.clone(), *snapshot, meters).keeping_outputs(keep)), None),
        ServerRole::Owner { before, term } => {
            let (before, feed) = before.map(|shown| (shown.state, shown.feed)).unzip();
            let backends: Vec<_> = setup.backends.iter().map(|backend| backend.id.clone()).collect();
            let tracker = Tracker::owner(store.clone(), kept, before, &backends, term.right, meters).keeping_outputs(keep);
            let tracker = Arc::new(tracker);
            tracker.begin_showing();
            (tracker, feed)
        }
    }
}

/// Ends the sessions that are signed out at the owner.
async fn hear_sign_outs(access: Arc<Access>, store: Store) {
    loop {
        tokio::time::sleep(SIGN_OUTS).await;
        if let Ok(Some(signed_out)) = store.meta(SIGNED_OUT).await {
            access.merge_signed_out(&signed_out);
        }
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

/// Starts the built-in stand-in for ComfyUI.
///
/// # Errors
/// It cannot listen.
pub async fn start_demo(config: &Config, stop: &CancellationToken, jobs: &mut JoinSet<()>) -> Result<BackendConfig, ServeError> {
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
