//! Settings: flags override the environment, which overrides `Leptos.toml`, which overrides the defaults. Every mistake is one line that says what
//! to do.

mod access;
mod backend;
mod connections;
mod error;
mod file;
mod gateway;
mod media;
mod overrides;
mod redis;
mod replica;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod visibility;
mod webhook;

pub use access::AccessConfig;
pub use backend::BackendConfig;
pub use connections::ConnectionsConfig;
pub use error::ConfigError;
pub use gateway::GatewayConfig;
pub use media::{BucketConfig, BucketKeys, MediaConfig, MediaPlace};
pub use overrides::{OnBackendLost, Overrides};
pub use redis::RedisConfig;
pub use replica::ReplicaConfig;
pub use secret::Secret;
pub use service::BasePath;
pub use settings::{Config, QueueConfig, Retention};
pub use visibility::ClientVisibility;
pub use webhook::{WebhookConfig, WebhooksConfig};
