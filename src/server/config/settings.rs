//! All settings, merged from the command line, the file and the defaults.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    access::AccessConfig,
    backend::{self, BackendConfig},
    connections::ConnectionsConfig,
    error::ConfigError,
    file::{self, File},
    gateway::{GatewayConfig, Surroundings},
    media::MediaConfig,
    overrides::{OnBackendLost, Overrides},
    redis::RedisConfig,
    replica::ReplicaConfig,
    visibility::ClientVisibility,
    webhook::{self, WebhooksConfig},
};
use proto::{
    limits,
    link::{BreakerConfig, LinkConfig},
    task::RetryPolicy,
};
use service::BasePath;

/// The settings of the server.
#[derive(Clone, Debug)]
pub struct Config {
    /// `--addr`, `DARKROOM_ADDR`, `[server] addr`.
    pub addr: SocketAddr,
    /// `--data`, `DARKROOM_DATA`, `[server] data`: the folder of the database and of the demo engine's pictures.
    pub data: PathBuf,
    /// `--base-path`, `DARKROOM_BASE_PATH`, `[server] base_path`: the path below which all of it is served. Empty: the whole site.
    pub base_path: BasePath,
    /// `[server] max_connections`: live connections of pages and programs at once; more get a 503. At least 1.
    pub max_connections: usize,
    /// `[server]`: limits of all connections.
    pub connections: ConnectionsConfig,
    /// `[server] keep_ended_s`: how long ended tasks stay in memory for programs that follow them. After that they are read from the database.
    pub keep_ended: Duration,
    pub access: AccessConfig,
    /// `--comfyui` (several times), `DARKROOM_COMFYUI` (separated by commas), else `[comfyui] urls` and `[[comfyui.backend]]` together.
    pub backends: Vec<BackendConfig>,
    /// `--demo`, `DARKROOM_DEMO`, `[comfyui] demo`; on when no ComfyUI is named.
    pub demo: bool,
    /// `--demo-production`, `DARKROOM_DEMO_PRODUCTION`, `[comfyui] demo_production`: a production to look around in; on when no ComfyUI is named.
    pub demo_production: bool,
    /// `--on-backend-lost`, `DARKROOM_ON_BACKEND_LOST`, `[comfyui] on_backend_lost`.
    pub on_backend_lost: OnBackendLost,
    /// `[comfyui] lost_after_s`: a ComfyUI away for this long is lost, and its tasks go to others.
    pub lost_after: Duration,
    /// `[comfyui] prompts_at_once`: prompts that one ComfyUI holds, running and waiting; at least 1.
    pub prompts_at_once: usize,
    /// `[comfyui] max_attempts`: attempts that began to run before a task is given up; at least 1.
    pub max_attempts: u32,
    /// `[comfyui] history_lag_s`: how much later than the end of a run its history may be written (fact 10: 5 ms in the recordings; more on
    /// a busy ComfyUI: fault row 13). Until then a task that is neither in the queue nor in the history may just have ended.
    pub history_lag: Duration,
    /// `[comfyui] request_lag_s`: a prompt whose request was not answered may still be on its way for this long. Then it is sent again.
    pub request_lag: Duration,
    /// `[comfyui] stuck_after_s`: a ComfyUI where prompts wait for this long although nothing runs gets no more tasks. `None`: not detected.
    pub stuck_after: Option<Duration>,
    pub queue: QueueConfig,
    pub retention: Retention,
    /// `--store`, `DARKROOM_STORE`, `[store] url`: PostgreSQL. `None`: the database is in the data folder alone.
    pub replica: Option<ReplicaConfig>,
    /// `[media]`: whether and where outputs are kept.
    pub media: MediaConfig,
    /// `[link]`: the link to each ComfyUI. Checked.
    pub link: LinkConfig,
    /// `[server] public_url`: how others reach Darkroom, with the base path and without a slash at the end. `None`: not set.
    pub public_url: Option<String>,
    /// `[server] public_ws_url`: where browsers reach `/ws`. `None`: at the address of the page.
    pub public_ws_url: Option<String>,
    /// `[webhooks]`, `[[webhook]]`
    pub webhooks: WebhooksConfig,
    /// `[breaker]`: HTTP requests to each ComfyUI. Checked.
    pub breaker: BreakerConfig,
    /// `--redis`, `DARKROOM_REDIS`, `[redis]`. `None`: not used.
    pub redis: Option<RedisConfig>,
    /// `--gateway`, `DARKROOM_GATEWAY`, `[gateway]`. `None`: it is off.
    pub gateway: Option<GatewayConfig>,
    /// `[v2] asset_days`: how long an uploaded asset of the Comfy API v2 stays. `None`: until it is removed.
    pub asset_life: Option<Duration>,
    /// `[v2] visibility`: which jobs a program sees over the Comfy API v2, and may cancel.
    pub jobs_visible: ClientVisibility,
}

/// `[queue]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Tasks that may wait; more are refused. At least 1.
    pub max_waiting: usize,
}

/// `[store]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Finished tasks kept, newest first; 0 is no limit.
    pub keep_tasks: usize,
    /// Days a finished task is kept; 0 is for ever.
    pub keep_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep_tasks: 10_000, keep_days: 0 }
    }
}

