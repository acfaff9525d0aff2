//! `Leptos.toml`, section by section. What is not said is `None`, so that defaults stand in one place.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{error::ConfigError, overrides::OnBackendLost, secret::Secret};
use proto::link::{BreakerConfig, LinkConfig};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) server: ServerSection,
    pub(super) comfyui: ComfyuiSection,
    pub(super) queue: QueueSection,
    pub(super) store: StoreSection,
    pub(super) link: LinkSection,
    pub(super) breaker: BreakerSection,
    pub(super) webhooks: WebhooksSection,
    pub(super) webhook: Vec<WebhookTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServerSection {
    pub(super) addr: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) max_connections: Option<NonZeroUsize>,
    pub(super) keep_ended_s: Option<Seconds>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) origins: Vec<String>,
    pub(super) behind_proxy: bool,
    pub(super) session_days: Option<NonZeroU32>,
    pub(super) requests_per_second: Option<u32>,
    pub(super) public_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ComfyuiSection {
    pub(super) urls: Vec<String>,
    pub(super) backend: Vec<BackendTable>,
    pub(super) demo: bool,
    pub(super) on_backend_lost: Option<OnBackendLost>,
    pub(super) lost_after_s: Option<Seconds>,
    pub(super) prompts_at_once: Option<NonZeroUsize>,
    pub(super) max_attempts: Option<NonZeroU32>,
    pub(super) history_lag_s: Option<Seconds>,
    pub(super) request_lag_s: Option<Seconds>,
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
    pub(super) secret: Option<Secret>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) progress_every_s: Option<Seconds>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LinkSection {
    backoff_first_s: Option<Seconds>,
    backoff_max_s: Option<Seconds>,
    poll_after: Option<u32>,
    poll_busy_s: Option<Seconds>,
    poll_idle_s: Option<Seconds>,
    hold_for_s: Option<Seconds>,
    ping_every_s: Option<Seconds>,
    pong_within_s: Option<Seconds>,
    open_within_s: Option<Seconds>,
    stable_after_s: Option<Seconds>,
    stall_after_s: Option<Seconds>,
    stall_reconnect_after_s: Option<Seconds>,
    restart_pause_s: Option<Seconds>,
}

impl LinkSection {
    pub(super) fn over(self, default: LinkConfig) -> LinkConfig {
        let stall_after = self.stall_after_s.map_or(default.stall_after, |said| Some(said.0).filter(|after| !after.is_zero()));
        LinkConfig {
            backoff_first: or(self.backoff_first_s, default.backoff_first),
            backoff_max: or(self.backoff_max_s, default.backoff_max),
            poll_after: self.poll_after.unwrap_or(default.poll_after),
            poll_busy: or(self.poll_busy_s, default.poll_busy),
            poll_idle: or(self.poll_idle_s, default.poll_idle),
            hold_for: or(self.hold_for_s, default.hold_for),
            ping_every: or(self.ping_every_s, default.ping_every),
            pong_within: or(self.pong_within_s, default.pong_within),
            open_within: or(self.open_within_s, default.open_within),
            stable_after: or(self.stable_after_s, default.stable_after),
            stall_after,
            stall_reconnect_after: or(self.stall_reconnect_after_s, default.stall_reconnect_after),
            restart_pause: or(self.restart_pause_s, default.restart_pause),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BreakerSection {
    failures: Option<u32>,
    backoff_first_s: Option<Seconds>,
    backoff_max_s: Option<Seconds>,
    probe_within_s: Option<Seconds>,
}

impl BreakerSection {
    pub(super) fn over(self, default: BreakerConfig) -> BreakerConfig {
        BreakerConfig {
            failures: self.failures.unwrap_or(default.failures),
            backoff_first: or(self.backoff_first_s, default.backoff_first),
            backoff_max: or(self.backoff_max_s, default.backoff_max),
            probe_within: or(self.probe_within_s, default.probe_within),
        }
    }
}

/// A time in seconds, such as 8 or 0.5.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(Duration);

/// A day: whoever writes more meant milliseconds.
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

fn or(said: Option<Seconds>, default: Duration) -> Duration {
    said.map_or(default, Duration::from)
}

pub(super) fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
    toml::from_str(&text).map_err(|error| {
        let place = error.span().map(|span| place(&text, span.start)).unwrap_or_default();
        ConfigError::File { path: path.into(), message: format!("{place}{}", error.message().replace('\n', " ")) }
    })
}

/// The line, and the key that stands there.
fn place(text: &str, offset: usize) -> String {
    let number = text[..offset].matches('\n').count();
    let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map(|(key, _)| format!(" ({})", key.trim()));
    format!("line {}{}: ", number + 1, key.unwrap_or_default())
}
