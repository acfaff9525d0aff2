//! Mistakes in the settings.

use std::{net::SocketAddr, path::PathBuf};

use proto::ids::BackendId;
use service::BasePathError;

/// Characters of a backend's name, at most.
pub(super) const BACKEND_NAME: usize = 40;

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
    #[error(
        "the url of the ComfyUI at {host} has a user or password in it; write user and password (or token) in a [[comfyui.backend]] table instead"
    )]
    Userinfo { host: String },
    #[error("the ComfyUI {0} is named twice (several behind one url, told apart by its query, each need a name)")]
    Twice(BackendId),
    #[error("[[comfyui.backend]] name = {0:?}: it must have 1 to {max} characters, none of them a control character", max = BACKEND_NAME)]
    Name(String),
    #[error("[[comfyui.backend]] {backend}: {why}")]
    Access { backend: BackendId, why: String },
    #[error("[webhooks] allow: {0:?} is no network, address or host; write it like 10.0.0.0/8, 127.0.0.1 or receiver.internal")]
    Allow(String),
    #[error("{place}: {why}")]
    Webhook { place: String, why: String },
    #[error("[server] base_path: {0}; write it like /darkroom")]
    BasePath(#[from] BasePathError),
    #[error("[server] public_url: {0}; write it like https://darkroom.example")]
    PublicUrl(String),
    #[error("[server] public_ws_url: {0}; write it like wss://studio.example/darkroom/ws")]
    PublicWsUrl(String),
    #[error("[media] {0}")]
    Media(String),
    #[error("[gateway] {0}")]
    Gateway(String),
    #[error("[store] {0}")]
    Store(String),
    #[error("[redis] {0}")]
    Redis(String),
    #[error("[{section}] {rule}")]
    Limit { section: &'static str, rule: &'static str },
    #[error("the token cannot be used: {0}; make a good one with: openssl rand -hex 32 > token")]
    ServerToken(String),
    #[error("[server] origins: {0:?} is no origin; write it like https://studio.example")]
    Origin(String),
    #[error(
        "{0} can be reached by others, and nobody would have to sign in; set a token (--token-file FILE), use 127.0.0.1, or add --insecure if that is what you want"
    )]
    Exposed(SocketAddr),
}
