//! Settings: flags over environment over `Leptos.toml` over defaults. One struct per concern; every mistake is one line that says what to do.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use url::Url;

use crate::proto::ids::BackendId;

/// Everything the server needs to know to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// `--addr`, `DARKROOM_ADDR`, `[server] addr`.
    pub addr: SocketAddr,
    /// `--data`, `DARKROOM_DATA`, `[server] data`: the folder of the database and of the demo engine's pictures.
    pub data: PathBuf,
    /// `--comfyui` (several times), `DARKROOM_COMFYUI` (separated by commas), `[comfyui] urls`.
    pub backends: Vec<BackendConfig>,
    /// `--demo`, `DARKROOM_DEMO`, `[comfyui] demo`; on when no ComfyUI is named.
    pub demo: bool,
    pub retention: Retention,
}

/// How long finished tasks are kept; 0 is for ever. Unfinished ones always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// `[store] keep_tasks`: the newest so many.
    pub keep_tasks: usize,
    /// `[store] keep_days`: from their end.
    pub keep_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep_tasks: 10_000, keep_days: 0 }
    }
}

/// One ComfyUI.
#[derive(Clone, Debug)]
pub struct BackendConfig {
    pub id: BackendId,
    /// With a path if it lives behind a prefix; always ends in a slash.
    pub url: Url,
    /// It is the demo engine inside this process.
    pub demo: bool,
}

/// What may be said on the command line or in the environment; `None` was not said.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub addr: Option<String>,
    pub data: Option<PathBuf>,
    pub comfyui: Vec<String>,
    pub demo: bool,
    /// Allow an address that is not loopback although nobody has to sign in.
    pub insecure: bool,
}

/// A mistake in the settings, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}")]
    File { path: PathBuf, message: String },
    #[error("\"{0}\" is no address to listen on; write it like 127.0.0.1:3000")]
    Addr(String),
    #[error("\"{url}\" is no ComfyUI url ({why}); write it like http://127.0.0.1:8188")]
    Url { url: String, why: String },
    #[error("the ComfyUI {0} is named twice")]
    Twice(BackendId),
    #[error("{0} can be reached by others, and nobody would have to sign in; use 127.0.0.1, or add --insecure if that is what you want")]
    Exposed(SocketAddr),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    server: ServerSection,
    comfyui: ComfyuiSection,
    store: Retention,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerSection {
    addr: Option<String>,
    data: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ComfyuiSection {
    urls: Vec<String>,
    demo: bool,
}

/// Where settings are read from when nobody says otherwise; it need not exist.
const DEFAULT_FILE: &str = "Leptos.toml";

impl Config {
    /// Puts the settings together. `file` is the one named by `--config`, which must exist.
    ///
    /// # Errors
    /// The first mistake found; see [`ConfigError`].
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let file = match file {
            Some(path) => read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => read(Path::new(DEFAULT_FILE))?,
            None => File::default(),
        };
        let addr = overrides.addr.or(file.server.addr).unwrap_or_else(|| "127.0.0.1:3000".into());
        let addr: SocketAddr = addr.replace("localhost:", "127.0.0.1:").parse().map_err(|_| ConfigError::Addr(addr))?;
        if !addr.ip().is_loopback() && !overrides.insecure {
            return Err(ConfigError::Exposed(addr));
        }
        let urls = if overrides.comfyui.is_empty() { file.comfyui.urls } else { overrides.comfyui };
        let mut backends: Vec<BackendConfig> = Vec::new();
        for url in urls.iter().map(|url| url.trim()).filter(|url| !url.is_empty()) {
            let backend = BackendConfig::parse(url)?;
            if backends.iter().any(|known| known.id == backend.id) {
                return Err(ConfigError::Twice(backend.id));
            }
            backends.push(backend);
        }
        Ok(Self {
            addr,
            data: overrides.data.or(file.server.data).unwrap_or_else(|| "data".into()),
            demo: overrides.demo || file.comfyui.demo || backends.is_empty(),
            backends,
            retention: file.store,
        })
    }
}

impl BackendConfig {
    /// # Errors
    /// Not an `http` or `https` url.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |why: &str| ConfigError::Url { url: text.to_owned(), why: why.to_owned() };
        let mut url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it must begin with http:// or https://"));
        }
        let host = url.host_str().ok_or_else(|| wrong("it has no host"))?;
        let mut id = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = url.path().trim_end_matches('/').to_owned();
        id.push_str(&path);
        url.set_path(&format!("{path}/"));
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { id: BackendId(id), url, demo: false })
    }

    /// The demo engine, listening there.
    ///
    /// # Errors
    /// Never for a socket address; the signature is the parser's.
    pub fn demo(addr: SocketAddr) -> Result<Self, ConfigError> {
        let parsed = Self::parse(&format!("http://{addr}"))?;
        Ok(Self { id: BackendId::from("demo"), demo: true, ..parsed })
    }
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        ConfigError::File { path: path.into(), message: format!("{place}{}", error.message().replace('\n', " ")) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, overrides: Overrides) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Leptos.toml");
        std::fs::write(&path, toml).unwrap();
        Config::load(Some(&path), overrides).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let toml = "[server]\naddr = '127.0.0.1:4000'\n[comfyui]\nurls = ['http://127.0.0.1:8188']\n[store]\nkeep_days = 30";
        let config = load(toml, Overrides { comfyui: vec!["https://pod.example/a/".into()], ..Overrides::default() }).unwrap();
        assert_eq!(config.addr.port(), 4000);
        assert_eq!(config.backends.len(), 1);
        assert_eq!(config.backends[0].id.as_str(), "pod.example/a");
        assert_eq!(config.backends[0].url.as_str(), "https://pod.example/a/");
        assert!(!config.demo);
        assert_eq!(config.data, PathBuf::from("data"));
        assert_eq!(config.retention, Retention { keep_days: 30, ..Retention::default() });
    }

    #[test]
    fn without_a_comfyui_the_demo_engine_runs() {
        assert!(load("", Overrides::default()).unwrap().demo);
    }

    #[test]
    fn every_mistake_is_one_line() {
        let cases = [
            load("[server]\nadress = '127.0.0.1:1'", Overrides::default()),
            load("[comfyui]\nurls = ['ftp://x']", Overrides::default()),
            load("[comfyui]\nurls = ['http://a:1', 'http://a:1/']", Overrides::default()),
            load("", Overrides { addr: Some("here".into()), ..Overrides::default() }),
            load("", Overrides { addr: Some("0.0.0.0:3000".into()), ..Overrides::default() }),
        ];
        let says = ["adress", "http://", "twice", "127.0.0.1:3000", "--insecure"];
        for (case, says) in cases.into_iter().zip(says) {
            let message = case.unwrap_err();
            assert!(message.contains(says) && !message.contains('\n'), "{message}");
        }
    }
}
