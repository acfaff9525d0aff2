//! The webhook settings, parsed.

use std::{net::SocketAddr, path::Path, time::Duration};

use super::WebhookClient;
use crate::{
    config::{Config, Secret, WebhookConfig},
    report::Urls,
    store::{DeliveryTarget, Subscriber, webhook_tag},
};
use proto::webhook::{WebhookEvent, message_id};
use webhook::{AllowList, KeyError, SigningKey};

/// In the data folder: the default secret of webhooks without their own.
const SECRET_FILE: &str = "webhook-secret";

pub struct Webhooks {
    pub(super) caller: WebhookClient,
    pub(super) retries: Vec<Duration>,
    /// The URLs in messages.
    pub(super) urls: Urls,
    allowed: AllowList,
    key: SigningKey,
    endpoints: Vec<WebhookConfig>,
}

/// Why no webhook can be called.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("the secret of webhooks cannot be used: {0}")]
    Key(#[from] KeyError),
    #[error("webhooks cannot be called: {0}")]
    Client(#[from] reqwest::Error),
}

impl Webhooks {
    /// `addr`: the address Darkroom listens on.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn new(config: &Config, addr: SocketAddr) -> Result<Self, WebhookError> {
        let webhooks = &config.webhooks;
        let key = match &webhooks.key {
            Some(key) => key.clone(),
            // Created before its first use: the author of a receiver needs it in advance.
            None => SigningKey::read_or_make(&Path::new(&config.data).join(SECRET_FILE))?,
        };
        Ok(Self {
            caller: WebhookClient::new(webhooks.allowed.clone())?,
            retries: webhooks.retries.clone(),
            urls: Urls::new(&config.public_url.clone().unwrap_or_else(|| own_url(addr))),
            allowed: webhooks.allowed.clone(),
            key,
            endpoints: webhooks.endpoints.clone(),
        })
    }

    /// The addresses that webhooks may call.
    pub fn allowed(&self) -> &AllowList {
        &self.allowed
    }

    pub(super) fn subscribers(&self) -> Vec<Subscriber> {
        let subscriber = |endpoint: &WebhookConfig| Subscriber {
            url: endpoint.target.url.to_string(),
            host: endpoint.target.host.clone(),
            events: endpoint.events,
        };
        self.endpoints.iter().map(subscriber).collect()
    }

    /// Webhooks from the settings that subscribe to progress, and their intervals.
    pub(super) fn listeners(&self) -> impl Iterator<Item = (&WebhookConfig, Duration)> {
        self.endpoints
            .iter()
            .filter(|endpoint| endpoint.events.contains(WebhookEvent::Progress))
            .map(|endpoint| (endpoint, endpoint.progress_every))
    }

    /// The key that signs messages to this webhook. `own`: the secret given with the task.
    pub(super) fn key(&self, line: &DeliveryTarget, own: Option<&Secret>) -> SigningKey {
        let given = if line.is_own {
            own.and_then(|secret| SigningKey::parse(secret.reveal()).ok())
        } else {
            self.endpoints.iter().find(|endpoint| endpoint.target.url.as_str() == line.url).and_then(|endpoint| endpoint.key.clone())
        };
        given.unwrap_or_else(|| self.key.clone())
    }

    /// The id of a progress message; unique, as there are many per task.
    pub(super) fn progress_id(line: &DeliveryTarget, at_ms: u64) -> String {
        let tag = if line.is_own { format!("{at_ms}") } else { format!("{}_{at_ms}", webhook_tag(&line.url)) };
        message_id(line.task, WebhookEvent::Progress, &tag)
    }
}

/// For receivers on this machine: the only ones that can be called before `public_url` is set.
fn own_url(addr: SocketAddr) -> String {
    let host = if addr.ip().is_unspecified() { "127.0.0.1".to_owned() } else { addr.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("http://{host}:{}", addr.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_public_url_things_are_where_darkroom_listens() {
        let of = |addr: &str| own_url(addr.parse().unwrap());
        assert_eq!(
            [of("127.0.0.1:3000"), of("0.0.0.0:80"), of("[::1]:8")],
            ["http://127.0.0.1:3000", "http://127.0.0.1:80", "http://[::1]:8"]
        );
    }
}
