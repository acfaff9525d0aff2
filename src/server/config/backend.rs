//! The configured ComfyUIs: their names and urls, and how one gets in.

use std::{net::SocketAddr, path::Path};

use super::{
    error::{BACKEND_NAME, ConfigError},
    file::{BackendTable, HeaderSource, SecretPlace},
    secret::Secret,
};
use comfyui::{AccessError, Endpoint, UrlError, redacted};
use proto::ids::BackendId;

const DEMO: &str = "demo";

/// One ComfyUI.
#[derive(Clone, Debug)]
pub struct BackendConfig {
    /// The configured name, or host, port and path of the url.
    pub id: BackendId,
    /// Its url, and what every request and the WebSocket's handshake carry: the query of the url, a token, a user, headers.
    pub endpoint: Endpoint,
    /// It is the demo engine inside this process.
    pub demo: bool,
}

impl BackendConfig {
    /// # Errors
    /// Not an `http` or `https` url, or one with a user or password.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::parse(text).map_err(|error| match error {
            UrlError::Userinfo(host) => ConfigError::Userinfo { host },
            error @ (UrlError::Query(_) | UrlError::Wrong(_)) => ConfigError::Url { url: redacted(text), why: error.to_string() },
        })?;
        let url = endpoint.base();
        let host = url.host_str().unwrap_or_default();
        let mut id = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        id.push_str(url.path().trim_end_matches('/'));
        Ok(Self { id: BackendId(id), endpoint, demo: false })
    }

    /// The demo engine at this address.
    ///
    /// # Errors
    /// Never: the url of a socket address always parses.
    pub fn demo(addr: SocketAddr) -> Result<Self, ConfigError> {
        let parsed = Self::parse(&format!("http://{addr}"))?;
        Ok(Self { id: Self::demo_id(), demo: true, ..parsed })
    }

    pub(super) fn demo_id() -> BackendId {
        BackendId::from(DEMO)
    }
}

/// The backends of `urls` and `tables`, in this order.
///
/// # Errors
/// The first mistake, or a name or url that occurs twice.
pub(super) fn all(urls: &[String], tables: Vec<BackendTable>) -> Result<Vec<BackendConfig>, ConfigError> {
    let urls = urls.iter().map(|url| url.trim()).filter(|url| !url.is_empty());
    let mut backends: Vec<BackendConfig> = Vec::new();
    for backend in urls.map(BackendConfig::parse).chain(tables.into_iter().map(from_table)) {
        let backend = backend?;
        // Two links to one ComfyUI would receive each other's messages (fact 1).
        if backends.iter().any(|known| known.id == backend.id || known.endpoint.is_same_place(&backend.endpoint)) {
            return Err(ConfigError::Twice(backend.id));
        }
        backends.push(backend);
    }
    Ok(backends)
}

fn from_table(table: BackendTable) -> Result<BackendConfig, ConfigError> {
    let mut backend = BackendConfig::parse(table.url.trim())?;
    if let Some(name) = &table.name {
        if name.trim().is_empty() || name.chars().count() > BACKEND_NAME || name.chars().any(char::is_control) {
            return Err(ConfigError::Name(name.clone()));
        }
        backend.id = BackendId(name.clone());
    }
    let_in(&mut backend.endpoint, table).map_err(|why| ConfigError::Access { backend: backend.id.clone(), why })?;
    Ok(backend)
}

/// Credentials, headers and certificates of a table. An error names the key.
fn let_in(endpoint: &mut Endpoint, table: BackendTable) -> Result<(), String> {
    let access = &mut endpoint.access;
    if let Some((key, token)) = secret("token", table.token, table.token_file.as_deref(), table.token_env.as_deref())? {
        access.bearer(token.reveal()).map_err(|error| format!("{key}: {error}"))?;
    }
    let password = secret("password", table.password, table.password_file.as_deref(), table.password_env.as_deref())?;
    match (table.user, password) {
        (None, None) => {}
        (None, Some((key, _))) => return Err(format!("{key} needs a user")),
        (Some(user), password) => {
            let password = password.map_or_else(|| Secret::new(String::new()), |(_, password)| password);
            access.basic(&user, password.reveal()).map_err(|error: AccessError| format!("user and password: {error}"))?;
        }
    }
    for (name, source) in table.headers {
        let value = match source {
            HeaderSource::Inline(value) => value,
            HeaderSource::Elsewhere(SecretPlace::File(path)) => from_file(&path).map_err(|why| format!("headers: {name}: {why}"))?,
            HeaderSource::Elsewhere(SecretPlace::Env(variable)) => {
                from_variable(&variable).map_err(|why| format!("headers: {name}: {why}"))?
            }
        };
        access.header(&name, value.reveal()).map_err(|error| format!("headers: {error}"))?;
    }
    if let Some(path) = table.ca_file {
        access.trust_only(&path).map_err(|error| format!("ca_file: {error}"))?;
    }
    Ok(())
}

/// A secret that is given in one of three ways, with the key that was used.
fn secret(key: &str, inline: Option<Secret>, file: Option<&Path>, variable: Option<&str>) -> Result<Option<(String, Secret)>, String> {
    match (inline, file, variable) {
        (None, None, None) => Ok(None),
        (Some(secret), None, None) => Ok(Some((key.to_owned(), secret))),
        (None, Some(path), None) => {
            let secret = from_file(path).map_err(|why| format!("{key}_file {why}"))?;
            Ok(Some((format!("{key}_file"), secret)))
        }
        (None, None, Some(name)) => {
            let secret = from_variable(name).map_err(|why| format!("{key}_env: {why}"))?;
            Ok(Some((format!("{key}_env"), secret)))
        }
        _ => Err(format!("only one of {key}, {key}_file and {key}_env can be given")),
    }
}

fn from_file(path: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    Ok(Secret::new(text.trim().to_owned()))
}

fn from_variable(name: &str) -> Result<Secret, String> {
    let text = std::env::var(name).map_err(|_| format!("the variable {name} is not set"))?;
    Ok(Secret::new(text.trim().to_owned()))
}
