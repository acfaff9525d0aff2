//! The configured ComfyUIs: their names, urls and tokens.

use std::{net::SocketAddr, path::Path};

use url::Url;

use super::{
    error::{BACKEND_NAME, ConfigError},
    file::BackendTable,
    secret::Secret,
};
use comfyui::{UrlError, base_url};
use proto::ids::BackendId;

const DEMO: &str = "demo";

/// One ComfyUI.
#[derive(Clone, Debug)]
pub struct BackendConfig {
    /// The configured name, or host, port and path of the url.
    pub id: BackendId,
    /// The base url: with the path prefix, if it has one; always ends in a slash. Never with a user or password.
    pub url: Url,
    /// It is the demo engine inside this process.
    pub demo: bool,
    /// Sent as `Authorization: Bearer …` with every request and the WebSocket's handshake. Not empty, visible ASCII.
    pub token: Option<Secret>,
}

impl BackendConfig {
    /// # Errors
    /// Not an `http` or `https` url, or one with a user or password.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = base_url(text).map_err(|error| match error {
            UrlError::Userinfo(host) => ConfigError::Userinfo { host },
            UrlError::Wrong(why) => ConfigError::Url { url: text.to_owned(), why },
        })?;
        let host = url.host_str().unwrap_or_default();
        let mut id = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        id.push_str(url.path().trim_end_matches('/'));
        Ok(Self { id: BackendId(id), url, demo: false, token: None })
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
        if backends.iter().any(|known| known.id == backend.id || known.url == backend.url) {
            return Err(ConfigError::Twice(backend.id));
        }
        backends.push(backend);
    }
    Ok(backends)
}

fn from_table(table: BackendTable) -> Result<BackendConfig, ConfigError> {
    let mut backend = BackendConfig::parse(table.url.trim())?;
    if let Some(name) = table.name {
        if name.trim().is_empty() || name.chars().count() > BACKEND_NAME || name.chars().any(char::is_control) {
            return Err(ConfigError::Name(name));
        }
        backend.id = BackendId(name);
    }
    backend.token = token(table.token, table.token_file.as_deref(), table.token_env.as_deref())
        .map_err(|why| ConfigError::Token { backend: backend.id.clone(), why })?;
    Ok(backend)
}

fn token(inline: Option<Secret>, file: Option<&Path>, variable: Option<&str>) -> Result<Option<Secret>, String> {
    let (key, token) = match (inline, file, variable) {
        (None, None, None) => return Ok(None),
        (Some(token), None, None) => ("token", token),
        (None, Some(path), None) => {
            let text = std::fs::read_to_string(path).map_err(|error| format!("token_file {} cannot be read: {error}", path.display()))?;
            ("token_file", Secret::new(text.trim().to_owned()))
        }
        (None, None, Some(name)) => {
            let text = std::env::var(name).map_err(|_| format!("token_env: the variable {name} is not set"))?;
            ("token_env", Secret::new(text.trim().to_owned()))
        }
        _ => return Err("only one of token, token_file and token_env can be given".into()),
    };
    if token.reveal().is_empty() || !token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("{key}: a token is one word of visible ASCII characters"));
    }
    Ok(Some(token))
}
