//! `[store] url`: the second copy of the database, in PostgreSQL.

use std::{path::PathBuf, time::Duration};

use super::{error::ConfigError, file::StoreSection, secret::Secret};
use crate::store::{ReplicaTimes, ReplicaUrl};
use comfyui::delivery_limit;

/// Where the database is copied to, and how long this Darkroom may write without being heard of. Checked.
#[derive(Clone, Debug)]
pub struct ReplicaConfig {
    pub url: ReplicaUrl,
    /// PEM: only these authorities are trusted. `None`: the public ones.
    pub ca_file: Option<PathBuf>,
    /// Of the key that extra data of tasks is encrypted with: the same on each machine. `None`: in the data folder.
    pub key_file: Option<PathBuf>,
    pub times: ReplicaTimes,
    /// `[store] address`: host and port where other Darkrooms reach this one. `None`: where it listens.
    pub address: Option<String>,
}

/// The shortest lease: a machine under load must be able to renew it.
const SHORTEST_LEASE: Duration = Duration::from_millis(500);
const MB: u64 = 1024 * 1024;
const LONGEST_LEASE: Duration = Duration::from_secs(600);

impl ReplicaConfig {
    /// With what is usual.
    #[must_use]
    pub fn at(url: ReplicaUrl) -> Self {
        Self { url, ca_file: None, key_file: None, times: ReplicaTimes::default(), address: None }
    }

    /// `None`: the database is in the data folder alone. `over`: `--store`. `request_lag`: see [`Config::request_lag`](super::Config::request_lag).
    pub(super) fn new(section: &StoreSection, over: Option<Secret>, request_lag: Duration) -> Result<Option<Self>, ConfigError> {
        let mistake = |why: String| ConfigError::Store(why);
        let Some(url) = over.or_else(|| section.url.clone()).filter(|url| !url.reveal().trim().is_empty()) else {
            return match (&section.ca_file, &section.key_file, section.lease_s, section.checkpoint_mb, &section.address) {
                (None, None, None, None, None) => Ok(None),
                _ => Err(mistake("address, ca_file, key_file, lease_s and checkpoint_mb are for PostgreSQL: write its url, too".into())),
            };
        };
        let url = url.reveal().trim().parse::<ReplicaUrl>().map_err(|error| mistake(error.to_string()))?;
        let default = ReplicaTimes::default();
        let lease = section.lease_s.map_or(default.lease, Duration::from);
        if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
            return Err(mistake("lease_s must be from 0.5 to 600".into()));
        }
        let checkpoint_after = section.checkpoint_mb.map_or(default.checkpoint_after, |mb| u64::from(mb.get()) * MB);
        let times = ReplicaTimes { lease, checkpoint_after, delivery: delivery_limit(request_lag) };
        let address = section.address.as_deref().map(|address| reachable(address).map_err(mistake)).transpose()?;
        Ok(Some(Self { address, url, ca_file: section.ca_file.clone(), key_file: section.key_file.clone(), times }))
    }
}

/// Host and port.
fn reachable(address: &str) -> Result<String, String> {
    let wrong = || format!("address is \"{address}\"; write host and port, such as \"10.0.0.5:3000\"");
    let uri: axum::http::uri::Authority = address.trim().parse().map_err(|_| wrong())?;
    let is_whole = uri.port_u16().is_some_and(|port| port > 0) && !uri.host().is_empty() && !address.contains('@');
    if is_whole { Ok(uri.to_string()) } else { Err(wrong()) }
}