/// The settings file without `--config`; it need not exist.
const DEFAULT_FILE: &str = "Leptos.toml";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Config {
    /// The defaults of all keys. Without any ComfyUI and without the demo engine.
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data: "data".into(),
            base_path: BasePath::default(),
            max_connections: 10_000,
            connections: ConnectionsConfig::default(),
            keep_ended: Duration::from_secs(300),
            access: AccessConfig::default(),
            backends: Vec::new(),
            demo: false,
            demo_production: false,
            on_backend_lost: OnBackendLost::default(),
            lost_after: Duration::from_secs(60),
            prompts_at_once: 2,
            max_attempts: 3,
            history_lag: Duration::from_secs(6),
            request_lag: limits::REQUEST_LAG,
            stuck_after: Some(Duration::from_secs(60)),
            queue: QueueConfig { max_waiting: 1_000 },
            retention: Retention::default(),
            replica: None,
            media: MediaConfig::default(),
            link: LinkConfig::upstream(),
            public_url: None,
            public_ws_url: None,
            webhooks: WebhooksConfig::default(),
            breaker: BreakerConfig::default(),
            redis: None,
            gateway: None,
            asset_life: Some(30 * DAY),
            jobs_visible: ClientVisibility::default(),
        }
    }
}

impl Config {
    /// Whether tasks of a lost ComfyUI run again, and how often.
    #[must_use]
    pub fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { rerun: self.on_backend_lost == OnBackendLost::Rerun, max_attempts: self.max_attempts }
    }

    /// Merges the settings. `file` is that of `--config`, and must exist.
    ///
    /// # Errors
    /// The first mistake found; see [`ConfigError`].
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let File { server, comfyui, queue, store, media, link, breaker, webhooks, webhook: tables, redis, gateway, v2 } = match file {
            Some(path) => file::read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => file::read(Path::new(DEFAULT_FILE))?,
            None => File::default(),
        };
        let default = Self::default();
        let backends = if overrides.comfyui.is_empty() {
            backend::all(&comfyui.urls, comfyui.backend)?
        } else {
            backend::all(&overrides.comfyui, Vec::new())?
        };
        let has_no_comfyui = backends.is_empty();
        let demo = overrides.demo || comfyui.demo || has_no_comfyui;
        if demo && let Some(named) = backends.iter().find(|named| named.id == BackendConfig::demo_id()) {
            return Err(ConfigError::Twice(named.id.clone()));
        }
        let base_path: BasePath = overrides.base_path.clone().or_else(|| server.base_path.clone()).unwrap_or_default().parse()?;
        let access = AccessConfig::of(&overrides, &server)?;
        let connections = ConnectionsConfig::of(&server);
        let may_be_exposed = access.token.is_some() || overrides.insecure;
        let listen = |addr| listen_on(Some(addr), default.addr, may_be_exposed);
        let surroundings = Surroundings { backends: &backends, has_token: access.token.is_some() };
        let request_lag = comfyui.request_lag_s.map_or(default.request_lag, Duration::from);
        let config = Self {
            gateway: GatewayConfig::new(gateway, overrides.gateway, &surroundings, listen)?,
            addr: listen_on(overrides.addr.or(server.addr), default.addr, may_be_exposed)?,
            data: overrides.data.or(server.data).unwrap_or(default.data),
            max_connections: server.max_connections.map_or(default.max_connections, usize::from),
            connections,
            keep_ended: server.keep_ended_s.map_or(default.keep_ended, Duration::from),
            access,
            backends,
            demo,
            // Who names a ComfyUI has work of their own.
            demo_production: overrides.demo_production.or(comfyui.demo_production).unwrap_or(has_no_comfyui),
            on_backend_lost: overrides.on_backend_lost.or(comfyui.on_backend_lost).unwrap_or(default.on_backend_lost),
            lost_after: comfyui.lost_after_s.map_or(default.lost_after, Duration::from),
            prompts_at_once: comfyui.prompts_at_once.map_or(default.prompts_at_once, usize::from),
            max_attempts: comfyui.max_attempts.map_or(default.max_attempts, u32::from),
            history_lag: comfyui.history_lag_s.map_or(default.history_lag, Duration::from),
            request_lag,
            stuck_after: comfyui
                .stuck_after_s
                .map_or(default.stuck_after, |time| Some(time.into()).filter(|time: &Duration| !time.is_zero())),
            base_path: base_path.clone(),
            queue: QueueConfig { max_waiting: queue.max_waiting.map_or(default.queue.max_waiting, usize::from) },
            retention: Retention {
                keep_tasks: store.keep_tasks.map_or(default.retention.keep_tasks, usize::from),
                keep_days: store.keep_days.unwrap_or(default.retention.keep_days),
            },
            replica: ReplicaConfig::new(&store, overrides.store, overrides.store_password_file, request_lag)?,
            media: MediaConfig::new(media)?,
            link,
            public_ws_url: webhook::public_ws_url(overrides.public_ws_url.or(server.public_ws_url))?,
            public_url: webhook::public_url(overrides.public_url.or(server.public_url), &base_path)?,
            webhooks: WebhooksConfig::new(webhooks, tables, &overrides.webhook_allow)?,
            breaker,
            redis: RedisConfig::new(redis, overrides.redis)?,
            asset_life: match v2.asset_days {
                None => default.asset_life,
                Some(0) => None,
                Some(days) => Some(days * DAY),
            },
            jobs_visible: v2.visibility,
        };
        config.link.check().map_err(|rule| ConfigError::Limit { section: "link", rule })?;
        config.breaker.check().map_err(|rule| ConfigError::Limit { section: "breaker", rule })?;
        Ok(config)
    }
}

fn listen_on(addr: Option<String>, default: SocketAddr, may_be_exposed: bool) -> Result<SocketAddr, ConfigError> {
    let addr = match addr {
        Some(addr) => addr.replace("localhost:", "127.0.0.1:").parse().map_err(|_| ConfigError::Addr(addr))?,
        None => default,
    };
    if !addr.ip().is_loopback() && !may_be_exposed {
        return Err(ConfigError::Exposed(addr));
    }
    Ok(addr)
}
