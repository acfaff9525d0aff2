//! Why a server does not run.

use super::{backend::BackendError, config::ConfigError, media::MediaStoreError, store::StoreError, webhooks::WebhookError};

/// In words for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the data folder {0} cannot be made: {1}")]
    Data(std::path::PathBuf, std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] MediaStoreError),
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    #[error("a ComfyUI cannot be used: {0}")]
    Backend(#[from] BackendError),
    #[error("the demo engine cannot listen: {0}")]
    Demo(std::io::Error),
    #[error("[redis] cannot be used: {0}")]
    Redis(redis::RedisError),
    #[error("the gateway cannot listen on {addr}: {source}")]
    Gateway { addr: std::net::SocketAddr, source: std::io::Error },
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
}
