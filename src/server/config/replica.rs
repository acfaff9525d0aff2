//! `[store] url`: the second copy of the database, in PostgreSQL.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use url::form_urlencoded;

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

    /// `None`: the database is in the data folder alone. `over`: `--store`. `over_password`: `--store-password-file`. `request_lag`: see
    /// [`Config::request_lag`](super::Config::request_lag).
    pub(super) fn new(
        section: &StoreSection,
        over: Option<Secret>,
        over_password: Option<PathBuf>,
        request_lag: Duration,
    ) -> Result<Option<Self>, ConfigError> {
        let mistake = |why: String| ConfigError::Store(why);
        let password_file = over_password.or_else(|| section.password_file.clone());
        let Some(url) = over.or_else(|| section.url.clone()).filter(|url| !url.reveal().trim().is_empty()) else {
            let others = [section.address.is_some(), section.ca_file.is_some(), section.key_file.is_some(), password_file.is_some()];
            return if others.contains(&true) || section.lease_s.is_some() || section.checkpoint_mb.is_some() {
                Err(mistake(
                    "address, password_file, ca_file, key_file, lease_s and checkpoint_mb are for PostgreSQL: write its url, too".into(),
                ))
            } else {
                Ok(None)
            };
        };
        let url = match &password_file {
            Some(file) => with_password(url.reveal().trim(), file).map_err(mistake)?,
            None => url.reveal().trim().to_owned(),
        };
        let url = url.parse::<ReplicaUrl>().map_err(|error| mistake(error.to_string()))?;
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

/// The url with the password from the file. Several hosts may be in it, so it is not parsed as the url of one.
fn with_password(url: &str, file: &Path) -> Result<String, String> {
    let password = fs::read_to_string(file).map_err(|error| format!("password_file: {} cannot be read ({error})", file.display()))?;
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.split_once('@') {
        Some((user, place)) if !user.contains([':', '/']) => {
            // In a url a plus sign is itself.
            let password = form_urlencoded::byte_serialize(password.trim().as_bytes()).collect::<String>().replace('+', "%20");
            Ok(format!("{scheme}://{user}:{password}@{place}"))
        }
        Some((user, _)) if user.contains(':') => Err("there is a password in the url, and a password_file: leave one out".into()),
        _ => Err("password_file is the password of a user: write them into the url, as postgres://user@host/database".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_password_is_in_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "a+b /c:d@e%").unwrap();
        let with = |url| with_password(url, file.path());
        let url = with("postgres://me@one:5432,two:5432/darkroom?target_session_attrs=read-write").unwrap();
        assert_eq!(url, "postgres://me:a%2Bb%20%2Fc%3Ad%40e%25@one:5432,two:5432/darkroom?target_session_attrs=read-write");
        let config: tokio_postgres::Config = url.parse().unwrap();
        assert_eq!((config.get_user(), config.get_password()), (Some("me"), Some(&b"a+b /c:d@e%"[..])));
        assert!(with("postgres://me:known@one/darkroom").unwrap_err().contains("leave one out"));
        assert!(with("postgres://one/darkroom").unwrap_err().contains("postgres://user@host"));
        assert!(with_password("postgres://me@one/d", Path::new("/no/such/file")).unwrap_err().contains("/no/such/file"));
    }
}
