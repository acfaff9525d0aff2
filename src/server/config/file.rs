//! `Leptos.toml`, section by section. A missing key is `None`, so that each default is written once. Our own layers instead of
//! figment or confique: their errors do not name file and line of a wrong value, and values from the environment lose their type.

use std::{
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    time::Duration,
};

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};

use super::{error::ConfigError, overrides::OnBackendLost, redis::RedisSection, secret::Secret, visibility::ClientVisibility};
use proto::link::{BreakerConfig, LinkConfig};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) server: ServerSection,
    pub(super) comfyui: ComfyuiSection,
    pub(super) queue: QueueSection,
    pub(super) store: StoreSection,
    pub(super) media: MediaSection,
    #[serde(with = "LinkSection")]
    pub(super) link: LinkConfig,
    #[serde(with = "BreakerSection")]
    pub(super) breaker: BreakerConfig,
    pub(super) webhooks: WebhooksSection,
    pub(super) webhook: Vec<WebhookTable>,
    pub(super) redis: RedisSection,
    pub(super) gateway: GatewaySection,
    pub(super) v2: ComfyV2Section,
}

impl Default for File {
    fn default() -> Self {
        Self {
            server: ServerSection::default(),
            comfyui: ComfyuiSection::default(),
            queue: QueueSection::default(),
            store: StoreSection::default(),
            media: MediaSection::default(),
            link: LinkConfig::upstream(),
            breaker: BreakerConfig::default(),
            webhooks: WebhooksSection::default(),
            webhook: Vec::new(),
            redis: RedisSection::default(),
            gateway: GatewaySection::default(),
            v2: ComfyV2Section::default(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServerSection {
    pub(super) addr: Option<String>,
    pub(super) base_path: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) max_connections: Option<NonZeroUsize>,
    pub(super) max_tcp_connections: Option<NonZeroUsize>,
    pub(super) max_tcp_connections_per_address: Option<usize>,
    pub(super) head_within_s: Option<Seconds>,
    pub(super) idle_within_s: Option<Seconds>,
    pub(super) body_within_s: Option<Seconds>,
    pub(super) body_bytes_per_second: Option<NonZeroU32>,
    pub(super) hello_within_s: Option<Seconds>,
    pub(super) keep_ended_s: Option<Seconds>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) origins: Vec<String>,
    pub(super) cors_origins: Vec<String>,
    pub(super) behind_proxy: bool,
    pub(super) session_days: Option<NonZeroU32>,
    pub(super) requests_per_second: Option<u32>,
    pub(super) public_url: Option<String>,
    pub(super) public_ws_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ComfyuiSection {
    pub(super) urls: Vec<String>,
    pub(super) backend: Vec<BackendTable>,
    pub(super) demo: bool,
    pub(super) demo_production: Option<bool>,
    pub(super) on_backend_lost: Option<OnBackendLost>,
    pub(super) lost_after_s: Option<Seconds>,
    pub(super) prompts_at_once: Option<NonZeroUsize>,
    pub(super) max_attempts: Option<NonZeroU32>,
    pub(super) history_lag_s: Option<Seconds>,
    pub(super) request_lag_s: Option<Seconds>,
    pub(super) stuck_after_s: Option<Seconds>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GatewaySection {
    pub(super) addr: Option<String>,
    pub(super) home: Option<String>,
    pub(super) visibility: Option<ClientVisibility>,
    pub(super) token_in_path: bool,
    pub(super) interleave_runs: bool,
}

/// `[[comfyui.backend]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackendTable {
    pub(super) url: String,
    pub(super) name: Option<String>,
    pub(super) token: Option<Secret>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) token_env: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) password_env: Option<String>,
    #[serde(default)]
    pub(super) headers: IndexMap<String, HeaderSource>,
    pub(super) ca_file: Option<PathBuf>,
}

/// The value of a header, or where it is: `{ file = "…" }`, `{ env = "…" }`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "it must be a text, { file = \"…\" } or { env = \"…\" }")]
pub(super) enum HeaderSource {
    Inline(Secret),
    Elsewhere(SecretPlace),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SecretPlace {
    File(PathBuf),
    Env(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct QueueSection {
    pub(super) max_waiting: Option<NonZeroUsize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StoreSection {
    pub(super) keep_tasks: Option<NonZeroUsize>,
    pub(super) keep_days: Option<u32>,
    pub(super) url: Option<Secret>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) lease_s: Option<Seconds>,
    pub(super) checkpoint_mb: Option<NonZeroU32>,
    pub(super) address: Option<String>,
}

/// `[v2]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ComfyV2Section {
    pub(super) asset_days: Option<u32>,
    pub(super) visibility: ClientVisibility,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MediaSection {
    pub(super) keep: Option<bool>,
    pub(super) folder: Option<PathBuf>,
    pub(super) url: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<Secret>,
    pub(super) secret_access_key_file: Option<PathBuf>,
    pub(super) secret_access_key_env: Option<String>,
    pub(super) virtual_hosted: bool,
    pub(super) max_file_mb: Option<NonZeroU64>,
    pub(super) max_mb: Option<u64>,
    pub(super) keep_days: Option<u32>,
    pub(super) copies_at_once: Option<NonZeroUsize>,
    pub(super) copies_per_comfyui: Option<NonZeroUsize>,
    pub(super) retry_first_s: Option<Seconds>,
    pub(super) retry_max_s: Option<Seconds>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WebhooksSection {
    pub(super) allow: Vec<String>,
    pub(super) secret: Option<Secret>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) retry_after_s: Option<Vec<Seconds>>,
}

/// `[[webhook]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookTable {
    pub(super) url: String,
    pub(super) events: Option<Vec<String>>,
    pub(super) project: Option<String>,
    pub(super) secret: Option<Secret>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) progress_every_s: Option<Seconds>,
}

/// How [`LinkConfig`] is read.
#[derive(Deserialize)]
#[serde(remote = "LinkConfig", deny_unknown_fields, default = "LinkConfig::upstream")]
struct LinkSection {
    #[serde(rename = "backoff_first_s", deserialize_with = "seconds")]
    backoff_first: Duration,
    #[serde(rename = "backoff_max_s", deserialize_with = "seconds")]
    backoff_max: Duration,
    poll_after: u32,
    #[serde(rename = "poll_busy_s", deserialize_with = "seconds")]
    poll_busy: Duration,
    #[serde(rename = "poll_idle_s", deserialize_with = "seconds")]
    poll_idle: Duration,
    #[serde(rename = "hold_for_s", deserialize_with = "seconds")]
    hold_for: Duration,
    #[serde(rename = "ping_every_s", deserialize_with = "seconds")]
    ping_every: Duration,
    #[serde(rename = "pong_within_s", deserialize_with = "seconds")]
    pong_within: Duration,
    #[serde(rename = "open_within_s", deserialize_with = "seconds")]
    open_within: Duration,
    #[serde(rename = "stable_after_s", deserialize_with = "seconds")]
    stable_after: Duration,
    #[serde(rename = "stall_after_s", deserialize_with = "seconds_or_never")]
    stall_after: Option<Duration>,
    #[serde(rename = "stall_reconnect_after_s", deserialize_with = "seconds")]
    stall_reconnect_after: Duration,
    #[serde(rename = "restart_pause_s", deserialize_with = "seconds")]
    restart_pause: Duration,
    #[serde(rename = "refused_retry_s", deserialize_with = "some_seconds")]
    refused_retry: Option<Duration>,
}

/// How [`BreakerConfig`] is read.
#[derive(Deserialize)]
#[serde(remote = "BreakerConfig", deny_unknown_fields, default = "BreakerConfig::default")]
struct BreakerSection {
    failures: u32,
    #[serde(rename = "backoff_first_s", deserialize_with = "seconds")]
    backoff_first: Duration,
    #[serde(rename = "backoff_max_s", deserialize_with = "seconds")]
    backoff_max: Duration,
    #[serde(rename = "probe_within_s", deserialize_with = "seconds")]
    probe_within: Duration,
}

/// A time in seconds, such as 8 or 0.5.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(Duration);

/// A day: a larger number was probably meant as milliseconds.
const LONGEST: f64 = 86_400.0;

impl TryFrom<f64> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        if (0.0..=LONGEST).contains(&seconds) {
            Ok(Self(Duration::from_secs_f64(seconds)))
        } else {
            Err("it must be a number of seconds from 0 to 86400")
        }
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        seconds.0
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Seconds::deserialize(deserializer).map(Duration::from)
}

fn some_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    seconds(deserializer).map(Some)
}

/// 0 is never.
fn seconds_or_never<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Some(seconds(deserializer)?).filter(|time| !time.is_zero()))
}

pub(super) fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
    toml::from_str(&text).map_err(|error| {
        let place = error.span().map(|span| place(&text, span.start)).unwrap_or_default();
        ConfigError::File { path: path.into(), message: format!("{place}{}", error.message().replace('\n', " ")) }
    })
}

/// Names the line at this offset, and the key on it.
fn place(text: &str, offset: usize) -> String {
    let number = text[..offset].matches('\n').count();
    let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map(|(key, _)| format!(" ({})", key.trim()));
    format!("line {}{}: ", number + 1, key.unwrap_or_default())
}
