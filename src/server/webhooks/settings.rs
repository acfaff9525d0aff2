//! The settings of webhooks, checked and ready for use.

use std::{net::SocketAddr, path::Path, time::Duration};

use super::call::WebhookClient;
use crate::{
    config::{Config, Secret, WebhookConfig},
    report::Urls,
    store::{DeliveryTarget, Subscriber, webhook_tag},
};
use proto::{
    ids::TaskId,
    webhook::{WebhookEvent, message_id},
};
use webhook::{AllowList, KeyError, SigningKey};

/// In the data folder: the secret for webhooks that have none of their own.
pub(super) const SECRET_FILE: &str = "webhook-secret";

pub struct WebhookSettings {
    pub(super) client: WebhookClient,
    pub(super) retries: Vec<Duration>,
    /// The public address of this server, for links in messages.
    pub(super) urls: Urls,
    allowed: AllowList,
    key: SigningKey,
    endpoints: Vec<WebhookConfig>,
}

/// Why webhooks cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("the secret of webhooks cannot be used: {0}")]
    Key(#[from] KeyError),
    #[error("webhooks cannot be called: {0}")]
    Client(#[from] reqwest::Error),
}

impl WebhookSettings {
    /// `addr`: where Darkroom listens.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn new(config: &Config, addr: SocketAddr) -> Result<Self, WebhookError> {
        let webhooks = &config.webhooks;
        let key = match &webhooks.key {
            Some(key) => key.clone(),
            // Made at the start: people need it to set up a receiver before the first message.
            None => SigningKey::read_or_create(&Path::new(&config.data).join(SECRET_FILE))?,
        };
        Ok(Self {
            client: WebhookClient::new(webhooks.allowed.clone())?,
            retries: webhooks.retries.clone(),
            urls: Urls::new(&config.public_url.clone().unwrap_or_else(|| config.base_path.below(&own_url(addr)))),
            allowed: webhooks.allowed.clone(),
            key,
            endpoints: webhooks.endpoints.clone(),
        })
    }

    /// Where webhooks may go.
    pub fn allowed(&self) -> &AllowList {
        &self.allowed
    }

    pub(super) fn subscribers(&self) -> Vec<Subscriber> {
        let subscriber = |endpoint: &WebhookConfig| Subscriber {
            url: endpoint.target.url.to_string(),
            host: endpoint.target.host.clone(),
            events: endpoint.events,
            productions: endpoint.productions.clone(),
            project: endpoint.project,
        };
        self.endpoints.iter().map(subscriber).collect()
    }

    /// The configured webhooks that want progress, and how often.
    pub(super) fn progress_listeners(&self) -> impl Iterator<Item = (&WebhookConfig, Duration)> {
        self.endpoints
            .iter()
            .filter(|endpoint| endpoint.events.contains(WebhookEvent::Progress))
            .map(|endpoint| (endpoint, endpoint.progress_every))
    }

    /// The key to sign messages to this webhook with. `own`: the secret that was given with the task.
    pub(super) fn key(&self, target: &DeliveryTarget, own: Option<&Secret>) -> SigningKey {
        let given = if target.is_own {
            own.and_then(|secret| SigningKey::parse(secret.reveal()).ok())
        } else {
            self.endpoints.iter().find(|endpoint| endpoint.target.url.as_str() == target.url).and_then(|endpoint| endpoint.key.clone())
        };
        given.unwrap_or_else(|| self.key.clone())
    }

    /// The id of a message about progress. A task has many of them.
    pub(super) fn progress_id(task: TaskId, target: &DeliveryTarget, at_ms: u64) -> String {
        let tag = if target.is_own { format!("{at_ms}") } else { format!("{}_{at_ms}", webhook_tag(&target.url)) };
        message_id(task, WebhookEvent::Progress, &tag)
    }
}

/// Without `public_url`, links only work for receivers on this machine.
fn own_url(addr: SocketAddr) -> String {
    let host = if addr.ip().is_unspecified() { "127.0.0.1".to_owned() } else { addr.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("http://{host}:{}", addr.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_public_url_links_use_the_address_of_the_server() {
        let of = |addr: &str| own_url(addr.parse().unwrap());
        assert_eq!(
            [of("127.0.0.1:3000"), of("0.0.0.0:80"), of("[::1]:8")],
            ["http://127.0.0.1:3000", "http://127.0.0.1:80", "http://[::1]:8"]
        );
    }
}
